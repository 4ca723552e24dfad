"""Invoices and credit notes as printable HTML in the buyer's language, with VAT per rate; needs no other host."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from html import escape

import msgspec

from springtide.contexts.orders.service import formats
from springtide.contracts.common import Address
from springtide.contracts.orders.api import DocumentKind
from springtide.contracts.pricing.api import Seller, TaxedRow


class PaperRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a document; `quantity` None for shipping."""

    text: str
    quantity: int | None
    money: TaxedRow


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a document says. `refers_to`: the invoice that a credit note credits."""

    kind: DocumentKind
    number: str
    issued_on: date
    order_number: str
    ordered_on: date
    language: str
    currency: str
    seller: Seller
    destination: str
    buyer: Address
    rows: tuple[PaperRow, ...]
    refers_to: str = ""


_WORDS = {
    "en": {
        "invoice": "Invoice",
        "credit_note": "Credit note",
        "number": "Number",
        "date": "Date",
        "order": "Order",
        "of": "of",
        "refers_to": "To invoice",
        "vat_number": "VAT number",
        "to": "To",
        "what": "Description",
        "quantity": "Quantity",
        "rate": "VAT",
        "net": "Net",
        "tax": "VAT amount",
        "gross": "Total",
        "shipping": "Shipping",
        "discount": "Discount included",
        "by_rate": "VAT by rate",
        "sum": "Total including VAT",
    },
    "nl": {
        "invoice": "Factuur",
        "credit_note": "Creditnota",
        "number": "Nummer",
        "date": "Datum",
        "order": "Bestelling",
        "of": "van",
        "refers_to": "Bij factuur",
        "vat_number": "Btw-nummer",
        "to": "Aan",
        "what": "Omschrijving",
        "quantity": "Aantal",
        "rate": "Btw",
        "net": "Excl. btw",
        "tax": "Btw-bedrag",
        "gross": "Incl. btw",
        "shipping": "Verzending",
        "discount": "Inclusief korting",
        "by_rate": "Btw per tarief",
        "sum": "Totaal inclusief btw",
    },
    "sv": {
        "invoice": "Faktura",
        "credit_note": "Kreditfaktura",
        "number": "Nummer",
        "date": "Datum",
        "order": "Beställning",
        "of": "från",
        "refers_to": "Till faktura",
        "vat_number": "Momsregistreringsnummer",
        "to": "Till",
        "what": "Beskrivning",
        "quantity": "Antal",
        "rate": "Moms",
        "net": "Exkl. moms",
        "tax": "Momsbelopp",
        "gross": "Inkl. moms",
        "shipping": "Frakt",
        "discount": "Inklusive rabatt",
        "by_rate": "Moms per skattesats",
        "sum": "Totalt inklusive moms",
    },
}

_STYLE = """body{font:11pt/1.45 system-ui,sans-serif;color:#1b1b1b;max-width:48rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 1rem}
header,section{display:flex;gap:2rem;justify-content:space-between;margin-bottom:1.5rem}
address{font-style:normal}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0;
align-content:start}dd{margin:0}
table{width:100%;border-collapse:collapse;margin-bottom:1.5rem}th,td{padding:.35rem .5rem;border-bottom:1px solid #ccc;
text-align:right;vertical-align:top}th:first-child,td:first-child{text-align:left}caption{text-align:left;font-weight:600}
tfoot td,tfoot th{border-top:2px solid #1b1b1b;border-bottom:0;font-weight:600}small{color:#555}
@media print{body{margin:0;max-width:none}}@page{margin:18mm}"""


def page(paper: Paper) -> str:
    """Return the whole page."""
    words = _WORDS[paper.language]
    title = f"{words[paper.kind]} {paper.number}"
    return (
        f'<!doctype html><html lang="{paper.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>"
        f"<header>{_seller(paper, words)}{_head(paper, words)}</header><h1>{escape(title)}</h1>"
        f"<section><div><strong>{words['to']}</strong>{_address(paper.buyer, paper.language)}</div></section>"
        f"{_rows(paper, words)}{_by_rate(paper, words)}</body></html>"
    )


def _seller(paper: Paper, words: dict[str, str]) -> str:
    seller = paper.seller
    vat_number = seller.vat_numbers.get(paper.destination) or seller.vat_numbers.get(seller.country, "")
    line = f"<br>{words['vat_number']}: {escape(vat_number)}" if vat_number else ""
    return f"<div><strong>{escape(seller.name)}</strong>{_address(seller.address, paper.language)}{line}</div>"


def _head(paper: Paper, words: dict[str, str]) -> str:
    facts = [
        (words["number"], paper.number),
        (words["date"], formats.day(paper.issued_on, paper.language)),
        (words["order"], f"{paper.order_number} {words['of']} {formats.day(paper.ordered_on, paper.language)}"),
    ]
    if paper.refers_to:
        facts.append((words["refers_to"], paper.refers_to))
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts) + "</dl>"


def _address(address: Address, language: str) -> str:
    lines = (
        address.company,
        address.name,
        address.line1,
        address.line2,
        f"{address.postcode} {address.city}".strip(),
        address.region,
        formats.country(address.country, language),
    )
    return "<address>" + "<br>".join(escape(line) for line in lines if line) + "</address>"


def _rows(paper: Paper, words: dict[str, str]) -> str:
    body = "".join(_row(row, paper, words) for row in paper.rows)
    total = sum(row.money.gross_minor for row in paper.rows)
    heads = "".join(
        f'<th scope="col">{words[name]}</th>' for name in ("what", "quantity", "rate", "net", "tax", "gross")
    )
    return (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody><tfoot><tr>"
        f'<th colspan="5" scope="row">{words["sum"]}</th><td>{_money(total, paper)}</td></tr></tfoot></table>'
    )


def _row(row: PaperRow, paper: Paper, words: dict[str, str]) -> str:
    money = row.money
    discount = (
        f"<br><small>{words['discount']}: {_money(money.discount_minor, paper)}</small>" if money.discount_minor else ""
    )
    return (
        f"<tr><td>{escape(row.text or words['shipping'])}{discount}</td>"
        f"<td>{'' if row.quantity is None else row.quantity}</td>"
        f"<td>{formats.percent(money.rate_bp, paper.language)}</td><td>{_money(money.net_minor, paper)}</td>"
        f"<td>{_money(money.tax_minor, paper)}</td><td>{_money(money.gross_minor, paper)}</td></tr>"
    )


def _by_rate(paper: Paper, words: dict[str, str]) -> str:
    heads = "".join(f'<th scope="col">{words[name]}</th>' for name in ("rate", "net", "tax", "gross"))
    body = "".join(
        f"<tr><td>{formats.percent(rate, paper.language)}</td><td>{_money(net, paper)}</td>"
        f"<td>{_money(tax, paper)}</td><td>{_money(net + tax, paper)}</td></tr>"
        for rate, net, tax in vat_by_rate([row.money for row in paper.rows])
    )
    return f"<table><caption>{words['by_rate']}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def vat_by_rate(rows: Sequence[TaxedRow]) -> list[tuple[int, int, int]]:
    """Return (rate in basis points, net, tax) per rate, highest first."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        sums[row.rate_bp][0] += row.net_minor
        sums[row.rate_bp][1] += row.tax_minor
    return [(rate, net, tax) for rate, (net, tax) in sorted(sums.items(), reverse=True)]


def _money(minor: int, paper: Paper) -> str:
    return _amount(minor, paper.currency, paper.language)


@lru_cache(maxsize=16_384)
def _amount(minor: int, currency: str, language: str) -> str:
    return escape(formats.money(minor, currency, language))
