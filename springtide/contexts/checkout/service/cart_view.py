"""Who may use a cart, what it costs, and how it is shown."""

from uuid import UUID

from springtide.contexts.checkout.domain import cart as rules
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import CartRow
from springtide.contracts.checkout.api import Cart, CartClosed, CartNotFound, CartState, Delivery, Line
from springtide.contracts.pricing.api import Quote, QuoteRequest, VoucherRefused
from springtide.platform.caller import Caller, Kind, system
from springtide.platform.errors import Conflict
from springtide.platform.ids import capability, is_capability

PURPOSE = "cart"


class CartBusy(Conflict):
    """The cart is being changed by many at once; try again."""

    code = "cart_busy"


_CLOSED = {
    CartState.COMPLETED: "The cart was bought.",
    CartState.COMPLETING: "The cart is being bought right now.",
    CartState.MERGED: "The cart was merged into another.",
}


async def price(
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
    return await price(tools, row.market, row.lines, row.delivery, row.vouchers)


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
    quote = quote or row.quote
    return Cart(
        id=row.id,
        token=capability(tools.secret_key, PURPOSE, row.id),
        version=row.version,
        state=row.state,
        market=row.market,
        locale=row.locale,
        lines=row.lines,
        contact=row.contact,
        delivery=row.delivery,
        vouchers=row.vouchers,
        customer_id=row.customer_id,
        quote=quote,
        payment_methods=tools.known_methods(row.market, quote.total_minor) if quote else (),
        checkout_id=row.checkout_id,
        problems=problems,
    )


def require_open(row: CartRow) -> None:
    """Raise `CartClosed` unless the cart can be changed."""
    if row.state is not CartState.OPEN:
        raise CartClosed(_CLOSED[row.state], state=row.state, checkout_id=str(row.checkout_id or ""))


def customer_of(caller: Caller) -> UUID | None:
    """Return the calling customer's id, None for anybody else."""
    return UUID(caller.actor) if caller.kind is Kind.CUSTOMER else None


def asked_for(lines: tuple[Line, ...]) -> list[tuple[str, int]]:
    """Return what makes a request the same: names are what the channel shows, and may change between two tries."""
    return [(line.sku, line.quantity) for line in lines]
