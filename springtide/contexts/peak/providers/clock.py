"""Times of a file on the shop's clock."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from springtide.contexts.peak.providers.frames import rows_of
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.platform.zones import zone_named

_TIME = (
    r"^\s*(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<clock>\d{2}:\d{2})(?P<seconds>:\d{2})?(?:\.\d+)?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?\s*$"
)
_EARLIEST, _LATEST = 1990, 2100


@dataclass(frozen=True, slots=True)
class Clocked:
    """A table with `local`; times that the clock never showed (`skipped`) or showed `twice`; what is wrong."""

    table: pl.DataFrame
    skipped: int
    twice: int
    mistakes: tuple[Mistake, ...]


def check_timezone(name: str) -> str:
    """Return the name of a time zone; raises InvalidPeakInput for an unknown one."""
    if zone_named(name) is None:
        message = f"there is no time zone {name}: use a name like Europe/Amsterdam"
        raise InvalidPeakInput.of([Mistake(where="timezone", rule="unknown_timezone", message=message)])
    return name


@dataclass(frozen=True, slots=True)
class Dated:
    """A table with `day`, and what is wrong."""

    table: pl.DataFrame
    mistakes: tuple[Mistake, ...]


def on_written_day(table: pl.DataFrame, column: str, where: str) -> Dated:
    """Read days as they are written: of a count per day the zone behind a time says nothing that could move it."""
    day = pl.col(column).str.extract_groups(_TIME).struct.field("day").str.to_date("%Y-%m-%d", strict=False)
    read = table.with_columns(day=day)
    wrong = read.filter(pl.col("day").is_null() | ~pl.col("day").dt.year().is_between(_EARLIEST, _LATEST))
    message = "{} is no day: write 2026-11-27"
    return Dated(read, tuple(rows_of(wrong, where, "time", message, column)))


def on_shop_clock(table: pl.DataFrame, column: str, timezone: str, where: str) -> Clocked:
    """Read times with an offset, or all without one: those are taken for the shop's own clock."""
    parts = pl.col(column).str.extract_groups(_TIME)
    seconds = parts.struct.field("seconds").fill_null(":00")
    written = pl.concat_str(
        parts.struct.field("day"), pl.lit(" "), parts.struct.field("clock").fill_null("00:00"), seconds
    )
    zone = parts.struct.field("zone")
    hours = zone.str.extract(r"^[+-](\d{2})").cast(pl.Int32, strict=False)
    minutes = zone.str.extract(r"(\d{2})$").cast(pl.Int32, strict=False)
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    read = table.with_columns(
        written=written.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"),
        zone=zone,
        offset=(sign * (hours * 60 + minutes)).fill_null(0),
    )
    mistakes = list(_mistakes(read, column, where))
    if mistakes:
        return Clocked(table, 0, 0, tuple(mistakes))
    if read["zone"].null_count() == 0:
        utc = (pl.col("written") - pl.duration(minutes=pl.col("offset"))).dt.replace_time_zone("UTC")
        local = utc.dt.convert_time_zone(timezone).dt.replace_time_zone(None)
        return Clocked(read.with_columns(local=local).drop("written", "zone", "offset"), 0, 0, ())
    skipped, twice = _oddities(read, timezone)
    return Clocked(read.with_columns(local="written").drop("written", "zone", "offset"), skipped, twice, ())


def _mistakes(read: pl.DataFrame, column: str, where: str) -> Iterator[Mistake]:
    year = pl.col("written").dt.year()
    wrong = read.filter(pl.col("written").is_null() | ~year.is_between(_EARLIEST, _LATEST))
    message = "{} is no time: write 2026-11-27, 2026-11-27 09:30 or 2026-11-27T09:30:00+01:00"
    yield from rows_of(wrong, where, "time", message, column)
    timed = read.filter(pl.col("written").is_not_null())
    with_zone = timed.filter(pl.col("zone").is_not_null())
    if 0 < with_zone.height < timed.height:
        few = with_zone if with_zone.height * 2 <= timed.height else timed.filter(pl.col("zone").is_null())
        has = "has an offset where others have none" if few is with_zone else "has no offset where others have one"
        yield from rows_of(few, where, "mixed_time_zones", f"{{}} {has}", column)


def _oddities(read: pl.DataFrame, timezone: str) -> tuple[int, int]:
    """Return how many times the zone's clock skipped in spring, and how many it showed twice in autumn."""
    written = pl.col("written")
    once = written.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null").is_null()
    unsure = written.dt.replace_time_zone(timezone, ambiguous="null", non_existent="null").is_null()
    timed = written.dt.time() != pl.time(0, 0, 0)
    skipped, twice = read.select((once & timed).sum().alias("once"), (unsure & ~once & timed).sum().alias("twice")).row(
        0
    )
    return skipped, twice
