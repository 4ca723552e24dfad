"""The demo shop's own set-up: sellers, markets, shipping methods, locations, promotions and vouchers.

Exchange rates, price points and the euro and krona sellers are assumptions of ours; the goods, their pound prices and
the history are real (see `data/SOURCES.md`).
"""

from springtide.contracts.common import Address
from springtide.contracts.inventory.api import Location
from springtide.contracts.pricing.api import (
    Conditions,
    Market,
    PriceMode,
    Promotion,
    PromotionKind,
    PromotionLevel,
    Seller,
    ShippingMethod,
    Voucher,
)

UK = Seller(
    key="uk",
    name="Marlow & Finch Gifts Ltd",
    country="GB",
    base_currency="GBP",
    vat_numbers={"GB": "GB000000000"},
    address=Address(
        name="Marlow & Finch Gifts Ltd", line1="1 Quay Street", city="Bristol", postcode="BS1 4DB", country="GB"
    ),
    number_prefix="UK",
)
EU = Seller(
    key="eu",
    name="Marlow & Finch Gifts B.V.",
    country="NL",
    base_currency="EUR",
    vat_numbers={"NL": "NL000000000B01", "EU": "NL000000000B01"},
    address=Address(name="Marlow & Finch Gifts B.V.", line1="Kade 1", city="Utrecht", postcode="3511 AB", country="NL"),
    number_prefix="EU",
)


def _shipping(key: str, countries: tuple[str, ...], *, price: int, free_from: int | None) -> ShippingMethod:
    """Return a method of the demo: key "standard" or "express"; days differ between the home market and the rest."""
    is_express = key == "express"
    days = (1, 1) if is_express else (2, 3) if countries == ("GB",) else (2, 5)
    return ShippingMethod(
        key=key,
        names=_EXPRESS if is_express else _STANDARD,
        carrier="swiftline" if is_express else "parcelpost",
        countries=countries,
        price_minor=price,
        free_from_minor=free_from,
        days_min=days[0],
        days_max=days[1],
        cut_off_local="16:00",
    )


_STANDARD = {"en": "Standard delivery", "nl": "Standaard bezorging", "sv": "Standardleverans"}
_EXPRESS = {"en": "Next working day", "nl": "Volgende werkdag", "sv": "Nästa arbetsdag"}

MARKETS: tuple[tuple[Seller, Market], ...] = (
    (
        UK,
        Market(
            key="GB",
            seller="uk",
            currency="GBP",
            price_mode=PriceMode.GROSS,
            countries=("GB",),
            languages=("en",),
            time_zone="Europe/London",
            shipping_methods=(
                _shipping("standard", ("GB",), price=395, free_from=4000),
                _shipping("express", ("GB",), price=695, free_from=None),
            ),
        ),
    ),
    (
        EU,
        Market(
            key="NL",
            seller="eu",
            currency="EUR",
            price_mode=PriceMode.GROSS,
            countries=("NL", "BE", "DE"),
            languages=("nl", "en"),
            time_zone="Europe/Amsterdam",
            shipping_methods=(
                _shipping("standard", ("NL", "BE", "DE"), price=495, free_from=5000),
                _shipping("express", ("NL",), price=895, free_from=None),
            ),
        ),
    ),
    (
        EU,
        Market(
            key="SE",
            seller="eu",
            currency="SEK",
            price_mode=PriceMode.GROSS,
            countries=("SE",),
            languages=("sv", "en"),
            time_zone="Europe/Stockholm",
            fx_to_base="0.088",
            shipping_methods=(
                _shipping("standard", ("SE",), price=5900, free_from=59900),
                _shipping("express", ("SE",), price=9900, free_from=None),
            ),
        ),
    ),
)

LOCATIONS = (
    Location(key="own", name="Bristol warehouse", external=False, ranks={"GB": 1, "NL": 2, "SE": 2}),
    Location(key="ext", name="Venlo fulfilment centre", external=True, ranks={"GB": 2, "NL": 1, "SE": 1}),
)

PROMOTIONS = (
    Promotion(
        key="garden-weeks",
        names={"en": "Garden weeks", "nl": "Tuinweken", "sv": "Trädgårdsveckor"},
        kind=PromotionKind.PERCENTAGE,
        level=PromotionLevel.CATALOGUE,
        percent_bp=1500,
        conditions=Conditions(categories=("gardening", "garden-decor")),
    ),
    Promotion(
        key="welcome",
        names={"en": "Welcome", "nl": "Welkom", "sv": "Välkommen"},
        kind=PromotionKind.PERCENTAGE,
        level=PromotionLevel.CART,
        percent_bp=1000,
        needs_voucher=True,
        exclusive=True,
    ),
)

VOUCHERS = (
    Voucher(code="WELCOME10", promotion="welcome", limit=None),
    Voucher(code="FIRST50", promotion="welcome", limit=50),
)


def gross_price_minor(market: str, net_pence: int) -> int:
    """Return a market's price with VAT, in minor units, from the source's net pence.

    Pounds and euro end in 0 or 5, kronor are whole. Factors (assumptions): VAT 20, 21 and 25 %; 1.15 EUR and
    13.00 SEK for a pound.
    """
    per_mille, step = {"GB": (1200, 5), "NL": (1392, 5), "SE": (16250, 100)}[market]
    return max(step, (net_pence * per_mille + 500 * step) // (1000 * step) * step)
