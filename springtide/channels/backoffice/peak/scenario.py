"""Forms about what goes into plans: an override, a document."""

import difflib
from decimal import Decimal, InvalidOperation

import msgspec

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Trouble
from springtide.contracts.peak.api import MOST_INPUT_BYTES, InputChanged, InputDocument, InputEdit, NewOverride
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Scope

SCOPES = tuple(scope.value for scope in Scope)
CHANGED = InputChanged.code
_MOST_DIGITS = 9


def override_of(form: Form) -> NewOverride:
    """Return the override that was typed; raises InvalidForm."""
    multiplier = _factor(form, "multiplier")
    scope = form.choice("scope", Scope)
    key = form.text("key")
    if scope is not Scope.ALL and not key:
        form.problems["key"] = "Which category or SKU?"
    override = NewOverride(
        multiplier=multiplier,
        reason=form.text("reason", required=True),
        expires_on=form.day("expires_on"),
        scope=scope,
        key=key if scope is not Scope.ALL else "",
        first=form.day("first") if form.raw("first") else None,
        last=form.day("last") if form.raw("last") else None,
    )
    form.check()
    return override


def _factor(form: Form, name: str) -> float:
    try:
        factor = Decimal(form.raw(name).replace(",", "."))
    except InvalidOperation:
        factor = Decimal(-1)
    if not factor.is_finite() or factor < 0:
        form.problems[name] = "A factor like 1.25, please."
        return 1.0
    return float(factor)


def edit_of(form: Form, name: str) -> tuple[InputEdit, str]:
    """Return the new text of a document and the reason for it; raises InvalidForm."""
    text = form.values.get("text", "")
    if len(text.encode()) > MOST_INPUT_BYTES:
        form.problems["text"] = f"At most {MOST_INPUT_BYTES // 1024} KB."
    reason, version = form.text("reason", required=True), form.whole("version")
    form.check()
    return InputEdit(name=name, text=text, expected_version=version), reason


def version_for(newest: InputDocument | None, trouble: Trouble | None) -> int:
    """Return the version that the next save replaces.

    A refused text still belongs to the version it was made from; after somebody else saved, both texts are on the
    page, so the next save is one of the newest.
    """
    sent = trouble.values.get("version", "") if trouble and trouble.error.code != CHANGED else ""
    if sent.isascii() and sent.isdigit() and len(sent) <= _MOST_DIGITS:
        return int(sent)
    return newest.info.version if newest else 0


def mistakes_of(trouble: Trouble | None) -> list[Mistake]:
    """Return what is wrong with a document, row by row; nothing when it was refused for another reason."""
    if trouble is None or trouble.error.code != InvalidPeakInput.code:
        return []
    return msgspec.convert(trouble.error.facts.get("mistakes", []), type=list[Mistake])


def changed_lines(before: str, after: str) -> list[str]:
    """Return what lies between two texts: lines that are gone with "-", lines that came with "+"."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
