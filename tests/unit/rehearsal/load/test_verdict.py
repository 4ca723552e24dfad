"""The verdict and the rule for the first bottleneck, over tallies and samples made by hand."""

from datetime import UTC, datetime

import pytest

from springtide.rehearsal.load import scenario
from springtide.rehearsal.load.bottleneck import bottlenecks
from springtide.rehearsal.load.page import as_page
from springtide.rehearsal.load.plan import Plan
from springtide.rehearsal.load.report import Report, as_text, beside, made
from springtide.rehearsal.load.samples import BUSY, MACHINE, WHOLE, Sample, of_metrics
from springtide.rehearsal.load.tally import Histogram, Placed, Tally, summed
from springtide.rehearsal.load.verdict import Books, Check, State, has_passed, verdict

CPU = ("process_cpu_seconds_total", ())
LATE = ("springtide_event_loop_late_seconds", ())
POOL = ("springtide_db_pool_waiting", ("orders",))
REFUSED = ("springtide_contract_calls_refused_total", ("pricing", "quote", "switched off"))
CLEAN = Books(orders=10, missing=[], twice=[], looked=10, compared=50, findings=[])


def plan(workers: int = 2) -> Plan:
    _, smoke = scenario.load("smoke")
    return Plan(
        run="r",
        key="smoke",
        scenario=smoke,
        url="http://127.0.0.1:1",
        token="t",
        email="e",
        places=(),
        lines={},
        units={},
        workers=workers,
        seed=1,
    )


def good() -> Tally:
    tally = Tally(outcomes={"arrived": 100, "tried to buy": 10, "completed": 10}, checked=20)
    tally.placed = [Placed(str(number), "", 100) for number in range(10)]
    for name in ("product", "cart", "complete"):
        for _ in range(100):
            tally.kind(name).times.add(50)
    return tally


def judged(tally: Tally, *, workers: int = 2, books: Books | None = CLEAN) -> list[Check]:
    return verdict(plan(), tally, workers=workers, books=books, why_not="no settings at hand")


def failed(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if check.state is State.FAILED]


def test_a_good_run_passes() -> None:
    assert failed(judged(good())) == []


def test_without_books_it_passes_and_says_what_was_not_done() -> None:
    checks = judged(good(), books=None)
    assert has_passed(checks)
    assert [check.found for check in checks if check.state is State.NOT_DONE] == ["no settings at hand"] * 3


def slow(tally: Tally) -> None:
    for _ in range(6):
        tally.kind("cart").times.add(3_500)


def unbought(tally: Tally) -> None:
    tally.outcomes |= {"tried to buy": 12, "not completed: undone": 2}


def nobody(tally: Tally) -> None:
    tally.outcomes = {"arrived": 100}
    tally.placed = []


def erring(tally: Tally) -> None:
    tally.kind("cart").errors["503 unavailable"] = 1


def crowded(tally: Tally) -> None:
    tally.ended("not started: the generator is full")


def unchecked(tally: Tally) -> None:
    tally.checked = 9


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (slow, ["cart: 95 of 100 answers"]),
        (unbought, ["tries to buy that became orders"]),
        (nobody, ["tries to buy that became orders"]),
        (erring, ["requests without a proper answer"]),
        (crowded, ["every visitor found room in the generator"]),
        (unchecked, ["every success has its order"]),
        (lambda tally: tally.break_("every success has its order", "x", "404"), ["every success has its order"]),
        (lambda tally: tally.break_("pressed twice, bought once", "x", "y"), ["pressed twice, bought once"]),
    ],
)
def test_each_criterion_can_fail(spoil, names: list[str]) -> None:
    tally = good()
    spoil(tally)
    assert failed(judged(tally)) == names


@pytest.mark.parametrize(
    ("books", "name"),
    [
        ({"missing": ["a"]}, "every order that was told is in the books"),
        ({"twice": ["a"]}, "nobody is charged twice"),
        ({"findings": ["a"]}, "springtide check"),
    ],
)
def test_the_books_can_fail_it(books: dict[str, list[str]], name: str) -> None:
    values = {"orders": 1, "missing": [], "twice": [], "looked": 1, "compared": 1, "findings": [], **books}
    assert failed(judged(good(), books=Books(**values))) == [name]


def test_a_lost_worker_fails_it() -> None:
    assert failed(judged(good(), workers=1)) == ["all workers came to their end"]


def test_percentiles_are_right_within_two_percent_and_add_up() -> None:
    whole = Histogram()
    for part in range(4):
        one = Histogram()
        for ms in range(part, 1_000, 4):
            one.add(ms)
        whole.merge(one)
    assert whole.count == 1_000
    assert whole.ms(0.95) == pytest.approx(950, rel=0.02)
    assert whole.ms(0.99) == pytest.approx(990, rel=0.02)
    assert Histogram().ms(0.5) is None
    assert summed([good(), good()]).outcomes["completed"] == 20


def series(process: str, *figures: dict | None) -> list[Sample]:
    return [Sample(float(at), process, each) for at, each in enumerate(figures)]


def test_what_gave_way_first_is_the_bottleneck() -> None:
    samples = series(
        "web",
        {POOL: 0, LATE: 0},
        {POOL: 0, LATE: 0},
        {POOL: 3, LATE: 0},
        *[{POOL: 3, LATE: 0}] * 9,
        {POOL: 0, LATE: 0.9},
    )
    found = bottlenecks(good(), samples)
    assert [each.name for each in found] == ["database connections", "an event loop"]
    assert found[0].first_s == 2
    assert "3 wait for one of orders" in found[0].evidence


def test_of_what_gave_way_together_the_cause_is_named() -> None:
    samples = series("web", {CPU: 0, LATE: 0}, {CPU: 0.2, LATE: 0.5}, {CPU: 1.19, LATE: 0.5})
    assert [each.name for each in bottlenecks(good(), samples)] == ["a process's CPU", "an event loop"]


def test_a_silent_process_and_a_switch_stand_above_what_they_cause() -> None:
    silent = series("web", {LATE: 0}, None, None, {LATE: 2.0})
    assert [each.name for each in bottlenecks(good(), silent)] == ["a silent process", "an event loop"]
    switched = series("web", {REFUSED: 0.0}, {REFUSED: 7.0})
    (found,) = bottlenecks(good(), switched)
    assert (found.name, "7 a second: pricing quote switched off" in found.evidence) == ("calls refused", True)
    pulses = [Sample(0, "p", {}), Sample(5, "p", {}), Sample(30, "p", {})]
    assert [each.name for each in bottlenecks(good(), pulses)] == ["a silent process"]


def test_the_generator_and_the_machine_are_looked_at_too() -> None:
    late = good()
    for _ in range(10):
        late.late.add(900)
    busy = [
        Sample(0, MACHINE, {(BUSY, ()): 0, (WHOLE, ()): 0}),
        Sample(1, MACHINE, {(BUSY, ()): 198, (WHOLE, ()): 200}),
    ]
    assert [each.name for each in bottlenecks(late, busy)] == ["the load generator", "the machine's CPU"]


def test_room_everywhere_is_said() -> None:
    assert bottlenecks(good(), series("web", {CPU: 0, POOL: 0}, {CPU: 0.5, POOL: 0})) == []


def test_metrics_are_read_as_prometheus_writes_them() -> None:
    text = (
        "# TYPE springtide_db_pool_waiting gauge\n"
        'springtide_db_pool_waiting{context="orders",pool="a"} 2\n'
        'springtide_db_pool_waiting{context="orders",pool="b"} 1\n'
        "# TYPE other gauge\nother 4\n"
    )
    assert of_metrics(1.0, "web", text).figures == {POOL: 3.0}


def report(tally: Tally) -> Report:
    asked = plan()
    return made(
        asked,
        tally,
        checks=judged(tally),
        found=bottlenecks(tally, series("<web>", {POOL: 0}, {POOL: 3})),
        started_at=datetime(2026, 11, 27, tzinfo=UTC),
        scale=1.0,
        baskets="<here>",
        notes=["a note"],
    )


def test_the_page_has_the_verdict_and_nothing_from_elsewhere() -> None:
    tally = good()
    tally.at(1).arrived = 5
    tally.at(2).pages.add(70)
    page = as_page(beside(report(tally), report(good())))
    assert "✓ passed" in page
    assert "First bottleneck: database connections, &lt;web&gt;" in page
    assert "&lt;here&gt;" in page
    assert "<script" not in page
    assert "src=" not in page
    assert "http://" not in page.replace("http://127.0.0.1:1", "")
    unbought(tally)
    spoiled = report(tally)
    assert "✗ failed" in as_page(spoiled)
    assert as_text(spoiled).endswith("FAILED\n")


def test_the_run_before_stands_beside_it() -> None:
    before, now = report(good()), report(good())
    now.orders_per_s = 2.5
    changes = {change.name: change for change in beside(now, before).changes}
    assert (changes["orders a second"].before, changes["orders a second"].now) == (1.25, 2.5)
    assert changes["cart, 95 of 100"].unit == "ms"
    assert beside(now, None).changes == []
