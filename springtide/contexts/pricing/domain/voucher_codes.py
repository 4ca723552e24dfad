"""The codes a buyer typed: which promotions they open, and what became of each.

why             when
""              its promotion is among those the cart gets
unknown         no such code, or its promotion does not hold in this market
not_started     the code's or the promotion's time has not come
expired         it is over
used_up         every use of a limited code was claimed
conditions      its promotion would take nothing off this cart
not_combinable  it would, but another combination costs the buyer less, or another code opened it already
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from springtide.contexts.pricing.domain.book import MarketBook, Voucher
from springtide.contexts.pricing.domain.cart_promotions import Applied, Buyer, CartLine, admitted
from springtide.contexts.pricing.domain.promotions import Promotion, Window
from springtide.contracts.pricing.api import VoucherOutcome


def normalised(code: str) -> str:
    """Return a voucher code as it is stored: without blanks around, in capitals."""
    return code.strip().upper()


def why_not_now(voucher: Voucher | None, promotion: Window | None, now: datetime) -> str:
    """Return why a code cannot be used at all at `now`, "" if it can. `promotion` is the time of what it opens."""
    if voucher is None or promotion is None:
        return "unknown"
    windows = (voucher.window, promotion)
    if any(window.is_before(now) for window in windows):
        return "not_started"
    if not all(window.contains(now) for window in windows):
        return "expired"
    return "used_up" if voucher.is_used_up else ""


class ShownCodes:
    """The codes of one request, judged against a book at a moment. Repeated codes count once."""

    def __init__(self, codes: Iterable[str], book: MarketBook, now: datetime) -> None:
        self._codes = tuple(dict.fromkeys(normalised(code) for code in codes))
        self._book = book
        self._now = now
        self._dead = {code: why for code in self._codes if (why := self._why_not(code))}
        usable = [code for code in reversed(self._codes) if code not in self._dead]
        self._opened = {book.vouchers[code].promotion: code for code in usable}

    def open_promotions(self) -> list[Promotion]:
        """Return the cart promotions in time: those without a voucher, and those that a usable code opens."""
        return [
            promotion
            for promotion in self._book.cart_promotions
            if promotion.window.contains(self._now) and (not promotion.needs_voucher or promotion.key in self._opened)
        ]

    def code_of(self, promotion: Promotion) -> str:
        """Return the code that opened a promotion, "" when it needed none."""
        return self._opened.get(promotion.key, "") if promotion.needs_voucher else ""

    def outcomes(
        self, lines: Sequence[CartLine], buyer: Buyer, applied: Sequence[Applied]
    ) -> tuple[VoucherOutcome, ...]:
        """Return one outcome per code, in the order given."""
        used = {self.code_of(one.promotion) for one in applied}
        return tuple(
            VoucherOutcome(
                code=code,
                why="" if code in used else self._dead.get(code) or self._why_unused(code, lines, buyer),
                limited=code in self._book.vouchers and self._book.vouchers[code].is_limited,
            )
            for code in self._codes
        )

    def _why_unused(self, code: str, lines: Sequence[CartLine], buyer: Buyer) -> str:
        promotion = self._book.promotions[self._book.vouchers[code].promotion]
        return "not_combinable" if admitted(lines, buyer, promotion) else "conditions"

    def _why_not(self, code: str) -> str:
        voucher = self._book.vouchers.get(code)
        promotion = self._book.promotions.get(voucher.promotion) if voucher else None
        return why_not_now(voucher, promotion.window if promotion else None, self._now)
