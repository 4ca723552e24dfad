"""The report as one HTML file: no script, no other host, readable on paper."""

from collections.abc import Iterable, Sequence
from html import escape

from springtide.rehearsal.load.drawing import Curve, drawn
from springtide.rehearsal.load.report import ClassRow, Report

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>
:root {{ color-scheme: light dark; --ink: #0b1f2a; --paper: #fbfaf7; --tide: #0a6c74; --sand: #efe9dd; --line: #cfc8b8;
  --good: #2e7d4f; --warn: #b26a00; --bad: #b3261e; --muted: #56646b; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #eef3f2; --paper: #0e191f; --tide: #5cc4cb; --sand: #1b2a31;
  --line: #3a4a51; --good: #7cc99a; --warn: #e8ac55; --bad: #f2918a; --muted: #a8b5b9; }} }}
body {{ margin: 0 auto; max-width: 1000px; padding: 24px 20px 64px; background: var(--paper); color: var(--ink);
  font: 400 16px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 28px; margin: 0; }} h2 {{ font-size: 20px; margin: 32px 0 8px; }}
table {{ border-collapse: collapse; width: 100%; font-size: 14px; }}
th, td {{ padding: 5px 8px; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }}
td.n, th.n {{ text-align: right; font-variant-numeric: tabular-nums; }}
.muted {{ color: var(--muted); }} .panel {{ background: var(--sand); border-radius: 6px;
  padding: 12px 16px; margin: 16px 0; }}
.passed {{ color: var(--good); font-weight: 600; white-space: nowrap; }}
.failed {{ color: var(--bad); font-weight: 600; white-space: nowrap; }}
.not-done {{ color: var(--warn); font-weight: 600; white-space: nowrap; }}
svg {{ width: 100%; height: auto; }} svg text {{ font: 12px system-ui, sans-serif; fill: var(--muted); }}
svg .end {{ text-anchor: end; }} svg .middle {{ text-anchor: middle; }} svg .grid {{ stroke: var(--line); }}
svg path {{ fill: none; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }}
svg path.a {{ stroke: var(--tide); }} svg path.b {{ stroke: var(--warn); }} svg path.c {{ stroke: var(--bad); }}
svg path.d {{ stroke: var(--muted); stroke-dasharray: 4 4; }}
svg text.a {{ fill: var(--tide); }} svg text.b {{ fill: var(--warn); }} svg text.c {{ fill: var(--bad); }}
</style></head><body>
"""
_SIGNS = {"passed": "✓ passed", "failed": "✗ failed", "not done": "? not done"}
_ORDER = ("failed", "not done", "passed")


def as_page(report: Report) -> str:
    """Return the report as a page."""
    verdict = "passed" if report.passed else "failed"
    parts = [
        HEAD.format(title=escape(f"{report.title}: {verdict}")),
        f'<h1>{escape(report.title)}: <span class="{verdict}">{_SIGNS[verdict]}</span></h1>',
        f'<p class="muted">{escape(report.about)}</p>',
        _facts(report),
        f'<div class="panel"><strong>{escape(report.bottleneck)}</strong></div>',
        _checks(report),
        "<h2>Visitors who came, orders they placed</h2>",
        _visitors(report),
        "<h2>How long 95 of 100 waited</h2>",
        _waiting(report),
        "<h2>Answers by class</h2>",
        _classes(report.classes),
        _bottlenecks(report),
        _changes(report),
        "<h2>How visits ended</h2>",
        _table(("outcome", "count"), ((name, f"{count:,}") for name, count in report.outcomes.items()), numbers=(1,)),
        *(f'<p class="muted">{escape(note)}</p>' for note in report.notes),
        _credit(report),
        "</body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _facts(report: Report) -> str:
    arrived = report.outcomes.get("arrived", 0)
    text = (
        f"{report.url}, {report.started_at:%Y-%m-%d %H:%M:%S} UTC, {report.seconds:.0f} s, {report.workers} workers, "
        f"rates times {report.scale:g}. "
        f"{arrived:,} visitors came ({report.expected_arrivals:,.0f} expected), "
        f"{report.orders_per_s:.1f} orders a second. 99 of 100 visits began within {report.late_p99_ms:.0f} ms. "
        f"{report.machine}. Run {report.run}."
    )
    return f"<p>{escape(text)}</p>"


def _credit(report: Report) -> str:
    visits = "derived from UCI Online Shoppers Purchasing Intention (Sakar and Kastro 2018), CC BY 4.0"
    return f'<p class="muted">Baskets: {escape(report.baskets)}. Visits: {visits}.</p>'


def _checks(report: Report) -> str:
    rows = "".join(
        f'<tr><td class="{check.state.replace(" ", "-")}">{_SIGNS[check.state]}</td><td>{escape(check.name)}</td>'
        f"<td>{escape(check.wanted)}</td><td>{escape(check.found)}</td></tr>"
        for check in sorted(report.checks, key=lambda check: _ORDER.index(check.state))
    )
    return f"<h2>The verdict</h2><table><tr><th></th><th>check</th><th>wanted</th><th>found</th></tr>{rows}</table>"


def _visitors(report: Report) -> str:
    moments = report.moments
    curves = (
        Curve(name="planned", style="d", values=tuple(each.planned_per_s for each in moments)),
        Curve(name="visitors", style="a", values=tuple(each.arrived_per_s for each in moments)),
        Curve(name="orders", style="b", values=tuple(each.orders_per_s for each in moments)),
        Curve(name="errors", style="c", values=tuple(each.errors_per_s for each in moments)),
    )
    return drawn(
        curves, [each.at_s for each in moments], unit="per second", title="Visitors, orders and errors a second"
    )


def _waiting(report: Report) -> str:
    moments = report.moments
    curves = (
        Curve(name="pages", style="a", values=tuple(each.pages_p95_ms for each in moments)),
        Curve(name="writes", style="b", values=tuple(each.writes_p95_ms for each in moments)),
    )
    return drawn(curves, [each.at_s for each in moments], unit="ms", title="95th percentile of pages and of writes")


def _classes(rows: Sequence[ClassRow]) -> str:
    return _table(
        ("class", "answers", "p50 ms", "p95 ms", "p99 ms", "limit p95", "limit p99", "asked again", "errors"),
        (
            (
                row.name,
                f"{row.count:,}",
                *(f"{value:,.0f}" if value is not None else "" for value in (row.p50_ms, row.p95_ms, row.p99_ms)),
                f"{row.limit.p95_ms:,.0f}" if row.limit else "",
                f"{row.limit.p99_ms:,.0f}" if row.limit else "",
                f"{row.asked_again:,}",
                ", ".join(f"{count} {code}" for code, count in row.errors.items()) or "0",
            )
            for row in rows
        ),
        numbers=range(1, 9),
    )


def _bottlenecks(report: Report) -> str:
    if len(report.bottlenecks) <= 1:
        return ""
    rows = ((each.name, each.process, f"{each.first_s:.0f} s", each.evidence) for each in report.bottlenecks)
    return "<h2>What else gave way</h2>" + _table(("pressure", "process", "first", "evidence"), rows, numbers=(2,))


def _changes(report: Report) -> str:
    if not report.before:
        return '<h2>Since the last run</h2><p class="muted">This is the first run of this scenario here.</p>'
    rows = (
        (each.name, f"{each.before:,g} {each.unit}", f"{each.now:,g} {each.unit}", f"{each.now - each.before:+,.4g}")
        for each in report.changes
    )
    return f"<h2>Since the last run ({escape(report.before)})</h2>" + _table(
        ("figure", "before", "now", "difference"), rows, numbers=(1, 2, 3)
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int]) -> str:
    right = set(numbers)

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=n' if place in right else ''}>{escape(cell)}</{tag}>" for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><tr>{cells('th', head)}</tr>{body}</table>"
