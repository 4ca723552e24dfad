"""What checkout promises: a cart that becomes at most one order, and a buyer who always learns what happened."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import Address, AuditEntry, Contact, Finding, Origin, Page
from springtide.contracts.payments.api import PaymentMethod
from springtide.contracts.pricing.api import Quote
from springtide.platform.caller import Caller
from springtide.platform.errors import BadInput, Conflict, NotFound, Unprocessable
from springtide.platform.promise import always_answered


class CartNotFound(NotFound):
    """There is no such cart, or the token is not its."""

    code = "cart_not_found"


class CartClosed(Conflict):
    """The cart is being bought or was bought; facts: state."""

    code = "cart_closed"


class CartExists(Conflict):
    """A customer has one cart a market, and this one has one; facts: cart_id, state."""

    code = "cart_exists"


class SoldOut(Conflict):
    """A new cart asks for what the channel knows to be sold out; facts: skus."""

    code = "sold_out"


class CartIncomplete(Unprocessable):
    """Something is missing before this can be bought; facts: missing = [field, …]."""

    code = "cart_incomplete"


class PaymentStillOpen(Conflict):
    """Another way to pay was asked for, but the gateway does not let the payment at the bank be stopped.

    The buyer finishes or cancels it there, or waits until it ends by itself. Facts: checkout_id, method (of the open
    payment), expires_at (when it ends, ISO 8601).
    """

    code = "payment_still_open"
    title = "The first payment is still open"


class TotalChanged(Conflict):
    """The total is not the one the buyer saw; facts: total_minor, currency, quote_id (the new ones)."""

    code = "total_changed"


class CartLimit(Unprocessable):
    """More lines or units than a cart may have; facts: limit."""

    code = "cart_limit"


class InvalidCart(BadInput):
    """A field is missing or of the wrong form; facts: fields = {name: why}."""

    code = "invalid_cart"


class CartState(StrEnum):
    """open -> completing -> completed; a refused, declined, expired or undone try opens the cart again."""

    OPEN = "open"
    COMPLETING = "completing"
    COMPLETED = "completed"
    MERGED = "merged"


class Step(StrEnum):
    """Where the durable completion process stands. The transitions are the table in the checkout domain."""

    HOLD = "hold"
    AUTHORISE = "authorise"
    AWAITING_BUYER = "awaiting_buyer"
    UNKNOWN = "unknown"
    CLAIM = "claim"
    PLACE = "place"
    COMPLETED = "completed"
    REFUSED = "refused"
    DECLINED = "declined"
    EXPIRED = "expired"
    UNDONE = "undone"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how to deliver; `billing` None: the same address."""

    address: Address
    shipping_method: str
    billing: Address | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a cart; `name` in the cart's language as shown when it was put in."""

    sku: str
    quantity: int
    name: str = ""


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart as its holder sees it. `quote` is None while it has no lines. `version` rises with every change.

    `problems`: what stands in the way, by code ("price_not_found:SKU"), while the cart can still be mended.
    """

    id: UUID
    token: str
    version: int
    state: CartState
    market: str
    locale: str
    lines: tuple[Line, ...]
    contact: Contact | None
    delivery: Delivery | None
    vouchers: tuple[str, ...]
    customer_id: UUID | None
    quote: Quote | None
    payment_methods: tuple[PaymentMethod, ...]
    checkout_id: UUID | None
    problems: tuple[str, ...] = ()


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a try to buy. `redirect_url` while AWAITING_BUYER; `reason` (code) and `message` (in the buyer's
    language) when it did not succeed; `order_id`, `order_number`, `order_token` when COMPLETED. `ask_again_s` while it
    is still going on.
    """

    checkout_id: UUID
    cart_id: UUID
    step: Step
    total_minor: int
    currency: str
    method: str
    redirect_url: str = ""
    reason: str = ""
    message: str = ""
    order_id: UUID | None = None
    order_number: str = ""
    order_token: str = ""
    ask_again_s: int = 0
    expires_at: datetime | None = None


class ProcessRow(msgspec.Struct, frozen=True, kw_only=True):
    """A completion process, for the checker and the back office."""

    checkout_id: UUID
    cart_id: UUID
    step: Step
    attempt_id: UUID | None
    total_minor: int
    currency: str
    updated_at: datetime
    reason: str


class CartHour(msgspec.Struct, frozen=True, kw_only=True):
    """Carts with something in them that were begun within an hour (UTC), and how many of them went on to buy."""

    hour: datetime
    market: str
    carts: int
    begun: int


class CheckoutApi(Protocol):
    """Checkout's verbs. A guest proves the right to a cart by its token; a customer's own cart needs none."""

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
        """Make a cart with lines. `InvalidCart`, `CartLimit`, and pricing's refusals by name.

        `sold_out`: SKUs among them that are sold out as far as the channel knows: such a cart is refused (`SoldOut`)
        before it costs a crowd three requests each. No part of what makes two requests the same.
        """
        ...

    async def get_cart(self, *, caller: Caller, cart_id: UUID, token: str) -> Cart:
        """Return a cart with a fresh quote when the old one ran out; `CartNotFound`."""
        ...

    async def my_cart(self, *, caller: Caller, market: str) -> Cart | None:
        """Return the calling customer's open cart in a market, if any."""
        ...

    async def set_lines(self, *, caller: Caller, key: str, cart_id: UUID, token: str, lines: tuple[Line, ...]) -> Cart:
        """Replace all lines (a quantity of 0 drops one). `CartClosed`, `CartLimit`, pricing's refusals."""
        ...

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
        """Set contact, addresses, delivery and vouchers at once. `InvalidCart` lists every field that is wrong."""
        ...

    async def set_vouchers(
        self, *, caller: Caller, key: str, cart_id: UUID, token: str, vouchers: tuple[str, ...]
    ) -> Cart:
        """Replace the voucher codes; one that does not apply is refused by name (`VoucherRefused`)."""
        ...

    async def merge(self, *, caller: Caller, key: str, cart_id: UUID, token: str) -> Cart:
        """Give a guest's cart to the calling customer, adding its lines to the customer's open cart of the market."""
        ...

    async def complete(
        self, *, caller: Caller, key: str, cart_id: UUID, token: str, method: str, total_minor: int, return_url: str
    ) -> Completion:
        """Buy. `total_minor` is what the buyer saw: another total is `TotalChanged`. `CartIncomplete`, `CartClosed`.

        A repeat joins the running completion. With another method a payment at the bank is closed first;
        `PaymentStillOpen` when its gateway does not let it be. Not enough stock, a decline and the like are outcomes,
        not refusals.
        """
        ...

    async def completion(self, *, caller: Caller, checkout_id: UUID, token: str) -> Completion:
        """Return where a completion stands; `token` is the cart's."""
        ...

    @always_answered
    async def buyer_returned(self, *, caller: Caller, checkout_id: UUID, token: str) -> Completion:
        """The buyer is back from the bank: ask the gateway, drive on, return where it stands."""
        ...

    async def processes(
        self, *, caller: Caller, open_only: bool = False, after: str | None = None, limit: int = 1_000
    ) -> Page[ProcessRow]:
        """Return completion processes by id, for the checker."""
        ...

    async def cart_hours(self, *, caller: Caller, since: datetime) -> tuple[CartHour, ...]:
        """Return carts begun at or after `since` (at most two days ago) by hour and market: figures for insight."""
        ...

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """Return processes past their deadline and carts that disagree with their process."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...
