"""Add or replace a promotion. At catalogue level it is a reduction, so every product must have a prior price."""

from collections.abc import Mapping, Sequence

import msgspec

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain import promotions as rules
from springtide.contexts.pricing.domain.tax import TaxTable
from springtide.contexts.pricing.service.books import as_item
from springtide.contexts.pricing.service.settle_prices import MarketPen
from springtide.contexts.pricing.store import PriceNowRow
from springtide.contracts.pricing.api import MarketNotFound, NoPriorPrice, Promotion, PromotionLevel
from springtide.platform.db import Tx

_NAMED_SKUS = 20


async def put_promotion(tx: Tx, promotion: Promotion, taxes: TaxTable) -> Promotion:
    """Write a promotion; prices that it changes now are settled now, later ones at their moment.

    A catalogue promotion without a start starts now (replaced: keeps its start): the 30 days before it need an end.
    """
    rules.check(promotion)
    rows = await store.lock_markets(tx, None)
    if unknown := sorted({*promotion.markets, *promotion.amount_minor} - {row.key for row in rows}):
        raise MarketNotFound(market=unknown[0])
    revision = await store.next_revision(tx)
    former = (await store.some_promotions(tx, [promotion.key])).get(promotion.key)
    if promotion.level is PromotionLevel.CATALOGUE and promotion.starts_at is None:
        began = former.starts_at if former and former.level is PromotionLevel.CATALOGUE else None
        promotion = msgspec.structs.replace(promotion, starts_at=began or tx.now)
    pens = [MarketPen(tx, row, taxes, revision) for row in rows]
    for pen in pens:
        await pen.settle_due()
    if promotion.level is PromotionLevel.CATALOGUE:
        await _require_prior_prices(tx, promotion, pens)
    await tx.run(
        "upsert_promotion",
        {
            "key": promotion.key,
            "body": store.encoded(promotion),
            "priority": promotion.priority,
            "starts_at": promotion.starts_at,
            "ends_at": promotion.ends_at,
        },
    )
    touches_prices = any(one and one.level is PromotionLevel.CATALOGUE for one in (promotion, former))
    for pen in pens:
        if touches_prices:
            await pen.settle_all(cause=f"promotion:{promotion.key}")
        await pen.close()
    tx.audit("promotion_put", promotion.key, kind=promotion.kind, level=promotion.level, active=promotion.active)
    return promotion


async def _require_prior_prices(tx: Tx, promotion: Promotion, pens: Sequence[MarketPen]) -> None:
    """Refuse when a selected product has no price from before the start, or a named one has no price at all."""
    parents = await store.parents(tx)
    unpriced = set(promotion.conditions.skus)
    new: set[str] = set()
    for pen in pens:
        seen = rules.in_market(promotion, pen.market.key)
        if seen is None:
            continue
        skus = await store.priced_skus(tx, pen.market.key)
        items = {sku: as_item(row, parents) for sku, row in (await store.items(tx, skus)).items()}
        selected = [sku for sku in skus if sku in items and seen.selects(sku, items[sku].categories)]
        prices = await store.prices_now(tx, pen.market.key, selected)
        unpriced.difference_update(prices)
        new.update(_too_new(prices, seen, pen))
    if promotion.active and (missing := sorted(new | unpriced)):
        detail = f"{len(missing)} products have no price from before this reduction."
        raise NoPriorPrice(detail, count=len(missing), skus=missing[:_NAMED_SKUS])


def _too_new(prices: Mapping[str, PriceNowRow], promotion: rules.Promotion, pen: MarketPen) -> list[str]:
    start = max(promotion.window.starts_at or pen.at, pen.at)
    return [sku for sku, row in prices.items() if row.listed_since >= start]
