"""Changing carts. A cart is priced before the transaction that stores it, and the store is guarded by the versions that
were read: of two changes at once the second is read and priced again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contexts.checkout.domain import cart as rules
from springtide.contexts.checkout.service.asks import ChangeCart
from springtide.contexts.checkout.service.cart_view import CartBusy, asked_for, customer_of, may_use, price
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import CartRow, find_cart
from springtide.contracts.checkout.api import Cart, CartNotFound, Delivery, Line
from springtide.contracts.common import Contact
from springtide.contracts.pricing.api import Quote
from springtide.platform.caller import Caller
from springtide.platform.errors import Refusal

_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a cart becomes. `absorbed`: the guest's cart that goes into it."""

    row: CartRow
    lines: tuple[Line, ...]
    contact: Contact | None
    delivery: Delivery | None
    vouchers: tuple[str, ...]
    customer_id: UUID | None
    absorbed: CartRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: how it is asked for, and what it makes of a cart."""

    caller: Caller
    key: str
    operation: str
    request: dict[str, object]


async def set_lines(
    tools: Tools, *, caller: Caller, key: str, cart_id: UUID, token: str, lines: tuple[Line, ...]
) -> Cart:
    """Replace all lines."""
    merged = rules.merged_lines(lines)
    request: dict[str, object] = {"cart_id": cart_id, "lines": asked_for(lines)}
    change = Change(caller=caller, key=key, operation="set_lines", request=request)
    return await _change_one(tools, change, cart_id, token, lambda row: {"lines": _named(merged, row.lines)})


async def set_details(
    tools: Tools,
    *,
    caller: Caller,
    key: str,
    cart_id: UUID,
    token: str,
    contact: Contact,
    delivery: Delivery,
    vouchers: tuple[str, ...],
) -> Cart:
    """Set contact, delivery and vouchers at once."""
    rules.check_details(contact, delivery)
    codes = rules.checked_vouchers(vouchers)
    request = {"cart_id": cart_id, "contact": contact, "delivery": delivery, "vouchers": vouchers}
    change = Change(caller=caller, key=key, operation="set_details", request=request)
    parts: dict[str, object] = {"contact": contact, "delivery": delivery, "vouchers": codes}
    return await _change_one(tools, change, cart_id, token, lambda _: parts)


async def set_vouchers(
    tools: Tools, *, caller: Caller, key: str, cart_id: UUID, token: str, vouchers: tuple[str, ...]
) -> Cart:
    """Replace the voucher codes."""
    codes = rules.checked_vouchers(vouchers)
    change = Change(
        caller=caller, key=key, operation="set_vouchers", request={"cart_id": cart_id, "vouchers": vouchers}
    )
    return await _change_one(tools, change, cart_id, token, lambda _: {"vouchers": codes})


async def merge(tools: Tools, *, caller: Caller, key: str, cart_id: UUID, token: str) -> Cart:
    """Give a guest's cart to the calling customer, adding its lines to the customer's open cart of the market."""
    customer_id = customer_of(caller)
    if customer_id is None:
        msg = "Only a signed-in customer can take over a cart."
        raise CartNotFound(msg)

    async def look(*, newest: bool) -> Wanted:
        theirs = await _own_cart(tools, caller, cart_id, token, newest=newest)
        if theirs.customer_id not in {None, customer_id}:
            msg = "There is no such cart."
            raise CartNotFound(msg)
        async with tools.db.read() as read:
            params = {"customer_id": customer_id, "market": theirs.market}
            own = await find_cart(read, "find_customer_cart", params)
        if own is None or own.id == theirs.id:
            return _wanted(theirs, customer_id=customer_id)
        return Wanted(
            row=own,
            lines=rules.merged_lines((*own.lines, *theirs.lines)),
            contact=own.contact or theirs.contact,
            delivery=own.delivery or theirs.delivery,
            vouchers=tuple(dict.fromkeys((*own.vouchers, *theirs.vouchers))),
            customer_id=customer_id,
            absorbed=theirs,
        )

    change = Change(caller=caller, key=key, operation="merge", request={"cart_id": cart_id})
    return await _change(tools, change, look)


class Look(Protocol):
    """Reads a cart and says what it becomes; `newest` False: a row this process wrote lately is good enough."""

    async def __call__(self, *, newest: bool) -> Wanted:
        """Read."""
        ...


async def _change_one(
    tools: Tools, change: Change, cart_id: UUID, token: str, parts: Callable[[CartRow], dict[str, object]]
) -> Cart:
    async def look(*, newest: bool) -> Wanted:
        row = await _own_cart(tools, change.caller, cart_id, token, newest=newest)
        return _wanted(row, **parts(row))

    return await _change(tools, change, look)


async def _own_cart(tools: Tools, caller: Caller, cart_id: UUID, token: str, *, newest: bool) -> CartRow:
    found = await (tools.read_cart(cart_id) if newest else tools.cart(cart_id))
    return may_use(tools, caller, found, token)


def _wanted(row: CartRow, **parts: object) -> Wanted:
    """Return a cart as it is, with some parts replaced."""
    as_it_is: dict[str, object] = {
        "lines": row.lines,
        "contact": row.contact,
        "delivery": row.delivery,
        "vouchers": row.vouchers,
        "customer_id": row.customer_id,
    }
    return Wanted(row=row, **{**as_it_is, **parts})  # type: ignore[arg-type]  # the keys are Wanted's own


async def _change(tools: Tools, change: Change, look: Look) -> Cart:
    for turn in range(_TRIES):
        ask = await _prepared(tools, await look(newest=turn > 0))
        answer = await tools.lane.write(
            caller=change.caller,
            operation=change.operation,
            key=change.key,
            request=change.request,
            ask=ask,
            reply=Cart,
        )
        if isinstance(answer, Cart):
            _remember(tools, ask, answer)
            return answer
    msg = "The cart is being changed from somewhere else. Try again."
    raise CartBusy(msg)


async def _prepared(tools: Tools, wanted: Wanted) -> ChangeCart:
    """Price what the cart becomes. A refusal is told in the batch, so that it is kept under the key."""
    row = wanted.row
    quote: Quote | None = None
    refused: Refusal | None = None
    try:
        quote = await price(tools, row.market, wanted.lines, wanted.delivery, wanted.vouchers, strict=True)
        await tools.methods(row.market, 0)
    except Refusal as refusal:
        refused = refusal
    after = msgspec.structs.replace(
        row,
        version=row.version + 1,
        customer_id=wanted.customer_id,
        lines=wanted.lines,
        contact=wanted.contact,
        delivery=wanted.delivery,
        vouchers=wanted.vouchers,
        quote=quote,
        quote_expires_at=quote.expires_at if quote else None,
    )
    return ChangeCart(before=row, after=after, absorbed=wanted.absorbed, refusal=refused)


def _remember(tools: Tools, ask: ChangeCart, answer: Cart) -> None:
    """Keep the row that was committed; the answer of a repeat says nothing about the cart as it is now."""
    if answer.version == ask.after.version and answer.quote == ask.after.quote:
        tools.carts.put(ask.after)


def _named(lines: tuple[Line, ...], known: tuple[Line, ...]) -> tuple[Line, ...]:
    """Give lines that come without a name the one they had in the cart."""
    names = {line.sku: line.name for line in known}
    return tuple(
        line if line.name else Line(sku=line.sku, quantity=line.quantity, name=names.get(line.sku, ""))
        for line in lines
    )
