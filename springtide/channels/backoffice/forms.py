"""Reading what a form sent: every wrong field is named at once, nothing is guessed."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

from springtide.platform.errors import BadInput
from springtide.platform.http import NO_NULL, HttpRequest, UnsupportedMediaType, sent_form
from springtide.platform.money import exponent

MAX_FIELDS = 400
MAX_TEXT = 200
MAX_LONG_TEXT = 5_000
MAX_WHOLE = 10_000_000
MAX_UNITS = Decimal(10_000_000)
_ROW = re.compile(r"[0-9]{1,3}")  # pages have a few rows; the number is how far a page is drawn again

Choice = TypeVar("Choice", bound=StrEnum)


class InvalidForm(BadInput):
    """Fields are missing or of the wrong form; facts: fields = {name: why}."""

    code = "invalid_form"
    title = "Some fields need another look"


async def read_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the text fields of a form in the order sent, also of one with a file; other media types are refused."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        sent = await sent_form(request)
        return [(name, _clean(value)) for name, value in sent.multi_items() if isinstance(value, str)]
    if media_type != "application/x-www-form-urlencoded":
        msg = "The back office reads HTML forms only."
        raise UnsupportedMediaType(msg)
    try:
        text = (await request.body()).decode()
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        msg = "The form could not be read."
        raise InvalidForm(msg) from error


def _clean(text: str) -> str:
    if "\x00" in text:
        raise BadInput(NO_NULL)
    return text


class Form:
    """The fields of one form. Readers collect what is wrong; `check` raises `InvalidForm` with all of it."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._lists: dict[str, list[str]] = {}
        for name, value in fields:
            self._lists.setdefault(name, []).append(value.replace("\r\n", "\n"))
        self.problems: dict[str, str] = {}

    @property
    def values(self) -> Mapping[str, str]:
        """The last value of every field as sent, to fill the form again."""
        return {name: values[-1] for name, values in self._lists.items()}

    def check(self) -> None:
        """Raise `InvalidForm` when any reader found a problem."""
        if self.problems:
            raise InvalidForm(fields=dict(self.problems))

    def raw(self, name: str) -> str:
        """Return a field without its outer blanks, "" when it was not sent."""
        return self.values.get(name, "").strip()

    def text(self, name: str, *, required: bool = False, longest: int = MAX_TEXT) -> str:
        """Return a text of at most `longest` characters."""
        value = self.raw(name)
        if required and not value:
            self.problems[name] = "Fill this in."
        elif len(value) > longest:
            self.problems[name] = f"At most {longest} characters."
        return value

    def flag(self, name: str) -> bool:
        """Return whether a checkbox was ticked."""
        return name in self._lists

    def many(self, name: str) -> tuple[str, ...]:
        """Return every value sent under one name (a group of checkboxes)."""
        return tuple(self._lists.get(name, ()))

    def words(self, name: str) -> tuple[str, ...]:
        """Return what stands between commas, blanks or line ends, each word once."""
        return tuple(dict.fromkeys(self.raw(name).replace(",", " ").split()))

    def whole(self, name: str, *, least: int = 0, blank: int | None = None) -> int:
        """Return a whole number of at least `least`; `blank` is what an empty field means (None: it may not be)."""
        value = self.raw(name).replace("\u2212", "-")
        if not value and blank is not None:
            return blank
        try:
            number = int(value)
        except ValueError:
            self.problems[name] = "A whole number, please."
            return least
        if not least <= number <= MAX_WHOLE:
            self.problems[name] = f"A number from {least} to {MAX_WHOLE:,}."
            return least
        return number

    def choice(self, name: str, of: type[Choice]) -> Choice:
        """Return one of the words of an enumeration."""
        try:
            return of(self.raw(name))
        except ValueError:
            self.problems[name] = "Choose one of the list."
            return next(iter(of))

    def one_of(self, name: str, allowed: Iterable[str]) -> str:
        """Return a value that has to be among `allowed`."""
        value = self.raw(name)
        if value not in set(allowed):
            self.problems[name] = "Choose one of the list."
        return value

    def money(self, name: str, currency: str, *, required: bool = True) -> int:
        """Return an amount typed in units ("12.50" or "12,50") in minor units of `currency`."""
        value = self.raw(name).replace(",", ".").replace(" ", "")
        if not value and not required:
            return 0
        try:
            minor = Decimal(value).scaleb(exponent(currency))
        except ArithmeticError:
            self.problems[name] = "An amount like 12.50, please."
            return 0
        if not minor.is_finite() or not 0 <= minor <= MAX_UNITS.scaleb(2):
            self.problems[name] = "An amount from 0 to 10,000,000."
            return 0
        if minor != minor.to_integral_value():
            self.problems[name] = f"{currency} has {exponent(currency)} digits after the point."
            return 0
        return int(minor)

    def percent_bp(self, name: str) -> int:
        """Return a percentage ("12.5") in basis points (1250)."""
        try:
            points = Decimal(self.raw(name).replace(",", ".")) * 100
        except ArithmeticError:
            self.problems[name] = "A percentage like 12.5, please."
            return 0
        if not points.is_finite() or not 0 < points <= 10_000 or points != points.to_integral_value():  # noqa: PLR2004 - 100 %
            self.problems[name] = "More than 0, at most 100, with at most two digits after the point."
            return 0
        return int(points)

    def day(self, name: str) -> date:
        """Return a date as the browser sends it (2026-11-27)."""
        try:
            return date.fromisoformat(self.raw(name))
        except ValueError:
            self.problems[name] = "A date like 2026-11-27, please."
            return date.min

    def moment(self, name: str) -> datetime | None:
        """Return a date and time (UTC), None when the field is empty."""
        value = self.raw(name)
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is not None:  # an offset would be another moment than the page says
            self.problems[name] = "A date and time like 2026-11-27T00:00, please."
            return None
        return moment.replace(tzinfo=UTC)

    def rows(self, name: str) -> tuple[int, ...]:
        """Return the numbers of the rows that were sent: n of every field `<name>-<n>`, in order."""
        numbers = (field.rpartition("-") for field in self._lists)
        return tuple(sorted(int(n) for start, _, n in numbers if start == name and _ROW.fullmatch(n)))

    def quantities(self, prefix: str) -> dict[int, int]:
        """Return quantities by line from the fields `<prefix>-<line>`; empty ones and zeros are left out."""
        found: dict[int, int] = {}
        for line in self.rows(prefix):
            quantity = self.whole(f"{prefix}-{line}", blank=0)
            if quantity:
                found[line] = quantity
        return found
