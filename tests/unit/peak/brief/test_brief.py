from datetime import date

from springtide.contexts.peak.domain.brief import briefs_of
from springtide.contracts.peak.brief import Change, Number
from springtide.contracts.peak.common import Decision, Department, Phrase


def decision(key: str, *, by: date | None = None, cost: int = 0, urgent: bool = False, **values: str | int) -> Decision:
    return Decision(
        what=Phrase(key=key, values=values),
        department=Department.IT,
        by=by,
        cost_minor=cost,
        otherwise=Phrase(key="servers.full", values={"part": "bus", "limit": 1}),
        urgent=urgent,
    )


OCTOBER, NOVEMBER = date(2011, 10, 1), date(2011, 11, 1)


def it_page(decisions, before=None):
    return next(brief for brief in briefs_of(decisions, {}, before=before) if brief.department is Department.IT)


def test_urgent_comes_first_then_the_earlier_date_and_costs_add_up() -> None:
    page = it_page(
        [
            decision("a", by=NOVEMBER, cost=5),
            decision("b", by=None),
            decision("c", by=NOVEMBER, urgent=True, cost=7),
            decision("d", by=OCTOBER),
        ]
    )
    assert [line.decision.what.key for line in page.lines] == ["c", "d", "a", "b"]
    assert page.cost_minor == 12


def test_what_changed_is_marked_by_its_subject_not_by_its_amount() -> None:
    before = [decision("allow", service="web", processes=10), decision("allow", service="stock", processes=3)]
    now = [decision("allow", service="web", processes=12), decision("allow", service="selling", processes=4)]
    page = it_page(now, before)
    assert {line.decision.what.values["service"]: line.change for line in page.lines} == {
        "web": Change.CHANGED,
        "selling": Change.NEW,
    }
    changed = next(line for line in page.lines if line.change is Change.CHANGED)
    assert changed.before == before[0]
    assert page.dropped == (before[1],)


def test_a_moved_date_is_a_change_too() -> None:
    page = it_page([decision("order", day="2011-10-01")], [decision("order", day="2011-11-01")])
    assert [line.change for line in page.lines] == [Change.CHANGED]


def test_the_first_plan_marks_nothing() -> None:
    assert [line.change for line in it_page([decision("a")]).lines] == [Change.SAME]


def test_every_department_has_a_page_with_at_most_three_numbers() -> None:
    number = Number(label=Phrase(key="x"), value=1, kind="number")
    pages = briefs_of([], {Department.IT: [number] * 5})
    assert {page.department for page in pages} == set(Department)
    assert [len(page.watch) for page in pages if page.department is Department.IT] == [3]
