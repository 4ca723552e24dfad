"""Add or change a further price list of a market: a season's prices, a customer group's."""

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.tax import TaxTable
from springtide.contexts.pricing.service.set_prices import BASE_PREFIX
from springtide.contexts.pricing.service.settle_prices import MarketPen
from springtide.contracts.pricing.api import InvalidPrice, MarketNotFound, PriceList
from springtide.platform.db import Read, Tx


async def put_price_list(tx: Tx, price_list: PriceList, taxes: TaxTable) -> PriceList:
    """Write a list; prices that it changes now are settled now, later ones at their moment."""
    if not price_list.key or price_list.key.startswith(BASE_PREFIX):
        raise InvalidPrice(field="key")
    if price_list.priority < 1:
        msg = "A further list has a priority of at least 1, above the base list."
        raise InvalidPrice(msg, field="priority")
    if price_list.starts_at and price_list.ends_at and price_list.starts_at >= price_list.ends_at:
        raise InvalidPrice(field="ends_at")
    rows = await store.lock_markets(tx, [price_list.market])
    if not rows:
        raise MarketNotFound(market=price_list.market)
    if any(one.key == price_list.key and one.market != price_list.market for one in await list_price_lists(tx)):
        msg = "A price list stays in its market."
        raise InvalidPrice(msg, field="market")
    revision = await store.next_revision(tx)
    pen = MarketPen(tx, rows[0], taxes, revision)
    await pen.settle_due()
    await tx.run(
        "upsert_list",
        {
            "key": price_list.key,
            "market": price_list.market,
            "priority": price_list.priority,
            "customer_group": price_list.customer_group,
            "starts_at": price_list.starts_at,
            "ends_at": price_list.ends_at,
            "revision": revision,
        },
    )
    await pen.settle_all(cause=f"list:{price_list.key}")
    await pen.close()
    tx.audit("price_list_put", price_list.key, market=price_list.market, priority=price_list.priority)
    return price_list


async def list_price_lists(read: Read) -> tuple[PriceList, ...]:
    """Return the further lists of all markets; base lists belong to their markets."""
    return tuple(
        PriceList(
            key=row.key,
            market=row.market,
            priority=row.priority,
            customer_group=row.customer_group,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
        for row in await store.lists(read, None)
        if not row.key.startswith(BASE_PREFIX)
    )
