"""One request of one member of staff: who it is, what they may, how a form is read and a page answered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from springtide.channels.backoffice import tickets
from springtide.channels.backoffice.forms import Form, read_fields
from springtide.channels.backoffice.navigation import FRAME_WORDS, holds, tasks_of
from springtide.channels.backoffice.office import Office
from springtide.channels.backoffice.sessions import SESSION_COOKIE, Sessions
from springtide.channels.backoffice.tickets import Ticket
from springtide.channels.pages.render import Pages
from springtide.channels.pages.same_origin import require_same_origin
from springtide.contracts.customers.api import Session
from springtide.platform.caller import Caller
from springtide.platform.errors import Forbidden, Refusal, SpringtideError, Unauthenticated, Unavailable
from springtide.platform.http import HttpRequest, cookie, dropped_cookie, request_id
from springtide.platform.telemetry import logger

log = logger(__name__)

Reply = Response[bytes]
Done = TypeVar("Done")

SENT_BEFORE = "idempotency_key_reused"


class NotYours(Forbidden):
    """The page or action needs a permission that none of the caller's roles has; facts: scope."""

    code = "scope_missing"
    title = "Your roles do not include this"


class Trouble:
    """A form that was refused: which one, why, and what had been typed, so that nothing has to be typed twice."""

    def __init__(self, form: str, error: SpringtideError, sent: Form) -> None:
        self.form = form
        self.error = error
        self.values: Mapping[str, str] = {
            name: value
            for name, value in sent.values.items()
            if name not in {tickets.KEY_FIELD, tickets.SEAL_FIELD, "password"}
        }
        self.rows = sent.rows
        """The numbers of the rows that were sent under a name."""
        self.chosen = {name: frozenset(sent.many(name)) for name in self.values}
        fields = error.facts.get("fields")
        self.fields: dict[str, str] = (
            {str(name): str(why) for name, why in fields.items()} if isinstance(fields, dict) else {}
        )
        line, possible = error.facts.get("line"), error.facts.get("possible")
        if line and possible is not None:
            self.fields.setdefault(f"quantity-{line}", f"At most {possible}.")
        self.key = sent.raw(tickets.KEY_FIELD) if isinstance(error, Unavailable) else ""
        self.message = _message(error)
        """What happened and what to do, in one or two sentences."""
        self.each: tuple[str, ...] = ()
        """Mistakes that belong to no field of the form, one by one."""

    def in_words(self, message: str, fields: Mapping[str, str], each: Sequence[str] = ()) -> "Trouble":
        """Return the same trouble, said in other words; `each`: what is wrong one by one, below the message."""
        said = copy(self)
        said.message, said.fields, said.each = message, dict(fields), tuple(each)
        return said

    def status(self) -> int:
        """Return the HTTP status of the page that shows it."""
        return self.error.status


def _message(error: SpringtideError) -> str:
    if isinstance(error, Unavailable):
        return "There was no answer in time. Send the form again: nothing is done twice."
    if error.code == SENT_BEFORE:
        return "This form went out before with other values. Look at the page as it is now, then send it again."
    return error.detail


class Filled:
    """A form about to be shown: its ticket, and what was typed and refused before (nothing on the first showing).

    After no answer in time the ticket is the one it had: sending again asks for the same thing.
    """

    def __init__(self, trouble: Trouble | None, ticket: Ticket) -> None:
        self.ticket = ticket
        self.refused = trouble is not None
        self.message = trouble.message if trouble else ""
        self.problems = trouble.fields if trouble else {}
        self.each = trouble.each if trouble else ()
        self._values = trouble.values if trouble else {}
        self._chosen = trouble.chosen if trouble else {}

    def value(self, name: str, default: object = "") -> str:
        """Return what to show in a field."""
        return self._values.get(name, "") if self.refused else str(default)

    def ticked(self, name: str, *, default: bool = False) -> bool:
        """Return whether a box is ticked: browsers send nothing for a box that is not."""
        return name in self._values if self.refused else default

    def chosen(self, name: str, value: str, *, default: bool = False) -> bool:
        """Return whether one box of a group (roles, markets) is ticked."""
        return value in self._chosen.get(name, frozenset()) if self.refused else default

    def error(self, name: str) -> str:
        """Return what is wrong with a field, "" when nothing is known."""
        return self.problems.get(name, "")


class Visit:
    """One request. Made by `enter`; templates see it as `visit`."""

    def __init__(
        self, request: HttpRequest, office: Office, pages: Pages, sessions: Sessions, session: Session
    ) -> None:
        self.request = request
        self.office = office
        self.session = session
        self._pages = pages
        self._sessions = sessions
        self.caller: Caller = msgspec.structs.replace(session.caller, request_id=request_id(request))
        self.tasks = tasks_of(self.caller)
        self.flash = tickets.read_flash(office.secret_key, request.cookies.get(tickets.FLASH_COOKIE, ""))

    @property
    def name(self) -> str:
        """The name of who is signed in."""
        return self.session.name

    @property
    def query(self) -> Mapping[str, str]:
        """The filters in the address, without outer blanks."""
        return {name: value.strip()[:200] for name, value in self.request.query_params.items()}

    def can(self, *scopes: str) -> bool:
        """Return whether any of `scopes` is held."""
        return holds(self.caller, *scopes)

    def require(self, *scopes: str) -> None:
        """Raise `NotYours` unless any of `scopes` is held."""
        if not self.can(*scopes):
            msg = f"This needs the permission {' or '.join(scopes)}. An owner can give it to you under Staff."
            raise NotYours(msg, scope=scopes[0])

    def because(self, reason: str) -> Caller:
        """Return the caller with the reason that goes on the audit row."""
        return msgspec.structs.replace(self.caller, reason=reason)

    def filled(self, name: str, trouble: Trouble | None = None) -> "Filled":
        """Return the form called `name` as it is about to be shown: empty, or as it was sent when it was refused."""
        mine = trouble if trouble and trouble.form == name else None
        return Filled(mine, tickets.new_ticket(self.office.secret_key, self._token, mine.key if mine else ""))

    async def form(self) -> tuple[Form, str]:
        """Return the form that was sent and its idempotency key; `ForeignForm` unless it came from here."""
        require_same_origin(self.request.headers, self.office.places.office_url)
        form = Form(await read_fields(self.request))
        key = form.raw(tickets.KEY_FIELD)
        tickets.check_ticket(self.office.secret_key, self._token, key, form.raw(tickets.SEAL_FIELD))
        return form, key

    async def act(self, name: str, work: Callable[[Form, str], Awaitable[Done]]) -> "Done | Trouble":
        """Read the form called `name` and do its work (exactly one write); a refusal becomes a `Trouble` to be shown.

        `work` gets the form and its idempotency key. `ForeignForm` and a session that is over are raised.
        """
        form, key = await self.form()
        try:
            return await work(form, key)
        except Unauthenticated:
            raise
        except (Refusal, Unavailable) as error:
            return Trouble(name, error, form)

    def page(self, template: str, *, status: int = 200, **context: Any) -> Reply:  # noqa: ANN401 - template values
        """Answer with a page; a message of the action before is shown once."""
        now = datetime.now(UTC)  # shown as the time of the data, nothing is decided by it
        here = self.request.url.path
        values = {
            "visit": self,
            "office": self.frame(here),
            "language": "en",
            "here": here,
            "query": self.query,
            "read_at": now,
            "trouble": None,
            **context,
        }
        body = self._pages.html(template, values)
        spent = [dropped_cookie(tickets.FLASH_COOKIE, public_url=self._url)] if self.flash else []
        return html(body, status=status, cookies=spent)

    def frame(self, here: str, words: Mapping[str, str] = FRAME_WORDS) -> Mapping[str, object]:
        """Return what the shared frame `office.html` needs; `here` is the address of the page, `words` are its own."""
        start = "/" + here.split("/")[1]
        current = next((task for task in self.tasks if task.path == start), None)
        names = {task.key: words.get(f"task_{task.key}", task.name) for task in self.tasks}
        return {
            "brand": "Springtide",
            "home": "/",
            "items": [
                {"key": task.key, "label": names[task.key], "href": task.path, "count": 0} for task in self.tasks
            ],
            "current": current.key if current else "",
            "person": self.name,
            "role": "",
            "sign_out": "/sign-out",
            "search": current.search if current and here != current.path else "",
            "query": "",
            "labels": {
                **words,
                "search": f"{words['search']} {names[current.key].lower()}" if current else words["search"],
            },
        }

    def see_other(self, path: str, say: str = "", **query: str) -> Reply:
        """Lead on to `path` (of this back office) after a write; `say` is shown there, once."""
        cookies = []
        if say:
            value = tickets.write_flash(self.office.secret_key, say)
            seconds = tickets.FLASH_KEPT_S
            cookies.append(cookie(tickets.FLASH_COOKIE, value, public_url=self._url, max_age_s=seconds))
        return redirect(path + (f"?{urlencode(query)}" if query else ""), cookies=cookies)

    def roles_changed(self) -> None:
        """Forget all remembered sessions of this process: scopes may be others now."""
        self._sessions.forget_all()

    @property
    def _token(self) -> str:
        return self.request.cookies.get(SESSION_COOKIE, "")

    @property
    def _url(self) -> str:
        return self.office.places.office_url


def html(
    body: bytes, *, status: int = 200, cookies: list[Cookie] | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """Return a page that no cache keeps."""
    return Response(
        body,
        status_code=status,
        media_type="text/html",
        headers={"cache-control": "no-store", **(headers or {})},
        cookies=cookies or [],
    )


def redirect(path: str, *, cookies: list[Cookie] | None = None) -> Reply:
    """Return 303 See Other: the browser asks for `path` with GET."""
    headers = {"location": path, "cache-control": "no-store"}
    return Response(b"", status_code=303, headers=headers, media_type="text/plain", cookies=cookies or [])


def local_path(path: str, otherwise: str = "/") -> str:
    """Return `path` when it leads nowhere but to this back office, else `otherwise`."""
    is_local = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_local and path.isascii() and path.isprintable() else otherwise  # a header carries nothing else


async def lateness(visit: Visit) -> float:
    """Return how many seconds late figures may be; 0 where orders does not say (a release before this one)."""
    if not visit.can("orders.read"):
        return 0.0
    try:
        return await visit.office.orders.late_by(caller=visit.caller)
    except (Refusal, Unavailable) as error:
        log.debug("lateness.unknown", error=error.detail)
        return 0.0


async def enter(request: HttpRequest, *needs: str) -> Visit:
    """Return who is here; `SessionGone` when nobody is, `NotYours` when none of the scopes `needs` is held."""
    state = request.app.state
    session = await state.sessions.find(request.cookies.get(SESSION_COOKIE, ""), request_id(request))
    visit = Visit(request, state.office, state.pages, state.sessions, session)
    request.scope["state"]["visit"] = visit  # error pages show the navigation too
    if needs:
        visit.require(*needs)
    return visit
