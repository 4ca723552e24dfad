"""A shop's past from a file, whichever of the three formats it is in."""

from collections.abc import Mapping
from pathlib import Path

from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.domain.history.ready import ReadySeries
from springtide.contexts.peak.providers import order_lines, series, shopify
from springtide.contexts.peak.providers.frames import read_header
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake


def read_history_file(
    path: Path, *, timezone: str, categories: Mapping[str, str] | None = None, currency: str = ""
) -> OrderLines | ReadySeries:
    """Read order lines, Shopify's export or ready series, told apart by their header.

    `categories`: of a catalogue's SKUs; others are refused then. `currency`: of the prices, "": one with two decimals.

    Raises InvalidPeakInput naming every broken row, and for a header of none of them; OSError without the file.
    """
    columns = set(read_header(path)[0])
    known = (categories or {}).keys()
    if columns >= set(order_lines.NEEDED):
        return order_lines.read_order_lines(path, timezone=timezone, known=known, currency=currency)
    if columns >= set(shopify.NEEDED):
        return shopify.read_shopify(path, timezone=timezone, known=known, currency=currency)
    if columns >= set(series.SERIES):
        return series.read_series(path, categories=categories)
    message = (
        f"the header is none we know: order lines need {', '.join(order_lines.NEEDED)}, ready series"
        f" {', '.join(series.SERIES)}, Shopify's export {', '.join(shopify.NEEDED)}"
    )
    raise InvalidPeakInput.of([Mistake(where=path.name, rule="unknown_format", message=message, row=1)])
