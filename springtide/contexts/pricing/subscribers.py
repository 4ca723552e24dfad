"""What pricing takes from others: tax categories and categories of products and whether they are on sale, from the
catalogue.
"""

from collections.abc import Sequence

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.tax import TaxTable
from springtide.contexts.pricing.service.settle_prices import MarketPen
from springtide.contexts.pricing.store import ItemRow
from springtide.contracts.catalog.events import CategoriesChanged, ProductChangedEvent
from springtide.contracts.pricing.api import PriceMode, Promotion, PromotionLevel
from springtide.platform.db import Tx
from springtide.platform.events import Envelope
from springtide.platform.inbox import Subscription


def subscriptions(taxes: TaxTable) -> Sequence[Subscription]:
    """Return what pricing listens to."""
    listener = _Listener(taxes)
    return (
        Subscription(event=ProductChangedEvent, handle_many=listener.products_changed, newest_only=True),
        Subscription(event=CategoriesChanged, handle=listener.categories_changed, newest_only=True),
    )


class _Listener:
    def __init__(self, taxes: TaxTable) -> None:
        self._taxes = taxes

    async def products_changed(self, tx: Tx, changes: Sequence[tuple[Envelope, ProductChangedEvent]]) -> None:
        """Keep tax category, category and visibility of each SKU; settle prices only where they may hang on it.

        Many products at once settle once: an import is as cheap as a change.
        """
        wanted = {
            variant.sku: ItemRow(
                sku=variant.sku,
                tax_category=event.product.tax_category,
                category=event.product.category,
                published=event.product.published,
            )
            for _, event in changes
            for variant in event.product.variants
        }
        known = await store.items(tx, sorted(wanted))
        skus = sorted(sku for sku, facts in wanted.items() if facts != known.get(sku))
        if not skus:
            return
        is_priced = await self._may_change_prices(tx)
        rows = await store.lock_markets(tx, None) if is_priced else []
        revision = await store.next_revision(tx)
        await tx.run(
            "upsert_items_from_catalog",
            {
                "skus": skus,
                "tax_categories": [wanted[sku].tax_category for sku in skus],
                "categories": [wanted[sku].category for sku in skus],
                "published": [wanted[sku].published for sku in skus],
                "revision": revision,
            },
        )
        for row in rows:
            pen = MarketPen(tx, row, self._taxes, revision)
            await pen.settle_due()
            priced = await store.prices_now(tx, row.key, skus)
            await pen.settle(sorted(priced), cause="product")
            await pen.close()

    async def categories_changed(self, tx: Tx, envelope: Envelope, event: CategoriesChanged) -> None:  # noqa: ARG002 - a handler
        """Replace the tree; promotions by category may select other products now."""
        rows = await store.lock_markets(tx, None)
        revision = await store.next_revision(tx)
        await tx.run("delete_categories")
        await tx.run(
            "insert_categories",
            {
                "keys": [category.key for category in event.categories],
                "parents": [category.parent for category in event.categories],
            },
        )
        for row in rows:
            pen = MarketPen(tx, row, self._taxes, revision)
            await pen.settle_due()
            await pen.settle_all(cause="categories")
            await pen.close()

    @staticmethod
    async def _may_change_prices(tx: Tx) -> bool:
        """Tell whether a price can hang on a product's category (catalogue promotions) or tax (net markets)."""
        if any(market.price_mode is PriceMode.NET for market in await store.markets(tx)):
            return True
        return any(_selects_by_category(promotion) for promotion in await store.promotions(tx))


def _selects_by_category(promotion: Promotion) -> bool:
    return promotion.level is PromotionLevel.CATALOGUE and bool(promotion.conditions.categories)
