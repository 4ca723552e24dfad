"""Amounts have the digits of their currency."""

import pytest

from springtide.platform.money import UNUSUAL_EXPONENTS, exponent, written


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (120_450, "GBP", "1,204.50"),
        (120_450, "JPY", "120,450"),
        (120_450, "KWD", "120.450"),
        (-5, "EUR", "-0.05"),
        (5, "", "0.05"),
    ],
)
def test_amounts_are_written_with_the_digits_of_their_currency(minor: int, currency: str, text: str) -> None:
    assert written(minor, currency) == text


def test_what_sql_is_handed_says_every_exponent_that_is_not_two() -> None:
    assert {exponent(currency) for currency in UNUSUAL_EXPONENTS} == {0, 3}
    assert all(exponent(currency) == digits for currency, digits in UNUSUAL_EXPONENTS.items())
