import pytest

from springtide.channels.pages.forms import FieldError, Form, key_of


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "0", "1000", "٣", "12345678901234"])
def test_what_is_no_whole_number_within_limits_is_none(text: str) -> None:
    assert Form({"n": text}).whole_number("n", least=1, most=999) is None


def test_whole_numbers_within_limits() -> None:
    form = Form({"n": "42"})
    assert form.whole_number("n", least=1, most=999) == 42
    assert form.whole_number("missing", least=0, most=9) is None


def test_errors_are_found_by_field_and_stay_in_order() -> None:
    form = Form({"a": "1"}).with_errors(FieldError("b", "B is wrong.")).with_errors(FieldError("a", "A is wrong."))
    assert [error.field for error in form.errors] == ["b", "a"]
    assert form.error("a") == "A is wrong."
    assert form.error("c") == ""
    assert form["c"] == ""


def test_defaults_fill_only_what_did_not_come() -> None:
    form = Form({"a": ""}).with_defaults({"a": "1", "b": "2"})
    assert (form["a"], form["b"]) == ("", "2")


def test_a_form_without_a_key_gets_a_new_one_each_time() -> None:
    assert key_of(Form({"key": "k" * 100})) == "k" * 64
    assert key_of(Form({"key": "short"})) != key_of(Form({"key": "short"}))
    assert len(key_of(Form())) == 32
