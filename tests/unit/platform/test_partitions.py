"""Where tables are cut by time, and what the pieces are called."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.platform.ids import uuid7
from springtide.platform.partitions import (
    Every,
    Partitioned,
    Piece,
    boundary_after,
    first_id,
    is_name_of,
    name_from,
    piece,
    time_of,
)

moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(moments, st.sampled_from(Every))
def test_boundary_is_the_next_one_and_never_now(moment: datetime, every: Every) -> None:
    boundary = boundary_after(every, moment)
    assert moment < boundary <= moment + timedelta(days=31)
    assert (boundary.hour, boundary.minute, boundary.second, boundary.microsecond) == (0, 0, 0, 0)
    assert boundary.weekday() == 0 if every is Every.WEEK else boundary.day == 1
    assert boundary_after(every, boundary - timedelta(microseconds=1)) == boundary


@given(moments)
def test_id_and_moment_say_the_same_to_the_millisecond(moment: datetime) -> None:
    assert abs(time_of(first_id(moment)) - moment) <= timedelta(milliseconds=1)


def test_no_id_made_now_is_below_the_first_id_of_a_moment_before() -> None:
    before = first_id(datetime.now(UTC) - timedelta(milliseconds=2))
    assert before < uuid7() < first_id(datetime.now(UTC) + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("every", "low", "name"),
    [
        (Every.WEEK, datetime(2026, 12, 28, tzinfo=UTC), "outbox_2026w53"),
        (Every.WEEK, datetime(2027, 1, 4, tzinfo=UTC), "outbox_2027w01"),
        (Every.MONTH, datetime(2026, 12, 1, tzinfo=UTC), "outbox_2026_12"),
    ],
)
def test_pieces_are_called_by_their_beginning(every: Every, low: datetime, name: str) -> None:
    table = Partitioned(table="outbox", every=every)
    assert name_from(table, low) == name
    assert is_name_of(table, name)


def test_only_pieces_are_called_like_pieces() -> None:
    table = Partitioned(table="orders")
    assert [name for name in ("orders_first", "orders_2026_12", "orders_2026w49") if not is_name_of(table, name)] == []
    others = ("orders", "order_lines_first", "orders_default", "orders_2026_12_old", "my_orders_first")
    assert [name for name in others if is_name_of(table, name)] == []


def test_bounds_are_read_as_postgresql_prints_them() -> None:
    low, high = UUID(int=1 << 80), UUID(int=2 << 80)
    assert piece("p", f"FOR VALUES FROM (MINVALUE) TO ('{high}')") == Piece("p", None, high)
    assert piece("p", f"FOR VALUES FROM ('{low}') TO ('{high}')") == Piece("p", low, high)
    assert piece("p", f"FOR VALUES FROM ('{low}') TO (MAXVALUE)") == Piece("p", low, None)
    assert piece("p", "DEFAULT").is_default
    with pytest.raises(ValueError, match="not a range of ids"):
        piece("p", "FOR VALUES IN ('a')")
