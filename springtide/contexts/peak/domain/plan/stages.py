"""How a stage is run: it is told when it begins and what came out; whoever listens may look at a clock."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.plan import StageDone

_T = TypeVar("_T")


class Progress(Protocol):
    """Who listens while a plan is made."""

    def begins(self, stage: str) -> None:
        """Hear that a stage begins."""
        ...

    def ends(self, done: StageDone) -> None:
        """Hear that it ended, and with what."""
        ...


class Silent:
    """Listens to nothing."""

    def begins(self, stage: str) -> None:
        """Do nothing."""

    def ends(self, done: StageDone) -> None:
        """Do nothing."""


class Stages:
    """Runs stages one after the other and keeps what they said."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.done: list[StageDone] = []

    def run(self, stage: str, work: Callable[[], _T], words: Callable[[_T], Phrase]) -> _T:
        """Do the work between telling that it begins and what came out."""
        self._progress.begins(stage)
        result = work()
        done = StageDone(stage=stage, what=words(result))
        self.done.append(done)
        self._progress.ends(done)
        return result
