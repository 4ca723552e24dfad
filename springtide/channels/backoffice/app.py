"""The back office as an ASGI application: a role of its own on a port of its own.

/healthz: this process lives. /readyz: it serves and is not about to stop. /metrics: Prometheus. The rest is pages.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import HTTPException
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from springtide.channels.backoffice.areas import ROUTES, pictures
from springtide.channels.backoffice.live import Live
from springtide.channels.backoffice.office import Places, open_office
from springtide.channels.backoffice.problems import answer_anything, answer_framework, answer_refusal
from springtide.channels.backoffice.sessions import Sessions
from springtide.channels.backoffice.templating import make_pages
from springtide.edge.asgi import App, Receive, Scope, Send
from springtide.edge.entrance import Entrance
from springtide.edge.limits import InFlightLimit
from springtide.platform.blob import FolderBlobs
from springtide.platform.errors import SpringtideError, Unavailable
from springtide.platform.http import HttpRequest, make_app, problem_response, refuse_null_characters
from springtide.platform.telemetry import REGISTRY
from springtide.platform.wiring import Ask

BODY_LIMIT_BYTES = 256 * 1024
IN_FLIGHT_LIMIT = 64


@get("/healthz")
async def healthz() -> Response[bytes]:
    """Answer while the process lives."""
    return Response(b"alive\n", media_type="text/plain", headers={"cache-control": "no-store"})


@get("/readyz")
async def readyz(request: HttpRequest) -> Response[bytes]:
    """Answer 200 while pages are served, 503 once the process is leaving; there is no state to be loaded first."""
    if request.app.state.door.draining:
        return problem_response(Unavailable("This process is about to stop.", retry_after_s=1))
    return Response(b"ready\n", media_type="text/plain", headers={"cache-control": "no-store"})


@get("/metrics")
async def metrics() -> Response[bytes]:
    """Answer all metrics of this process."""
    return Response(
        generate_latest(REGISTRY), headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
    )


class BackOffice:
    """The ASGI application. `draining` makes /readyz answer 503 before the process stops."""

    def __init__(self, live: Live) -> None:
        self.draining = False
        self.live = live
        self._app: App | None = None

    def serve(self, app: App) -> None:
        """Put the pages behind the door."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if self._app is None:
            msg = "nothing is served yet"
            raise RuntimeError(msg)
        await self._app(scope, receive, send)


def create_app(
    ask: Ask,
    *,
    secret_key: str,
    office_url: str,
    shop_url: str,
    trusted_proxies: tuple[str, ...] = (),
    data_dir: Path | None = None,
    as_of: date | None = None,
    consumers: Sequence[str] = (),
) -> BackOffice:
    """Build the application. `office_url`: where staff reach it; `shop_url`: for links to what buyers see.

    `data_dir`: pictures are kept below it, where the web processes find them (None: products get none).
    `as_of`: the day that reports are as of unless asked for another one (None: today). `consumers`: whose waiting
    events the live page shows; it hears of other processes while `.live.running(bus)` lasts.
    """
    places = Places(office_url=office_url, shop_url=shop_url, trusted_proxies=trusted_proxies)
    office = open_office(ask, secret_key=secret_key, places=places, as_of=as_of)
    pages, static = make_pages()
    door = BackOffice(Live(office, pages, consumers=consumers))
    blobs = FolderBlobs(data_dir / "blobs") if data_dir is not None else None
    inner = make_app(
        [*ROUTES, *(pictures.ROUTES if blobs else ()), static.handler(), healthz, readyz, metrics],
        state={
            "door": door,
            "office": office,
            "pages": pages,
            "sessions": Sessions(office.customers),
            "blobs": blobs,
            "live": door.live,
        },
        exception_handlers={
            SpringtideError: answer_refusal,
            HTTPException: answer_framework,
            Exception: answer_anything,
        },
        body_limit_bytes=BODY_LIMIT_BYTES,
        before_request=refuse_null_characters,
    )
    door.serve(Entrance(InFlightLimit(inner, limit=IN_FLIGHT_LIMIT), channel="backoffice"))
    return door
