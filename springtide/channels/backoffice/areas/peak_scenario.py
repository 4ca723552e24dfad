"""What goes into plans: documents with their versions, and what people know better."""

from litestar import get, post
from litestar.params import FromPath

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak import scenario
from springtide.channels.backoffice.peak.page import desk_page, kept, speech_of
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.peak.api import READ, WRITE, InputDocument, InputInfo, PeakNotFound
from springtide.contracts.peak.documents import ALL_DOCUMENTS, first_text
from springtide.contracts.peak.paths import Override
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest

OVERRIDES, INPUT = "/peak/overrides", "/peak/input"
_VERSIONS = 20
_MOST_DIGITS = 9


@get(OVERRIDES)
async def list_overrides(request: HttpRequest) -> Reply:
    """Show what people know better, and the form that adds to it; `with=expired` shows what no longer counts too."""
    return await _overrides(await enter(request, READ))


@post(OVERRIDES, status_code=200)
async def add_override(request: HttpRequest) -> Reply:
    """Add an override; plans ordered from now on derive every step from it."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Override:
        override = scenario.override_of(form)
        return await visit.office.peak.add_override(caller=visit.because(override.reason), key=key, override=override)

    done = await visit.act("override", work)
    if isinstance(done, Trouble):
        return await _overrides(visit, done)
    return visit.see_other(OVERRIDES, speech_of(visit)("override_added"), **kept(visit))


@post("/peak/overrides/{override_id:str}/expire", status_code=200)
async def expire_override(request: HttpRequest, override_id: FromPath[str]) -> Reply:
    """End an override today."""
    visit = await enter(request, WRITE)
    done = await visit.act(
        f"expire-{override_id}",
        lambda _, key: visit.office.peak.expire_override(caller=visit.caller, key=key, override_id=override_id),
    )
    if isinstance(done, Trouble):
        return await _overrides(visit, done)
    return visit.see_other(OVERRIDES, speech_of(visit)("override_ended"), **kept(visit))


async def _overrides(visit: Visit, trouble: Trouble | None = None) -> Reply:
    speech = speech_of(visit)
    with_expired = visit.query.get("with") == "expired"
    counting = await visit.office.peak.list_overrides(caller=visit.caller)
    shown = await visit.office.peak.list_overrides(caller=visit.caller, with_expired=True) if with_expired else counting
    return desk_page(
        visit,
        "peak/overrides.html",
        speech,
        trouble=trouble,
        overrides=shown,
        counting={one.id for one in counting},
        with_expired=with_expired,
        scope_options=[(scope, speech(f"scope_{scope}")) for scope in scenario.SCOPES],
        may_write=visit.can(WRITE),
    )


@get(INPUT)
async def show_input(request: HttpRequest) -> Reply:
    """Show a document: `name`, and `version` for another one than the newest."""
    visit = await enter(request, READ)
    version = visit.query.get("version", "")
    if not version:
        return await _input(visit, visit.query.get("name", ""))
    if not (version.isascii() and version.isdigit() and len(version) <= _MOST_DIGITS):
        message = f"There is no version {version}."
        raise NotFound(message)
    name = visit.query.get("name", "")
    old = await visit.office.peak.get_input(caller=visit.caller, name=name, version=int(version))
    return await _input(visit, name, old=old)


@post(INPUT, status_code=200)
async def save_input(request: HttpRequest) -> Reply:
    """Save a new version of a document; whoever saved it meanwhile is not overwritten unseen."""
    visit = await enter(request, WRITE)
    name = visit.query.get("name", "")

    async def work(form: Form, key: str) -> tuple[InputInfo, ...]:
        edit, reason = scenario.edit_of(form, name)
        return await visit.office.peak.put_inputs(caller=visit.because(reason), key=key, edits=(edit,))

    done = await visit.act("input", work)
    if isinstance(done, Trouble):
        return await _input(visit, name, trouble=done)
    said = speech_of(visit)("input_saved", name=name, version=done[0].version)
    return visit.see_other(INPUT, said, name=name, **kept(visit))


async def _input(visit: Visit, name: str, *, old: InputDocument | None = None, trouble: Trouble | None = None) -> Reply:
    newest = await _newest(visit, name)
    if newest is None and name not in ALL_DOCUMENTS:
        message = f"A plan has no document {name}."
        raise NotFound(message)
    return desk_page(
        visit,
        "peak/input.html",
        speech_of(visit),
        trouble=trouble,
        name=name,
        newest=newest,
        old=old,
        versions=await visit.office.peak.list_input_versions(caller=visit.caller, name=name, limit=_VERSIONS),
        version=scenario.version_for(newest, trouble),
        was_changed=trouble is not None and trouble.error.code == scenario.CHANGED,
        mistakes=scenario.mistakes_of(trouble),
        begins=old.text if old else newest.text if newest else first_text(name),
        changed=scenario.changed_lines(old.text, newest.text) if old and newest else [],
        may_write=visit.can(WRITE),
    )


async def _newest(visit: Visit, name: str) -> InputDocument | None:
    try:
        return await visit.office.peak.get_input(caller=visit.caller, name=name)
    except PeakNotFound:
        return None


ROUTES = (list_overrides, add_override, expire_override, show_input, save_input)
