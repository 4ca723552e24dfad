"""Lists, the bulk port, history, and the checker that finds every planted difference."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from springtide.bootstrap import Node
from springtide.contracts.common import ExternalRef
from springtide.contracts.orders.api import (
    FulfilmentStatus,
    ImportedLine,
    ImportedOrder,
    InvalidOrder,
    OrderFilter,
    OrdersApi,
    OrderStatus,
    PaymentStatus,
)
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.errors import Forbidden, Unauthenticated
from springtide.platform.ids import uuid7
from tests.context.orders.orders_builders import OFFICE, placed, placement, row
from tests.context.orders.orders_events import take_own, told

DAY = datetime(2011, 3, 1, 12, tzinfo=UTC)


def past(number: int, *, lines: int = 2, at: datetime = DAY, gross: int = 1_000) -> ImportedOrder:
    return ImportedOrder(
        external_ref=ExternalRef("uci502", str(500_000 + number)),
        placed_at=at,
        market="GB",
        seller="marlow",
        currency="GBP",
        country="GB",
        customer_ref="C17850",
        lines=tuple(
            ImportedLine(
                sku=f"S{line}", name="Lantern", ordered=4, cancelled=1, returned=1, unit_minor=250, money=row(gross)
            )
            for line in range(lines)
        ),
        shipping=(row(300),),
        notes=("abroad",),
    )


async def import_(api: OrdersApi, *orders: ImportedOrder, key: str = "") -> int:
    return await api.import_orders(caller=OFFICE, key=key or uuid7().hex, batch="history", orders=orders)


async def test_lists_by_filter_and_page(api: OrdersApi) -> None:
    customer_id = uuid7()
    first, _ = await placed(api, placement(customer_id=customer_id, name="Cecilia Ek", email="c.ek@post.se"))
    second, receipt = await placed(api)
    third, _ = await placed(api, placement(captured=True))
    await api.cancel(caller=OFFICE, key="cancel-2", order_id=second.order_id, lines={}, reason="asked")
    await api.ship(caller=OFFICE, key="ship-third", order_id=third.order_id, lines={}, carrier="DHL", tracking="")
    await import_(api, past(1))

    async def found(**filters: object) -> list[object]:
        page = await api.list_orders(caller=OFFICE, where=OrderFilter(**filters))  # type: ignore[arg-type]
        return [item.id for item in page.items]

    assert await found() == [third.order_id, second.order_id, first.order_id]
    assert len(await found(with_imported=True)) == 4
    assert await found(text="cecil") == await found(text="EK post") == [first.order_id]
    assert await found(text=receipt.number) == [second.order_id]
    assert await found(text="500001", with_imported=True) != []
    assert await found(status=OrderStatus.CANCELLED) == [second.order_id]
    assert await found(payment_status=PaymentStatus.PAID) == [third.order_id]
    assert await found(fulfilment_status=FulfilmentStatus.UNFULFILLED) == [first.order_id]
    assert await found(market="GB") == []
    page = await api.list_orders(caller=OFFICE, where=OrderFilter(), limit=2)
    rest = await api.list_orders(caller=OFFICE, where=OrderFilter(), limit=2, after=page.after)
    assert [item.id for item in rest.items] == [first.order_id]
    assert rest.items[0].buyer == "Cecilia Ek"
    mine = await api.list_mine(caller=Caller(actor=str(customer_id), kind=Kind.CUSTOMER))
    assert [item.id for item in mine.items] == [first.order_id]
    with pytest.raises(Unauthenticated):
        await api.list_mine(caller=guest())
    with pytest.raises(Forbidden):
        await api.list_orders(caller=guest(), where=OrderFilter())
    with pytest.raises(InvalidOrder):
        await api.list_orders(caller=OFFICE, where=OrderFilter(), limit=201)
    with pytest.raises(InvalidOrder):
        await found(market="\0")
    assert await found(text="\0 ' \\ & |") == await found()


async def test_importing_again_adds_nothing(api: OrdersApi, node: Node) -> None:
    orders = [past(number, at=DAY + timedelta(days=number)) for number in range(3)]
    assert await import_(api, *orders) == 3
    assert await import_(api, *orders, past(3)) == 1
    assert await api.count_exempt(caller=OFFICE) == 4
    batches = [payload for name, _, payload in told(node) if name == "orders.imported"]
    assert [batch["orders"] for batch in batches] == [3, 4]
    assert (batches[-1]["first_day"], batches[-1]["last_day"]) == ("2011-03-01", "2011-03-03")
    page = await api.list_orders(caller=OFFICE, where=OrderFilter(with_imported=True))
    order = await api.get(caller=OFFICE, order_id=page.items[0].id)
    assert order.id.int >> 80 == int(order.placed_at.timestamp() * 1000)
    assert order.origin.import_batch == "history"
    assert order.external_refs == (ExternalRef("uci502", "500002"),)
    assert (order.status, order.payment_status, order.fulfilment_status) == (
        "completed",
        "partly_refunded",
        "fulfilled",
    )
    assert order.refunded_minor == 1_000
    assert (await api.money(caller=OFFICE)).items == ()
    assert await api.check(caller=OFFICE) == ()


async def test_an_imported_order_is_history(api: OrdersApi) -> None:
    await import_(api, past(1))
    order_id = (await api.list_orders(caller=OFFICE, where=OrderFilter(with_imported=True))).items[0].id
    with pytest.raises(InvalidOrder):
        await api.cancel(caller=OFFICE, key="cancel-past", order_id=order_id, lines={}, reason="")
    with pytest.raises(InvalidOrder):
        await api.import_orders(caller=OFFICE, key="no-batch", batch=" ", orders=(past(2),))
    with pytest.raises(InvalidOrder):
        await import_(api, *[past(number) for number in range(501)])
    with pytest.raises(InvalidOrder, match="too large"):
        await import_(api, past(2, gross=10**12 + 1))
    with pytest.raises(Forbidden):
        await api.import_orders(caller=guest(), key="guest-imports", batch="x", orders=(past(3),))
    assert await api.count_exempt(caller=OFFICE) == 1


async def test_history_is_summed_up_to_a_day_and_without_it(api: OrdersApi) -> None:
    await import_(api, past(1), past(2, at=DAY.replace(hour=23)), past(3, at=DAY + timedelta(days=1)))
    days = await api.history(caller=OFFICE, as_of=date(2011, 3, 2))
    assert [(day.day, day.orders, day.units, day.gross_minor) for day in days] == [
        (date(2011, 3, 1), 2, 16, {"GBP": 4_600})
    ]
    assert len(await api.history(caller=OFFICE, as_of=date(2011, 3, 3))) == 2
    assert await api.history(caller=OFFICE, as_of=date(2011, 3, 3), days=1) == (
        *(await api.history(caller=OFFICE, as_of=date(2011, 3, 3)))[1:],
    )
    with pytest.raises(InvalidOrder):
        await api.history(caller=OFFICE, as_of=date(2011, 3, 3), days=0)
    with pytest.raises(InvalidOrder):
        await api.history(caller=OFFICE, as_of=date.min)


@pytest.mark.parametrize(
    ("currency", "base", "rate", "each"),
    [
        ("JPY", "GBP", "0.0052", 1_196),  # 2,300 yen are 11.96 pounds
        ("KWD", "GBP", "2.5", 575),  # 2.300 dinars are 5.75 pounds
        ("GBP", "JPY", "192", 4_416),  # 23 pounds are 4,416 yen
        ("JPY", "KWD", "0.002", 4_600),  # 2,300 yen are 4.600 dinars
    ],
)
async def test_history_changes_money_by_the_exponents_of_both_currencies(
    node: Node, api: OrdersApi, *, currency: str, base: str, rate: str, each: int
) -> None:
    await import_(api, past(1), past(2))
    async with node.databases["orders"].tx(OFFICE) as tx:
        await tx._connection.execute(
            "update orders set currency = %s, base_currency = %s, fx_to_base = %s", (currency, base, rate)
        )
    (day,) = await api.history(caller=OFFICE, as_of=date(2011, 3, 2))
    assert (day.orders, day.gross_minor) == (2, {base: 2 * each})


async def test_history_does_not_add_up_what_sellers_keep_in_different_currencies(node: Node, api: OrdersApi) -> None:
    await import_(api, past(1), past(2))
    async with node.databases["orders"].tx(OFFICE) as tx:
        await tx._connection.execute(
            "update orders set currency = 'JPY', base_currency = 'JPY'"
            " where id = (select id from orders order by id desc limit 1)"
        )
    (day,) = await api.history(caller=OFFICE, as_of=date(2011, 3, 2))
    assert (day.orders, day.units, day.gross_minor) == (2, 16, {"GBP": 2_300, "JPY": 2_300})


PLANTED = {
    "order_total": "update orders.orders set total_minor = total_minor + 1",
    "row_gross": "update orders.shipping_rows set net_minor = net_minor - 1",
    "line_counts": "alter table orders.order_lines drop constraint counts_in_bounds;"
    " update orders.order_lines set cancelled = 9 where line = 1",
    "line_allocations": "update orders.order_lines set open_allocations = '[]' where line = 2",
    "line_history": "update orders.order_lines set fulfilled = fulfilled + 1 where line = 1",
    "adjusted_sum": "update orders.orders set adjusted_minor = adjusted_minor - 1",
    "adjusted_too_much": "update orders.orders set adjusted_minor = -total_minor - 1",
    "orphan": "insert into orders.timeline values (gen_random_uuid(), gen_random_uuid(), now(), 'x', '{}', '')",
    "origin": "alter table orders.orders drop constraint live_or_imported; update orders.orders set attempt_id = null",
    "document_numbers": "update orders.document_counters set last = last + 1",
    "document_sum": "update orders.documents set gross_minor = gross_minor + 1 where kind = 'invoice'",
}


@pytest.mark.parametrize("rule", PLANTED)
async def test_the_check_finds_every_planted_difference(api: OrdersApi, node: Node, rule: str) -> None:
    sold, _ = await placed(api)
    await placed(api)
    await api.ship(caller=OFFICE, key="ship-some", order_id=sold.order_id, lines={1: 1}, carrier="DHL", tracking="")
    await api.cancel(caller=OFFICE, key="cancel-some", order_id=sold.order_id, lines={2: 1}, reason="asked")
    await take_own(node)
    assert await api.check(caller=OFFICE) == ()
    with psycopg.connect(node.settings.database_url) as connection:
        connection.execute(PLANTED[rule])
    assert rule in {finding.rule for finding in await api.check(caller=OFFICE)}
