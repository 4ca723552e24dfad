"""How many there are: bounds that make sense, metrics and consumers that exist, a database that bears it."""

import re
from copy import deepcopy
from zoneinfo import ZoneInfo

import msgspec
import pytest
import yaml
from deploy.conftest import DEPLOY, manifests
from deploy.keda import Cron, Lag, Prometheus, Spec, scaled_object
from deploy.test_manifests import named, ours
from prometheus_client.metrics import MetricWrapperBase

from deploy.kustomize import Doc
from springtide.bootstrap.specs import spec_of
from springtide.platform.bus import STREAM
from springtide.platform.telemetry import REGISTRY
from springtide.settings import CONTEXTS, Settings

PEAK = "kustomize/overlays/peak"
SMALL = "kustomize/overlays/small"


def scaled(docs: list[Doc]) -> dict[str, Spec]:
    return {name: scaled_object(doc) for name, doc in named(docs, "ScaledObject").items()}


def most(docs: list[Doc]) -> dict[str, int]:
    """The most processes of each group."""
    found = {name: doc["spec"].get("replicas", 1) for name, (doc, _) in ours(docs).items()}
    for hpa in named(docs, "HorizontalPodAutoscaler").values():
        found[hpa["spec"]["scaleTargetRef"]["name"]] = hpa["spec"]["maxReplicas"]
    for spec in scaled(docs).values():
        found[spec.scale_target_ref.name] = spec.max_replica_count
    return found


def samples() -> set[str]:
    """The names under which Prometheus has our figures."""
    suffixes = {"histogram": ("_count", "_sum", "_bucket"), "counter": ("_total",), "gauge": ("",)}
    return {metric.name + suffix for metric in REGISTRY.collect() for suffix in suffixes[metric.type]}


def test_who_is_scaled_says_no_number_of_its_own(overlay):
    targets = {spec.scale_target_ref.name for spec in scaled(overlay).values()}
    targets |= {hpa["spec"]["scaleTargetRef"]["name"] for hpa in named(overlay, "HorizontalPodAutoscaler").values()}

    assert "web" in targets
    for name, (deployment, _) in ours(overlay).items():
        assert ("replicas" in deployment["spec"]) == (name not in targets), name


def test_no_group_has_two_autoscalers(overlay):
    hpas = {hpa["spec"]["scaleTargetRef"]["name"] for hpa in named(overlay, "HorizontalPodAutoscaler").values()}
    assert hpas.isdisjoint({spec.scale_target_ref.name for spec in scaled(overlay).values()})


def test_web_processes_scale_by_requests():
    hpa = named(manifests(SMALL), "HorizontalPodAutoscaler")["web"]["spec"]
    (metric,) = hpa["metrics"]

    assert 2 <= hpa["minReplicas"] < hpa["maxReplicas"]
    (rule,) = yaml.safe_load((DEPLOY / "kustomize/examples/prometheus-adapter.yaml").read_text())["rules"]["custom"]
    assert rule["name"]["as"] == metric["pods"]["metric"]["name"]
    assert rule["seriesQuery"].partition("{")[0] in samples()


def test_bounds_hold_together():
    for name, spec in scaled(manifests(PEAK)).items():
        assert 2 <= spec.min_replica_count < spec.max_replica_count, name
        assert spec.min_replica_count <= spec.fallback.replicas <= spec.max_replica_count, name
        wanted = [int(trigger.metadata.desired_replicas) for trigger in spec.triggers if isinstance(trigger, Cron)]
        assert wanted, f"{name} does not scale ahead of the peak"
        assert all(spec.min_replica_count <= number <= spec.max_replica_count for number in wanted), name
        assert spec.scale_target_ref.name in ours(manifests(PEAK))


def test_every_metric_asked_for_is_one_of_ours():
    queries = [
        trigger.metadata.query
        for spec in scaled(manifests(PEAK)).values()
        for trigger in spec.triggers
        if isinstance(trigger, Prometheus)
    ]
    asked = {name for query in queries for name in re.findall(r"springtide_\w+", query)}

    assert asked
    assert asked <= samples()


def test_every_label_asked_for_is_one_of_the_metric():
    ours = [collector for collector in REGISTRY._collector_to_names if isinstance(collector, MetricWrapperBase)]
    labels = {metric.name: set(collector._labelnames) for collector in ours for metric in collector.describe()}
    for spec in scaled(manifests(PEAK)).values():
        for trigger in spec.triggers:
            if isinstance(trigger, Prometheus):
                name, asked = re.search(r"(springtide_\w+?)(?:_count|_total)?{(.*?)}", trigger.metadata.query).groups()
                assert set(re.findall(r"(\w+)[!=]", asked)) <= labels[name] | {"namespace"}


def test_every_consumer_whose_lag_is_asked_for_is_one_of_the_group():
    docs = manifests(PEAK)
    groups = {name: set(container["args"][1:]) for name, (_, container) in ours(docs).items()}
    watched = set()
    for name, spec in scaled(docs).items():
        for trigger in spec.triggers:
            if isinstance(trigger, Lag):
                assert trigger.metadata.stream == STREAM
                assert trigger.metadata.consumer in groups[name]
                watched.add(trigger.metadata.consumer)

    assert watched == {context for context in CONTEXTS if _listens(context)} & set().union(*groups.values())


def _listens(context: str) -> bool:
    page = (DEPLOY.parent / "docs" / "contexts.md").read_text()
    table = page.partition(f"<!-- from the code: {context} -->")[2].partition("<!-- end -->")[0]
    return "| Listens to | none |" not in table


def test_the_clock_is_one_that_exists():
    for spec in scaled(manifests(PEAK)).values():
        for trigger in spec.triggers:
            if isinstance(trigger, Cron):
                assert ZoneInfo(trigger.metadata.timezone)
                for moment in (trigger.metadata.start, trigger.metadata.end):
                    assert re.fullmatch(r"[0-5]?\d ([01]?\d|2[0-3]) [0-3]?\d 11 \*", moment), "a day of November"


def test_the_database_has_connections_for_everybody(overlay):
    """Each context of a process: its pool, one for batches, one more for job workers where it has jobs."""
    data = named(overlay, "ConfigMap")["springtide"]["data"]
    pool = int(data.get("SPRINGTIDE_DATABASE_CONNECTIONS", Settings().database_connections))
    cluster = yaml.safe_load((DEPLOY / "kustomize/examples/postgresql.yaml").read_text())
    allowed = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    needed = 0
    for name, (_, container) in ours(overlay).items():
        roles = set(container["args"][1:])
        built = {c for c in CONTEXTS if c in roles or ("jobs" in roles and spec_of(c).has_jobs)}
        needed += (most(overlay)[name] + 1) * sum(pool + 1 + ("jobs" in roles) for _ in built)  # one more: a rollout

    assert needed <= allowed * 0.9, f"{needed} of {allowed}"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "minReplicas"), 2),
        (("spec", "triggers", 0, "metadata", "lagTreshold"), "5"),
        (("spec", "triggers", 0, "type"), "kafka"),
        (("spec", "maxReplicaCount"), "many"),
    ],
)
def test_a_field_that_keda_does_not_know_is_refused(path, value):
    doc = deepcopy(next(iter(named(manifests(PEAK), "ScaledObject").values())))
    place = doc
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    with pytest.raises(msgspec.ValidationError):
        scaled_object(doc)
