"""What the rules judge: plain values, gathered once a turn."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from springtide.contracts.orders.api import OrdersApi, SalesPace
from springtide.contracts.payments.api import GatewayStatus, GatewaySwitch, PaymentsApi
from springtide.platform.caller import system
from springtide.platform.errors import SpringtideError
from springtide.platform.fleet_figures import FleetFigures
from springtide.platform.telemetry import logger
from springtide.platform.wiring import Ask

WINDOW_S = 300.0
_ASKED_WITHIN_S = 5.0
_LOOKED_WITHIN_S = 5.0
_BUYERS = frozenset({"storefront", "shop_api"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_CALLER = system("watch")

Answer = TypeVar("Answer")
log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """How many were answered and how many of them with a failure of ours, in the last five minutes."""

    all: float = 0.0
    failed: float = 0.0

    @property
    def share(self) -> float:
        """Return the share that failed, 0 when there were none."""
        return self.failed / self.all if self.all else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the rules look at. Names: what a value is about. `heard_for_s`: since when figures are heard."""

    heard_for_s: float = 0.0
    roles: frozenset[str] = frozenset()
    unreachable: tuple[str, ...] = ()
    buying: Calls = Calls()
    looking: Calls = Calls()
    completing_s: float = 0.0
    gateways: dict[str, Calls] = field(default_factory=dict)
    switched_off: frozenset[str] = frozenset()
    outbox_lag_s: dict[str, float] = field(default_factory=dict)
    differences: dict[str, float] = field(default_factory=dict)
    disks: dict[str, tuple[float, float]] = field(default_factory=dict)
    lanes: dict[str, float] = field(default_factory=dict)
    consumers: dict[str, float] = field(default_factory=dict)
    pools: dict[str, float] = field(default_factory=dict)
    pace: SalesPace | None = None
    certificate_days: float | None = None


async def gather(ask: Ask, figures: FleetFigures, *, certificate_days: float | None) -> Facts:
    """Gather them; who does not answer is a fact too."""
    unreachable: list[str] = []
    pace = await _asked("orders", ask(OrdersApi).pace(caller=_CALLER), unreachable)
    gateways = await _asked("payments", ask(PaymentsApi).gateways(caller=_CALLER), unreachable) or ()
    return Facts(
        heard_for_s=figures.heard_for_s(),
        roles=figures.roles(),
        unreachable=tuple(unreachable),
        buying=_calls(figures, lambda method: method not in _READING, turned_away="writing"),
        looking=_calls(figures, lambda method: method in _READING, turned_away="reading"),
        completing_s=_completing_s(figures),
        gateways=_gateways(figures),
        switched_off=_switched_off(gateways),
        outbox_lag_s=_named(figures.most("springtide_outbox_lag_seconds")),
        differences=_named(figures.most("springtide_open_differences")),
        disks=_disks(figures),
        lanes=_named(figures.most("springtide_lane_waiting")),
        consumers=_named(figures.most("springtide_consumer_pending_events")),
        pools=_pools(figures),
        pace=pace,
        certificate_days=certificate_days,
    )


async def certificate_days_left(url: str) -> float | None:
    """Return how many days the certificate of an https address is still good; None without https or an answer."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    try:
        async with asyncio.timeout(_LOOKED_WITHIN_S):
            opened = asyncio.open_connection(parts.hostname, parts.port or 443, ssl=ssl.create_default_context())
            _, writer = await opened
    except ssl.SSLCertVerificationError as error:
        log.warning("watch.certificate_refused", why=error.verify_message)
        return 0.0
    except (OSError, TimeoutError) as error:
        log.debug("watch.certificate_unseen", error=repr(error))
        return None
    certificate = writer.get_extra_info("peercert")
    writer.close()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), tz=UTC)
    return (ends - datetime.now(tz=UTC)).total_seconds() / 86_400


async def _asked(context: str, answer: Awaitable[Answer], unreachable: list[str]) -> Answer | None:
    try:
        async with asyncio.timeout(_ASKED_WITHIN_S):
            return await answer
    except (SpringtideError, TimeoutError) as error:
        log.debug("watch.unreachable", context=context, error=repr(error))
        unreachable.append(context)
        return None


def _calls(figures: FleetFigures, is_meant: Callable[[str], bool], *, turned_away: str) -> Calls:
    answered = failed = 0.0
    for labels, rise in figures.rises("springtide_http_request_seconds_count", within_s=WINDOW_S).items():
        channel, method, status = labels
        if channel in _BUYERS and is_meant(method):
            answered += rise
            failed += rise if status.startswith("5") else 0.0
    for (lane,), rise in figures.rises("springtide_http_requests_turned_away_total", within_s=WINDOW_S).items():
        if lane.endswith(turned_away):
            answered, failed = answered + rise, failed + rise
    return Calls(all=answered, failed=failed)


def _completing_s(figures: FleetFigures) -> float:
    """Return how long a completion took on average in the last five minutes, in seconds."""
    sums, counts = (
        sum(
            rise
            for labels, rise in figures.rises(f"springtide_contract_call_seconds_{what}", within_s=WINDOW_S).items()
            if labels[:2] == ("checkout", "complete")
        )
        for what in ("sum", "count")
    )
    return sums / counts if counts else 0.0


def _gateways(figures: FleetFigures) -> dict[str, Calls]:
    found: dict[str, Calls] = {}
    for labels, rise in figures.rises("springtide_gateway_start_seconds_count", within_s=WINDOW_S).items():
        gateway, outcome = labels
        before = found.get(gateway, Calls())
        failed = rise if outcome == "failed" else 0.0
        found[gateway] = Calls(all=before.all + rise, failed=before.failed + failed)
    return found


def _switched_off(gateways: tuple[GatewayStatus, ...]) -> frozenset[str]:
    return frozenset(gateway.name for gateway in gateways if gateway.switch is not GatewaySwitch.ON)


def _disks(figures: FleetFigures) -> dict[str, tuple[float, float]]:
    free, size = figures.sums("springtide_disk_free_bytes"), figures.sums("springtide_disk_size_bytes")
    return {labels[0]: (free[labels], size[labels]) for labels in free.keys() & size.keys()}


def _pools(figures: FleetFigures) -> dict[str, float]:
    """Return by context how many calls found no connection in the last five minutes."""
    rises = figures.rises("springtide_db_pool_errors_total", within_s=WINDOW_S)
    return {context: rise for (context,), rise in rises.items()}


def _named(figures: dict[tuple[str, ...], float]) -> dict[str, float]:
    return {labels[0]: value for labels, value in figures.items()}
