"""The pure parts of the bench: what is computed from what was measured, and how it is shown."""

import asyncio
import os
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Figure, at_least, at_most, median, percentile, put_between_marks, table
from bench.layouts import LAYOUTS, layout_of
from bench.load import Bought
from bench.options import options_of, parser
from bench.processes import cpu_s, family, pss_mib
from bench.rows.sustained import grows, majority
from bench.rows.webs import Run, times
from bench.schedule import Bisection, arrivals, interleaved
from bench.stacks import counted, own_and_cumulative
from bench.statements import counted as counted_statements
from bench.touched import Touched, touched_table
from bench.wire import parsed, request


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1), st.floats(min_value=0.01, max_value=1))
def test_a_percentile_is_a_value_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_two_web_processes_are_compared_where_a_core_was_left_for_the_second() -> None:
    idle, full = Run(1_000, 0.9, 0.1), Run(1_000, 0.1, 0.1)
    assert times([idle, full, idle], [Run(1_700, 0, 0), Run(1_000, 0, 0), Run(1_900, 0, 0)]) == pytest.approx(1.8)
    assert times([full], [Run(1_900, 0, 0)]) is None


def test_the_median_does_not_mind_one_bad_run() -> None:
    assert median([100.0, 3.0, 102.0]) == 100.0


def test_figures_say_whether_the_target_is_met() -> None:
    assert at_least(512.4, 500, unit="/s") == {"value": "512/s", "target": "≥ 500/s", "met": True}
    assert at_most(301, 300, unit=" ms")["met"] is False


def test_the_table_is_aligned_markdown() -> None:
    figures = [
        Figure(row="orders", what="guest orders", **at_least(512, 500, unit="/s")),
        Figure(row="hot", what="ratio", value="0.5", detail="slow"),
    ]
    lines = table(figures).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == [
        "orders",
        "guest orders",
        "512/s",
        "≥ 500/s",
        "yes",
        "",
    ]


def test_a_page_gets_the_table_between_its_marks() -> None:
    page = "# One\n<!-- figures -->\nold\n<!-- end of figures -->\ntwo\n"
    once = put_between_marks(page, "| new |")
    assert once == "# One\n<!-- figures -->\n\n| new |\n\n<!-- end of figures -->\ntwo\n"
    assert put_between_marks(once, "| new |") == once
    with pytest.raises(ValueError, match="no lines"):
        put_between_marks("# One\n", "| new |")


def test_buyers_arrive_evenly() -> None:
    assert list(arrivals(4, 1)) == [0, 0.25, 0.5, 0.75]


def test_interleaved_runs_change_who_goes_first() -> None:
    assert list(interleaved("ab", 3)) == ["a", "b", "b", "a", "a", "b"]


@given(st.floats(min_value=1, max_value=1_000))
def test_bisection_finds_the_highest_rate_that_holds(limit: float) -> None:
    search = Bisection(0, 1_024, step=5)
    tries = 0
    while (rate := search.next) is not None:
        search.tell(rate, holds=rate <= limit)
        tries += 1
    assert tries <= 8
    assert search.low <= limit < search.low + 5


def test_a_backlog_that_stays_does_not_grow() -> None:
    assert not grows([0, 90, 100, 95, 105, 100, 98, 102], orders_a_quarter=100)
    assert not grows([500, 400, 300, 200, 100, 50, 20, 0], orders_a_quarter=100)
    assert grows([0, 50, 100, 150, 200, 250, 300, 350], orders_a_quarter=100)
    up_and_down = [20, 120, 110, 15, 118, 16, 121, 18]
    assert not grows([*up_and_down * 3, *reversed(up_and_down)], orders_a_quarter=100)
    assert grows([*up_and_down * 3, *(wait + 25 for wait in up_and_down)], orders_a_quarter=100)


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(ValueError, match="four samples"):
        grows([1, 2, 3], orders_a_quarter=10)


def test_a_run_counts_what_completed() -> None:
    bought = Bought(seconds=2.0)
    for outcome, took in (("completed", 0.1), ("completed", 0.3), ("refused not_enough_stock", 9.0)):
        bought.note(outcome, took)
    assert bought.per_s == 1.0
    assert bought.ms(1.0) == 300
    assert bought.others() == "refused not_enough_stock: 1"


def test_a_request_is_whole() -> None:
    assert request("POST", "/x", {"A": "1"}, b"{}") == (
        b"POST /x HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\nContent-Length: 2\r\nA: 1\r\n\r\n{}"
    )


def test_an_answer_is_waited_for_to_its_last_byte() -> None:
    whole = b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nx: y\r\n\r\nhello"
    assert [parsed(whole[:end]) for end in range(len(whole))] == [None] * len(whole)
    assert parsed(whole) == (201, b"hello")


def test_layouts_have_every_role() -> None:
    for name in LAYOUTS:
        assert layout_of(name) == LAYOUTS[name]
    two = "web+catalog+pricing+inventory+customers+checkout+payments+orders+insight+peak/jobs"
    assert layout_of(two) == LAYOUTS["two"]


def test_a_layout_without_a_role_is_refused() -> None:
    with pytest.raises(ValueError, match="missing roles"):
        layout_of("web/jobs")


def test_options_choose_rows() -> None:
    words = parser(("orders", "hot")).parse_args(["--only", "hot", "--seconds", "5", "--growth", "200", "100"])
    options = options_of(words, ("orders", "hot"))
    assert (options.only, options.seconds, options.growth) == (("hot",), 5.0, (100, 200))


def test_stacks_are_counted_once_per_function() -> None:
    stacks = "main (a/b.py:1);work (a/b.py:2);work (a/b.py:9) 3\nmain (a/b.py:1);send (c/d.py:5) 1\n"
    own, cumulative, samples = counted(stacks)
    assert own == Counter({"work (a/b.py)": 3, "send (c/d.py)": 1})
    assert cumulative["main (a/b.py)"] == samples == 4
    assert cumulative["work (a/b.py)"] == 3
    assert "75.0" in own_and_cumulative(stacks, top=5)


def test_statements_are_counted_by_context_and_name() -> None:
    head = "2026-11-22 06:30:00.000 UTC [12] springtide_orders@springtide LOG:  "
    lines = [
        head + "execute _pg3_1: /* lock_order */ select 1",
        head + "statement: BEGIN",
        head + "execute <unnamed>: ",
        "\tselect a from jobs where b",
        "2026-11-22 06:30:00.000 UTC [12] postgres@springtide LOG:  statement: select 1",
        "2026-11-22 06:30:00.000 UTC [12] LOG:  checkpoint starting",
    ]
    assert counted_statements(lines) == {
        ("orders", "lock_order"): 1,
        ("orders", "BEGIN"): 1,
        ("orders", "select a from jobs"): 1,
    }


def test_what_an_order_touches_is_a_difference() -> None:
    before, after = Touched(10, 20, 30, 40, 50), Touched(30, 60, 130, 140, 250)
    assert after.per_order(before, 10) == Touched(2, 4, 10, 10, 20)
    assert before + after == Touched(40, 80, 160, 180, 300)
    text = touched_table({"a.quiet": before}, {"a.quiet": before, "a.busy": after}, orders=10)
    assert "a.busy" in text
    assert "a.quiet" not in text


async def test_a_process_is_weighed_with_its_children() -> None:
    process = await asyncio.create_subprocess_exec("sleep", "30")
    try:
        assert process.pid in family(os.getpid())
        assert cpu_s(os.getpid()) > 0
        assert pss_mib(os.getpid()) > pss_mib(process.pid) > 0
    finally:
        process.kill()
        await process.wait()
    assert family(process.pid) == [process.pid]
    assert pss_mib(process.pid) == 0


@pytest.mark.parametrize(
    ("said", "of", "decided"),
    [
        ((), 1, None),
        ((True,), 1, True),
        ((False,), 1, False),
        ((True,), 3, None),
        ((False,), 3, None),
        ((True, False), 3, None),
        ((False, True, True), 3, True),
        ((False, False), 3, False),
        ((True, False), 2, False),  # a half is not most
    ],
)
def test_most_tries_decide_as_soon_as_they_can(said: tuple[bool, ...], of: int, *, decided: bool | None) -> None:
    assert majority(said, of=of) is decided
