from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.peak.domain.readiness.items import ITEMS, QUESTIONS
from springtide.contexts.peak.domain.readiness.judge import expiry_of, judge, newest
from springtide.contracts.peak.common import Deadline
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.readiness import Band, Evidence, Verdict

TODAY = date(2011, 10, 1)


def shown(item: str, *, days_ago: int = 1, **changes: object) -> Evidence:
    good = Evidence(
        item=item, passed=True, source="product", owner="Ingrid", filed_on=TODAY - timedelta(days=days_ago), note="ran"
    )
    return msgspec.structs.replace(good, **changes)


ALL = [shown(item.id) for item in ITEMS]


def test_everything_shown_is_ready() -> None:
    page = judge(ALL, on=TODAY)
    assert (page.ready, page.band, page.score, page.open_gates) == (True, Band.GREEN, 100, ())
    assert all(question.green for question in page.questions)


def test_nothing_shown_is_nothing() -> None:
    page = judge([], on=TODAY)
    assert (page.ready, page.band, page.score) == (False, Band.RED, 0)
    assert {state.verdict for state in page.items} == {Verdict.UNKNOWN}


def test_an_open_gate_is_not_ready_whatever_the_score() -> None:
    page = judge([one for one in ALL if one.item != "backup_restored"], on=TODAY)
    assert page.score > 80
    assert (page.ready, page.band, page.open_gates) == (False, Band.RED, ("backup_restored",))
    assert [question.question for question in page.questions if not question.green] == ["servers"]


def test_old_evidence_counts_as_none() -> None:
    item = next(item for item in ITEMS if item.id == "rehearsed_p90")
    fresh = shown(item.id, days_ago=item.counts_days - 1)
    old = shown(item.id, days_ago=item.counts_days)
    others = [one for one in ALL if one.item != item.id]
    assert judge([*others, fresh], on=TODAY).ready
    page = judge([*others, old], on=TODAY)
    assert not page.ready
    assert next(state for state in page.items if state.item == item.id).verdict is Verdict.STALE


def test_an_expiry_of_its_own_never_makes_evidence_last_longer() -> None:
    item = ITEMS[0]
    late = shown(item.id, expires_on=TODAY + timedelta(days=900))
    soon = shown(item.id, expires_on=TODAY + timedelta(days=1))
    assert expiry_of(item, late) == late.filed_on + timedelta(days=item.counts_days)
    assert expiry_of(item, soon) == TODAY + timedelta(days=1)


def test_the_last_word_counts_and_a_failure_of_the_same_day_wins() -> None:
    failed = shown("primary_lost", days_ago=2, passed=False)
    mended = shown("primary_lost", days_ago=1)
    assert newest("primary_lost", [mended, failed]) is mended
    same_day = shown("primary_lost", days_ago=1, passed=False)
    assert newest("primary_lost", [same_day, mended]) is same_day


def test_deadlines_stand_in_order_and_those_gone_are_counted() -> None:
    def deadline(name: str, days: int) -> Deadline:
        day = TODAY + timedelta(days=days)
        return Deadline(kind="supplier", name=name, last_day=day, needed_on=day + timedelta(days=30), lead_days=30)

    page = judge(ALL, on=TODAY, deadlines=[deadline("b", 3), deadline("a", -1), deadline("c", 0)])
    assert [one.name for one in page.calendar] == ["a", "c", "b"]
    assert page.overdue == 1


@given(st.sets(st.sampled_from([item.id for item in ITEMS])))
def test_the_score_is_the_weight_that_holds(items: set[str]) -> None:
    page = judge([shown(item) for item in items], on=TODAY)
    holds = sum(item.weight for item in ITEMS if item.id in items)
    assert page.score == round(100 * holds / sum(item.weight for item in ITEMS))
    assert page.ready == (page.band is Band.GREEN)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"item": "luck"}, "unknown_item"),
        ({"source": "hearsay"}, "unknown_source"),
        ({"filed_on": TODAY + timedelta(days=1)}, "of_tomorrow"),
        ({"source": "hand"}, "no_document"),
        ({"owner": ""}, "no_owner"),
        ({"expires_on": TODAY - timedelta(days=5)}, "expires_before"),
    ],
)
def test_evidence_that_cannot_be_is_named_with_its_row(changes: dict[str, object], rule: str) -> None:
    with pytest.raises(InvalidPeakInput) as refusal:
        judge([shown("freeze_agreed"), msgspec.structs.replace(shown("freeze_agreed"), **changes)], on=TODAY)
    assert [(mistake.row, mistake.rule) for mistake in refusal.value.mistakes] == [(2, rule)]


def test_every_item_answers_a_question_an_owner_asks() -> None:
    assert {item.question for item in ITEMS} == set(QUESTIONS)
    assert len({item.id for item in ITEMS}) == len(ITEMS)
