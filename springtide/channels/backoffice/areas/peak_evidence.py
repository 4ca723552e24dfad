"""Evidence of people: filed with a document or a link, taken back with a reason, looked at again."""

from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from springtide.channels.backoffice.areas.peak import show
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak.page import kept, speech_of
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.peak.api import (
    MOST_FILE_BYTES,
    READ,
    WRITE,
    EvidenceFile,
    EvidenceRow,
    NewEvidence,
)
from springtide.platform.http import HttpRequest, refuse_null_address

_UPLOAD_LIMIT_BYTES = MOST_FILE_BYTES + 256 * 1024
"""A file that is a little too large is refused by name, not by a closed door."""
_PAGE = "readiness"


@post(
    "/peak/evidence/{plan_id:uuid}",
    status_code=200,
    request_max_body_size=_UPLOAD_LIMIT_BYTES,
    before_request=refuse_null_address,  # a document may hold any byte; the fields beside it are checked when read
)
async def file_evidence(request: HttpRequest, plan_id: FromPath[UUID]) -> Reply:
    """File evidence by hand for an item of the readiness page."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> EvidenceRow:
        evidence = _evidence(form, await _file(request, form))
        return await visit.office.peak.file_evidence(caller=visit.caller, key=key, evidence=evidence)

    done = await visit.act("evidence", work)
    if isinstance(done, Trouble):
        return await show(visit, plan_id, _PAGE, done)
    return visit.see_other(f"/peak/plans/{plan_id}/{_PAGE}", _said(visit, "evidence_filed", done.item), **kept(visit))


@post("/peak/evidence/{plan_id:uuid}/withdraw/{evidence_id:uuid}", status_code=200)
async def withdraw_evidence(request: HttpRequest, plan_id: FromPath[UUID], evidence_id: FromPath[UUID]) -> Reply:
    """Take evidence back; it stays on the page with the reason."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> EvidenceRow:
        reason = form.text("reason", required=True)
        form.check()
        return await visit.office.peak.withdraw_evidence(
            caller=visit.because(reason), key=key, evidence_id=evidence_id, reason=reason
        )

    done = await visit.act(f"withdraw-{evidence_id}", work)
    if isinstance(done, Trouble):
        return await show(visit, plan_id, _PAGE, done)
    return visit.see_other(
        f"/peak/plans/{plan_id}/{_PAGE}", _said(visit, "evidence_withdrawn", done.item), **kept(visit)
    )


def _said(visit: Visit, what: str, item: str) -> str:
    speech = speech_of(visit)
    return speech(what, item=speech.named("readiness.item", item))


@get("/peak/evidence-file/{sha256:str}", include_in_schema=False)
async def show_file(request: HttpRequest, sha256: FromPath[str]) -> Response[bytes]:
    """Hand a document out: as a download, never shown inside of the back office."""
    visit = await enter(request, READ)
    file = await visit.office.peak.get_evidence_file(caller=visit.caller, sha256=sha256)
    name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in file.name
    )
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(file.body, media_type=file.media_type, headers=headers)


async def _file(request: HttpRequest, form: Form) -> EvidenceFile | None:
    sent = (await request.form()).get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    body = await sent.read()
    if not 0 < len(body) <= MOST_FILE_BYTES:
        form.problems["file"] = f"1 byte to {MOST_FILE_BYTES // 1024} KB; file the link to a larger one."
    return EvidenceFile(name=sent.filename[:200], body=body)


def _evidence(form: Form, file: EvidenceFile | None) -> NewEvidence:
    evidence = NewEvidence(
        item=form.text("item", required=True),
        passed=form.one_of("passed", ("yes", "no")) == "yes",
        owner=form.text("owner", required=True),
        document=form.text("document", required=file is None),
        expires_on=form.day("expires_on") if form.raw("expires_on") else None,
        note=form.text("note"),
        file=file,
    )
    form.check()
    return evidence


ROUTES = (file_evidence, withdraw_evidence, show_file)
