"""Batches against a model that decides one call after the other: the same answers, the same stock."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from springtide.contracts.inventory.api import AlreadyClaimed, HoldGone, NotEnoughStock, SkuUnknown, StockLevel
from springtide.platform.errors import Refusal
from springtide.platform.ids import uuid7
from tests.context.inventory.shop import Shop

OWNED = {"a": {"own": 7, "ext": 3}, "b": {"own": 5, "ext": 0}}
ANSWERED = "answered"
Lines = tuple[tuple[str, int], ...]


class Call(msgspec.Struct, frozen=True):
    """One call of a batch. `lines` are those of a hold."""

    verb: str
    checkout: int
    lines: Lines = ()


checkouts = st.integers(0, 3)
some_lines = st.lists(
    st.tuples(st.sampled_from(["a", "b", "b", "a", "none"]), st.integers(2, 7)), min_size=1, max_size=3
)
holds = st.builds(Call, st.just("hold"), checkouts, some_lines.map(tuple))
others = st.builds(Call, st.sampled_from(["claim", "extend", "release"]), checkouts)
# Before some batches all holds run out.
turns = st.lists(
    st.tuples(st.booleans(), st.lists(st.one_of(holds, holds, others), min_size=2, max_size=8)), min_size=2, max_size=6
)


@dataclass
class Model:
    """What each checkout was promised: units by SKU, and whether that is held, ran out or is claimed."""

    units: dict[int, Counter[str]] = field(default_factory=dict)
    state: dict[int, str] = field(default_factory=dict)

    def free(self, sku: str, but: int) -> int:
        promised = sum(
            units[sku] for checkout, units in self.units.items() if checkout != but and self.state[checkout] != "out"
        )
        return sum(OWNED[sku].values()) - promised

    def has_room(self, checkout: int, wanted: Counter[str]) -> bool:
        return all(units <= self.free(sku, checkout) for sku, units in wanted.items())

    def run_out(self) -> None:
        self.state = {checkout: "out" if state == "held" else state for checkout, state in self.state.items()}

    def answer(self, call: Call) -> object:
        """Decide one call and return what comes of it: an answer, or the class of its refusal."""
        return getattr(self, f"_{call.verb}")(call)

    def _hold(self, call: Call) -> object:
        wanted = Counter[str]()
        for sku, quantity in call.lines:
            wanted[sku] += quantity
        if self.state.get(call.checkout) == "claimed":
            return ANSWERED if wanted == self.units[call.checkout] else AlreadyClaimed
        if "none" in wanted:
            return SkuUnknown
        if not self.has_room(call.checkout, wanted):
            return NotEnoughStock
        self.units[call.checkout], self.state[call.checkout] = wanted, "held"
        return ANSWERED

    def _go_on(self, call: Call, state: str) -> object:
        known = self.units.get(call.checkout)
        if known is None or not self.has_room(call.checkout, known):
            return HoldGone
        if self.state[call.checkout] != "claimed":
            self.state[call.checkout] = state
        return ANSWERED

    def _claim(self, call: Call) -> object:
        return self._go_on(call, "claimed")

    def _extend(self, call: Call) -> object:
        return self._go_on(call, "held")

    def _release(self, call: Call) -> object:
        self.units.pop(call.checkout, None)
        self.state.pop(call.checkout, None)
        return ANSWERED


class Real:
    """The same calls through the contract, over SKUs and checkouts of its own."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ids = [uuid7() for _ in range(4)]
        self.skus = {sku: f"{sku}-{uuid7().hex}" for sku in ("a", "b", "none")}

    async def stock_up(self) -> None:
        await self.shop.stock_up(
            *(
                StockLevel(sku=self.skus[sku], location=location, quantity=quantity)
                for sku, owned in OWNED.items()
                for location, quantity in owned.items()
            )
        )

    async def batch(self, calls: list[Call]) -> list[object]:
        outcomes = await asyncio.gather(*map(self._call, calls), return_exceptions=True)
        unexpected = [one for one in outcomes if isinstance(one, BaseException) and not isinstance(one, Refusal)]
        assert unexpected == []
        return [type(one) if isinstance(one, Refusal) else ANSWERED for one in outcomes]

    def _call(self, call: Call) -> Coroutine[Any, Any, object]:
        checkout = self.ids[call.checkout]
        if call.verb == "hold":
            lines = [(self.skus[sku], quantity) for sku, quantity in call.lines]
            return self.shop.hold(*lines, checkout_id=checkout)
        return getattr(self.shop, call.verb)(checkout)  # type: ignore[no-any-return]  # by name: one of three verbs

    async def run_out(self) -> None:
        """Let all holds end, swept or not: by the database's own time."""
        past = (
            "update promise set expires_at = now() - interval '1 hour' where state = 'held' and checkout_id = any(%s)"
        )
        await self.shop.sql(past, self.ids)

    async def promised(self) -> dict[UUID, Counter[str]]:
        """Return what is held or claimed and has not run out, units by checkout and SKU."""
        rows = await self.shop.sql(
            "select checkout_id, line->>'sku', (line->>'quantity')::int from promise, jsonb_array_elements(lines) line"
            " where checkout_id = any(%s) and (state = 'claimed' or state = 'held' and expires_at > now())",
            self.ids,
        )
        found: dict[UUID, Counter[str]] = {}
        for checkout, sku, quantity in rows:
            found.setdefault(checkout, Counter())[sku] += quantity
        return found


async def play(shop: Shop, script: list[tuple[bool, list[Call]]]) -> None:
    real, model = Real(shop), Model()
    await real.stock_up()
    for runs_out, calls in script:
        if runs_out:
            await real.run_out()
            model.run_out()
        assert await real.batch(calls) == [model.answer(call) for call in calls]
        assert await real.promised() == {
            real.ids[checkout]: Counter({real.skus[sku]: quantity for sku, quantity in units.items()})
            for checkout, units in model.units.items()
            if model.state[checkout] != "out"
        }
    assert await shop.check() == []


@pytest.mark.usefixtures("parts")
async def test_batches_decide_like_single_calls(shop: Shop) -> None:
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # a failing run prints its script; shrinking it takes minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(turns)
    def judge(script: list[tuple[bool, list[Call]]]) -> None:
        asyncio.run_coroutine_threadsafe(play(shop, script), loop).result(timeout=30)

    await asyncio.to_thread(judge)
