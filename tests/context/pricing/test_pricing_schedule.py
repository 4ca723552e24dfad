"""Whatever is scheduled, and whenever anybody looks: the history has every change once, at its moment."""

import asyncio
from datetime import datetime, timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from springtide.contracts.pricing.api import PriceChange
from springtide.platform.ids import uuid7
from tests.context.pricing.shop import HOUR, US, SetClock, Shop, now

BASE_MINOR = 1000
# (hours to wait first, look at the schedule then?, start in hours, length in hours, price)
STEPS = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.integers(1, 12), st.integers(1, 6), st.integers(1, 9)),
    min_size=1,
    max_size=6,
)


class Scheduled:
    """The simplest thing that can be right: of the open windows the one that began last, of those the lowest price."""

    def __init__(self) -> None:
        self.windows: list[tuple[datetime, datetime, int]] = []

    def value(self, at: datetime) -> int:
        opened = [(start, -amount) for start, end, amount in self.windows if start <= at < end]
        return -max(opened)[1] if opened else BASE_MINOR

    def changes(self) -> list[tuple[datetime, int]]:
        found: list[tuple[datetime, int]] = []
        last = BASE_MINOR
        for moment in sorted({edge for start, end, _ in self.windows for edge in (start, end)}):
            if self.value(moment) != last:
                last = self.value(moment)
                found.append((moment, last))
        return found


async def test_the_history_has_every_change_once_at_its_moment(shop: Shop, set_clock: SetClock) -> None:
    loop = asyncio.get_running_loop()
    elapsed = timedelta()

    async def play(steps: list[tuple[int, bool, int, int, int]]) -> None:
        nonlocal elapsed
        sku, model = uuid7().hex, Scheduled()
        await shop.price(sku, BASE_MINOR)
        for wait_h, is_looked_at, start_h, length_h, amount in steps:
            elapsed += wait_h * HOUR
            await set_clock(shop.node, elapsed.total_seconds())
            if is_looked_at:
                await shop.loop("settle_scheduled")
            start = now() + elapsed + start_h * HOUR
            end = start + length_h * HOUR
            await shop.price(sku, amount, valid_from=start, valid_to=end)
            model.windows.append((start, end, amount))
        elapsed += 30 * HOUR
        await set_clock(shop.node, elapsed.total_seconds())
        await shop.loop("settle_scheduled")
        rows = await shop.api.price_history(caller=US, market="GB", sku=sku)
        assert [(row.at, row.amount_minor) for row in reversed(rows)][1:] == model.changes()
        await shop.loop("refresh_books")
        assert (await shop.quote((sku, 1))).total_minor == BASE_MINOR

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(STEPS)
    def property_holds(steps: list[tuple[int, bool, int, int, int]]) -> None:
        asyncio.run_coroutine_threadsafe(play(steps), loop).result(timeout=30)

    await asyncio.to_thread(property_holds)
    await shop.assert_clean()


async def test_a_start_that_another_writer_has_already_settled_past_is_not_lost(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    async with await psycopg.AsyncConnection.connect(shop.node.settings.database_url, autocommit=True) as connection:
        # As if another transaction, with a clock read a little later, had settled the market and committed first.
        await connection.execute("update pricing.market set settled_until = clock_timestamp() + interval '1 hour'")
    await shop.price("MUG", 900, valid_from=now() + timedelta(minutes=30))
    assert await shop.history("MUG") == [(1000, 1000), (900, 900)]
    await shop.assert_clean()


async def test_writers_of_every_kind_never_wait_for_each_other_in_a_circle(shop: Shop) -> None:
    await shop.price("MUG", 1000)
    await shop.price("MUG", 1000, at="NL")
    await shop.voucher("A", 5)
    await shop.voucher("B", 5)

    async def prices(number: int) -> None:
        order = ("GB", "NL") if number % 2 else ("NL", "GB")
        changes = tuple(PriceChange(market=key, sku=f"S{number % 3}", amount_minor=100 + number) for key in order)
        await shop.api.set_prices(caller=US, key=uuid7().hex, changes=changes)

    async def voucher(number: int) -> None:
        checkout = uuid7()
        await shop.hold(checkout, *(("A", "B") if number % 2 else ("B", "A")))
        await shop.claim(checkout)
        if number % 2:
            await shop.release(checkout)

    await asyncio.gather(
        *(prices(number) for number in range(12)),
        *(voucher(number) for number in range(5)),
        *(shop.promote(f"sale{number}", conditions={"skus": ("MUG",)}) for number in range(3)),
        *(shop.open() for _ in range(3)),
        *(shop.voucher(code, 6) for code in ("A", "B")),
        *(shop.loop(name) for name in ("settle_scheduled", "refresh_books", "drop_old_holds")),
    )
    assert (await shop.quote(("MUG", 1))).total_minor == 729
    await shop.assert_clean()
