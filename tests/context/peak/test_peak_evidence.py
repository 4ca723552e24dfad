"""Evidence that programs measured and people handed in: filed once, shown with its source, taken back with a reason."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.contexts.peak.domain.readiness.judge import Shown, judge_all
from springtide.contexts.peak.providers.plan_messages import Ended, PartMade
from springtide.contexts.peak.providers.run_files import REFUSED, TAKEN, evidence_folder, write_run
from springtide.contexts.peak.providers.seal import sealed
from springtide.contexts.peak.service.take_runs import TakeRuns
from springtide.contracts.peak.api import (
    MOST_FILE_BYTES,
    EvidenceFile,
    EvidenceStays,
    NewEvidence,
    PeakApi,
    PeakNotFound,
)
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.evidence import MeasuredRun, RunKind
from springtide.contracts.peak.readiness import Evidence, Needs, Readiness, Verdict
from springtide.platform.caller import system
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.peak.conftest import PLANNER, READER, Past
from tests.context.peak.test_peak_plans import SEASON, _tells, ended

PDF = b"%PDF-1.7 confirmation"
BOOKED = NewEvidence(item="parcels_booked", passed=True, owner="Bram", file=EvidenceFile(name="booking.pdf", body=PDF))


def run(**changes: object) -> MeasuredRun:
    good = MeasuredRun(
        id=uuid7(),
        kind=RunKind.CHECK,
        ran="springtide check",
        passed=True,
        at=datetime.now(UTC) - timedelta(minutes=1),
        release="0.1.0",
        target="this shop",
        figures={"compared": 12.0},
    )
    return msgspec.structs.replace(good, **changes)


async def test_a_sealed_run_is_the_products_and_filed_once(node_with: NodeWith) -> None:
    node = await node_with("peak")
    peak, made = node.ask(PeakApi), run()
    signed = sealed(made, node.settings.secret_key)
    first = await peak.file_run(caller=system("cli"), key=new_key(), sealed=signed)
    assert (first.run, first.source, first.author) == (made, "product", "system:cli")
    assert await peak.file_run(caller=PLANNER, key=new_key(), sealed=signed) == first
    assert await peak.list_runs(caller=READER) == (first,)


async def test_nobody_files_a_run_as_if_the_product_had_measured_it(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    forged = sealed(run(), "a key of somebody else, long enough for one")
    row = await peak.file_run(caller=system("cli"), key=new_key(), sealed=forged)
    assert (row.source, row.author) == ("hand", "system:cli")
    with pytest.raises(Forbidden):
        await peak.file_run(caller=READER, key=new_key(), sealed=sealed(run(), ""))
    with pytest.raises(InvalidPeakInput):
        await peak.file_run(caller=PLANNER, key=new_key(), sealed=sealed(run(passed=False), ""))
    assert await peak.list_runs(caller=READER) == (row,)


async def test_the_desk_takes_in_what_commands_left_and_puts_aside_what_is_none(
    node_with: NodeWith, tmp_path: Path
) -> None:
    node = await node_with("peak")
    folder, key = evidence_folder(tmp_path), node.settings.secret_key
    made = run()
    left = write_run(folder, sealed(made, key))
    (folder / "evidence-nonsense.json").write_text("{}")
    take = TakeRuns(node.databases["peak"], folder, secret_key=key)
    twice = TakeRuns(node.databases["peak"], folder, secret_key=key)
    assert sum(await asyncio.gather(take.next(), twice.next())) >= 1
    assert [row.run for row in await node.ask(PeakApi).list_runs(caller=READER)] == [made]
    assert (folder / TAKEN / left.name).exists()
    assert (folder / REFUSED / "evidence-nonsense.json").exists()
    write_run(folder, sealed(made, key))
    assert await take.next() == 1
    assert [row.run for row in await node.ask(PeakApi).list_runs(caller=READER)] == [made]


async def test_the_last_runs_of_each_kind_are_listed_newest_first(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    now = datetime.now(UTC)
    made = [
        run(kind=kind, at=now - timedelta(hours=hours))
        for kind in (RunKind.CHECK, RunKind.DRILL)
        for hours in (3, 1, 2)
    ]
    for one in made:
        await peak.file_run(caller=PLANNER, key=new_key(), sealed=sealed(one, ""))
    newest = await peak.list_runs(caller=READER, most=2)
    assert [(row.run.kind, row.run.at) for row in newest] == [
        (kind, now - timedelta(hours=hours)) for hours in (1, 2) for kind in (RunKind.DRILL, RunKind.CHECK)
    ]


async def test_a_document_that_was_handed_in_is_kept_with_the_type_it_has(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    row = await peak.file_evidence(caller=PLANNER, key=new_key(), evidence=BOOKED)
    assert (row.document, row.source) == ("booking.pdf", "hand")
    assert row.attachment is not None
    kept = await peak.get_evidence_file(caller=READER, sha256=row.attachment)
    assert (kept.name, kept.media_type, kept.body) == ("booking.pdf", "application/pdf", PDF)
    with pytest.raises(PeakNotFound):
        await peak.get_evidence_file(caller=READER, sha256="0" * 64)


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (EvidenceFile(name="empty.pdf", body=b""), "file_size"),
        (EvidenceFile(name="large.txt", body=b"x" * (MOST_FILE_BYTES + 1)), "file_size"),
        (EvidenceFile(name="program.exe", body=b"MZ\x00\x01"), "file_kind"),
        (EvidenceFile(name="", body=PDF), "file_name"),
    ],
)
async def test_a_document_that_cannot_be_kept_is_refused(node_with: NodeWith, file: EvidenceFile, rule: str) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.file_evidence(caller=PLANNER, key=new_key(), evidence=msgspec.structs.replace(BOOKED, file=file))
    assert [mistake.rule for mistake in refused.value.mistakes] == [rule]
    assert await peak.list_evidence(caller=READER) == ()


async def test_evidence_is_taken_back_with_a_reason_and_stays(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    row = await peak.file_evidence(caller=PLANNER, key=new_key(), evidence=BOOKED)
    with pytest.raises(InvalidPeakInput):
        await peak.withdraw_evidence(caller=PLANNER, key=new_key(), evidence_id=row.id, reason=" ")
    gone = await peak.withdraw_evidence(caller=PLANNER, key=new_key(), evidence_id=row.id, reason="the wrong year")
    assert (gone.withdrawn_by, gone.withdrawn_why) == ("staff:ada", "the wrong year")
    assert gone.withdrawn_at is not None
    again = await peak.withdraw_evidence(caller=PLANNER, key=new_key(), evidence_id=row.id, reason="once more")
    assert again == gone
    assert await peak.list_evidence(caller=READER) == (gone,)
    with pytest.raises(PeakNotFound):
        await peak.withdraw_evidence(caller=PLANNER, key=new_key(), evidence_id=uuid7(), reason="who knows")


async def test_what_the_product_saw_nobody_takes_back(node_with: NodeWith) -> None:
    peak = (await node_with("peak")).ask(PeakApi)
    seen = NewEvidence(item="alerts_arrive", passed=False, owner="watch")
    row = await peak.file_evidence(caller=system("watch"), key=new_key(), evidence=seen)
    with pytest.raises(EvidenceStays):
        await peak.withdraw_evidence(caller=PLANNER, key=new_key(), evidence_id=row.id, reason="it looks bad")
    assert await peak.list_evidence(caller=READER) == (row,)


async def _planned(node: Node, past: Past, monkeypatch: pytest.MonkeyPatch) -> Readiness:
    """Make a plan of nothing but its readiness, and return that of today."""
    today = datetime.now(UTC).date()
    needs = Needs(
        peak=SEASON.first,
        orders_per_s_p90=2.0,
        orders_per_s_p99=4.0,
        restore_within_s=60,
        lose_at_most_s=1,
        shown_by=SEASON.first,
    )
    short = Evidence(item="limits_agreed", passed=False, source="product", owner="plan", filed_on=today, note="stripe")
    page = judge_all(Shown(findings=(short,), needs=needs), on=today)
    _tells(monkeypatch, PartMade("readiness", 0, msgspec.json.encode(page)), Ended({}))
    await past(node)
    row = await node.ask(PeakApi).start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    await ended(node, row.id)
    return await node.ask(PeakApi).get_readiness(caller=READER, plan_id=row.id)


async def test_readiness_is_that_of_today_and_turns_with_what_is_filed(
    node_with: NodeWith, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await node_with("peak", background=True)
    peak, key = node.ask(PeakApi), node.settings.secret_key

    async def verdicts() -> dict[str, Verdict]:
        plan = (await peak.list_plans(caller=READER))[0]
        page = await peak.get_readiness(caller=READER, plan_id=plan.id)
        return {one.item: one.verdict for one in page.items}

    first = await _planned(node, past, monkeypatch)
    assert first.score == 0
    large = run(kind=RunKind.REHEARSAL, figures={"held_per_s": 3.0})
    await peak.file_run(caller=system("cli"), key=new_key(), sealed=sealed(large, key))
    by_hand = NewEvidence(item="limits_agreed", passed=True, owner="Nils", document="mail of Stripe")
    filed = await peak.file_evidence(caller=PLANNER, key=new_key(), evidence=by_hand)
    now = await verdicts()
    assert (now["rehearsed_p90"], now["rehearsed_p99"]) == (Verdict.HOLDS, Verdict.FAILED)
    assert now["limits_agreed"] is Verdict.HOLDS
    await peak.withdraw_evidence(caller=PLANNER, key=new_key(), evidence_id=filed.id, reason="of another account")
    assert (await verdicts())["limits_agreed"] is Verdict.FAILED
    with pytest.raises(PeakNotFound):
        await peak.get_readiness(caller=READER, plan_id=uuid7())


async def test_a_plan_keeps_the_runs_it_was_ordered_with(node_with: NodeWith, past: Past) -> None:
    node = await node_with("peak")
    await past(node)
    peak = node.ask(PeakApi)
    first = await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    await peak.file_run(caller=PLANNER, key=new_key(), sealed=sealed(run(), node.settings.secret_key))
    second = await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=SEASON)
    hashes = [(await peak.get_plan(caller=READER, plan_id=row.id)).inputs_sha256 for row in (first, second)]
    assert hashes[0] != hashes[1]
