"""The process of the role "web": storefront, JSON channel, webhooks and health behind one door.

    async with web(ask=node.ask, bus=node.bus, ...) as app:   # an ASGI application for uvicorn
        ...

/healthz: this process lives. /readyz: its read model is loaded and it is not about to stop (the load balancer asks).
/metrics: Prometheus. Below /api the JSON channel, below /webhooks the gateways, below /media pictures by content hash
(and the ones drawn by us), everything else is the storefront.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from springtide.channels import shop_api, webhooks
from springtide.channels.beacon import PATH, beacon
from springtide.channels.browse import Browse, browsing
from springtide.channels.browse.desk import Desk
from springtide.channels.pages.media import media_app
from springtide.edge.asgi import App, Receive, Scope, Send
from springtide.edge.entrance import Entrance
from springtide.edge.limits import IN_FLIGHT_LIMIT, QUEUE_LIMIT, InFlightLimit
from springtide.edge.problems import send_problem
from springtide.platform.blob import FolderBlobs
from springtide.platform.bus import Bus
from springtide.platform.errors import NotFound, Unavailable
from springtide.platform.telemetry import REGISTRY
from springtide.platform.wiring import Ask

ChannelFactory = Callable[[Desk], App]


class Web:
    """The ASGI application of a web process. `draining` makes /readyz answer 503 before the process stops."""

    def __init__(
        self, browse: Browse, channels: Mapping[str, App], *, in_flight_limit: int, beacon: App | None = None
    ) -> None:
        self.browse = browse
        self._beacon = beacon
        self.draining = False
        self._limited = {
            prefix: InFlightLimit(app, name=prefix, limit=in_flight_limit, queue=QUEUE_LIMIT)
            for prefix, app in channels.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        path = scope["path"]
        if path == PATH and self._beacon is not None:
            await self._beacon(scope, receive, send)
            return
        if path in _PROBES:
            await _PROBES[path](self, send)
            return
        head = f"/{path.split('/', 2)[1]}"
        channel = self._limited.get(head) or self._limited.get("/")
        if channel is None:
            await send_problem(send, NotFound("There is nothing at this address."))
            return
        await channel(scope, receive, send)

    async def healthz(self, send: Send) -> None:
        """Answer while the process lives."""
        await _send_text(send, "alive\n")

    async def readyz(self, send: Send) -> None:
        """Answer 200 when pages can be served, 503 while the read model is loading or the process is leaving."""
        if self.draining:
            await send_problem(send, Unavailable("This process is about to stop.", retry_after_s=1))
        elif not self.browse.ready:
            await send_problem(send, Unavailable("The read model is not loaded yet.", retry_after_s=1))
        else:
            await _send_text(send, "ready\n")

    async def metrics(self, send: Send) -> None:
        """Answer all metrics of this process."""
        await _send_text(send, generate_latest(REGISTRY).decode(), content_type=CONTENT_TYPE_LATEST)


_PROBES = {"/healthz": Web.healthz, "/readyz": Web.readyz, "/metrics": Web.metrics}


@asynccontextmanager
async def web(
    *,
    ask: Ask,
    bus: Bus,
    public_url: str,
    default_market: str,
    data_dir: Path | None,
    words: Path | None = None,
    storefront: ChannelFactory | None = None,
    trusted_proxies: Sequence[str] = (),
    in_flight_limit: int = IN_FLIGHT_LIMIT,
    collects: bool = False,
) -> AsyncIterator[Web]:
    """Run the web role while the block lasts. Entering waits for nobody: contexts may be away.

    `data_dir`: the last state of the read model is kept below it, and so are pictures (None: there are none).
    `words`: folder with compounds.csv and synonyms.csv. `storefront`: makes the HTML channel (None: everything outside
    of /api, /media and /webhooks is 404). `collects`: pages tell the beacon that they were opened; it stands before the
    lanes, so that it takes no buyer's place.
    """
    folder = None if data_dir is None else data_dir / "readmodel"
    async with browsing(ask=ask, bus=bus, folder=folder, words=words) as browse:
        desk = Desk(
            ask=ask,
            browse=browse,
            public_url=public_url.rstrip("/"),
            default_market=default_market,
            trusted_proxies=tuple(trusted_proxies),
            return_origins=(),
            collects=collects,
        )
        channels = {
            "/api": Entrance(shop_api.create_app(desk), channel="shop_api"),
            "/webhooks": Entrance(webhooks.create_app(desk), channel="webhooks"),
        }
        if data_dir is not None:
            channels["/media"] = Entrance(media_app(FolderBlobs(data_dir / "blobs")), channel="media")
        if storefront is not None:
            channels["/"] = Entrance(storefront(desk), channel="storefront")
        if not collects:
            yield Web(browse, channels, in_flight_limit=in_flight_limit)
            return
        async with beacon(browse, ask, public_url=desk.public_url, trusted_proxies=trusted_proxies) as told:
            yield Web(browse, channels, in_flight_limit=in_flight_limit, beacon=Entrance(told, channel="beacon"))


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send_text(send: Send, text: str, *, content_type: str = "text/plain; charset=utf-8") -> None:
    body = text.encode()
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
