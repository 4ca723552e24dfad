"""Charts of one product, week by week: what it sold and may sell, what is left of it."""

from collections.abc import Sequence
from datetime import date

from springtide.channels.backoffice.peak.figures import FOAM, GREY, INK, TIDE, Figure, drawn, line
from springtide.channels.backoffice.peak.speech import Speech

Ranks = tuple[int, int, int]


def weekly(
    weeks: Sequence[date],
    ranks: Sequence[Ranks],
    speech: Speech,
    *,
    title: str,
    unit: str,
    past: Sequence[tuple[date, int]] = (),
    before: Sequence[int | None] = (),
) -> Figure:
    """Return P50 as a line and P10 to P90 as a band. `past`: what was sold, as bars; `before`: last year, in grey."""
    at = [week.isoformat() for week in weeks]
    low, middle, high = ([float(one[place]) for one in ranks] for place in range(3))
    sold = {
        "type": "bar",
        "x": [week.isoformat() for week, _ in past],
        "y": [units for _, units in past],
        "name": speech("sold"),
        "marker": {"color": "#c9c3b6"},
        "hovertemplate": f"{speech('sold')}: %{{y:,.0f}}<extra></extra>",
    }
    data = [
        *([sold] if past else []),
        *([line(at, list(before), speech("last_year"), color=GREY, width=1.5)] if any(before) else []),
        line(at, low, "P10", color=TIDE, width=0),
        {**line(at, high, "P10\u2013P90", color=TIDE, width=0), "fill": "tonexty", "fillcolor": FOAM},
        line(at, middle, "P50", color=TIDE, width=2.5),
    ]
    return drawn(data, title=title, unit=unit)


def add_line(figure: Figure, weeks: Sequence[date], values: Sequence[int | None], name: str) -> None:
    """Add a dashed line with its name at its end."""
    at = [week.isoformat() for week in weeks]
    figure["data"].append(line(at, list(values), name, color=INK, width=1.5, dash="dash"))


def add_mark(figure: Figure, day: date, name: str) -> None:
    """Add an upright line on a day, with its name."""
    at = day.isoformat()
    stroke = {"color": INK, "width": 1, "dash": "dot"}
    figure["layout"]["shapes"].append(
        {"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": stroke}
    )
    row = sum(one.get("yref") == "paper" for one in figure["layout"]["annotations"])
    place = {"xref": "x", "yref": "paper", "x": at, "y": 1, "xanchor": "left", "yanchor": "top", "xshift": 3}
    words = {"text": name, "showarrow": False, "font": {"size": 11}, "yshift": -14 * row}
    figure["layout"]["annotations"].append({**place, **words})
