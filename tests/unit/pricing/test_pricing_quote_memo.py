"""Remembered quotes are the quotes that would be worked out anew, whatever is asked, when, and of which book."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.pricing.domain.book import MarketBook, Voucher
from springtide.contexts.pricing.domain.promotions import Window
from springtide.contexts.pricing.domain.quote import expiry, quote
from springtide.contexts.pricing.domain.tax import shipped_table
from springtide.contexts.pricing.service import quote_memo
from springtide.contexts.pricing.service.quote_memo import QuoteMemo
from springtide.contracts.pricing.api import QuoteRequest
from springtide.platform.errors import Refusal
from tests.unit.pricing.builders import GIFTS, NOW, book, cart, in_catalogue, market, percentage

TABLE = shipped_table()
GERMAN_VAT_FALLS = datetime(2020, 6, 30, 22, 0, tzinfo=UTC)  # midnight in Amsterdam: 19 to 16 %
MOMENTS = [
    moment + timedelta(seconds=seconds)
    for moment in (GERMAN_VAT_FALLS, NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=14))
    for seconds in (-1, 0, 0.001, 60)
]
MAINLAND, ISLAND = "10115", "27498"  # Berlin; Heligoland, where no VAT is owed
REQUESTS = [
    cart(("mug", quantity), country=country, postcode=postcode, shipping_method=shipping, vouchers=codes)
    for quantity in (1, 2)
    for country, postcode in (("NL", "1011 AB"), ("NL", "3511 AB"), ("DE", MAINLAND), ("DE", ISLAND), ("SE", ""))
    for shipping in ("", "post", "balloon")
    for codes in ((), ("SPRING",))
]


def books() -> list[MarketBook]:
    seller = msgspec.structs.replace(GIFTS, vat_numbers={**GIFTS.vat_numbers, "DE": "DE123456789"})
    here = market(countries=("NL", "DE"))
    hour = Window(NOW, NOW + timedelta(hours=1))
    voucher = Voucher(code="SPRING", promotion="spring", window=Window(NOW - timedelta(days=9), NOW))
    spring = percentage("spring", 1_000, needs_voucher=True)
    sale = in_catalogue("sale", 2_000, window=hour)
    return [
        book({"mug": 605}, here=here, seller=seller, promotions=(spring, sale), vouchers=(voucher,)),
        book({"mug": 705}, here=here, seller=seller),
    ]


def answer(ask, *arguments):
    try:
        return ask(*arguments)
    except Refusal as refusal:
        return type(refusal), refusal.detail, refusal.facts


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(MOMENTS), st.sampled_from(REQUESTS)), min_size=2, max_size=40
    ),
    st.integers(1, 4),
)
def test_remembered_is_worked_out_anew(asked: list[tuple[int, datetime, QuoteRequest]], most: int) -> None:
    known, fresh = books(), books()
    memo = QuoteMemo(TABLE, most=most)
    for which, moment, request in asked:
        expected = answer(quote, request, fresh[which], TABLE, moment)
        assert answer(memo.quote, request, known[which], moment) == expected


def counted(monkeypatch: pytest.MonkeyPatch) -> list[QuoteRequest]:
    made: list[QuoteRequest] = []

    def counting(request, *others):
        made.append(request)
        return quote(request, *others)

    monkeypatch.setattr(quote_memo, "quote", counting)
    return made


def test_the_same_basket_is_priced_once_and_every_buyer_has_a_time_of_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch)
    memo, (_, here) = QuoteMemo(TABLE), books()
    later = NOW + timedelta(seconds=30)
    first = memo.quote(cart(("mug", 1), country="NL", postcode="1011 AB"), here, NOW)
    second = memo.quote(cart(("mug", 1), country="NL", postcode="3511 AB"), here, later)
    assert len(made) == 1
    assert first.id == second.id
    assert (second.quoted_at, second.expires_at) == (later, expiry(here, later))


def test_a_territory_has_a_quote_of_its_own() -> None:
    memo, (_, here) = QuoteMemo(TABLE), books()
    goods = cart(("mug", 1), country="DE")
    mainland, island, again = (
        memo.quote(msgspec.structs.replace(goods, postcode=postcode), here, NOW)
        for postcode in (MAINLAND, ISLAND, MAINLAND)
    )
    assert island.lines[0].money.tax_minor == 0 < mainland.lines[0].money.tax_minor
    assert again == mainland


def test_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch)
    memo, (_, here) = QuoteMemo(TABLE, most=2), books()
    for quantity in (1, 2, 3, 3, 2, 1):
        memo.quote(cart(("mug", quantity)), here, NOW)
    assert [request.lines[0].quantity for request in made] == [1, 2, 3, 1]
