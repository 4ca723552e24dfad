"""Phrases of the desk, written for a reader."""

import re
from collections.abc import Mapping
from copy import copy
from datetime import UTC, date, datetime
from decimal import Decimal

from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

from springtide.channels.backoffice.templating import who
from springtide.channels.pages import formats
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.phrases import LANGUAGES, say, sentences
from springtide.contracts.peak.phrases.reading_back import KEPT, REFUSALS, phrase_of
from springtide.platform.money import exponent

_COUNTRIES = {"en": "GB", "nl": "NL", "sv": "SE"}
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WHOLE_FROM = 10  # below it a figure keeps two digits: 1.7 times is not 2 times


class Speech:
    """How one reader is spoken to. `currency`: of all money of the plan."""

    def __init__(self, language: str, currency: str = "GBP") -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self.currency = currency
        self.locale = formats.locale_of(self.language, _COUNTRIES[self.language])

    def __call__(self, key: str, /, **values: str | float) -> str:
        """Return the sentence of a key of the desk's own words: `t("season")` is "desk.season"."""
        return self.phrase(Phrase(key=f"desk.{key}", values=values))

    def phrase(self, phrase: Phrase) -> str:
        """Return a phrase of the plan."""
        return say(phrase, self.language, self.write)

    def line(self, name: str) -> str:
        """Return the words for a line of the budget; its name where people book on a line of their own."""
        phrase = Phrase(key=f"desk.line_{name}")
        return self.phrase(phrase) if phrase.key in sentences() else name

    def named(self, group: str, name: str) -> str:
        """Return the words for a thing with a name: `named("readiness.item", "backup_restored")`."""
        return self.phrase(Phrase(key=f"{group}.{name}"))

    def refusal(self, sentence: str) -> str:
        """Return an English refusal in the reader's language; as it stands where nobody has translated it."""
        return self._read_back(sentence, REFUSALS)

    def kept(self, words: str) -> str:
        """Return English words of a document or a calibration (a unit, an origin) in the reader's language."""
        return self._read_back(words, KEPT)

    def _read_back(self, sentence: str, step: str) -> str:
        phrase = None if (self.language, step) == (LANGUAGES[0], REFUSALS) else phrase_of(sentence, step)
        if phrase is None:
            return sentence
        values: dict[str, str | int | float] = {
            name: self._read_back(str(value), step) for name, value in phrase.values.items()
        }
        return self.phrase(Phrase(key=phrase.key, values=values))

    def mistake(self, mistake: Mistake) -> str:
        """Return a mistake as a line: where, in which row, what."""
        place = f"{REFUSALS}.at_{mistake.where.replace(' ', '_')}"
        where = self.phrase(Phrase(key=place)) if place in sentences() else mistake.where
        row = f", {self('row')} {mistake.row}" if mistake.row else ""
        return f"{where}{row}: {self.refusal(mistake.message)}"

    def write(self, kind: str, value: str | float) -> str:
        """Write a value by its kind: number, count (whole), money (minor units), date (ISO), percent (0 to 1), paid…"""
        if kind == "money":
            return self.money(float(value))
        if kind == "percent":
            return self.percent(float(value))
        if kind == "date":
            return self.day(date.fromisoformat(str(value)))
        if kind == "paid":
            return ", ".join(self.paid(one) for one in str(value).split(", "))
        if kind in {"team", "names", "kept"}:
            return {"team": self.team, "names": self.names, "kept": self.kept}[kind](str(value))
        return self.number(round(float(value)) if kind == "count" else float(value))

    def method(self, method: str) -> str:
        """Return what a way to pay is called."""
        key = f"desk.method_{method}"
        return self.phrase(Phrase(key=key)) if key in sentences() else method.replace("_", " ")

    def paid(self, name: str) -> str:
        """Return a way to pay with its country: "bank_redirect in NL"."""
        method, _, country = name.partition(" in ")
        if not country:
            return self.method(method)
        return self("paid_in", method=self.method(method), country=self.country(country))

    def country(self, code: str) -> str:
        """Return a country or a carrier's zone in the reader's language: "Netherlands", "rest of the world"."""
        return self("zone_ww") if code == "WW" else formats.country_name(code, self.locale)

    def tongue(self, code: str) -> str:
        """Return what a language is called in the reader's: "Dutch"."""
        return str(self.locale.languages.get(code, code))

    def names(self, points: str) -> str:
        """Return a list of names with the days among them written out, and how many more there are."""
        return ", ".join(self._point(one) for one in points.split(", "))

    def _point(self, point: str) -> str:
        if point.startswith("+") and point[1:].isdigit():
            return self("and_more", count=int(point[1:]))
        return self.day(date.fromisoformat(point)) if _ISO_DAY.fullmatch(point) else self.kept(point)

    def team(self, name: str) -> str:
        """Return what a team is called within a sentence: like its department where it is named so."""
        key = f"desk.department_{name}"
        if key not in sentences():
            return name
        called = self.phrase(Phrase(key=key))
        return called if called.isupper() else called.lower()

    def crew(self, name: str) -> str:
        """Return what a team is called where it stands alone: with a capital."""
        called = self.team(name)
        return called[:1].upper() + called[1:]

    def number(self, value: float) -> str:
        """Return a figure without false digits: whole from ten on."""
        pattern = "#,##0" if abs(value) >= _WHOLE_FROM or value == int(value) else "#,##0.##"
        return str(format_decimal(_without_minus_nothing(value, 2), format=pattern, locale=self.locale))

    def money(self, minor: float) -> str:
        """Return money rounded to what matters: three digits that count, from a hundred units on."""
        units = Decimal(round(minor)).scaleb(-exponent(self.currency))
        digits = units.adjusted() - 2 if units else 0
        if digits > 0:
            units = units.quantize(Decimal(1).scaleb(digits)).quantize(Decimal(1))
        pattern = copy(self.locale.currency_formats["standard"])
        pattern.frac_prec = (0, 0) if digits >= 0 else (exponent(self.currency),) * 2
        return str(format_currency(units, self.currency, pattern, self.locale, currency_digits=False))

    @property
    def money_sign(self) -> str:
        """How the plan's currency is called on an axis or beside a field: "£"."""
        return str(get_currency_symbol(self.currency, self.locale))

    def units(self, minor: float) -> float:
        """Return an amount in units of the plan's currency, as charts take it."""
        return float(minor / 10 ** exponent(self.currency))

    def level(self, value: float) -> str:
        """Return a figure whose first digit behind the point counts, as in a service level: 99.5, 60,000."""
        return str(format_decimal(value, format="#,##0.##", locale=self.locale))

    def percent(self, share: float) -> str:
        """Return a share as per cent, one digit."""
        pattern = self.locale.percent_formats[None].pattern.replace("#,##0", "#,##0.#")
        return str(format_percent(_without_minus_nothing(share, 3), format=pattern, locale=self.locale))

    def day(self, value: date | None) -> str:
        """Return a day: "Fri 25 Nov"; a dash for none."""
        return "\u2013" if value is None else formats.day(value, self.locale)

    def date(self, value: date | None) -> str:
        """Return a day of any year: "14 June 2011"; a dash for none."""
        return "\u2013" if value is None else formats.full_date(value, self.locale)

    def stamp(self, value: datetime) -> str:
        """Return a moment in UTC as lists show it: "22 Nov 2026, 14:05"."""
        return str(format_datetime(value.astimezone(UTC), "d MMM y, HH:mm", locale=self.locale))

    def who(self, actor: str) -> str:
        """Return an actor in short: "staff …0000d1", "" for nobody."""
        kind, key = actor.partition(":")[0], f"desk.actor_{actor.partition(':')[0]}"
        return self.phrase(Phrase(key=key)) + who(actor).removeprefix(kind) if key in sentences() else who(actor)

    def moment(self, value: datetime) -> str:
        """Return a local moment: its day and clock time."""
        return f"{self.day(value.date())} {value:%H:%M}"


def _without_minus_nothing(value: float, digits: int) -> float:
    """Return a value as it is written, and what rounds to nothing without a sign: never "-0"."""
    return round(value, digits) + 0.0


def choices() -> Mapping[str, str]:
    """Return the languages of the desk with their own names."""
    return {language: formats.language_name(language) for language in LANGUAGES}
