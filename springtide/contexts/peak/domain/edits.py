"""What may be added to a scenario set and to the evidence, and which plans can be ordered."""

from collections.abc import Iterator
from datetime import date

import msgspec

from springtide.contexts.peak.domain.handed_in import media_type_of
from springtide.contexts.peak.domain.readiness.items import ITEMS
from springtide.contexts.peak.domain.season import LONGEST_SEASON_DAYS
from springtide.contracts.peak.api import (
    MOST_FILE_BYTES,
    MOST_INPUT_BYTES,
    NewEvidence,
    NewOverride,
    PlanSettings,
)
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Scope
from springtide.contracts.peak.source import KEPT_FILES, SOURCE_DOCUMENT, HistoryAsk, decode_draft
from springtide.contracts.peak.what_if import Scenario

LARGEST_MULTIPLIER = 1_000.0
LONGEST_REASON, LONGEST_NAME, LONGEST_NOTE = 500, 200, 2_000
MOST_PATHS, MOST_ROSTER_WEEKS = 10_000, 52
SIZES = (0.01, 1_000.0)
SEASON_YEARS = (1990, 2200)  # the demo sells in 2011; a rule about days needs some of them on both sides
MOST_EDITS = 50


def mistakes_of_override(override: NewOverride, today: date) -> Iterator[Mistake]:
    """Yield what is wrong with an override."""
    yield from mistakes_of_reason(override.multiplier, override.reason)
    if override.expires_on < today:
        yield _wrong("override", "expires_on", f"{override.expires_on} has passed")
    if override.first and override.last and override.last < override.first:
        yield _wrong("override", "days", f"it ends on {override.last}, before {override.first}")
    if (override.scope is Scope.ALL) == bool(override.key):
        yield _wrong("override", "key", "name the category or SKU, and nothing for the whole shop")
    if len(override.key) > LONGEST_NAME:
        yield _wrong("override", "key", f"a name has at most {LONGEST_NAME} characters")


def mistakes_of_scenario(scenario: Scenario) -> Iterator[Mistake]:
    """Yield what is wrong with a scenario by itself; partners and products are looked up with the plan."""
    for name, value in msgspec.structs.asdict(scenario.levers).items():
        if not 0 < value <= LARGEST_MULTIPLIER:
            yield _wrong("scenario", "lever", f"{name} lies above 0 and up to {LARGEST_MULTIPLIER:g}, not {value:g}")
    for partner, factor in scenario.capacities.items():
        if not 0 <= factor <= LARGEST_MULTIPLIER:
            message = f"the capacity of {partner} is 0 to {LARGEST_MULTIPLIER:g} times what it was, not {factor:g}"
            yield _wrong("scenario", "capacity", message)
    for name in ("booked_at", "buffer_at"):
        share = getattr(scenario, name)
        if share is not None and not 0 < share < 1:
            yield _wrong("scenario", name, f"{name} is a share between 0 and 1, not {share:g}")
    if max(len(scenario.overrides), len(scenario.capacities)) > MOST_EDITS:
        yield _wrong("scenario", "too_many", f"a scenario has at most {MOST_EDITS} overrides and capacities")
    for override in scenario.overrides:
        yield from mistakes_of_reason(override.multiplier, override.reason)


def mistakes_of_ask(ask: HistoryAsk) -> Iterator[Mistake]:
    """Yield what is wrong with a past before anybody has read it."""
    if len(ask.document) > MOST_INPUT_BYTES:
        yield _wrong(SOURCE_DOCUMENT, "too_large", f"a document has at most {MOST_INPUT_BYTES:,} bytes")
        return
    try:
        source = decode_draft(ask.document.encode())
    except InvalidPeakInput as refused:
        yield from refused.mistakes
        return
    if not (source.file or ask.from_shop or KEPT_FILES[0] in ask.files):
        yield _wrong("file", "missing", "choose a file, or take the shop's own orders")
    for field, file in ask.files.items():
        if field not in KEPT_FILES:
            yield _wrong(field, "unknown_field", f"there is no file {field}; there are {', '.join(KEPT_FILES)}")
        if len(file.name) > LONGEST_NAME:
            yield _wrong(field, "name", f"a name has at most {LONGEST_NAME} characters")


def mistakes_of_reason(multiplier: float, reason: str) -> Iterator[Mistake]:
    """Yield what is wrong with how much somebody knows better, and why."""
    if not 0 < multiplier <= LARGEST_MULTIPLIER:
        message = f"a multiplier lies above 0 and up to {LARGEST_MULTIPLIER:g}, not {multiplier:g}"
        yield _wrong("override", "multiplier", message)
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        message = f"say why, in at most {LONGEST_REASON} characters"
        yield _wrong("override", "reason", message)


def mistakes_of_evidence(evidence: NewEvidence, today: date, *, by_hand: bool) -> Iterator[Mistake]:
    """Yield what is wrong with a piece of evidence."""
    for field in ("item", "owner"):
        if not 1 <= len(getattr(evidence, field).strip()) <= LONGEST_NAME:
            yield _wrong("evidence", field, f"{field} has 1 to {LONGEST_NAME} characters")
    if evidence.item not in {item.id for item in ITEMS}:
        yield _wrong("evidence", "unknown_item", f"the readiness page has no item {evidence.item}")
    file = evidence.file
    if file is not None and not 1 <= len(file.body) <= MOST_FILE_BYTES:
        message = f"a document has 1 byte to {MOST_FILE_BYTES // 1024} KB; file the link to a larger one"
        yield _wrong("evidence", "file_size", message)
    elif file is not None and not media_type_of(file.body):
        yield _wrong("evidence", "file_kind", "a document is a PDF, a PNG, a JPEG or a text")
    if file is not None and not 1 <= len(file.name) <= LONGEST_NAME:
        yield _wrong("evidence", "file_name", f"the name of a document has 1 to {LONGEST_NAME} characters")
    if by_hand and not evidence.document.strip() and file is None:
        yield _wrong("evidence", "document", "name the document that shows it: an opinion is no evidence")
    if max(len(evidence.document), len(evidence.note)) > LONGEST_NOTE:
        yield _wrong("evidence", "note", f"document and note have at most {LONGEST_NOTE} characters")
    if evidence.expires_on is not None and evidence.expires_on <= today:
        yield _wrong("evidence", "expires_on", f"it expired on {evidence.expires_on} already")


def mistakes_of_settings(settings: PlanSettings) -> Iterator[Mistake]:
    """Yield what is wrong with the settings of a plan."""
    first, last = SEASON_YEARS
    if not first <= settings.first.year <= last:
        yield _wrong("settings", "first", f"a season begins in the years {first} to {last}, not {settings.first.year}")
    if not 1 <= settings.days <= LONGEST_SEASON_DAYS:
        yield _wrong("settings", "days", f"a season has 1 to {LONGEST_SEASON_DAYS} days, not {settings.days}")
    if not 1 <= settings.paths <= MOST_PATHS:
        yield _wrong("settings", "paths", f"there are 1 to {MOST_PATHS} paths, not {settings.paths}")
    if not SIZES[0] <= settings.size <= SIZES[1]:
        yield _wrong("settings", "size", f"a size lies from {SIZES[0]:g} to {SIZES[1]:g}, not {settings.size:g}")
    if not 0 <= settings.roster_weeks <= MOST_ROSTER_WEEKS:
        yield _wrong("settings", "roster_weeks", f"0 to {MOST_ROSTER_WEEKS} weeks, not {settings.roster_weeks}")
    if settings.seed < 0:
        yield _wrong("settings", "seed", "a seed is not negative")
    if settings.scenario is not None:
        yield from mistakes_of_scenario(settings.scenario)
    if settings.as_of is not None and settings.as_of >= settings.first:
        yield _wrong("settings", "as_of", f"the season begins on {settings.first}: the plan's today lies before it")


def _wrong(where: str, rule: str, message: str) -> Mistake:
    return Mistake(where=where, rule=rule, message=message)
