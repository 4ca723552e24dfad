"""One visitor, as a generator: yields what is to be sent or waited, gets answers, counts what came of it.

Nothing here knows Locust, threads or clocks: a worker drives a thousand of them, a test drives one by hand.
"""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

import msgspec

from springtide.rehearsal.load.baskets import Shopper
from springtide.rehearsal.load.plan import Place, Plan
from springtide.rehearsal.load.scenario import WRITES
from springtide.rehearsal.load.tally import Tally
from springtide.rehearsal.load.traffic import Traffic, Weighted, drawn, traffic_of

_TOO_MANY = 429
_SERVER_ERRORS = 500
_AGAIN = frozenset({202, 429, 502, 503, 504})
NO_ANSWER = 0
_PAGE_MIX = Weighted({"product": 0.6, "category": 0.25, "search": 0.15})
"""The source counts lists and products together: how they are mixed is our assumption."""
_ENTRY_MIX = Weighted({"home": 0.4, "category": 0.2, "product": 0.4})
"""Where visitors come in: our assumption, as no source of ours tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A request to send now. `url`: "" for the shop, or another address (the gateway's page)."""

    kind: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds to let pass."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back. `status` 0: no answer. `began_s`, `ended_s`: on one clock, began being when it was due."""

    status: int
    body: bytes
    began_s: float
    ended_s: float
    retry_after_s: float = 0.0

    @property
    def is_failure(self) -> bool:
        """Tell whether nobody answered, or only with the server's own trouble or no room."""
        return self.status == NO_ANSWER or self.status >= _SERVER_ERRORS or self.status == _TOO_MANY


Steps = Generator[Send | Wait, Reply | None, None]
Asked = Generator[Send | Wait, Reply | None, Reply]


class Company:
    """What all visitors of a worker share: the plan, what can be drawn, and the tally."""

    def __init__(self, plan: Plan, tally: Tally, *, began_s: float, allowed: Collection[str] = ()) -> None:
        self.plan = plan
        self.allowed = allowed
        self.scenario = plan.scenario
        self.tally = tally
        self.began_s = began_s
        self.traffic: Traffic = traffic_of(self.scenario.traffic)
        self.tries = self.traffic.tries if self.scenario.tries is None else self.scenario.tries
        there = {place.market for place in plan.places}
        self.markets = Weighted({key: weight for key, weight in self.scenario.markets.items() if key in there})
        self.places = {market: [place for place in plan.places if place.market == market] for market in there}
        self.languages = {market: Weighted(self._spoken(market)) for market in there}
        self.goods = {
            place.prefix: Weighted(dict(zip(place.skus, place.weights, strict=True))) for place in plan.places
        }
        self.slugs = {place.prefix: dict(zip(place.skus, place.slugs, strict=True)) for place in plan.places}
        wanted = self.scenario.baskets
        self.shoppers = {
            place.prefix: Shopper(
                plan.lines,
                plan.units,
                most_lines=wanted.most_lines,
                most_units=wanted.most_units,
                hot=place.skus[: wanted.hot_top] if wanted.hot_share else (),
            )
            for place in plan.places
        }

    def _spoken(self, market: str) -> dict[str, float]:
        weights = self.scenario.languages.get(market, {})
        return {place.language: weights.get(place.language, 1.0) for place in self.places[market]}

    def place(self, random: Random) -> Place:
        """Return where a visitor comes from."""
        market = self.markets.draw(random)
        language = self.languages[market].draw(random)
        return next(place for place in self.places[market] if place.language == language)

    def note(self, kind: str, first: Reply, last: Reply) -> None:
        """Count a request that has ended, from when its first try was due to the end of its last."""
        ms = (last.ended_s - first.began_s) * 1000
        counts = self.tally.kind(kind)
        counts.times.add(ms)
        second = self.tally.at(int(last.ended_s - self.began_s))
        if last.is_failure:
            name = "no answer" if last.status == NO_ANSWER else f"{last.status} {code_of(last)}".strip()
            counts.errors[name] = counts.errors.get(name, 0) + 1
            second.errors += 1
        if kind in WRITES:
            second.writes.add(ms)
        elif kind != "bank":
            second.pages.add(ms)


class Visitor:
    """Somebody who looks around; `buying.Buyer` goes on from there."""

    def __init__(self, company: Company, random: Random) -> None:
        self.company = company
        self.random = random
        self.place = company.place(random)

    def looking(self) -> Generator[Send | Wait, Reply | None, bool]:
        """Enter, and look at pages for as long as visitors do. Returns False for who leaves after one page."""
        traffic, scenario = self.company.traffic, self.company.scenario
        yield from self._page(_ENTRY_MIX.draw(self.random))
        if self.random.random() < traffic.bounce:
            self.company.tally.ended("left after one page")
            return False
        if self.random.random() < traffic.info:
            yield from self.thinking()
            yield from self._page("info")
        for _ in range(min(int(drawn(traffic.pages, self.random)), scenario.most_pages)):
            yield from self.thinking()
            yield from self._page(_PAGE_MIX.draw(self.random))
        return True

    def thinking(self) -> Steps:
        """Read, as long as visitors do."""
        scenario = self.company.scenario
        seconds = drawn(self.company.traffic.seconds, self.random) * scenario.think_scale
        yield Wait(min(seconds, scenario.most_think_s))

    def _page(self, kind: str) -> Steps:
        path = self.place.prefix + self._address(kind)
        yield from self.asked(Send(kind=kind, method="GET", path=path, headers={}), patience_s=0)

    def _address(self, kind: str) -> str:
        if kind == "category" and self.place.categories:
            return f"/c/{quote(self.random.choice(self.place.categories))}"
        if kind == "search" and self.place.words:
            return f"/search?q={quote(self.random.choice(self.place.words))}"
        if kind == "product":
            sku = self.company.goods[self.place.prefix].draw(self.random)
            return f"/p/{quote(self.company.slugs[self.place.prefix][sku])}"
        return "/delivery" if kind == "info" else "/"

    def asked(self, send: Send, *, patience_s: float) -> Asked:
        """Send; when told to come back, do, with the same request, until patience ends. Counts it once."""
        first = reply = yield from _sent(send)
        while (reply.status in _AGAIN or reply.status == NO_ANSWER) and reply.ended_s - first.began_s < patience_s:
            self.company.tally.kind(send.kind).asked_again += 1
            yield Wait(max(0.2, reply.retry_after_s) * self.random.uniform(0.5, 1.5))
            reply = yield from _sent(send)
        self.company.note(send.kind, first, reply)
        return reply


def _sent(send: Send) -> Asked:
    reply = yield send
    if reply is None:
        msg = "a request was driven on without its answer"
        raise RuntimeError(msg)
    return reply


class _Problem(msgspec.Struct):
    code: str = ""


def code_of(reply: Reply) -> str:
    """Return the code of a refusal; empty when the body is no problem document."""
    try:
        return msgspec.json.decode(reply.body, type=_Problem).code
    except msgspec.DecodeError:
        return ""
