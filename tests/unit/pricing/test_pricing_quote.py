"""The quote: rows, totals, tax by destination, vouchers, shipping, refusals."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.pricing.domain.book import Item, MarketBook, PriceEntry, PriceList, Voucher
from springtide.contexts.pricing.domain.promotions import Promotion, Window
from springtide.contexts.pricing.domain.quote import quote
from springtide.contexts.pricing.domain.tax import shipped_table
from springtide.contracts.pricing.api import (
    DestinationNotServed,
    InvalidPrice,
    PriceMode,
    PriceNotFound,
    PromotionKind,
    Quote,
    ShippingMethodUnknown,
)
from springtide.platform.errors import Refusal
from tests.unit.pricing.builders import (
    GIFTS,
    NOW,
    TOMORROW,
    YESTERDAY,
    amount,
    book,
    cart,
    in_catalogue,
    market,
    method,
    percentage,
)

TABLE = shipped_table()
FREE_SHIPPING = Promotion(key="ship", names={"en": "ship"}, kind=PromotionKind.FREE_SHIPPING)
BOOKS = Item("reduced", frozenset({"books"}))


def assert_adds_up(priced: Quote) -> None:
    rows = [line.money for line in priced.lines] + [charge.money for charge in priced.shipping]
    assert all(row.gross_minor == row.net_minor + row.tax_minor for row in rows)
    assert all(min(row.gross_minor, row.net_minor, row.tax_minor, row.discount_minor) >= 0 for row in rows)
    assert priced.total_minor == sum(row.gross_minor for row in rows)
    assert priced.total_minor == priced.goods_minor + priced.shipping_minor
    assert priced.tax_minor == sum(row.tax_minor for row in rows)
    assert priced.discount_minor == sum(row.discount_minor for row in rows)


def test_a_dutch_cart_has_dutch_vat() -> None:
    priced = quote(cart(("mug", 2), shipping_method="post"), book({"mug": 605}), TABLE, NOW)
    (line,), (shipping,) = priced.lines, priced.shipping
    assert (line.money.gross_minor, line.money.net_minor, line.money.tax_minor) == (1210, 1000, 210)
    assert (line.money.rate_bp, line.unit_minor, line.was_minor) == (2100, 605, None)
    assert (shipping.money.gross_minor, shipping.money.tax_minor) == (495, 86)
    assert (priced.total_minor, priced.currency, priced.fx_to_base, priced.base_currency) == (
        1705,
        "EUR",
        "0.86",
        "GBP",
    )
    assert_adds_up(priced)


def test_net_prices_grow_by_the_vat_of_the_destination() -> None:
    net = book({"mug": 1000}, here=market(PriceMode.NET, ("NL", "GB", "US")))
    grosses = {c: quote(cart(("mug", 1), country=c), net, TABLE, NOW).total_minor for c in ("NL", "GB", "US")}
    assert grosses == {"NL": 1210, "GB": 1200, "US": 1000}


def test_an_export_of_a_gross_market_keeps_the_price_and_bears_no_tax() -> None:
    priced = quote(cart(("mug", 1), country="US"), book({"mug": 1210}, here=market(countries=("NL", "US"))), TABLE, NOW)
    assert (priced.total_minor, priced.tax_minor, priced.destination) == (1210, 0, "US")


def test_shipping_is_split_over_the_rates_of_the_goods() -> None:
    here = book({"mug": 3000, "book": 1000}, items={"book": BOOKS})
    priced = quote(cart(("mug", 1), ("book", 1), shipping_method="post"), here, TABLE, NOW)
    assert [(row.money.rate_bp, row.money.gross_minor) for row in priced.shipping] == [(2100, 371), (900, 124)]
    assert_adds_up(priced)


def test_shipping_options_cost_what_choosing_them_costs() -> None:
    here = book(
        {"mug": 1000},
        here=market(methods=[method("post", 495, free_from_minor=2000), method("express", 995)]),
        promotions=[percentage("tenth", 1000, exclusive=True), FREE_SHIPPING],
    )
    for quantity in (1, 2):
        options = quote(cart(("mug", quantity)), here, TABLE, NOW).shipping_options
        chosen = [
            quote(cart(("mug", quantity), shipping_method=key), here, TABLE, NOW).shipping_minor
            for key in ("post", "express")
        ]
        assert [option.gross_minor for option in options] == chosen
    assert quote(cart(("mug", 2), shipping_method="post"), here, TABLE, NOW).shipping_minor == 0


def test_free_shipping_shows_the_row_with_its_discount() -> None:
    priced = quote(
        cart(("mug", 1), shipping_method="post"), book({"mug": 1000}, promotions=[FREE_SHIPPING]), TABLE, NOW
    )
    (shipping,) = priced.shipping
    assert (shipping.money.gross_minor, shipping.money.discount_minor, shipping.money.tax_minor) == (0, 495, 0)


@pytest.mark.parametrize(("announced", "was"), [({"mug": 800}, 1000), ({"mug": 790}, None), ({}, None)])
def test_the_former_price_is_shown_only_beside_a_reduction_that_may_be_announced(
    announced: dict[str, int], was: int | None
) -> None:
    here = book({"mug": 1000}, promotions=[in_catalogue("sale", 2000)], announced=announced)
    (line,) = quote(cart(("mug", 3)), here, TABLE, NOW).lines
    assert (line.unit_minor, line.was_minor, line.money.gross_minor, line.money.discount_minor) == (800, was, 2400, 0)


def test_vat_changes_at_the_markets_own_midnight() -> None:
    finnish = msgspec.structs.replace(GIFTS, country="FI", vat_numbers={"FI": "FI00000000"})
    helsinki = msgspec.structs.replace(market(countries=("FI",)), time_zone="Europe/Helsinki")
    here = book({"mug": 1000}, here=helsinki, seller=finnish)
    midnight = datetime(2024, 8, 31, 21, 0, tzinfo=UTC)
    rates = [
        quote(cart(("mug", 1)), here, TABLE, at).lines[0].money.rate_bp
        for at in (midnight - timedelta(seconds=1), midnight)
    ]
    assert rates == [2400, 2550]


@pytest.mark.parametrize("starts_at", [YESTERDAY, NOW])
def test_a_product_that_had_no_price_before_a_reduction_is_not_reduced(starts_at: datetime) -> None:
    here = MarketBook(
        market(),
        GIFTS,
        lists=[PriceList(key="base")],
        prices={"new": [PriceEntry(list_key="base", amount_minor=1000)]},
        listed_since={"new": NOW},
        promotions=[in_catalogue("sale", 2000, window=Window(starts_at))],
    )
    assert quote(cart(("new", 1)), here, TABLE, NOW).total_minor == 1000


def voucher(code: str, promotion: str, **fields: object) -> Voucher:
    return Voucher(code=code, promotion=promotion, **fields)  # type: ignore[arg-type]


def test_every_code_gets_its_outcome_by_name() -> None:
    here = book(
        {"mug": 1000},
        promotions=[
            percentage("tenth", 1000, needs_voucher=True),
            percentage("big", 2000, needs_voucher=True, min_goods_minor=5000),
            percentage("alone", 500, needs_voucher=True, exclusive=True),
            percentage("later", 500, needs_voucher=True, window=Window(TOMORROW)),
        ],
        vouchers=[
            voucher("TEN", "tenth", is_limited=True),
            voucher("TEN2", "tenth"),
            voucher("BIG", "big"),
            voucher("ALONE", "alone"),
            voucher("OLD", "tenth", window=Window(None, YESTERDAY)),
            voucher("GONE", "tenth", is_limited=True, is_used_up=True),
            voucher("LATER", "later"),
        ],
    )
    asked = (" ten ", "big", "alone", "old", "nonsense")
    first = quote(cart(("mug", 1), vouchers=asked), here, TABLE, NOW)
    assert [(one.code, one.why, one.limited) for one in first.vouchers] == [
        ("TEN", "", True),
        ("BIG", "conditions", False),
        ("ALONE", "not_combinable", False),
        ("OLD", "expired", False),
        ("NONSENSE", "unknown", False),
    ]
    assert [(one.key, one.discount_minor, one.voucher) for one in first.promotions] == [("tenth", 100, "TEN")]
    second = quote(cart(("mug", 1), vouchers=("gone", "later", "ten2", "ten", "TEN")), here, TABLE, NOW)
    assert [(one.code, one.why) for one in second.vouchers] == [
        ("GONE", "used_up"),
        ("LATER", "not_started"),
        ("TEN2", ""),
        ("TEN", "not_combinable"),
    ]


def test_without_its_code_a_voucher_promotion_does_nothing() -> None:
    here = book({"mug": 1000}, promotions=[percentage("t", 1000, needs_voucher=True)], vouchers=[voucher("TEN", "t")])
    assert quote(cart(("mug", 1)), here, TABLE, NOW).total_minor == 1000
    assert quote(cart(("mug", 1), vouchers=("TEN",)), here, TABLE, NOW).total_minor == 900


@pytest.mark.parametrize(
    ("request_fields", "refusal"),
    [
        ({"country": "FR"}, DestinationNotServed),
        ({"shipping_method": "drone"}, ShippingMethodUnknown),
        ({"vouchers": tuple("abcdefghijk")}, InvalidPrice),
    ],
)
def test_what_cannot_be_priced_is_refused_by_name(request_fields: dict[str, object], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        quote(cart(("mug", 1), **request_fields), book({"mug": 1000}), TABLE, NOW)


@pytest.mark.parametrize("quantity", [0, -1, 10_000])
def test_quantities_have_limits(quantity: int) -> None:
    with pytest.raises(InvalidPrice):
        quote(cart(("mug", quantity)), book({"mug": 1000}), TABLE, NOW)


def test_a_cart_of_a_hundred_lines_and_ten_codes_is_priced() -> None:
    lines = [("mug", 1)] * 100
    assert quote(cart(*lines, vouchers=tuple("abcdefghij")), book({"mug": 1000}), TABLE, NOW).total_minor == 100_000
    with pytest.raises(InvalidPrice):
        quote(cart(*lines, ("mug", 1)), book({"mug": 1000}), TABLE, NOW)


def test_a_sku_without_a_price_is_named() -> None:
    with pytest.raises(PriceNotFound) as refused:
        quote(cart(("mug", 1), ("ghost", 1)), book({"mug": 1000}), TABLE, NOW)
    assert refused.value.facts == {"sku": "ghost", "market": "nl"}


def test_an_empty_cart_costs_nothing() -> None:
    priced = quote(cart(shipping_method="post"), book({"mug": 1000}), TABLE, NOW)
    assert (priced.total_minor, priced.lines, priced.shipping, priced.shipping_options) == (0, (), (), ())


def test_equal_quotes_have_equal_ids_and_others_differ() -> None:
    here = book({"mug": 1000, "cup": 900})
    first = quote(cart(("mug", 1), ("cup", 2)), here, TABLE, NOW)
    assert first.id == quote(cart(("mug", 1), ("cup", 2)), here, TABLE, NOW + timedelta(minutes=1)).id
    assert first.id != quote(cart(("mug", 1), ("cup", 3)), here, TABLE, NOW).id


def test_a_quote_expires_at_the_next_change_of_anything() -> None:
    soon = NOW + timedelta(minutes=3)
    ending = book({"mug": 1000}, promotions=[percentage("t", 1000, window=Window(None, soon))])
    assert quote(cart(("mug", 1)), ending, TABLE, NOW).expires_at == soon
    assert quote(cart(("mug", 1)), book({"mug": 1000}), TABLE, NOW).expires_at == NOW + timedelta(minutes=15)


def test_dated_prices_lists_and_groups() -> None:
    lists = [PriceList(key="base"), PriceList(key="club", priority=1, customer_group="club")]
    dated = [
        PriceEntry(list_key="base", amount_minor=1000),
        PriceEntry(list_key="base", amount_minor=1100, window=Window(TOMORROW)),
        PriceEntry(list_key="base", amount_minor=700, window=Window(YESTERDAY, TOMORROW), is_reduction=True),
        PriceEntry(list_key="club", amount_minor=650),
    ]
    since = {"mug": YESTERDAY - timedelta(days=9)}
    here = MarketBook(market(), GIFTS, lists=lists, prices={"mug": dated}, listed_since=since)
    before, now, after = YESTERDAY - timedelta(hours=1), NOW, TOMORROW
    prices = [here.price("mug", at) for at in (before, now, after, now)]
    assert [(p.list_minor, p.effective_minor) for p in prices if p] == [
        (1000, 1000),
        (1000, 700),
        (1100, 1100),
        (1000, 700),
    ]
    club = here.price("mug", now, "club")
    assert club is not None
    assert club.effective_minor == 650
    assert here.next_change(NOW) == TOMORROW


SKUS = st.sampled_from(["mug", "cup", "book", "card"])
CARTS = st.lists(st.tuples(SKUS, st.integers(1, 30)), min_size=1, max_size=8)


@given(st.data(), CARTS, st.sampled_from(PriceMode), st.sampled_from(["NL", "GB", "US"]), st.integers(0, 3000))
def test_every_quote_adds_up(
    data: st.DataObject, lines: list[tuple[str, int]], mode: PriceMode, country: str, charge: int
) -> None:
    promotions = [
        in_catalogue("sale", 1500, categories=frozenset({"books"})),
        percentage("seven", 700),
        amount("five", 500, min_goods_minor=2000),
        amount("off", 1234, exclusive=True),
        FREE_SHIPPING,
    ]
    chosen = data.draw(st.lists(st.sampled_from(promotions), unique_by=lambda one: one.key))
    here = book(
        {"mug": 605, "cup": 999, "book": 1295, "card": 85},
        here=market(mode, ("NL", "GB", "US"), [method("post", charge)]),
        items={"book": BOOKS},
        promotions=chosen,
    )
    request = cart(*lines, country=country, shipping_method="post")
    priced = quote(request, here, TABLE, NOW)
    assert_adds_up(priced)
    assert priced == quote(request, here, TABLE, NOW)
    shuffled = cart(*data.draw(st.permutations(lines)), country=country, shipping_method="post")
    again = quote(shuffled, here, TABLE, NOW)
    assert (again.total_minor, again.tax_minor) == (priced.total_minor, priced.tax_minor)
    by_sku = [sorted(msgspec.json.encode(line) for line in one.lines) for one in (priced, again)]
    assert by_sku[0] == by_sku[1]
