"""Charts as Plotly takes them: plain data, so that nothing of it has to be installed here.

The same thing has the same colour on every page, and a shape of its own for those who print in grey: P50 a full line,
P10 to P90 a band, P99 a thin dashed line marked "stress", what was sold a line with points.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from springtide.channels.backoffice.peak.speech import Speech
from springtide.contracts.peak.common import Band

TIDE, FOAM, SAND, INK, BAD, WARN = "#0a6c74", "rgba(10,108,116,0.18)", "#efe9dd", "#0b1f2a", "#b3261e", "#b26a00"
PAPER = "#fbfaf7"
GREY = "#6c7479"

Figure = dict[str, Any]


class Span(NamedTuple):
    """A time that somebody marked on a chart, and why; both days included."""

    first: date
    last: date
    name: str


def fan(
    days: Sequence[date | datetime],
    bands: Sequence[Band],
    speech: Speech,
    *,
    title: str,
    unit: str,
    marked: Sequence[bool] = (),
    actual: Sequence[float | None] = (),
    limit: Sequence[float] = (),
    before: Sequence[float | None] = (),
    spans: Sequence[Span] = (),
) -> Figure:
    """Return a fan over time; `marked`: event days, drawn as grounds; `actual`: what came, None where it is to come.

    `limit`: what there is room for. `before`: last year's, in grey. `spans`: times that somebody marked.
    """
    at = [day.isoformat() for day in days]
    data: list[dict[str, Any]] = [
        *([line(at, list(before), speech("last_year"), color=GREY, width=1.5)] if _any(before) else []),
        line(at, [band.p10 for band in bands], "P10", color=TIDE, width=0),
        {
            **line(at, [band.p90 for band in bands], "P10\u2013P90", color=TIDE, width=0),
            "fill": "tonexty",
            "fillcolor": FOAM,
        },
        line(at, [band.p50 for band in bands], "P50", color=TIDE, width=2.5),
        line(at, [band.p99 for band in bands], f"P99, {speech('stress')}", color=BAD, width=1, dash="dot"),
    ]
    if _any(actual):
        sold = line(at[: len(actual)], list(actual), speech("sold"), color=INK, width=2)
        data.append({**sold, "mode": "lines+markers", "marker": {"size": 5}})
    if limit:
        data.append(line(at, list(limit), speech("limit"), color=INK, width=1.5, dash="dash"))
    shapes = [*_grounds(at, marked), *(_frame(span) for span in spans)]
    labels = [*_ends(at, bands, speech), *_before_end(at, before, speech), *(_named(span) for span in spans)]
    return drawn(data, title=title, unit=unit, shapes=shapes, labels=labels)


def _any(values: Sequence[float | None]) -> bool:
    return any(value is not None for value in values)


def _frame(span: Span) -> dict[str, Any]:
    """Return a dashed frame around a span."""
    stroke = {"color": WARN, "width": 1, "dash": "dash"}
    place = {"x0": span.first.isoformat(), "x1": span.last.isoformat(), "y0": 0, "y1": 1}
    return {"type": "rect", "xref": "x", "yref": "paper", **place, "line": stroke, "layer": "above"}


def _named(span: Span) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x": span.first.isoformat(), "y": 1, "xanchor": "left", "yanchor": "bottom"}
    return {**place, "text": span.name, "showarrow": False, "font": {"color": WARN, "size": 11}}


def _before_end(at: Sequence[str], before: Sequence[float | None], speech: Speech) -> list[dict[str, Any]]:
    """Return the name of last year's line over its highest point, where it has room."""
    known = [(value, day) for value, day in zip(before, at, strict=False) if value is not None]
    if not known:
        return []
    value, day = max(known)
    font = {"color": GREY, "size": 12}
    place = {"x": day, "y": value, "yanchor": "bottom"}
    return [{**place, "text": speech("last_year"), "showarrow": False, "font": font}]


def beside(
    days: Sequence[date],
    before: Sequence[Band],
    after: Sequence[Band],
    speech: Speech,
    *,
    title: str,
    unit: str,
) -> Figure:
    """Return the fan of a change over the plan it was made from: that one as a grey line and its P90, dashed."""
    figure = fan(days, after, speech, title=title, unit=unit)
    at = [day.isoformat() for day in days]
    planned = speech("what_if_in_plan")
    figure["data"] += [
        line(at, [band.p50 for band in before], f"{planned}, P50", color=GREY, width=2),
        line(at, [band.p90 for band in before], f"{planned}, P90", color=GREY, width=1, dash="dash"),
    ]
    return figure


def bars(
    names: Sequence[str], values: Sequence[float], *, title: str, unit: str, marked: Sequence[bool] = ()
) -> Figure:
    """Return horizontal bars from zero, the first on top; `marked` ones stand out."""
    colors = [WARN if index < len(marked) and marked[index] else TIDE for index in range(len(names))]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": list(values),
            "y": list(names),
            "marker": {"color": colors},
            "hovertemplate": "%{y}: %{x}<extra></extra>",
        }
    ]
    figure = drawn(data, title=title, unit=unit)
    figure["layout"]["yaxis"] = {"autorange": "reversed", "automargin": True, "type": "category"}
    figure["layout"]["xaxis"] = {"title": {"text": unit}, "rangemode": "tozero"}
    return figure


def columns(
    names: Sequence[str], values: Sequence[float], *, title: str, unit: str, across: str, marked: Sequence[bool] = ()
) -> Figure:
    """Return upright bars from zero; `across`: what their names are; `marked` ones are bad."""
    colors = [BAD if place < len(marked) and marked[place] else TIDE for place in range(len(names))]
    data = [{"type": "bar", "x": list(names), "y": list(values), "marker": {"color": colors}}]
    figure = drawn([{**data[0], "hovertemplate": "%{x}: %{y:.2f}<extra></extra>"}], title=title, unit=unit)
    figure["layout"]["xaxis"] = {"title": {"text": across}, "type": "category"}
    figure["layout"]["hovermode"] = "closest"
    return figure


def waterfall(
    steps: Sequence[tuple[str, float]], *, totals: Mapping[int, str], last: str, title: str, unit: str, start: str = ""
) -> Figure:
    """Return steps that add up from left to right. `totals`: names of sums, by the place of the step they stand before;

    `last`: the name of the sum at the end. `start`: the first step is a whole of this name, not a change.
    """
    names: list[str] = []
    values: list[float] = []
    measures: list[str] = []
    for place, (name, value) in enumerate(steps):
        if place in totals:
            names, values, measures = [*names, totals[place]], [*values, 0.0], [*measures, "total"]
        names, values = [*names, name], [*values, value]
        measures = [*measures, "absolute" if start and place == 0 else "relative"]
    bar = {
        "type": "waterfall",
        "x": [*names, last],
        "y": [*values, 0.0],
        "measure": [*measures, "total"],
        "increasing": {"marker": {"color": WARN}},
        "decreasing": {"marker": {"color": "#7fb3b6"}},
        "totals": {"marker": {"color": TIDE}},
        "connector": {"line": {"color": GREY, "width": 1}},
        "hovertemplate": "%{x}: %{y:,.0f}<extra></extra>",
    }
    figure = drawn([bar], title=title, unit=unit)
    figure["layout"]["xaxis"] = {"type": "category", "automargin": True}
    figure["layout"]["hovermode"] = "closest"
    return figure


def ranges(names: Sequence[str], bands: Sequence[Band], speech: Speech, *, title: str) -> Figure:
    """Return amounts of money by name: bars from zero to P50, with a line on to P90. Amounts in minor units."""
    middle = [speech.units(band.p50) for band in bands]
    above = [speech.units(max(band.p90 - band.p50, 0.0)) for band in bands]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "x": middle,
            "y": list(names),
            "marker": {"color": TIDE},
            "error_x": {"type": "data", "symmetric": False, "array": above, "color": INK, "thickness": 1.5},
            "hovertemplate": "%{y}: P50 %{x:,.0f}<extra></extra>",
        }
    ]
    figure = drawn(data, title=title, unit=speech.money_sign)
    figure["layout"]["yaxis"] = {"autorange": "reversed", "automargin": True, "type": "category"}
    figure["layout"]["xaxis"] = {"title": {"text": f"{speech.money_sign}, P50 \u2013 P90"}, "rangemode": "tozero"}
    figure["layout"]["hovermode"] = "closest"
    return figure


def heat(
    columns: Sequence[str],
    rows: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    title: str,
    signed: bool = False,
    full: float = 0.0,
    marks: Sequence[tuple[float, str]] = (),
) -> Figure:
    """Return a heat map, numbers in the cells while there are fewer than 200. `signed`: what is below 0 is bad.

    `full`: a value at which there is no room left, 0 where values have no such bound. `marks`: lines before a column
    (its place, whole or in part) with their names. None is a cell without a value.
    """
    shown = len(columns) * len(rows) < 200  # noqa: PLR2004 - the rule of the house for heat maps
    data = [
        {
            "type": "heatmap",
            "x": list(columns),
            "y": list(rows),
            "z": [list(row) for row in values],
            **_shades(signed=signed, full=full),
            "showscale": not shown,
            **({"texttemplate": "%{z:.0f}"} if shown else {}),
        }
    ]
    figure = drawn(
        data,
        title=title,
        unit="",
        shapes=[_upright(at - 0.5) for at, _ in marks],
        labels=[_over(at - 0.5, name, len(marks) - 1 - row) for row, (at, name) in enumerate(marks)],
    )
    figure["layout"]["margin"]["t"] += 12 * len(marks)
    figure["layout"]["yaxis"] = {"autorange": "reversed", "automargin": True, "type": "category"}
    return figure


def _shades(*, signed: bool, full: float) -> dict[str, Any]:
    """Return how values become colours: bad is red, and only what is bad."""
    if signed:
        return {"colorscale": [[0, BAD], [0.5, PAPER], [1, TIDE]], "zmid": 0}
    if full:
        return {"colorscale": [[0, PAPER], [0.8, TIDE], [0.9, WARN], [1, BAD]], "zmin": 0, "zmax": full}
    return {"colorscale": [[0, PAPER], [1, TIDE]], "zmin": 0}


def _upright(at: float) -> dict[str, Any]:
    stroke = {"color": INK, "width": 1, "dash": "dash"}
    return {"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": stroke}


def _over(at: float, name: str, row: int) -> dict[str, Any]:
    """Return a name above the chart; each on a row of its own, so that neighbours stay readable."""
    font = {"size": 11}
    place = {"xref": "x", "yref": "paper", "x": at, "y": 1, "xanchor": "left", "yanchor": "bottom"}
    return {**place, "yshift": 12 * row, "xshift": 3, "text": name, "showarrow": False, "font": font}


def line(
    at: Sequence[str], values: Sequence[float | None], name: str, *, color: str, width: float, dash: str = "solid"
) -> dict[str, Any]:
    """Return a line over time; a value that is None is a gap."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(at),
        "y": list(values),
        "name": name,
        "line": {"color": color, "width": width, "dash": dash},
        "hovertemplate": f"{name}: %{{y:,.0f}}<extra></extra>",
    }


def drawn(
    data: list[dict[str, Any]],
    *,
    title: str,
    unit: str,
    shapes: Sequence[dict[str, Any]] = (),
    labels: Sequence[dict[str, Any]] = (),
) -> Figure:
    """Return data with the layout that all charts share."""
    return {
        "data": data,
        "layout": {
            "title": {"text": title, "x": 0, "xanchor": "left"},
            "showlegend": False,
            "hovermode": "x unified",
            "margin": {"l": 56, "r": 96, "t": 24, "b": 40},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "yaxis": {"title": {"text": unit}, "rangemode": "tozero", "gridcolor": SAND},
            "xaxis": {"gridcolor": SAND},
            "shapes": list(shapes),
            "annotations": list(labels),
        },
    }


def _ends(at: Sequence[str], bands: Sequence[Band], speech: Speech) -> list[dict[str, Any]]:
    """Return the names of the lines at their right ends: nobody should have to look a colour up."""
    if not bands:
        return []
    last = bands[-1]
    named = (("P50", last.p50, TIDE), ("P90", last.p90, TIDE), (f"P99 {speech('stress')}", last.p99, BAD))
    return [
        {
            "x": at[-1],
            "y": value,
            "text": name,
            "showarrow": False,
            "xanchor": "left",
            "xshift": 6,
            "yshift": 10 * place - 8,
            "font": {"color": color},
        }
        for place, (name, value, color) in enumerate(named)
    ]


def _grounds(at: Sequence[str], marked: Sequence[bool]) -> list[dict[str, Any]]:
    """Return a ground behind each run of marked days."""
    grounds: list[dict[str, Any]] = []
    start = None
    for place, is_marked in enumerate([*marked, False]):
        if is_marked and start is None:
            start = place
        elif not is_marked and start is not None:
            grounds.append(
                {
                    "type": "rect",
                    "xref": "x",
                    "yref": "paper",
                    "x0": at[start],
                    "x1": at[place - 1],
                    "y0": 0,
                    "y1": 1,
                    "fillcolor": SAND,
                    "line": {"width": 0},
                    "layer": "below",
                }
            )
            start = None
    return grounds
