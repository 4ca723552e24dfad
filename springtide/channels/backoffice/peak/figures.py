"""Charts as Plotly takes them: plain data, so that nothing of it has to be installed here.

The same thing has the same colour on every page, and a shape of its own for those who print in grey: P50 a full line,
P10 to P90 a band, P99 a thin dashed line marked "stress", what was sold a line with points.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from springtide.channels.backoffice.peak.speech import Speech
from springtide.contracts.peak.common import Band

TIDE, FOAM, SAND, INK, BAD, WARN = "#0a6c74", "rgba(10,108,116,0.18)", "#efe9dd", "#0b1f2a", "#b3261e", "#b26a00"
PAPER = "#fbfaf7"
GREY = "#7a7f83"

Figure = dict[str, Any]


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
) -> Figure:
    """Return a fan over time; `marked`: event days, drawn as grounds; `actual`: what came, None where it is to come.

    `limit`: what there is room for.
    """
    at = [day.isoformat() for day in days]
    data: list[dict[str, Any]] = [
        _line(at, [band.p10 for band in bands], "P10", color=TIDE, width=0),
        {
            **_line(at, [band.p90 for band in bands], "P10\u2013P90", color=TIDE, width=0),
            "fill": "tonexty",
            "fillcolor": FOAM,
        },
        _line(at, [band.p50 for band in bands], "P50", color=TIDE, width=2.5),
        _line(at, [band.p99 for band in bands], f"P99, {speech('stress')}", color=BAD, width=1, dash="dot"),
    ]
    if any(value is not None for value in actual):
        sold = _line(at[: len(actual)], list(actual), speech("sold"), color=INK, width=2)
        data.append({**sold, "mode": "lines+markers", "marker": {"size": 5}})
    if limit:
        data.append(_line(at, list(limit), speech("limit"), color=INK, width=1.5, dash="dash"))
    return _figure(data, title=title, unit=unit, shapes=list(_grounds(at, marked)), labels=_ends(at, bands, speech))


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
        _line(at, [band.p50 for band in before], f"{planned}, P50", color=GREY, width=2),
        _line(at, [band.p90 for band in before], f"{planned}, P90", color=GREY, width=1, dash="dash"),
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
    figure = _figure(data, title=title, unit=unit)
    figure["layout"]["yaxis"] = {"autorange": "reversed", "automargin": True, "type": "category"}
    figure["layout"]["xaxis"] = {"title": {"text": unit}, "rangemode": "tozero"}
    return figure


def heat(
    columns: Sequence[str],
    rows: Sequence[str],
    values: Sequence[Sequence[float]],
    *,
    title: str,
    signed: bool = False,
) -> Figure:
    """Return a heat map, numbers in the cells while there are fewer than 200. `signed`: what is below 0 is bad."""
    shown = len(columns) * len(rows) < 200  # noqa: PLR2004 - the rule of the house for heat maps
    data = [
        {
            "type": "heatmap",
            "x": list(columns),
            "y": list(rows),
            "z": [list(row) for row in values],
            "colorscale": [[0, BAD], [0.5, PAPER], [1, TIDE]] if signed else [[0, PAPER], [0.7, TIDE], [1, BAD]],
            **({"zmid": 0} if signed else {}),
            "showscale": not shown,
            **({"texttemplate": "%{z:.0f}"} if shown else {}),
        }
    ]
    figure = _figure(data, title=title, unit="")
    figure["layout"]["yaxis"] = {"autorange": "reversed", "automargin": True, "type": "category"}
    return figure


def _line(
    at: Sequence[str], values: Sequence[float | None], name: str, *, color: str, width: float, dash: str = "solid"
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(at),
        "y": list(values),
        "name": name,
        "line": {"color": color, "width": width, "dash": dash},
        "hovertemplate": f"{name}: %{{y:,.0f}}<extra></extra>",
    }


def _figure(
    data: list[dict[str, Any]],
    *,
    title: str,
    unit: str,
    shapes: Sequence[dict[str, Any]] = (),
    labels: Sequence[dict[str, Any]] = (),
) -> Figure:
    return {
        "data": data,
        "layout": {
            "title": {"text": title, "x": 0, "xanchor": "left"},
            "showlegend": False,
            "hovermode": "x unified",
            "margin": {"l": 56, "r": 96, "t": 48, "b": 40},
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
