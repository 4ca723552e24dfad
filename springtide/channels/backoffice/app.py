"""The back office as an ASGI application: a role of its own on a port of its own.

/healthz, /readyz and /metrics are `edge.probes`: there is no state to be loaded first. The rest is pages.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from litestar.exceptions import HTTPException

from springtide.channels.backoffice.areas import ROUTES, pictures
from springtide.channels.backoffice.live import Live
from springtide.channels.backoffice.office import Places, open_office
from springtide.channels.backoffice.problems import answer_anything, answer_framework, answer_refusal
from springtide.channels.backoffice.sessions import Sessions
from springtide.channels.backoffice.templating import make_pages
from springtide.channels.pages.media import Studio
from springtide.edge.asgi import App
from springtide.edge.entrance import Entrance
from springtide.edge.limits import InFlightLimit
from springtide.edge.probes import Probes
from springtide.platform.blob import FolderBlobs
from springtide.platform.errors import SpringtideError
from springtide.platform.health import Health
from springtide.platform.http import make_app, refuse_null_characters
from springtide.platform.uploads import Uploads, uploads_folder
from springtide.platform.wiring import Ask

BODY_LIMIT_BYTES = 256 * 1024
IN_FLIGHT_LIMIT = 64


class BackOffice(Probes):
    """The ASGI application. `live` hears of other processes while `live.running(bus)` lasts."""

    def __init__(self, health: Health, app: App, live: Live) -> None:
        super().__init__(health, app)
        self.live = live


def create_app(
    ask: Ask,
    *,
    secret_key: str,
    office_url: str,
    shop_url: str,
    trusted_proxies: tuple[str, ...] = (),
    data_dir: Path | None = None,
    as_of: date | None = None,
    health: Health | None = None,
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
    health = health or Health(("backoffice",))
    live = Live(office, pages, health=health, consumers=consumers)
    blobs = FolderBlobs(data_dir / "blobs") if data_dir is not None else None
    inner = make_app(
        [*ROUTES, *(pictures.ROUTES if blobs else ()), static.handler()],
        state={
            "office": office,
            "pages": pages,
            "sessions": Sessions(office.customers),
            "blobs": blobs,
            "uploads": Uploads(uploads_folder(data_dir)) if data_dir is not None else None,
            "studio": None if blobs is None else Studio(blobs),
            "live": live,
        },
        exception_handlers={
            SpringtideError: answer_refusal,
            HTTPException: answer_framework,
            Exception: answer_anything,
        },
        body_limit_bytes=BODY_LIMIT_BYTES,
        before_request=refuse_null_characters,
    )
    limited = Entrance(InFlightLimit(inner, limit=IN_FLIGHT_LIMIT), channel="backoffice")
    return BackOffice(health, limited, live)
