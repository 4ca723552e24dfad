"""What happened in a season besides its sales: a form for each department and day, files, and who told what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, PlanInfo, PlanState
from springtide.contracts.peak.common import Department
from springtide.contracts.peak.partners import Partner, PartnerKind, PartnerReview
from springtide.contracts.peak.told import CARRIER, CHANNEL, CHANNELS, DAY, FIGURES, GATEWAY, WEEK, ToldFigure, ToldRow
from springtide.platform.money import exponent
from springtide.platform.uploads import MOST_BYTES

SPANS = {"day": DAY, "week": WEEK}
_SHOWN = 100
_ASKED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A figure in a form: its `name` there, its words, what is known of the chosen day, and who told it."""

    name: str
    label: str
    value: str
    row: ToldRow | None


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the forms of the chosen day or week, the files handed in, and everything told of the season."""
    first, last = plan.settings.first, plan.settings.first + timedelta(days=plan.settings.days - 1)
    day, days = await chosen_day(visit, plan), SPANS.get(visit.query.get("span", ""), DAY)
    with_former = visit.query.get("with") == "former"
    told = await visit.office.peak.list_told(caller=visit.caller, first=first, last=last, with_former=with_former)
    counting = (
        told if not with_former else await visit.office.peak.list_told(caller=visit.caller, first=first, last=last)
    )
    known = {row.what: row for row in counting if (row.day, row.days) == (day, days)}
    files = await visit.office.peak.list_handed_in(caller=visit.caller, plan_id=plan.row.id, limit=_ASKED)
    partners = await _partners(visit, plan)
    names = {one.id: one.name for one in partners}
    about = _about(partners)
    return {
        "day": day,
        "span": "week" if days == WEEK else "day",
        "until": day + timedelta(days=days - 1),
        "before": None if day == first else max(first, day - timedelta(days=days)),
        "after": None if day == last else min(last, day + timedelta(days=days)),
        "span_options": [(name, speech(f"told_{name}")) for name in SPANS],
        "departments": [
            (department, list(_fields(figures, about, names, known, speech)))
            for department, figures in by_department().items()
        ],
        "rows": sorted(told, key=lambda row: row.told_at, reverse=True)[:_SHOWN],
        "named": lambda row: label_of(FIGURES[row.figure], names.get(row.of, row.of), speech),
        "exact": lambda row: _typed(FIGURES[row.figure], row.value, speech),
        "with_former": with_former,
        "files": files,
        "waits": any(one.state in {PlanState.QUEUED, PlanState.RUNNING} for one in files),
        "most_mb": MOST_BYTES // 1024 // 1024,
        "may_write": visit.can(WRITE),
    }


def by_department() -> Mapping[Department, list[ToldFigure]]:
    """Return the figures that people tell, by department; those the shop knows come by themselves."""
    found: dict[Department, list[ToldFigure]] = {}
    for figure in FIGURES.values():
        found.setdefault(figure.department, []).append(figure)
    return found


async def chosen_day(visit: Visit, plan: PlanInfo) -> date:
    """Return the day of the address, else the last one that is known, within the season."""
    first, last = plan.settings.first, plan.settings.first + timedelta(days=plan.settings.days - 1)
    try:
        day = date.fromisoformat(visit.query.get("day", ""))
    except ValueError:
        season = await visit.office.peak.get_season(caller=visit.caller, plan_id=plan.row.id)
        day = season.known_until.date() - timedelta(days=1) if season.known_until else first
    return min(max(day, first), last)


def field_name(figure: str, of: str) -> str:
    """Return what a figure is called in a form."""
    return f"{figure}|{of}"


def label_of(figure: ToldFigure, of: str, speech: Speech) -> str:
    """Return the words for a figure and what it is about: a channel, or a partner by its name."""
    words = speech(f"told_{figure.name.replace('.', '_')}")
    return f"{words}, {speech(f'told_{of}') if figure.of == CHANNEL else of}" if of else words


async def _partners(visit: Visit, plan: PlanInfo) -> list[Partner]:
    review = await whole(visit, plan.row.id, "partners", PartnerReview)
    return [state.partner for state in review.partners] if review else []


def _about(partners: Sequence[Partner]) -> Mapping[str, tuple[str, ...]]:
    """Return whom figures can be about, by what kind they are."""
    return {
        CARRIER: tuple(sorted(one.id for one in partners if one.kind is PartnerKind.CARRIER)),
        GATEWAY: tuple(sorted(one.id for one in partners if one.kind is PartnerKind.GATEWAY)),
        CHANNEL: CHANNELS,
        "": ("",),
    }


def _fields(
    figures: list[ToldFigure],
    about: Mapping[str, tuple[str, ...]],
    names: Mapping[str, str],
    known: Mapping[tuple[str, str], ToldRow],
    speech: Speech,
) -> Iterator[Field]:
    for figure in figures:
        for of in about[figure.of]:
            row = known.get((figure.name, of))
            value = "" if row is None or row.value is None else _typed(figure, row.value, speech)
            label = label_of(figure, names.get(of, of), speech)
            yield Field(name=field_name(figure.name, of), label=label, value=value, row=row)


def _typed(figure: ToldFigure, value: float, speech: Speech) -> str:
    return f"{speech.units(value):.{exponent(speech.currency)}f}" if figure.is_money else f"{value:g}"
