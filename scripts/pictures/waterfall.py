"""Draw a trace as a waterfall: `python -m scripts.pictures.waterfall TRACE.json OUT.svg`.

The trace is what `SPRINGTIDE_KEEP_TRACE=TRACE.json pytest tests/system/test_one_trace.py` writes: the spans of one
checkout as an OTLP receiver took them from five processes.
"""

import json
import sys
from html import escape
from pathlib import Path
from typing import Any

Span = dict[str, Any]

WIDTH, LEFT, RIGHT, ROW, TOP = 1440, 430, 40, 19, 96
COLOURS = ("#0f6f78", "#b4552d", "#5b5ea6", "#7a7d1f", "#9b2c5e", "#3b6fb6", "#5d6b6f")


def in_order(spans: list[Span]) -> list[tuple[int, Span]]:
    """Return the spans with their depth, each before its children, children by their beginning."""
    below: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda each: each["began_ns"]):
        below.setdefault(span["parent"], []).append(span)
    found: list[tuple[int, Span]] = []

    def walk(parent: str, depth: int) -> None:
        for span in below.get(parent, []):
            found.append((depth, span))
            walk(span["span"], depth + 1)

    walk("", 0)
    return found


def draw(spans: list[Span]) -> str:
    """Return the picture as SVG."""
    rows = in_order(spans)
    began = min(span["began_ns"] for span in spans)
    whole = float(max(span["ended_ns"] for span in spans) - began)
    services = sorted({span["service"] for span in spans})
    colours = dict(zip(services, COLOURS, strict=False))
    height = TOP + ROW * len(rows) + 24

    def x(at_ns: int) -> float:
        return LEFT + float(at_ns - began) / whole * (WIDTH - LEFT - RIGHT)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        (
            f'<text x="16" y="28" font-size="18" font-weight="bold">One checkout: {len(spans)} spans, '
            f"{len({span['instance'] for span in spans})} processes, {whole / 1e6:.0f} ms</text>"
        ),
        f'<text x="16" y="48" fill="#555">trace {escape(spans[0]["trace"])}</text>',
    ]
    place = 16.0
    for service in services:
        parts.append(f'<rect x="{place}" y="60" width="12" height="12" fill="{colours[service]}"/>')
        parts.append(f'<text x="{place + 17}" y="70">{escape(service)}</text>')
        place += 40 + 6.6 * len(service)
    for tenth in range(11):
        at = LEFT + tenth / 10 * (WIDTH - LEFT - RIGHT)
        label = f"{whole / 1e6 * tenth / 10:.0f} ms"
        parts.append(f'<line x1="{at}" y1="{TOP - 4}" x2="{at}" y2="{height - 16}" stroke="#e4e7e8"/>')
        parts.append(f'<text x="{at}" y="{TOP - 8}" text-anchor="middle" fill="#777" font-size="10">{label}</text>')
    for number, (depth, span) in enumerate(rows):
        y = TOP + number * ROW
        start, end = x(span["began_ns"]), x(span["ended_ns"])
        took = (span["ended_ns"] - span["began_ns"]) / 1e6
        bar = max(1.5, end - start)
        parts.append(f'<text x="{16 + 10 * depth}" y="{y + 13}">{escape(span["name"])}</text>')
        parts.append(
            f'<rect x="{start:.1f}" y="{y + 3}" width="{bar:.1f}" height="{ROW - 6}" rx="2" '
            f'fill="{colours[span["service"]]}"/>'
        )
        inside = start + bar + 60 > WIDTH
        label_at, anchor = (start - 4, "end") if inside else (start + bar + 4, "start")
        parts.append(
            f'<text x="{label_at:.1f}" y="{y + 13}" font-size="10" fill="#555" '
            f'text-anchor="{anchor}">{took:.1f} ms</text>'
        )
    parts.append("</svg>")
    return "\n".join(parts)


def main() -> int:
    """Draw the file that is named."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.write_text(draw(json.loads(source.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
