"""Fixtures everybody shares: real engines, a fresh database per test, contexts built in it."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest

from springtide.bootstrap import Node, running
from springtide.bootstrap.specs import spec_of
from springtide.platform.bus import calls
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import database_url, scratch_database, shared_engines
from springtide.platform.migrate import migrate, prepare_schema
from springtide.settings import Settings
from tests.together import shop_of, turn, turns

SECRET = "a-secret-key-for-tests-0123456789abcdef"
_TEMPLATE_LOCK = 7_405_118
_ALARM_AGAIN_S = 10.0

_for_workers = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """With several workers (`-n 2`) start the engines once, here: the workers inherit where they are."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        _for_workers.enter_context(shared_engines())
        _for_workers.enter_context(turns())


def pytest_unconfigure() -> None:
    """Stop what was started for the workers."""
    _for_workers.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a running shop go to one worker; without `--dist loadgroup` this says nothing."""
    for item in items:
        if isinstance(item, pytest.Function) and (shop := shop_of(item)):
            item.add_marker(pytest.mark.xdist_group(shop))


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer() -> Generator[None, object, object]:
    """Let the alarm of a test that takes too long ring again and again: what it raises ends only what runs at that
    moment, and in an event loop this may be a task or a callback that nobody waits for.
    """
    is_set = yield
    first_s, _ = signal.getitimer(signal.ITIMER_REAL)
    if first_s:
        signal.setitimer(signal.ITIMER_REAL, first_s, _ALARM_AGAIN_S)
    return is_set


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Wait for the test's turn, before its time begins to count."""
    with turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    with shared_engines() as started:
        yield started


def template_database(engines: Engines, contexts: Iterable[str]) -> str:
    """Return the name of a database with these contexts migrated; made once, copied by every test."""
    names = sorted(contexts)
    template = "template_" + "_".join(names)
    with psycopg.connect(engines.database_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        ready = connection.execute(
            "select 1 from pg_database where datname = %s and datistemplate", [template]
        ).fetchone()
        if ready:
            return template
        connection.execute(f"drop database if exists {template}")
        connection.execute(f"create database {template}")
        url = database_url(engines, template)
        for name in names:
            prepare_schema(url, SECRET, name)
            migrate(url, name, spec_of(name).migrations)
        connection.execute(f"alter database {template} is_template true")
    return template


class NodeWith(Protocol):
    async def __call__(
        self, *contexts: str, fakes: Mapping[type[Any], object] | None = None, background: bool = False, **settings: Any
    ) -> Node: ...


@pytest.fixture
async def node_with(engines: Engines, tmp_path: Path) -> AsyncIterator[NodeWith]:
    """Build contexts in a fresh database: `node = await node_with("inventory")`, then `node.ask(InventoryApi)`.

    `background=True` also runs relays, consumers, loops and job workers.
    """
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())

        async def build(
            *contexts: str, fakes: Mapping[type[Any], object] | None = None, background: bool = False, **settings: Any
        ) -> Node:
            template = await asyncio.to_thread(template_database, engines, contexts)
            url = stack.enter_context(scratch_database(engines, template=template))
            values = {
                "database_url": url,
                "nats_url": engines.nats_url,
                "bus_namespace": f"t{secrets.token_hex(6)}",
                "secret_key": SECRET,
                "data_dir": str(tmp_path),
                "strict_calls": True,
                **settings,
            }
            roles = {*contexts, "jobs"} if background else set(contexts)
            node = await stack.enter_async_context(
                running(Settings(**values), roles, background=background, fakes=fakes, among=contexts)
            )
            stack.push_async_callback(_drop_stream, node)
            return node

        yield build
        patch.setattr(calls, "_LEAVING_S", 0.0)  # nobody calls any more, in none of a thousand tests


async def _drop_stream(node: Node) -> None:
    await node.bus.drop_stream()


@pytest.fixture
def set_clock() -> Callable[[Node, float], Awaitable[None]]:
    """Move the database's clock of every context of a node: `await set_clock(node, 3600)` is an hour later."""

    async def move(node: Node, offset_s: float) -> None:
        async with await psycopg.AsyncConnection.connect(node.settings.database_url, autocommit=True) as connection:
            for context in node.databases:
                statement = f"update {context}.test_clock set offset_s = %s"  # noqa: S608 - a schema's name of ours
                await connection.execute(statement, [offset_s])

    return move
