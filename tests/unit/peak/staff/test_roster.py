"""Rosters keep their rules, reach the published optimum, and name what cannot be kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from springtide.contexts.peak.domain.staff.roster.names import roster
from springtide.contexts.peak.domain.staff.roster.problem import (
    Cover,
    Fair,
    Roster,
    RosterProblem,
    Shift,
    Wish,
    Worker,
    weeks,
)
from springtide.contracts.peak.errors import Infeasible, Mistake

EARLY = Shift(id="early", start=360, end=840, paid=450)
LATE = Shift(id="late", start=810, end=1290, paid=450)
CHAT = Shift(id="chat", start=540, end=1020, paid=450, skill="chat")


def instance(name: str) -> RosterProblem:
    """A benchmark instance in its text format."""
    sections: dict[str, list[list[str]]] = {}
    lines = (Path(__file__).parent / "data" / name).read_text(encoding="utf-8").splitlines()
    for line in (line for line in lines if line and not line.startswith("#")):
        if line.startswith("SECTION_"):
            rows = sections.setdefault(line, [])
        else:
            rows.append(line.split(","))
    days = int(sections["SECTION_HORIZON"][0][0])
    off = {row[0]: frozenset(map(int, row[1:])) for row in sections["SECTION_DAYS_OFF"]}
    return RosterProblem(
        days=days,
        shifts=tuple(
            Shift(
                id=id_, start=0, end=int(minutes), paid=int(minutes), not_followed_by=frozenset(after.split("|")) - {""}
            )
            for id_, minutes, after in sections["SECTION_SHIFTS"]
        ),
        workers=tuple(
            Worker(
                id=id_,
                max_shifts={pair.split("=")[0]: int(pair.split("=")[1]) for pair in shifts.split("|")},
                max_minutes=int(most),
                min_minutes=int(fewest),
                max_days_in_a_row=int(row_most),
                min_days_in_a_row=int(row_fewest),
                min_days_off_in_a_row=int(off_fewest),
                max_weekends=int(weekends),
                days_off=off[id_],
            )
            for id_, shifts, most, fewest, row_most, row_fewest, off_fewest, weekends in sections["SECTION_STAFF"]
        ),
        covers=tuple(
            Cover(day=int(day), shift=shift, count=int(count), under=int(under), over=int(over))
            for day, shift, count, under, over in sections["SECTION_COVER"]
        ),
        wishes=tuple(
            Wish(worker=who, day=int(day), shift=shift, wanted=wanted, weight=int(weight))
            for kind, wanted in (("ON", True), ("OFF", False))
            for who, day, shift, weight in sections[f"SECTION_SHIFT_{kind}_REQUESTS"]
        ),
        rest_minutes=0,
        periods=((0, days - 1),),
    )


def test_instance_1_of_schedulingbenchmarks_org_is_proven_at_607() -> None:
    found = roster(instance("Instance1.txt"))
    assert (found.cost, found.bound, found.proven) == (607, 607, True)


def crew(count: int, **terms: object) -> tuple[Worker, ...]:
    return tuple(Worker(**{"id": f"w{place}", "max_minutes": 2250, **terms}) for place in range(count))


def covers(days: int, *wanted: tuple[str, int], under: int | None = 100) -> tuple[Cover, ...]:
    return tuple(Cover(day=day, shift=shift, count=n, under=under) for day in range(days) for shift, n in wanted)


def problem(**changes: object) -> RosterProblem:
    base: dict[str, object] = {
        "days": 14,
        "shifts": (EARLY, LATE),
        "workers": crew(6),
        "covers": covers(14, ("early", 2), ("late", 2)),
        "periods": weeks(14),
    }
    return RosterProblem(**{**base, **changes})


def days_of(found: Roster, worker: str) -> dict[int, str]:
    return {one.day: one.shift for one in found.assigned if one.worker == worker}


def test_rest_hours_rows_and_leave_are_kept() -> None:
    workers = (*crew(5), Worker(id="away", max_minutes=2250, days_off=frozenset(range(3, 10))))
    found = roster(problem(workers=workers), effort=2.0)
    assert found.assigned
    for worker in workers:
        days = days_of(found, worker.id)
        assert len([one for one in found.assigned if one.worker == worker.id]) == len(days)
        assert not any(days[day] == "late" and days.get(day + 1) == "early" for day in days)  # 8.5 h of rest only
        for first, last in weeks(14):
            assert sum(450 for day in days if first <= day <= last) <= 2250
        assert not any(all(first + step in days for step in range(7)) for first in range(8))
    assert not set(days_of(found, "away")) & set(range(3, 10))
    assert found.cost == sum(100 * gap.missing for gap in found.gaps)


def test_only_who_can_do_it_does_it() -> None:
    workers = (*crew(2), *(replace(worker, id=f"c{worker.id}", skills=frozenset({"chat"})) for worker in crew(2)))
    found = roster(problem(shifts=(EARLY, CHAT), workers=workers, covers=covers(14, ("chat", 2))), effort=2.0)
    assert {one.worker for one in found.assigned if one.shift == "chat"} == {"cw0", "cw1"}


def test_a_language_is_asked_for_among_those_on_the_shift() -> None:
    workers = (*crew(4), Worker(id="anneke", max_minutes=2250, skills=frozenset({"nl"})))
    asked = (*covers(5, ("early", 1)), Cover(day=3, shift="early", count=1, skill="nl", under=50))
    found = roster(problem(days=5, workers=workers, covers=asked, periods=weeks(5)), effort=2.0)
    assert days_of(found, "anneke").get(3) == "early"
    assert not found.gaps


def test_lates_are_shared_and_wishes_granted() -> None:
    base = problem(
        workers=crew(4, max_days_in_a_row=5),
        covers=covers(14, ("late", 1), under=1000),
        fair=(Fair(workers=("w0", "w1", "w2", "w3"), shifts=frozenset({"late"}), weight=10),),
        wishes=(Wish(worker="w2", day=4, shift="late", wanted=True, weight=3),),
    )
    found = roster(base, effort=4.0)
    lates = [len([day for day, shift in days_of(found, f"w{n}").items() if shift == "late"]) for n in range(4)]
    assert sum(lates) >= 14
    assert max(lates) - min(lates) <= 1
    assert days_of(found, "w2").get(4) == "late"


def names_of(refused: Infeasible) -> set[tuple[str, str]]:
    return {(mistake["where"], mistake["rule"]) for mistake in refused.facts["mistakes"]}


def test_what_cannot_be_kept_is_named() -> None:
    workers = (Worker(id="ada", max_minutes=2250, days_off=frozenset({2})), Worker(id="bo", max_minutes=2250))
    asked = covers(5, ("early", 1), under=None)
    tight = (*asked, Cover(day=2, shift="early", count=2))
    with pytest.raises(Infeasible) as caught:
        roster(problem(days=5, workers=workers, covers=tight, periods=weeks(5)))
    assert names_of(caught.value) == {("ada", "day_off"), ("day 2, early", "cover")}
    assert isinstance(caught.value.facts["mistakes"][0], dict)
    assert Mistake(**caught.value.facts["mistakes"][0]).message


def test_too_many_hours_are_named_by_person() -> None:
    with pytest.raises(Infeasible) as caught:
        roster(problem(days=7, workers=crew(1), covers=covers(6, ("early", 1), under=None), periods=weeks(7)))
    assert ("w0", "most_hours") in names_of(caught.value)
    assert {rule for _, rule in names_of(caught.value)} == {"most_hours", "cover"}


def test_the_same_problem_gives_the_same_roster() -> None:
    assert roster(problem(), effort=1.0) == roster(problem(), effort=1.0)


def test_weeks_are_cut_at_the_edges() -> None:
    assert weeks(14) == ((0, 6), (7, 13))
    assert weeks(10, first_weekday=5) == ((0, 1), (2, 8), (9, 9))


def test_a_team_of_25_gets_four_weeks_with_little_effort() -> None:
    team = crew(25, min_minutes=1800, max_weekends=2)
    asked = tuple(
        Cover(day=day, shift=shift, count=count if day % 7 < 5 else count // 2, under=1000, over=1)
        for day in range(28)
        for shift, count in (("early", 11), ("late", 7))
    )
    found = roster(problem(days=28, workers=team, covers=asked, periods=weeks(28)), effort=0.5)
    per_week = [[sum(450 for day in days_of(found, one.id) if day // 7 == week) for one in team] for week in range(4)]
    assert all(1800 <= minutes <= 2250 for week in per_week for minutes in week)
    assert sum(gap.missing for gap in found.gaps) <= 0.05 * sum(cover.count for cover in asked)
