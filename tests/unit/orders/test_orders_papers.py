"""Documents and mails in every language: figures by rate, nothing unescaped, no word missing."""

from datetime import UTC, date, datetime

import pytest

from springtide.contexts.orders.service import document_page, formats, mail_texts
from springtide.contexts.orders.service.document_page import Paper, PaperRow, page, vat_by_rate
from springtide.contexts.orders.service.mail_texts import MailKind, written
from springtide.contracts.common import Contact, Origin
from springtide.contracts.orders.api import (
    Adjustment,
    AdjustmentKind,
    DocumentKind,
    FulfilmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    PaymentStatus,
    Shipment,
    ShippingRow,
)
from springtide.platform.ids import uuid7
from tests.context.orders.orders_builders import HOME, SELLER, row

LANGUAGES = ("en", "nl", "sv")


def order(locale: str, kind: AdjustmentKind) -> Order:
    return Order(
        id=uuid7(),
        number="MF-1",
        version=1,
        placed_at=datetime(2026, 11, 22, tzinfo=UTC),
        market="NL",
        seller="marlow",
        locale=locale,
        currency="EUR",
        base_currency="GBP",
        fx_to_base="0.86",
        origin=Origin(channel="storefront"),
        customer_id=None,
        contact=Contact(email="ann@example.com"),
        shipping_address=HOME,
        billing_address=HOME,
        status=OrderStatus.OPEN,
        payment_status=PaymentStatus.PAID,
        fulfilment_status=FulfilmentStatus.UNFULFILLED,
        payment_method="ideal",
        lines=(
            OrderLine(
                line=1, sku="M", name="<i>Mug", unit_minor=500, ordered=2, cancelled=0, fulfilled=0, returned=0,
                money=row(1_000),
            ),
        ),
        shipping=(ShippingRow(method="parcel", money=row(495)),),
        goods_minor=1_000,
        shipping_minor=495,
        discount_minor=0,
        tax_minor=260,
        total_minor=1_495,
        authorised_minor=0,
        captured_minor=1_495,
        refunded_minor=0,
        vouchers=(),
        shipments=(
            Shipment(id=uuid7(), at=datetime(2026, 11, 23, tzinfo=UTC), carrier="DHL", tracking="", lines={1: 2}),
        ),
        adjustments=(
            Adjustment(
                id=uuid7(), at=datetime(2026, 11, 24, tzinfo=UTC), kind=kind, lines={1: -1}, money=(row(-500),),
                reason="", actor="",
            ),
        ),
        documents=(),
        timeline=(),
        token="t0ken",
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(AdjustmentKind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_in_every_language(language: str, kind: AdjustmentKind) -> None:
    about = order(f"{language}-XX", kind)
    causes = {
        MailKind.RECEIVED: about.id,
        MailKind.SHIPPED: about.shipments[0].id,
        MailKind.ADJUSTED: about.adjustments[0].id,
    }
    mails = [written(about, what, cause, shop_url="https://shop.example") for what, cause in causes.items()]
    assert len({mail.subject for mail in mails}) == 3
    for mail in mails:
        assert (mail.to, mail.language) == ("ann@example.com", language)
        assert f"https://shop.example/orders/{about.id}?token=t0ken" in mail.text
        assert "{" not in mail.text
        assert "<i>" not in mail.html
    amount = formats.money(500, "EUR", language)
    assert amount in mails[2].text


def test_all_languages_have_the_same_words() -> None:
    for words in (document_page._WORDS, mail_texts._WORDS):
        assert set(words) == set(LANGUAGES) == set(formats.LANGUAGES)
        assert len({frozenset(entries) for entries in words.values()}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_sums_up_vat_by_rate(language: str) -> None:
    rows = (row(1_210), row(605), row(109, 900))
    paper = Paper(
        kind=DocumentKind.INVOICE,
        number="MF-I2026-000001",
        issued_on=date(2026, 11, 22),
        order_number="MF-1",
        ordered_on=date(2026, 11, 21),
        language=language,
        currency="EUR",
        seller=SELLER,
        destination="SE",
        buyer=HOME,
        rows=tuple(PaperRow(text="<b>Mug", quantity=1, money=money) for money in rows),
    )
    assert vat_by_rate(rows) == [(2100, 1_500, 315), (900, 100, 9)]
    html = page(paper)
    for minor in (1_500, 315, 1_815, 100, 9, 1_924):
        assert formats.money(minor, "EUR", language) in html
    assert "<b>Mug" not in html
    assert "GB123456789" in html
    assert "http" not in html


def test_amounts_as_people_write_them() -> None:
    assert formats.money(123_456, "SEK", "sv") == "1 234,56 kr"
    assert formats.money(-500, "GBP", "en") == "-£5.00"
    assert formats.percent(1750, "nl") == "17,5 %"
    assert formats.country("SE", "nl") == "Zweden"
    assert formats.country("??", "nl") == "??"
    assert formats.language_of("de-DE") == "en"
