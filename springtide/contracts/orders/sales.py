"""What was sold as rows of a file that `springtide peak` reads: a line of an order each."""

from collections.abc import Iterator
from datetime import UTC

from springtide.contracts.orders.api import Sale
from springtide.platform.money import exponent

COLUMNS = ("time", "sku", "quantity", "unit_price", "order_id", "country", "cancelled")
_FINER = 2  # digits more than the base currency has, for prices that were changed into it


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
