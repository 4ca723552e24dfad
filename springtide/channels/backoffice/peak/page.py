"""What every page of the desk has: its reader's language, and the chart library."""

import asyncio
from typing import Any

from springtide.channels.backoffice.peak.plotly import script
from springtide.channels.backoffice.peak.speech import Speech, choices
from springtide.channels.backoffice.visit import Reply, Trouble, Visit
from springtide.contracts.peak.api import PlanState, Question

_LOOK_EVERY_S = 0.25


def speech_of(visit: Visit, currency: str = "GBP") -> Speech:
    """Return how the reader is spoken to: `lang` of the address, English without it."""
    return Speech(visit.query.get("lang", "en"), currency)


def desk_page(
    visit: Visit,
    template: str,
    speech: Speech,
    *,
    trouble: Trouble | None = None,
    **context: Any,  # noqa: ANN401 - template values
) -> Reply:
    """Answer with a page of the desk; with `trouble` it shows the form that was refused."""
    file = script()
    return visit.page(
        template,
        status=trouble.status() if trouble else 200,
        trouble=trouble,
        **{
            "t": speech,
            "language": speech.language,
            "languages": choices(),
            "plotly": f"/peak/script/{file.path.rpartition('/')[2]}" if file else "",
            "lang": speech.language if speech.language != "en" else "",
            **context,
        },
    )


def kept(visit: Visit) -> dict[str, str]:
    """Return what an address after a form keeps: the reader's language."""
    language = visit.query.get("lang", "")
    return {"lang": language} if language in choices() else {}


async def wait_for_answer(visit: Visit, question: Question, *, most_s: float) -> None:
    """Give an answer a moment: most come within it, and then stand on the page that follows."""
    until = asyncio.get_running_loop().time() + most_s
    state = question.state
    while state in {PlanState.QUEUED, PlanState.RUNNING} and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(_LOOK_EVERY_S)
        state = (await visit.office.peak.get_question(caller=visit.caller, question_id=question.id)).state
