"""The pure parts: medians and percentiles, what a row of the table is, and the table."""

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import TypedDict

import msgspec

_BEGINS, _ENDS = "<!-- figures -->", "<!-- end of figures -->"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `met` is None where there is no target; `detail` is what else was seen."""

    row: str
    what: str
    value: str
    target: str = ""
    met: bool | None = None
    detail: str = ""


class Judged(TypedDict):
    """A figure's value, its target and whether it is met, as `Figure` takes them."""

    value: str
    target: str
    met: bool


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of all values do not exceed; ValueError for none."""
    if not values:
        msg = "no values"
        raise ValueError(msg)
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Iterable[float]) -> float:
    """Return the median; of an even number of values the mean of the two in the middle."""
    return statistics.median(values)


def at_least(value: float, target: float, *, unit: str = "", digits: int = 0) -> Judged:
    """Return value, target and verdict of a figure that should be high."""
    return {
        "value": f"{value:,.{digits}f}{unit}",
        "target": f"≥ {target:,.{digits}f}{unit}",
        "met": value >= target,
    }


def at_most(value: float, target: float, *, unit: str = "", digits: int = 0) -> Judged:
    """Return value, target and verdict of a figure that should be low."""
    return {
        "value": f"{value:,.{digits}f}{unit}",
        "target": f"≤ {target:,.{digits}f}{unit}",
        "met": value <= target,
    }


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table, aligned for a terminal."""
    head = ("row", "what", "figure", "target", "met", "detail")
    body = [(f.row, f.what, f.value, f.target, {True: "yes", False: "no", None: ""}[f.met], f.detail) for f in figures]
    return markdown(head, body)


def put_between_marks(page: str, text: str) -> str:
    """Return the page with `text` between its lines `<!-- figures -->` and `<!-- end of figures -->`; ValueError when
    it has none.
    """
    before, begins, rest = page.partition(_BEGINS)
    _, ends, after = rest.partition(_ENDS)
    if not begins or not ends:
        msg = f"the page has no lines {_BEGINS} and {_ENDS}"
        raise ValueError(msg)
    return f"{before}{begins}\n\n{text.strip()}\n\n{ends}{after}"


def markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns."""
    widths = [max(len(row[column]) for row in (head, *body)) for column in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *body)]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))
