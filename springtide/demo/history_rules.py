"""What becomes of each invoice line: the rules behind `springtide.demo.history`.

`history_decisions` says every rule in a sentence and counts it. Credits are decided before the sales are streamed, so
that a sale's adjustments are known when its order is built.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from heapq import merge

import msgspec

from springtide.demo.codes import Treatment, treatment
from springtide.demo.history_credits import Key, Match, OpenSale, credited_keys, match_line, open_sales
from springtide.demo.history_decisions import Decisions, Line, Note
from springtide.demo.history_files import RawInvoice
from springtide.demo.history_records import (
    CANCELLATION_WINDOW,
    CURRENCY,
    DEMAND_MARKETS,
    HOME_MARKET,
    UNKNOWN_COUNTRY,
    AdjustedLine,
    HistoryAdjustment,
    HistoryLine,
    HistoryOrder,
)


def decide(
    sales: Callable[[], Iterator[RawInvoice]],
    credits_: Iterable[RawInvoice],
    known: AbstractSet[str],
    decisions: Decisions,
) -> Iterator[HistoryOrder]:
    """Turn raw invoices into orders and credits; `sales` is called twice and must give the same invoices each time."""
    credits_ = sorted(credits_, key=lambda invoice: invoice.at)
    open_by_key = open_sales(sales(), credited_keys(credits_))
    adjustments: dict[str, list[_Adjustment]] = defaultdict(list)
    alone: list[HistoryOrder] = []
    for invoice in credits_:
        credit = _decide_credit(invoice, open_by_key, adjustments, known, decisions)
        if credit is not None:
            alone.append(credit)
    del open_by_key
    orders = (_decide_sale(invoice, known, adjustments.get(invoice.number, []), decisions) for invoice in sales())
    yield from merge(alone, (order for order in orders if order is not None), key=lambda order: order.placed_at)


class _Adjustment(msgspec.Struct, frozen=True):
    """An adjustment while the order's lines are not built yet: rows of the raw invoice instead of line indexes."""

    external_ref: str
    at: datetime
    kind: Line
    rows: tuple[tuple[int, int, int], ...]


class _Credit:
    """One credit invoice while its lines are decided."""

    def __init__(
        self,
        invoice: RawInvoice,
        open_by_key: dict[Key, list[OpenSale]],
        known: AbstractSet[str],
        decisions: Decisions,
    ) -> None:
        self.invoice = invoice
        self.lines: list[HistoryLine] = []
        self.shipping = self.money = 0
        self.taken: dict[tuple[str, Line], list[tuple[int, int, int]]] = defaultdict(list)
        self._open_by_key = open_by_key
        self._known = known
        self._decisions = decisions

    def decide(self, row: list[str]) -> Line:
        """Decide one line and keep what it means."""
        code, quantity, price = row[0].upper(), int(row[1]), int(row[2])
        how = treatment(code)
        if self.invoice.number.startswith("A"):
            return Line.BAD_DEBT
        if how is Treatment.EXCLUDED:
            return Line.EXCLUDED_CODE
        if how in _MONEY or quantity >= 0:
            return self._money(how, -quantity * price)
        matches = match_line(
            self._open_by_key.get((self.invoice.customer, code), ()), self.invoice.at, -quantity, price
        )
        if matches:
            return self._take_back(matches, price)
        kind = Line.VOUCHER if how is Treatment.VOUCHER else Line.ARTICLE if code in self._known else Line.UNLISTED
        self.lines.append(HistoryLine(code, -quantity, price, kind.value, _description(row)))
        return Line.CREDIT_UNMATCHED

    def _money(self, how: Treatment | None, given_back: int) -> Line:
        if how is Treatment.SHIPPING:
            self.shipping += given_back
        else:
            self.money += given_back
        return Line.CREDIT_MONEY

    def _take_back(self, matches: list[Match], price: int) -> Line:
        """Note the pieces of one matched line; the decision is that of the first piece."""
        kinds = []
        for match in matches:
            soon = self.invoice.at - match.sale.at <= CANCELLATION_WINDOW
            kinds.append(Line.CANCELLED if soon else Line.RETURNED)
            self.taken[match.sale.invoice, kinds[-1]].append((match.sale.row, match.quantity, price))
        if len(matches) > 1:
            self._decisions.note(Note.SPLIT_MATCH)
        if any(match.sale.price_minor != price for match in matches):
            self._decisions.note(Note.REFUND_PRICE_DIFFERS)
        return kinds[0]


def _decide_credit(
    invoice: RawInvoice,
    open_by_key: dict[Key, list[OpenSale]],
    adjustments: dict[str, list[_Adjustment]],
    known: AbstractSet[str],
    decisions: Decisions,
) -> HistoryOrder | None:
    credit = _Credit(invoice, open_by_key, known, decisions)
    for row in invoice.rows:
        decisions.add(credit.decide(row), int(row[1]) * int(row[2]))
    for (number, kind), rows in credit.taken.items():
        adjustments[number].append(_Adjustment(invoice.number, invoice.at, kind, tuple(rows)))
    if not credit.lines and not credit.shipping and not credit.money:
        return None
    return _order(invoice, "credit", credit.lines, shipping=credit.shipping, discount=credit.money)


def _decide_sale(
    invoice: RawInvoice, known: AbstractSet[str], adjustments: list[_Adjustment], decisions: Decisions
) -> HistoryOrder | None:
    goods = any(_is_goods(row) for row in invoice.rows)
    lines: list[HistoryLine] = []
    index_of_row: dict[int, int] = {}
    shipping = 0
    for index, row in enumerate(invoice.rows):
        code = row[0].upper()
        quantity, price = int(row[1]), int(row[2])
        decision = _decide_line(code, quantity, price, goods=goods, known=known)
        decisions.add(decision, quantity * price)
        if decision is Line.SHIPPING:
            shipping += quantity * price
        elif decision in _KEPT:
            index_of_row[index] = len(lines)
            lines.append(HistoryLine(code, quantity, price, decision.value, _description(row)))
    _note_lines(invoice.rows, decisions)
    if not lines:
        return None
    order = _order(invoice, "sale", lines, shipping=shipping, adjustments=_adjusted(adjustments, index_of_row))
    for note in order.notes:
        decisions.note(Note(note))
    return order


def _note_lines(rows: list[list[str]], decisions: Decisions) -> None:
    different = len({(row[0], row[1], row[2]) for row in rows})
    decisions.note(Note.REPEATED_LINE, len(rows) - different)
    decisions.note(Note.LOWER_CASE, sum(row[0] != row[0].upper() for row in rows))


_MONEY = frozenset({Treatment.SHIPPING, Treatment.DISCOUNT, Treatment.MANUAL})
_KEPT = frozenset({Line.ARTICLE, Line.FREE, Line.UNLISTED, Line.VOUCHER, Line.MANUAL})


def _is_goods(row: list[str]) -> bool:
    how = treatment(row[0].upper())
    return (how is None or how is Treatment.VOUCHER) and int(row[1]) > 0 and int(row[2]) > 0


def _decide_line(  # noqa: PLR0911 - a decision table, one return per row
    code: str, quantity: int, price: int, *, goods: bool, known: AbstractSet[str]
) -> Line:
    how = treatment(code)
    if how is Treatment.EXCLUDED:
        return Line.EXCLUDED_CODE
    if quantity <= 0:
        return Line.WRITE_OFF
    if how is Treatment.SHIPPING:
        return Line.SHIPPING if goods else Line.NO_GOODS
    if how in {Treatment.MANUAL, Treatment.DISCOUNT}:
        return Line.MANUAL if goods else Line.NO_GOODS
    if price <= 0:
        return Line.FREE if goods and how is None and code in known else Line.STOCK_NOTE
    if how is Treatment.VOUCHER:
        return Line.VOUCHER
    return Line.ARTICLE if code in known else Line.UNLISTED


def _adjusted(adjustments: list[_Adjustment], index_of_row: dict[int, int]) -> tuple[HistoryAdjustment, ...]:
    kinds = {Line.CANCELLED: "cancel", Line.RETURNED: "return"}
    return tuple(
        HistoryAdjustment(
            adjustment.external_ref,
            adjustment.at,
            kinds[adjustment.kind],
            tuple(AdjustedLine(index_of_row[row], quantity, price) for row, quantity, price in adjustment.rows),
        )
        for adjustment in adjustments
    )


def _order(
    invoice: RawInvoice,
    kind: str,
    lines: list[HistoryLine],
    *,
    shipping: int,
    discount: int = 0,
    adjustments: tuple[HistoryAdjustment, ...] = (),
) -> HistoryOrder:
    country = invoice.country
    return HistoryOrder(
        external_ref=invoice.number,
        kind=kind,
        placed_at=invoice.at.astimezone(UTC),
        customer_ref=invoice.customer or None,
        country=country,
        market=HOME_MARKET,
        demand_market=country if country in DEMAND_MARKETS else HOME_MARKET,
        currency=CURRENCY,
        lines=tuple(lines),
        shipping_minor=shipping,
        discount_minor=discount,
        notes=tuple(_notes(invoice)),
        adjustments=adjustments,
    )


def _notes(invoice: RawInvoice) -> Iterator[str]:
    if not invoice.customer:
        yield Note.GUEST.value
    if invoice.country == UNKNOWN_COUNTRY:
        yield Note.COUNTRY_UNKNOWN.value
    elif invoice.country != HOME_MARKET:
        yield Note.ABROAD.value
    if invoice.span_minutes:
        yield Note.OVER_MINUTES.value


def _description(row: list[str]) -> str:
    return row[3] if len(row) > 3 else ""  # noqa: PLR2004 - the fourth column is optional
