"""Settle: work out what SKUs cost in a market at a moment, and record what is different from before.

Everything that can change a price ends here: a new price, a promotion, a market's VAT, a start or an end that was
scheduled. Only what changed is written: one history entry dated at its moment, the price as it is now, and events.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.book import MarketBook
from springtide.contexts.pricing.domain.money_rows import split_tax
from springtide.contexts.pricing.domain.omnibus import PricePoint, announced
from springtide.contexts.pricing.domain.promotions import UnitPrice, in_market
from springtide.contexts.pricing.domain.quote import local_day, seller_tax
from springtide.contexts.pricing.domain.tax import Destination, TaxTable
from springtide.contexts.pricing.service.books import as_item
from springtide.contexts.pricing.store import DueRow, EntryRow, HistoryRow, MarketRow, PriceNowRow
from springtide.contracts.pricing.api import Market, PriceMode
from springtide.contracts.pricing.events import PricesChanged
from springtide.platform.db import Tx

# A reduction that began earlier than this shows nothing new; its figures were written when it began.
_HISTORY = timedelta(days=120)
_PRICES_PER_EVENT = 500
# Quotes are answered between two chunks: working out this many prices takes some 30 ms.
_SKUS_AT_ONCE = 1_000


class _Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a SKU costs at a moment, next to what it cost before (None: never had a price)."""

    sku: str
    price: UnitPrice | None
    before: PriceNowRow | None
    rate_bp: int

    @property
    def moves(self) -> bool:
        """Tell whether the amounts differ, and so belong into the history."""
        if self.price is None:
            return False
        before = self.before
        if before is None or not before.is_for_sale:
            return True
        return (before.list_minor, before.effective_minor) != (self.price.list_minor, self.price.effective_minor)


class MarketPen:
    """Writes one locked market in one transaction. `at`: the moment of this writing, never before what is settled."""

    def __init__(self, tx: Tx, row: MarketRow, taxes: TaxTable, revision: int) -> None:
        self.market: Market = row.market
        self.at = max(tx.now, row.settled_until)
        self._tx = tx
        self._taxes = taxes
        self.revision = revision
        self._settled_until = row.settled_until
        self._version = row.version

    async def settle_due(self) -> int:
        """Write the history of everything scheduled up to now; return how many prices changed."""
        params = {"market": self.market.key, "after": self._settled_until, "until": self.at}
        changed = 0
        for due in await self._tx.all("due_moments", params, row=DueRow):
            skus = (
                await store.priced_skus(self._tx, self.market.key)
                if due.is_wide
                else await store.skus_changing_at(self._tx, self.market.key, due.moment)
            )
            changed += await self.settle(skus, cause="schedule", at=due.moment)
        if self._vat_has_changed():
            changed += await self.settle_all(cause="vat")
        return changed

    def _vat_has_changed(self) -> bool:
        """Tell whether the shown prices of a net market moved with its country's VAT; amounts of history did not."""
        if self.market.price_mode is not PriceMode.NET:
            return False
        days = local_day(self.market, self._settled_until), local_day(self.market, self.at)
        return self._taxes.changes_between(self.market.countries[0], *days)

    async def settle_all(self, *, cause: str) -> int:
        """Settle every SKU of the market now."""
        return await self.settle(await store.priced_skus(self._tx, self.market.key), cause=cause)

    async def settle(
        self,
        skus: Sequence[str],
        *,
        cause: str,
        at: datetime | None = None,
        dated: Mapping[str, datetime] | None = None,
    ) -> int:
        """Settle SKUs at a moment (now when None); return how many prices changed.

        `dated`: SKUs whose history entry carries another date, as an import's does.
        """
        changed = 0
        for start in range(0, len(skus), _SKUS_AT_ONCE):
            chunk = skus[start : start + _SKUS_AT_ONCE]
            changed += await self._settle_chunk(chunk, cause, at or self.at, dated or {})
        return changed

    async def _settle_chunk(
        self, skus: Sequence[str], cause: str, moment: datetime, dated: Mapping[str, datetime]
    ) -> int:
        decisions = await self._decide(skus, moment)
        entries = [
            HistoryRow(
                sku=one.sku,
                at=dated.get(one.sku, moment),
                amount_minor=one.price.effective_minor,
                list_minor=one.price.list_minor,
                cause=cause,
            )
            for one in decisions
            if one.moves and one.price is not None
        ]
        if entries:
            await store.append_history(self._tx, self.market.key, entries)
        return await self._write_now(decisions, moment, {row.sku: row.at for row in entries})

    async def close(self) -> None:
        """Record how far this market is settled; call last."""
        await store.put_market_progress(self._tx, self.market.key, self.at, self._version)

    async def _decide(self, skus: Sequence[str], moment: datetime) -> list[_Decision]:
        before = await store.prices_now(self._tx, self.market.key, skus)
        book = await self._book(skus, before, moment)
        seller, destination = seller_tax(book.seller), Destination(self.market.countries[0])
        day = local_day(self.market, moment)
        rates = {
            category: self._taxes.rate(seller, destination, category, day).rate_bp
            for category in {book.item(sku).tax_category for sku in skus}
        }
        return [
            _Decision(
                sku=sku,
                price=book.price(sku, moment),
                before=before.get(sku),
                rate_bp=rates[book.item(sku).tax_category],
            )
            for sku in skus
        ]

    async def _book(self, skus: Sequence[str], before: Mapping[str, PriceNowRow], moment: datetime) -> MarketBook:
        """Read what these prices hang on, inside the transaction: books in memory may lag behind it."""
        tx, key = self._tx, self.market.key
        seller = await store.seller(tx, self.market.seller)
        if seller is None:
            raise LookupError(self.market.seller)
        entries: dict[str, list[EntryRow]] = {}
        for row in await store.entries(tx, key, skus, moment):
            entries.setdefault(row.sku, []).append(row)
        parents = await store.parents(tx)
        promotions = [in_market(promotion, key) for promotion in await store.promotions(tx)]
        return MarketBook(
            self.market,
            seller,
            lists=[row.as_list() for row in await store.lists(tx, key)],
            prices={sku: [row.as_entry() for row in rows] for sku, rows in entries.items()},
            listed_since={sku: row.listed_since for sku, row in before.items()},
            items={sku: as_item(row, parents) for sku, row in (await store.items(tx, skus)).items()},
            promotions=[promotion for promotion in promotions if promotion],
        )

    async def _write_now(
        self, decisions: Sequence[_Decision], moment: datetime, entered: Mapping[str, datetime]
    ) -> int:
        histories = await self._histories(decisions, moment)
        rows = [self._row(one, histories.get(one.sku, []), entered.get(one.sku, moment), moment) for one in decisions]
        changed = [row for row, one in zip(rows, decisions, strict=True) if row is not None and row != one.before]
        if not changed:
            return 0
        raised = [msgspec.structs.replace(row, version=row.version + 1) for row in changed if row is not None]
        await store.put_prices_now(self._tx, self.market.key, raised, self.revision)
        self._emit(raised)
        return len(raised)

    async def _histories(self, decisions: Sequence[_Decision], moment: datetime) -> dict[str, list[PricePoint]]:
        reduced = [one.sku for one in decisions if one.price is not None and one.price.is_reduced]
        if not reduced:
            return {}
        return await store.history(self._tx, self.market.key, reduced, moment - _HISTORY)

    def _row(
        self, one: _Decision, history: Sequence[PricePoint], entered: datetime, moment: datetime
    ) -> PriceNowRow | None:
        """Return the price as it is to be stored, still with the version before; None where there never was one."""
        before, price = one.before, one.price
        if price is None:
            gone = {"is_for_sale": False, "was_minor": None, "lowest_30d_minor": None}
            return msgspec.structs.replace(before, **gone) if before else None
        reduction = announced(history, moment) if price.is_reduced else None
        return PriceNowRow(
            market=self.market.key,
            sku=one.sku,
            list_minor=price.list_minor,
            effective_minor=price.effective_minor,
            gross_minor=self._gross(price.effective_minor, one.rate_bp),
            was_minor=self._gross(price.list_minor, one.rate_bp) if reduction else None,
            lowest_30d_minor=self._gross(reduction.lowest_prior_minor, one.rate_bp) if reduction else None,
            is_for_sale=True,
            listed_since=before.listed_since if before else entered,
            version=before.version if before else 0,
        )

    def _gross(self, amount_minor: int, rate_bp: int) -> int:
        gross, _, _ = split_tax(amount_minor, rate_bp, self.market.price_mode)
        return gross

    def _emit(self, rows: Sequence[PriceNowRow]) -> None:
        key = self.market.key
        for start in range(0, len(rows), _PRICES_PER_EVENT):
            self._version += 1
            prices = tuple(row.as_price() for row in rows[start : start + _PRICES_PER_EVENT])
            self._tx.emit(
                PricesChanged(prices=prices), aggregate_id=f"prices:{key}", aggregate_version=self._version, market=key
            )


async def settle_scheduled(tx: Tx, taxes: TaxTable, markets: Sequence[str]) -> int:
    """Write the history of what started or ended in some markets since they were settled; return the prices changed."""
    changed = 0
    rows = await store.lock_markets(tx, markets)
    revision = await store.next_revision(tx)
    for row in rows:
        pen = MarketPen(tx, row, taxes, revision)
        changed += await pen.settle_due()
        await pen.close()
    return changed
