"""Staff at work beside a running shop: their calls go to its processes over the bus, as the back office's do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from system.buyer import Buyer
from system.shop import RunningShop

from springtide.bootstrap import running
from springtide.contexts.customers.domain.roles import scopes_of
from springtide.contracts.customers.api import Role
from springtide.contracts.inventory.api import InventoryApi, LedgerKind
from springtide.contracts.orders.api import Order, OrdersApi
from springtide.contracts.payments.api import PaymentsApi
from springtide.platform.caller import Caller, Kind
from springtide.platform.usecase import new_key
from springtide.platform.wiring import Ask
from springtide.settings import replaced

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/30", "cvc": "123"}
SUMS = ("authorised_minor", "captured_minor", "refunded_minor", "released_minor")
PATIENCE_S = 30.0
_CALL_TIMEOUT_S = 12.0
Found = TypeVar("Found")


def staff(role: Role) -> Caller:
    """A member of staff with what this role may do, no more."""
    return Caller(actor=f"{role}-1", kind=Kind.STAFF, scopes=scopes_of([role]))


OWNER, SUPPORT, WAREHOUSE = staff(Role.OWNER), staff(Role.SUPPORT), staff(Role.WAREHOUSE)


@dataclass(frozen=True)
class Units:
    """Units of a SKU over all locations."""

    on_hand: int
    held: int
    claimed: int
    available: int

    def after(self, *, on_hand: int = 0, claimed: int = 0) -> "Units":
        """What they are once so many more are on hand and claimed."""
        return Units(
            on_hand=self.on_hand + on_hand,
            held=self.held,
            claimed=self.claimed + claimed,
            available=self.available + on_hand - claimed,
        )


async def eventually(probe: Callable[[], Awaitable[Found]], wanted: Found) -> None:
    """Ask until the answer is the wanted one."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while (found := await probe()) != wanted:
        assert asyncio.get_running_loop().time() < deadline, f"it stays at {found}, not {wanted}"
        await asyncio.sleep(0.1)


@dataclass
class Office:
    """What staff do and see."""

    shop: RunningShop
    ask: Ask
    gateway: httpx2.AsyncClient

    async def bought(self, buyer: Buyer, method: str, *lines: tuple[str, int]) -> Order:
        """Let a buyer buy and pay; return the order as staff see it."""
        standing = await buyer.buy(method, *lines)
        if standing["step"] == "awaiting_buyer":
            form = CARD if method == "card" else {"act": "approve"}
            await buyer.pay_at_the_bank(standing["redirect_url"], form)
            standing = await buyer.standing(standing["checkout_id"])
        assert standing["step"] == "completed", standing
        return await self.order(UUID(standing["order_id"]))

    async def order(self, order_id: UUID) -> Order:
        return await self.ask(OrdersApi).get(caller=SUPPORT, order_id=order_id)

    async def ship(self, order: Order, lines: dict[int, int]) -> Order:
        return await self.ask(OrdersApi).ship(
            caller=WAREHOUSE, key=new_key(), order_id=order.id, lines=lines, carrier="PostNL", tracking="3SABC1"
        )

    async def cancel(self, order: Order, lines: dict[int, int]) -> Order:
        return await self.ask(OrdersApi).cancel(
            caller=WAREHOUSE, key=new_key(), order_id=order.id, lines=lines, reason="not found"
        )

    async def refund(self, order: Order, lines: dict[int, int], *, shipping: bool = False) -> Order:
        return await self.ask(OrdersApi).refund(
            caller=SUPPORT, key=new_key(), order_id=order.id, lines=lines, shipping=shipping, reason="broken"
        )

    async def take_return(self, order: Order, lines: dict[int, int], *, restock: bool) -> Order:
        return await self.ask(OrdersApi).take_return(
            caller=SUPPORT, key=new_key(), order_id=order.id, lines=lines, restock=restock, reason="came back"
        )

    async def until(self, order: Order, **wanted: object) -> Order:
        """Wait until the order shows these fields."""

        async def shown() -> dict[str, object]:
            now = await self.order(order.id)
            return {name: getattr(now, name) for name in wanted}

        await eventually(shown, wanted)
        return await self.order(order.id)

    async def documents(self, order: Order, many: int) -> Order:
        """Wait until the order has so many invoices and credit notes."""

        async def issued() -> int:
            return len((await self.order(order.id)).documents)

        await eventually(issued, many)
        return await self.order(order.id)

    async def page(self, order: Order, number: str) -> str:
        return await self.ask(OrdersApi).document(caller=SUPPORT, order_id=order.id, token="", number=number)

    async def units(self, sku: str) -> Units:
        page = await self.ask(InventoryApi).stock(caller=WAREHOUSE, skus=(sku,))
        names = ("on_hand", "held", "claimed", "available")
        return Units(**{name: sum(getattr(row, name) for row in page.items) for name in names})

    async def came_back(self, sku: str) -> int:
        """How many units of the SKU the stock ledger books as returned."""
        rows = await self.ask(InventoryApi).ledger(caller=WAREHOUSE, sku=sku)
        return sum(row.quantity for row in rows if row.kind is LedgerKind.RETURNED)

    async def payment_at_gateway(self, order: Order) -> dict[str, Any]:
        """The payment in the gateway's own books."""
        payment = await self.ask(PaymentsApi).payment(caller=SUPPORT, checkout_id=order.id)
        params = {"merchant_reference": str(payment.attempts[0].id)}
        answer = await self.gateway.get("/v1/payments", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def sums_at_gateway(self, order: Order) -> tuple[int, ...]:
        """(authorised, captured, refunded, released) in the gateway's own books."""
        payment = await self.payment_at_gateway(order)
        return tuple(payment[name] for name in SUMS)

    async def entries_at_gateway(self, order: Order, kind: str) -> list[int]:
        """The gateway's ledger entries of a kind for this order's payment."""
        payment = await self.payment_at_gateway(order)
        amounts, after = [], 0
        while True:
            answer = await self.gateway.get("/v1/ledger", params={"after": after, "limit": 500})
            assert answer.status_code == 200, answer.text
            listing = answer.json()
            amounts += [
                entry["amount_minor"]
                for entry in listing["entries"]
                if entry["payment_id"] == payment["id"] and entry["kind"] == kind
            ]
            if not listing["entries"]:
                return amounts
            after = listing["next_after"]

    async def everything_agrees(self) -> None:
        """Wait until nobody has anything left to do: no difference anywhere, the gateway's books included."""

        async def findings() -> list[object]:
            return list((await self.shop.check()).findings)

        await eventually(findings, [])


@asynccontextmanager
async def office_of(shop: RunningShop) -> AsyncIterator[Office]:
    """Open an office beside the shop; it runs no context itself."""
    api_key = next(gateway.api_key for gateway in shop.settings.gateways if gateway.name == "sandbox")
    async with (
        running(replaced(shop.settings, call_timeout_s=_CALL_TIMEOUT_S), (), background=False, serve=False) as node,
        httpx2.AsyncClient(
            base_url=shop.sandbox_url, headers={"authorization": f"Bearer {api_key}"}, trust_env=False, timeout=20
        ) as gateway,
    ):
        yield Office(shop, node.ask, gateway)
