"""Documents: saved together or not at all."""

import hashlib
from collections.abc import Sequence

from springtide.contexts.peak.domain.documents import mistakes_of
from springtide.contexts.peak.store import InputRecord, lock_desk, newest_inputs
from springtide.contracts.peak.api import InputChanged, InputEdit, InputInfo
from springtide.contracts.peak.company import used_twice
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.platform.db import Tx


async def save_inputs(tx: Tx, edits: Sequence[InputEdit]) -> tuple[InputInfo, ...]:
    """Save new versions; `InputChanged`, or `InvalidPeakInput` for what the documents would be together."""
    mistakes = list(used_twice("edits", [edit.name for edit in edits]))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    await lock_desk(tx)
    newest = await newest_inputs(tx)
    for edit in edits:
        _require_expected(edit, newest)
    documents = {name: row.text.encode() for name, row in newest.items()}
    documents |= {edit.name: edit.text.encode() for edit in edits}
    mistakes = list(mistakes_of(documents))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return tuple([await _save(tx, edit, newest.get(edit.name)) for edit in edits])


def _require_expected(edit: InputEdit, newest: dict[str, InputRecord]) -> None:
    version = newest[edit.name].version if edit.name in newest else 0
    if version != edit.expected_version:
        message = f"{edit.name} is at version {version}, not {edit.expected_version}: read it again."
        raise InputChanged(message, name=edit.name, version=version)


async def _save(tx: Tx, edit: InputEdit, newest: InputRecord | None) -> InputInfo:
    sha256 = hashlib.sha256(edit.text.encode()).hexdigest()
    if newest is not None and newest.sha256 == sha256:
        return newest.info()
    info = InputInfo(
        name=edit.name,
        version=edit.expected_version + 1,
        sha256=sha256,
        size_bytes=len(edit.text.encode()),
        author=tx.caller.principal,
        reason=tx.caller.reason,
        saved_at=tx.now,
    )
    await tx.run(
        "insert_input",
        {
            "name": info.name,
            "version": info.version,
            "text": edit.text,
            "sha256": sha256,
            "author": info.author,
            "reason": info.reason,
            "at": tx.now,
        },
    )
    tx.audit("input_saved", edit.name, version=info.version)
    return info
