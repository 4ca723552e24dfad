"""The channels of a process and what stands beside them, built from the settings."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import cast

from springtide.bootstrap import Node
from springtide.bootstrap.shared_caches import caching_of, edges_of
from springtide.edge.probes import Deep
from springtide.platform.http_server import App
from springtide.settings import CONTEXTS


@asynccontextmanager
async def channel(name: str, node: Node) -> AsyncIterator[App]:
    """Run one channel ("web" or "backoffice") in this process while the block lasts; gives its ASGI application."""
    settings = node.settings
    if name == "web":
        web = importlib.import_module("springtide.channels.web")
        storefront = importlib.import_module("springtide.channels.storefront")
        async with web.web(
            ask=node.ask,
            bus=node.bus,
            public_url=settings.shop_url(),
            default_market=settings.default_market,
            data_dir=Path(settings.data_dir),
            words=Path(settings.words_dir) if settings.words_dir else None,
            storefront=storefront.create_app,
            trusted_proxies=settings.trusted_proxies,
            health=node.health,
            deep=_deep(node),
            caching=caching_of(settings),
            edges=edges_of(settings),
            assets_url=settings.assets_url.rstrip("/"),
            collects=settings.insight.collect,
            rehearsal_token=settings.rehearsal_token,
        ) as app:
            yield app
    else:
        backoffice = importlib.import_module("springtide.channels.backoffice")
        office = backoffice.create_app(
            node.ask,
            secret_key=settings.secret_key,
            office_url=settings.office_url(),
            shop_url=settings.shop_url(),
            trusted_proxies=settings.trusted_proxies,
            data_dir=Path(settings.data_dir),
            as_of=date.fromisoformat(settings.as_of) if settings.as_of else None,
            health=node.health,
            consumers=CONTEXTS,
        )
        async with office.live.running(node.bus):
            yield office


def _deep(node: Node) -> Deep | None:
    """Return the deep health check of a web process, where a token is set for it."""
    settings = node.settings
    if not settings.health_token:
        return None
    probe = importlib.import_module("springtide.rehearsal.purchase_probe").PurchaseProbe
    return cast(
        "Deep",
        probe(
            node.ask,
            settings.gateways,
            token=settings.health_token,
            preferred=settings.default_market,
            shop_url=settings.shop_url(),
        ),
    )


@asynccontextmanager
async def watched(node: Node) -> AsyncIterator[None]:
    """Watch all processes while the block lasts, where the background work is done."""
    settings = node.settings
    if "jobs" not in node.roles or not settings.watch.enabled:
        yield
        return
    watch = importlib.import_module("springtide.channels.watch")
    async with watch.watching(
        node.ask,
        node.bus,
        settings.watch,
        settings.mail,
        data_dir=Path(settings.data_dir or "."),
        shop_url=settings.shop_url(),
    ):
        yield
