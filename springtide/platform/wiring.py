"""How a context is built: what it is given, what it gives back. `bootstrap` is the only reader of both."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from springtide.platform.db import Database, Statements
from springtide.platform.inbox import Subscription
from springtide.platform.jobs import Work
from springtide.platform.partitions import Partitioned
from springtide.platform.rpc import Contract

Api = TypeVar("Api")


class Ask(Protocol):
    """`ask(InventoryApi)` gives a caller for that contract, wherever it lives."""

    def __call__(self, api: type[Api]) -> Api:
        """Return a caller."""
        ...


class Defer(Protocol):
    """`defer(tx, "send_mail", order_id=...)` orders a job of this context in the transaction."""

    async def __call__(self, tx: Any, name: str, *, lock: str | None = None, **arguments: Any) -> None:  # noqa: ANN401 - JSON
        """Order the job."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a context is given.

    `options`: its own section of the settings. `data_dir`: where files of its own may lie. `public_url` and
    `backoffice_url`: where people reach the shop, for links in mails and return addresses.
    `now_sequence`: the newest stream sequence, for snapshots.
    """

    db: Database
    ask: Ask
    defer: Defer
    now_sequence: Callable[[], Awaitable[int]]
    options: Mapping[str, Any]
    secret_key: str
    data_dir: Path
    public_url: str
    backoffice_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Something to do again and again, `every_s` seconds, in one process of the context or several at once (so it must
    be safe to run twice). Failures are logged and tried again at the next turn.

    It runs in processes that serve the context and do background work (setting `background`). `in_each_process`: also
    in those that leave such work to others, because it keeps what this process has in its memory, or tells of it.
    `with_jobs`: only in processes with the role "jobs", whether they serve the context or not. `bell`: whoever has
    work for it in this process sets it, and the next turn comes at once; work from elsewhere waits for its turn.
    """

    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]
    in_each_process: bool = False
    with_jobs: bool = False
    bell: asyncio.Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a context gives back: its API, what it listens to, what it does by itself, and how to let go."""

    api: object
    subscriptions: Sequence[Subscription] = ()
    loops: Sequence[Loop] = ()
    jobs: Mapping[str, Work] = field(default_factory=dict)
    close: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSpec:
    """A context as `bootstrap` sees it; each `contexts/<name>/wiring.py` exports one as `SPEC`.

    `has_jobs`: there is work for processes with the role "jobs": `Built.jobs` (then the schema carries procrastinate's
    tables), and loops that say so. `has_worker`: there are such jobs, so a worker takes them.
    `has_lane`: its writes are coalesced, over a connection of their own.
    `partitioned`: its tables that are cut by time, beside those every schema has. `is_asked_by_buyers`: False for a
    context whose rows no page of the shop waits for (quotes come from memory): it takes half of the connections.
    """

    contract: Contract[Any]
    statements: Statements
    migrations: Path
    build: Callable[[Needs], Built]
    has_jobs: bool = False
    has_worker: bool = False
    has_lane: bool = False
    partitioned: Sequence[Partitioned] = ()
    is_asked_by_buyers: bool = True

    @property
    def name(self) -> str:
        """Return the context's name: also its schema, its RPC queue group and its consumer."""
        return self.contract.context
