"""Who may reach whom: everything that the code needs, and nothing else."""

import re
from typing import Any

import pytest
from deploy.conftest import DEPLOY, manifests
from deploy.test_manifests import named, ours, pods, selects

from deploy.kustomize import Doc
from springtide.settings import CONTEXTS

_CONTEXTS_PAGE = DEPLOY.parent / "docs" / "contexts.md"
_CHANNELS = {
    "browse": "web",
    "beacon": "web",
    "storefront": "web",
    "shop_api": "web",
    "webhooks": "web",
    "backoffice": "backoffice",
}
_NAMES = frozenset({("kube-dns", 53)})


def calls() -> set[tuple[str, str]]:
    """Who calls whom, by docs/contexts.md: (role, role)."""
    table = _CONTEXTS_PAGE.read_text().partition("<!-- from the code: calls -->")[2].partition("<!-- end -->")[0]
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n") if line]
    found = set()
    for caller, *cells in rows:
        if caller in CONTEXTS or caller in _CHANNELS:
            role = _CHANNELS.get(caller, caller)
            found |= {(role, callee) for callee, verbs in zip(header[1:], cells, strict=True) if verbs}
    return found


def egress(docs: list[Doc], labels: dict[str, str]) -> set[tuple[str, int]]:
    """Where a pod may go: (who, port). Who: a pod's name, a namespace's pods or "internet"."""
    return {
        (who(peer), port["port"])
        for policy in named(docs, "NetworkPolicy").values()
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("egress", ())
        for peer in rule["to"]
        for port in rule["ports"]
    }


def ingress(docs: list[Doc], labels: dict[str, str]) -> set[tuple[str, int]]:
    return {
        (who(peer), port["port"])
        for policy in named(docs, "NetworkPolicy").values()
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("ingress", ())
        for peer in rule["from"]
        for port in rule["ports"]
    }


def who(peer: dict[str, Any]) -> str:
    if "ipBlock" in peer:
        assert "10.0.0.0/8" in peer["ipBlock"]["except"], "the inside is no part of the internet"
        return "internet"
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    if labels:
        (name,) = labels.values()
        return str(name)
    (name,) = peer["namespaceSelector"]["matchLabels"].values()
    return str(name)


def reach(docs: list[Doc]) -> dict[str, set[tuple[str, int]]]:
    return {name: egress(docs, pod["metadata"]["labels"]) for name, pod in pods(docs)}


def test_nothing_is_open_that_is_not_said(applied):
    for name, pod in pods(applied):
        labels = pod["metadata"]["labels"]
        closed = [
            policy
            for policy in named(applied, "NetworkPolicy").values()
            if selects(policy["spec"]["podSelector"], labels)
            and {"Ingress", "Egress"} <= set(policy["spec"]["policyTypes"])
        ]
        assert closed, name
    for policy in named(applied, "NetworkPolicy").values():
        for rule in (*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())):
            assert rule.get("from", rule.get("to")), "everybody"
            assert rule["ports"], "every port"


def test_every_call_between_groups_finds_its_way(overlay):
    group_of = {role: name for name, (_, c) in ours(overlay).items() for role in c["args"][1:]}
    crossing = {(group_of[caller], group_of[callee]) for caller, callee in calls()} - {(g, g) for g in ours(overlay)}
    reached = reach(overlay)

    assert {("web", "selling"), ("selling", "payments"), ("selling", "stock"), ("backoffice", "catalog")} <= crossing
    for caller, callee in crossing:
        assert ("nats", 4222) in reached[caller], f"{caller} asks {callee}"
        assert ("nats", 4222) in reached[callee], f"{callee} answers {caller}"
    assert ("springtide", 4222) in ingress(overlay, {"app.kubernetes.io/name": "nats"})


def test_contexts_reach_the_database_and_channels_do_not(overlay):
    reached = reach(overlay)
    with_contexts = {name for name, (_, c) in ours(overlay).items() if set(c["args"][1:]) & {*CONTEXTS, "jobs"}}

    assert {name for name, places in reached.items() if ("springtide", 5432) in places} == with_contexts
    assert with_contexts.isdisjoint({"web", "backoffice"})


def test_the_outside_is_reached_by_those_who_need_it(overlay):
    outside = {name: {port for place, port in places if place == "internet"} for name, places in reach(overlay).items()}

    runs = {role: name for name, (_, c) in ours(overlay).items() for role in c["args"][1:]}
    assert {name: ports for name, ports in outside.items() if ports} == {
        runs["payments"]: {443},
        runs["jobs"]: {443, 465, 587},  # with insight, which asks others for figures
    }


def test_buyers_and_staff_come_in_by_their_own_doors(overlay):
    came = {name: ingress(overlay, pod["metadata"]["labels"]) for name, pod in pods(overlay)}
    doors = {name for name, places in came.items() if any(place == "ingress-nginx" for place, _ in places)}

    assert {port for place, port in came["web"] if place == "ingress-nginx"} == {8000}
    assert {port for place, port in came["backoffice"] if place == "ingress-nginx"} == {8001}
    assert doors - {"varnish"} == {"web", "backoffice"}
    assert all(("monitoring", 8009) in came[name] for name in ("stock", "selling", "payments", "catalog"))


def test_caches_reach_the_web_and_the_web_reaches_them_to_purge():
    docs = manifests("kustomize/overlays/peak")
    reached = reach(docs)

    assert reached["varnish"] - _NAMES == {("web", 8000)}
    assert ("varnish", 6081) in reached["web"]
    came = {name: ingress(docs, pod["metadata"]["labels"]) for name, pod in pods(docs)}
    assert {("web", 6081), ("ingress-nginx", 6081)} <= came["varnish"]
    assert ("varnish", 8000) in came["web"]


def test_the_nodes_that_are_purged_have_the_names_that_are_told():
    docs = manifests("kustomize/overlays/peak")
    caches = named(docs, "StatefulSet")["varnish"]["spec"]
    page = (DEPLOY / "kustomize" / "examples" / "secrets.md").read_text()
    (port,) = named(docs, "Service")[caches["serviceName"]]["spec"]["ports"]

    assert named(docs, "Service")[caches["serviceName"]]["spec"]["clusterIP"] == "None"
    assert set(re.findall(r"http://[\w.:-]+", page)) == {
        f"http://varnish-{number}.{caches['serviceName']}:{port['port']}" for number in range(caches["replicas"])
    }


@pytest.mark.parametrize("phase", ["pre", "post"])
def test_migrations_reach_the_database_and_nothing_else(phase):
    (reached,) = reach(manifests(f"kustomize/migrate/{phase}")).values()

    assert reached - _NAMES == {("springtide", 5432)}


def test_names_can_be_asked_for(applied):
    assert all(reached >= _NAMES for reached in reach(applied).values())


def test_the_calls_are_read_from_the_page():
    assert len(calls()) > 15
    assert ("checkout", "payments") in calls()
    assert not re.search(r"\brehearsal\b", " ".join(caller for caller, _ in calls()))
