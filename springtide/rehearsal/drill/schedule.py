"""What a drill breaks and when. Pure: the same seed gives the same acts, whatever the processes do meanwhile.

The window has two thirds of its kills at armed steps and one third from outside at any moment. What takes everything
away (an engine, the disk, all connections) happens one after the other, in an order of the seed's own; kills, clocks
and gateways go on beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from springtide.rehearsal.drill.points import POINTS

PROCESSES = ("web", "inventory", "checkout", "payments", "catalog", "sandbox", "postgres", "nats")
"""Who can be killed from outside: the processes of the split layout by their first role, the gateway, the engines."""
_WEIGHTS = (4, 5, 5, 5, 3, 1, 1, 1)
CONTEXTS_WITH_CLOCKS = ("pricing", "inventory", "checkout", "payments", "orders")
_DIES_AT_STEPS = {"web": 3, "inventory": 4, "pricing": 1, "checkout": 5, "orders": 4, "payments": 5}
_CONNECTIONS_OF = ("inventory", "checkout", "payments", "orders", "pricing")
_AT_STEPS = 2 / 3
_FIRST_S, _LAST_S = 1.0, 1.0
_AWAY_S = (1.0, 2.0)
_HOLDS_LAPSE_S, _HOLDS_LAPSE_AT = 1_100, (0.12, 0.6)
_BANK_DEADLINE_S, _BANK_DEADLINE_AT = 1_000, 0.65


class Kind(StrEnum):
    """What an act does."""

    KILL = "kill"
    KILL_AT_STEP = "kill at a step"
    POSTGRES_STOPPED = "PostgreSQL stopped"
    NATS_STOPPED = "NATS stopped"
    POOL_EXHAUSTED = "pool exhausted"
    DISK_FULL = "disk full"
    CLOCK = "clock ahead"
    GATEWAY = "gateway misbehaves"
    GATEWAY_OUTAGE = "gateway out of order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing to do, `at_s` seconds after the first buyer came. `target`: process, step, context or scenario."""

    at_s: float
    kind: Kind
    target: str
    lasts_s: float = 0.0
    offset_s: int = 0
    scenario: dict[str, Any] = field(default_factory=dict)
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How large a drill is."""

    seed: int
    seconds: float
    kills: int
    buyers: int


SCENARIOS: dict[str, dict[str, Any]] = {
    "slow": {"delay_ms": 1500},
    "answers late": {"answer_delay_ms": 1500},
    "500, nothing done": {"fault": "error_before"},
    "500 after doing it": {"fault": "error_after"},
    "charges, answer lost": {"buyer": "approves", "fault": "drop_after"},
    "charges, answers 500": {"buyer": "approves", "fault": "error_after"},
    "capture, answer lost": {"fault": "drop_after", "fault_on": "capture", "fault_times": 2},
    "refund, answer 500": {"fault": "error_after", "fault_on": "refund"},
    "webhook first": {"buyer": "approves", "webhook": "first", "answer_delay_ms": 400},
    "webhook twice": {"webhook": "twice"},
    "webhook late": {"webhook": "late", "webhook_delay_ms": 4000},
    "webhook never": {"webhook": "never"},
    "buyer never returns": {"buyer": "never_returns", "buyer_after_ms": 800},
    "pays after the deadline": {"buyer": "late_success", "buyer_after_ms": 1000},
}
"""How the gateway misbehaves, by name: the fields are those of the sandbox's scenarios."""


def schedule(bounds: Bounds) -> tuple[Act, ...]:
    """Return the acts of a drill in the order of time."""
    random = Random(bounds.seed)  # noqa: S311 - a schedule to repeat, no secret
    acts = [*_kills(random, bounds), *_away(random, bounds), *_clocks(random, bounds), *_gateway(random, bounds)]
    return tuple(sorted(acts, key=lambda act: (act.at_s, act.kind, act.target)))


def _moment(random: Random, bounds: Bounds) -> float:
    return round(random.uniform(_FIRST_S, max(bounds.seconds - _LAST_S, _FIRST_S)), 2)


def _kills(random: Random, bounds: Bounds) -> Iterator[Act]:
    at_steps = round(bounds.kills * _AT_STEPS)
    for _ in range(at_steps):
        role = random.choices(tuple(_DIES_AT_STEPS), tuple(_DIES_AT_STEPS.values()))[0]
        points = [point for point in POINTS if point.role == role]
        point = random.choices(points, [point.weight for point in points])[0]
        yield Act(at_s=_moment(random, bounds), kind=Kind.KILL_AT_STEP, target=point.name)
    for _ in range(bounds.kills - at_steps):
        name = random.choices(PROCESSES, _WEIGHTS)[0]
        yield Act(at_s=_moment(random, bounds), kind=Kind.KILL, target=name)


def _away(random: Random, bounds: Bounds) -> Iterator[Act]:
    """Return what takes something from everybody: each once, in slots of their own."""
    kinds = [Kind.POSTGRES_STOPPED, Kind.NATS_STOPPED, Kind.POOL_EXHAUSTED, Kind.DISK_FULL]
    random.shuffle(kinds)
    slot_s = (bounds.seconds - _FIRST_S - _LAST_S) / len(kinds)
    for number, kind in enumerate(kinds):
        lasts_s = round(min(random.uniform(*_AWAY_S), slot_s / 2), 2)
        at_s = _FIRST_S + number * slot_s + random.uniform(0, slot_s / 3)
        target = random.choice(_CONNECTIONS_OF) if kind is Kind.POOL_EXHAUSTED else "postgres"
        target = "nats" if kind is Kind.NATS_STOPPED else target
        yield Act(at_s=round(at_s, 2), kind=kind, target=target, lasts_s=lasts_s)


def _clocks(random: Random, bounds: Bounds) -> Iterator[Act]:
    """Let clocks run ahead, each context's by its own; twice so far that holds lapse while their buyers still pay (once
    while scarce units are still being fought for), and once so far that the time at the bank is over.
    """
    for context in random.sample(CONTEXTS_WITH_CLOCKS, 3):
        offset_s = random.randint(1, 90)
        yield Act(at_s=_moment(random, bounds), kind=Kind.CLOCK, target=context, offset_s=offset_s)
    for share in _HOLDS_LAPSE_AT:
        at_s = round(bounds.seconds * share, 2)
        yield Act(at_s=at_s, kind=Kind.CLOCK, target="inventory", offset_s=_HOLDS_LAPSE_S)
    at_s = round(bounds.seconds * _BANK_DEADLINE_AT, 2)
    yield Act(at_s=at_s, kind=Kind.CLOCK, target="checkout", offset_s=_BANK_DEADLINE_S)


def _gateway(random: Random, bounds: Bounds) -> Iterator[Act]:
    names: Sequence[str] = random.sample(sorted(SCENARIOS), len(SCENARIOS))
    for name in names:
        times = random.randint(1, 3)
        at_s = round(_moment(random, bounds) * 0.8, 2)
        yield Act(at_s=at_s, kind=Kind.GATEWAY, target=name, scenario=SCENARIOS[name], times=times)
    lasts_s = round(random.uniform(0.5, 2), 2)
    yield Act(at_s=_moment(random, bounds), kind=Kind.GATEWAY_OUTAGE, target="sandbox", lasts_s=lasts_s)
