"""The process of the role "web": storefront, JSON channel, webhooks and health behind one door.

    async with web(ask=node.ask, bus=node.bus, ...) as app:   # an ASGI application for uvicorn
        ...

/healthz, /readyz and /metrics are `edge.probes`: ready means that the read model is loaded and the process is not about
to stop (the load balancer asks). Below /api the JSON channel, below /webhooks the gateways, below /media pictures by
content hash (and the ones drawn by us), everything else is the storefront.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from springtide.channels import shop_api, webhooks
from springtide.channels.beacon import PATH, beacon
from springtide.channels.browse import Browse, browsing
from springtide.channels.browse.desk import Desk
from springtide.channels.browse.stale import Note
from springtide.channels.pages.media import media_app
from springtide.edge.asgi import App, Receive, Scope, Send, answer_lifespan
from springtide.edge.entrance import Entrance
from springtide.edge.limits import IN_FLIGHT_LIMIT, QUEUE_LIMIT, InFlightLimit
from springtide.edge.probes import Deep, Probes
from springtide.edge.problems import send_problem
from springtide.edge.purge import Edge, Purger
from springtide.platform.blob import FolderBlobs
from springtide.platform.bus import Bus
from springtide.platform.caching import UNPURGED, Caching
from springtide.platform.errors import NotFound
from springtide.platform.health import Health
from springtide.platform.http import security_headers
from springtide.platform.tasks import stopped
from springtide.platform.wiring import Ask

ChannelFactory = Callable[[Desk], App]


class Web:
    """The ASGI application of a web process: probes first, then the channel whose address it is."""

    def __init__(
        self,
        browse: Browse,
        channels: Mapping[str, App],
        *,
        health: Health,
        deep: Deep | None,
        in_flight_limit: int,
        beacon: App | None = None,
    ) -> None:
        self.browse = browse
        self.health = health
        self._beacon = beacon
        self._probes = Probes(health, self._pass_on, deep=deep)
        self._limited = {
            prefix: InFlightLimit(app, name=prefix, limit=in_flight_limit, queue=QUEUE_LIMIT)
            for prefix, app in channels.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        await self._probes(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
            return
        if self._beacon is not None and scope["path"] == PATH:
            await self._beacon(scope, receive, send)
            return
        head = f"/{scope['path'].split('/', 2)[1]}"
        channel = self._limited.get(head) or self._limited.get("/")
        if channel is None:
            await send_problem(send, NotFound("There is nothing at this address."))
            return
        await channel(scope, receive, send)


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
    health: Health | None = None,
    deep: Deep | None = None,
    caching: Caching = UNPURGED,
    edges: Sequence[Edge] = (),
    assets_url: str = "",
    collects: bool = False,
    rehearsal_token: str = "",
) -> AsyncIterator[Web]:
    """Run the web role while the block lasts. Entering waits for nobody: contexts may be away.

    `data_dir`: the last state of the read model is kept below it, and so are pictures (None: there are none).
    `words`: folder with compounds.csv and synonyms.csv. `storefront`: makes the HTML channel (None: everything outside
    of /api, /media and /webhooks is 404). `health`: the process's; the read model is registered with it. `deep`: its
    deep health check. `caching`: what shared caches are told; `edges`: those that are purged when something changes.
    `assets_url`: where browsers fetch styles, scripts and pictures ("": from here). `collects`: pages tell the beacon
    that they were opened; it stands before the lanes, so that it takes no buyer's place. `rehearsal_token`: lets
    whoever brings it place orders of a rehearsal.
    """
    folder = None if data_dir is None else data_dir / "readmodel"
    health = health or Health(("web",))
    headers = security_headers(assets_url)
    async with (
        purging(edges) as note,
        browsing(ask=ask, bus=bus, folder=folder, words=words, note=note) as browse,
    ):

        async def read_model() -> None:
            browse.require_ready()

        health.add("read model", read_model)
        desk = Desk(
            ask=ask,
            browse=browse,
            public_url=public_url.rstrip("/"),
            default_market=default_market,
            trusted_proxies=tuple(trusted_proxies),
            return_origins=(),
            caching=caching,
            assets_url=assets_url,
            collects=collects,
            rehearsal_token=rehearsal_token,
        )
        channels = {
            "/api": Entrance(shop_api.create_app(desk), channel="shop_api"),
            "/webhooks": Entrance(webhooks.create_app(desk), channel="webhooks"),
        }
        if data_dir is not None:
            channels["/media"] = Entrance(media_app(FolderBlobs(data_dir / "blobs"), caching), channel="media")
        if storefront is not None:
            channels["/"] = Entrance(storefront(desk), channel="storefront", headers=headers)
        made = partial(Web, browse, channels, health=health, deep=deep, in_flight_limit=in_flight_limit)
        if not collects:
            yield made()
            return
        async with beacon(browse, ask, public_url=desk.public_url, trusted_proxies=trusted_proxies) as told:
            yield made(beacon=Entrance(told, channel="beacon"))


@asynccontextmanager
async def purging(edges: Sequence[Edge]) -> AsyncIterator[Note | None]:
    """Tell caches what has changed while the block lasts; gives where to note it (None: there are no caches)."""
    if not edges:
        yield None
        return
    purger = Purger(edges)
    task = asyncio.create_task(purger.run())
    try:
        yield purger.note
    finally:
        await stopped([task])
