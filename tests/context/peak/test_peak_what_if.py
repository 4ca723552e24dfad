"""What-ifs: asked of a finished plan, answered by a process of their own, planned fully when they are worth it."""

import asyncio
from datetime import date
from uuid import UUID

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.contexts.peak.providers.plan_messages import Failed
from springtide.contexts.peak.providers.question_messages import HistoryRequest
from springtide.contexts.peak.providers.question_run import QuestionProcess
from springtide.contexts.peak.service.ask import MOST_WAITING
from springtide.contracts.peak.api import (
    PeakApi,
    PeakBusy,
    PeakNotFound,
    PlanSettings,
    PlanState,
    Question,
    QuestionKind,
)
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.paths import Levers, Override, Scope
from springtide.contracts.peak.what_if import ANSWER, Scenario, WhatIf
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.peak.conftest import CATEGORY, PLANNER, READER, Past
from tests.context.peak.test_peak_plans import SEASON, ended

TWICE = Scenario(levers=Levers(size=2.0))


def override(multiplier: float = 1.5, *, key: str = CATEGORY, until: date = date(2027, 1, 1)) -> Override:
    return Override(
        id="",
        multiplier=multiplier,
        scope=Scope.CATEGORY,
        key=key,
        reason="a film has it",
        author="",
        expires_on=until,
    )


async def asked(node: Node, plan_id: UUID, scenario: Scenario) -> Question:
    """Ask, and wait for the end of the question."""
    peak = node.ask(PeakApi)
    question = await peak.ask_what_if(caller=PLANNER, key=new_key(), plan_id=plan_id, scenario=scenario)
    async with asyncio.timeout(120):
        while question.state not in {PlanState.DONE, PlanState.FAILED}:
            await asyncio.sleep(0.1)  # questions have no event to wait for
            question = await peak.get_question(caller=READER, question_id=question.id)
    return question


async def answered(node: Node, question: Question) -> WhatIf:
    assert question.mistakes == ()
    part = await node.ask(PeakApi).get_answer(caller=READER, question_id=question.id, step=ANSWER)
    return msgspec.json.decode(part.body, type=WhatIf)


@pytest.mark.timeout(300)  # the numerics are loaded twice, by processes that give way to everything else
async def test_a_what_if_changes_the_same_paths(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak", background=True)
    await past(node)
    peak = node.ask(PeakApi)
    plan = await ended(node, (await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)).id)
    assert plan.mistakes == ()
    nothing = await answered(node, await asked(node, plan.row.id, Scenario()))
    assert nothing.before == nothing.after
    assert (nothing.came, nothing.gone, nothing.before.orders.p50) == ((), (), plan.figures["orders.p50"])
    scenario = Scenario(
        levers=Levers(size=2.0),
        overrides=(override(), override(9.0, until=date(2026, 8, 31))),
        capacities={"parcelpost": 0.5},
        booked_at=0.8,
        buffer_at=0.95,
    )
    question = await asked(node, plan.row.id, scenario)
    changed = await answered(node, question)
    assert 2.5 < changed.after.orders.p50 / changed.before.orders.p50 < 3.5
    assert changed.after.buffer_minor > changed.before.buffer_minor
    assert [(one.multiplier, one.author) for one in changed.expired] == [(9.0, "staff:ada")]
    for strange, rule in (
        (Scenario(capacities={"nobody": 2.0}), "unknown_partner"),
        (Scenario(overrides=(override(key="hats"),)), "unknown_category"),
    ):
        refused = await asked(node, plan.row.id, strange)
        assert (refused.state, [mistake.rule for mistake in refused.mistakes]) == (PlanState.FAILED, [rule])
    listed = await peak.list_questions(caller=READER, kind=QuestionKind.WHAT_IF, plan_id=plan.row.id)
    assert [one.state for one in listed] == [PlanState.FAILED, PlanState.FAILED, PlanState.DONE, PlanState.DONE]


@pytest.mark.soak  # two whole plans
@pytest.mark.timeout(300)
async def test_a_scenario_planned_fully_is_what_was_answered(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak", background=True)
    await past(node)
    peak = node.ask(PeakApi)
    plan = await ended(node, (await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)).id)
    question = await asked(node, plan.row.id, Scenario(levers=Levers(size=2.0), overrides=(override(),)))
    changed = await answered(node, question)
    settings = msgspec.structs.replace(SEASON, scenario=question.scenario)
    whole = await ended(node, (await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=settings)).id)
    assert whole.mistakes == ()
    assert whole.figures["orders.p50"] == changed.after.orders.p50
    difference = await peak.compare_plans(caller=READER, before_id=plan.row.id, after_id=whole.row.id)
    assert [one.name for one in difference.settings] == ["scenario"]


async def done_plan(node: Node, settings: PlanSettings = SEASON) -> UUID:
    """Return a plan that says it is done, without anybody having made it."""
    row = await node.ask(PeakApi).start_plan(caller=PLANNER, key=new_key(), title="", settings=settings)
    async with node.databases["peak"].tx(PLANNER) as tx:
        await tx._connection.execute("update plan set state = 'done' where id = %s", (row.id,))
    return row.id


async def test_what_cannot_be_asked_is_refused_and_nothing_is_queued(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak")
    await past(node)
    peak = node.ask(PeakApi)
    running = await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    for plan_id in (running.id, uuid7()):
        with pytest.raises(PeakNotFound):
            await peak.ask_what_if(caller=PLANNER, key=new_key(), plan_id=plan_id, scenario=TWICE)
    plan_id = await done_plan(node)
    with pytest.raises(Forbidden):
        await peak.ask_what_if(caller=READER, key=new_key(), plan_id=plan_id, scenario=TWICE)
    wrong = Scenario(levers=Levers(size=0.0), overrides=(override(-1.0),), capacities={"dhl": -1.0}, buffer_at=1.5)
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.ask_what_if(caller=PLANNER, key=new_key(), plan_id=plan_id, scenario=wrong)
    assert {mistake.rule for mistake in refused.value.mistakes} == {"lever", "multiplier", "capacity", "buffer_at"}
    assert await peak.list_questions(caller=READER, kind=QuestionKind.WHAT_IF) == ()


async def test_the_queue_has_an_end_and_the_same_key_asks_once(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak")
    await past(node)
    peak, plan_id, key = node.ask(PeakApi), await done_plan(node), new_key()
    first = await peak.ask_what_if(caller=PLANNER, key=key, plan_id=plan_id, scenario=TWICE)
    assert await peak.ask_what_if(caller=PLANNER, key=key, plan_id=plan_id, scenario=TWICE) == first
    for _ in range(MOST_WAITING - 1):
        await peak.ask_what_if(caller=PLANNER, key=new_key(), plan_id=plan_id, scenario=TWICE)
    with pytest.raises(PeakBusy):
        await peak.ask_what_if(caller=PLANNER, key=new_key(), plan_id=plan_id, scenario=TWICE)
    assert len(await peak.list_questions(caller=READER, kind=QuestionKind.WHAT_IF)) == MOST_WAITING


async def test_a_plan_without_kept_paths_says_so(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak", background=True)
    await past(node)
    plan = await done_plan(node)
    question = await asked(node, plan, TWICE)
    assert [mistake.rule for mistake in question.mistakes] == ["no_paths"]


@pytest.mark.parametrize(
    ("program", "rule", "within_s"),
    [("import time; time.sleep(600)", "too_slow", 1.0), ("raise SystemExit(3)", "crashed", 60.0)],
)
async def test_a_process_that_does_not_answer_has_failed(
    program: str, rule: str, within_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("springtide.contexts.peak.providers.question_run.PROGRAM", ("-c", program))
    process = QuestionProcess()
    said = await process.answer(HistoryRequest(folder="", document="", events=""), within_s=within_s)
    assert isinstance(said[-1], Failed)
    assert [mistake.rule for mistake in said[-1].mistakes] == [rule]
