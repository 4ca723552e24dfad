"""The service of orders: implements the contract by delegating to one module per verb."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from springtide.contexts.orders.service import (
    adjust_order,
    check_orders,
    import_orders,
    read_order,
    read_shipped,
    ship_order,
)
from springtide.contexts.orders.service.list_money import list_money
from springtide.contexts.orders.service.list_orders import list_of_customer, list_orders
from springtide.contexts.orders.service.list_sales import list_sales
from springtide.contexts.orders.service.place_order import PlaceOrder, lane, refuse_malformed
from springtide.contexts.orders.service.sales_pace import sales_pace
from springtide.contexts.orders.service.sellers import Sellers
from springtide.contexts.orders.store import json_column
from springtide.contracts.common import AuditEntry, Finding, Page
from springtide.contracts.orders.api import (
    HistoryDay,
    ImportedOrder,
    InvalidOrder,
    Order,
    OrderFilter,
    OrderMoney,
    OrderRow,
    Placed,
    Placement,
    RhythmHour,
    Sale,
    SalesPace,
    ShippedDay,
)
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.audit import audit_entries
from springtide.platform.caller import Caller, Kind
from springtide.platform.db import Tx
from springtide.platform.errors import Forbidden, Unauthenticated
from springtide.platform.ids import capability, is_capability
from springtide.platform.money import UNUSUAL_EXPONENTS
from springtide.platform.usecase import write
from springtide.platform.wiring import Needs

_READ, _WRITE, _REFUND = "orders.read", "orders.write", "orders.refund"
_MOST_DAYS, _FIRST_YEAR = 4_000, 1970
_MOST_WEEKS = 26


class OrdersService:
    """Implements `springtide.contracts.orders.api.OrdersApi`."""

    def __init__(self, needs: Needs) -> None:
        self._db = needs.db
        self._secret_key = needs.secret_key
        self._lane = lane(needs.db, needs.secret_key)
        self.sellers = Sellers(needs.ask(PricingApi))

    async def place(self, *, caller: Caller, key: str, placement: Placement) -> Placed:
        """Place an order; see the contract."""
        if caller.kind is not Kind.SYSTEM:
            msg = "Orders are placed by checkout."
            raise Forbidden(msg)
        refuse_malformed(placement)
        await self.sellers.refresh(placement.quote.seller)
        prefix = self.sellers.named(placement.quote.seller).number_prefix

        return await self._lane.write(
            caller=caller,
            operation="place",
            key=key,
            request={"placement": placement},
            ask=PlaceOrder(placement=placement, number_prefix=prefix),
            reply=Placed,
        )

    async def get(self, *, caller: Caller, order_id: UUID) -> Order:
        """Return an order to staff, the system or its own customer; see the contract."""
        if caller.kind is Kind.GUEST:
            raise read_order.not_found(order_id)
        if caller.kind is Kind.STAFF:
            caller.require(_READ)
        async with self._db.read() as read:
            order = await read_order.read_order(read, order_id, token=self._token_for(caller, order_id))
        if caller.kind is Kind.CUSTOMER and not read_order.is_owner(caller, order.customer_id):
            raise read_order.not_found(order_id)
        return order

    async def get_with_token(self, *, caller: Caller, order_id: UUID, token: str) -> Order:
        """Return an order to who holds its token; see the contract."""
        del caller
        if not is_capability(token, self._secret_key, "order", order_id):
            raise read_order.not_found(order_id)
        async with self._db.read() as read:
            return await read_order.read_order(read, order_id, token=token)

    async def list_orders(
        self, *, caller: Caller, where: OrderFilter, after: str | None = None, limit: int = 50
    ) -> Page[OrderRow]:
        """Return orders, newest first; see the contract."""
        caller.require(_READ)
        page = await self._db.late(lambda read: list_orders(read, where=where, after=after, limit=limit))
        return replace(page, late_s=self._db.late_by_s)

    async def list_mine(self, *, caller: Caller, after: str | None = None, limit: int = 20) -> Page[OrderRow]:
        """Return the calling customer's orders, newest first; see the contract."""
        if caller.kind is not Kind.CUSTOMER:
            msg = "Sign in to see your orders."
            raise Unauthenticated(msg)
        async with self._db.read() as read:
            return await list_of_customer(read, customer_id=UUID(caller.actor), after=after, limit=limit)

    async def cancel(self, *, caller: Caller, key: str, order_id: UUID, lines: dict[int, int], reason: str) -> Order:
        """Cancel unshipped quantities; see the contract."""
        request = {"order_id": order_id, "lines": lines, "reason": reason}
        return await self._change(
            adjust_order.cancel, caller=caller, scope=_WRITE, operation="cancel", key=key, request=request
        )

    async def refund(
        self, *, caller: Caller, key: str, order_id: UUID, lines: dict[int, int], shipping: bool, reason: str
    ) -> Order:
        """Refund shipped quantities without goods coming back; see the contract."""
        request = {"order_id": order_id, "lines": lines, "shipping": shipping, "reason": reason}
        return await self._change(
            adjust_order.refund, caller=caller, scope=_REFUND, operation="refund", key=key, request=request
        )

    async def take_return(
        self, *, caller: Caller, key: str, order_id: UUID, lines: dict[int, int], restock: bool, reason: str
    ) -> Order:
        """Book returned quantities; see the contract."""
        request = {"order_id": order_id, "lines": lines, "restock": restock, "reason": reason}
        return await self._change(
            adjust_order.take_return, caller=caller, scope=_REFUND, operation="take_return", key=key, request=request
        )

    async def ship(
        self, *, caller: Caller, key: str, order_id: UUID, lines: dict[int, int], carrier: str, tracking: str
    ) -> Order:
        """Ship quantities by line; see the contract."""
        request = {"order_id": order_id, "lines": lines, "carrier": carrier, "tracking": tracking}
        return await self._change(
            ship_order.ship, caller=caller, scope=_WRITE, operation="ship", key=key, request=request
        )

    async def capture(self, *, caller: Caller, key: str, order_id: UUID, reason: str) -> Order:
        """Ask for the authorised money now; see the contract."""
        request = {"order_id": order_id, "reason": reason}
        return await self._change(
            ship_order.capture, caller=caller, scope=_WRITE, operation="capture", key=key, request=request
        )

    async def document(self, *, caller: Caller, order_id: UUID, token: str, number: str) -> str:
        """Return an invoice or credit note as printable HTML; see the contract."""
        holds_token = is_capability(token, self._secret_key, "order", order_id)
        if caller.kind is Kind.STAFF and not holds_token:
            caller.require(_READ)
        if not number.isprintable():
            raise read_order.not_found(order_id)
        async with self._db.read() as read:
            found = await read.tuples("find_document_page", {"order_id": order_id, "number": number})
        for html, customer_id in found:
            is_staff = caller.kind in {Kind.STAFF, Kind.SYSTEM}
            if holds_token or is_staff or read_order.is_owner(caller, customer_id):
                return str(html)
        raise read_order.not_found(order_id)

    async def import_orders(self, *, caller: Caller, key: str, batch: str, orders: tuple[ImportedOrder, ...]) -> int:
        """Add orders of history; see the contract."""
        caller.require(_WRITE)
        import_orders.refuse_malformed(batch, orders)
        return await write(
            self._db, caller=caller, operation="import_orders", key=key, reply=int,
            request={"batch": batch, "orders": orders},
            work=lambda tx: import_orders.import_orders(tx, batch=batch, orders=orders),
        )  # fmt: skip

    async def history(self, *, caller: Caller, as_of: date, days: int = 400) -> tuple[HistoryDay, ...]:
        """Return sums per day up to and without `as_of`; see the contract."""
        caller.require(_READ)
        if not 1 <= days <= _MOST_DAYS or as_of.year < _FIRST_YEAR:
            msg = f"A history has 1 to {_MOST_DAYS} days and is as of {_FIRST_YEAR} or later."
            raise InvalidOrder(msg, field="days")
        as_of_at = datetime.combine(as_of, time(), UTC)
        params = {
            "from_at": as_of_at - timedelta(days=days),
            "as_of_at": as_of_at,
            "exponents": json_column(UNUSUAL_EXPONENTS),
        }
        return tuple(await self._db.late(lambda read: read.all("history", params, row=HistoryDay)))

    async def shipped_days(self, *, caller: Caller, since: date, until: date, timezone: str) -> tuple[ShippedDay, ...]:
        """Return how much left by day; see the contract."""
        caller.require(_READ)
        return await read_shipped.shipped(self._db, since, until, timezone)

    async def late_by(self, *, caller: Caller) -> float:
        """Return how late figures may be; see the contract."""
        caller.require(_READ)
        return self._db.late_by_s

    async def pace(self, *, caller: Caller) -> SalesPace:
        """Return what to expect right now; see the contract."""
        caller.require(_READ)
        async with self._db.read() as read:
            return await sales_pace(read)

    async def rhythm(self, *, caller: Caller, as_of: date, weeks: int = 8) -> tuple[RhythmHour, ...]:
        """Return the mean of each hour of the week before `as_of`; see the contract."""
        caller.require(_READ)
        if not 1 <= weeks <= _MOST_WEEKS or as_of.year < _FIRST_YEAR:
            msg = f"A rhythm has 1 to {_MOST_WEEKS} weeks and is as of {_FIRST_YEAR} or later."
            raise InvalidOrder(msg, field="weeks")
        as_of_at = datetime.combine(as_of, time(), UTC)
        params = {"from_at": as_of_at - timedelta(weeks=weeks), "as_of_at": as_of_at}
        async with self._db.read() as read:
            return tuple(await read.all("rhythm", params, row=RhythmHour))

    async def count_exempt(self, *, caller: Caller) -> int:
        """Return how many orders are exempt from the checks by origin; see the contract."""
        caller.require(_READ)
        async with self._db.read() as read:
            return int(await read.value("count_exempt"))

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first; see the contract."""
        return await audit_entries(self._db, caller, aggregate_id=aggregate_id, before=before, limit=limit)

    async def money(self, *, caller: Caller, after: str | None = None, limit: int = 1_000) -> Page[OrderMoney]:
        """Return live orders by id, for the checker; see the contract."""
        caller.require(_READ)
        async with self._db.read() as read:
            return await list_money(read, after=after, limit=limit)

    async def sales(
        self, *, caller: Caller, after: str | None = None, with_imported: bool = True, limit: int = 500
    ) -> Page[Sale]:
        """Return orders with their lines by id; see the contract."""
        caller.require(_READ)
        async with self._db.read() as read:
            return await list_sales(read, after=after, with_imported=with_imported, limit=limit)

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """Check orders inside; see the contract."""
        caller.require(_READ)
        async with self._db.snapshot() as read:
            return await check_orders.check_orders(read)

    async def _change(
        self,
        use_case: Callable[..., Awaitable[Order]],
        *,
        caller: Caller,
        scope: str,
        operation: str,
        key: str,
        request: Mapping[str, Any],
    ) -> Order:
        """Run a use case whose arguments are the request's, for staff who may."""
        caller.require(scope)

        async def work(tx: Tx) -> Order:
            return await use_case(tx, **request)

        return await write(
            self._db, caller=caller, operation=operation, key=key, request=request, reply=Order, work=work
        )

    def _token_for(self, caller: Caller, order_id: UUID) -> str:
        """Staff read orders by permission and get no link that would outlive it."""
        return "" if caller.kind is Kind.STAFF else capability(self._secret_key, "order", order_id)
