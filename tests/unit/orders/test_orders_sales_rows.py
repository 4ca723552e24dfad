"""Prices in files of sales are money of people, whatever the smallest coin of the currency is."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from springtide.contracts.orders.api import Sale, SoldLine
from springtide.contracts.orders.sales import COLUMNS, rows_of
from springtide.platform.ids import uuid7


def sale(currency: str, unit_minor: int, *, base_currency: str = "", fx_to_base: float = 1.0) -> Sale:
    return Sale(
        order_id=uuid7(),
        number="1001",
        placed_at=datetime(2026, 11, 27, 1, 30, tzinfo=timezone(timedelta(hours=1))),
        currency=currency,
        base_currency=base_currency or currency,
        fx_to_base=fx_to_base,
        country="NL",
        lines=(SoldLine(sku="mug", units=3, cancelled=1, unit_minor=unit_minor),),
    )


@pytest.mark.parametrize(
    ("sold", "price"),
    [
        (sale("GBP", 1250), "12.50"),
        (sale("JPY", 1250), "1250"),
        (sale("KWD", 1250), "1.250"),
        (sale("SEK", 999, base_currency="GBP", fx_to_base=0.0812), "0.8112"),
        (sale("JPY", 1250, base_currency="EUR", fx_to_base=0.0058), "7.2500"),
        (sale("EUR", 1250, base_currency="JPY", fx_to_base=172.5), "2156.25"),
    ],
)
def test_a_price_has_the_digits_of_its_currency_and_is_the_sellers(sold: Sale, price: str) -> None:
    (row,) = rows_of(sold)
    assert row["unit_price"] == price


def test_a_row_has_the_columns_that_the_desk_reads() -> None:
    (row,) = rows_of(sale("EUR", 1250))
    assert tuple(row) == COLUMNS
    assert row["time"] == datetime(2026, 11, 27, 0, 30, tzinfo=UTC).isoformat()
    assert (row["sku"], row["quantity"], row["cancelled"]) == ("mug", 3, 1)
