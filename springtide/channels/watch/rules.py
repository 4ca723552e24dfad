"""What is wrong, and how badly. Each alert has a page docs/runbook/<name>.md.

name                   level       holds for   when
gateway-down           critical    60 s        half of a gateway's starts fail, at least 5 in five minutes
relay-lag              critical    60 s        events of a context wait for longer than a minute
difference-open        critical    0 s         two books differ and nobody has looked
disk-low               critical    0 s         under 5 % or 1 GB left (warning: under 15 %)
no-orders              critical    0 s         nothing sold in a time that usually brings 8 orders
server-errors          critical    60 s        1 % of buyers' requests answered 5xx or turned away, at least 10
pool-exhausted         critical    0 s         calls of a context found no database connection
queue-deep             warning     60 s        2,000 calls wait in a lane, or 5,000 events for a consumer
role-missing           critical    60 s        no process has a role that a shop needs
context-unreachable    critical    30 s        orders or payments do not answer: their database, or the bus
checkout-slow          warning     120 s       a completion takes 2 s on average
certificate-ends       warning     0 s         21 days left (critical: 3)
"""

from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from springtide.channels.watch.facts import Facts
from springtide.platform.fleet_figures import GONE_AFTER_S

NEEDED = ("web", "catalog", "pricing", "inventory", "customers", "checkout", "payments", "orders")

_GB = 1024**3
_EXPECTED_BEFORE_SILENCE = 8.0
"""Orders that usually come in the time of a silence: by chance none of 8 comes once in 3,000 such times."""
_SHORTEST_SILENCE_S = 300.0


class Level(StrEnum):
    """CRITICAL is told at any hour."""

    WARNING = "warning"
    CRITICAL = "critical"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong now. `subject`: with what (a gateway, a context, ""). `text`: one sentence for people."""

    name: str
    subject: str
    level: Level
    text: str
    holds_for_s: float = 0.0

    @property
    def key(self) -> str:
        """Return what two turns know it by."""
        return f"{self.name}:{self.subject}"


def judge(facts: Facts) -> tuple[Alert, ...]:
    """Return what is wrong."""
    return tuple(alert for rule in _RULES for alert in rule(facts))


def _gateway_down(facts: Facts) -> Iterator[Alert]:
    for gateway, calls in facts.gateways.items():
        if calls.all >= 5 and calls.share >= 0.5 and gateway not in facts.switched_off:  # noqa: PLR2004 - the table
            text = f"{calls.failed:.0f} of {calls.all:.0f} payments started at {gateway} in five minutes got no answer."
            yield Alert(name="gateway-down", subject=gateway, level=Level.CRITICAL, text=text, holds_for_s=60)


def _relay_lag(facts: Facts) -> Iterator[Alert]:
    for context, lag_s in facts.outbox_lag_s.items():
        if lag_s > 60:  # noqa: PLR2004 - the table
            text = f"The oldest event of {context} has waited {lag_s:.0f} s to be published."
            yield Alert(name="relay-lag", subject=context, level=Level.CRITICAL, text=text, holds_for_s=60)


def _difference_open(facts: Facts) -> Iterator[Alert]:
    for context, many in facts.differences.items():
        if many:
            text = f"{many:.0f} open differences between the books that {context} owns and others."
            yield Alert(name="difference-open", subject=context, level=Level.CRITICAL, text=text)


def _disk_low(facts: Facts) -> Iterator[Alert]:
    for folder, (free, size) in facts.disks.items():
        share = free / size if size else 1.0
        if share < 0.15 or free < _GB:  # noqa: PLR2004 - the table
            level = Level.CRITICAL if share < 0.05 or free < _GB else Level.WARNING  # noqa: PLR2004 - the table
            text = f"{free / _GB:.1f} GB ({share:.0%}) are left where {folder} lies."
            yield Alert(name="disk-low", subject=folder, level=level, text=text)


def _no_orders(facts: Facts) -> Iterator[Alert]:
    pace = facts.pace
    if pace is None or pace.since_last_s is None or pace.since_last_s < _SHORTEST_SILENCE_S:
        return
    missed = pace.orders_per_minute * pace.since_last_s / 60
    if missed >= _EXPECTED_BEFORE_SILENCE:
        text = (
            f"No order for {pace.since_last_s / 60:.0f} minutes; at this hour {missed:.0f} usually come in that time."
        )
        yield Alert(name="no-orders", subject="", level=Level.CRITICAL, text=text)


def _server_errors(facts: Facts) -> Iterator[Alert]:
    for what, calls in (("buying", facts.buying), ("looking", facts.looking)):
        if calls.failed >= 10 and calls.share >= 0.01:  # noqa: PLR2004 - the table
            text = f"{calls.failed:.0f} of {calls.all:.0f} requests ({what}) failed in five minutes."
            yield Alert(name="server-errors", subject=what, level=Level.CRITICAL, text=text, holds_for_s=60)


def _pool_exhausted(facts: Facts) -> Iterator[Alert]:
    for context, many in facts.pools.items():
        if many:
            text = f"{many:.0f} calls of {context} got no database connection in five minutes."
            yield Alert(name="pool-exhausted", subject=context, level=Level.CRITICAL, text=text)


def _queue_deep(facts: Facts) -> Iterator[Alert]:
    for kind, queues, most in (("calls", facts.lanes, 2_000), ("events", facts.consumers, 5_000)):
        for name, many in queues.items():
            if many > most:
                text = f"{many:.0f} {kind} wait for {name}."
                subject = f"{name} {kind}"
                yield Alert(name="queue-deep", subject=subject, level=Level.WARNING, text=text, holds_for_s=60)


def _role_missing(facts: Facts) -> Iterator[Alert]:
    if facts.heard_for_s < GONE_AFTER_S:
        return
    for role in NEEDED:
        if role not in facts.roles:
            text = f"No process with the role {role} has been heard for {GONE_AFTER_S:.0f} s."
            yield Alert(name="role-missing", subject=role, level=Level.CRITICAL, text=text, holds_for_s=60)


def _context_unreachable(facts: Facts) -> Iterator[Alert]:
    for context in facts.unreachable:
        text = f"{context} does not answer: its process, its database or the bus is away."
        yield Alert(name="context-unreachable", subject=context, level=Level.CRITICAL, text=text, holds_for_s=30)


def _checkout_slow(facts: Facts) -> Iterator[Alert]:
    if facts.completing_s > 2:  # noqa: PLR2004 - the table
        text = f"Completing a purchase took {facts.completing_s:.1f} s on average in the last five minutes."
        yield Alert(name="checkout-slow", subject="", level=Level.WARNING, text=text, holds_for_s=120)


def _certificate_ends(facts: Facts) -> Iterator[Alert]:
    days = facts.certificate_days
    if days is not None and days < 21:  # noqa: PLR2004 - the table
        level = Level.CRITICAL if days < 3 else Level.WARNING  # noqa: PLR2004 - the table
        text = f"The certificate of the shop's address is good for {max(0.0, days):.0f} more days."
        yield Alert(name="certificate-ends", subject="", level=level, text=text)


_RULES: tuple[Callable[[Facts], Iterator[Alert]], ...] = (
    _gateway_down,
    _relay_lag,
    _difference_open,
    _disk_low,
    _no_orders,
    _server_errors,
    _pool_exhausted,
    _queue_deep,
    _role_missing,
    _context_unreachable,
    _checkout_slow,
    _certificate_ends,
)
