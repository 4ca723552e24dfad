"""The composition root: the only place that knows local from remote. `Node` is a process, `running` runs one.

Beside it, from the same settings: `channels` (and what stands beside them), `shared_caches`, `connections`. `specs`
finds contexts and contracts by name, `repeating` keeps loops and workers going.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from springtide.bootstrap.connections import share_of
from springtide.bootstrap.repeating import outlive, repeat
from springtide.bootstrap.specs import contract_of, spec_of
from springtide.platform import depths, gauges, housekeeping, lateness, maintenance, vitals
from springtide.platform.bus import Bus
from springtide.platform.database_roles import runtime_url
from springtide.platform.db import Database, Tx
from springtide.platform.desks import Desk, tell_health
from springtide.platform.gate import Gate
from springtide.platform.health import Health
from springtide.platform.inbox import Consumer
from springtide.platform.jobs import Jobs
from springtide.platform.outbox import Relay
from springtide.platform.rpc import Server, local, remote
from springtide.platform.switches import Switches
from springtide.platform.tasks import stopped
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs
from springtide.settings import CHANNELS, CONTEXTS, Settings

Api = TypeVar("Api")


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
        work.extend(repeat(context, loop) for context, loop in self.loops())
        work.extend(outlive(f"{context}.jobs", jobs.run_worker) for context, jobs in self._jobs.items())
        work.extend(self._measuring())
        return work

    def _measuring(self) -> list[Coroutine[Any, Any, None]]:
        """Return what this process measures of itself."""
        consumers = [name for name, built in self.built.items() if built.subscriptions and self.settings.background]
        queues = Loop(
            name="depths", every_s=depths.EVERY_S, work=partial(depths.measure, self.bus, consumers, self._jobs)
        )
        gauges.watch_disk(Path(self.settings.data_dir or "."))
        return [repeat("process", queues), lateness.THIS.watch()]

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
            repeat(context, keeping),
            repeat(context, upkeep, first_after_s=maintenance.FIRST_AFTER_S),
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
