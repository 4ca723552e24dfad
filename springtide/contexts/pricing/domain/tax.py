"""VAT: which country's rate a delivery to a buyer bears, and how much, on a given day.

Scope: goods sold to consumers. Reverse charge between businesses, digital services, duties and excise are not decided
here. Rates are basis points (25.5 % = 2550), exact integers from the shipped table to the row on the invoice.

    seller in   destination         registered there or by the one-stop shop   rate of          treatment
    any         seller's country    -                                          seller's country domestic
    EU or not   another VAT country yes                                        destination      destination
    EU          another EU country  no (below the 10,000 EUR threshold)        seller's country origin
    EU or not   anywhere else       no                                         none: 0          export

A postcode outside its country's VAT territory (the Canary Islands) is an export with rate 0.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cached_property
from importlib import resources

import msgspec

from springtide.platform.errors import BadInput

ZERO_CATEGORY = "zero"
STANDARD_CATEGORY = "standard"
# A country without a category taxes such goods at the next one: never less than the country knows, at most standard.
_FALLBACK = {"super_reduced": "reduced", "reduced_2": "reduced", "press": "reduced"}
# Codes that post offices and forms use for parts of a VAT country, with the postcode that stands for the part.
_ALIASES = {
    "EL": ("GR", ""),
    "UK": ("GB", ""),
    "IM": ("GB", ""),
    "MC": ("FR", ""),
    "GP": ("FR", "97100"),
    "MQ": ("FR", "97200"),
    "GF": ("FR", "97300"),
    "RE": ("FR", "97400"),
    "YT": ("FR", "97600"),
    "AX": ("FI", "22100"),
    "IC": ("ES", "35001"),
}


class Treatment(StrEnum):
    """Why a rate applies; printed on the invoice's basis and in the VAT report."""

    DOMESTIC = "domestic"
    DESTINATION = "destination"
    ORIGIN = "origin"
    EXPORT = "export"


class UnknownTaxDate(BadInput):
    """The VAT table does not reach back to the day asked for."""

    code = "tax_date_unknown"
    title = "No VAT rate is known for that day"


class Destination(msgspec.Struct, frozen=True):
    """Where the goods go: ISO 3166 alpha-2 country and postcode ("" where unknown or none)."""

    country: str
    postcode: str = ""


class SellerTax(msgspec.Struct, frozen=True):
    """How a seller is registered: country of establishment, countries with a VAT number, one-stop shop for the EU."""

    country: str
    registered_in: frozenset[str] = frozenset()
    one_stop_shop: bool = False


class TaxRate(msgspec.Struct, frozen=True):
    """A decision: the rate, the country it is owed to ("" for an export), the category asked for and the reason."""

    rate_bp: int
    country: str
    category: str
    treatment: Treatment


class _Period(msgspec.Struct, frozen=True):
    starts_on: date = msgspec.field(name="from")
    rates_bp: dict[str, int]


class _Exception(msgspec.Struct, frozen=True):
    name: str
    postcode: str
    standard_bp: int


class VatCountry(msgspec.Struct, frozen=True, dict=True):
    """One country of the table: dated rates by category, oldest first, and postcodes with a rate of their own."""

    country: str
    eu: bool
    periods: tuple[_Period, ...]
    exceptions: tuple[_Exception, ...] = ()

    @cached_property
    def starts(self) -> list[date]:
        """First days of the periods, for bisection."""
        return [period.starts_on for period in self.periods]

    @cached_property
    def patterns(self) -> list[tuple[re.Pattern[str], int]]:
        """Compiled postcode patterns with their standard rate."""
        return [(re.compile(rule.postcode), rule.standard_bp) for rule in self.exceptions]

    def exception_for(self, postcode: str) -> int | None:
        """Return the standard rate of the territory that `postcode` lies in, None on the mainland."""
        digits = postcode.upper().replace(" ", "").replace("-", "").removeprefix(self.country)
        return next((rate for pattern, rate in self.patterns if pattern.fullmatch(digits)), None)

    def category_rate(self, category: str, on: date) -> int:
        """Return the mainland rate of `category` on a day; unknown categories pay the standard rate."""
        if category == ZERO_CATEGORY:
            return 0
        position = bisect_right(self.starts, on) - 1
        if position < 0:
            detail = f"VAT rates of {self.country} start on {self.periods[0].starts_on}."
            raise UnknownTaxDate(detail, country=self.country, on=on.isoformat())
        rates = self.periods[position].rates_bp
        wanted = category if category in rates else _FALLBACK.get(category, STANDARD_CATEGORY)
        return rates.get(wanted, rates[STANDARD_CATEGORY])


class TaxTable:
    """VAT countries by code. Immutable and cheap to ask: two dictionary look-ups and one bisection."""

    def __init__(self, countries: Iterable[VatCountry]) -> None:
        self._countries = {country.country: country for country in countries}

    def knows(self, country: str) -> bool:
        """Tell whether the table has rates of `country` (EU, Great Britain and their parts)."""
        return _ALIASES.get(country, (country, ""))[0] in self._countries

    def changes_between(self, country: str, after: date, until: date) -> bool:
        """Tell whether any rate of `country` starts on a day after `after`, up to and including `until`."""
        known = self._countries.get(_ALIASES.get(country, (country, ""))[0])
        return known is not None and any(after < start <= until for start in known.starts)

    def exception(self, destination: Destination) -> int | None:
        """Return the standard rate of the territory with rates of its own that a destination lies in, else None."""
        code, part = _ALIASES.get(destination.country, (destination.country, ""))
        target = self._countries.get(code)
        return target.exception_for(part or destination.postcode) if target else None

    def rate(self, seller: SellerTax, destination: Destination, category: str, on: date) -> TaxRate:
        """Decide the VAT of goods of `category` sent to `destination` on day `on`.

        Raises `UnknownTaxDate` for a day before the table starts.
        """
        code, _ = _ALIASES.get(destination.country, (destination.country, ""))
        target, home = self._countries.get(code), self._countries.get(seller.country)
        exception = self.exception(destination)
        if target is None or exception == 0:
            return TaxRate(0, "", category, Treatment.EXPORT)
        treatment = self._treatment(seller, target, home)
        if treatment is Treatment.EXPORT:
            return TaxRate(0, "", category, treatment)
        if treatment is Treatment.ORIGIN and home is not None:
            return TaxRate(home.category_rate(category, on), home.country, category, treatment)
        rate_bp = target.category_rate(category, on)
        # A territory's own reduced rates are not in the sources: the lower of its standard and the mainland's rate.
        return TaxRate(rate_bp if exception is None else min(exception, rate_bp), target.country, category, treatment)

    @staticmethod
    def _treatment(seller: SellerTax, target: VatCountry, home: VatCountry | None) -> Treatment:
        if target.country == seller.country:
            return Treatment.DOMESTIC
        if target.country in seller.registered_in or (target.eu and seller.one_stop_shop):
            return Treatment.DESTINATION
        if target.eu and home is not None and home.eu:
            return Treatment.ORIGIN
        return Treatment.EXPORT


def shipped_table() -> TaxTable:
    """Read the VAT table that ships with the package (`pricing/data/vat_rates.json`)."""
    raw = resources.files("springtide.contexts.pricing.data").joinpath("vat_rates.json").read_bytes()
    return TaxTable(msgspec.json.decode(raw, type=list[VatCountry]))
