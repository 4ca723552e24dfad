"""Every decision of the history reader on the smallest input that calls for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from springtide.demo.history import Decisions, HistoryOrder
from springtide.demo.history_decisions import SENTENCES, Line, Note, as_table
from springtide.demo.history_files import RawInvoice
from springtide.demo.history_rules import decide

NOON = datetime(2011, 3, 1, 12, 0, tzinfo=UTC)
KNOWN = frozenset({"85123A", "22423", "47566"})


def invoice(
    number: str,
    *rows: str,
    customer: str = "13085",
    country: str = "GB",
    after: timedelta = timedelta(0),
    span: int = 0,
) -> RawInvoice:
    """Build a raw invoice; a row is written as in the file, "code,quantity,pence[,description]"."""
    return RawInvoice(number, NOON + after, customer, country, span, [row.split(",") for row in rows])


def read(sales: list[RawInvoice], *credits_: RawInvoice) -> tuple[list[HistoryOrder], Decisions]:
    def reopen() -> Iterator[RawInvoice]:
        return iter(sales)

    decisions = Decisions()
    return list(decide(reopen, credits_, KNOWN, decisions)), decisions


def test_an_article_becomes_a_line_of_a_guests_or_customers_order() -> None:
    orders, decisions = read([invoice("1", "85123A,6,295"), invoice("2", "22423,1,1275", customer="")])
    assert [(order.external_ref, order.customer_ref) for order in orders] == [("1", "13085"), ("2", None)]
    assert (
        orders[0].lines[0].quantity,
        orders[0].lines[0].unit_net_minor,
        orders[0].lines[0].kind,
    ) == (6, 295, "article")
    assert orders[1].notes == ("guest",)
    assert (decisions.counts[Line.ARTICLE], decisions.counts[Note.GUEST]) == (2, 1)


def test_a_lower_case_code_is_the_article_in_upper_case() -> None:
    orders, decisions = read([invoice("1", "85123a,6,295")])
    assert orders[0].lines[0].sku == "85123A"
    assert decisions.counts[Note.LOWER_CASE] == 1


def test_an_article_at_price_zero_is_free_only_beside_a_paid_one() -> None:
    orders, decisions = read([invoice("1", "85123A,6,295", "22423,1,0,"), invoice("2", "22423,5,0,found", customer="")])
    assert [order.external_ref for order in orders] == ["1"]
    assert [line.kind for line in orders[0].lines] == ["article", "free"]
    assert (decisions.counts[Line.FREE], decisions.counts[Line.STOCK_NOTE]) == (1, 1)


def test_an_unknown_paid_code_is_kept_with_the_name_on_the_invoice() -> None:
    orders, decisions = read([invoice("1", "DCGS0076,1,1613,SUNJAR LED")])
    line = orders[0].lines[0]
    assert (line.sku, line.kind, line.description) == ("DCGS0076", "unlisted", "SUNJAR LED")
    assert decisions.counts[Line.UNLISTED] == 1


@pytest.mark.parametrize("code", ["GIFT_0001_30", "22016"])
def test_a_voucher_is_no_article(code: str) -> None:
    orders, decisions = read([invoice("1", f"{code},2,2553,Voucher")])
    assert [line.kind for line in orders[0].lines] == ["voucher"]
    assert decisions.counts[Line.VOUCHER] == 1


@pytest.mark.parametrize("code", ["POST", "DOT", "C2", "23444", "23574"])
def test_postage_and_carriage_are_the_orders_shipping(code: str) -> None:
    orders, decisions = read([invoice("1", "85123A,6,295", f"{code},2,1800,POSTAGE")])
    assert orders[0].shipping_minor == 3600
    assert len(orders[0].lines) == 1
    assert decisions.counts[Line.SHIPPING] == 1


def test_an_amount_by_hand_stays_on_an_order_with_goods() -> None:
    orders, decisions = read([invoice("1", "85123A,6,295", "M,1,500,Manual")])
    assert [(line.sku, line.kind) for line in orders[0].lines] == [("85123A", "article"), ("M", "manual")]
    assert decisions.counts[Line.MANUAL] == 1


@pytest.mark.parametrize("code", ["M", "POST", "D"])
def test_an_invoice_without_goods_is_no_order(code: str) -> None:
    orders, decisions = read([invoice("1", f"{code},1,1800,text")])
    assert orders == []
    assert (decisions.counts[Line.NO_GOODS], decisions.amounts[Line.NO_GOODS]) == (1, 1800)


@pytest.mark.parametrize("code", ["S", "BANK CHARGES", "AMAZONFEE", "ADJUST", "ADJUST2", "PADS", "TEST001", "CRUK"])
def test_fees_samples_and_tests_are_left_out(code: str) -> None:
    orders, decisions = read([invoice("1", "85123A,6,295", f"{code},1,500,text"), invoice("2", f"{code},1,500,text")])
    assert [[line.sku for line in order.lines] for order in orders] == [["85123A"]]
    assert decisions.counts[Line.EXCLUDED_CODE] == 2


def test_a_negative_quantity_without_a_c_is_a_write_off() -> None:
    orders, decisions = read([invoice("1", "85123A,-40,0,damaged", customer="")])
    assert orders == []
    assert decisions.counts[Line.WRITE_OFF] == 1


def test_a_repeated_line_is_kept_and_counted() -> None:
    orders, decisions = read([invoice("1", "85123A,6,295", "85123A,6,295", "85123A,1,295")])
    assert len(orders[0].lines) == 3
    assert decisions.counts[Note.REPEATED_LINE] == 1


@pytest.mark.parametrize(
    ("country", "market", "demand", "note"),
    [("GB", "GB", "GB", ()), ("NL", "GB", "NL", ("abroad",)), ("DE", "GB", "GB", ("abroad",))],
)
def test_all_past_orders_belong_to_the_home_market(
    country: str, market: str, demand: str, note: tuple[str, ...]
) -> None:
    orders, _ = read([invoice("1", "85123A,6,295", country=country)])
    order = orders[0]
    assert (market, demand, "GBP", note) == (order.market, order.demand_market, order.currency, order.notes)


def test_an_unknown_country_and_a_long_invoice_are_noted() -> None:
    orders, decisions = read([invoice("1", "85123A,6,295", country="ZZ", span=2)])
    assert orders[0].notes == ("country_unknown", "over_minutes")
    assert decisions.counts[Note.COUNTRY_UNKNOWN] == 1


def test_a_credit_on_the_same_day_cancels_the_line_it_matches() -> None:
    sale = invoice("1", "POST,1,1800,POSTAGE", "22423,1,1275", "85123A,6,295")
    orders, decisions = read([sale], invoice("C2", "85123A,-4,295", after=timedelta(hours=2)))
    assert [order.external_ref for order in orders] == ["1"]
    adjustment = orders[0].adjustments[0]
    assert (adjustment.external_ref, adjustment.kind) == ("C2", "cancel")
    part = adjustment.lines[0]
    assert (orders[0].lines[part.line].sku, part.quantity, part.unit_net_minor) == ("85123A", 4, 295)
    assert decisions.counts[Line.CANCELLED] == 1


def test_a_later_credit_is_a_return() -> None:
    orders, decisions = read([invoice("1", "85123A,6,295")], invoice("C2", "85123A,-6,295", after=timedelta(days=9)))
    assert [adjustment.kind for adjustment in orders[0].adjustments] == ["return"]
    assert decisions.counts[Line.RETURNED] == 1


def test_the_best_match_has_the_same_price_and_quantity() -> None:
    sales = [
        invoice("1", "85123A,6,295"),
        invoice("2", "85123A,12,295", after=timedelta(hours=1)),
        invoice("3", "85123A,6,255", after=timedelta(hours=2)),
    ]
    orders, _ = read(sales, invoice("C4", "85123A,-6,295", after=timedelta(hours=3)))
    assert {order.external_ref: len(order.adjustments) for order in orders} == {"1": 1, "2": 0, "3": 0}


def test_nothing_is_taken_back_twice() -> None:
    credits_ = [invoice(f"C{n}", "85123A,-4,295", after=timedelta(days=n)) for n in (2, 3)]
    orders, decisions = read([invoice("1", "85123A,6,295")], *credits_)
    assert [line.quantity for adjustment in orders[0].adjustments for line in adjustment.lines] == [4]
    assert decisions.counts[Line.CREDIT_UNMATCHED] == 1


def test_a_large_credit_is_spread_over_sales_latest_first() -> None:
    sales = [invoice("1", "85123A,6,295"), invoice("2", "85123A,6,255", after=timedelta(hours=1))]
    orders, decisions = read(sales, invoice("C3", "85123A,-8,295", after=timedelta(days=5)))
    taken = {order.external_ref: order.adjustments[0].lines[0].quantity for order in orders}
    assert taken == {"1": 2, "2": 6}
    assert (decisions.counts[Note.SPLIT_MATCH], decisions.counts[Note.REFUND_PRICE_DIFFERS]) == (1, 1)


@pytest.mark.parametrize(
    "credit",
    [
        invoice("C2", "85123A,-6,295", customer="99999", after=timedelta(days=1)),
        invoice("C2", "85123A,-6,295", customer="", after=timedelta(days=1)),
        invoice("C2", "22423,-6,295", after=timedelta(days=1)),
        invoice("C2", "85123A,-60,295", after=timedelta(days=1)),
        invoice("C2", "85123A,-6,295", after=timedelta(days=-1)),
    ],
    ids=["other customer", "guest", "other article", "too many", "before the sale"],
)
def test_a_credit_without_a_sale_stands_alone(credit: RawInvoice) -> None:
    orders, decisions = read([invoice("1", "85123A,6,295")], credit)
    alone = next(order for order in orders if order.kind == "credit")
    assert (1, -int(credit.rows[0][1])) == (len(alone.lines), alone.lines[0].quantity)
    assert next(order for order in orders if order.kind == "sale").adjustments == ()
    assert decisions.counts[Line.CREDIT_UNMATCHED] == 1


def test_credited_money_is_a_credit_with_positive_amounts() -> None:
    orders, decisions = read([], invoice("C2", "D,-1,500,Discount", "M,-1,200,Manual", "POST,-1,1800,POSTAGE"))
    assert (orders[0].kind, orders[0].discount_minor, orders[0].shipping_minor) == ("credit", 700, 1800)
    assert decisions.counts[Line.CREDIT_MONEY] == 3


def test_bad_debt_is_left_out() -> None:
    orders, decisions = read([], invoice("A506401", "B,1,-5300000,Adjust bad debt", customer=""))
    assert orders == []
    assert decisions.counts[Line.BAD_DEBT] == 1


def test_orders_and_credits_come_in_the_order_of_time() -> None:
    sales = [invoice("1", "85123A,6,295"), invoice("3", "85123A,6,295", after=timedelta(days=2))]
    orders, _ = read(sales, invoice("C2", "22423,-1,1275", after=timedelta(days=1)))
    assert [order.external_ref for order in orders] == ["1", "C2", "3"]


def test_the_report_names_every_decision_and_prints_as_a_table() -> None:
    _, decisions = read([invoice("1", "85123A,6,295")])
    rows = decisions.report()
    assert {*Line, *Note} == set(SENTENCES)
    assert len(rows) == len(SENTENCES)
    assert "| `article` | 1 | 17.70 |" in as_table(rows)
