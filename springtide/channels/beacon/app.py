"""POST /api/insight/events: at most 8 KB of events of a page of ours, answered 204 before anything is written anywhere.

Outside of the shop's own lanes and frameworks, so that it cannot take a place a buyer needs. Addresses of origin are
kept for a minute, in memory, to hold back whoever sends too much; they are stored nowhere.

Cookies: `statistics` says what the visitor chose ("yes" or "no"; the storefront's form sets it). Only with "yes" there
is `visit`: a made-up id of this day that ends half an hour after the last page.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie

import msgspec

from springtide.channels.beacon.buffer import Buffer
from springtide.channels.beacon.events import Body, Kind, Told, cleaned, device_of, is_bot, where
from springtide.channels.browse import Browse, Found
from springtide.channels.pages.same_origin import require_same_origin
from springtide.contracts.insight.api import Batch, Device, InsightApi, Step
from springtide.edge.asgi import Receive, Scope, Send
from springtide.edge.problems import send_problem
from springtide.platform.caching import PRIVATE_CONTROL
from springtide.platform.caller import system
from springtide.platform.errors import BadInput, Refusal, SpringtideError, Unavailable
from springtide.platform.http import MethodNotAllowed, TooLarge, forwarded_address
from springtide.platform.ids import uuid7
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import INSIGHT_EVENTS, logger
from springtide.platform.vitals import THIS, Vitals
from springtide.platform.wiring import Ask

log = logger(__name__)

PATH = "/api/insight/events"
STATISTICS = "statistics"
VISIT = "visit"
BODY_LIMIT_BYTES = 8 * 1024
FLUSH_EVERY_S = 2.0
MOST_A_MINUTE = 120
"""Beacons of one address of origin: an office full of people behind one address sends fewer."""
_MOST_ADDRESSES = 20_000
_MOST_A_SECOND = 500
_VISIT_IDLE_S = 30 * 60
_ID_DIGITS = 32
_CALLER = system("web")


class Beacon:
    """The ASGI application. `flush` sends what was added up; `beacon` does so while it runs."""

    def __init__(
        self,
        browse: Browse,
        insight: InsightApi,
        *,
        public_url: str,
        trusted_proxies: Sequence[str] = (),
        vitals: Vitals = THIS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),  # stamps and rotates; insight's database judges time
    ) -> None:
        self.buffer = Buffer()
        self._browse = browse
        self._insight = insight
        self._public_url = public_url
        self._trusted = tuple(trusted_proxies)
        self._vitals = vitals
        self._sales = vitals.sales()
        self._now = now
        self._pending: tuple[str, Batch] | None = None
        self._rates = _Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            if scope["method"] != "POST":
                msg = "This address takes POST."
                raise MethodNotAllowed(msg)
            require_same_origin(headers, self._public_url)
            body = _decoded(await _body(receive))
        except SpringtideError as error:
            await send_problem(send, error)
            return
        cookie = self._take(body, headers, str((scope.get("client") or ("",))[0]))
        raw = [(b"cache-control", PRIVATE_CONTROL), *([(b"set-cookie", cookie.encode())] if cookie else [])]
        await send({"type": "http.response.start", "status": 204, "headers": raw})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _take(self, body: Body, headers: Mapping[str, str], client: str) -> str:
        """Count the events; return the cookie to set, "" for none."""
        user_agent = headers.get("user-agent", "")
        outcome = "taken"
        if is_bot(user_agent):
            outcome = "bot"
        elif not self._rates.may(forwarded_address(client, headers.get("x-forwarded-for", ""), self._trusted)):
            outcome = "limited"
            self.buffer.dropped += len(body.events)
        INSIGHT_EVENTS.labels(outcome).inc(len(body.events))
        if outcome != "taken":
            return ""
        visit, cookie = self._visit(headers.get("cookie", ""))
        device = device_of(user_agent)
        for event in body.events:
            self._count(event, device, visit)
        return cookie

    def _visit(self, cookies: str) -> tuple[str, str]:
        """Return the visit's id and the cookie that keeps it; nothing of both without the visitor's yes."""
        found = _cookies(cookies)
        secure = "; Secure" if self._public_url.startswith("https:") else ""
        rest = f"; Path={PATH}; HttpOnly; SameSite=Lax{secure}"
        if found.get(STATISTICS) != "yes":
            return "", f"{VISIT}=; Max-Age=0{rest}" if VISIT in found else ""
        today = f"{self._now():%Y%m%d}"
        day, _, known = found.get(VISIT, "").partition(".")
        is_ours = day == today and len(known) == _ID_DIGITS and set(known) <= set("0123456789abcdef")
        visit = known if is_ours else secrets.token_hex(_ID_DIGITS // 2)
        return visit, f"{VISIT}={today}.{visit}; Max-Age={_VISIT_IDLE_S}{rest}"

    def _count(self, event: Told, device: Device, visit: str) -> None:
        page = where(event.path)
        language, _, market = page.place.partition("-")
        market = market.upper()
        if not self._browse.ready or market not in {known.key for known in self._browse.markets()}:
            return
        if event.kind is Kind.SEARCH:
            self.buffer.step(market, device, Step.SEARCH)
            words = cleaned(event.words)
            if words:
                self.buffer.search(market, words, found=event.results > 0)
            return
        name = self._known_name(page.kind, page.name, language)
        if name is None:
            return
        self.buffer.page(market, name)
        steps = _steps(event, page.kind)
        for step in steps & {Step.VISIT, Step.PRODUCT}:  # the rest is counted from facts
            self.buffer.step(market, device, step)
        if visit:
            self.buffer.visit(visit, market, device, steps)
            if event.thanks and page.order_id is not None:
                self.buffer.order(page.order_id, visit)

    def _known_name(self, kind: str, name: str, language: str) -> str | None:
        """Return what a page is counted as; None for a product or category that the catalogue does not have."""
        if kind == "product":
            return f"product/{name}" if isinstance(self._browse.product_by_slug(language, name), Found) else None
        if kind == "category":
            return f"category/{name}" if isinstance(self._browse.category_by_slug(language, name), Found) else None
        return kind

    async def flush(self) -> None:
        """Send what was added up. Insight away: the same batch again next time, under the same key."""
        sales = self._vitals.sales()
        self.buffer.answers(self._now(), good=sales.good - self._sales.good, bad=sales.bad - self._sales.bad)
        self._sales = sales
        if self._pending is None:
            batch = self.buffer.batch()
            if batch is None:
                return
            self._pending, self.buffer = (str(uuid7()), batch), Buffer()
        key, batch = self._pending
        try:
            await self._insight.record(caller=_CALLER, key=key, batch=batch)
        except Unavailable as error:
            log.debug("beacon.waits", error=error.detail)
            return
        except Refusal as error:
            log.error("beacon.refused", code=error.code, detail=error.detail)  # noqa: TRY400 - a trace would say no more
        self._pending = None


class _Rates:
    """How much this minute and this second have brought. A crowd of addresses is held back as a whole."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = self._second = 0
        self._by_address: dict[str, int] = {}
        self._this_second = 0

    def may(self, address: str) -> bool:
        """Count one beacon; tell whether it is taken."""
        now = self._clock()
        if int(now) != self._second:
            self._second, self._this_second = int(now), 0
        if int(now // 60) != self._minute:
            self._minute, self._by_address = int(now // 60), {}
        self._this_second += 1
        known = self._by_address.get(address, 0) + 1
        if known == 1 and len(self._by_address) >= _MOST_ADDRESSES:
            return False
        self._by_address[address] = known
        return known <= MOST_A_MINUTE and self._this_second <= _MOST_A_SECOND


@asynccontextmanager
async def beacon(
    browse: Browse, ask: Ask, *, public_url: str, trusted_proxies: Sequence[str] = ()
) -> AsyncIterator[Beacon]:
    """Give the application; send what it adds up every two seconds, and once more at the end."""
    app = Beacon(browse, ask(InsightApi), public_url=public_url, trusted_proxies=trusted_proxies)
    flushing = asyncio.create_task(_flush_on(app))
    try:
        yield app
    finally:
        await stopped([flushing])
        await app.flush()


async def _flush_on(app: Beacon) -> None:
    while True:
        await asyncio.sleep(FLUSH_EVERY_S)
        try:
            await app.flush()
        except Exception:
            log.exception("beacon.failed")


def _steps(event: Told, kind: str) -> frozenset[Step]:
    steps = {Step.VISIT} if event.entry else set()
    if kind == "product":
        steps.add(Step.PRODUCT)
    elif kind == "cart" and event.filled:
        steps.add(Step.CART)
    elif kind == "checkout":
        steps.add(Step.CHECKOUT)
    elif kind == "order" and event.thanks:
        steps.add(Step.ORDER)
    return frozenset(steps)


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > BODY_LIMIT_BYTES:
            msg = "The body is larger than this address accepts."
            raise TooLarge(msg, limit_bytes=BODY_LIMIT_BYTES)
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return body


def _decoded(body: bytes) -> Body:
    try:
        return msgspec.json.decode(body, type=Body)
    except msgspec.DecodeError as error:
        raise BadInput(str(error)) from error


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
