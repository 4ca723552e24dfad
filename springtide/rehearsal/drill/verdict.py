"""What buyers were told, what the shop knows and what the gateway took, compared after everything has settled.

The shop's own checker is one witness of three. The rules here use nothing of it: they start from what buyers wrote
down and from the gateway's ledger, so that a shop that agrees with itself about a lie is found out too.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping

from springtide.contracts.checkout.api import CheckoutApi, ProcessRow, Step
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrderMoney, OrdersApi
from springtide.contracts.paging import every
from springtide.contracts.payments.api import PaymentsApi
from springtide.platform.caller import system
from springtide.platform.wiring import Ask
from springtide.rehearsal.checker import Report
from springtide.rehearsal.drill.gateway import Taken
from springtide.rehearsal.drill.goods import units_owned
from springtide.rehearsal.drill.record import Purchase, Record

_CALLER = system("drill")
_FINAL = frozenset({Step.COMPLETED, Step.REFUSED, Step.DECLINED, Step.EXPIRED, Step.UNDONE})
_BY_INVOICE = "invoice"


class Facts:
    """What the contexts know, by checkout."""

    def __init__(self) -> None:
        self.orders: dict[str, OrderMoney] = {}
        self.processes: dict[str, ProcessRow] = {}
        self.checkout_of: dict[str, str] = {}
        self.methods: dict[str, str] = {}
        self.open: list[str] = []
        self.held: dict[str, int] = {}


async def read_facts(ask: Ask) -> Facts:
    """Read everything the comparison needs."""
    facts, payments = Facts(), ask(PaymentsApi)
    async for order in every(ask(OrdersApi).money, _CALLER):
        facts.orders[str(order.order_id)] = order
    async for process in every(ask(CheckoutApi).processes, _CALLER):
        facts.processes[str(process.checkout_id)] = process
        for attempt in (await payments.payment(caller=_CALLER, checkout_id=process.checkout_id)).attempts:
            facts.checkout_of[str(attempt.id)] = str(process.checkout_id)
            facts.methods[str(process.checkout_id)] = attempt.method
    async for money in every(payments.money, _CALLER):
        if money.open:
            facts.open.append(str(money.checkout_id))
    async for row in every(ask(InventoryApi).stock, _CALLER):
        facts.held[row.sku] = facts.held.get(row.sku, 0) + row.held
    return facts


def unfinished(facts: Facts) -> dict[str, int]:
    """Return what is still under way, as counts by what it is; empty when everything has ended."""
    counts = Counter(f"process at {process.step}" for process in facts.processes.values() if process.step not in _FINAL)
    counts["payment open"] = len(facts.open)
    counts["units held"] = sum(facts.held.values())
    return {what: count for what, count in counts.items() if count}


def compare(record: Record, facts: Facts, ledger: Mapping[str, Taken]) -> Report:
    """Apply the drill's own rules."""
    report = Report(compared={}, findings=[])
    for purchase in record.successes:
        order = facts.orders.get(purchase.order_id)
        report.compare("a success answer has its order", purchase.order_id, _lost(purchase, order))
    for rule, subject, text in record.broken:
        report.compare(rule, subject, text)
    for rule in ("a success answer is never taken back", "no answer but a clear one"):
        report.compared[rule] = report.compared.get(rule, 0) + sum(record.answers.values())
    report.compared["same key, same answer"] = report.compared.get("same key, same answer", 0) + record.repeats
    for what, count in unfinished(facts).items():
        report.compare("everything comes to an end", what, f"{count} still")
    _compare_money(report, record, facts, ledger)
    _compare_units(report, record)
    return report


def _lost(purchase: Purchase, order: OrderMoney | None) -> str | None:
    told = purchase.success or {}
    if order is None:
        return f"the buyer was told of order {told.get('order_number')}, and there is none"
    sold = (order.number, order.total_minor, order.currency)
    agreed = (told.get("order_number"), purchase.total_minor, purchase.currency)
    return None if sold == agreed else f"the buyer agreed to {agreed}, the order says {sold}"


def _compare_money(report: Report, record: Record, facts: Facts, ledger: Mapping[str, Taken]) -> None:
    """Compare the gateway's books by checkout: it keeps what the order asks for, from one charge, and else nothing."""
    by_checkout: dict[str, list[Taken]] = defaultdict(list)
    for payment_id, taken in ledger.items():
        checkout_id = facts.checkout_of.get(taken.reference, "")
        unknown = None if checkout_id else f"{taken.kept_minor} kept for a payment that nobody knows"
        report.compare("every charge is known", payment_id, unknown)
        by_checkout[checkout_id].append(taken)
    for checkout_id, charges in by_checkout.items():
        if checkout_id:
            report.compare(
                "the gateway keeps what the order asks for",
                checkout_id,
                _kept_wrongly(facts.orders.get(checkout_id), charges),
            )
    for checkout_id, order in facts.orders.items():
        paid_elsewhere = facts.methods.get(checkout_id) == _BY_INVOICE
        if not paid_elsewhere and checkout_id not in by_checkout:
            text = f"order {order.number} was sold and the gateway never took anything"
            report.compare("the gateway keeps what the order asks for", checkout_id, text)
    _compare_payments(report, record, facts, ledger)


def _compare_payments(report: Report, record: Record, facts: Facts, ledger: Mapping[str, Taken]) -> None:
    """Compare what a buyer paid at the gateway's page with what this buyer was told."""
    for purchase in record.purchases:
        taken = ledger.get(purchase.payment_id)
        if taken is not None:
            booked_for = facts.checkout_of.get(taken.reference)
            differs = None
            if booked_for != purchase.checkout_id:
                differs = f"{purchase.payment_id} was booked for {booked_for}"
            elif purchase.told[-1] != ("completed" if purchase.order_id in facts.orders else "undone"):
                differs = f"{taken.kept_minor} kept of {taken.authorised_minor}, told {purchase.told}"
            report.compare("who paid was told what became of it", purchase.checkout_id, differs)


def _kept_wrongly(order: OrderMoney | None, charges: list[Taken]) -> str | None:
    kept = [taken.kept_minor for taken in charges if taken.kept_minor]
    wanted = order.total_minor + order.adjusted_minor if order is not None else 0
    if sum(kept) == wanted and len(kept) <= 1:
        return None
    return f"kept {kept}, wanted {wanted} for {'order ' + order.number if order else 'no order'}"


def _compare_units(report: Report, record: Record) -> None:
    """Units in orders whose buyers were told so, and that nobody cancelled, against units owned before the drill."""
    sold: Counter[str] = Counter()
    for purchase in record.successes:
        if purchase.order_id not in record.cancelled:
            for sku, quantity in purchase.lines:
                sold[sku] += quantity
    for sku, units in sold.items():
        owned = units_owned(sku)
        oversold = f"{units} sold, {owned} owned" if units > owned else None
        report.compare("units sold ≤ units owned", sku, oversold)
