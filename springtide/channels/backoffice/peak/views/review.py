"""After the peak: plan against fact, and what the next plan should believe."""

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.peak.views.season_words import figure_kind, figure_name, said
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return how far off each step was, the dearest first, how often the ranks held, and whose override helped."""
    season = await visit.office.peak.get_season(caller=visit.caller, plan_id=plan.row.id)
    found = season.review
    if found is None:
        return {"review": None, "figure": None}
    steps = sorted(found.steps, key=lambda step: (-step.cost_minor, -abs(step.error), step.step, step.figure))
    names = [figure_name(step.step, step.figure, speech) for step in steps]
    return {
        "review": found,
        "s": lambda key, **values: said(speech, key, values),
        "steps": [(name, figure_kind(step.step, step.figure), step) for name, step in zip(names, steps, strict=True)],
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
