"""Refusals in the language of who reads the desk: of a form, and of a page that cannot be shown."""

from collections.abc import Mapping

import msgspec

from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.visit import Trouble
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.phrases import sentences
from springtide.contracts.peak.phrases.reading_back import REFUSALS
from springtide.platform.errors import SpringtideError


def rephrased(trouble: Trouble, speech: Speech) -> Trouble:
    """Return what was wrong with a form in the reader's words."""
    fields = {name: speech.refusal(why) for name, why in trouble.fields.items()}
    each = _mistakes(trouble.error, speech)
    if len(each) > 1:
        return trouble.in_words(speech("several_wrong", count=len(each)), fields, each)
    return trouble.in_words(_message(trouble.error, trouble.message, speech), fields)


def detail_of(error: SpringtideError, speech: Speech) -> str:
    """Return what happened in the reader's words; what its code says where nobody translated its own sentence."""
    return _message(error, error.detail, speech)


def title_of(error: SpringtideError, speech: Speech) -> str:
    """Return what a page of an error is called."""
    return _by_code(error, speech) or error.title


def _message(error: SpringtideError, message: str, speech: Speech) -> str:
    mistakes = _mistakes(error, speech)
    if mistakes:
        return "; ".join(mistakes)
    said = speech.refusal(message)
    return said if said != message else _by_code(error, speech) or message


def _mistakes(error: SpringtideError, speech: Speech) -> list[str]:
    """Return what is wrong, each with its place and row; nothing for a refusal without a list of them."""
    return [speech.mistake(one) for one in msgspec.convert(error.facts.get("mistakes") or [], type=list[Mistake])]


def _by_code(error: SpringtideError, speech: Speech) -> str:
    """Return the words for a refusal's code; "" in English, which says it better itself, and for an unknown one."""
    key = f"{REFUSALS}.code_{error.code}"
    return speech.phrase(Phrase(key=key)) if speech.language != "en" and key in sentences() else ""


def frame_words(speech: Speech) -> Mapping[str, str]:
    """Return the words of the back office's frame around a page of the desk."""
    start = "desk.office_"
    return {key.removeprefix(start): speech.phrase(Phrase(key=key)) for key in sentences() if key.startswith(start)}
