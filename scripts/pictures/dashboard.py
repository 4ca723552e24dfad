"""Draw the dashboard's panels from a Prometheus: `python -m scripts.pictures.dashboard URL OUT.svg [MINUTES]`.

For where there is no Grafana: the same panels, the same expressions, over the last minutes.
"""

import json
import re
import sys
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from scripts.grafana import ROWS, Panel

WIDTH, GAP, HEIGHT, HEAD = 1800, 16, 250, 34
COLOURS = (
    *("#0f6f78", "#b4552d", "#5b5ea6", "#7a7d1f", "#9b2c5e", "#3b6fb6", "#5d6b6f", "#c08a1e"),
    *("#2f8f4e", "#8a4fbf", "#444444", "#d06a9a"),
)
SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One curve: its name, and (seconds, value) points."""

    name: str
    points: tuple[tuple[float, float], ...]


def asked(prometheus: str, panel: Panel, *, minutes: float, step_s: float = 2.0) -> list[Line]:
    """Ask a Prometheus for the curves of a panel; an expression that it refuses raises."""
    now = time.time()
    found: list[Line] = []
    for expression, legend in panel.lines:
        query = {
            "query": expression.replace("$__rate_interval", "20s"),
            "start": now - 60 * minutes,
            "end": now,
            "step": step_s,
        }
        with urlopen(f"{prometheus}/api/v1/query_range?{urlencode(query)}", timeout=20) as answer:  # noqa: S310 - ours
            result = json.load(answer)["data"]["result"]
        for series in result:
            points = tuple((float(at), float(value)) for at, value in series["values"] if value not in {"NaN", "+Inf"})
            if points:
                found.append(Line(name=_named(legend, series["metric"]), points=points))
    return sorted(found, key=lambda line: -max(value for _, value in line.points))


def _named(legend: str, labels: dict[str, str]) -> str:
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), legend)


def draw(curves: dict[str, list[Line]], *, minutes: float) -> str:
    """Return the whole dashboard as SVG; `curves` by panel title."""
    width = (WIDTH - 4 * GAP) / 3
    parts: list[str] = []
    y = 64.0
    for title, row in ROWS:
        parts.append(f'<text x="{GAP}" y="{y + 20}" font-size="16" font-weight="bold">{escape(title)}</text>')
        y += HEAD
        for number, panel in enumerate(row):
            x = GAP + (number % 3) * (width + GAP)
            top = y + (number // 3) * (HEIGHT + GAP)
            parts.extend(_panel(panel, curves[panel.title], x, top, width, minutes))
        y += -(-len(row) // 3) * (HEIGHT + GAP)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y:.0f}" viewBox="0 0 {WIDTH} {y:.0f}" '
        f'font-family="sans-serif" font-size="11"><rect width="{WIDTH}" height="{y:.0f}" fill="#f3f5f5"/>'
        f'<text x="{GAP}" y="36" font-size="22" font-weight="bold">Springtide: the shop</text>'
        f'<text x="{WIDTH - GAP}" y="36" text-anchor="end" fill="#555">the last {minutes:.0f} minutes, '
        f"asked of Prometheus {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC</text>"
    )
    return "\n".join([head, *parts, "</svg>"])


def _panel(  # noqa: PLR0917 - a place and a size
    panel: Panel, lines: list[Line], x: float, y: float, width: float, minutes: float
) -> list[str]:
    parts = [
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{HEIGHT}" fill="#fff" stroke="#d9dede" rx="4"/>',
        f'<text x="{x + 12:.0f}" y="{y + 20:.0f}" font-size="13" font-weight="bold">{escape(panel.title)}</text>',
    ]
    left, right, top, bottom = x + 56, x + width - 12, y + 34, y + HEIGHT - 66
    most = max((value for line in lines for _, value in line.points), default=0.0) or 1.0
    until = max((at for line in lines for at, _ in line.points), default=time.time())
    for part in range(5):
        at = bottom - part / 4 * (bottom - top)
        label = shown(most * part / 4, panel.unit)
        parts.append(f'<line x1="{left:.0f}" y1="{at:.1f}" x2="{right:.0f}" y2="{at:.1f}" stroke="#eceff0"/>')
        parts.append(f'<text x="{left - 6:.0f}" y="{at + 4:.1f}" text-anchor="end" fill="#666">{label}</text>')
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(
            f"{right - (until - at) / (60 * minutes) * (right - left):.1f},{bottom - value / most * (bottom - top):.1f}"
            for at, value in line.points
        )
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
    parts.extend(_legend(lines, x + 12, y + HEIGHT - 46, width - 24, panel.unit))
    if not lines:
        parts.append(
            f'<text x="{(left + right) / 2:.0f}" y="{(top + bottom) / 2:.0f}" text-anchor="middle" fill="#999">'
            "nothing of the kind in this time</text>"
        )
    return parts


def _legend(lines: list[Line], x: float, y: float, width: float, unit: str) -> list[str]:
    parts: list[str] = []
    across, down = 0.0, 0
    for number, line in enumerate(lines[:SHOWN]):
        text = f"{line.name} {shown(line.points[-1][1], unit)}"
        needed = 20 + 6.2 * len(text)
        if across and across + needed > width:
            across, down = 0.0, down + 1
        colour = COLOURS[number % len(COLOURS)]
        at = y + 14 * down
        parts.append(f'<rect x="{x + across:.0f}" y="{at - 8:.0f}" width="9" height="9" fill="{colour}"/>')
        parts.append(f'<text x="{x + across + 13:.0f}" y="{at:.0f}" fill="#333">{escape(text)}</text>')
        across += needed
    return parts


def shown(value: float, unit: str) -> str:
    """Return a value as people read it."""
    if unit == "s":
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
    if unit == "percentunit":
        return f"{value:.2%}"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            return f"{value / (1e3 if letter == 'k' else size):.1f}{letter}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004 - three digits


def main() -> int:
    """Ask and draw."""
    prometheus, target = sys.argv[1].rstrip("/"), Path(sys.argv[2])
    minutes = float(sys.argv[3]) if sys.argv[3:] else 5.0
    curves = {panel.title: asked(prometheus, panel, minutes=minutes) for _, row in ROWS for panel in row}
    target.write_text(draw(curves, minutes=minutes), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
