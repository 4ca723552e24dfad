import pytest

from springtide.channels.storefront.places import places_of, wanted
from tests.unit.browse.goods import market

PLACES = places_of((market("GB", "GBP", "en"), market("NL", "EUR", "nl", "en"), market("SE", "SEK", "sv")))


def test_every_language_of_every_market_is_a_place() -> None:
    assert list(PLACES) == ["en-gb", "nl-nl", "en-nl", "sv-se"]
    assert PLACES["en-nl"].tag == "en-NL"
    assert PLACES["en-nl"].currency == "EUR"
    assert PLACES["sv-se"].label == "Sverige · Svenska · SEK"


def test_a_further_market_is_data() -> None:
    assert "de-de" in places_of((market("DE", "EUR", "de"),))


@pytest.mark.parametrize(
    ("remembered", "accept", "place"),
    [
        ("sv-se", "nl", "/sv-se"),
        ("gone", "nl", "/nl-nl"),
        ("", "nl-NL,nl;q=0.9,en;q=0.8", "/nl-nl"),
        ("", "en-NL", "/en-nl"),
        ("", "en-US,en;q=0.9,nl;q=0.8", "/en-gb"),
        ("", "de,sv;q=0.5", "/sv-se"),
        ("", "de", "/en-gb"),
        ("", "", "/en-gb"),
        ("", ";;q=x,,,*;q=nope", "/en-gb"),
    ],
)
def test_a_visitor_without_a_place_is_led_to_a_likely_one(remembered: str, accept: str, place: str) -> None:
    found = wanted(PLACES, remembered=remembered, accept_language=accept, default_market="GB")
    assert found.prefix == place
