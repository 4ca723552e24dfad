"""Inventory's contract, delegated to one module per use case."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from springtide.contexts.inventory.domain.decide_promises import Ask, ClaimAsk, ExtendAsk, HoldAsk, ReleaseAsk
from springtide.contexts.inventory.service import read_stock
from springtide.contexts.inventory.service.change_stock import adjust_stock, set_policy, transfer_stock
from springtide.contexts.inventory.service.hold_units import decide_batch, look
from springtide.contexts.inventory.service.import_stock import import_stock
from springtide.contexts.inventory.service.keep_partners import put_location, put_supplier
from springtide.contexts.inventory.service.receive_inbound import put_inbound, receive_inbound
from springtide.contracts.common import AuditEntry, Difference, DifferenceState, Finding, Page, Quantity, Snapshot
from springtide.contracts.inventory.api import (
    Availability,
    Hold,
    Inbound,
    LedgerRow,
    Location,
    OrderClaim,
    StockLevel,
    StockOuts,
    StockRow,
    Supplier,
    Supply,
)
from springtide.platform.audit import audit_entries
from springtide.platform.caller import Caller
from springtide.platform.coalesce import Lane
from springtide.platform.db import Tx
from springtide.platform.differences import page_of, resolve
from springtide.platform.usecase import write
from springtide.platform.wiring import Needs

Reply = TypeVar("Reply")

_HOLD = "inventory.hold"
_WRITE = "inventory.write"


class InventoryService:
    """Implements `contracts.inventory.api.InventoryApi`."""

    def __init__(self, needs: Needs) -> None:
        self._db = needs.db
        self._now_sequence = needs.now_sequence
        self._lane = Lane(needs.db, name="inventory", look=look, work=decide_batch)

    # -- promises

    async def hold(
        self,
        *,
        caller: Caller,
        key: str,
        checkout_id: UUID,
        market: str,
        lines: tuple[Quantity, ...],
        expires_after_s: int,
    ) -> Hold:
        """See the contract."""
        return await self._promise(
            HoldAsk(checkout_id, market, lines, expires_after_s), Hold, caller=caller, operation="hold", key=key
        )

    async def extend(self, *, caller: Caller, key: str, checkout_id: UUID, expires_after_s: int) -> Hold:
        """See the contract."""
        return await self._promise(
            ExtendAsk(checkout_id, expires_after_s), Hold, caller=caller, operation="extend", key=key
        )

    async def claim(self, *, caller: Caller, key: str, checkout_id: UUID) -> Hold:
        """See the contract."""
        return await self._promise(ClaimAsk(checkout_id), Hold, caller=caller, operation="claim", key=key)

    async def release(self, *, caller: Caller, key: str, checkout_id: UUID, reason: str) -> None:
        """See the contract."""
        ask = ReleaseAsk(checkout_id, reason)
        await self._promise(ask, type(None), caller=caller, operation="release", key=key)

    # -- stock

    async def adjust(
        self, *, caller: Caller, key: str, sku: str, location: str, quantity: int, reason: str
    ) -> StockRow:
        """See the contract."""
        arguments = {"sku": sku, "location": location, "quantity": quantity, "reason": reason}
        return await self._write(
            adjust_stock, StockRow, caller=caller, scope=_WRITE, operation="adjust", key=key, arguments=arguments
        )

    async def transfer(
        self, *, caller: Caller, key: str, sku: str, from_location: str, to_location: str, quantity: int, reason: str
    ) -> tuple[StockRow, StockRow]:
        """See the contract."""
        arguments = {
            "sku": sku,
            "from_location": from_location,
            "to_location": to_location,
            "quantity": quantity,
            "reason": reason,
        }
        return await self._write(
            transfer_stock,
            tuple[StockRow, StockRow],
            caller=caller,
            scope=_WRITE,
            operation="transfer",
            key=key,
            arguments=arguments,
        )

    async def set_policy(
        self, *, caller: Caller, key: str, sku: str, location: str, supply: Supply, low_stock_at: int
    ) -> StockRow:
        """See the contract."""
        arguments = {"sku": sku, "location": location, "supply": supply, "low_stock_at": low_stock_at}
        return await self._write(
            set_policy, StockRow, caller=caller, scope=_WRITE, operation="set_policy", key=key, arguments=arguments
        )

    async def import_stock(
        self, *, caller: Caller, key: str, batch: str, levels: tuple[StockLevel, ...], at: datetime
    ) -> int:
        """See the contract."""

        async def work(tx: Tx, **arguments: Any) -> int:  # noqa: ANN401 - the arguments below
            return await import_stock(tx, key=key, **arguments)

        arguments = {"batch": batch, "levels": levels, "at": at}
        return await self._write(
            work, int, caller=caller, scope=_WRITE, operation="import_stock", key=key, arguments=arguments
        )

    # -- locations, suppliers, inbound

    async def put_location(self, *, caller: Caller, key: str, location: Location) -> Location:
        """See the contract."""
        return await self._write(
            put_location,
            Location,
            caller=caller,
            scope=_WRITE,
            operation="put_location",
            key=key,
            arguments={"location": location},
        )

    async def list_locations(self, *, caller: Caller) -> tuple[Location, ...]:
        """See the contract."""
        read_stock.require_staff(caller)
        return await read_stock.locations(self._db)

    async def put_supplier(self, *, caller: Caller, key: str, supplier: Supplier) -> Supplier:
        """See the contract."""
        return await self._write(
            put_supplier,
            Supplier,
            caller=caller,
            scope=_WRITE,
            operation="put_supplier",
            key=key,
            arguments={"supplier": supplier},
        )

    async def list_suppliers(self, *, caller: Caller) -> tuple[Supplier, ...]:
        """See the contract."""
        read_stock.require_staff(caller)
        return await read_stock.suppliers(self._db)

    async def put_inbound(
        self,
        *,
        caller: Caller,
        key: str,
        inbound_id: UUID,
        supplier: str,
        sku: str,
        location: str,
        quantity: int,
        expected_on: date,
        confirmed: bool,
    ) -> Inbound:
        """See the contract."""
        wanted = Inbound(
            id=inbound_id,
            supplier=supplier,
            sku=sku,
            location=location,
            quantity=quantity,
            received=0,
            expected_on=expected_on,
            confirmed=confirmed,
        )
        return await self._write(
            put_inbound,
            Inbound,
            caller=caller,
            scope=_WRITE,
            operation="put_inbound",
            key=key,
            arguments={"wanted": wanted},
        )

    async def receive_inbound(self, *, caller: Caller, key: str, inbound_id: UUID, quantity: int) -> Inbound:
        """See the contract."""
        arguments = {"inbound_id": inbound_id, "quantity": quantity}
        return await self._write(
            receive_inbound,
            Inbound,
            caller=caller,
            scope=_WRITE,
            operation="receive_inbound",
            key=key,
            arguments=arguments,
        )

    async def list_inbound(self, *, caller: Caller, sku: str = "", open_only: bool = True) -> tuple[Inbound, ...]:
        """See the contract."""
        read_stock.require_staff(caller)
        return await read_stock.inbound(self._db, sku=sku, open_only=open_only)

    # -- reading

    async def availability(self, *, caller: Caller, market: str, skus: tuple[str, ...]) -> tuple[Availability, ...]:
        """See the contract."""
        del caller  # anybody may ask
        return await read_stock.availability(self._db, market, skus)

    async def snapshot(self, *, caller: Caller, after: str | None = None) -> Snapshot[Availability]:
        """See the contract."""
        del caller  # anybody may ask
        sequence = await self._now_sequence()
        items, cursor = await read_stock.snapshot_page(self._db, after)
        return Snapshot(items=items, sequence=sequence, after=cursor)

    async def stock(
        self,
        *,
        caller: Caller,
        skus: tuple[str, ...] = (),
        location: str = "",
        low_only: bool = False,
        after: str | None = None,
        limit: int = 100,
    ) -> Page[StockRow]:
        """See the contract."""
        read_stock.require_staff(caller)
        return await read_stock.stock_page(
            self._db, skus=skus, location=location, low_only=low_only, after=after, limit=limit
        )

    async def ledger(
        self, *, caller: Caller, sku: str, before: str | None = None, limit: int = 100
    ) -> tuple[LedgerRow, ...]:
        """See the contract."""
        read_stock.require_staff(caller)
        return await read_stock.ledger(self._db, sku=sku, before=before, limit=limit)

    async def claims(self, *, caller: Caller, after: str | None = None, limit: int = 1_000) -> Page[OrderClaim]:
        """See the contract."""
        read_stock.require_staff(caller)
        return await read_stock.claims_page(self._db, after=after, limit=limit)

    async def stock_outs(self, *, caller: Caller) -> tuple[StockOuts, ...]:
        """See the contract."""
        read_stock.require_staff(caller)
        async with self._db.read() as read:
            return tuple(await read.all("stock_outs", row=StockOuts))

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """See the contract."""
        read_stock.require_staff(caller)
        return await read_stock.check(self._db)

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """See the contract."""
        read_stock.require_staff(caller)
        return await audit_entries(self._db, caller, aggregate_id=aggregate_id, before=before, limit=limit)

    async def list_differences(
        self, *, caller: Caller, state: DifferenceState | None = None, after: str | None = None, limit: int = 50
    ) -> Page[Difference]:
        """Return differences, newest first."""
        read_stock.require_staff(caller)
        items, cursor = await page_of(self._db, state=state, after=after, limit=limit)
        return Page(items=items, after=cursor)

    async def resolve_difference(self, *, caller: Caller, key: str, difference_id: UUID, note: str) -> Difference:
        """Put a difference aside, with the reason."""
        return await resolve(self._db, caller=caller, scope=_WRITE, key=key, difference_id=difference_id, note=note)

    async def _promise(self, ask: Ask, reply: type[Reply], *, caller: Caller, operation: str, key: str) -> Reply:
        caller.require(_HOLD)
        request = msgspec.structs.asdict(ask)
        return await self._lane.write(
            caller=caller, operation=operation, key=key, request=request, ask=ask, reply=reply
        )

    async def _write(
        self,
        use_case: Callable[..., Awaitable[Reply]],
        reply: type[Reply],
        *,
        caller: Caller,
        scope: str,
        operation: str,
        key: str,
        arguments: Mapping[str, Any],
    ) -> Reply:
        """Run a use case with the arguments that are also its request under the idempotency key."""
        caller.require(scope)
        return await write(
            self._db,
            caller=caller,
            operation=operation,
            key=key,
            request=arguments,
            reply=reply,
            work=lambda tx: use_case(tx, **arguments),
        )
