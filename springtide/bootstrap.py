"""The composition root: the only place that knows local from remote. Builds the contexts and channels of a process."""

import asyncio
import importlib
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from springtide.edge import purge
from springtide.edge.probes import Deep
from springtide.edge.purge import Edge
from springtide.edge.purge.providers import CLOUDFLARE_URL, FASTLY_URL
from springtide.platform import depths, gauges, housekeeping, lateness, maintenance, vitals
from springtide.platform.budget import Share, require_fit, where
from springtide.platform.bus import Bus
from springtide.platform.caching import UNPURGED, Caching
from springtide.platform.database_roles import runtime_url
from springtide.platform.db import Database, Tx
from springtide.platform.desks import Desk, tell_health
from springtide.platform.errors import Unavailable
from springtide.platform.gate import Gate
from springtide.platform.health import Health
from springtide.platform.http_server import App
from springtide.platform.inbox import Consumer
from springtide.platform.jobs import Jobs
from springtide.platform.outbox import Relay
from springtide.platform.rpc import Contract, Server, local, remote
from springtide.platform.switches import Switches
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import LOOP_FAILURES, LOOP_LAST_RUN, LOOP_ROWS, LOOP_SECONDS, logger
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs
from springtide.settings import CHANNELS, CONTEXTS, EdgeCache, Settings

log = logger(__name__)
Api = TypeVar("Api")

_BACK_OFF_S = 1.0


def spec_of(context: str) -> ContextSpec:
    """Load one context; only contexts of this process (or its migrations) are ever imported."""
    return cast("ContextSpec", importlib.import_module(f"springtide.contexts.{context}.wiring").SPEC)


def contract_of(api: type[Api]) -> Contract[Api]:
    """Return the contract table of a Protocol; its context is the package it lives in."""
    return Contract(api.__module__.split(".")[-2], api)


def contracts() -> dict[str, Contract[Any]]:
    """Return the contract of every context, without its implementation."""
    found = {}
    for context in CONTEXTS:
        module = importlib.import_module(f"springtide.contracts.{context}.api")
        found[context] = contract_of(getattr(module, f"{context.title()}Api"))
    return found


def refusal_of(method: str) -> str:
    """Return why nobody may limit or switch off a method, "" when one may: money may hang on it, or it is none."""
    context, _, verb = method.partition(".")
    contract = contracts().get(context)
    known = None if contract is None else contract.methods.get(verb)
    if known is None:
        return f"{method} is no method of a contract"
    return f"{method} is never refused: a payment may hang on it" if known.always_answered else ""


class Node:
    """A process: the contexts built in it, and callers for all the others."""

    def __init__(self, settings: Settings, bus: Bus, roles: Iterable[str]) -> None:
        self.settings = settings
        self.bus = bus
        self.roles = frozenset(roles)
        self.health = Health(self.roles)
        self.gate = Gate(settings.call_limits, settings.call_rates)
        self.desks: list[Desk] = []
        self.databases: dict[str, Database] = {}
        self.built: dict[str, Built] = {}
        self._worked: dict[str, Built] = {}
        self._specs: dict[str, ContextSpec] = {}
        self._callers: dict[type[Any], Any] = {}
        self._jobs: dict[str, Jobs] = {}
        self._maintaining = asyncio.Lock()

    def ask(self, api: type[Api]) -> Api:
        """Return a caller for a contract: local when its context is built here, remote otherwise."""
        if api not in self._callers:
            contract = contract_of(api)
            built = self.built.get(contract.context)
            self._callers[api] = (
                remote(contract, self.bus, timeout_s=self.settings.call_timeout_s, gate=self.gate)
                if built is None
                else local(contract, cast("Api", built.api), through_wire=self.settings.strict_calls, gate=self.gate)
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
        is_pooled = bool(self.settings.database_pooler)
        database = Database(
            self.database_url(context),
            context,
            spec.statements,
            max_connections=share_of(self.settings, context, self.roles).pool,
            is_pooled=is_pooled,
            replica_url=self._replica_url(context),
            slow_s=self.settings.slow_statement_s,
        )
        jobs = Jobs(database.url, context, is_pooled=is_pooled)

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
        return runtime_url(self.settings.url_of(context), self.settings.secret_key, context)

    def _replica_url(self, context: str) -> str:
        url = self.settings.replica_url_of(context)
        return runtime_url(url, self.settings.secret_key, context) if url else ""

    def background(self) -> list[Coroutine[Any, Any, None]]:
        """Return everything this process does besides answering: relays, consumers, loops, job workers."""
        work: list[Coroutine[Any, Any, None]] = []
        if self.settings.background:
            for context, built in self.built.items():
                work.extend(self._events(context, built))
        work.extend(_repeat(context, loop) for context, loop in self.loops())
        work.extend(_outlive(f"{context}.jobs", jobs.run_worker) for context, jobs in self._jobs.items())
        work.extend(self._measuring())
        return work

    def _measuring(self) -> list[Coroutine[Any, Any, None]]:
        """Return what this process measures of itself."""
        consumers = [name for name, built in self.built.items() if built.subscriptions and self.settings.background]
        queues = Loop(
            name="depths", every_s=depths.EVERY_S, work=partial(depths.measure, self.bus, consumers, self._jobs)
        )
        gauges.watch_disk(Path(self.settings.data_dir or "."))
        return [_repeat("process", queues), lateness.THIS.watch()]

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
        forget = partial(housekeeping.forget, database, outbox_days=self.settings.retention.outbox_days)
        keeping = Loop(name="housekeeping", every_s=housekeeping.EVERY_S, work=forget)
        upkeep = Loop(name="maintenance", every_s=maintenance.EVERY_S, work=partial(self.maintain, context))
        work = [
            Relay(database, self.bus).run(),
            _repeat(context, keeping),
            _repeat(context, upkeep, first_after_s=maintenance.FIRST_AFTER_S),
        ]
        if built.subscriptions:
            by_type = {subscription.event.TYPE: subscription for subscription in built.subscriptions}
            work.append(Consumer(database, self.bus, by_type, name=context).run())
        return work

    async def maintain(self, context: str) -> int:
        """Look after a context's partitions and statistics; one schema after the other, over one connection."""
        async with self._maintaining:
            return (await maintain(self.settings, context)).rows

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
        return [
            (name, Server(self._specs[name].contract, built.api, gate=self.gate)) for name, built in self.built.items()
        ]

    def watch_engines(self) -> None:
        """Register the engines' health. A process with a channel goes on without them: it looks on (promise 5)."""
        is_vital = not self.roles & set(CHANNELS)
        self.health.add("bus", self.bus.require_connection, vital=is_vital)
        for context, database in self.databases.items():
            self.health.add(f"database {context}", database.ping, vital=is_vital)

    async def leave(self) -> None:
        """Leave the queue groups of all contexts and finish the calls that were handed over. Again: nothing."""
        desks, self.desks = self.desks, []
        await asyncio.gather(*(desk.close() for desk in desks))
        await self.bus.finish_calls()


def share_of(settings: Settings, context: str, roles: Collection[str]) -> Share:
    """Return how many connections a context may open in a process with these roles."""
    spec, most = spec_of(context), settings.database_connections
    pool = most if spec.has_lane else max(1, most - 1)  # buyers wait for those with lanes
    if not spec.is_asked_by_buyers:
        pool = (pool + 1) // 2
    return Share(
        context=context,
        pool=pool,
        batches=int(spec.has_lane),
        jobs=int("jobs" in roles and spec.has_worker),
        replica=pool if settings.replica_url_of(context) else 0,
        is_pooled=bool(settings.database_pooler),
    )


def shares_of(settings: Settings, roles: Collection[str]) -> list[Share]:
    """Return the connections of a process with these roles, context by context."""
    built = (context for context in CONTEXTS if context in roles or ("jobs" in roles and spec_of(context).has_jobs))
    return [share_of(settings, context, roles) for context in built]


def require_connections(settings: Settings, roles: Collection[str]) -> None:
    """Raise `ConnectionsDoNotFit` when a process with these roles may open more than a server has for it."""
    by_server: dict[str, list[Share]] = {}
    for share in shares_of(settings, roles):
        url = runtime_url(settings.direct_url_of(share.context), settings.secret_key, share.context)
        known = next((other for other in by_server if where(other) == where(url)), url)
        by_server.setdefault(known, []).append(share)
    require_fit(by_server)


async def maintain(settings: Settings, context: str) -> maintenance.Upkeep:
    """Look after a context's schema once, with the rights of whoever migrates. `MaintenanceFailed`."""
    return await maintenance.maintain(
        settings.direct_url_of(context),
        context,
        spec_of(context).partitioned,
        {"outbox_days": settings.retention.outbox_days, "audit_days": settings.retention.audit_days},
    )


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


async def _repeat(context: str, loop: Loop, *, first_after_s: float = 0.0) -> None:
    await asyncio.sleep(first_after_s)
    while True:
        failed = True
        try:
            await _turn(context, loop)
            failed = False
        except Unavailable as error:
            LOOP_FAILURES.labels(context, loop.name).inc()
            log.debug("loop.waits", context=context, loop=loop.name, error=error.detail)
        except Exception:
            LOOP_FAILURES.labels(context, loop.name).inc()
            log.exception("loop.failed", context=context, loop=loop.name)
        vitals.THIS.turned(f"{context}.{loop.name}", failed=failed)
        await asyncio.sleep(loop.every_s)


async def _turn(context: str, loop: Loop) -> None:
    """Do a loop's work once; what it returns as a number counts as the rows it dealt with."""
    started = time.perf_counter()
    done = await loop.work()
    LOOP_SECONDS.labels(context, loop.name).set(time.perf_counter() - started)
    LOOP_LAST_RUN.labels(context, loop.name).set_to_current_time()
    if isinstance(done, int):
        LOOP_ROWS.labels(context, loop.name).inc(done)


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
        bus = Bus(
            settings.nats_url,
            name="+".join(sorted(roles)),
            namespace=settings.bus_namespace,
            replicas=settings.nats_replicas,
        )
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
        node.watch_engines()
        tasks = [asyncio.create_task(work) for work in node.background()] if background else []
        tasks.append(asyncio.create_task(Switches(bus).follow(node.gate)))
        if serve:
            tasks.append(asyncio.create_task(tell_health(bus, node.health)))
            tasks.append(asyncio.create_task(vitals.Pulse(bus, roles=roles, databases=node.databases).run()))
            for context, server in node.servers():
                desk = Desk(bus, context, server)
                node.desks.append(desk)
                node.health.add(f"calls {context}", desk.require_open, vital=not roles & set(CHANNELS))
        try:
            yield node
        finally:
            await node.leave()
            await stopped(tasks)


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


def caching_of(settings: Settings) -> Caching:
    """Return what shared caches are told: pages are kept for longer where they are purged."""
    if not settings.edges:
        return UNPURGED
    has_cloudflare = any(edge.provider == "cloudflare" for edge in settings.edges)
    return Caching(shared_for_s=settings.edge_keep_s, cache_tags=has_cloudflare)


def edges_of(settings: Settings) -> list[Edge]:
    """Return the shared caches to purge: one for each Varnish node, one for each service of a CDN."""
    return [made for edge in settings.edges for made in _edges_of(edge)]


def _edges_of(edge: EdgeCache) -> Iterable[Edge]:
    if edge.provider == "varnish":
        for number, url in enumerate(edge.urls, start=1):
            yield purge.varnish(f"{edge.name}-{number}", url, token=edge.token)
    elif edge.provider == "fastly":
        yield purge.fastly(edge.name, service=edge.service, token=edge.token, url=_api(edge, FASTLY_URL))
    else:
        yield purge.cloudflare(edge.name, zone=edge.service, token=edge.token, url=_api(edge, CLOUDFLARE_URL))


def _api(edge: EdgeCache, own: str) -> str:
    return edge.urls[0] if edge.urls else own


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
