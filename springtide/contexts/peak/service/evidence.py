"""Evidence: filed by people with a document, or by programs with a seal; taken back with a reason, never deleted."""

import hashlib
from uuid import UUID

import msgspec

from springtide.contexts.peak.domain.edits import LONGEST_REASON, mistakes_of_evidence
from springtide.contexts.peak.domain.handed_in import media_type_of
from springtide.contexts.peak.providers.seal import is_sealed
from springtide.contexts.peak.store import json_of, run_row
from springtide.contracts.peak.api import (
    EvidenceFile,
    EvidenceRow,
    EvidenceStays,
    KeptFile,
    NewEvidence,
    PeakNotFound,
)
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.evidence import RunRow, SealedRun, mistakes_of
from springtide.platform.caller import Kind
from springtide.platform.db import Read, Tx
from springtide.platform.ids import uuid7

PRODUCT, HAND = "product", "hand"


async def file_evidence(tx: Tx, given: NewEvidence) -> EvidenceRow:
    """File evidence; only the system itself says that it saw something. `InvalidPeakInput`."""
    by_hand = tx.caller.kind is not Kind.SYSTEM
    mistakes = list(mistakes_of_evidence(given, tx.now.date(), by_hand=by_hand))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    said = {name: value for name, value in msgspec.structs.asdict(given).items() if name != "file"}
    row = EvidenceRow(
        **said | {"document": given.document or (given.file.name if given.file else "")},
        id=uuid7(),
        author=tx.caller.principal,
        source=HAND if by_hand else PRODUCT,
        filed_on=tx.now.date(),
        filed_at=tx.now,
        attachment=await _kept(tx, given.file) if given.file else None,
    )
    await tx.run("insert_evidence", msgspec.structs.asdict(row))
    tx.audit("evidence_filed", row.id, item=given.item, passed=given.passed)
    return row


async def _kept(tx: Tx, file: EvidenceFile) -> str:
    sha256 = hashlib.sha256(file.body).hexdigest()
    columns = {"sha256": sha256, "name": file.name, "media_type": media_type_of(file.body), "body": file.body}
    await tx.run("keep_attachment", {**columns, "author": tx.caller.principal, "at": tx.now})
    return sha256


async def find_file(read: Read, sha256: str) -> KeptFile:
    """Return a document that was handed in; `PeakNotFound`."""
    found = await read.maybe("find_attachment", {"sha256": sha256}, row=KeptFile)
    if found is None:
        message = "There is no such document."
        raise PeakNotFound(message, what="document")
    return found


async def withdraw_evidence(tx: Tx, evidence_id: UUID, reason: str) -> EvidenceRow:
    """Take evidence back; what was taken back before stays as it is. `PeakNotFound`, `EvidenceStays`."""
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        message = f"say why, in at most {LONGEST_REASON} characters"
        raise InvalidPeakInput.of([Mistake(where="evidence", rule="reason", message=message)])
    row = await tx.maybe("lock_evidence", {"id": evidence_id}, row=EvidenceRow)
    if row is None:
        message = "There is no such evidence."
        raise PeakNotFound(message, what="evidence")
    if row.source != HAND:
        message = "The product saw this itself: run it again, a newer run answers it."
        raise EvidenceStays(message)
    if row.withdrawn_at is not None:
        return row
    values = {"at": tx.now, "by": tx.caller.principal, "why": reason.strip()}
    await tx.run("withdraw_evidence", {"id": evidence_id, **values})
    tx.audit("evidence_withdrawn", evidence_id, item=row.item)
    return msgspec.structs.replace(row, withdrawn_at=tx.now, withdrawn_by=values["by"], withdrawn_why=values["why"])


async def file_run(tx: Tx, sealed: SealedRun, *, secret_key: str) -> RunRow:
    """File a run; one that is there already stays as it was filed first. `InvalidPeakInput`."""
    run = sealed.run
    mistakes = list(mistakes_of(run))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    source = PRODUCT if is_sealed(sealed, secret_key) else HAND
    columns = {"id": run.id, "kind": str(run.kind), "at": run.at, "source": source, "author": tx.caller.principal}
    if await tx.run("file_run", {**columns, "filed_at": tx.now, "run": json_of(run)}):
        tx.audit("run_filed", run.id, kind=str(run.kind), passed=run.passed, source=source)
    return run_row(await tx.dicts("find_run", {"id": run.id}))
