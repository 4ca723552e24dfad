"""Faithful fakes of checkout's neighbours: in memory, idempotent by key, with switches for what goes wrong."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from springtide.contracts.inventory.api import Allocation, Hold, HoldGone, NotEnoughStock
from springtide.contracts.orders.api import Placed, Placement
from springtide.contracts.payments.api import Attempt, AttemptState, GatewaysBusy, PaymentMethod
from springtide.contracts.pricing.api import (
    PriceMode,
    Quote,
    QuotedLine,
    QuotedShipping,
    QuoteRequest,
    TaxedRow,
    VoucherHold,
)
from springtide.platform.errors import Unavailable

SOON = timedelta(minutes=30)


def row(gross: int) -> TaxedRow:
    tax = gross * 21 // 121
    return TaxedRow(gross_minor=gross, net_minor=gross - tax, tax_minor=tax, rate_bp=2100, tax_category="standard")


@dataclass
class FakePricing:
    unit_minor: int = 1000
    shipping_minor: int = 495

    async def quote(self, *, caller, request: QuoteRequest) -> Quote:
        lines = tuple(
            QuotedLine(
                sku=line.sku,
                quantity=line.quantity,
                unit_minor=self.unit_minor,
                was_minor=None,
                money=row(self.unit_minor * line.quantity),
            )
            for line in request.lines
        )
        shipping = (
            (QuotedShipping(method=request.shipping_method, money=row(self.shipping_minor)),)
            if request.shipping_method
            else ()
        )
        goods = sum(line.money.gross_minor for line in lines)
        total = goods + sum(part.money.gross_minor for part in shipping)
        now = datetime.now(UTC)
        return Quote(
            id=f"q{total}",
            market=request.market,
            seller="nl",
            currency="EUR",
            base_currency="EUR",
            fx_to_base="1",
            price_mode=PriceMode.GROSS,
            destination=request.country or "NL",
            lines=lines,
            shipping=shipping,
            shipping_options=(),
            promotions=(),
            vouchers=(),
            goods_minor=goods,
            shipping_minor=total - goods,
            discount_minor=0,
            tax_minor=sum(part.money.tax_minor for part in (*lines, *shipping)),
            total_minor=total,
            quoted_at=now,
            expires_at=now + SOON,
        )

    async def hold_vouchers(self, *, caller, key, checkout_id, codes, expires_after_s) -> VoucherHold:
        return VoucherHold(checkout_id=checkout_id, codes=codes, expires_at=datetime.now(UTC) + SOON)

    async def claim_vouchers(self, *, caller, key, checkout_id) -> VoucherHold:
        return VoucherHold(checkout_id=checkout_id, codes=(), expires_at=None)

    async def release_vouchers(self, *, caller, key, checkout_id) -> None:
        return None


@dataclass
class FakeInventory:
    stock: int = 100
    gone: bool = False
    held: dict[UUID, int] = field(default_factory=dict)
    claimed: dict[UUID, int] = field(default_factory=dict)
    released: list[UUID] = field(default_factory=list)

    def _free(self) -> int:
        return self.stock - sum(self.held.values()) - sum(self.claimed.values())

    async def hold(self, *, caller, key, checkout_id, market, lines, expires_after_s) -> Hold:
        wanted = sum(line.quantity for line in lines)
        self.held.pop(checkout_id, None)
        if wanted > self._free():
            msg = "not enough"
            raise NotEnoughStock(msg, short=[{"sku": lines[0].sku, "wanted": wanted, "available": self._free()}])
        self.held[checkout_id] = wanted
        allocations = tuple(Allocation(sku=line.sku, location="own", quantity=line.quantity) for line in lines)
        return Hold(checkout_id=checkout_id, market=market, allocations=allocations, expires_at=datetime.now(UTC))

    async def extend(self, *, caller, key, checkout_id, expires_after_s) -> Hold:
        return Hold(checkout_id=checkout_id, market="NL", allocations=(), expires_at=datetime.now(UTC))

    async def claim(self, *, caller, key, checkout_id) -> Hold:
        if self.gone:
            msg = "gone"
            raise HoldGone(msg, checkout_id=str(checkout_id))
        if checkout_id in self.held:
            self.claimed[checkout_id] = self.held.pop(checkout_id)
        allocations = (Allocation(sku="A", location="own", quantity=self.claimed[checkout_id]),)
        return Hold(checkout_id=checkout_id, market="NL", allocations=allocations, expires_at=None)

    async def release(self, *, caller, key, checkout_id, reason) -> None:
        self.held.pop(checkout_id, None)
        self.claimed.pop(checkout_id, None)
        self.released.append(checkout_id)


@dataclass
class FakePayments:
    answer: AttemptState = AttemptState.CAPTURED
    down: int = 0
    busy_s: int = 0
    closes: bool = True
    starts: int = 0
    attempts: dict[UUID, Attempt] = field(default_factory=dict)
    undone: list[tuple[UUID, str]] = field(default_factory=list)
    closed: list[UUID] = field(default_factory=list)

    async def methods(self, *, caller, market, amount_minor=None) -> tuple[PaymentMethod, ...]:
        names = {"en": "Card", "nl": "Kaart", "sv": "Kort"}
        return (
            PaymentMethod(key="card", names=names, market=market, kind="card", awaits_buyer_s=None),
            PaymentMethod(key="ideal", names=names, market=market, kind="bank_redirect", awaits_buyer_s=900),
        )

    async def start(
        self, *, caller, key, attempt_id, checkout_id, market, method, amount_minor, currency, **_
    ) -> Attempt:
        self.starts += 1
        if self.busy_s:
            msg = "Every gateway is at its limit."
            raise GatewaysBusy(msg, retry_after_s=self.busy_s)
        if self.down:
            self.down -= 1
            msg = "the gateway's context is away"
            raise Unavailable(msg)
        if attempt_id not in self.attempts:
            self.put(attempt_id, checkout_id, self.answer, amount_minor, method)
        return self.attempts[attempt_id]

    def put(
        self, attempt_id: UUID, checkout_id: UUID, state: AttemptState, amount: int, method: str = "card"
    ) -> Attempt:
        known = self.attempts.get(attempt_id)
        attempt = Attempt(
            id=attempt_id,
            checkout_id=checkout_id,
            market="NL",
            method=method,
            gateway="fake",
            state=state,
            amount_minor=amount,
            currency="EUR",
            authorised_minor=amount if state in {AttemptState.AUTHORISED, AttemptState.CAPTURED} else 0,
            captured_minor=amount if state is AttemptState.CAPTURED else 0,
            refunded_minor=0,
            version=known.version + 1 if known else 1,
            redirect_url="https://bank.example/pay" if state is AttemptState.AWAITING_BUYER else "",
        )
        self.attempts[attempt_id] = attempt
        return attempt

    async def refresh(self, *, caller, attempt_id) -> Attempt:
        return self.attempts[attempt_id]

    async def close(self, *, caller, key, attempt_id, reason) -> Attempt:
        known = self.attempts[attempt_id]
        self.closed.append(attempt_id)
        if known.state is AttemptState.AWAITING_BUYER and self.closes:
            return self.put(attempt_id, known.checkout_id, AttemptState.EXPIRED, known.amount_minor, known.method)
        return known

    async def undo(self, *, caller, key, attempt_id, reason) -> Attempt:
        self.undone.append((attempt_id, reason))
        known = self.attempts[attempt_id]
        return self.put(attempt_id, known.checkout_id, AttemptState.REFUNDED, known.amount_minor, known.method)


@dataclass
class FakeOrders:
    placed: dict[UUID, Placement] = field(default_factory=dict)

    async def place(self, *, caller, key, placement: Placement) -> Placed:
        self.placed.setdefault(placement.order_id, placement)
        return Placed(
            order_id=placement.order_id,
            number="NL-1001",
            token="order-token",
            placed_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
