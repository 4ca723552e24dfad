"""Results in pages: nothing is lost, nothing is larger than what travels."""

from itertools import groupby

import msgspec
import pytest

from springtide.contexts.peak.providers.pages import pages_of
from springtide.contracts.peak.api import MOST_PART_BYTES


class Row(msgspec.Struct, frozen=True):
    name: str
    units: int


class Inner(msgspec.Struct, frozen=True):
    rows: tuple[Row, ...]
    total: int


class Result(msgspec.Struct, frozen=True):
    title: str
    inner: Inner
    few: tuple[int, ...]


ROWS = tuple(Row(name="x" * 80, units=number) for number in range(20_000))


def test_a_small_result_is_one_page() -> None:
    result = Result(title="t", inner=Inner(rows=ROWS[:3], total=3), few=(1,))
    (page,) = pages_of("step", result)
    assert (page.step, page.page) == ("step", 0)
    assert msgspec.json.decode(page.body, type=Result) == result


def test_a_long_list_is_cut_and_joins_to_itself() -> None:
    pages = list(pages_of("rows", ROWS))
    assert [page.page for page in pages] == list(range(len(pages)))
    assert len(pages) > 5
    assert all(len(page.body) <= MOST_PART_BYTES for page in pages)
    joined = [row for page in pages for row in msgspec.json.decode(page.body, type=list[Row])]
    assert tuple(joined) == ROWS


def test_long_lists_of_a_record_become_steps_of_their_own() -> None:
    pages = list(pages_of("step", Result(title="t", inner=Inner(rows=ROWS, total=7), few=(1, 2))))
    steps = {step: list(own) for step, own in groupby(pages, key=lambda page: page.step)}
    assert list(steps) == ["step", "step.inner", "step.inner.rows"]
    assert msgspec.json.decode(steps["step"][0].body) == {"title": "t", "few": [1, 2]}
    assert msgspec.json.decode(steps["step.inner"][0].body) == {"total": 7}
    joined = [row for page in steps["step.inner.rows"] for row in msgspec.json.decode(page.body, type=list[Row])]
    assert tuple(joined) == ROWS


def test_what_cannot_be_cut_is_an_error_of_ours() -> None:
    for result in ("x" * MOST_PART_BYTES, ["y" * MOST_PART_BYTES], Row(name="z" * MOST_PART_BYTES, units=1)):
        with pytest.raises(ValueError, match="step"):
            list(pages_of("step", result))
