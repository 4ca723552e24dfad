"""Mails to buyers about their orders, in the language they bought in."""

from enum import StrEnum
from html import escape
from uuid import UUID

import msgspec

from springtide.contexts.orders.service import formats
from springtide.contracts.orders.api import Adjustment, AdjustmentKind, Order, Shipment
from springtide.platform.mail import Mail


class MailKind(StrEnum):
    """What a mail tells."""

    RECEIVED = "received"
    SHIPPED = "shipped"
    ADJUSTED = "adjusted"


_WORDS = {
    "en": {
        "hello": "Hello {name},",
        "subject_received": "We have your order {number}",
        "received": "Thank you for your order. This is what you bought:",
        "subject_shipped": "Order {number} is on its way",
        "shipped": "These units of your order left our warehouse:",
        "tracking": "Carrier: {carrier}. Tracking: {tracking}",
        "subject_cancel": "Order {number}: cancelled",
        "cancel": "We cancelled this part of your order:",
        "subject_refund": "Order {number}: your refund",
        "refund": "We are paying money back for this order.",
        "subject_return": "Order {number}: your return",
        "return": "We have received these units back:",
        "paid_back": "You get back: {amount}. What was not charged yet will not be charged.",
        "shipping": "Shipping",
        "total": "Total, VAT included: {amount}",
        "link": "Your order, with its invoices:",
    },
    "nl": {
        "hello": "Hallo {name},",
        "subject_received": "We hebben je bestelling {number} ontvangen",
        "received": "Bedankt voor je bestelling. Dit heb je gekocht:",
        "subject_shipped": "Bestelling {number} is onderweg",
        "shipped": "Dit deel van je bestelling heeft ons magazijn verlaten:",
        "tracking": "Vervoerder: {carrier}. Volgnummer: {tracking}",
        "subject_cancel": "Bestelling {number}: geannuleerd",
        "cancel": "We hebben dit deel van je bestelling geannuleerd:",
        "subject_refund": "Bestelling {number}: je terugbetaling",
        "refund": "We betalen geld terug voor deze bestelling.",
        "subject_return": "Bestelling {number}: je retour",
        "return": "We hebben dit terugontvangen:",
        "paid_back": "Je krijgt terug: {amount}. Wat nog niet was afgeschreven, wordt niet afgeschreven.",
        "shipping": "Verzending",
        "total": "Totaal, inclusief btw: {amount}",
        "link": "Je bestelling, met de facturen:",
    },
    "sv": {
        "hello": "Hej {name},",
        "subject_received": "Vi har tagit emot din beställning {number}",
        "received": "Tack för din beställning. Det här har du köpt:",
        "subject_shipped": "Beställning {number} är på väg",
        "shipped": "Den här delen av din beställning har lämnat vårt lager:",
        "tracking": "Transportör: {carrier}. Spårningsnummer: {tracking}",
        "subject_cancel": "Beställning {number}: avbeställd",
        "cancel": "Vi har avbeställt den här delen av din beställning:",
        "subject_refund": "Beställning {number}: din återbetalning",
        "refund": "Vi betalar tillbaka pengar för den här beställningen.",
        "subject_return": "Beställning {number}: din retur",
        "return": "Vi har fått tillbaka det här:",
        "paid_back": "Du får tillbaka: {amount}. Det som ännu inte dragits kommer inte att dras.",
        "shipping": "Frakt",
        "total": "Totalt inklusive moms: {amount}",
        "link": "Din beställning, med fakturor:",
    },
}


class _Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail before it is laid out; `rows` are (what, quantity or amount)."""

    subject: str
    intro: str
    rows: list[tuple[str, str]]
    closing: list[str]


def written(order: Order, kind: MailKind, cause_id: UUID, *, shop_url: str) -> Mail:
    """Return the mail about an order, one of its shipments or one of its adjustments (`cause_id`)."""
    language = formats.language_of(order.locale)
    words = _WORDS[language]
    if kind is MailKind.RECEIVED:
        letter = _received(order, words, language)
    elif kind is MailKind.SHIPPED:
        letter = _shipped(order, next(one for one in order.shipments if one.id == cause_id), words)
    else:
        letter = _adjusted(order, next(one for one in order.adjustments if one.id == cause_id), words, language)
    link = f"{shop_url}/orders/{order.id}?token={order.token}"
    hello = words["hello"].format(name=order.billing_address.name)
    return Mail(
        to=order.contact.email,
        subject=letter.subject.format(number=order.number),
        text=_plain(letter, hello, words["link"], link),
        html=_html(letter, hello, words["link"], link, language),
        language=language,
        cause=f"order-{kind}-{cause_id}",
    )


def _received(order: Order, words: dict[str, str], language: str) -> _Letter:
    rows = [
        (f"{line.ordered} x {line.name}", formats.money(line.money.gross_minor, order.currency, language))
        for line in order.lines
    ]
    rows += [
        (words["shipping"], formats.money(row.money.gross_minor, order.currency, language)) for row in order.shipping
    ]
    total = words["total"].format(amount=formats.money(order.total_minor, order.currency, language))
    return _Letter(subject=words["subject_received"], intro=words["received"], rows=rows, closing=[total])


def _shipped(order: Order, shipment: Shipment, words: dict[str, str]) -> _Letter:
    tracking = words["tracking"].format(carrier=shipment.carrier, tracking=shipment.tracking or "-")
    rows = _units(order, shipment.lines)
    return _Letter(subject=words["subject_shipped"], intro=words["shipped"], rows=rows, closing=[tracking])


def _adjusted(order: Order, adjustment: Adjustment, words: dict[str, str], language: str) -> _Letter:
    amount = -sum(row.gross_minor for row in adjustment.money)
    paid_back = words["paid_back"].format(amount=formats.money(amount, order.currency, language))
    rows = [] if adjustment.kind is AdjustmentKind.REFUND else _units(order, adjustment.lines)
    return _Letter(
        subject=words[f"subject_{adjustment.kind}"],
        intro=words[adjustment.kind],
        rows=rows,
        closing=[paid_back] if amount else [],
    )


def _units(order: Order, units: dict[int, int]) -> list[tuple[str, str]]:
    names = {line.line: line.name for line in order.lines}
    return [(f"{abs(quantity)} x {names[line]}", "") for line, quantity in units.items()]


def _plain(letter: _Letter, hello: str, link_words: str, link: str) -> str:
    rows = "\n".join(f"  {what}  {value}".rstrip() for what, value in letter.rows)
    parts = [hello, letter.intro, rows, *letter.closing, f"{link_words}\n{link}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(letter: _Letter, hello: str, link_words: str, link: str, language: str) -> str:
    rows = "".join(
        f'<tr><td style="padding:4px 16px 4px 0">{escape(what)}</td><td align="right">{escape(value)}</td></tr>'
        for what, value in letter.rows
    )
    closing = "".join(f"<p><strong>{escape(line)}</strong></p>" for line in letter.closing)
    return (
        f'<!doctype html><html lang="{language}"><body style="font-family:sans-serif;line-height:1.5">'
        f"<p>{escape(hello)}</p><p>{escape(letter.intro)}</p><table>{rows}</table>{closing}"
        f'<p>{escape(link_words)}<br><a href="{escape(link)}">{escape(link)}</a></p></body></html>'
    )
