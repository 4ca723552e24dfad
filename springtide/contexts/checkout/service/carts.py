"""Making and reading carts."""

from uuid import UUID

from springtide.contexts.checkout.domain import cart as rules
from springtide.contexts.checkout.service.cart_view import asked_for, customer_of, fresh_quote, may_use, price, view
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import CartRow, as_json, encode_quote
from springtide.contracts.checkout.api import Cart, CartExists, CartState, Line
from springtide.contracts.common import Origin
from springtide.contracts.pricing.api import Quote
from springtide.platform.caller import Caller
from springtide.platform.db import Tx, UniqueViolation
from springtide.platform.errors import Refusal
from springtide.platform.ids import uuid7
from springtide.platform.usecase import write

_ONE_OPEN = "cart_one_open_per_customer"


async def create_cart(
    tools: Tools, *, caller: Caller, key: str, market: str, locale: str, lines: tuple[Line, ...], origin: Origin
) -> Cart:
    """Make a cart with lines. It is priced before the transaction; a refusal of the price is told inside it, so that a
    repeat gets the answer that was given first.
    """
    merged = rules.merged_lines(lines)
    quote: Quote | None = None
    refusal: Refusal | None = None
    try:
        quote = await price(tools, market, merged, None, ())
        await tools.methods(market, 0)
    except Refusal as error:
        refusal = error

    async def work(tx: Tx) -> Cart:
        if refusal is not None:
            raise refusal
        row = CartRow(
            id=uuid7(),
            version=1,
            state=CartState.OPEN,
            market=market,
            locale=locale,
            customer_id=customer_of(caller),
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

    request = {"market": market, "locale": locale, "lines": asked_for(lines), "origin": origin}
    try:
        return await write(
            tools.db, caller=caller, operation="create_cart", key=key, request=request, reply=Cart, work=work
        )
    except UniqueViolation as error:
        if error.constraint != _ONE_OPEN:
            raise
        raise await _has_one(tools, caller, market) from error


async def _has_one(tools: Tools, caller: Caller, market: str) -> CartExists:
    params = {"customer_id": customer_of(caller), "market": market}
    async with tools.db.read() as read:
        row = await read.maybe("find_customer_cart", params, row=CartRow)
    msg = "There is an open cart of yours in this market already."
    return CartExists(msg, cart_id=str(row.id) if row else "", state=row.state if row else "")


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
        row = await read.maybe("find_customer_cart", params, row=CartRow)
    return None if row is None else await get_cart(tools, caller=caller, cart_id=row.id, token="")
