"""The invariant checker: what the contexts and the gateways believe must agree.

Rules inside a context are its own (`check` of its contract). The rules here compare contexts with each other. Every
context lists its side in pages ordered by id (a checkout's id is its order's id), and the four lists are walked side by
side: memory stays constant however many orders there are.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import msgspec

from springtide.contracts.checkout.api import CheckoutApi, ProcessRow, Step
from springtide.contracts.common import Finding
from springtide.contracts.inventory.api import InventoryApi, OrderClaim
from springtide.contracts.orders.api import OrderMoney, OrdersApi
from springtide.contracts.paging import every
from springtide.contracts.payments.api import CheckoutMoney, PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import system
from springtide.platform.wiring import Ask

_CALLER = system("checker")


class Report(msgspec.Struct, kw_only=True):
    """What was compared, how often, and every difference found. `exempt`: imported orders, by the one named rule."""

    compared: dict[str, int]
    findings: list[Finding]
    exempt: int = 0

    def compare(self, rule: str, subject: object, *differences: str | None) -> None:
        """Count one comparison made under a rule and note the differences it found."""
        self.compared[rule] = self.compared.get(rule, 0) + 1
        for difference in differences:
            if difference is not None:
                self.findings.append(Finding(rule=rule, subject=str(subject), detail=difference))


@dataclass(slots=True)
class Facts:
    """What the four contexts know of one checkout."""

    id: UUID
    order: OrderMoney | None = None
    money: CheckoutMoney | None = None
    process: ProcessRow | None = None
    claim: OrderClaim | None = None

    @property
    def is_under_way(self) -> bool:
        """Tell whether the completion process is still at work: then the sides may differ for a moment."""
        return self.process is not None and self.process.step in {
            Step.HOLD,
            Step.AUTHORISE,
            Step.AWAITING_BUYER,
            Step.UNKNOWN,
            Step.CLAIM,
            Step.PLACE,
        }


async def check(ask: Ask) -> Report:
    """Run every rule once and return the report."""
    report = Report(compared={}, findings=[])
    inventory, orders, payments, checkout = ask(InventoryApi), ask(OrdersApi), ask(PaymentsApi), ask(CheckoutApi)
    for name, context in (
        ("inventory", inventory),
        ("pricing", ask(PricingApi)),
        ("checkout", checkout),
        ("payments", payments),
        ("orders", orders),
    ):
        report.compared[f"rules inside {name}"] = 1
        report.findings.extend(await context.check(caller=_CALLER))
    async for facts in aligned(
        every(orders.money, _CALLER),
        every(payments.money, _CALLER),
        every(checkout.processes, _CALLER),
        every(inventory.claims, _CALLER),
    ):
        if not facts.is_under_way:
            compare(report, facts)
    report.exempt = await orders.count_exempt(caller=_CALLER)
    return report


def compare(report: Report, facts: Facts) -> None:
    """Apply the rules to one checkout."""
    order, money, process = facts.order, facts.money, facts.process
    if process is not None and process.step is Step.COMPLETED:
        report.compare("every success answer has its order", facts.id, _lost(order, process))
    if order is not None:
        is_known = process is not None and process.step is Step.COMPLETED
        orphan = None if is_known else "there is an order without a completed process"
        report.compare("every order was completed", order.number, orphan)
        report.compare("orders to ship = units promised", order.number, _claims(order, facts.claim))
    elif facts.claim is not None and any(line.quantity for line in facts.claim.lines):
        report.compare("orders to ship = units promised", facts.id, "units are promised without an order")
    if money is not None and not money.open:
        if order is None:
            report.compare("no charge without an order", facts.id, _kept_without_order(money))
        else:
            report.compare("one charge per order", order.number, _charged_too_much(order, money))
            report.compare("the money of an order is there", order.number, _unpaid(order, money))
            report.compare("orders and payments know the same sums", order.number, *_sums(order, money))
    elif money is None and order is not None:
        counts = order.authorised_minor or order.captured_minor
        unseen = "the order counts money that payments has never seen" if counts else None
        report.compare("orders and payments know the same sums", order.number, unseen)


def _lost(order: OrderMoney | None, process: ProcessRow) -> str | None:
    if order is None:
        return "the buyer was told it succeeded, and there is no order"
    if (order.total_minor, order.currency) != (process.total_minor, process.currency):
        return f"the buyer agreed to {process.total_minor} {process.currency}, the order says {order.total_minor}"
    return None


def _claims(order: OrderMoney, claim: OrderClaim | None) -> str | None:
    wanted: dict[str, int] = {}
    for line in order.unshipped:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    wanted = {sku: quantity for sku, quantity in wanted.items() if quantity}
    promised = {line.sku: line.quantity for line in claim.lines if line.quantity} if claim else {}
    return None if wanted == promised else f"to ship {wanted}, promised {promised}"


def _kept_without_order(money: CheckoutMoney) -> str | None:
    kept = money.captured_minor - money.refunded_minor
    authorised = money.authorised_minor - money.captured_minor - money.voided_minor
    if kept == 0 and authorised <= 0:
        return None
    return f"{kept} kept and {max(authorised, 0)} authorised (minor units of {money.currency}) without an order"


def _charged_too_much(order: OrderMoney, money: CheckoutMoney) -> str | None:
    kept = money.captured_minor - money.refunded_minor
    return f"{kept} kept of a total of {order.total_minor}" if kept > order.total_minor else None


def _unpaid(order: OrderMoney, money: CheckoutMoney) -> str | None:
    """Authorised money counts until it is released: an order without it would be shipped for nothing."""
    kept = money.authorised_minor - money.voided_minor - money.refunded_minor
    owed = order.total_minor + order.adjusted_minor
    return f"{kept} kept or authorised, {owed} owed" if kept < owed else None


def _sums(order: OrderMoney, money: CheckoutMoney) -> list[str]:
    pairs = (
        ("captured", order.captured_minor, money.captured_minor),
        ("refunded", order.refunded_minor, money.refunded_minor),
    )
    return [f"{what}: the order says {ours}, payments says {theirs}" for what, ours, theirs in pairs if ours != theirs]


async def aligned(
    orders: AsyncIterator[OrderMoney],
    money: AsyncIterator[CheckoutMoney],
    processes: AsyncIterator[ProcessRow],
    claims: AsyncIterator[OrderClaim],
) -> AsyncIterator[Facts]:
    """Walk four lists ordered by id side by side; yield what each knows of an id."""
    order, paid = await anext(orders, None), await anext(money, None)
    process, claim = await anext(processes, None), await anext(claims, None)
    while True:
        ids = [
            *([order.order_id] if order else []),
            *([paid.checkout_id] if paid else []),
            *([process.checkout_id] if process else []),
            *([claim.order_id] if claim else []),
        ]
        if not ids:
            return
        facts = Facts(min(ids))
        if order and order.order_id == facts.id:
            facts.order, order = order, await anext(orders, None)
        if paid and paid.checkout_id == facts.id:
            facts.money, paid = paid, await anext(money, None)
        if process and process.checkout_id == facts.id:
            facts.process, process = process, await anext(processes, None)
        if claim and claim.order_id == facts.id:
            facts.claim, claim = claim, await anext(claims, None)
        yield facts
