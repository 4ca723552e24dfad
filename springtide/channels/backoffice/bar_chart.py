"""Bar charts, drawn by the server: where every bar, line and word stands. Templates write the SVG, styles colour it.

Units are those of the drawing's own field of `WIDTH` x `HEIGHT`; the axis starts at zero.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

WIDTH, HEIGHT = 960, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 24, 28
_LABEL_WIDTH = 60
_MOST_LINES = 5
_FILLED = Decimal("0.7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One value; `label` stands below it where there is room, `title` is what a pointer or a screen reader gets.

    `is_marked`: the one the heading speaks of, its value is written above. `is_part`: drawn as an outline.
    """

    value: int
    label: str
    title: str
    is_marked: bool = False
    is_part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A bar and its place; `label` is "" where the words would touch each other."""

    bar: Bar
    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    middle: Decimal
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line across the chart at a round value."""

    value: int
    y: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A whole drawing; lines from zero upwards, bars in the order given."""

    bars: tuple[Drawn, ...]
    lines: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM


def draw(bars: Sequence[Bar]) -> Chart:
    """Lay the bars out; values are not negative."""
    largest = max((bar.value for bar in bars), default=0)
    step = step_of(largest)
    top = step * max(1, math.ceil(largest / step))
    slot = Decimal(WIDTH - LEFT - RIGHT) / max(1, len(bars))
    every = max(1, math.ceil(_LABEL_WIDTH / slot))
    return Chart(
        bars=tuple(
            Drawn(
                bar=bar,
                x=_round(LEFT + slot * at + slot * (1 - _FILLED) / 2),
                y=_y(bar.value, top),
                width=_round(slot * _FILLED),
                height=HEIGHT - BOTTOM - _y(bar.value, top),
                middle=_round(LEFT + slot * at + slot / 2),
                label=bar.label if at % every == 0 else "",
            )
            for at, bar in enumerate(bars)
        ),
        lines=tuple(Line(value=value, y=_y(value, top)) for value in range(0, top + 1, step)),
    )


def step_of(largest: int) -> int:
    """Return the smallest 1, 2 or 5 with zeros that reaches `largest` in at most `_MOST_LINES` steps."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size * _MOST_LINES >= largest:
                return digit * size
        size *= 10


def _y(value: int, top: int) -> Decimal:
    return _round(Decimal(HEIGHT - BOTTOM) - Decimal(HEIGHT - BOTTOM - TOP) * value / top)


def _round(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_EVEN)
