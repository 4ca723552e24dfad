"""The small shop a drill sells out of: one market, two warehouses, twelve products, some of them nearly gone."""

from datetime import UTC, datetime, timedelta

from springtide.contracts.catalog.api import CatalogApi, Category, ProductDraft, Variant
from springtide.contracts.common import Address, ExternalRef
from springtide.contracts.inventory.api import InventoryApi, Location, StockLevel
from springtide.contracts.pricing.api import (
    Conditions,
    Market,
    PriceChange,
    PriceMode,
    PricingApi,
    Promotion,
    PromotionKind,
    PromotionLevel,
    Seller,
    ShippingMethod,
    Voucher,
)
from springtide.platform.caller import system
from springtide.platform.wiring import Ask

MARKET, LOCALE, COUNTRY = "NL", "nl", "NL"
VOUCHER, VOUCHER_USES = "DRILL8", 8
PLENTY_PER_LOCATION = 5_000
SCARCE: dict[str, int] = {"D-01": 3, "D-02": 6, "D-03": 14}
"""SKUs that sell out within the drill, with the units there are in all: overselling would show here."""
SKUS: tuple[str, ...] = tuple(f"D-{number:02}" for number in range(1, 13))
_LOCATIONS = ("near", "far")
_BATCH = "drill-goods"
_CALLER = system("drill")
_ADDRESS = Address(name="Drill B.V.", line1="Kade 1", city="Utrecht", postcode="3511 AB", country="NL")


def units_owned(sku: str) -> int:
    """Return how many units of a SKU are in stock before the first buyer comes."""
    return SCARCE.get(sku, PLENTY_PER_LOCATION * len(_LOCATIONS))


async def load_goods(ask: Ask) -> None:
    """Load seller, market, products, prices and stock. A repeat changes nothing."""
    await _load_prices(ask(PricingApi))
    await _load_products(ask(CatalogApi))
    await _load_stock(ask(InventoryApi))


async def load_voucher(pricing: PricingApi) -> None:
    """Load a promotion and its voucher of few uses: after the products have reached pricing."""
    promotion = Promotion(
        key="drill",
        names={"en": "Drill"},
        kind=PromotionKind.PERCENTAGE,
        level=PromotionLevel.CART,
        percent_bp=1_000,
        needs_voucher=True,
        conditions=Conditions(),
    )
    await pricing.put_promotion(caller=_CALLER, key=f"{_BATCH}:promotion", promotion=promotion)
    voucher = Voucher(code=VOUCHER, promotion="drill", limit=VOUCHER_USES)
    await pricing.put_voucher(caller=_CALLER, key=f"{_BATCH}:voucher", voucher=voucher)


async def _load_prices(pricing: PricingApi) -> None:
    seller = Seller(
        key="drill",
        name="Drill B.V.",
        country="NL",
        base_currency="EUR",
        vat_numbers={"NL": "NL000000000B01", "EU": "NL000000000B01"},
        address=_ADDRESS,
        number_prefix="DR",
    )
    await pricing.put_market(caller=_CALLER, key=f"{_BATCH}:market", seller=seller, market=_market())
    changes = tuple(
        PriceChange(
            market=MARKET,
            sku=sku,
            amount_minor=395 + 110 * number,
            tax_category="reduced" if number % 3 == 0 else "standard",
        )
        for number, sku in enumerate(SKUS)
    )
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=60)
    await pricing.import_prices(caller=_CALLER, key=f"{_BATCH}:prices", batch=_BATCH, changes=changes, at=at)


def _market() -> Market:
    standard = ShippingMethod(
        key="standard",
        names={"en": "Standard delivery"},
        carrier="parcelpost",
        countries=("NL",),
        price_minor=495,
        free_from_minor=5_000,
        days_min=1,
        days_max=3,
        cut_off_local="16:00",
    )
    return Market(
        key=MARKET,
        seller="drill",
        currency="EUR",
        price_mode=PriceMode.GROSS,
        countries=("NL",),
        languages=("nl", "en"),
        time_zone="Europe/Amsterdam",
        shipping_methods=(standard,),
    )


async def _load_products(catalog: CatalogApi) -> None:
    root = Category(key="drill", parent="", position=1, names={"en": "Drill"}, slugs={"en": "drill"})
    await catalog.put_categories(caller=_CALLER, key=f"{_BATCH}:categories", categories=(root,))
    drafts = tuple(
        ProductDraft(
            names={"en": f"Lantern {sku}", "nl": f"Lantaarn {sku}"},
            category="drill",
            tax_category="reduced" if number % 3 == 0 else "standard",
            variants=(Variant(sku=sku),),
            external_refs=(ExternalRef("drill", sku),),
        )
        for number, sku in enumerate(SKUS)
    )
    await catalog.import_products(caller=_CALLER, key=f"{_BATCH}:products", batch=_BATCH, drafts=drafts, publish=True)


async def _load_stock(inventory: InventoryApi) -> None:
    for rank, key in enumerate(_LOCATIONS, 1):
        location = Location(key=key, name=key, external=False, ranks={MARKET: rank})
        await inventory.put_location(caller=_CALLER, key=f"{_BATCH}:location:{key}", location=location)
    levels = tuple(
        StockLevel(sku=sku, location=location, quantity=_quantity(sku, location), low_stock_at=3)
        for sku in SKUS
        for location in _LOCATIONS
    )
    at = datetime.now(UTC).replace(microsecond=0)
    await inventory.import_stock(caller=_CALLER, key=f"{_BATCH}:stock", batch=_BATCH, levels=levels, at=at)


def _quantity(sku: str, location: str) -> int:
    """Scarce units lie in both places, so that one order may need both."""
    if sku not in SCARCE:
        return PLENTY_PER_LOCATION
    near = SCARCE[sku] // 3
    return near if location == _LOCATIONS[0] else SCARCE[sku] - near
