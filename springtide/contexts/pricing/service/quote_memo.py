"""Quotes that were worked out before: at a peak thousands ask what the same basket costs.

A quote depends on the request, the book, the VAT of a day and which prices, promotions and vouchers are in force. A
book never changes (another one takes its place), so what was worked out with it holds until the next moment at which
something starts or ends, or the market's midnight. Only the two times of a quote are new each time; its id does not
depend on them.
"""

from datetime import datetime

import msgspec

from springtide.contexts.pricing.domain.book import MarketBook
from springtide.contexts.pricing.domain.quote import expiry, next_midnight, quote, territory
from springtide.contexts.pricing.domain.tax import TaxTable
from springtide.contracts.pricing.api import Quote, QuoteRequest

_MOST = 2_048
"""Quotes kept for a market: about 3 KB each."""


class _Known:
    """The quotes of one book, on one day, until something starts or ends."""

    def __init__(self, book: MarketBook, now: datetime) -> None:
        self.book = book
        self._from = now
        self._until = min(filter(None, (book.next_change(now), next_midnight(book.market, now))))
        self.quotes: dict[tuple[QuoteRequest, int | None], Quote] = {}

    def holds(self, book: MarketBook, now: datetime) -> bool:
        return book is self.book and self._from <= now < self._until


class QuoteMemo:
    """Answers as `domain.quote.quote` does, and remembers the answers. Refusals are worked out each time."""

    def __init__(self, taxes: TaxTable, *, most: int = _MOST) -> None:
        self._taxes = taxes
        self._most = most
        self._markets: dict[str, _Known] = {}

    def quote(self, request: QuoteRequest, book: MarketBook, now: datetime) -> Quote:
        """Return the quote of a moment."""
        known = self._markets.get(book.market.key)
        if known is None or not known.holds(book, now):
            known = self._markets[book.market.key] = _Known(book, now)
        # Of the postcode only the territory counts: neighbours share a quote.
        key = msgspec.structs.replace(request, postcode=""), territory(request, book, self._taxes)
        found = known.quotes.get(key)
        if found is not None:
            return msgspec.structs.replace(found, quoted_at=now, expires_at=expiry(book, now))
        if len(known.quotes) >= self._most:
            del known.quotes[next(iter(known.quotes))]
        made = known.quotes[key] = quote(request, book, self._taxes, now)
        return made
