"""The VAT that the UK shop of the history owed: the source has net prices only."""

from datetime import date, datetime

from springtide.demo.history_records import UNKNOWN_COUNTRY

_EU_2011 = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HU", "IE", "IT", "LT", "LU",
        "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
_RATES_BP = ((date(2011, 1, 4), 2000), (date(2010, 1, 1), 1750), (date.min, 1500))


def vat_rate_bp(placed_at: datetime, country: str) -> int:
    """Return the VAT rate in basis points on a standard-rated sale.

    UK standard rates: 15 % to 2009-12-31, 17.5 % to 2011-01-03, 20 % from 2011-01-04 (HMRC). Assumption: sales into
    the EU carry UK VAT, exports (also to the Channel Islands) none; the source does not show which EU buyers were
    businesses. An unknown country counts as home.
    """
    if country not in _EU_2011 and country != UNKNOWN_COUNTRY:
        return 0
    day = placed_at.date()
    return next(rate for start, rate in _RATES_BP if day >= start)
