"""Checkout's verbs, each delegated to the module that does it."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from springtide.contexts.checkout.domain.process import FINAL
from springtide.contexts.checkout.service import carts, change_cart
from springtide.contexts.checkout.service.asks import Agreement
from springtide.contexts.checkout.service.beginning import begin, final
from springtide.contexts.checkout.service.cart_view import PURPOSE
from springtide.contexts.checkout.service.drive import Driver
from springtide.contexts.checkout.service.lane import lane
from springtide.contexts.checkout.service.moving import completion
from springtide.contexts.checkout.service.steps import money
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import ProcessRow as StoredProcess
from springtide.contexts.checkout.store import find_process
from springtide.contracts.checkout.api import (
    Cart,
    CartHour,
    CartNotFound,
    Completion,
    Delivery,
    Line,
    PaymentStillOpen,
    ProcessRow,
    Step,
)
from springtide.contracts.common import AuditEntry, Contact, Finding, Origin, Page
from springtide.contracts.payments.api import AttemptState
from springtide.platform.audit import audit_entries
from springtide.platform.caller import Caller, Kind, system
from springtide.platform.errors import BadInput, Refusal
from springtide.platform.ids import is_capability
from springtide.platform.paging import cursor_id, page_size

_WAIT_S = 6.0
_OVERDUE_S = 60
_MAX_PAGE = 1_000
_LONGEST_LOOK_BACK = timedelta(days=2)
_OVER = frozenset(
    {AttemptState.CLOSED, AttemptState.EXPIRED, AttemptState.DECLINED, AttemptState.VOIDED, AttemptState.REFUNDED}
)


class CheckoutService:
    """Implements `contracts.checkout.api.CheckoutApi`."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        tools.lane = lane(tools)
        self.driver = Driver(tools)

    async def create_cart(
        self,
        *,
        caller: Caller,
        key: str,
        market: str,
        locale: str,
        lines: tuple[Line, ...],
        origin: Origin,
        sold_out: tuple[str, ...] = (),
    ) -> Cart:
        """See the contract."""
        return await carts.create_cart(
            self.tools,
            caller=caller,
            key=key,
            market=market,
            locale=locale,
            lines=lines,
            origin=origin,
            sold_out=sold_out,
        )

    async def get_cart(self, *, caller: Caller, cart_id: UUID, token: str) -> Cart:
        """See the contract."""
        return await carts.get_cart(self.tools, caller=caller, cart_id=cart_id, token=token)

    async def my_cart(self, *, caller: Caller, market: str) -> Cart | None:
        """See the contract."""
        return await carts.my_cart(self.tools, caller=caller, market=market)

    async def set_lines(self, *, caller: Caller, key: str, cart_id: UUID, token: str, lines: tuple[Line, ...]) -> Cart:
        """See the contract."""
        return await change_cart.set_lines(
            self.tools, caller=caller, key=key, cart_id=cart_id, token=token, lines=lines
        )

    async def set_details(
        self,
        *,
        caller: Caller,
        key: str,
        cart_id: UUID,
        token: str,
        contact: Contact,
        delivery: Delivery,
        vouchers: tuple[str, ...] = (),
    ) -> Cart:
        """See the contract."""
        return await change_cart.set_details(
            self.tools,
            caller=caller,
            key=key,
            cart_id=cart_id,
            token=token,
            contact=contact,
            delivery=delivery,
            vouchers=vouchers,
        )

    async def set_vouchers(
        self, *, caller: Caller, key: str, cart_id: UUID, token: str, vouchers: tuple[str, ...]
    ) -> Cart:
        """See the contract."""
        return await change_cart.set_vouchers(
            self.tools, caller=caller, key=key, cart_id=cart_id, token=token, vouchers=vouchers
        )

    async def merge(self, *, caller: Caller, key: str, cart_id: UUID, token: str) -> Cart:
        """See the contract."""
        return await change_cart.merge(self.tools, caller=caller, key=key, cart_id=cart_id, token=token)

    async def complete(
        self, *, caller: Caller, key: str, cart_id: UUID, token: str, method: str, total_minor: int, return_url: str
    ) -> Completion:
        """See the contract."""
        agreement = Agreement(
            cart_id=cart_id, token=token, method=method, total_minor=total_minor, return_url=return_url, key=key
        )
        begun = await begin(self.tools, caller=caller, agreement=agreement)
        if begun.answer is not None:
            return begun.answer
        reached: Completion | Refusal
        if begun.process is None:
            reached = await self._join(begun.checkout_id, agreement, caller)
        else:
            reached = driven = await self.driver.drive(begun.checkout_id, wait_s=_WAIT_S, begun=begun.process)
            if not begun.process.awaits_buyer_s:
                return driven  # nobody but this try can have been answered under the key
        return await final(self.tools, caller=caller, agreement=agreement, reached=reached)

    async def _join(self, checkout_id: UUID, agreement: Agreement, caller: Caller) -> Completion | Refusal:
        """Another request is buying this cart already. With another method the former attempt is closed first.

        A gateway may not let it be closed: then the buyer is told until when it stays open, and keeps it till then.
        """
        process = await self.driver.get(checkout_id)
        if process.step is Step.AWAITING_BUYER and process.method != agreement.method:
            attempt = await self.tools.payments.close(
                caller=system("checkout"),
                key=f"{process.attempt_id}:another-method",
                attempt_id=process.attempt_id,
                reason="cancelled_by_buyer",
            )
            if attempt.state in _OVER:
                await self.driver.record(process, money(attempt))
                await self.driver.drive(checkout_id, wait_s=_WAIT_S)
                return await self._complete_again(agreement, caller)
            await self.driver.attempt_changed(attempt)
            if attempt.state is AttemptState.AWAITING_BUYER:
                return _still_open(process)
        return await self.driver.drive(checkout_id, wait_s=_WAIT_S)

    async def _complete_again(self, agreement: Agreement, caller: Caller) -> Completion:
        begun = await begin(self.tools, caller=caller, agreement=agreement)
        return begun.answer or await self.driver.drive(begun.checkout_id, wait_s=_WAIT_S, begun=begun.process)

    async def completion(self, *, caller: Caller, checkout_id: UUID, token: str) -> Completion:
        """See the contract."""
        return completion(await self._own_process(caller, checkout_id, token))

    async def buyer_returned(self, *, caller: Caller, checkout_id: UUID, token: str) -> Completion:
        """See the contract."""
        process = await self._own_process(caller, checkout_id, token)
        moved: StoredProcess | None = None
        if process.step in {Step.AWAITING_BUYER, Step.UNKNOWN}:
            attempt = await self.tools.payments.refresh(caller=system("checkout"), attempt_id=process.attempt_id)
            moved = await self.driver.heard(process, attempt)
        elif process.step in FINAL:
            return completion(process)
        return await self.driver.drive(checkout_id, wait_s=_WAIT_S, begun=moved)

    async def _own_process(self, caller: Caller, checkout_id: UUID, token: str) -> StoredProcess:
        async with self.tools.db.read() as read:
            process = await find_process(read, checkout_id)
        if process is not None:
            own = caller.kind is Kind.CUSTOMER and str(process.customer_id) == caller.actor
            if own or is_capability(token, self.tools.secret_key, PURPOSE, process.cart_id):
                return process
        msg = "There is no such checkout."
        raise CartNotFound(msg)

    async def processes(
        self, *, caller: Caller, open_only: bool = False, after: str | None = None, limit: int = 1_000
    ) -> Page[ProcessRow]:
        """See the contract."""
        caller.require("orders.read")
        limit = page_size(limit, most=_MAX_PAGE)
        params = {"open_only": open_only, "after": cursor_id(after), "limit": limit}
        async with self.tools.db.read() as read:
            rows = [msgspec.convert(row, ProcessRow) for row in await read.dicts("list_processes", params)]
        return Page(items=tuple(rows), after=str(rows[-1].checkout_id) if len(rows) == limit else None)

    async def cart_hours(self, *, caller: Caller, since: datetime) -> tuple[CartHour, ...]:
        """See the contract."""
        caller.require("orders.read")
        async with self.tools.db.read() as read:
            now: datetime = await read.value("kernel_now")
            if now - since > _LONGEST_LOOK_BACK:
                msg = f"Carts are counted {_LONGEST_LOOK_BACK.days} days back."
                raise BadInput(msg, field="since")
            return tuple(await read.all("cart_hours", {"since": since}, row=CartHour))

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """See the contract."""
        caller.require("orders.read")
        findings: list[Finding] = []
        async with self.tools.db.read() as read:
            now = await read.value("kernel_now")
            for rule in ("check_overdue", "check_cart_against_process", "check_completed_without_number"):
                rows = await read.dicts(rule, {"before": now - timedelta(seconds=_OVERDUE_S)})
                findings += [Finding(rule=f"checkout.{rule.removeprefix('check_')}", **row) for row in rows]
        return tuple(findings)

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """See the contract."""
        return await audit_entries(self.tools.db, caller, aggregate_id=aggregate_id, before=before, limit=limit)


def _still_open(process: StoredProcess) -> PaymentStillOpen:
    msg = "The first payment is still open and cannot be stopped from here."
    facts = {"checkout_id": str(process.checkout_id), "method": process.method}
    ends = {} if process.deadline_at is None else {"expires_at": process.deadline_at.isoformat()}
    return PaymentStillOpen(msg, **facts, **ends)
