"""Limited vouchers: never over the limit, under concurrency, repeats, expiry and undo."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from springtide.contracts.pricing.api import InvalidPrice, VoucherHold, VoucherHoldGone, VoucherRefused
from springtide.platform.errors import Refusal
from springtide.platform.ids import uuid7
from tests.context.pricing.shop import DAY, US, SetClock, Shop, now


async def test_hold_claim_and_release(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    await shop.voucher("TEN", 1)
    checkout = uuid7()
    held = await shop.hold(checkout, " ten ")
    assert (held.codes, held.expires_at is not None) == (("TEN",), True)
    assert await shop.counts("TEN") == (0, 1)
    assert await shop.claim(checkout) == VoucherHold(checkout_id=checkout, codes=("TEN",), expires_at=None)
    assert await shop.counts("TEN") == (1, 0)
    await shop.release(checkout)
    await shop.release(checkout)
    assert await shop.counts("TEN") == (0, 0)
    assert (await shop.claim(checkout)).codes == ()
    await shop.assert_clean()


async def test_a_repeat_under_the_same_key_gives_the_same_answer(shop: Shop) -> None:
    await shop.voucher("TEN", 1)
    checkout = uuid7()
    first = await shop.hold(checkout, "TEN", key="hold-once-only")
    assert await shop.hold(checkout, "TEN", key="hold-once-only") == first
    again = await shop.hold(checkout, "TEN", expires_after_s=900)
    assert again.expires_at is not None
    assert first.expires_at is not None
    assert again.expires_at > first.expires_at
    assert await shop.counts("TEN") == (0, 1)


async def test_used_up_codes_are_refused_and_quoted_as_such(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    await shop.voucher("TEN", 1)
    one, other = uuid7(), uuid7()
    await shop.hold(one, "TEN")
    with pytest.raises(VoucherRefused) as refused:
        await shop.hold(other, "TEN")
    assert refused.value.facts == {"code": "TEN", "why": "used_up"}
    quote = await shop.quote(("MUG", 1), vouchers=("TEN",))
    assert [(v.code, v.why, v.limited) for v in quote.vouchers] == [("TEN", "", True)]
    await shop.claim(one)
    await shop.loop("refresh_books")
    quote = await shop.quote(("MUG", 1), vouchers=("TEN",))
    assert [(v.why, quote.total_minor) for v in quote.vouchers] == [("used_up", 1000)]
    await shop.release(one)
    await shop.loop("refresh_books")
    assert (await shop.quote(("MUG", 1), vouchers=("TEN",))).total_minor == 900


async def test_holding_is_all_or_none(shop: Shop) -> None:
    await shop.voucher("GOOD", 5)
    await shop.voucher("GONE", 0)
    checkout = uuid7()
    with pytest.raises(VoucherRefused):
        await shop.hold(checkout, "GOOD", "GONE")
    assert await shop.counts("GOOD") == (0, 0)
    await shop.hold(checkout, "GOOD")
    with pytest.raises(VoucherRefused):
        await shop.hold(checkout, "GOOD", "NEVER")
    assert await shop.counts("GOOD") == (0, 1)


async def test_codes_that_are_not_asked_for_again_are_given_back(shop: Shop) -> None:
    await shop.voucher("A", 1)
    await shop.voucher("B", 1)
    checkout = uuid7()
    await shop.hold(checkout, "A")
    await shop.hold(checkout, "B")
    assert (await shop.counts("A"), await shop.counts("B")) == ((0, 0), (0, 1))
    assert (await shop.claim(checkout)).codes == ("B",)


async def test_a_hold_runs_out_by_the_databases_time(shop: Shop, set_clock: SetClock) -> None:
    await shop.voucher("TEN", 1)
    one, other = uuid7(), uuid7()
    await shop.hold(one, "TEN", expires_after_s=60)
    await set_clock(shop.node, 120)
    await shop.hold(other, "TEN")
    with pytest.raises(VoucherHoldGone) as refused:
        await shop.claim(one)
    assert refused.value.facts == {"code": "TEN"}
    await shop.release(other)
    assert (await shop.claim(one)).codes == ("TEN",)
    await shop.assert_clean()


async def test_codes_have_their_time(shop: Shop) -> None:
    await shop.voucher("EARLY", 1, starts_at=now() + DAY)
    await shop.voucher("LATE", 1, ends_at=now() - DAY)
    for code, why in (("EARLY", "not_started"), ("LATE", "expired"), ("NEVER", "unknown")):
        with pytest.raises(VoucherRefused) as refused:
            await shop.hold(uuid7(), code)
        assert refused.value.facts == {"code": code, "why": why}


async def test_a_limit_cannot_fall_below_what_is_used(shop: Shop) -> None:
    await shop.voucher("TEN", 2)
    checkout = uuid7()
    await shop.hold(checkout, "TEN")
    await shop.claim(checkout)
    with pytest.raises(InvalidPrice) as refused:
        await shop.voucher("TEN", 0)
    assert refused.value.facts == {"field": "limit", "used": 1}
    assert (await shop.voucher("ten", 1)).used == 1


async def test_never_over_the_limit_with_many_at_once(shop: Shop) -> None:
    await shop.voucher("DROP", 10)
    await shop.voucher("OTHER", 100)

    async def buyer(number: int) -> str:
        checkout = uuid7()
        codes = ("DROP", "OTHER") if number % 2 else ("OTHER", "DROP")
        try:
            await shop.hold(checkout, *codes)
        except VoucherRefused as refusal:
            return "{code} {why}".format(**refusal.facts)
        await asyncio.gather(shop.claim(checkout), shop.claim(checkout))
        return "has it"

    outcomes = Counter(await asyncio.gather(*(buyer(number) for number in range(60))))
    assert outcomes == {"has it": 10, "DROP used_up": 50}
    assert await shop.counts("DROP") == (10, 0)
    assert await shop.counts("OTHER") == (10, 0)
    await shop.assert_clean()


class VoucherModel(RuleBasedStateMachine):
    """Two limited codes, four checkouts and a clock, beside the simplest model that can be right."""

    shop: Shop
    loop: asyncio.AbstractEventLoop
    set_clock: SetClock
    # Time only goes forward, also from one example to the next: a hold that ran out never comes back.
    elapsed_s = 0.0

    LIMITS = (("ONE", 1), ("TWO", 2))

    @initialize()
    def start(self) -> None:
        self.codes = {f"{code}{uuid7().hex[-12:]}".upper(): limit for code, limit in self.LIMITS}
        self.checkouts = [uuid7() for _ in range(4)]
        self.states: dict[tuple[UUID, str], float | None] = {}  # None: claimed; else runs out at
        for code, limit in self.codes.items():
            self.run(self.shop.voucher(code, limit))

    def run(self, work: object) -> object:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=20)  # type: ignore[arg-type]

    def taken(self, code: str, besides: UUID) -> int:
        return sum(
            until is None or until > self.elapsed_s
            for (checkout, held), until in self.states.items()
            if held == code and checkout != besides
        )

    def promised(self, checkout: UUID, code: str) -> bool:
        until = self.states.get((checkout, code), -1.0)
        return until is None or until > self.elapsed_s

    @rule(who=st.integers(0, 3), which=st.sets(st.integers(0, 1), min_size=1))
    def hold(self, who: int, which: set[int]) -> None:
        checkout, codes = self.checkouts[who], [list(self.codes)[number] for number in sorted(which)]
        is_possible = all(
            self.promised(checkout, code) or self.taken(code, checkout) < self.codes[code] for code in codes
        )
        assert self.accepted(self.shop.hold(checkout, *codes, expires_after_s=600)) == is_possible
        if is_possible:
            for code in self.codes:
                key = (checkout, code)
                if code in codes and self.states.get(key, 0.0) is not None:
                    self.states[key] = self.elapsed_s + 600
                elif code not in codes and self.states.get(key, None) is not None:
                    del self.states[key]

    @rule(who=st.integers(0, 3))
    def claim(self, who: int) -> None:
        checkout = self.checkouts[who]
        held = [code for (owner, code), until in self.states.items() if owner == checkout and until is not None]
        is_possible = all(
            self.promised(checkout, code) or self.taken(code, checkout) < self.codes[code] for code in held
        )
        assert self.accepted(self.shop.claim(checkout)) == is_possible
        if is_possible:
            self.states.update({(checkout, code): None for code in held})

    @rule(who=st.integers(0, 3))
    def release(self, who: int) -> None:
        checkout = self.checkouts[who]
        assert self.accepted(self.shop.release(checkout))
        self.states = {key: until for key, until in self.states.items() if key[0] != checkout}

    @rule(minutes=st.sampled_from([5, 11]))
    def wait(self, minutes: int) -> None:
        VoucherModel.elapsed_s += minutes * 60
        self.run(self.set_clock(self.shop.node, self.elapsed_s))

    def accepted(self, work: object) -> bool:
        try:
            self.run(work)
        except Refusal:
            return False
        return True

    def teardown(self) -> None:
        if not hasattr(self, "codes"):
            return
        for code, limit in self.codes.items():
            used = sum(until is None for (_, held), until in self.states.items() if held == code)
            assert used <= limit
            assert self.run(self.used(code)) == used
        self.run(self.shop.assert_clean())

    async def used(self, code: str) -> int:
        page = await self.shop.api.list_vouchers(caller=US, limit=200)
        (found,) = [voucher for voucher in page.items if voucher.code == code]
        return found.used


async def test_vouchers_behave_as_the_model_says(shop: Shop, set_clock: SetClock) -> None:
    VoucherModel.elapsed_s = 0.0
    VoucherModel.shop, VoucherModel.loop = shop, asyncio.get_running_loop()
    VoucherModel.set_clock = staticmethod(set_clock)
    limits = settings(
        max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    await asyncio.to_thread(run_state_machine_as_test, VoucherModel, settings=limits)
