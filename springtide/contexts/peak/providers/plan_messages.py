"""What the process that makes a plan is told, and what it tells: JSON, one message a line."""

import msgspec

from springtide.contracts.peak.api import PlanSettings
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.paths import Override
from springtide.contracts.peak.readiness import Evidence

LONGEST_LINE = 1024 * 1024


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a plan is made of. `documents`: texts by name. `folder`: where kept histories lie."""

    settings: PlanSettings
    documents: dict[str, str]
    overrides: tuple[Override, ...]
    evidence: tuple[Evidence, ...]
    folder: str


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """A stage is under way; `share` of the whole plan, 0 to 1."""

    stage: str
    share: float


class StageEnded(msgspec.Struct, frozen=True, tag="stage"):
    """A stage has ended."""

    name: str
    seconds: float


class PartMade(msgspec.Struct, frozen=True, tag="part"):
    """A page of a result: JSON of at most 256 KB."""

    step: str
    page: int
    body: bytes


class FilePage(msgspec.Struct, frozen=True, tag="file"):
    """A page of a file of the frozen plan, at most 256 KB; pages of a file are joined."""

    name: str
    page: int
    body: bytes


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The plan is done; `figures`: its headline numbers; `snapshot_sha256`: what it is frozen as."""

    figures: dict[str, float]
    snapshot_sha256: str = ""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The plan cannot be made."""

    mistakes: tuple[Mistake, ...]


Message = Progress | StageEnded | PartMade | FilePage | Ended | Failed
