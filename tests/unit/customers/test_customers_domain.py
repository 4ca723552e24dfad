"""Roles, passwords, forms and waiting times."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.customers.domain import forms
from springtide.contexts.customers.domain.passwords import refuse_weak
from springtide.contexts.customers.domain.roles import SCOPES, printed, scopes_of
from springtide.contexts.customers.domain.throttling import ACCOUNT, LONGEST_S, Tries, after_try, wait_s
from springtide.contexts.customers.service.mail_texts import RESET, TAKEN, WELCOME, written
from springtide.contracts.customers.api import InvalidCustomer, Role
from springtide.platform.search_words import all_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_every_role_is_in_the_table_and_only_owners_manage_staff() -> None:
    assert set(SCOPES) == set(Role)
    assert [line.split()[0] for line in printed().splitlines()] == [role.value for role in Role]
    for role, scopes in SCOPES.items():
        assert ("*" in scopes) == (role is Role.OWNER)
        assert not any(scope.startswith("staff.") for scope in scopes)


def test_who_only_looks_changes_nothing() -> None:
    assert all(scope.endswith(".read") for scope in SCOPES[Role.READ_ONLY])


def test_a_planner_changes_plans_and_nothing_else() -> None:
    assert {scope for scope in SCOPES[Role.PLANNER] if not scope.endswith(".read")} == {"peak.*"}


def test_money_goes_back_through_support_and_owners_only() -> None:
    may = {role for role in Role if SCOPES[role] & {"orders.refund", "orders.*", "*"}}
    assert may == {Role.OWNER, Role.SUPPORT}


def test_several_roles_add_up() -> None:
    assert scopes_of(["warehouse", "planner"]) == SCOPES[Role.WAREHOUSE] | SCOPES[Role.PLANNER]
    assert scopes_of([]) == frozenset()


@given(st.lists(st.integers(0, 2_000), min_size=1, max_size=30))
def test_waits_grow_up_to_a_quarter_of_an_hour(gaps_s: list[int]) -> None:
    known: Tries | None = None
    now = NOW
    for gap_s in gaps_s:
        now += timedelta(seconds=gap_s)
        if wait_s(known, now):
            continue
        before = known.tries if known else 0
        known = after_try(known, ACCOUNT, now)
        assert known.tries == before + 1
        assert wait_s(known, now) <= LONGEST_S + 1
        assert (wait_s(known, now) > 0) == (known.tries >= ACCOUNT.free)


def test_tries_of_yesterday_are_forgotten() -> None:
    old = Tries(tries=99, last_at=NOW - timedelta(hours=25), blocked_until=NOW - timedelta(hours=24))
    assert after_try(old, ACCOUNT, NOW).tries == 1


@pytest.mark.parametrize("email", ["a@b.nl", "ann.o'neil+x@mail.example.co.uk", "änn@exämple.se"])
def test_addresses_that_are_fine(email: str) -> None:
    forms.refuse(forms.email_problem(email))
    refuse_weak("correct horse battery", email=email)


@given(st.text(max_size=60))
def test_no_address_can_break_a_header(text: str) -> None:
    if not forms.email_problem(text):
        assert "\n" not in text.strip()
        assert "\r" not in text.strip()
        assert text.count("@") == 1


def test_two_spellings_of_one_address() -> None:
    assert forms.email_key(" Ann@EXAMPLE.com ") == forms.email_key("ann@example.COM")
    with pytest.raises(InvalidCustomer):
        forms.refuse(forms.email_problem("x" * 250 + "@b.nl"))


@pytest.mark.parametrize("texts", [WELCOME, TAKEN, RESET])
@pytest.mark.parametrize("locale", ["en", "nl-NL", "sv", "fr"])
def test_mails_are_there_in_every_language_and_escape_names(texts: dict[str, object], locale: str) -> None:
    mail = written(texts, to="a@b.nl", name="<b>Ann", locale=locale, link="https://x.example/?a=1&b=2", cause="c")  # type: ignore[arg-type]
    assert "<b>Ann" in mail.text
    assert "&lt;b&gt;Ann" in mail.html
    assert "https://x.example/?a=1&b=2" in mail.text
    assert 'href="https://x.example/?a=1&amp;b=2"' in mail.html
    assert "{" not in mail.text
    assert mail.language == (locale[:2] if locale[:2] in texts else "en")


@given(st.text(max_size=80))
def test_search_words_are_only_words(text: str) -> None:
    for part in filter(None, all_of(text).split(" & ")):
        assert part.startswith("'")
        assert part.endswith("':*")
        assert part[1:-3].isalnum()
