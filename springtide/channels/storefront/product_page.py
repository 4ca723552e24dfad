"""What the product page shows: variants with their offers, the best of them first chosen, promises, alternates."""

from typing import Any
from uuid import UUID

import msgspec

from springtide.channels.browse import Offer, ProductDocument
from springtide.channels.pages.translations import say
from springtide.channels.storefront import promise
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.shop import Shop
from springtide.contracts.inventory.api import Band
from springtide.contracts.pricing.api import PriceMode

_OPTIONS = {"style": "option.style", "colour": "option.colour", "color": "option.colour", "size": "option.size"}
_BUYABLE = frozenset({Band.IN_STOCK, Band.FEW_LEFT, Band.INBOUND})


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A variant to choose: `label` in words, its offer, whether it can be bought now."""

    sku: str
    label: str
    offer: Offer
    buyable: bool


def product_values(shop: Shop, place: Place, product_id: UUID, promised: object) -> dict[str, Any]:
    """Return the values of product.html."""
    document = shop.browse.product(product_id, place.language)
    choices = _choices(document, shop.browse.offers(product_id, place.market.key))
    sold = [choice for choice in choices if choice.offer.price_minor is not None]
    chosen = _chosen(sold)
    method = promise.usual(place.market.shipping_methods, place.country)
    return {
        "product": document,
        "choices": sold,
        "chosen": chosen,
        "prices_differ": len({choice.offer.price_minor for choice in sold}) > 1,
        "choose": _choose(place, document),
        "trail": shop.browse.category_path(document.category, place.language),
        "promised": promised,
        "delivery": method if place.market.price_mode is PriceMode.GROSS else None,
        "alternates": tuple(
            (
                other.tag,
                f"{other.prefix}/p/{document.slugs.get(other.language) or document.slugs.get('en', document.slug)}",
            )
            for other in shop.places().values()
        ),
    }


def _choose(place: Place, document: ProductDocument) -> str:
    """Return what the buyer is asked to choose: "Choose a colour"; an option we have no word for keeps its own."""
    name = next(iter(document.variants[0].options), "") if document.variants else ""
    key = _OPTIONS.get(name.lower(), "" if name else "option.style")
    return say(place.language, "product.choose", option=say(place.language, key) if key else name)


def _choices(document: ProductDocument, offers: tuple[Offer, ...]) -> list[Choice]:
    labels = {variant.sku: ", ".join(variant.options.values()) or variant.sku for variant in document.variants}
    return [
        Choice(sku=offer.sku, label=labels.get(offer.sku, offer.sku), offer=offer, buyable=offer.band in _BUYABLE)
        for offer in offers
    ]


def _chosen(sold: list[Choice]) -> Choice | None:
    """Return the variant shown first: the cheapest that can be bought, else the cheapest."""
    buyable = [choice for choice in sold if choice.buyable] or sold
    return min(buyable, key=lambda choice: choice.offer.price_minor or 0, default=None)
