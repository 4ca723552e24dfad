"""The composition root: the only place that knows local from remote. Builds the contexts and channels of a process."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from springtide.platform import housekeeping, vitals
from springtide.platform.bus import Bus
from springtide.platform.database_roles import runtime_url
from springtide.platform.db import Database, Tx
from springtide.platform.errors import Unavailable
from springtide.platform.http_server import Door
from springtide.platform.inbox import Consumer
from springtide.platform.jobs import Jobs
from springtide.platform.outbox import Relay
from springtide.platform.rpc import Contract, Server, local, remote
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import logger
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs
from springtide.settings import CONTEXTS, Settings

log = logger(__name__)
Api = TypeVar("Api")

_BACK_OFF_S = 1.0


def spec_of(context: str) -> ContextSpec:
    """Load one context; only contexts of this process (or its migrations) are ever imported."""
    return cast("ContextSpec", importlib.import_module(f"springtide.contexts.{context}.wiring").SPEC)


def contract_of(api: type[Api]) -> Contract[Api]:
    """Return the contract table of a Protocol; its context is the package it lives in."""
    return Contract(api.__module__.split(".")[-2], api)


class Node:
    """A process: the contexts built in it, and callers for all the others."""

    def __init__(self, settings: Settings, bus: Bus, roles: Iterable[str]) -> None:
        self.settings = settings
        self.bus = bus
        self.roles = frozenset(roles)
        self.databases: dict[str, Database] = {}
        self.built: dict[str, Built] = {}
        self._worked: dict[str, Built] = {}
        self._specs: dict[str, ContextSpec] = {}
        self._callers: dict[type[Any], Any] = {}
        self._jobs: dict[str, Jobs] = {}

    def ask(self, api: type[Api]) -> Api:
        """Return a caller for a contract: local when its context is built here, remote otherwise."""
        if api not in self._callers:
            contract = contract_of(api)
            built = self.built.get(contract.context)
            self._callers[api] = (
                remote(contract, self.bus, timeout_s=self.settings.call_timeout_s)
                if built is None
                else local(contract, cast("Api", built.api), through_wire=self.settings.strict_calls)
            )
        return cast("Api", self._callers[api])

    def put_fake(self, api: type[Any], fake: object) -> None:
        """Answer a contract with `fake`, through the wire encoding like any other local call."""
        self._callers[api] = local(contract_of(api), fake, through_wire=True)

    def _lazy(self, api: type[Api]) -> Api:
        """Contexts are built one after the other but may need each other: resolve at the first call."""
        return cast("Api", _Lazy(lambda: self.ask(api)))

    def build(self, context: str, *, serve: bool) -> None:
        """Build one context; with `serve` False only its jobs will be worked off here."""
        spec = spec_of(context)
        most = self.settings.database_connections
        database = Database(
            self.database_url(context),
            context,
            spec.statements,
            max_connections=min(most, spec.most_connections or most),
        )
        jobs = Jobs(database.url, context)

        async def defer(tx: Tx, name: str, *, lock: str | None = None, **arguments: Any) -> None:  # noqa: ANN401 - JSON
            await jobs.defer(tx, name, lock=lock, **arguments)

        built = spec.build(
            Needs(
                db=database,
                ask=self._lazy,
                defer=defer,
                now_sequence=self.bus.last_sequence,
                options=_options(self.settings, context),
                secret_key=self.settings.secret_key,
                data_dir=Path(self.settings.data_dir),
                public_url=self.settings.shop_url(),
                backoffice_url=self.settings.office_url(),
            )
        )
        jobs.register(built.jobs)
        self.databases[context] = database
        self._specs[context] = spec
        if "jobs" in self.roles and spec.has_jobs:
            self._worked[context] = built
            if built.jobs:
                self._jobs[context] = jobs
        if serve:
            self.built[context] = built

    def database_url(self, context: str) -> str:
        """Return the runtime URL of a context's schema."""
        admin = self.settings.database_urls.get(context) or self.settings.database_url
        return runtime_url(admin, self.settings.secret_key, context)

    def background(self) -> list[Coroutine[Any, Any, None]]:
        """Return everything this process does besides answering: relays, consumers, loops, job workers."""
        work: list[Coroutine[Any, Any, None]] = []
        if self.settings.background:
            for context, built in self.built.items():
                work.extend(self._events(context, built))
        work.extend(_repeat(context, loop) for context, loop in self.loops())
        work.extend(_outlive(f"{context}.jobs", jobs.run_worker) for context, jobs in self._jobs.items())
        return work

    def loops(self) -> list[tuple[str, Loop]]:
        """Return the contexts' own loops that this process runs, each with its context."""
        is_here = self.settings.background
        found = [
            (context, loop)
            for context, built in self.built.items()
            for loop in built.loops
            if loop.in_each_process or (is_here and not loop.with_jobs)
        ]
        worked = self._worked.items()
        return found + [(context, loop) for context, built in worked for loop in built.loops if loop.with_jobs]

    def _events(self, context: str, built: Built) -> list[Coroutine[Any, Any, None]]:
        """Return what carries a context's events: its relay, its consumer, and the forgetting of both."""
        database = self.databases[context]
        keeping = Loop(name="housekeeping", every_s=housekeeping.EVERY_S, work=partial(housekeeping.forget, database))
        work = [Relay(database, self.bus).run(), _repeat(context, keeping)]
        if built.subscriptions:
            by_type = {subscription.event.TYPE: subscription for subscription in built.subscriptions}
            work.append(Consumer(database, self.bus, by_type, name=context).run())
        return work

    async def settle(self, *, patience_s: float) -> None:
        """Wait until every event of the contexts here is published and taken; TimeoutError after `patience_s`."""
        async with asyncio.timeout(patience_s):
            while not await self._is_settled():  # noqa: ASYNC110 - other processes settle it: nobody sets an event here
                await asyncio.sleep(0.1)

    async def _is_settled(self) -> bool:
        for context in self.built:
            async with self.databases[context].read() as read:
                ((unsent, _),) = await read.tuples("kernel_outbox_lag")
            if unsent:
                return False
        return not any([await self.bus.consumer_lag(context) for context in self.built])

    def servers(self) -> list[tuple[str, Server]]:
        """Return an RPC server per context built here."""
        return [(name, Server(self._specs[name].contract, built.api)) for name, built in self.built.items()]


class _Lazy:
    """Stands for a contract caller until the first use; a verb is looked up once."""

    def __init__(self, resolve: Callable[[], Any]) -> None:
        self._resolve = resolve

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the caller's own methods
        verb = getattr(self._resolve(), name)
        setattr(self, name, verb)
        return verb


def _options(settings: Settings, context: str) -> dict[str, Any]:
    if context == "payments":
        return {"gateways": settings.gateways}
    if context == "insight":
        return {"insight": settings.insight}
    if context in {"orders", "customers", "checkout"}:
        return {"mail": settings.mail}
    return {}


async def _repeat(context: str, loop: Loop) -> None:
    while True:
        failed = True
        try:
            await loop.work()
            failed = False
        except Unavailable as error:
            log.debug("loop.waits", context=context, loop=loop.name, error=error.detail)
        except Exception:
            log.exception("loop.failed", context=context, loop=loop.name)
        vitals.THIS.turned(f"{context}.{loop.name}", failed=failed)
        await asyncio.sleep(loop.every_s)


async def _outlive(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while True:
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if _is_being_stopped():  # the worker library answered our cancellation with an error of its own
                raise asyncio.CancelledError from error
            log.warning("worker.waits", worker=name, error=repr(error))
        await asyncio.sleep(_BACK_OFF_S)


def _is_being_stopped() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@asynccontextmanager
async def running(
    settings: Settings,
    roles: Iterable[str],
    *,
    background: bool = True,
    serve: bool = True,
    fakes: Mapping[type[Any], object] | None = None,
    among: Iterable[str] = CONTEXTS,
) -> AsyncIterator[Node]:
    """Run the contexts among `roles` in this process while the block lasts; channels are served by the caller.

    `background` False leaves relays, consumers, loops and workers out, `serve` False does not answer calls of other
    processes: for commands beside a running shop. `fakes` stand in for contracts of contexts that are not built here.
    """
    roles = frozenset(roles)
    async with AsyncExitStack() as stack:
        bus = Bus(settings.nats_url, name="+".join(sorted(roles)), namespace=settings.bus_namespace)
        stack.push_async_callback(bus.close)
        await bus.open()
        node = Node(settings, bus, roles)
        for api, fake in (fakes or {}).items():
            node.put_fake(api, fake)
        for context in among:
            if context in roles or ("jobs" in roles and spec_of(context).has_jobs):
                node.build(context, serve=context in roles)
        for database in node.databases.values():
            await database.open()
            stack.push_async_callback(database.close)
        for built in node.built.values():
            if built.close is not None:
                stack.push_async_callback(built.close)
        tasks = [asyncio.create_task(work) for work in node.background()] if background else []
        if serve:
            tasks.append(asyncio.create_task(_serve_contracts(node)))
            tasks.append(asyncio.create_task(vitals.Pulse(bus, roles=roles, databases=node.databases).run()))
        try:
            yield node
        finally:
            await stopped(tasks)


@asynccontextmanager
async def channel(name: str, node: Node) -> AsyncIterator[Door]:
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
            collects=settings.insight.collect,
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
            consumers=CONTEXTS,
        )
        async with office.live.running(node.bus):
            yield office


async def _serve_contracts(node: Node) -> None:
    async with AsyncExitStack() as stack:
        for name, server in node.servers():
            await stack.enter_async_context(node.bus.serving(name, server.handle))
        await asyncio.Event().wait()
