"""The manifests as they are applied: right for Kubernetes, and right for what the code is and needs."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from deploy.conftest import APPLIED, DEPLOY, manifests

from deploy.kustomize import Doc, containers
from springtide.commands.drill_stage import LAYOUT
from springtide.platform import http_server
from springtide.settings import ROLES, Settings
from springtide.settings.reading import load

KUBERNETES = "1.33"
_OF_KUBERNETES = {"v1", "apps/v1", "batch/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1"}
_ROOT = DEPLOY.parent


def named(docs: list[Doc], kind: str) -> dict[str, Doc]:
    return {doc["metadata"]["name"]: doc for doc in docs if doc["kind"] == kind}


def pods(docs: list[Doc]) -> Iterator[tuple[str, Doc]]:
    """Everything that makes pods: (name, its pod template)."""
    for doc in docs:
        if doc["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield doc["metadata"]["name"], doc["spec"]["template"]


def ours(docs: list[Doc]) -> dict[str, tuple[Doc, Doc]]:
    """The processes of the shop: name -> (Deployment, container)."""
    return {
        name: (doc, containers(doc)[0])
        for name, doc in named(docs, "Deployment").items()
        if "springtide" in {container["name"] for container in containers(doc)}
    }


def selects(selector: Doc, labels: dict[str, str]) -> bool:
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    by_label = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return by_label and all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"]
        for rule in selector.get("matchExpressions", ())
    )


def test_every_document_is_one_that_kubernetes_takes(applied):
    checked = [doc for doc in applied if doc["apiVersion"] in _OF_KUBERNETES]
    for doc in checked:
        kubernetes_validate.validate(doc, KUBERNETES, strict=True)

    assert {doc["apiVersion"] for doc in applied} - _OF_KUBERNETES <= {"keda.sh/v1alpha1"}
    assert checked


@pytest.mark.parametrize("folder", APPLIED)
def test_kubectl_renders_the_same(folder):
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is missing: what it renders is not compared")
    told = subprocess.run([kubectl, "kustomize", str(DEPLOY / folder)], capture_output=True, check=True, timeout=60)
    text = re.sub(r"\bvarnish-[a-z0-9]{10}\b", "varnish", told.stdout.decode())  # a ConfigMap's name has its hash in it

    assert as_table(list(yaml.safe_load_all(text))) == as_table(manifests(folder))


def as_table(docs: list[Doc]) -> dict[tuple[str, str], Any]:
    return {(doc["kind"], doc["metadata"]["name"]): sorted_lists(doc) for doc in docs}


def sorted_lists(value: Any) -> Any:
    """Patches may put a list's rows in another order: the order of rows with names means nothing."""
    if isinstance(value, dict):
        return {key: sorted_lists(found) for key, found in value.items()}
    if isinstance(value, list):
        rows = [sorted_lists(row) for row in value]
        return (
            sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
            if all(isinstance(row, dict) for row in rows)
            else rows
        )
    return value


def test_every_role_runs_in_exactly_one_group(overlay):
    groups = {tuple(container["args"][1:]) for _, container in ours(overlay).values()}

    without_desk = {tuple(role for role in group if role != "peak") for group in LAYOUT}
    assert groups == {*without_desk, ("backoffice",), ("peak",)}
    assert sorted(role for group in groups for role in group) == sorted(ROLES)
    assert {container["args"][0] for _, container in ours(overlay).values()} == {"serve"}


def test_every_variable_is_a_setting_and_every_value_is_understood(applied):
    maps = named(applied, "ConfigMap")
    for _, pod in pods(applied):
        for container in pod["spec"]["containers"]:
            if container["name"] != "springtide":
                continue
            environment = {}
            for source in container.get("envFrom", ()):
                environment |= maps[source["configMapRef"]["name"]]["data"]
            for row in container["env"]:
                environment[row["name"]] = row["value"] if "value" in row else _made_up(row["name"])
            assert all(name.startswith("SPRINGTIDE_") for name in environment)
            load(environment, Path("no such file"))


def _made_up(name: str) -> str:
    values = {
        "SPRINGTIDE_SECRET_KEY": "0" * 64,
        "SPRINGTIDE_GATEWAYS": "[]",
        "SPRINGTIDE_MAIL__SMTP_URL": "smtps://mail.example.org:465",
        "SPRINGTIDE_EDGES": "[]",
        "SPRINGTIDE_DATABASE_URL": "postgresql://admin:secret@db:5432/springtide",
    }
    return values[name]


def test_selectors_find_their_pods_and_only_theirs(overlay):
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(overlay)}
    for name, deployment in (named(overlay, "Deployment") | named(overlay, "StatefulSet")).items():
        assert [found for found in labels if selects(deployment["spec"]["selector"], labels[found])] == [name]
    for name, service in named(overlay, "Service").items():
        selector = {"matchLabels": service["spec"]["selector"]}
        assert [found for found in labels if selects(selector, labels[found])] == [name.removesuffix("-direct")]
    for name, budget in named(overlay, "PodDisruptionBudget").items():
        assert [found for found in labels if selects(budget["spec"]["selector"], labels[found])] == [name]
    assert set(named(overlay, "PodDisruptionBudget")) == set(labels)


def test_probes_and_services_and_ingresses_lead_to_ports_that_exist(overlay):
    for _, pod in pods(overlay):
        for container in pod["spec"]["containers"]:
            ports = {port["name"] for port in container["ports"]}
            probes = [container[f"{kind}Probe"] for kind in ("startup", "readiness", "liveness")]
            assert {
                next(probe[how]["port"] for how in ("httpGet", "tcpSocket") if how in probe) for probe in probes
            } <= ports
    services = named(overlay, "Service")
    for service in services.values():
        assert {port["targetPort"] for port in service["spec"]["ports"]} == {"http"}
    for ingress in named(overlay, "Ingress").values():
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                assert backend["port"]["name"] in {port["name"] for port in services[backend["name"]]["spec"]["ports"]}


def test_a_process_listens_where_its_probes_and_its_figures_are(overlay):
    data = named(overlay, "ConfigMap")["springtide"]["data"]
    for _, container in ours(overlay).values():
        given = {row["name"]: row.get("value") for row in container["env"]}
        names = {"web": "SPRINGTIDE_PORT", "backoffice": "SPRINGTIDE_BACKOFFICE_PORT"}
        name = names.get(container["args"][1], "SPRINGTIDE_HEALTH_PORT")
        (port,) = container["ports"]
        assert str(port["containerPort"]) == given.get(name, data.get(name))
    for _, pod in ((name, doc["spec"]["template"]) for name, (doc, _) in ours(overlay).items()):
        scraped = pod["metadata"]["annotations"]["prometheus.io/port"]
        assert scraped == str(pod["spec"]["containers"][0]["ports"][0]["containerPort"])
    assert data["SPRINGTIDE_HOST"] == "0.0.0.0"  # noqa: S104 - inside its own pod


def test_there_is_time_to_finish_before_the_kill(overlay):
    data = named(overlay, "ConfigMap")["springtide"]["data"]
    needed_s = float(data["SPRINGTIDE_DRAIN_S"]) + http_server._GRACE_S + Settings().call_timeout_s
    for deployment, _ in ours(overlay).values():
        assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > needed_s


def test_every_pod_is_closed(applied):
    for name, pod in pods(applied):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            closed = container["securityContext"]
            assert (closed["allowPrivilegeEscalation"], closed["readOnlyRootFilesystem"]) == (False, True), name
            assert closed["capabilities"] == {"drop": ["ALL"]}, name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name
            assert "cpu" not in container["resources"]["limits"], f"{name}: throttling in the middle of a batch"


def test_volumes_are_mounted_and_mounts_have_volumes(applied):
    for name, pod in pods(applied):
        volumes = {volume["name"] for volume in pod["spec"].get("volumes", ())}
        mounted = {mount["name"] for c in pod["spec"]["containers"] for mount in c.get("volumeMounts", ())}
        assert volumes == mounted, name


def test_what_is_written_lies_on_a_volume(overlay):
    data_dir = named(overlay, "ConfigMap")["springtide"]["data"]["SPRINGTIDE_DATA_DIR"]
    for _, container in ours(overlay).values():
        places = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
        assert (places[data_dir], places["/tmp"]) == (False, False)  # noqa: S108 - the pod's own


def test_pictures_are_written_by_the_back_office_and_shown_by_the_web(overlay):
    mounts = {
        name: {mount["name"]: mount for mount in container["volumeMounts"]}
        for name, (_, container) in ours(overlay).items()
    }
    assert mounts["web"]["media"]["readOnly"] is True
    assert mounts["backoffice"]["media"]["readOnly"] is False
    assert {name for name, found in mounts.items() if "media" in found} == {"web", "backoffice"}
    assert {name for name, found in mounts.items() if "uploads" in found} == {"backoffice", "peak"}
    for claim in ("media", "uploads"):
        assert named(overlay, "PersistentVolumeClaim")[claim]["spec"]["accessModes"] == ["ReadWriteMany"]


def test_images_are_pinned_and_the_release_is_this_one(applied):
    images = [container["image"] for _, pod in pods(applied) for container in pod["spec"]["containers"]]
    for image in images:
        _, _, tag = image.rpartition(":")
        assert re.fullmatch(r"[0-9]+(\.[0-9]+){2}|[0-9a-f]{64}", tag), image
    release = springtide_version()
    known = {f"registry.example.org/{name}:{release}" for name in ("springtide", "springtide-desk")}
    assert {image for image in images if "varnish" not in image} <= known
    for name in named(applied, "Job"):
        assert name.endswith(release.replace(".", "-"))


def test_only_the_desk_has_the_numerics_and_the_memory_a_plan_takes(overlay):
    desk = {name for name, (_, container) in ours(overlay).items() if "springtide-desk" in container["image"]}
    deployment, container = ours(overlay)["peak"]

    assert desk == {"peak"}
    assert container["resources"]["limits"]["memory"] == "3Gi"
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}, "its volume is mounted by one node"
    assert {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}["desk"] == (
        named(overlay, "ConfigMap")["springtide"]["data"]["SPRINGTIDE_DATA_DIR"] + "/peak"
    )


def springtide_version() -> str:
    found = re.search(r'^version = "(.+)"$', (_ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found
    return found[1]


def test_no_secret_has_its_value_here(applied):
    assert not named(applied, "Secret")
    for doc in applied:
        for container in containers(doc):
            for row in container.get("env", ()):
                is_secret = re.search(r"SECRET|TOKEN|PASSWORD|GATEWAYS|EDGES|SMTP|DATABASE_URL", row["name"])
                assert ("valueFrom" in row) == bool(is_secret), row["name"]
    for text in (json.dumps(doc) for doc in applied):
        assert not re.search(r"://[^/\s\"]+:[^/\s\"]+@", text)


def test_only_migrations_know_the_administrator(applied):
    known = {
        row["valueFrom"]["secretKeyRef"]["name"]
        for name, pod in pods(applied)
        if not name.startswith("migrate")
        for container in pod["spec"]["containers"]
        for row in container["env"]
        if "valueFrom" in row
    }
    assert known <= {"springtide", "springtide-edge"}


@pytest.mark.parametrize("phase", ["pre", "post"])
def test_a_migration_job_runs_its_phase(phase):
    (job,) = named(manifests(f"kustomize/migrate/{phase}"), "Job").values()
    (container,) = containers(job)

    assert container["args"] == ["migrate", "--phase", phase]
    assert job["metadata"]["name"].startswith(f"migrate-{phase}-")


def test_secrets_that_are_referred_to_are_described():
    page = (DEPLOY / "kustomize" / "examples" / "secrets.md").read_text()
    for folder in APPLIED:
        for _, pod in pods(manifests(folder)):
            for row in (row for c in pod["spec"]["containers"] for row in c["env"] if "valueFrom" in row):
                wanted = row["valueFrom"]["secretKeyRef"]
                assert f"| `{wanted['name']}` | `{wanted['key']}` |" in page
