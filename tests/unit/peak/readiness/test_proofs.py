"""Measured runs against what a plan needs."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from springtide.contexts.peak.domain.readiness.judge import Shown, judge_all
from springtide.contexts.peak.domain.readiness.proofs import proofs_of
from springtide.contexts.peak.providers.seal import is_sealed, sealed
from springtide.contracts.peak.common import Deadline
from springtide.contracts.peak.evidence import MeasuredRun, RunKind, RunRow, mistakes_of
from springtide.contracts.peak.readiness import Evidence, ItemState, Needs, Verdict

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
TODAY = NOON.date()
NEEDS = Needs(
    peak=date(2026, 11, 27),
    orders_per_s_p90=3.0,
    orders_per_s_p99=4.6,
    restore_within_s=3600.0,
    lose_at_most_s=60.0,
    shown_by=date(2026, 11, 13),
)


def run(kind: RunKind, *, hours_ago: float = 1, passed: bool = True, number: int = 1, **figures: float) -> RunRow:
    made = MeasuredRun(
        id=UUID(int=number),
        kind=kind,
        ran=f"springtide {kind}",
        passed=passed,
        at=NOON - timedelta(hours=hours_ago),
        release="0.1.0",
        target="https://shop.example.org",
        why="" if passed else "2 orders missing",
        figures=figures,
    )
    return RunRow(run=made, source="product", author="system:cli", filed_at=made.at)


def without(row: RunRow, *gateways: str) -> RunRow:
    return msgspec.structs.replace(row, run=msgspec.structs.replace(row.run, without=gateways))


def shown(*runs: RunRow) -> dict[str, Evidence]:
    return {one.item: one for one in proofs_of(runs, NEEDS, on=TODAY)}


def state(item: str, *runs: RunRow, filed: tuple[Evidence, ...] = ()) -> ItemState:
    page = judge_all(Shown(filed=filed, runs=runs, needs=NEEDS), on=TODAY)
    return next(one for one in page.items if one.item == item)


def test_a_rehearsal_counts_for_the_rates_it_held() -> None:
    found = shown(run(RunKind.REHEARSAL, held_per_s=3.2))
    assert {item: one.passed for item, one in found.items()} == {"rehearsed_p90": True, "rehearsed_p99": False}
    because = found["rehearsed_p99"].because
    assert because is not None
    assert (because.key, because.values) == (
        "readiness.rate_too_small",
        {"held": 3.2, "need": 4.6, "rank": "P99"},
    )


def test_a_small_rehearsal_says_nothing_against_a_larger_older_one() -> None:
    large, small = run(RunKind.REHEARSAL, hours_ago=30, held_per_s=5), run(RunKind.REHEARSAL, held_per_s=0.2, number=2)
    assert state("rehearsed_p99", large, small).verdict is Verdict.HOLDS


def test_a_newer_failure_beats_an_older_success_also_of_the_same_day() -> None:
    passed = run(RunKind.REHEARSAL, hours_ago=3, held_per_s=9)
    failed = run(RunKind.REHEARSAL, hours_ago=1, held_per_s=9, passed=False, number=2)
    mended = run(RunKind.REHEARSAL, hours_ago=0, held_per_s=9, number=3)
    assert state("rehearsed_p90", passed, failed).verdict is Verdict.FAILED
    assert state("rehearsed_p90", failed, passed, mended).verdict is Verdict.HOLDS
    why = state("rehearsed_p90", passed, failed).why
    assert (why.key, why.values["why"]) == ("readiness.rate_failed", "2 orders missing")


def test_what_held_long_ago_is_stale() -> None:
    assert state("rehearsed_p90", run(RunKind.REHEARSAL, hours_ago=24 * 40, held_per_s=9)).verdict is Verdict.STALE


@pytest.mark.parametrize(
    ("figures", "passed", "key"),
    [
        ({"selling_s": 42.0, "lost_s": 0.5}, True, "restored"),
        ({"selling_s": 4000.0, "lost_s": 0.0}, False, "restored_late"),
        ({"selling_s": 42.0, "lost_s": 90.0}, False, "restored_short"),
        ({"selling_s": 3600.0, "lost_s": 60.0}, True, "restored"),  # exactly what was agreed
    ],
)
def test_a_restore_has_to_be_as_quick_as_agreed(figures: dict[str, float], passed: bool, key: str) -> None:  # noqa: FBT001 - a table
    found = shown(run(RunKind.RESTORE_DRILL, **figures))["backup_restored"]
    assert found.because is not None
    assert (found.passed, found.because.key) == (passed, f"readiness.{key}")


def test_a_rehearsal_without_a_gateway_shows_only_that() -> None:
    found = shown(without(run(RunKind.REHEARSAL, held_per_s=3.5), "sandbox"))
    assert {item: one.passed for item, one in found.items()} == {"one_gateway_lost": True}
    assert not shown(without(run(RunKind.REHEARSAL, held_per_s=2.5), "sandbox"))["one_gateway_lost"].passed


def test_a_real_restore_claims_nothing_about_what_was_lost() -> None:
    found = shown(run(RunKind.RESTORE, selling_s=20.0))["backup_restored"]
    assert found.because is not None
    assert (found.passed, found.because.key) == (True, "readiness.restored_data")


def test_a_backup_that_was_only_taken_shows_nothing() -> None:
    assert shown(run(RunKind.BACKUP)) == {}


def test_only_growing_shows_that_a_shop_scales_by_itself() -> None:
    still = run(RunKind.REHEARSAL, held_per_s=9, processes_first=2, processes_most=2)
    grew = run(RunKind.REHEARSAL, held_per_s=9, processes_first=2, processes_most=5)
    assert "scales_by_itself" not in shown(still)
    assert shown(grew)["scales_by_itself"].passed


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        (RunKind.DRILL, "broken_on_purpose"),
        (RunKind.CHECK, "books_agree"),
        (RunKind.BACKUP, "backup_whole"),
    ],
)
def test_other_runs_count_for_their_item_and_failed_ones_say_why(kind: RunKind, item: str) -> None:
    assert shown(run(kind, whole=2.0))[item].passed
    failed = state(item, run(kind, passed=False))
    assert (failed.verdict, failed.why.values) == (Verdict.FAILED, {"why": "2 orders missing"})


def test_runs_of_after_the_day_are_not_there_yet() -> None:
    assert shown(run(RunKind.CHECK, hours_ago=-24)) == {}


def test_a_run_whose_seal_did_not_hold_is_not_the_products() -> None:
    row = msgspec.structs.replace(run(RunKind.CHECK), source="hand", author="staff:ada")
    found = shown(row)["books_agree"]
    assert (found.source, found.owner) == ("hand", "staff:ada")


def test_a_seal_holds_for_one_key_and_one_content() -> None:
    made = run(RunKind.CHECK, compared=4.0).run
    signed = sealed(made, "k" * 32)
    assert is_sealed(signed, "k" * 32)
    assert not is_sealed(signed, "x" * 32)
    changed = msgspec.structs.replace(signed, run=msgspec.structs.replace(made, figures={"compared": 9.0}))
    assert not is_sealed(changed, "k" * 32)
    assert not is_sealed(sealed(made, ""), "")
    again = msgspec.json.decode(msgspec.json.encode(signed), type=type(signed))
    assert is_sealed(again, "k" * 32)


def test_a_run_that_says_nothing_is_named() -> None:
    bad = msgspec.structs.replace(run(RunKind.CHECK).run, ran="", passed=False, why="", report="x" * 3_000)
    assert [mistake.rule for mistake in mistakes_of(bad)] == ["ran", "too_large", "why"]


def test_an_item_has_to_be_shown_before_the_freeze_or_the_first_deadline_of_its_kind() -> None:
    early = Deadline(kind="gateway", name="stripe", last_day=date(2026, 10, 16), needed_on=NEEDS.peak, lead_days=42)
    page = judge_all(Shown(needs=NEEDS), on=TODAY, deadlines=[early])
    by = {one.item: one.by for one in page.items}
    assert (by["limits_agreed"], by["rehearsed_p90"]) == (date(2026, 10, 16), NEEDS.shown_by)
    assert (page.overdue, judge_all(Shown(), on=TODAY, plan_day=date(2026, 9, 1), deadlines=[early]).overdue) == (1, 0)
