"""Differences of stock become rows that people see and resolve; what is under way does not."""

from uuid import UUID

import pytest

from springtide.bootstrap import Node
from springtide.contracts.common import Difference, DifferenceState, Page, Quantity
from springtide.contracts.inventory.api import StockLevel
from springtide.contracts.orders.api import OrderMoney, OrdersApi
from springtide.platform.caller import Caller, Kind
from springtide.platform.difference_entry import DifferenceNotOpen, DifferenceUnknown, InvalidDifference
from springtide.platform.differences import OPEN_DIFFERENCES
from springtide.platform.errors import Forbidden, Unavailable
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.inventory.shop import SetClock, Shop

HOUR_S = 3600.0
PERSON = Caller(actor="0190aaaa", kind=Kind.STAFF, scopes=frozenset({"inventory.write"}))
STOCK, ORDERS = "compare_stock", "compare_orders"


class FakeOrders:
    """Orders as its contract lists them, in pages of at most two."""

    def __init__(self) -> None:
        self.unshipped: dict[UUID, tuple[Quantity, ...]] = {}
        self.is_away = False
        self.most = 2

    async def money(self, *, caller: Caller, after: str | None = None, limit: int = 1_000) -> Page[OrderMoney]:
        if self.is_away:
            msg = "orders is away"
            raise Unavailable(msg)
        ids = sorted(order_id for order_id in self.unshipped if after is None or order_id > UUID(after))
        shown = ids[: min(limit, self.most)]
        cursor = str(shown[-1]) if len(shown) < len(ids) else None
        return Page(items=tuple(self._row(order_id) for order_id in shown), after=cursor)

    def _row(self, order_id: UUID) -> OrderMoney:
        sums = dict.fromkeys(
            ("total_minor", "adjusted_minor", "authorised_minor", "captured_minor", "refunded_minor"), 0
        )
        lines = self.unshipped[order_id]
        return OrderMoney(order_id=order_id, number="1", currency="EUR", unshipped=lines, attempt_id=None, **sums)


class Desk:
    """The shop, its orders, and the loops turned by hand at a time of our choosing."""

    def __init__(self, shop: Shop, orders: FakeOrders, set_clock: SetClock) -> None:
        self.shop, self.orders, self._set_clock = shop, orders, set_clock
        self._hours = 0

    async def sell(self, sku: str = "jar", quantity: int = 2) -> UUID:
        hold = await self.shop.hold((sku, quantity), expires_after_s=86_400)
        await self.shop.claim(hold.checkout_id)
        self.orders.unshipped[hold.checkout_id] = (Quantity(sku=sku, quantity=quantity),)
        return hold.checkout_id

    async def an_hour_later(self, *loops: str) -> None:
        self._hours += 1
        await self._set_clock(self.shop.node, self._hours * HOUR_S)
        for loop in loops:
            await self.shop.run_loop(loop)

    async def rows(self, state: DifferenceState | None = None) -> list[Difference]:
        return list((await self.shop.api.list_differences(caller=self.shop.caller, state=state)).items)

    async def seen(self) -> list[tuple[str, str, str]]:
        return [(row.rule, row.subject, str(row.state)) for row in await self.rows()]

    async def resolve(self, row: Difference, note: str = "counted again", key: str = "") -> Difference:
        return await self.shop.api.resolve_difference(
            caller=PERSON, key=key or new_key(), difference_id=row.id, note=note
        )


@pytest.fixture
async def desk(node_with: NodeWith, set_clock: SetClock) -> Desk:
    orders = FakeOrders()
    node: Node = await node_with("inventory", fakes={OrdersApi: orders})
    shop = Shop(node)
    await shop.open(
        StockLevel(sku="jar", location="own", quantity=50), StockLevel(sku="mug", location="own", quantity=9)
    )
    return Desk(shop, orders, set_clock)


async def test_an_ordinary_day_leaves_no_rows(desk: Desk) -> None:
    for _ in range(5):
        await desk.sell()
    await desk.shop.hold(("mug", 2))
    for _ in range(4):
        await desk.an_hour_later(STOCK, ORDERS)
    assert await desk.rows() == []
    assert await desk.shop.sql("select * from suspicion") == []


async def test_a_planted_difference_is_a_row_until_it_is_gone_and_comes_back_anew(desk: Desk) -> None:
    await desk.shop.sql("update stock set on_hand = on_hand + 1 where sku = 'mug'")
    await desk.an_hour_later(STOCK)
    (row,) = await desk.rows()
    assert (row.rule, row.subject) == ("on_hand_is_ledger_sum", "mug @ own")
    assert row.detail == "on hand 10, ledger 9"
    assert OPEN_DIFFERENCES.labels("inventory")._value.get() == 1
    await desk.an_hour_later(STOCK)
    (again,) = await desk.rows()
    assert (again.id, again.first_seen) == (row.id, row.first_seen)
    assert again.last_seen > row.last_seen
    await desk.shop.sql("update stock set on_hand = on_hand - 1 where sku = 'mug'")
    await desk.an_hour_later(STOCK)
    assert [row.state for row in await desk.rows()] == [DifferenceState.GONE]
    assert await desk.rows(DifferenceState.OPEN) == []
    assert OPEN_DIFFERENCES.labels("inventory")._value.get() == 0
    await desk.shop.sql("update stock set on_hand = on_hand + 1 where sku = 'mug'")
    await desk.an_hour_later(STOCK)
    (back,) = await desk.rows()
    assert (back.id, back.state) == (row.id, DifferenceState.OPEN)
    assert back.first_seen > again.last_seen


async def test_rules_about_promises_become_rows_too(desk: Desk) -> None:
    await desk.shop.sql("update stock set claimed = 3 where sku = 'jar'")
    await desk.an_hour_later(STOCK)
    assert await desk.seen() == [("claimed_is_sum_of_claims", "jar @ own", "open")]


async def test_resolving_is_a_persons_once_and_audited(desk: Desk) -> None:
    await desk.shop.sql("update stock set on_hand = on_hand + 1 where sku = 'mug'")
    await desk.an_hour_later(STOCK)
    (row,) = await desk.rows()
    resolved = await desk.resolve(row, key="resolve-it")
    assert (resolved.state, resolved.resolved_by, resolved.note) == ("resolved", "staff:0190aaaa", "counted again")
    assert await desk.resolve(row, key="resolve-it") == resolved
    assert await desk.shop.sql(
        "select action, actor, aggregate_id from audit where action = 'difference_resolved'"
    ) == [("difference_resolved", "staff:0190aaaa", str(row.id))]
    with pytest.raises(DifferenceNotOpen):
        await desk.resolve(row)
    await desk.an_hour_later(STOCK)
    assert await desk.seen() == [("on_hand_is_ledger_sum", "mug @ own", "resolved")]
    await desk.shop.sql("update stock set on_hand = on_hand + 1 where sku = 'mug'")
    await desk.an_hour_later(STOCK)
    (opened,) = await desk.rows()
    assert (opened.state, opened.resolved_by, opened.detail) == ("open", "", "on hand 11, ledger 9")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"caller": Caller(actor="a", kind=Kind.STAFF, scopes=frozenset({"inventory.read"}))}, Forbidden),
        ({"caller": Caller(actor="b", kind=Kind.SYSTEM, scopes=frozenset({"*"}))}, Forbidden),
        ({"note": "  "}, InvalidDifference),
        ({"note": "x" * 501}, InvalidDifference),
        ({"note": "two\nlines"}, InvalidDifference),
        ({"difference_id": uuid7()}, DifferenceUnknown),
    ],
)
async def test_a_refused_resolving_changes_nothing(
    desk: Desk, change: dict[str, object], refusal: type[Exception]
) -> None:
    await desk.shop.sql("update stock set on_hand = on_hand + 1 where sku = 'mug'")
    await desk.an_hour_later(STOCK)
    (row,) = await desk.rows()
    wanted = {"caller": PERSON, "key": new_key(), "difference_id": row.id, "note": "counted", **change}
    with pytest.raises(refusal):
        await desk.shop.api.resolve_difference(**wanted)  # type: ignore[arg-type]  # what the test changes
    assert await desk.rows() == [row]
    assert await desk.shop.sql("select 1 from audit where action = 'difference_resolved'") == []


async def test_an_order_without_its_units_is_found_by_both_walks(desk: Desk) -> None:
    sold = [await desk.sell() for _ in range(5)]
    await desk.shop.sql("delete from promise where checkout_id = %s", sold[3])
    desk.orders.unshipped.pop(sold[1])
    await _turns(desk, 4)
    assert sorted(await desk.seen()) == sorted(
        [("orders_to_ship_are_promised", str(sold[3]), "open"), ("promised_without_order", str(sold[1]), "open")]
    )
    details = {row.subject: row.detail for row in await desk.rows()}
    assert details[str(sold[3])] == "to ship 2 jar, promised nothing"
    assert details[str(sold[1])] == "promised 2 jar, no such order"
    desk.orders.unshipped[sold[3]] = ()
    await desk.shop.release(sold[1])
    await _turns(desk, 1)
    assert {state for _, _, state in await desk.seen()} == {"gone"}


async def test_what_is_under_way_is_suspected_only(desk: Desk) -> None:
    sold = await desk.sell()
    lines = desk.orders.unshipped.pop(sold)
    await desk.an_hour_later(ORDERS)
    assert await desk.rows() == []
    assert await desk.shop.sql("select rule, subject from suspicion") == [("promised_without_order", str(sold))]
    desk.orders.unshipped[sold] = lines
    await desk.an_hour_later(ORDERS)
    assert await desk.rows() == []
    assert await desk.shop.sql("select * from suspicion") == []


async def test_something_that_keeps_moving_is_no_difference_yet(desk: Desk) -> None:
    sold = await desk.sell("jar", 9)
    for shipped in range(1, 4):
        desk.orders.unshipped[sold] = (Quantity(sku="jar", quantity=9 - shipped),)
        await desk.an_hour_later(ORDERS)
    assert await desk.rows() == []
    await desk.an_hour_later(ORDERS)
    assert [row.detail for row in await desk.rows()] == ["to ship 6 jar, promised 9 jar"]


async def test_orders_away_stops_its_comparison_only(desk: Desk) -> None:
    desk.orders.is_away = True
    await desk.shop.sql("update stock set on_hand = on_hand + 1 where sku = 'mug'")
    with pytest.raises(Unavailable):
        await desk.an_hour_later(ORDERS)
    await desk.an_hour_later(STOCK)
    assert [rule for rule, _, _ in await desk.seen()] == ["on_hand_is_ledger_sum"]


async def test_a_turn_is_one_processs(desk: Desk) -> None:
    await desk.shop.sql("update stock set on_hand = on_hand + 1 where sku = 'mug'")
    await desk.an_hour_later(STOCK)
    await desk.shop.sql("update stock set on_hand = on_hand - 1 where sku = 'mug'")
    await desk.shop.run_loop(STOCK)
    assert [state for _, _, state in await desk.seen()] == ["open"]


async def test_the_list_goes_in_pages(desk: Desk) -> None:
    await desk.shop.stock_up(*(StockLevel(sku=f"s{number}", location="own", quantity=1) for number in range(5)))
    await desk.shop.sql("update stock set on_hand = 2 where sku like 's_'")
    await desk.an_hour_later(STOCK)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await desk.shop.api.list_differences(caller=desk.shop.caller, after=after, limit=2)
        seen += [row.subject for row in page.items]
        after = page.after
        if after is None:
            break
    assert sorted(seen) == [f"s{number} @ own" for number in range(5)]
    with pytest.raises(InvalidDifference):
        await desk.shop.api.list_differences(caller=desk.shop.caller, after="no cursor")


async def _turns(desk: Desk, count: int) -> None:
    for _ in range(count):
        await desk.an_hour_later(ORDERS)
