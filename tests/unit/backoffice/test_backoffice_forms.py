"""Reading forms, tickets and flash messages, without a server."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.channels.backoffice import tickets
from springtide.channels.backoffice.forms import Form, InvalidForm
from springtide.channels.backoffice.product_form import options_text, read_options
from springtide.channels.backoffice.templating import address, amount, count, signed, typed, who
from springtide.channels.pages.same_origin import ForeignForm
from springtide.contracts.catalog.api import Variant
from springtide.contracts.inventory.api import Supply

SECRET = "a-secret-key-for-tests-0123456789abcdef"
WORDS = st.text(st.characters(exclude_characters=":;|", exclude_categories=["Z", "C"]), min_size=1, max_size=12)


def form(**fields: str) -> Form:
    return Form(fields.items())


@given(st.text(max_size=40))
def test_no_text_breaks_a_reader(text: str) -> None:
    sent = Form([("x", text), ("quantity-1", text), ("quantity-" + text, "1")])
    sent.text("x", required=True)
    sent.whole("x")
    sent.money("x", "EUR")
    sent.percent_bp("x")
    sent.day("x")
    sent.moment("x")
    sent.choice("x", Supply)
    sent.quantities("quantity")
    assert set(sent.problems) <= {"x", *(name for name in sent.values if name.startswith("quantity-"))}


def test_rows_have_numbers_that_rows_can_have() -> None:
    names = ("quantity-2", "quantity-10", "quantity-" + "9" * 5_000, "quantity-²", "quantity-", "quantity--1", "line-3")
    assert Form((name, "1") for name in names).rows("quantity") == (2, 10)


@pytest.mark.parametrize("text", ["1e999999", "NaN", "Infinity", "-1", "1e9", "0x10", "12.345", ""])
def test_amounts_that_are_none(text: str) -> None:
    sent = form(x=text)
    sent.money("x", "EUR")
    assert "x" in sent.problems


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1_250),
        ("12,5", "SEK", 1_250),
        ("0", "GBP", 0),
        ("1 299", "JPY", 1_299),
        ("1.234", "KWD", 1_234),
    ],
)
def test_amounts_in_the_minor_units_of_their_currency(text: str, currency: str, minor: int) -> None:
    sent = form(x=text)
    assert (sent.money("x", currency), sent.problems) == (minor, {})


@given(st.integers(0, 10**9), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_typed_amounts_read_back(minor: int, currency: str) -> None:
    assert form(x=typed(minor, currency)).money("x", currency) == minor


def test_every_mistake_is_named_at_once() -> None:
    sent = form(a="", b="x", c="2026-13-01")
    sent.text("a", required=True)
    sent.whole("b")
    sent.day("c")
    with pytest.raises(InvalidForm) as refused:
        sent.check()
    assert set(refused.value.facts["fields"]) == {"a", "b", "c"}


def test_quantities_leave_out_what_is_empty() -> None:
    sent = Form([("quantity-1", "2"), ("quantity-2", ""), ("quantity-3", "0"), ("quantity-x", "9"), ("other-4", "1")])
    assert (sent.quantities("quantity"), sent.problems) == ({1: 2}, {})


def test_dates_and_moments() -> None:
    sent = form(day="2011-11-25", at="2011-11-25T08:30", none="")
    assert sent.day("day") == date(2011, 11, 25)
    assert sent.moment("at") == datetime(2011, 11, 25, 8, 30, tzinfo=UTC)
    assert sent.moment("none") is None
    assert sent.problems == {}


@given(st.dictionaries(WORDS, st.lists(WORDS, min_size=1, max_size=3), max_size=3))
def test_options_read_back_as_written(options: dict[str, list[str]]) -> None:
    texts = {name: dict(zip(("en", "nl", "sv"), words, strict=False)) for name, words in options.items()}
    assert read_options(options_text(Variant(sku="A", options=texts))) == texts


@pytest.mark.parametrize("line", ["red", "style:", ": red", "style: a | b | c | d", "style: | rood"])
def test_options_of_another_form_are_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_options(line)


def test_ticket_belongs_to_one_session_and_key() -> None:
    key, seal = tickets.new_ticket(SECRET, "session-a")
    tickets.check_ticket(SECRET, "session-a", key, seal)
    for bound_to, other_key, other_seal in (
        ("session-b", key, seal),
        ("session-a", key + "0", seal),
        ("session-a", key, "é" * 32),
        ("", key, seal),
    ):
        with pytest.raises(ForeignForm):
            tickets.check_ticket(SECRET, bound_to, other_key, other_seal)


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_flash_reads_back_and_only_ours_does(message: str) -> None:
    value = tickets.write_flash(SECRET, message)
    assert tickets.read_flash(SECRET, value) == message
    assert tickets.read_flash("another-secret", value) == ""
    assert tickets.read_flash(SECRET, "x" + value) == ""
    assert tickets.read_flash(SECRET, message) == ""


def test_figures_as_people_read_them() -> None:
    assert (amount(3_490, "EUR"), amount(129_900, "SEK"), amount(-430, "GBP")) == (
        "€34.90",
        "SEK\u00a01,299.00",
        "\u2212£4.30",
    )
    assert (typed(-430, "EUR"), typed(5, "EUR"), typed(12, "JPY")) == ("-4.30", "0.05", "12")
    assert (count(-1_204), signed(12), signed(-3)) == ("\u22121,204", "+12", "\u22123")


def test_actors_in_short() -> None:
    me = "01931f00-0000-7000-8000-0000000000d1"
    assert who(f"staff:{me}", me) == who(me, me) == "you"
    assert who(f"staff:{me}") == "staff …000000d1"
    assert who(me) == "…000000d1"
    assert (who("system:import"), who("")) == ("system:import", "")


def test_addresses_keep_what_is_set_and_take_any_name() -> None:
    assert address("/orders", q="a&b", market="", path="x") == "/orders?q=a%26b&path=x"


def test_a_moment_with_an_offset_is_not_taken_for_one_in_utc() -> None:
    form = Form([("starts_at", "2026-11-27T00:00+05:00"), ("ends_at", "2026-11-27T00:00")])
    assert form.moment("starts_at") is None
    assert form.moment("ends_at") == datetime(2026, 11, 27, tzinfo=UTC)
    assert set(form.problems) == {"starts_at"}


def test_a_row_far_down_is_no_row() -> None:
    form = Form([("sku-0", "A"), ("sku-12", "B"), ("sku-999999999", "C"), ("sku-\u0663", "D")])
    assert form.rows("sku") == (0, 12)
