"""A plan has one currency: a past in another one is refused, never taken for it."""

import pytest

from springtide.contexts.peak.providers.plan_inputs import check_currency
from springtide.contracts.peak.company import currency_of
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.source import decode_source

SOURCE = f'file = "{"0" * 64}.csv"\n'


@pytest.mark.parametrize(("past", "company"), [("GBP", "GBP"), ("JPY", "JPY"), ("", "EUR")])
def test_a_past_in_the_companys_currency_is_taken(past: str, company: str) -> None:
    check_currency(past, company)


@pytest.mark.parametrize(
    ("past", "company", "words"),
    [
        ("GBP", "EUR", "prices are in GBP, the company keeps its books in EUR"),
        ("", "JPY", "it does not say its currency, and JPY has not two decimals"),
        ("", "KWD", "and KWD has not two decimals"),
    ],
)
def test_another_currency_and_one_that_nobody_named_are_refused(past: str, company: str, words: str) -> None:
    with pytest.raises(InvalidPeakInput, match=words) as refused:
        check_currency(past, company)
    assert [(mistake.where, mistake.rule) for mistake in refused.value.mistakes] == [("history.toml", "other_currency")]


def test_the_document_names_a_currency_or_none() -> None:
    assert decode_source(SOURCE.encode()).currency == ""
    assert decode_source((SOURCE + 'currency = "JPY"\n').encode()).currency == "JPY"
    with pytest.raises(InvalidPeakInput, match="three letters"):
        decode_source((SOURCE + 'currency = "yen"\n').encode())


def test_a_company_that_cannot_be_read_has_no_currency() -> None:
    assert currency_of('name = "x"\ncurrency = "KWD"\n') == "KWD"
    with pytest.raises(InvalidPeakInput, match="currency"):
        currency_of('name = "x"\n')
