"""After the peak: plan against fact, and what the next plan should believe."""

from uuid import UUID

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.peak.views.season_words import figure_kind, figure_name, said
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, InputDocument, InputEdit, PeakNotFound, PlanInfo
from springtide.contracts.peak.phrases import sentences
from springtide.contracts.peak.priors import priors_edit
from springtide.contracts.peak.review import FactLine, Review
from springtide.contracts.peak.source import CALIBRATION_DOCUMENT, decode_calibration


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return how far off each step was, the dearest first, how often the ranks held, and whose override helped."""
    season = await visit.office.peak.get_season(caller=visit.caller, plan_id=plan.row.id)
    found = season.review
    if found is None:
        return {"review": None, "figure": None}
    newest = await _newest(visit)
    steps = sorted(found.steps, key=lambda step: (-step.cost_minor, -abs(step.error), step.step, step.figure))
    names = [figure_name(step.step, step.figure, speech) for step in steps]
    return {
        "review": found,
        "s": lambda key, **values: said(speech, key, values),
        "steps": [(name, figure_kind(step.step, step.figure), step) for name, step in zip(names, steps, strict=True)],
        "lines": [(_name(line, speech), line) for line in found.lines],
        "compared": [(name, kind, before, _less(found, name)) for name, kind, before in _sold(found)],
        "rule": lambda rule: speech.named("history", rule),
        "now_sd": decode_calibration(newest.text.encode()).common_sd if newest else None,
        "next_sd": found.calibration.common_sd if found.calibration else None,
        "is_taken": bool(newest) and f"the season {found.first} to {found.last}" in newest.text if newest else False,
        "may_take": visit.can(WRITE) and found.is_whole and found.calibration is not None,
        "helped": sum(override.helped for override in found.overrides),
        "figure": figures.bars(
            names,
            [round(100 * step.error, 1) for step in steps],
            title=speech("review_title"),
            unit="%",
            marked=[not step.within for step in steps],
        )
        if steps
        else None,
    }


async def priors_of(visit: Visit, plan_id: UUID) -> InputEdit:
    """Return the calibration with what the season of a plan taught; InvalidPeakInput, `PeakNotFound`."""
    season = await visit.office.peak.get_season(caller=visit.caller, plan_id=plan_id)
    if season.review is None:
        message = "No day of this season has been looked back on."
        raise PeakNotFound(message, what="review")
    return priors_edit(await _newest(visit), season.review)


async def _newest(visit: Visit) -> InputDocument | None:
    try:
        return await visit.office.peak.get_input(caller=visit.caller, name=CALIBRATION_DOCUMENT)
    except PeakNotFound:
        return None


def _name(line: FactLine, speech: Speech) -> str:
    """Return the words for a line: its step, the figure, and what it is about."""
    key = f"told_{line.figure}" if line.step == "budget" else f"line_of_{line.figure.replace('.', '_')}"
    if f"desk.{key}" not in sentences():
        return figure_name(line.step, line.figure, speech)
    words = f"{speech(f'step_{line.step}')}: {speech(key)}"
    if not line.of:
        return words
    known = {"budget": f"line_{line.of}", "support": f"told_{line.of}"}.get(line.step, "")
    return f"{words}, {speech(known) if f'desk.{known}' in sentences() else line.of}"


def _sold(found: Review) -> list[tuple[str, str, float]]:
    """Return what was sold before the rules, by figure."""
    raw = found.raw
    if raw is None:
        return []
    return [
        ("orders", "number", raw.orders),
        ("units", "number", raw.units),
        ("revenue_minor", "money", raw.revenue_minor),
    ]


def _less(found: Review, figure: str) -> float | None:
    """Return what is compared of a figure of demand."""
    return next((step.actual for step in found.steps if (step.step, step.figure) == ("demand", figure)), None)
