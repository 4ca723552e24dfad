"""Plans: ordered, made by a process of their own, read in parts, compared."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest

from springtide.bootstrap import Node
from springtide.contexts.peak.jobs import history_folder
from springtide.contexts.peak.providers import numerics
from springtide.contexts.peak.providers.plan_messages import Ended, Failed, Message, PartMade, Progress, StageEnded
from springtide.contexts.peak.providers.snapshot import read_snapshot
from springtide.contexts.peak.service.plan_files import unpacked
from springtide.contexts.peak.service.run_plan import RunPlan
from springtide.contracts.peak.api import (
    InputEdit,
    NewOverride,
    PeakApi,
    PeakExtraMissing,
    PeakNotFound,
    PlanInfo,
    PlanSettings,
    PlanState,
)
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.history import QualityReport
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.peak.conftest import PLANNER, READER, Past

SEASON = PlanSettings(first=date(2026, 11, 16), days=14, as_of=date(2026, 9, 1), paths=20, roster_weeks=0)
SetClock = Callable[[Node, float], Awaitable[None]]
_WITHIN_S = 240.0


async def ended(node: Node, plan_id: UUID) -> PlanInfo:
    """Wait for the end of a plan."""
    peak = node.ask(PeakApi)
    async with asyncio.timeout(_WITHIN_S):
        while True:
            plan = await peak.get_plan(caller=READER, plan_id=plan_id)
            if plan.row.state in {PlanState.DONE, PlanState.FAILED}:
                return plan
            await asyncio.sleep(0.1)  # the job has no event to wait for


async def events_of(node: Node) -> list[str]:
    async with node.databases["peak"].read() as read:
        cursor = await read._connection.execute("select type from outbox order by id")
        return [type_ for (type_,) in await cursor.fetchall()]


@pytest.mark.timeout(300)  # the numerics are loaded anew, by a process that gives way to everything else
async def test_a_plan_is_made_in_the_background_and_read_in_parts(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak", background=True)
    await past(node)
    peak = node.ask(PeakApi)
    row = await peak.start_plan(caller=PLANNER, key=new_key(), title="Autumn", settings=SEASON)
    assert (row.number, row.state, row.author) == (1, PlanState.QUEUED, "staff:ada")
    plan = await ended(node, row.id)
    assert (plan.row.state, plan.row.share, plan.mistakes) == (PlanState.DONE, 1, ())
    assert plan.stages[-1].name == "snapshot"
    assert [stage.name for stage in plan.stages][:3] == ["history", "forecast", "paths"]
    assert {"head", "paths", "quality", "servers", "readiness", "briefs"} <= {part.step for part in plan.parts}
    part = await peak.get_part(caller=READER, plan_id=row.id, step="quality")
    report = msgspec.json.decode(part.body, type=QualityReport)
    assert (part.pages, report.lines_read, report.orders) == (1, 112 * 4 * 2 + 1, 112 * 4 * 2 + 1)
    assert 0 < plan.figures["orders.p50"] <= plan.figures["orders.p90"] <= plan.figures["orders.p99"]
    with pytest.raises(PeakNotFound):
        await peak.get_part(caller=READER, plan_id=row.id, step="quality", page=1)
    (listed,) = await peak.list_plans(caller=READER)
    assert listed == plan.row
    assert listed.state is plan.row.state is PlanState.DONE  # not a text that is equal to it
    assert await events_of(node) == ["peak.plan_made"]
    await its_files_are_frozen(node, plan)


async def its_files_are_frozen(node: Node, plan: PlanInfo) -> None:
    """The plan is kept as the files of `springtide peak plan`, under the hash it names, and nobody changes them."""
    database, data = node.databases["peak"], Path(node.settings.data_dir)
    folder = await unpacked(database, data / "plans", plan.row.id)
    frozen = read_snapshot(folder)
    assert (frozen.sha256, frozen.plan.paths.orders.p50) == (plan.snapshot_sha256, plan.figures["orders.p50"])
    assert await unpacked(database, data / "plans", plan.row.id) == folder
    for statement, params in (
        ("insert_plan_file", {"id": plan.row.id, "name": "plan.json", "page": 0, "body": b"{}"}),
        ("insert_part", {"id": plan.row.id, "step": "paths", "page": 0, "body": b"{}"}),
        ("drop_parts", {"id": plan.row.id}),
        ("drop_plan_files", {"id": plan.row.id}),
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="is frozen"):
            async with database.tx(PLANNER) as tx:
                await tx.run(statement, params)
    with pytest.raises(PeakNotFound):
        await node.ask(PeakApi).get_plan_file(caller=READER, plan_id=plan.row.id, name="secrets.json")


async def test_a_plan_that_cannot_be_made_says_why(
    node_with: NodeWith, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = Failed((Mistake(where="keep", rule="unknown_key", message="there is no exclusion x"),))
    _tells(monkeypatch, Progress("history", 0.0), refusal)
    node = await node_with("peak", background=True)
    await past(node)
    row = await node.ask(PeakApi).start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    plan = await ended(node, row.id)
    assert (plan.row.state, plan.mistakes) == (PlanState.FAILED, refusal.mistakes)
    assert await events_of(node) == ["peak.plan_failed"]


async def test_parts_are_read_while_a_plan_is_being_made(
    node_with: NodeWith, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = PartMade("paths", 0, b"[1,2]")
    _tells(monkeypatch, Progress("paths", 0.4), StageEnded("paths", 1.5), part, Ended({"orders.p50": 7.0}))
    node = await node_with("peak", background=True)
    await past(node)
    peak = node.ask(PeakApi)
    row = await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    plan = await ended(node, row.id)
    assert [(stage.name, stage.seconds) for stage in plan.stages] == [("paths", 1.5)]
    assert [(one.step, one.pages, one.size_bytes) for one in plan.parts] == [("paths", 1, 5)]
    assert (await peak.get_part(caller=READER, plan_id=row.id, step="paths")).body == b"[1,2]"
    assert plan.figures == {"orders.p50": 7.0}


def _tells(monkeypatch: pytest.MonkeyPatch, *messages: Message) -> None:
    """Put a program in the place of the numerics that tells this."""
    lines = b"".join(msgspec.json.encode(message) + b"\n" for message in messages).decode()
    program = f"import sys; sys.stdin.readline(); sys.stdout.write({lines!r})"
    monkeypatch.setattr("springtide.contexts.peak.providers.plan_run.PROGRAM", ("-c", program))


async def test_a_plan_keeps_what_it_was_ordered_with(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak")
    text = await past(node)
    peak = node.ask(PeakApi)
    first = await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    same = await peak.start_plan(caller=PLANNER, key=new_key(), title="again", settings=SEASON)
    edit = InputEdit(name="history.toml", text=text + 'keep = ["bulk"]\n', expected_version=1)
    await peak.put_inputs(caller=PLANNER, key=new_key(), edits=(edit,))
    override = NewOverride(multiplier=1.3, reason="a star wears it", expires_on=date(2100, 1, 1))
    added = await peak.add_override(caller=PLANNER, key=new_key(), override=override)
    other = msgspec.structs.replace(SEASON, size=10.0)
    second = await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=other)
    plans = [await peak.get_plan(caller=READER, plan_id=row.id) for row in (first, same, second)]
    assert [plan.row.number for plan in plans] == [1, 2, 3]
    versions = [{frozen.name: frozen.version for frozen in plan.inputs} for plan in plans]
    assert [of_plan["history.toml"] for of_plan in versions] == [1, 1, 2]
    assert [of_plan["people.toml"] for of_plan in versions] == [1, 1, 1]
    assert plans[0].inputs_sha256 == plans[1].inputs_sha256 != plans[2].inputs_sha256
    why = await peak.compare_plans(caller=READER, before_id=first.id, after_id=second.id)
    assert [(one.name, one.before, one.after) for one in why.settings] == [("size", "1.0", "10.0")]
    assert [(one.name, one.before, one.after, one.lines) for one in why.documents] == [
        ("history.toml", 1, 2, ('+keep = ["bulk"]',))
    ]
    assert (why.overrides_added, why.overrides_gone) == ((added,), ())
    nothing = await peak.compare_plans(caller=READER, before_id=first.id, after_id=same.id)
    assert (nothing.settings, nothing.documents, nothing.overrides_added, nothing.figures) == ((), (), (), ())


async def test_a_plan_is_ordered_once_under_its_key(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak")
    await past(node)
    peak, key = node.ask(PeakApi), new_key()
    first = await peak.start_plan(caller=PLANNER, key=key, title="", settings=SEASON)
    assert await peak.start_plan(caller=PLANNER, key=key, title="", settings=SEASON) == first
    assert await peak.list_plans(caller=READER) == (first,)


async def test_what_no_plan_can_be_made_from_is_refused_and_nothing_is_ordered(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    settings = PlanSettings(first=date(2026, 11, 1), days=0, paths=0, size=0.0, seed=-1, as_of=date(2026, 11, 1))
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.start_plan(caller=PLANNER, key=new_key(), title="x" * 201, settings=settings)
    assert {mistake.rule for mistake in refused.value.mistakes} == {
        "days",
        "paths",
        "size",
        "seed",
        "as_of",
        "too_long",
        "document_missing",
    }
    assert await peak.list_plans(caller=READER) == ()


async def test_without_its_numerics_the_desk_orders_no_plan_but_shows_everything(
    node_with: NodeWith, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await node_with("peak")
    await past(node)
    peak, key = node.ask(PeakApi), new_key()
    monkeypatch.setattr(numerics, "NEEDED", ("numpy", "no_such_library"))
    with pytest.raises(PeakExtraMissing) as refused:
        await peak.start_plan(caller=PLANNER, key=key, title="", settings=SEASON)
    assert refused.value.facts["missing"] == ["no_such_library"]
    monkeypatch.undo()
    assert (await peak.start_plan(caller=PLANNER, key=key, title="", settings=SEASON)).number == 1


async def test_a_plan_that_is_not_there_is_refused(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    with pytest.raises(PeakNotFound):
        await peak.get_plan(caller=READER, plan_id=uuid7())
    with pytest.raises(PeakNotFound):
        await peak.compare_plans(caller=READER, before_id=uuid7(), after_id=uuid7())


async def test_a_plan_whose_process_dies_has_failed_with_its_last_words(
    node_with: NodeWith, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "springtide.contexts.peak.providers.plan_run.PROGRAM", ("-c", "raise SystemExit('out of luck')")
    )
    node = await node_with("peak", background=True)
    await past(node)
    row = await node.ask(PeakApi).start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    plan = await ended(node, row.id)
    assert [(mistake.rule, "out of luck" in mistake.message) for mistake in plan.mistakes] == [("crashed", True)]


async def test_a_plan_whose_maker_fell_silent_is_made_again_and_one_that_kills_its_makers_has_failed(
    node_with: NodeWith, past: Past, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await node_with("peak")
    await past(node)
    row = await node.ask(PeakApi).start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    maker = RunPlan(node.databases["peak"], history_folder(Path(node.settings.data_dir)))

    async def dies(request: object) -> AsyncGenerator[Message, None]:
        yield Progress("history", 0.1)
        raise MemoryError

    monkeypatch.setattr("springtide.contexts.peak.service.run_plan.run_plan_process", dies)
    for attempt in range(1, 4):
        with pytest.raises(MemoryError):
            await maker.next()
        assert (await node.ask(PeakApi).get_plan(caller=READER, plan_id=row.id)).row.stage == "history"
        assert await maker.next() == 0, "somebody makes it"
        await set_clock(node, 31.0 * attempt)
    assert await maker.next() == 1
    plan = await node.ask(PeakApi).get_plan(caller=READER, plan_id=row.id)
    assert (plan.row.state, [mistake.rule for mistake in plan.mistakes]) == (PlanState.FAILED, ["killed"])
    assert await maker.next() == 0
