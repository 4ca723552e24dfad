"""The contract of payments: each verb is a module, this class hands over to them."""

from uuid import UUID

from springtide.contexts.payments.service import check_books, list_methods, order_money, switch_gateway, take_webhook
from springtide.contexts.payments.service.close_attempt import close_attempt
from springtide.contexts.payments.service.look_again import look_again
from springtide.contexts.payments.service.run_operations import run_operations
from springtide.contexts.payments.service.start_attempt import NewAttempt, start_attempt
from springtide.contexts.payments.service.told import told
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.service.undo_attempt import undo_attempt
from springtide.contexts.payments.store.attempts import AttemptRow, find_attempt
from springtide.contexts.payments.store.ledger import ledger_of, money_page
from springtide.contexts.payments.store.operations import OperationRow
from springtide.contracts.common import AuditEntry, Difference, DifferenceState, Finding, Page
from springtide.contracts.payments.api import (
    Attempt,
    CheckoutMoney,
    GatewayStatus,
    GatewaySwitch,
    GatewaySwitched,
    Operation,
    Payment,
    PaymentMethod,
)
from springtide.platform.audit import audit_entries
from springtide.platform.caller import Caller
from springtide.platform.differences import page_of, resolve
from springtide.platform.paging import cursor_id, page_size
from springtide.platform.usecase import write

PAGE_LIMIT = 1_000


class PaymentsService:
    """Implements `contracts.payments.api.PaymentsApi`.

    start, close, undo and refresh answer with the attempt as it is known at that moment: the attempt's id makes them
    repeatable. capture and refund answer with the order as it was accepted, the same on every repeat.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def methods(
        self, *, caller: Caller, market: str, amount_minor: int | None = None
    ) -> tuple[PaymentMethod, ...]:
        """Return the ways to pay of a market."""
        del caller  # everybody may see how to pay
        await self._tools.desk.ready(self._tools.db)
        return list_methods.list_methods(self._tools, market, amount_minor)

    async def start(
        self,
        *,
        caller: Caller,
        key: str,
        attempt_id: UUID,
        checkout_id: UUID,
        market: str,
        method: str,
        amount_minor: int,
        currency: str,
        return_url: str,
        locale: str,
        country: str,
        expires_after_s: int,
    ) -> Attempt:
        """Start an attempt, or join the running one of this id."""
        del key  # the attempt's id is the key
        caller.require("payments.start")
        new = NewAttempt(
            attempt_id=attempt_id,
            checkout_id=checkout_id,
            market=market,
            method=method,
            amount_minor=amount_minor,
            currency=currency,
            return_url=return_url,
            locale=locale,
            country=country,
            expires_after_s=expires_after_s,
        )
        return told(await start_attempt(self._tools, caller, new))

    async def refresh(self, *, caller: Caller, attempt_id: UUID) -> Attempt:
        """Ask the gateway where an attempt stands."""
        caller.require("payments.start")
        return told(await look_again(self._tools, attempt_id))

    async def get_attempt(self, *, caller: Caller, attempt_id: UUID) -> Attempt:
        """Return an attempt."""
        caller.require("payments.read")
        async with self._tools.db.read() as read:
            return told(await find_attempt(read, attempt_id))

    async def close(self, *, caller: Caller, key: str, attempt_id: UUID, reason: str) -> Attempt:
        """Close an attempt at its gateway."""
        del key  # closing again gives what is known
        caller.require("payments.start")
        return told(await close_attempt(self._tools, caller, attempt_id=attempt_id, reason=reason))

    async def undo(self, *, caller: Caller, key: str, attempt_id: UUID, reason: str) -> Attempt:
        """Give everything back."""
        del key  # what is on its way back is not given back again
        caller.require("payments.start")
        return told(await undo_attempt(self._tools, caller, attempt_id=attempt_id, reason=reason))

    async def capture(
        self, *, caller: Caller, key: str, checkout_id: UUID, amount_minor: int | None, reason: str
    ) -> Operation:
        """Order a capture."""
        caller.require("payments.write")
        ordered = await write(
            self._tools.db,
            caller=caller,
            operation="capture",
            key=key,
            request={"checkout_id": checkout_id, "amount_minor": amount_minor, "reason": reason},
            reply=Operation,
            work=lambda tx: order_money.order_capture(
                self._tools, tx, checkout_id=checkout_id, amount_minor=amount_minor, reason=reason
            ),
        )
        await self._tools.soon(run_operations(self._tools, ordered.attempt_id))
        return ordered

    async def refund(
        self, *, caller: Caller, key: str, checkout_id: UUID, amount_minor: int, reason: str, cause: str
    ) -> Operation:
        """Order a refund, a void or a lower capture."""
        caller.require("payments.write")
        ordered = await write(
            self._tools.db,
            caller=caller,
            operation="refund",
            key=key,
            request={
                "checkout_id": checkout_id,
                "amount_minor": amount_minor,
                "reason": reason,
                "cause": cause,
            },
            reply=Operation,
            work=lambda tx: order_money.order_refund(
                tx, checkout_id=checkout_id, amount_minor=amount_minor, reason=reason, cause=cause
            ),
        )
        await self._tools.soon(run_operations(self._tools, ordered.attempt_id))
        return ordered

    async def payment(self, *, caller: Caller, checkout_id: UUID) -> Payment:
        """Return everything about a checkout's payment."""
        caller.require("payments.read")
        params = {"checkout_id": checkout_id}
        async with self._tools.db.read() as read:
            attempts = await read.all("attempts_of_checkout", params, row=AttemptRow)
            ledger = await ledger_of(read, checkout_id)
            operations = await read.all("operations_of_checkout", params, row=OperationRow)
        return Payment(
            checkout_id=checkout_id,
            attempts=tuple(told(row) for row in attempts),
            ledger=tuple(ledger),
            operations=tuple(row.told() for row in operations),
        )

    async def webhook(self, *, caller: Caller, gateway: str, headers: dict[str, str], body: bytes) -> None:
        """Take a gateway's message; its signature is its permission."""
        await take_webhook.take_webhook(self._tools, caller, gateway=gateway, headers=headers, body=body)

    async def gateways(self, *, caller: Caller) -> tuple[GatewayStatus, ...]:
        """Return every gateway."""
        caller.require("payments.read")
        return await switch_gateway.list_gateways(self._tools)

    async def switch_gateway(
        self, *, caller: Caller, key: str, gateway: str, state: GatewaySwitch, reason: str
    ) -> GatewaySwitched:
        """Move a switch."""
        caller.require("payments.write")
        return await switch_gateway.switch_gateway(
            self._tools, caller, key=key, gateway=gateway, state=state, reason=reason
        )

    async def gateway_history(self, *, caller: Caller, gateway: str, limit: int = 50) -> tuple[GatewaySwitched, ...]:
        """Return the moves of a switch."""
        caller.require("payments.read")
        return await switch_gateway.gateway_history(self._tools, gateway=gateway, limit=limit)

    async def money(self, *, caller: Caller, after: str | None = None, limit: int = 1_000) -> Page[CheckoutMoney]:
        """Return sums per checkout."""
        caller.require("payments.read")
        limit, beyond = page_size(limit, most=PAGE_LIMIT), cursor_id(after)
        async with self._tools.db.read() as read:
            rows = await money_page(read, beyond, limit)
        return Page(items=tuple(rows), after=str(rows[-1].checkout_id) if len(rows) == limit else None)

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """Compare our books with themselves and with the gateways'."""
        caller.require("payments.read")
        return await check_books.check_books(self._tools)

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        return await audit_entries(self._tools.db, caller, aggregate_id=aggregate_id, before=before, limit=limit)

    async def list_differences(
        self, *, caller: Caller, state: DifferenceState | None = None, after: str | None = None, limit: int = 50
    ) -> Page[Difference]:
        """Return differences, newest first."""
        caller.require("payments.read")
        items, cursor = await page_of(self._tools.db, state=state, after=after, limit=limit)
        return Page(items=items, after=cursor)

    async def resolve_difference(self, *, caller: Caller, key: str, difference_id: UUID, note: str) -> Difference:
        """Put a difference aside, with the reason."""
        return await resolve(
            self._tools.db, caller=caller, scope="payments.write", key=key, difference_id=difference_id, note=note
        )
