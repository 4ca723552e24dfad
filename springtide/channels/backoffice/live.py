"""The live page's one broadcaster: however many look on, every figure is asked for once and the page is drawn once.

While nobody looks nothing is asked; the vitals of the processes are listened to all the time, they cost little.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from springtide.channels.backoffice.live_view import MINUTES, Board, Known, board_of
from springtide.channels.backoffice.office import Office
from springtide.channels.pages.render import Pages
from springtide.platform.bus import Bus
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import SpringtideError, TooMany, Unavailable
from springtide.platform.fleet_view import FleetHub
from springtide.platform.health import Health
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import logger
from springtide.platform.vitals import EVERYBODY

log = logger(__name__)

MOST_VIEWERS = 32
EVERY_S = 1.0
_LOOKED_ON_FOR_S = 15.0
_FRESH_FOR_S = 3.0
_PATIENCE_S = 2.0
_SHOP_CHANNELS = ("storefront", "shop_api", "media", "webhooks")
_CALLER = Caller(
    actor="live",
    kind=Kind.SYSTEM,
    scopes=frozenset({"orders.read", "payments.read", "inventory.read", "insight.read"}),
)


class TooManyViewers(TooMany):
    """As many look at the live page of this process as may; the page that reloads itself goes on."""

    code = "too_many_viewers"


@dataclass(slots=True)
class _Figure:
    """Something that is asked for again and again; the last answer stays until there is a new one."""

    name: str
    every_s: float
    ask: Callable[[], Awaitable[object]]
    value: object = None
    asked_at: float = float("-inf")
    problem: str = ""
    task: "asyncio.Task[None] | None" = None

    async def read(self) -> None:
        """Ask now."""
        try:
            self.value = await self.ask()
            self.problem = ""
        except SpringtideError as error:
            self.problem = error.detail or type(error).__name__
            log.debug("live.not_answered", figure=self.name, error=self.problem)


class Live:
    """`running` listens and draws while the block lasts; `board` is the page's inner part as it is now.

    `health`: once the process drains, every stream ends with the next drawing, so that nobody holds up its end.
    """

    def __init__(self, office: Office, pages: Pages, *, health: Health, consumers: Sequence[str] = ()) -> None:
        self.hub = FleetHub(channels=_SHOP_CHANNELS)
        self._health = health
        self._is_over = False
        self.viewers = 0
        self._pages = pages
        self._office = office
        self._consumers = consumers
        self._bus: Bus | None = None
        self._frame = b""
        self._drawn_at = float("-inf")
        self._looked_at = float("-inf")
        self._next = asyncio.Event()
        self._figures = {
            "minutes": _Figure("orders", 2.0, self._ask_minutes),
            "rhythm": _Figure("expectation", 600.0, self._ask_rhythm),
            "gateways": _Figure("gateways", 2.0, self._ask_gateways),
            "stock_outs": _Figure("stock-outs", 30.0, self._ask_stock_outs),
            "lags": _Figure("events", 5.0, self._ask_lags),
        }

    @asynccontextmanager
    async def running(self, bus: Bus) -> AsyncIterator[None]:
        """Listen and draw while the block lasts."""
        self._bus = bus
        tasks = [asyncio.create_task(self._listen(bus)), asyncio.create_task(self._draw_on())]
        try:
            yield
        finally:
            self._is_over = True
            self._tell()
            await stopped(tasks)

    async def board(self) -> bytes:
        """Return the newest drawing; after a pause, a new one as soon as the figures have been asked for."""
        self._looked_at = time.monotonic()
        if time.monotonic() - self._drawn_at > _FRESH_FOR_S:
            await self._refresh(wait_s=_PATIENCE_S)
            self._draw()
        return self._frame

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Yield every new drawing until the process leaves; who is slow misses some. `TooManyViewers`."""
        if self.viewers >= MOST_VIEWERS:
            msg = f"{MOST_VIEWERS} screens show this page already."
            raise TooManyViewers(msg, retry_after_s=30)
        self.viewers += 1
        try:
            yield await self.board()
            while not self._is_leaving():
                self._looked_at = time.monotonic()
                await self._next.wait()
                yield self._frame
        finally:
            self.viewers -= 1

    def _is_leaving(self) -> bool:
        return self._is_over or self._health.draining

    def now(self) -> Board:
        """Return everything that is known."""
        known = {name: figure.value for name, figure in self._figures.items()}
        problems = tuple(f"{figure.name}: {figure.problem}" for figure in self._figures.values() if figure.problem)
        at = datetime.now(UTC)  # shown as the time of the data, nothing is decided by it
        return board_of(self.hub.view(), Known(**known, problems=problems), at)  # type: ignore[arg-type]  # asked below

    async def _listen(self, bus: Bus) -> None:
        while True:
            try:
                async with bus.hearing(EVERYBODY, self.hub.take):
                    await asyncio.Event().wait()
            except Unavailable as error:
                log.debug("live.waits", error=error.detail)
            await asyncio.sleep(EVERY_S)

    async def _draw_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            if self.viewers or time.monotonic() - self._looked_at < _LOOKED_ON_FOR_S:
                await self._refresh(wait_s=0)
                self._draw()

    def _draw(self) -> None:
        self._frame = self._pages.html("office/live_board.html", {"board": self.now()})
        self._drawn_at = time.monotonic()
        self._tell()

    def _tell(self) -> None:
        before, self._next = self._next, asyncio.Event()
        before.set()

    async def _refresh(self, *, wait_s: float) -> None:
        """Begin to ask for what is due; wait at most `wait_s` seconds for the answers."""
        now = time.monotonic()
        for figure in self._figures.values():
            is_running = figure.task is not None and not figure.task.done()
            if not is_running and now - figure.asked_at >= figure.every_s:
                figure.asked_at = now
                figure.task = asyncio.create_task(figure.read())
        running = [figure.task for figure in self._figures.values() if figure.task and not figure.task.done()]
        if running and wait_s:
            await asyncio.wait(running, timeout=wait_s)

    async def _ask_minutes(self) -> object:
        return await self._office.insight.order_minutes(caller=_CALLER, minutes=MINUTES)

    async def _ask_rhythm(self) -> object:
        as_of = self._office.as_of or datetime.now(UTC).date()
        return await self._office.orders.rhythm(caller=_CALLER, as_of=as_of)

    async def _ask_gateways(self) -> object:
        return await self._office.payments.gateways(caller=_CALLER)

    async def _ask_stock_outs(self) -> object:
        return await self._office.inventory.stock_outs(caller=_CALLER)

    async def _ask_lags(self) -> object:
        bus = self._bus
        return {} if bus is None else {name: await bus.consumer_lag(name) for name in self._consumers}
