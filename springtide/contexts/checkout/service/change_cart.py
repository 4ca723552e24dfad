"""Changing carts. A cart is priced before the transaction that stores it, and the store is guarded by the versions that
were read: of two changes at once the second is read and priced again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from springtide.contexts.checkout.domain import cart as rules
from springtide.contexts.checkout.service.cart_view import asked_for, customer_of, may_use, price, require_open, view
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import CartRow, as_json, cart_columns, encode_quote
from springtide.contracts.checkout.api import Cart, CartNotFound, Delivery, Line
from springtide.contracts.common import Contact
from springtide.contracts.pricing.api import Quote
from springtide.platform.caller import Caller
from springtide.platform.db import Read, Tx
from springtide.platform.errors import Conflict, Refusal
from springtide.platform.usecase import write

_TRIES = 5


class CartBusy(Conflict):
    """The cart is being changed by many at once; try again."""

    code = "cart_busy"


class _ReadAgain(Exception):
    """A cart changed between reading and storing: read and price it again."""


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
    return await _change_one(tools, change, cart_id, token, lambda row: {"lines": _named(merged, row.cart_lines)})


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

    async def read_both(read: Read) -> Wanted:
        theirs = may_use(tools, caller, await read.maybe("get_cart", {"id": cart_id}, row=CartRow), token)
        if theirs.customer_id not in {None, customer_id}:
            msg = "There is no such cart."
            raise CartNotFound(msg)
        params = {"customer_id": customer_id, "market": theirs.market}
        own = await read.maybe("find_customer_cart", params, row=CartRow)
        if own is None or own.id == theirs.id:
            return _wanted(theirs, customer_id=customer_id)
        return Wanted(
            row=own,
            lines=rules.merged_lines((*own.cart_lines, *theirs.cart_lines)),
            contact=own.cart_contact or theirs.cart_contact,
            delivery=own.cart_delivery or theirs.cart_delivery,
            vouchers=tuple(dict.fromkeys((*own.vouchers, *theirs.vouchers))),
            customer_id=customer_id,
            absorbed=theirs,
        )

    change = Change(caller=caller, key=key, operation="merge", request={"cart_id": cart_id})
    return await _change(tools, change, read_both)


async def _change_one(
    tools: Tools, change: Change, cart_id: UUID, token: str, parts: Callable[[CartRow], dict[str, object]]
) -> Cart:
    async def read_one(read: Read) -> Wanted:
        row = may_use(tools, change.caller, await read.maybe("get_cart", {"id": cart_id}, row=CartRow), token)
        return _wanted(row, **parts(row))

    return await _change(tools, change, read_one)


def _wanted(row: CartRow, **parts: object) -> Wanted:
    """Return a cart as it is, with some parts replaced."""
    as_it_is: dict[str, object] = {
        "lines": row.cart_lines,
        "contact": row.cart_contact,
        "delivery": row.cart_delivery,
        "vouchers": tuple(row.vouchers),
        "customer_id": row.customer_id,
    }
    return Wanted(row=row, **{**as_it_is, **parts})  # type: ignore[arg-type]  # the keys are Wanted's own


async def _change(tools: Tools, change: Change, look: Callable[[Read], Awaitable[Wanted]]) -> Cart:
    for _ in range(_TRIES):
        async with tools.db.read() as read:
            wanted = await look(read)
        quote: Quote | None = None
        refusal: Refusal | None = None
        try:
            quote = await price(tools, wanted.row.market, wanted.lines, wanted.delivery, wanted.vouchers, strict=True)
            await tools.methods(wanted.row.market, 0)
        except Refusal as error:  # told inside the use case, so that it is kept under the key
            refusal = error

        async def work(
            tx: Tx, wanted: Wanted = wanted, quote: Quote | None = quote, refusal: Refusal | None = refusal
        ) -> Cart:
            for row in (wanted.absorbed, wanted.row):
                if row is not None:
                    require_open(row)
            if refusal is not None:
                raise refusal
            return view(tools, await _store(tx, wanted, quote))

        try:
            return await write(
                tools.db,
                caller=change.caller,
                operation=change.operation,
                key=change.key,
                request=change.request,
                reply=Cart,
                work=work,
            )
        except _ReadAgain:
            continue
    msg = "The cart is being changed from somewhere else. Try again."
    raise CartBusy(msg)


async def _store(tx: Tx, wanted: Wanted, quote: Quote | None) -> CartRow:
    row = wanted.row
    changed = CartRow(
        id=row.id,
        version=row.version + 1,
        state=row.state,
        market=row.market,
        locale=row.locale,
        customer_id=wanted.customer_id,
        channel=row.channel,
        agent=row.agent,
        lines=as_json(wanted.lines).obj,
        contact=as_json(wanted.contact).obj if wanted.contact else None,
        delivery=as_json(wanted.delivery).obj if wanted.delivery else None,
        vouchers=list(wanted.vouchers),
        quote=encode_quote(quote),
        quote_expires_at=quote.expires_at if quote else None,
        checkout_id=row.checkout_id,
    )
    if not await tx.run("change_cart", cart_columns(changed, version=row.version, now=tx.now)):
        raise _ReadAgain
    if wanted.absorbed is not None:
        taken = {"id": wanted.absorbed.id, "version": wanted.absorbed.version, "now": tx.now}
        if not await tx.run("absorb_cart", taken):
            raise _ReadAgain
    return changed


def _named(lines: tuple[Line, ...], known: tuple[Line, ...]) -> tuple[Line, ...]:
    """Give lines that come without a name the one they had in the cart."""
    names = {line.sku: line.name for line in known}
    return tuple(
        line if line.name else Line(sku=line.sku, quantity=line.quantity, name=names.get(line.sku, ""))
        for line in lines
    )
