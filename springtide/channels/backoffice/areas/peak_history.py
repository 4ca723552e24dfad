"""The history of the desk: handed in as files or taken from the shop, looked over, and saved for the plans to come."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak.handed_in import taken
from springtide.channels.backoffice.peak.page import desk_page, kept, speech_of, wait_for_answer
from springtide.channels.backoffice.peak.past import Past, document_of, past_of, with_kept
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.peak.api import READ, WRITE, InputEdit, InputInfo, PlanState, Question, QuestionKind
from springtide.contracts.peak.source import KEPT_FILES, SOURCE_DOCUMENT, HistoryAsk
from springtide.platform.http import HttpRequest, refuse_null_address
from springtide.platform.uploads import MOST_BYTES

PAGE = "/peak/history"
_WAIT_S = 3.0
_ASKED = 10


@get(PAGE)
async def show_history(request: HttpRequest) -> Reply:
    """Show what plans are made from, the newest past that was looked over, and the forms for another."""
    return await _page(await enter(request, READ))


@post(
    PAGE,
    status_code=200,
    request_max_body_size=MOST_BYTES + 1024 * 1024,
    before_request=refuse_null_address,  # a file may hold any byte; the fields beside it are checked when read
)
async def hand_in(request: HttpRequest) -> Reply:
    """Take files in and have them looked over; without a file, the shop's own orders."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Question:
        form.check()
        past = await past_of(visit)
        document = document_of(past.text, timezone=form.text("timezone", required=True))
        files = {field: await taken(visit, field) for field in KEPT_FILES}
        ask = HistoryAsk(
            document=document,
            files={field: file for field, file in files.items() if file},
            from_shop=form.raw("from") == "shop",
        )
        return await visit.office.peak.look_at_history(caller=visit.caller, key=key, ask=ask)

    return await _asked(visit, await visit.act("past", work))


@post("/peak/history/{question_id:uuid}/keep", status_code=200)
async def take_back(request: HttpRequest, question_id: FromPath[UUID]) -> Reply:
    """Look the same past over again with other exclusions taken back."""
    visit = await enter(request, WRITE)
    question = await visit.office.peak.get_question(caller=visit.caller, question_id=question_id)

    async def work(form: Form, key: str) -> Question:
        document = question.history.document if question.history else ""
        ask = HistoryAsk(document=with_kept(document, form.many("keep")))
        return await visit.office.peak.look_at_history(caller=visit.caller, key=key, ask=ask)

    return await _asked(visit, await visit.act("keep", work))


@post("/peak/history/{question_id:uuid}/use", status_code=200)
async def use_history(request: HttpRequest, question_id: FromPath[UUID]) -> Reply:
    """Save a past that was looked over: plans ordered from now on are made from it."""
    visit = await enter(request, WRITE)
    question = await visit.office.peak.get_question(caller=visit.caller, question_id=question_id)

    async def work(form: Form, key: str) -> tuple[InputInfo, ...]:
        reason, version = form.text("reason", required=True), form.whole("version")
        form.check()
        text = question.history.document if question.history else ""
        edit = InputEdit(name=SOURCE_DOCUMENT, text=text, expected_version=version)
        return await visit.office.peak.put_inputs(caller=visit.because(reason), key=key, edits=(edit,))

    done = await visit.act("use", work)
    if isinstance(done, Trouble):
        return await _page(visit, done)
    return visit.see_other(PAGE, speech_of(visit)("past_used", version=done[0].version), **kept(visit))


async def _asked(visit: Visit, done: Question | Trouble) -> Reply:
    if isinstance(done, Trouble):
        return await _page(visit, done)
    await wait_for_answer(visit, done, most_s=_WAIT_S)
    return visit.see_other(PAGE, question=str(done.id), **kept(visit))


async def _page(visit: Visit, trouble: Trouble | None = None) -> Reply:
    past: Past = await past_of(visit)
    asked = await visit.office.peak.list_questions(caller=visit.caller, kind=QuestionKind.HISTORY, limit=_ASKED)
    wanted = visit.query.get("question", "")
    chosen = next((one for one in asked if str(one.id) == wanted), asked[0] if asked else None)
    return desk_page(
        visit,
        "peak/history.html",
        speech_of(visit),
        trouble=trouble,
        past=past,
        asked=asked,
        chosen=chosen,
        waits=chosen is not None and chosen.state in {PlanState.QUEUED, PlanState.RUNNING},
        looked=await past.looked_over(visit, chosen),
        files=KEPT_FILES,
        most_mb=MOST_BYTES // 1024 // 1024,
        may_write=visit.can(WRITE),
    )


ROUTES = (show_history, hand_in, take_back, use_history)
