"""What the pages of a running season say about it, in the reader's language."""

from collections.abc import Mapping

from springtide.channels.backoffice.peak.speech import Speech
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.phrases import Value, sentences
from springtide.contracts.peak.season import Season, SeasonState

_MONEY = {"budget", "staff"}
_USUAL_H = 1  # an hour is told some minutes after it is over
_RELOAD_S, _WAITING_S = 300, 5


def said(speech: Speech, key: str, values: Mapping[str, Value] | None = None) -> str:
    """Return a sentence of `phrases/season.toml`."""
    return speech.phrase(Phrase(key=f"season.{key}", values=dict(values or {})))


def standing(season: Season, speech: Speech, looked: str) -> dict[str, object]:
    """Return the lines above everything else: loud ones first, then the state and what is known."""
    loud = []
    if season.state is SeasonState.RUNNING and season.silent_h >= 1 + _USUAL_H:
        loud.append(said(speech, "silent", {"hours": season.silent_h}))
    if season.mistakes:
        loud.append(
            " ".join([said(speech, "failed"), *(speech.refusal(mistake.message) for mistake in season.mistakes)])
        )
    if season.replayed and season.until:
        loud.append(said(speech, "replayed", {"until": speech.moment(season.until)}))
    lines = [said(speech, f"state.{season.state}")]
    if season.looked_at and season.until:
        lines.append(said(speech, "known", {"until": speech.moment(season.until), "at": looked}))
    elif season.state is not SeasonState.NO_PLAN:
        lines.append(said(speech, "known_nothing"))
    if season.waiting:
        lines.append(said(speech, "waiting"))
    return {"loud": loud, "lines": lines, "reload_s": _reload_s(season)}


def _reload_s(season: Season) -> int:
    """Return after how many seconds the page loads itself again; 0 for never."""
    if season.waiting:
        return _WAITING_S
    return _RELOAD_S if season.state is SeasonState.RUNNING else 0


def figure_name(step: str, figure: str, speech: Speech) -> str:
    """Return the words for a figure of a step; names of carriers, gateways and budget lines stay as they are."""
    known = sentences()
    words = [
        said(speech, f"figure.{part}") if f"season.figure.{part}" in known else part
        for part in figure.rpartition(".")[::2]
        if part
    ]
    of = said(speech, f"step.{step}") if f"season.step.{step}" in known else step
    return f"{of}: {' '.join(words)}"


def figure_kind(step: str, figure: str) -> str:
    """Return how a figure is written: money for minor units."""
    return "money" if step in _MONEY or figure.endswith("_minor") else "number"
