"""Pricing's contract, verb by verb; each use case is a module of its own."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.tax import TaxTable
from springtide.contexts.pricing.service.books import Books
from springtide.contexts.pricing.service.check_facts import check_facts
from springtide.contexts.pricing.service.hold_vouchers import claim_vouchers, hold_vouchers, release_vouchers
from springtide.contexts.pricing.service.put_market import put_market
from springtide.contexts.pricing.service.put_price_list import list_price_lists, put_price_list
from springtide.contexts.pricing.service.put_promotion import put_promotion
from springtide.contexts.pricing.service.put_voucher import put_voucher
from springtide.contexts.pricing.service.quote_memo import QuoteMemo
from springtide.contexts.pricing.service.read_prices import history_page, snapshot_page, voucher_page
from springtide.contexts.pricing.service.set_prices import import_prices, set_prices
from springtide.contracts.common import AuditEntry, Finding, Page, Snapshot
from springtide.contracts.pricing.api import (
    Market,
    Price,
    PriceChange,
    PriceHistoryRow,
    PriceList,
    Promotion,
    Quote,
    QuoteRequest,
    Seller,
    ShopFront,
    Voucher,
    VoucherHold,
)
from springtide.platform.audit import audit_entries
from springtide.platform.caller import Caller
from springtide.platform.db import Database, Tx
from springtide.platform.usecase import write

Reply = TypeVar("Reply")

READ, WRITE, HOLD = "pricing.read", "pricing.write", "pricing.hold"


def _require_read(caller: Caller) -> None:
    """Whoever may write may read."""
    if WRITE not in caller.scopes:
        caller.require(READ)


class PricingService:
    """Implements `PricingApi`."""

    def __init__(self, db: Database, books: Books, taxes: TaxTable, now_sequence: Callable[[], Awaitable[int]]) -> None:
        self._db = db
        self._books = books
        self._taxes = taxes
        self._quotes = QuoteMemo(taxes)
        self._now_sequence = now_sequence

    async def shop_front(self, *, caller: Caller) -> ShopFront:  # noqa: ARG002 - everybody may see it
        """Return sellers and markets."""
        async with self._db.read() as read:
            return ShopFront(sellers=await store.sellers(read), markets=await store.markets(read))

    async def snapshot(self, *, caller: Caller, after: str | None = None) -> Snapshot[Price]:  # noqa: ARG002 - as above
        """Return one page of all current prices."""
        sequence = await self._now_sequence()
        async with self._db.read() as read:
            return await snapshot_page(read, after, sequence)

    async def quote(self, *, caller: Caller, request: QuoteRequest) -> Quote:  # noqa: ARG002 - everybody may ask
        """Price a cart, from memory alone."""
        book = await self._books.market(request.market)
        return self._quotes.quote(request, book, self._books.now())

    async def price_history(self, *, caller: Caller, market: str, sku: str) -> tuple[PriceHistoryRow, ...]:
        """Return the newest 200 entries of a history."""
        _require_read(caller)
        async with self._db.read() as read:
            return await history_page(read, market, sku)

    async def set_prices(self, *, caller: Caller, key: str, changes: tuple[PriceChange, ...]) -> tuple[Price, ...]:
        """Set or schedule prices."""
        caller.require(WRITE)
        return await self._write(
            caller,
            "set_prices",
            key,
            request={"changes": changes},
            reply=tuple[Price, ...],
            work=lambda tx: set_prices(tx, changes, self._taxes),
        )

    async def import_prices(
        self, *, caller: Caller, key: str, batch: str, changes: tuple[PriceChange, ...], at: datetime
    ) -> int:
        """Set many prices with history dated `at`."""
        caller.require(WRITE)
        return await self._write(
            caller,
            "import_prices",
            key,
            request={"batch": batch, "changes": changes, "at": at},
            reply=int,
            work=lambda tx: import_prices(tx, changes, batch, at, self._taxes),
        )

    async def put_price_list(self, *, caller: Caller, key: str, price_list: PriceList) -> PriceList:
        """Add or change a further price list."""
        caller.require(WRITE)
        return await self._write(
            caller,
            "put_price_list",
            key,
            request={"price_list": price_list},
            reply=PriceList,
            work=lambda tx: put_price_list(tx, price_list, self._taxes),
        )

    async def list_price_lists(self, *, caller: Caller) -> tuple[PriceList, ...]:
        """Return the further price lists of all markets."""
        _require_read(caller)
        async with self._db.read() as read:
            return await list_price_lists(read)

    async def put_market(self, *, caller: Caller, key: str, seller: Seller, market: Market) -> Market:
        """Add or replace a seller and a market."""
        caller.require(WRITE)
        return await self._write(
            caller,
            "put_market",
            key,
            request={"seller": seller, "market": market},
            reply=Market,
            work=lambda tx: put_market(tx, seller, market, self._taxes),
        )

    async def put_promotion(self, *, caller: Caller, key: str, promotion: Promotion) -> Promotion:
        """Add or replace a promotion."""
        caller.require(WRITE)
        return await self._write(
            caller,
            "put_promotion",
            key,
            request={"promotion": promotion},
            reply=Promotion,
            work=lambda tx: put_promotion(tx, promotion, self._taxes),
        )

    async def list_promotions(self, *, caller: Caller) -> tuple[Promotion, ...]:
        """Return all promotions by priority."""
        _require_read(caller)
        async with self._db.read() as read:
            return await store.promotions(read)

    async def put_voucher(self, *, caller: Caller, key: str, voucher: Voucher) -> Voucher:
        """Add or change a voucher."""
        caller.require(WRITE)
        return await self._write(
            caller,
            "put_voucher",
            key,
            request={"voucher": voucher},
            reply=Voucher,
            work=lambda tx: put_voucher(tx, voucher),
        )

    async def list_vouchers(self, *, caller: Caller, after: str | None = None, limit: int = 50) -> Page[Voucher]:
        """Return vouchers by code."""
        _require_read(caller)
        async with self._db.read() as read:
            return await voucher_page(read, await store.database_now(read), after, limit)

    async def hold_vouchers(
        self, *, caller: Caller, key: str, checkout_id: UUID, codes: tuple[str, ...], expires_after_s: int
    ) -> VoucherHold:
        """Promise one use of each code to the checkout."""
        caller.require(HOLD)
        request = {"checkout_id": checkout_id, "codes": codes, "expires_after_s": expires_after_s}
        return await write(
            self._db,
            caller=caller,
            operation="hold_vouchers",
            key=key,
            request=request,
            reply=VoucherHold,
            work=lambda tx: hold_vouchers(tx, checkout_id, codes, expires_after_s),
        )

    async def claim_vouchers(self, *, caller: Caller, key: str, checkout_id: UUID) -> VoucherHold:
        """Turn the hold into a use."""
        caller.require(HOLD)
        return await write(
            self._db,
            caller=caller,
            operation="claim_vouchers",
            key=key,
            request={"checkout_id": checkout_id},
            reply=VoucherHold,
            work=lambda tx: claim_vouchers(tx, checkout_id),
        )

    async def release_vouchers(self, *, caller: Caller, key: str, checkout_id: UUID) -> None:
        """Give back what the checkout holds or used."""
        caller.require(HOLD)
        await write(
            self._db,
            caller=caller,
            operation="release_vouchers",
            key=key,
            request={"checkout_id": checkout_id},
            reply=type(None),
            work=lambda tx: release_vouchers(tx, checkout_id),
        )

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """Return the differences between counters and records."""
        _require_read(caller)
        async with self._db.snapshot() as read:
            return await check_facts(read, await store.database_now(read))

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        return await audit_entries(self._db, caller, aggregate_id=aggregate_id, before=before, limit=limit)

    async def _write(
        self,
        caller: Caller,
        operation: str,
        key: str,
        *,
        request: Mapping[str, Any],
        reply: type[Reply],
        work: Callable[[Tx], Awaitable[Reply]],
    ) -> Reply:
        """Write, then bring this process's books up to date: who set a price quotes it next."""
        answer = await write(
            self._db, caller=caller, operation=operation, key=key, request=request, reply=reply, work=work
        )
        await self._books.refresh()
        return answer
