"""What every page of the desk has: its reader's language, and the chart library."""

import asyncio
from collections.abc import Mapping
from typing import Any

from springtide.channels.backoffice.peak.plotly import script
from springtide.channels.backoffice.peak.refusals import detail_of, frame_words, rephrased, title_of
from springtide.channels.backoffice.peak.speech import Speech, choices
from springtide.channels.backoffice.visit import Reply, Trouble, Visit
from springtide.contracts.peak.api import PlanState, Question
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.phrases import sentences
from springtide.contracts.peak.phrases.reading_back import REFUSALS
from springtide.platform.errors import SpringtideError

HOME = "/peak"
_LOOK_EVERY_S = 0.1


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
        trouble=rephrased(trouble, speech) if trouble else None,
        **{
            "office": visit.frame(visit.request.url.path, frame_words(speech)),
            "stamp": speech.stamp,
            "who": speech.who,
            "t": speech,
            "language": speech.language,
            "languages": choices(),
            "plotly": f"/peak/script/{file.path.rpartition('/')[2]}" if file else "",
            "lang": speech.language if speech.language != "en" else "",
            **context,
        },
    )


def in_the_desks_words(visit: Visit, error: SpringtideError) -> Mapping[str, Any]:
    """Return what a page of an error shows in its reader's language; nothing for pages outside of the desk."""
    speech = speech_of(visit)
    path = visit.request.url.path
    if path != HOME and not path.startswith(f"{HOME}/"):
        return {}
    what_to_do = f"{REFUSALS}.do_{error.status}"
    return {
        "office": visit.frame(path, frame_words(speech)),
        "language": speech.language,
        "title": title_of(error, speech),
        "detail": detail_of(error, speech),
        "todo": speech.phrase(Phrase(key=what_to_do if what_to_do in sentences() else f"{REFUSALS}.do_other")),
        "request_word": speech.phrase(Phrase(key=f"{REFUSALS}.request")),
    }


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
