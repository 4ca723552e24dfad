"""A server plan as the files that machines are run by: the overlay `peak` of deploy/kustomize, and fleet.toml.

The overlay's own text stays: metrics, thresholds and comments are the operator's. What a plan decides is replaced: how
many at least and at most, how many when Prometheus is away, and the hours to be early (KEDA's cron triggers).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.servers import Early, ServerPlan, ServicePlan

_NAME = re.compile(r"^metadata:\n  name: (?P<name>[\w-]+)$", re.MULTILINE)
_CRON = re.compile(r"    - type: cron\n      metadata:\n(?:        .*\n)+")
_NUMBERS = ("minReplicaCount", "maxReplicaCount", "replicas")


def rewrite_overlay(text: str, plan: ServerPlan, *, timezone: str) -> str:
    """Return scaling.yaml with the plan's numbers; InvalidPeakInput names services and objects that do not match."""
    plans = {service.service: service for service in plan.services}
    documents = re.split(r"^---\n", text, flags=re.MULTILINE)
    names = [match["name"] if (match := _NAME.search(document)) else "" for document in documents]
    mistakes = list(_mistakes(plans.keys(), names))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    rewritten = [
        _rewrite(document, plans[name], timezone) if name in plans else document
        for document, name in zip(documents, names, strict=True)
    ]
    return "---\n".join(rewritten)


def _mistakes(services: Iterable[str], names: list[str]) -> Iterator[Mistake]:
    for name in sorted(set(services) - set(names)):
        yield Mistake(where="scaling.yaml", rule="object_missing", message=f"no ScaledObject is named {name}")
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        yield Mistake(where="scaling.yaml", rule="used_twice", message=f"two objects are named {name}")


def _rewrite(document: str, plan: ServicePlan, timezone: str) -> str:
    fallback = max([plan.least, *(early.processes for early in plan.early)])
    for name, value in zip(_NUMBERS, (plan.least, plan.most, fallback), strict=True):
        document = re.sub(rf"^(?P<head> +{name}: )\d+$", rf"\g<head>{value}", document, flags=re.MULTILINE)
    document = _CRON.sub("", document).rstrip("\n") + "\n"
    return document + "".join(_trigger(early, timezone) for early in plan.early)


def _trigger(early: Early, timezone: str) -> str:
    return (
        "    - type: cron\n"
        "      metadata:\n"
        f"        timezone: {timezone}\n"
        f"        start: {_cron(early.start)}\n"
        f"        end: {_cron(early.end)}\n"
        f'        desiredReplicas: "{early.processes}"\n'
    )


def _cron(moment: datetime) -> str:
    return f"{moment.minute} {moment.hour} {moment.day} {moment.month} *"


def fleet_groups(plan: ServerPlan, *, cores: int) -> str:
    """Return fleet.toml for one machine of so many cores: a group that sells and scales, and one for the office.

    What `springtide fleet` runs is whole shops, so the service that needs most processes says how many there are.
    """
    most = max(min(cores, max(service.most for service in plan.services)), 1)
    early = max([0, *(window.processes for service in plan.services for window in service.early)])
    target = min(service.target_per_s for service in plan.services)
    return (
        "# Written by `springtide peak scaling`. The fleet has no clock: `fleet scale` before the hours of `early`.\n"
        "[groups.shop]\n"
        'roles = ["web", "contexts"]\n'
        f"min = {min(2, most)}\n"
        f"max = {most}\n"
        f"target_per_s = {target:.1f}\n"
        "settings = {background = false, database_connections = 3}\n"
        "\n"
        "[groups.office]\n"
        'roles = ["backoffice", "contexts", "jobs"]\n'
        "settings = {nice = 5, database_connections = 2}\n"
        "\n"
        f"# early: {min(early, most)} processes of shop\n"
    )
