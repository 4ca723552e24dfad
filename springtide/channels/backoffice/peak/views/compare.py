"""Figures of two plans with what lies between them."""

from collections.abc import Iterable
from typing import NamedTuple

from springtide.channels.backoffice.peak.speech import Speech
from springtide.contracts.peak.api import FigureChanged


class Row(NamedTuple):
    """A figure before and after as text, the difference, and its share of what was before."""

    name: str
    before: str
    after: str
    difference: str
    share: str


def figure_rows(figures: Iterable[FigureChanged], speech: Speech) -> list[Row]:
    """Return the figures, those that changed most first; one that only one plan has comes last."""
    return [_row(figure, speech) for figure in sorted(figures, key=_weight)]


def _weight(figure: FigureChanged) -> tuple[bool, float, str]:
    if figure.before is None or figure.after is None:
        return True, 0.0, figure.name
    change = abs(figure.after - figure.before)
    return False, -(change / abs(figure.before) if figure.before else float(change > 0)), figure.name


def _row(figure: FigureChanged, speech: Speech) -> Row:
    kind = "money" if figure.name.endswith("_minor") else "number"

    def written(value: float | None) -> str:
        return "\u2013" if value is None else speech.write(kind, value)

    if figure.before is None or figure.after is None:
        return Row(figure.name, written(figure.before), written(figure.after), "\u2013", "\u2013")
    change = figure.after - figure.before
    sign = "+" if change > 0 else ""
    share = f"{sign}{speech.percent(change / abs(figure.before))}" if figure.before else "\u2013"
    return Row(figure.name, written(figure.before), written(figure.after), sign + written(change), share)
