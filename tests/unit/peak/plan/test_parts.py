"""A plan in pages: nothing is lost, nothing is too large."""

from datetime import date

import msgspec
import pytest

from springtide.contexts.peak.domain.plan.parts import HEAD_FIELDS, pages_of, parts_of
from springtide.contracts.peak.api import MOST_PART_BYTES
from springtide.contracts.peak.common import Band, Deadline
from springtide.contracts.peak.plan import Plan

BAND = Band(mean=1.0, p10=1.0, p50=1.0, p90=1.0, p99=1.0)


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    rows: tuple[int, ...]


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    total: int
    band: Band
    few: tuple[int, ...]
    inner: Inner
    many: tuple[str, ...]


def deadlines(count: int) -> tuple[Deadline, ...]:
    day = date(2011, 10, 1)
    return tuple(
        Deadline(kind="supplier", name=f"supplier {number}", last_day=day, needed_on=day, lead_days=number)
        for number in range(count)
    )


def test_a_small_result_is_one_page() -> None:
    (page,) = pages_of("deadlines", deadlines(3))
    assert (page.step, page.page, page.pages) == ("deadlines", 0, 1)
    assert msgspec.json.decode(page.body, type=tuple[Deadline, ...]) == deadlines(3)


def test_an_empty_list_is_a_page_too() -> None:
    assert [page.body for page in pages_of("decisions", ())] == [b"[]"]


def test_a_long_list_is_cut_into_pages_that_join_to_the_same() -> None:
    pages = list(pages_of("deadlines", deadlines(5_000)))
    assert len(pages) > 1
    assert [(page.page, page.pages) for page in pages] == [(at, len(pages)) for at in range(len(pages))]
    assert all(len(page.body) <= MOST_PART_BYTES for page in pages)
    assert MOST_PART_BYTES - len(pages[0].body) < 200, "pages are filled"
    joined = [item for page in pages for item in msgspec.json.decode(page.body, type=list[Deadline])]
    assert tuple(joined) == deadlines(5_000)


def test_of_a_large_record_only_the_largest_fields_are_taken_out() -> None:
    inner = Inner(name="inner", rows=tuple(range(400)))
    made = Outer(total=7, band=BAND, few=(1, 2), inner=inner, many=tuple(f"item {at}" for at in range(300)))
    pages = list(pages_of("outer", made, 1_000))
    assert all(len(page.body) <= 1_000 for page in pages)
    assert {page.step for page in pages} == {"outer", "outer.many", "outer.inner", "outer.inner.rows"}
    assert msgspec.json.decode(pages[0].body).keys() == {"total", "band", "few"}


def test_what_cannot_be_cut_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names: \d+ bytes in one piece"):
        list(pages_of("names", ("x" * 2_000,), 1_000))
    with pytest.raises(ValueError, match="texts"):
        list(pages_of("texts", {"text": "x" * 2_000}, 1_000))


def test_every_field_of_a_plan_is_in_the_head_or_a_part_of_its_own() -> None:
    empty = {field.name: () for field in msgspec.structs.fields(Plan)}
    plan = Plan(**{**empty, "id": "p1", "quality": None, "stock": None, "deadlines": deadlines(3_000)})
    steps = {page.step for page in parts_of(plan)}
    assert steps == {"head", *Plan.__struct_fields__} - {*HEAD_FIELDS, "quality", "stock"}
    head = next(page for page in parts_of(plan) if page.step == "head")
    assert msgspec.json.decode(head.body).keys() == set(HEAD_FIELDS)
