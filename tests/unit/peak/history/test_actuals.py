"""What was sold is cleaned as the plan's past was, and what that took away stands beside it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from springtide.contexts.peak.domain.history.lines import OrderLines, lines_of
from springtide.contexts.peak.providers.actuals_file import actuals_of
from springtide.contracts.peak.actuals import in_parts

COLUMNS = ("local", "sku", "quantity", "price_minor", "order_id", "cancelled")
FIRST = datetime(2026, 7, 1)  # noqa: DTZ001 - the shop's own clock


def past(units: tuple[float, ...]) -> OrderLines:
    """Return 60 days of a past in which an order is of so many units of the product."""
    rows = [
        (FIRST - timedelta(days=60 - day, hours=-10 - hour), "mug", taken, 500.0, f"p{day}-{hour}", None)
        for day in range(60)
        for hour, taken in enumerate(units)
    ]
    return lines_of(rows, COLUMNS, source="past", timezone="Europe/Amsterdam")


def season(*rows: tuple[float, float, float | None]) -> OrderLines:
    """Return an order an hour: its units, its price and how much of it was cancelled."""
    made = [
        (FIRST + timedelta(hours=9 + hour), "mug", units, price, f"s{hour}", gone)
        for hour, (units, price, gone) in enumerate(rows)
    ]
    return lines_of(made, COLUMNS, source="sold", timezone="Europe/Amsterdam")


SOLD = ((2.0, 500.0, None), (100.0, 500.0, None), (1.0, 0.0, None), (3.0, 500.0, 3.0), (2.0, 500.0, 1.0))


def rules(actuals: object) -> Iterator[tuple[str, int, float, float]]:
    for day in getattr(actuals, "days", ()):
        for one in day.left_out:
            yield one.rule, one.lines, one.units, one.revenue_minor


def test_what_is_bulk_is_said_by_the_past_of_the_plan() -> None:
    small = actuals_of(season(*SOLD), until=None, past=past((1.0, 2.0, 3.0)))
    large = actuals_of(season(*SOLD), until=None, past=past((20.0, 40.0, 60.0)))
    assert ("bulk", 1, 100.0, 50_000.0) in set(rules(small))
    assert "bulk" not in {rule for rule, *_ in rules(large)}
    assert sum(hour.units for hour in small.hours) == 3
    assert sum(hour.units for hour in large.hours) == 103


def test_what_is_compared_is_what_was_sold_less_what_is_left_out() -> None:
    actuals = actuals_of(season(*SOLD), until=None, past=past((1.0, 2.0, 3.0)))
    (day,) = actuals.days
    assert (day.day, day.orders, day.units, day.revenue_minor) == (date(2026, 7, 1), 5, 108.0, 53_500.0)
    assert {rule: units for rule, _, units, _ in rules(actuals)} == {"bulk": 100.0, "free": 1.0, "cancelled": 4.0}
    assert day.units - sum(one.units for one in day.left_out) == sum(hour.units for hour in actuals.hours)
    left = day.revenue_minor - sum(one.revenue_minor for one in day.left_out)
    assert left == pytest.approx(sum(hour.revenue_minor for hour in actuals.hours))
    assert sum(hour.orders for hour in actuals.hours) == 3, "nothing was bought of a free or a cancelled order"


def test_what_the_planner_took_back_counts_here_too() -> None:
    kept = actuals_of(season(*SOLD), until=None, keep=frozenset({"bulk"}), past=past((1.0, 2.0, 3.0)))
    assert "bulk" not in {rule for rule, *_ in rules(kept)}
    assert sum(hour.units for hour in kept.hours) == 103


def test_the_past_itself_is_no_part_of_the_season() -> None:
    actuals = actuals_of(season(*SOLD), until=None, past=past((1.0, 2.0, 3.0)))
    assert actuals.since == datetime(2026, 7, 1)  # noqa: DTZ001 - the shop's own clock
    assert {one.day for one in actuals.products} == {date(2026, 7, 1)}


def test_parts_of_a_call_lose_nothing() -> None:
    rows = [(FIRST + timedelta(days=day, hours=9), "mug", 1.0, 500.0, f"o{day}", None) for day in range(8)]
    whole = actuals_of(lines_of(rows, COLUMNS, source="sold", timezone="Europe/Amsterdam"), until=None)
    parts = list(in_parts(whole))
    assert [(part.until - part.since).days for part in parts[:2]] == [3, 3]
    assert parts[-1].until == whole.until
    for field in ("hours", "products", "days"):
        assert tuple(one for part in parts for one in getattr(part, field)) == getattr(whole, field)
