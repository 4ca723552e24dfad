"""A plan is ordered: its inputs are frozen now, whatever is edited while it waits."""

import hashlib
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from springtide.contexts.peak.domain.documents import missing
from springtide.contexts.peak.domain.edits import mistakes_of_settings
from springtide.contexts.peak.service.ask import signed
from springtide.contexts.peak.store import (
    MOST_RUNS,
    PlanRecord,
    insert_plan,
    lock_desk,
    newest_evidence,
    newest_inputs,
    overrides_since,
    runs_of,
)
from springtide.contracts.peak.api import FrozenInput, PlanRow, PlanSettings
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.facts import FACTS_DOCUMENT
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7

LONGEST_TITLE = 200
_DAY = timedelta(days=1)


async def order_plan(tx: Tx, *, title: str, settings: PlanSettings) -> PlanRow:
    """Freeze documents, overrides and evidence, and put the plan into the queue."""
    mistakes = list(mistakes_of_settings(settings))
    if len(title) > LONGEST_TITLE:
        message = f"a title has at most {LONGEST_TITLE} characters"
        mistakes.append(Mistake(where="title", rule="too_long", message=message))
    await lock_desk(tx)
    inputs = {name: row for name, row in (await newest_inputs(tx)).items() if name != FACTS_DOCUMENT}
    mistakes += missing(inputs)
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    settings = settings if settings.as_of else replace(settings, as_of=min(tx.now.date(), settings.first - _DAY))
    if settings.scenario:
        settings = replace(settings, scenario=signed(settings.scenario, tx.caller.principal))
    plan_id = uuid7()
    evidence = await newest_evidence(tx)
    frozen = [FrozenInput(name=row.name, version=row.version, sha256=row.sha256) for row in inputs.values()]
    made_of = {
        "settings": msgspec.to_builtins(settings),
        "inputs": msgspec.to_builtins(frozen),
        "overrides": msgspec.to_builtins(await overrides_since(tx, settings.as_of)),
        "evidence": msgspec.to_builtins(evidence),
        "runs": msgspec.to_builtins(await runs_of(tx, most=MOST_RUNS)),
    }
    number = await tx.value("next_plan_number")
    values = {"id": plan_id, "number": number, "title": title, "author": tx.caller.principal, "at": tx.now}
    await insert_plan(tx, {**values, **made_of, "inputs_sha256": _hash(made_of)})
    tx.audit("plan_ordered", plan_id, number=number)
    return await _row(tx, plan_id)


def _hash(made_of: dict[str, object]) -> str:
    """Return the SHA-256 of everything a plan is made of, in hex; versions that say the same are the same."""
    inputs = msgspec.convert(made_of["inputs"], list[FrozenInput])
    content = {**made_of, "inputs": {one.name: one.sha256 for one in inputs}}
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


async def _row(tx: Tx, plan_id: UUID) -> PlanRow:
    return (await tx.one("find_plan", {"id": plan_id}, row=PlanRecord)).row()
