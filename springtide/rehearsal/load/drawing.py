"""Curves over time as SVG: where every line and word stands. The axis starts at zero; styles of the page colour it."""

import math
from collections.abc import Callable, Sequence
from html import escape

import msgspec

WIDTH, HEIGHT = 960, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 116, 32, 28
_MOST_LINES = 5
_WORDS_APART = 15
_TIMES = 8


Height = Callable[[float], float]
"""Where on the drawing a value stands."""


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One line: its name, the class that colours it, and its values, one for every moment (None: a gap)."""

    name: str
    style: str
    values: tuple[float | None, ...]


def drawn(curves: Sequence[Curve], moments: Sequence[float], *, unit: str, title: str) -> str:
    """Return the SVG. `moments`: seconds; `title`: what a screen reader says. A line that is zero throughout is left
    out; names stand at the heights of the largest values.
    """
    curves = [curve for curve in curves if any(curve.values)]
    largest = max((value for curve in curves for value in curve.values if value is not None), default=0.0)
    step = step_of(largest)
    top = step * max(1, math.ceil(largest / step))
    last = max(moments, default=0.0) or 1.0

    def x(at_s: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * at_s / last, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top, 1)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">']
    for number in range(round(top / step) + 1):
        value = number * step
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value)}" y2="{y(value)}"/>')
        parts.append(f'<text class="end" x="{LEFT - 8}" y="{y(value) + 4}">{value:,.10g}</text>')
    for number in range(_TIMES + 1):
        at_s = last * number / _TIMES
        parts.append(f'<text class="middle" x="{x(at_s)}" y="{HEIGHT - 8}">{at_s:.0f} s</text>')
    parts.append(f'<text x="4" y="12">{escape(unit)}</text>')
    parts.extend(_line(curve, [x(at_s) for at_s in moments], y) for curve in curves)
    parts.extend(_names(curves, y))
    return "".join([*parts, "</svg>"])


def step_of(largest: float) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten that reaches `largest` in at most five steps."""
    if largest <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(largest / _MOST_LINES))
    return next(digit * size for digit in (1, 2, 5, 10) if digit * size * _MOST_LINES >= largest * (1 - 1e-9))


def _line(curve: Curve, xs: Sequence[float], y: Height) -> str:
    drawing, is_down = [], False
    for x, value in zip(xs, curve.values, strict=True):
        if value is None:
            is_down = False
            continue
        drawing.append(f"{'L' if is_down else 'M'}{x} {y(value)}")
        if not is_down:
            drawing.append(f"L{x} {y(value)}")  # a lonely value is a dot
        is_down = True
    return f'<path class="{curve.style}" d="{" ".join(drawing)}"/>'


def _names(curves: Sequence[Curve], y: Height) -> list[str]:
    tops = [(y(max(value for value in curve.values if value is not None)), curve) for curve in curves]
    parts, free = [], float(TOP)
    for at, curve in sorted(tops, key=lambda pair: pair[0]):
        place = max(at + 4, free)
        free = place + _WORDS_APART
        parts.append(f'<text class="{curve.style}" x="{WIDTH - RIGHT + 8}" y="{place}">{escape(curve.name)}</text>')
    return parts
