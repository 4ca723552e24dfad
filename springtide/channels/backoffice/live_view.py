"""What the live page says: figures of now put into words and places. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from springtide.channels.backoffice.words import Word, plural
from springtide.contracts.insight.api import OrderMinute
from springtide.contracts.inventory.api import StockOuts
from springtide.contracts.orders.api import RhythmHour
from springtide.contracts.payments.api import GatewayStatus, GatewaySwitch
from springtide.platform.fleet_view import FleetView, ProcessView
from springtide.platform.vitals import Queue

MINUTES = 60
_SHOWN_MINUTES = 5
_JUDGED_MINUTES = 10
_LEAST_EXPECTED = 5.0
"""Fewer expected orders within the judged minutes say nothing when they do not come."""
_FEW, _MANY = 0.5, 2.0
_MOST_QUEUES = 5
_MOST_NAMED = 3
CHART_WIDTH, CHART_HEIGHT = 600, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was asked of the contexts; None: no answer yet. `lags`: events waiting by consumer."""

    minutes: tuple[OrderMinute, ...] | None = None
    rhythm: tuple[RhythmHour, ...] | None = None
    gateways: tuple[GatewayStatus, ...] | None = None
    stock_outs: tuple[StockOuts, ...] | None = None
    lags: Mapping[str, int] | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteBar:
    """Orders of one minute as a bar of the small chart; `title` for who points at it."""

    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Orders a minute over the last minutes, against what such an hour usually brings (None: not known)."""

    per_minute: float
    expected: float | None
    verdict: Word
    last_hour: int
    rehearsed: int
    bars: tuple[MinuteBar, ...]
    most: int
    expected_y: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLine:
    """A gateway in a word, with its p99 (None: not asked lately)."""

    name: str
    word: Word
    p99_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything on the page. `heading` is the finding; `at`: when it was put together."""

    heading: str
    tone: str
    at: datetime
    fleet: FleetView
    orders: Orders | None
    revenue: tuple[tuple[str, int], ...] | None
    gateways: tuple[GatewayLine, ...] | None
    stock_outs: tuple[StockOuts, ...] | None
    queues: tuple[tuple[str, str], ...]
    processes: tuple[tuple[ProcessView, str, Word], ...]
    problems: tuple[str, ...]


def board_of(fleet: FleetView, known: Known, now: datetime) -> Board:
    """Put the page together."""
    orders = orders_of(known.minutes, known.rhythm, now) if known.minutes is not None else None
    gateways = tuple(map(_gateway, known.gateways)) if known.gateways is not None else None
    heading, tone = finding(fleet, orders, gateways)
    return Board(
        heading=heading,
        tone=tone,
        at=now,
        fleet=fleet,
        orders=orders,
        revenue=_revenue(known.minutes),
        gateways=gateways,
        stock_outs=known.stock_outs,
        queues=_queues(fleet.queues, known.lags or {}),
        processes=tuple((process, roles_of(process.roles), _process_word(process)) for process in fleet.processes),
        problems=known.problems,
    )


def finding(fleet: FleetView, orders: Orders | None, gateways: Sequence[GatewayLine] | None) -> tuple[str, str]:
    """Return what matters most in a sentence, and its tone."""
    trouble = _trouble(fleet, gateways or ())
    if trouble:
        return trouble, "bad"
    if orders is None:
        return "Figures of orders do not arrive", "warn"
    if orders.verdict.tone in {"warn", "bad"}:
        return f"{orders.verdict.text}: {orders.per_minute:.1f} orders a minute", orders.verdict.tone
    if not orders.per_minute:
        return f"Open, no order for {_SHOWN_MINUTES} minutes", "good"
    return f"Selling: {orders.per_minute:.1f} orders a minute", "good"


def _trouble(fleet: FleetView, gateways: Sequence[GatewayLine]) -> str:
    """Return what is broken, the worst first; "" when nothing is."""
    down = [line.name for line in gateways if line.word.tone == "bad"]
    if down and len(down) == len(gateways):
        return "No gateway takes payments"
    if fleet.silent:
        return f"{plural(fleet.silent, 'process', 'processes')} {'does' if fleet.silent == 1 else 'do'} not answer"
    if fleet.failed_per_s >= 1:
        return f"{fleet.failed_per_s:,.0f} requests a second fail"
    return f"{plural(len(down), 'gateway')} down: {', '.join(down)}" if down else ""


def orders_of(minutes: Sequence[OrderMinute], rhythm: Sequence[RhythmHour] | None, now: datetime) -> Orders:
    """Return orders a minute over the last five minutes, and the last hour as bars. Judged are ten full minutes:
    a verdict must not jump.
    """
    this_minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    by_minute: Counter[int] = Counter()
    for row in minutes:
        age = round((this_minute - row.at).total_seconds() / 60)
        if 0 <= age < MINUTES:
            by_minute[age] += row.orders
    judged = sum(by_minute[age] for age in range(1, _JUDGED_MINUTES + 1))
    elapsed = _SHOWN_MINUTES - 1 + now.second / 60  # the minute that is not over counts as far as it has come
    per_minute = sum(by_minute[age] for age in range(_SHOWN_MINUTES)) / elapsed
    expected = expected_a_minute(rhythm, now) if rhythm else None
    most = max((*by_minute.values(), 1))
    top = max(float(most), expected or 0.0)
    return Orders(
        per_minute=per_minute,
        expected=expected,
        verdict=verdict(judged, expected * _JUDGED_MINUTES if expected is not None else None),
        last_hour=by_minute.total(),
        rehearsed=sum(row.rehearsed for row in minutes),
        bars=tuple(_bar(age, by_minute[age], top, this_minute) for age in reversed(range(MINUTES))),
        most=most,
        expected_y=_y(expected, top) if expected is not None else None,
    )


def expected_a_minute(rhythm: Sequence[RhythmHour], now: datetime) -> float:
    """Return what this hour of the week usually brings a minute; 0 for an hour in which nothing was ever sold."""
    at = now.astimezone(UTC)
    return next((hour.orders / 60 for hour in rhythm if (hour.weekday, hour.hour) == (at.isoweekday(), at.hour)), 0.0)


def verdict(orders: int, expected: float | None) -> Word:
    """Judge the orders of some minutes against what was expected of them."""
    if expected is None:
        return Word("No history yet")
    if expected < _LEAST_EXPECTED:
        return Word("More than usual", "good") if orders > _MANY * _LEAST_EXPECTED else Word("As usual", "good")
    if orders == 0:
        return Word("No orders", "bad")
    if orders < _FEW * expected:
        return Word("Fewer than usual", "warn")
    return Word("More than usual" if orders > _MANY * expected else "As usual", "good")


def _bar(age: int, orders: int, top: float, this_minute: datetime) -> MinuteBar:
    slot = Decimal(CHART_WIDTH) / MINUTES
    y = _y(orders, top)
    at = this_minute - timedelta(minutes=age)
    return MinuteBar(
        x=_tenth(slot * (MINUTES - 1 - age)),
        y=y,
        width=_tenth(slot * Decimal("0.8")),
        height=CHART_HEIGHT - y,
        title=f"{at:%H:%M} {plural(orders, 'order')}",
    )


def _y(value: float, top: float) -> Decimal:
    return _tenth(Decimal(CHART_HEIGHT) * (1 - Decimal(value) / Decimal(top)))


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"))


def _revenue(minutes: Sequence[OrderMinute] | None) -> tuple[tuple[str, int], ...] | None:
    if minutes is None:
        return None
    sums: Counter[str] = Counter()
    for row in minutes:
        sums[row.currency] += row.gross_minor
    return tuple(sums.most_common())


def _gateway(status: GatewayStatus) -> GatewayLine:
    if status.switch is GatewaySwitch.OFF:
        word = Word("Off", "bad")
    elif status.switch is GatewaySwitch.DRAIN:
        word = Word("Drained", "warn")
    elif status.in_process or status.breaker_mode == "off":
        word = Word("On", "good")
    elif status.breaker == "open":
        word = Word("Down", "bad")
    elif status.breaker == "half_open":
        word = Word("Probing", "warn")
    elif status.attempts and status.failures * 10 > status.attempts:
        word = Word(f"{status.failures / status.attempts:.0%} fail", "warn")
    else:
        word = Word("Up", "good")
    return GatewayLine(name=status.name, word=word, p99_ms=status.p99_ms)


def _queues(queues: Sequence[Queue], lags: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """Return the longest queues as (name, how long); one that is empty says nothing."""
    found = [(queue.waiting, _queue_name(queue), _queue_length(queue)) for queue in queues if queue.waiting]
    found += [(waiting, f"events for {name}", f"{waiting:,}") for name, waiting in lags.items() if waiting]
    return tuple((name, length) for _, name, length in sorted(found, reverse=True)[:_MOST_QUEUES])


def _queue_name(queue: Queue) -> str:
    if queue.kind == "outbox":
        return f"oldest unsent event of {queue.name}"
    return f"calls of {queue.name}" if queue.kind == "lane" else f"requests, {queue.name}"


def _queue_length(queue: Queue) -> str:
    return f"{queue.waiting:,} s" if queue.kind == "outbox" else f"{queue.waiting:,}"


def roles_of(roles: Sequence[str]) -> str:
    """Return what a process does, in short: "web + 8 contexts"; a few roles are named."""
    first = [role for role in ("web", "backoffice", "jobs") if role in roles]
    rest = [role for role in roles if role not in first]
    return " + ".join([*first, *(rest if len(rest) <= _MOST_NAMED else [f"{len(rest)} contexts"])])


def _process_word(process: ProcessView) -> Word:
    if process.silent_s is not None:
        return Word(f"Silent for {process.silent_s} s", "bad")
    if process.failing:
        return Word(f"Fails: {process.failing[0]}", "warn")
    return Word("Speaks", "good")
