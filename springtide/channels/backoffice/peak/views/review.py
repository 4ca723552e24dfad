"""After the peak: plan against fact, and what the next plan should believe."""

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.review import Review


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return how far off each step was, the dearest first, how often the ranks held, and whose override helped."""
    found = await whole(visit, plan.row.id, "review", Review)
    if found is None:
        return {"review": None, "figure": None}
    steps = sorted(found.steps, key=lambda step: (-step.cost_minor, -abs(step.error), step.step, step.figure))
    return {
        "review": found,
        "steps": steps,
        "helped": sum(override.helped for override in found.overrides),
        "figure": figures.bars(
            [f"{step.step}: {step.figure}" for step in steps],
            [round(100 * step.error, 1) for step in steps],
            title=speech("review_title"),
            unit="%",
            marked=[not step.within for step in steps],
        )
        if steps
        else None,
    }
