"""Making and reading carts."""

from uuid import UUID

from springtide.contexts.checkout.domain import cart as rules
from springtide.contexts.checkout.service.asks import CreateCart
from springtide.contexts.checkout.service.cart_view import asked_for, customer_of, fresh_quote, may_use, price, view
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import CartRow, find_cart
from springtide.contracts.checkout.api import Cart, CartExists, CartState, Line, SoldOut
from springtide.contracts.common import Origin
from springtide.contracts.pricing.api import Quote
from springtide.platform.caller import Caller
from springtide.platform.db import UniqueViolation
from springtide.platform.errors import Refusal
from springtide.platform.ids import uuid7

_ONE_OPEN = "cart_one_open_per_customer"


async def create_cart(
    tools: Tools,
    *,
    caller: Caller,
    key: str,
    market: str,
    locale: str,
    lines: tuple[Line, ...],
    origin: Origin,
    sold_out: tuple[str, ...],
) -> Cart:
    """Make a cart with lines. It is priced before the batch; a refusal of the price is told inside it, so that a
    repeat gets the answer that was given first.
    """
    merged = rules.merged_lines(lines)
    quote: Quote | None = None
    refused: Refusal | None = None
    try:
        _refuse_sold_out(merged, sold_out)
        quote = await price(tools, market, merged, None, ())
        await tools.methods(market, 0)
    except Refusal as refusal:
        refused = refusal
    row = CartRow(
        id=uuid7(),
        version=1,
        state=CartState.OPEN,
        market=market,
        locale=locale,
        customer_id=customer_of(caller),
        channel=origin.channel,
        agent=origin.agent,
        lines=merged,
        contact=None,
        delivery=None,
        vouchers=(),
        quote=quote,
        quote_expires_at=quote.expires_at if quote else None,
        checkout_id=None,
    )
    try:
        cart = await tools.lane.write(
            caller=caller,
            operation="create_cart",
            key=key,
            request={"market": market, "locale": locale, "lines": asked_for(lines), "origin": origin},
            ask=CreateCart(row=row, refusal=refused),
            reply=Cart,
        )
    except UniqueViolation as error:
        if error.constraint != _ONE_OPEN:
            raise
        raise await _has_one(tools, caller, market) from error
    if cart.id == row.id:  # not the answer of a repeat
        tools.carts.put(row)
    return cart


def _refuse_sold_out(lines: tuple[Line, ...], sold_out: tuple[str, ...]) -> None:
    gone = [line.sku for line in lines if line.sku in sold_out]
    if gone:
        names = ", ".join(line.name or line.sku for line in lines if line.sku in sold_out)
        msg = f"Sold out: {names}."
        raise SoldOut(msg, skus=gone)


async def _has_one(tools: Tools, caller: Caller, market: str) -> CartExists:
    params = {"customer_id": customer_of(caller), "market": market}
    async with tools.db.read() as read:
        row = await find_cart(read, "find_customer_cart", params)
    msg = "There is an open cart of yours in this market already."
    return CartExists(msg, cart_id=str(row.id) if row else "", state=row.state if row else "")


async def get_cart(tools: Tools, *, caller: Caller, cart_id: UUID, token: str) -> Cart:
    """Return a cart, priced again when its quote ran out."""
    async with tools.db.read() as read:
        found = await find_cart(read, "get_cart", {"id": cart_id})
        now = await read.value("kernel_now")
    row = may_use(tools, caller, found, token)
    await tools.methods(row.market, 0)
    if row.state is not CartState.OPEN or (row.quote_expires_at and row.quote_expires_at > now):
        return view(tools, row)
    try:
        quote = await fresh_quote(tools, row)
    except Refusal as refusal:
        return view(tools, row, problems=(f"{refusal.code}:{refusal.facts.get('sku', '')}".rstrip(":"),))
    return view(tools, row, quote=quote)


async def my_cart(tools: Tools, *, caller: Caller, market: str) -> Cart | None:
    """Return the calling customer's open cart."""
    customer_id = customer_of(caller)
    if customer_id is None:
        return None
    params = {"customer_id": customer_id, "market": market}
    async with tools.db.read() as read:
        row = await find_cart(read, "find_customer_cart", params)
    return None if row is None else await get_cart(tools, caller=caller, cart_id=row.id, token="")
