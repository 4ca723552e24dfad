"""Reading and changing carts. A cart is priced before the transaction that stores it, and the store is guarded by the
version that was priced: of two changes at once the second is priced again.
"""

from collections.abc import Callable
from uuid import UUID

from springtide.contexts.checkout.domain import cart as rules
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import CartRow, as_json, cart_columns, encode_quote
from springtide.contracts.checkout.api import Cart, CartClosed, CartNotFound, CartState, Delivery, Line
from springtide.contracts.common import Contact, Origin
from springtide.contracts.pricing.api import Quote, QuoteRequest, VoucherRefused
from springtide.platform.caller import Caller, Kind, system
from springtide.platform.db import Tx
from springtide.platform.errors import Conflict, Refusal
from springtide.platform.ids import capability, is_capability, uuid7
from springtide.platform.usecase import write

_TRIES = 5
PURPOSE = "cart"


class _PricedForAnotherVersion(Exception):
    """The cart changed between pricing and storing: price it again."""


class CartBusy(Conflict):
    """The cart is being changed by many at once; try again."""

    code = "cart_busy"


async def create_cart(
    tools: Tools, *, caller: Caller, key: str, market: str, locale: str, lines: tuple[Line, ...], origin: Origin
) -> Cart:
    """Make a cart with lines."""
    merged = rules.merged_lines(lines)
    quote = await _price(tools, market, merged, None, ())
    cart_id = uuid7()

    async def work(tx: Tx) -> Cart:
        row = CartRow(
            id=cart_id,
            version=1,
            state=CartState.OPEN,
            market=market,
            locale=locale,
            customer_id=_customer(caller),
            channel=origin.channel,
            agent=origin.agent,
            lines=as_json(merged).obj,
            contact=None,
            delivery=None,
            vouchers=[],
            quote=encode_quote(quote),
            quote_expires_at=quote.expires_at if quote else None,
            checkout_id=None,
        )
        columns = {name: getattr(row, name) for name in row.__struct_fields__}
        await tx.run("insert_cart", {**columns, "lines": as_json(merged), "now": tx.now})
        return view(tools, row)

    await tools.methods(market, 0)
    request = {"market": market, "locale": locale, "lines": _asked_for(lines), "origin": origin}
    return await write(
        tools.db, caller=caller, operation="create_cart", key=key, request=request, reply=Cart, work=work
    )


async def get_cart(tools: Tools, *, caller: Caller, cart_id: UUID, token: str) -> Cart:
    """Return a cart, priced again when its quote ran out."""
    async with tools.db.read() as read:
        row = await read.maybe("get_cart", {"id": cart_id}, row=CartRow)
        now = await read.value("kernel_now")
    row = may_use(tools, caller, row, token)
    await tools.methods(row.market, 0)
    if row.cart_state is not CartState.OPEN or (row.quote_expires_at and row.quote_expires_at > now):
        return view(tools, row)
    try:
        quote = await _price(tools, row.market, row.cart_lines, row.cart_delivery, tuple(row.vouchers))
    except Refusal as refusal:
        return view(tools, row, problems=(f"{refusal.code}:{refusal.facts.get('sku', '')}".rstrip(":"),))
    return view(tools, row, quote=quote)


async def my_cart(tools: Tools, *, caller: Caller, market: str) -> Cart | None:
    """Return the calling customer's open cart."""
    customer_id = _customer(caller)
    if customer_id is None:
        return None
    params = {"customer_id": customer_id, "market": market}
    async with tools.db.read() as read:
        row = await read.maybe("find_customer_cart", params, row=CartRow)
    return None if row is None else await get_cart(tools, caller=caller, cart_id=row.id, token="")


async def set_lines(
    tools: Tools, *, caller: Caller, key: str, cart_id: UUID, token: str, lines: tuple[Line, ...]
) -> Cart:
    """Replace all lines."""
    merged = rules.merged_lines(lines)
    return await _change(
        tools,
        caller=caller,
        key=key,
        cart_id=cart_id,
        token=token,
        operation="set_lines",
        request={"cart_id": cart_id, "lines": _asked_for(lines)},
        change=lambda row: _Change(
            _named(merged, row.cart_lines), row.cart_contact, row.cart_delivery, tuple(row.vouchers)
        ),
    )


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
    return await _change(
        tools,
        caller=caller,
        key=key,
        cart_id=cart_id,
        token=token,
        operation="set_details",
        request={"cart_id": cart_id, "contact": contact, "delivery": delivery, "vouchers": vouchers},
        change=lambda row: _Change(row.cart_lines, contact, delivery, codes),
    )


async def set_vouchers(
    tools: Tools, *, caller: Caller, key: str, cart_id: UUID, token: str, vouchers: tuple[str, ...]
) -> Cart:
    """Replace the voucher codes."""
    codes = rules.checked_vouchers(vouchers)
    return await _change(
        tools,
        caller=caller,
        key=key,
        cart_id=cart_id,
        token=token,
        operation="set_vouchers",
        request={"cart_id": cart_id, "vouchers": vouchers},
        change=lambda row: _Change(row.cart_lines, row.cart_contact, row.cart_delivery, codes),
    )


async def merge(tools: Tools, *, caller: Caller, key: str, cart_id: UUID, token: str) -> Cart:
    """Give a guest's cart to the calling customer, adding its lines to the customer's open cart of the market."""
    customer_id = _customer(caller)
    if customer_id is None:
        msg = "Only a signed-in customer can take over a cart."
        raise CartNotFound(msg)
    async with tools.db.read() as read:
        guest_row = may_use(tools, caller, await read.maybe("get_cart", {"id": cart_id}, row=CartRow), token)
        params = {"customer_id": customer_id, "market": guest_row.market}
        own = await read.maybe("find_customer_cart", params, row=CartRow)
    request: dict[str, object] = {"cart_id": cart_id}
    if own is None or own.id == cart_id:
        return await _change(
            tools,
            caller=caller,
            key=key,
            cart_id=cart_id,
            token=token,
            operation="merge",
            request=request,
            change=lambda row: _Change(row.cart_lines, row.cart_contact, row.cart_delivery, tuple(row.vouchers)),
            customer_id=customer_id,
        )
    return await _change(
        tools,
        caller=caller,
        key=key,
        cart_id=own.id,
        token="",
        operation="merge",
        request=request,
        change=lambda row: _Change(
            rules.merged_lines((*row.cart_lines, *guest_row.cart_lines)),
            row.cart_contact or guest_row.cart_contact,
            row.cart_delivery or guest_row.cart_delivery,
            tuple(dict.fromkeys((*row.vouchers, *guest_row.vouchers))),
        ),
        absorbed=guest_row,
    )


def _asked_for(lines: tuple[Line, ...]) -> list[tuple[str, int]]:
    """Return what makes a request the same: names are what the channel shows, and may change between two tries."""
    return [(line.sku, line.quantity) for line in lines]


def _named(lines: tuple[Line, ...], known: tuple[Line, ...]) -> tuple[Line, ...]:
    """Give lines that come without a name the one they had in the cart."""
    names = {line.sku: line.name for line in known}
    return tuple(
        line if line.name else Line(sku=line.sku, quantity=line.quantity, name=names.get(line.sku, ""))
        for line in lines
    )


class _Change:
    """What a cart becomes."""

    __slots__ = ("contact", "delivery", "lines", "vouchers")

    def __init__(
        self, lines: tuple[Line, ...], contact: Contact | None, delivery: Delivery | None, vouchers: tuple[str, ...]
    ) -> None:
        self.lines = lines
        self.contact = contact
        self.delivery = delivery
        self.vouchers = vouchers


async def _change(
    tools: Tools,
    *,
    caller: Caller,
    key: str,
    cart_id: UUID,
    token: str,
    operation: str,
    request: dict[str, object],
    change: Callable[[CartRow], _Change],
    customer_id: UUID | None = None,
    absorbed: CartRow | None = None,
) -> Cart:
    for _ in range(_TRIES):
        async with tools.db.read() as read:
            row = await read.maybe("get_cart", {"id": cart_id}, row=CartRow)
        row = may_use(tools, caller, row, token)
        wanted = change(row)
        quote: Quote | None = None
        refusal: Refusal | None = None
        try:
            quote = await _price(tools, row.market, wanted.lines, wanted.delivery, wanted.vouchers, strict=True)
            await tools.methods(row.market, 0)
        except Refusal as error:  # told inside the use case, so that it is kept under the key
            refusal = error

        async def work(
            tx: Tx,
            row: CartRow = row,
            wanted: _Change = wanted,
            quote: Quote | None = quote,
            refusal: Refusal | None = refusal,
        ) -> Cart:
            if row.cart_state is not CartState.OPEN:
                raise _closed(row)
            if refusal is not None:
                raise refusal
            return await _store(tools, tx, row, wanted, quote, customer_id=customer_id, absorbed=absorbed)

        try:
            return await write(
                tools.db, caller=caller, operation=operation, key=key, request=request, reply=Cart, work=work
            )
        except _PricedForAnotherVersion:
            continue
    msg = "The cart is being changed from somewhere else. Try again."
    raise CartBusy(msg)


async def _store(
    tools: Tools,
    tx: Tx,
    row: CartRow,
    wanted: _Change,
    quote: Quote | None,
    *,
    customer_id: UUID | None,
    absorbed: CartRow | None,
) -> Cart:
    changed = CartRow(
        id=row.id,
        version=row.version + 1,
        state=row.state,
        market=row.market,
        locale=row.locale,
        customer_id=customer_id or row.customer_id,
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
    columns = cart_columns(changed, version=row.version, now=tx.now)
    if not await tx.run("change_cart", columns):
        raise _PricedForAnotherVersion
    if absorbed is not None:
        taken = {"id": absorbed.id, "state": CartState.MERGED, "checkout_id": None, "now": tx.now}
        await tx.run("set_cart_state", taken)
    return view(tools, changed)


async def _price(
    tools: Tools,
    market: str,
    lines: tuple[Line, ...],
    delivery: Delivery | None,
    vouchers: tuple[str, ...],
    *,
    strict: bool = False,
) -> Quote | None:
    """Return the quote of lines, None for none; with `strict` a voucher that does not apply is refused."""
    if not lines:
        return None
    request = QuoteRequest(
        market=market,
        lines=rules.quantities(lines),
        country=delivery.address.country if delivery else "",
        postcode=delivery.address.postcode if delivery else "",
        shipping_method=delivery.shipping_method if delivery else "",
        vouchers=vouchers,
    )
    quote = await tools.pricing.quote(caller=system("checkout"), request=request)
    if strict:
        for outcome in quote.vouchers:
            if outcome.why:
                msg = f"The voucher {outcome.code} cannot be used: {outcome.why.replace('_', ' ')}."
                raise VoucherRefused(msg, code=outcome.code, why=outcome.why)
    return quote


async def fresh_quote(tools: Tools, row: CartRow) -> Quote | None:
    """Return a new quote for a cart as it is stored."""
    return await _price(tools, row.market, row.cart_lines, row.cart_delivery, tuple(row.vouchers))


def may_use(tools: Tools, caller: Caller, row: CartRow | None, token: str) -> CartRow:
    """Return the row if the caller may use it: by its token, or as its customer. `CartNotFound` otherwise."""
    if row is not None:
        own = caller.kind is Kind.CUSTOMER and str(row.customer_id) == caller.actor
        if own or caller.kind is Kind.SYSTEM or is_capability(token, tools.secret_key, PURPOSE, row.id):
            return row
    msg = "There is no such cart."
    raise CartNotFound(msg)


def view(tools: Tools, row: CartRow, *, quote: Quote | None = None, problems: tuple[str, ...] = ()) -> Cart:
    """Return a row as the contract shows it. Methods come from memory: asked for before any transaction."""
    quote = quote or row.cart_quote
    return Cart(
        id=row.id,
        token=capability(tools.secret_key, PURPOSE, row.id),
        version=row.version,
        state=row.cart_state,
        market=row.market,
        locale=row.locale,
        lines=row.cart_lines,
        contact=row.cart_contact,
        delivery=row.cart_delivery,
        vouchers=tuple(row.vouchers),
        customer_id=row.customer_id,
        quote=quote,
        payment_methods=tools.known_methods(row.market, quote.total_minor) if quote else (),
        checkout_id=row.checkout_id,
        problems=problems,
    )


def _closed(row: CartRow) -> CartClosed:
    msg = "The cart was bought." if row.cart_state is CartState.COMPLETED else "The cart is being bought right now."
    return CartClosed(msg, state=row.state, checkout_id=str(row.checkout_id))


def _customer(caller: Caller) -> UUID | None:
    return UUID(caller.actor) if caller.kind is Kind.CUSTOMER else None
