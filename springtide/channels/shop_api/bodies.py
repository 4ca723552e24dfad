"""What is sent to the API and what only the API answers; everything else is the contracts' own structs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from springtide.channels.browse import Offer, ProductDocument
from springtide.contracts.checkout.api import Delivery
from springtide.contracts.common import Address, Contact
from springtide.contracts.orders.api import (
    AdjustmentKind,
    Document,
    FulfilmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    PaymentStatus,
    Shipment,
    ShippingRow,
)
from springtide.contracts.pricing.api import TaxedRow

MoneyLimit = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
Sku = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
Password = Annotated[str, Meta(min_length=1, max_length=200)]
Vouchers = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...], Meta(max_length=10)]


class WantedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of a SKU; a quantity of 0 drops the line."""

    sku: Sku
    quantity: Annotated[int, Meta(ge=0, le=9_999)]


Lines = Annotated[tuple[WantedLine, ...], Meta(max_length=100)]


class NewCart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cart with its lines: the first of a guest's three writes."""

    market: Annotated[str, Meta(min_length=1, max_length=20)]
    locale: Annotated[str, Meta(min_length=2, max_length=20)]
    lines: Lines = ()


class CartLines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All lines of a cart, in place of those it has."""

    lines: Lines


class CartDetails(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Contact, addresses, delivery and vouchers: the second write."""

    contact: Contact
    delivery: Delivery
    vouchers: Vouchers = ()


class CartVouchers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All voucher codes of a cart, in place of those it has."""

    vouchers: Vouchers


class Purchase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Buy: the third write. `total_minor` is the total the buyer saw (the cart's quote); `method` one of the cart's
    payment methods; `return_url` where a bank sends the buyer back to: an address of the shop, its front page when left
    out.
    """

    method: Annotated[str, Meta(min_length=1, max_length=64)]
    total_minor: MoneyLimit
    return_url: Annotated[str, Meta(max_length=500, pattern=r"^(https?://[!-~]+)?$")] = ""


class SignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new account."""

    email: Email
    password: Password
    name: Name
    locale: Annotated[str, Meta(min_length=2, max_length=20)] = "en"


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Address and password of an account."""

    email: Email
    password: Password


class ResetRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose password was forgotten."""

    email: Email


class Reset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token of the mailed link and the new password."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    password: Password


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a customer may change of the account."""

    name: Name
    locale: Annotated[str, Meta(min_length=2, max_length=20)]


class AddressToSave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address for the account."""

    address: Address
    is_default: bool = False


class ConsentToRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consent given or withdrawn; `text_version` names the words the customer saw."""

    given: bool
    text_version: Annotated[str, Meta(min_length=1, max_length=64)]


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Taken; what comes of it is told by mail. The answer is the same whether or not there is such an account."""

    message: str


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session. Send `token` as `Authorization: Bearer <token>`; it is given only here."""

    token: str
    expires_at: datetime
    name: str
    customer_id: str


class ProductReply(msgspec.Struct, frozen=True, kw_only=True):
    """A product in one language with price and availability per variant in one market."""

    product: ProductDocument
    offers: tuple[Offer, ...]


class ShippingReply(msgspec.Struct, frozen=True, kw_only=True):
    """A way to deliver in a market, named in the language asked for; price in the market's price mode."""

    key: str
    name: str
    carrier: str
    countries: tuple[str, ...]
    price_minor: int
    free_from_minor: int | None
    days_min: int
    days_max: int


class MarketReply(msgspec.Struct, frozen=True, kw_only=True):
    """A market as buyers need it."""

    key: str
    currency: str
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    shipping: tuple[ShippingReply, ...]


class AdjustmentReply(msgspec.Struct, frozen=True, kw_only=True):
    """What changed after the sale: signed quantities by line and money rows (negative: back to the buyer)."""

    id: UUID
    at: datetime
    kind: AdjustmentKind
    lines: dict[int, int]
    money: tuple[TaxedRow, ...]
    reason: str


class OrderReply(msgspec.Struct, frozen=True, kw_only=True):
    """An order as its buyer sees it."""

    id: UUID
    number: str
    placed_at: datetime
    market: str
    locale: str
    currency: str
    contact: Contact
    shipping_address: Address
    billing_address: Address
    status: OrderStatus
    payment_status: PaymentStatus
    fulfilment_status: FulfilmentStatus
    payment_method: str
    lines: tuple[OrderLine, ...]
    shipping: tuple[ShippingRow, ...]
    goods_minor: int
    shipping_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    refunded_minor: int
    vouchers: tuple[str, ...]
    shipments: tuple[Shipment, ...]
    adjustments: tuple[AdjustmentReply, ...]
    documents: tuple[Document, ...]


def order_reply(order: Order) -> OrderReply:
    """Return what the buyer sees of an order: nothing of staff, sellers' books or tokens."""
    shown = {
        name: getattr(order, name) for name in OrderReply.__struct_fields__ if name not in {"adjustments", "lines"}
    }
    lines = tuple(msgspec.structs.replace(line, allocations=()) for line in order.lines)
    return OrderReply(**shown, lines=lines, adjustments=tuple(_adjustment(row) for row in order.adjustments))


def _adjustment(row: object) -> AdjustmentReply:
    return msgspec.convert(row, AdjustmentReply, from_attributes=True)
