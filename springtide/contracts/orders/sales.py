"""What was sold as rows of a file that `springtide peak` reads: a line of an order each."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC

from springtide.contracts.orders.api import Sale
from springtide.platform.errors import Unprocessable
from springtide.platform.money import exponent

COLUMNS = ("time", "sku", "quantity", "unit_price", "order_id", "country", "cancelled")
_FINER = 2  # digits more than the base currency has, for prices that were changed into it


class MixedCurrencies(Unprocessable):
    """Sales of sellers with different base currencies: nobody told a rate between them. Facts: currencies."""

    code = "mixed_currencies"
    title = "Sales in two currencies"


async def in_one_currency(sales: AsyncIterator[Sale], currency: str = "") -> AsyncIterator[Sale]:
    """Yield sales up to the first one in another base currency than `currency`, by default that of the first one.

    There `MixedCurrencies` is raised.
    """
    first = currency
    async for sale in sales:
        first = first or sale.base_currency
        if sale.base_currency != first:
            message = (
                f"Order {sale.number} is of a seller with books in {sale.base_currency}, what it would stand beside is"
                f" in {first}: a file has prices in one currency."
            )
            raise MixedCurrencies(message, currencies=[first, sale.base_currency])
        yield sale


def rows_of(sale: Sale) -> Iterator[dict[str, object]]:
    """Yield a sale's lines by `COLUMNS`: the time in UTC, the price of a unit in the seller's own currency."""
    at = sale.placed_at.astimezone(UTC).isoformat(timespec="seconds")
    rate = sale.fx_to_base / 10 ** exponent(sale.currency)
    digits = exponent(sale.base_currency) + (0 if sale.currency == sale.base_currency else _FINER)
    for line in sale.lines:
        yield {
            "time": at,
            "sku": line.sku,
            "quantity": line.units,
            "unit_price": f"{line.unit_minor * rate:.{digits}f}",
            "order_id": sale.number,
            "country": sale.country,
            "cancelled": line.cancelled,
        }
