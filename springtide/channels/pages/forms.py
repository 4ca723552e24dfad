"""Forms as they come in and as they are shown again: values, errors by field, in the order of the page."""

import secrets
from collections.abc import Iterator, Mapping

import msgspec

from springtide.platform.errors import BadInput
from springtide.platform.http import HttpRequest, sent_form

FIELD_LIMIT = 2_000
FIELDS_LIMIT = 400
_KEY_LEAST, _KEY_LIMIT = 16, 64


class FieldError(msgspec.Struct, frozen=True):
    """One mistake: the field's name (also its element id) and what to do about it."""

    field: str
    text: str


class Form:
    """What was filled in. Missing fields read as ""; texts are stripped and cut at `FIELD_LIMIT` characters."""

    def __init__(self, values: Mapping[str, str] | None = None, errors: tuple[FieldError, ...] = ()) -> None:
        self._values = dict(values or {})
        self.errors = errors

    def __getitem__(self, name: str) -> str:
        return self._values.get(name, "")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield name and value in the order they came."""
        yield from self._values.items()

    def error(self, name: str) -> str:
        """Return what is wrong with a field, "" when nothing is."""
        return next((error.text for error in self.errors if error.field == name), "")

    def with_errors(self, *errors: FieldError) -> "Form":
        """Return the same values with mistakes."""
        return Form(self._values, (*self.errors, *errors))

    def with_defaults(self, values: Mapping[str, str]) -> "Form":
        """Return the form with values for the fields that did not come."""
        return Form({**values, **self._values}, self.errors)

    def whole_number(self, name: str, *, least: int, most: int) -> int | None:
        """Return a field as a whole number within limits, None when it is not one."""
        text = self[name]
        if not (text.isascii() and text.isdigit()) or len(text) > 9:  # noqa: PLR2004 - nine digits fit any limit here
            return None
        value = int(text)
        return value if least <= value <= most else None


async def read_form(request: HttpRequest) -> Form:
    """Read a posted form; `BadInput` when it has too many fields. Files are not taken."""
    sent = await sent_form(request)
    values = {name: value for name, value in sent.items() if isinstance(value, str)}
    if len(values) > FIELDS_LIMIT:
        msg = f"A form has at most {FIELDS_LIMIT} fields."
        raise BadInput(msg, limit=FIELDS_LIMIT)
    return Form({name: _tidy(name, value) for name, value in values.items()})


def _tidy(name: str, value: str) -> str:
    """Strip a field; a password is what was typed, blanks and all."""
    text = value.replace("\x00", "")[:FIELD_LIMIT]
    return text if name.startswith("password") else text.strip()


def key_of(form: Form) -> str:
    """Return the idempotency key a form carries, a fresh one when it carries none (then a repeat is a new wish)."""
    return form["key"][:_KEY_LIMIT] if len(form["key"]) >= _KEY_LEAST else new_form_key()


def new_form_key() -> str:
    """Return a fresh idempotency key for a form on a page made for one person (128 random bits)."""
    return secrets.token_hex(16)
