"""Where a buyer is: a language and a market, told by the first part of every address ("/nl-nl/…")."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel import Locale

from springtide.channels.pages.formats import country_name, language_name, locale_of
from springtide.channels.pages.translations import FALLBACK
from springtide.contracts.pricing.api import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A market in one of its languages. `prefix` begins every address: "/sv-se"; `tag` is for `lang` and contracts."""

    prefix: str
    tag: str
    language: str
    market: Market
    locale: Locale
    zone: ZoneInfo
    label: str

    @property
    def currency(self) -> str:
        """Return the market's currency."""
        return self.market.currency

    @property
    def country(self) -> str:
        """Return the market's first country."""
        return self.market.countries[0]


def places_of(markets: Iterable[Market]) -> dict[str, Place]:
    """Return name ("nl-nl") -> place for every language of every market, in the markets' order."""
    places: dict[str, Place] = {}
    for market in markets:
        for language in market.languages:
            name = f"{language}-{market.key}".lower()
            country = market.countries[0]
            locale = locale_of(language, country)
            places[name] = Place(
                prefix=f"/{name}",
                tag=f"{language}-{country}",
                language=language,
                market=market,
                locale=locale,
                zone=ZoneInfo(market.time_zone),
                label=f"{country_name(country, locale)} · {language_name(language)} · {market.currency}",
            )
    return places


def wanted(places: dict[str, Place], *, remembered: str, accept_language: str, default_market: str) -> Place:
    """Return the place for a visitor who named none: the remembered one, else by language, else the default market."""
    if remembered in places:
        return places[remembered]
    by_market = [place for place in places.values() if place.market.key == default_market] or list(places.values())
    for language, region in _accepted(accept_language):
        named = places.get(f"{language}-{region}") if region else None
        if named is not None:
            return named
        same = [place for place in by_market if place.language == language]
        same += [place for place in places.values() if place.language == language and place.language != FALLBACK]
        if same:
            return same[0]
    return by_market[0]


def _accepted(header: str) -> list[tuple[str, str]]:
    """Return (language, region) pairs of an Accept-Language header, most wanted first; nonsense is left out."""
    ranked: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if tag and weight > 0:
            ranked.append((weight, tag.lower()))
    ranked.sort(key=lambda pair: -pair[0])
    return [(tag.partition("-")[0], tag.rpartition("-")[2] if "-" in tag else "") for _, tag in ranked]
