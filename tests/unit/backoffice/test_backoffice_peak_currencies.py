"""The desk writes money with the digits that its currency has."""

import re

import pytest

from springtide.channels.backoffice.peak.speech import Speech


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [
        ("GBP", 5_025, "50.25"),
        ("JPY", 50, "50"),
        ("JPY", 123_456, "123,000"),
        ("KWD", 50_250, "50.250"),
        ("KWD", 123_456_789, "123,000"),
    ],
)
def test_small_amounts_have_the_digits_of_their_currency_and_large_ones_three(
    currency: str, minor: int, text: str
) -> None:
    assert re.fullmatch(rf"\D*{re.escape(text)}", Speech("en", currency).money(minor))
