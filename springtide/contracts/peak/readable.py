"""Documents that people wrote, read or refused by name: whoever typed one may have typed anything."""

from typing import TypeVar

import msgspec

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

T = TypeVar("T")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Not of its form, not UTF-8, or nested deeper than any reader goes."""


def read_toml(where: str, document: bytes, type_: type[T]) -> T:
    """Read a TOML document called `where` as `type_`; raises InvalidPeakInput (`not_readable`)."""
    try:
        return msgspec.toml.decode(document, type=type_)
    except _UNREADABLE as error:
        raise unreadable(where, error) from error


def read_json(where: str, document: bytes, type_: type[T]) -> T:
    """Read a JSON document called `where` as `type_`; raises InvalidPeakInput (`not_readable`)."""
    try:
        return msgspec.json.decode(document, type=type_)
    except _UNREADABLE as error:
        raise unreadable(where, error) from error


def unreadable(where: str, error: Exception) -> InvalidPeakInput:
    """Return the refusal of a document that cannot be read, in the words of the reader."""
    return InvalidPeakInput.of([Mistake(where=where, rule="not_readable", message=str(error))])
