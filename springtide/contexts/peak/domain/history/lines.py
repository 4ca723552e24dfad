"""Order lines as a table: what every reader makes and every rule reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

SCHEMA: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "local": pl.Datetime("us"),
    "sku": pl.String(),
    "quantity": pl.Float64(),
    "price_minor": pl.Float64(),
    "order_id": pl.String(),
    "customer_id": pl.String(),
    "country": pl.String(),
    "in_stock": pl.Boolean(),
    "promotion": pl.String(),
    "category": pl.String(),
    "cancelled": pl.Float64(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLines:
    """Order lines of one shop, in the order of the file. `source`: where they come from, for people.

    Columns of `frame`: `row` (line of the file, from 1), `local` (the shop's clock, without a zone), `sku`,
    `quantity` (negative: taken back), `price_minor` (of one unit), and, null where the file has none: `order_id`,
    `customer_id`, `country`, `in_stock` (False: demand was hidden by a stock-out), `promotion`, `category`,
    `cancelled` (units of the line cancelled before they left).
    `timezone` (IANA) is the shop's. `times_skipped`, `times_twice`: times of the file that this clock never showed (an
    hour skipped in spring), or showed twice (autumn).
    """

    source: str
    timezone: str
    frame: pl.DataFrame
    times_skipped: int = 0
    times_twice: int = 0

    @property
    def span(self) -> tuple[date, date]:
        """Return the first and the last day of the lines; raises InvalidPeakInput where there are none."""
        days = self.frame["local"].dt.date()
        first, last = days.min(), days.max()
        if isinstance(first, date) and isinstance(last, date):
            return first, last
        raise InvalidPeakInput.of([Mistake(where=self.source, rule="empty", message="there is no order line")])


def lines_of(rows: Iterable[Sequence[object]], columns: Sequence[str], *, source: str, timezone: str) -> OrderLines:
    """Make a table of rows with these columns; the missing ones are null, rows are numbered from 1."""
    schema = {name: SCHEMA[name] for name in columns}
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    return OrderLines(source=source, timezone=timezone, frame=complete(frame))


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the table with every column of the schema, in its order, rows numbered from 1 where they are not."""
    if "row" not in frame.columns:
        frame = frame.with_row_index("row", offset=1)
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in SCHEMA.items() if name not in frame.columns]
    return frame.with_columns(missing).select([pl.col(name).cast(kind) for name, kind in SCHEMA.items()])
