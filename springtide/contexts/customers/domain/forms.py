"""What a field may hold. Every mistake of a form is named at once."""

import re
from collections.abc import Mapping

import msgspec

from springtide.contracts.common import Address
from springtide.contracts.customers.api import InvalidCustomer

_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\.]+(\.[^@\s<>,;:\"()\[\]\\.]+)+")
_LOCALE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_WORD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_LONGEST_EMAIL, _LONGEST = 254, 200
_REQUIRED = ("name", "line1", "city", "postcode", "country")
MOST_ADDRESSES = 20


def email_key(email: str) -> str:
    """Return the form in which two addresses are the same account, without the NUL that the database does not take."""
    return email.strip().casefold().replace("\0", "\ufffd")


def refuse(problems: Mapping[str, str]) -> None:
    """Raise `InvalidCustomer` naming every field in `problems`, if any."""
    if problems:
        msg = f"Not valid: {', '.join(problems)}."
        raise InvalidCustomer(msg, fields=dict(problems))


def email_problem(email: str) -> dict[str, str]:
    """Return {"email": why} or nothing."""
    fits = len(email) <= _LONGEST_EMAIL and _EMAIL.fullmatch(email.strip())
    return {} if fits else {"email": "not an e-mail address"}


def name_problem(name: str) -> dict[str, str]:
    """Return {"name": why} or nothing."""
    if not name.strip():
        return {"name": "is missing"}
    return {"name": "contains control characters"} if not name.isprintable() else _length_problem("name", name)


def locale_problem(locale: str) -> dict[str, str]:
    """Return {"locale": why} or nothing."""
    return {} if _LOCALE.fullmatch(locale) else {"locale": "not a language code such as en, nl or sv"}


def word_problem(field: str, value: str) -> dict[str, str]:
    """Return {field: why} for something that is not a short word of code (a purpose, a version)."""
    return {} if _WORD.fullmatch(value) else {field: "not a short word in lower case"}


def address_problems(address: Address) -> dict[str, str]:
    """Return what is wrong with an address, by field."""
    values = msgspec.to_builtins(address)
    problems = {field: "is missing" for field in _REQUIRED if not values[field].strip()}
    for field, value in values.items():
        if not value.isprintable():
            problems[field] = "contains control characters"
        problems.update(_length_problem(field, value))
    if not _COUNTRY.fullmatch(address.country):
        problems["country"] = "not a country code of two letters"
    return problems


def _length_problem(field: str, value: str) -> dict[str, str]:
    return {field: f"longer than {_LONGEST} characters"} if len(value) > _LONGEST else {}
