"""The table of what becomes of a difference, row by row."""

from datetime import UTC, datetime, timedelta

import pytest

from springtide.platform.difference_entry import Difference, DifferenceState
from springtide.platform.differences import Suspicion, Verdict, judge
from springtide.platform.ids import uuid7

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SETTLING = timedelta(seconds=120)
KEY = ("rule", "subject")


def row(state: DifferenceState, detail: str = "1 here, 2 there") -> Difference:
    return Difference(
        id=uuid7(),
        rule=KEY[0],
        subject=KEY[1],
        detail=detail,
        state=state,
        first_seen=NOW - timedelta(days=1),
        last_seen=NOW - timedelta(hours=1),
    )


def suspicion(age_s: float, detail: str = "1 here, 2 there") -> Suspicion:
    return Suspicion(rule=KEY[0], subject=KEY[1], detail=detail, since=NOW - timedelta(seconds=age_s))


def judged(
    *, seen: str | None = "1 here, 2 there", known: Difference | None = None, suspected: Suspicion | None = None
) -> Verdict:
    return judge(
        {} if seen is None else {KEY: seen},
        [] if known is None else [known],
        [] if suspected is None else [suspected],
        now=NOW,
        settled_before=NOW - SETTLING,
    )


def changes(verdict: Verdict) -> dict[str, int]:
    words = ("again", "opened", "gone", "suspected", "dropped")
    return {word: len(getattr(verdict, word)) for word in words if getattr(verdict, word)}


@pytest.mark.parametrize("known", [None, row(DifferenceState.GONE)])
def test_what_is_new_is_suspected_first(known: Difference | None) -> None:
    verdict = judged(known=known)
    assert changes(verdict) == {"suspected": 1}
    assert verdict.suspected[0].since == NOW


def test_a_suspicion_opens_when_it_has_settled() -> None:
    assert changes(judged(suspected=suspicion(60))) == {"suspected": 1}
    verdict = judged(suspected=suspicion(120))
    assert changes(verdict) == {"opened": 1, "dropped": 1}
    assert verdict.opened[0].since == NOW - SETTLING


def test_a_suspicion_that_moves_starts_anew() -> None:
    verdict = judged(suspected=suspicion(3_600, detail="1 here, 3 there"))
    assert changes(verdict) == {"suspected": 1}
    assert verdict.suspected[0].since == NOW


def test_a_suspicion_that_is_not_seen_is_forgotten() -> None:
    assert changes(judged(seen=None, suspected=suspicion(60))) == {"dropped": 1}


def test_an_open_one_is_seen_again_with_its_newest_detail() -> None:
    known = row(DifferenceState.OPEN)
    assert judged(seen="other", known=known).again == [(known.id, "other")]


def test_a_resolved_one_stays_until_it_changes() -> None:
    known = row(DifferenceState.RESOLVED)
    assert changes(judged(known=known)) == {"again": 1}
    verdict = judged(seen="other", known=known)
    assert changes(verdict) == {"opened": 1}
    assert verdict.opened[0].since == known.first_seen


@pytest.mark.parametrize("state", [DifferenceState.OPEN, DifferenceState.RESOLVED])
def test_what_is_not_seen_any_more_is_gone(state: DifferenceState) -> None:
    known = row(state)
    assert judged(seen=None, known=known).gone == [known.id]


def test_what_is_gone_stays_gone() -> None:
    assert changes(judged(seen=None, known=row(DifferenceState.GONE))) == {}
