"""The shop under test: real processes on durable engines of their own, in a data folder that is thrown away."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.goods import load_goods, own_products, own_sku
from bench.layouts import LAYOUTS, Layout
from bench.processes import cpu_s, pss_mib
from springtide.bootstrap import Node, running
from springtide.commands.engines import sandbox_child, with_engines
from springtide.commands.migrations import migrate_all
from springtide.commands.up_command import children_of
from springtide.demo.load import load_promotions, load_shop
from springtide.platform.embedded.engines import Engines, running_engines
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.launch import recorded_pid
from springtide.platform.embedded.ports import choose_port
from springtide.platform.embedded.probes import http_probe
from springtide.platform.embedded.supervisor import Child, Supervisor
from springtide.settings import CONTEXTS, Settings, as_environment

Say = Callable[[str], None]
_SETTLED_WITHIN_S = 180.0
_READY_WITHIN_S = 120.0
_LOOK_EVERY_S = 0.2
_LOADED = "bench-goods.done"


@dataclass(slots=True)
class Shop:
    """A running shop. `processes`: name -> pid of everything it is made of, engines included."""

    settings: Settings
    folder: DataFolder
    own: int
    children: Supervisor
    engine_pids: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port of the storefront and shop API."""
        return self.settings.host, self.settings.port

    @property
    def skus(self) -> list[str]:
        """Return the SKUs buyers choose from: at most 1,000, in stock for good."""
        return [own_sku(number) for number in range(min(1_000, self.own))]

    def processes(self) -> dict[str, int]:
        """Return the pids by name."""
        return {**self.children.process_ids(), **self.engine_pids}

    def cpu_s(self) -> dict[str, float]:
        """Return CPU seconds by process name."""
        return {name: cpu_s(pid) for name, pid in self.processes().items()}

    def pss_mib(self) -> dict[str, float]:
        """Return memory by process name, in MiB."""
        return {name: pss_mib(pid) for name, pid in self.processes().items()}

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[Node]:
        """Give callers of all contracts, and their databases, in this process, beside the running shop."""
        async with running(self.settings, CONTEXTS, background=False, serve=False) as node:
            yield node


@contextmanager
def place_of(given: Path | None) -> Iterator[Path]:
    """Give the shop's data folder; None: one to throw away."""
    root = given or Path(tempfile.mkdtemp(prefix="springtide-bench-"))
    try:
        yield root
    finally:
        if given is None:
            shutil.rmtree(root)


@asynccontextmanager
async def loaded_engines(root: Path, *, products: int, say: Say) -> AsyncIterator[tuple[Settings, DataFolder]]:
    """Start durable engines with the demo shop and the bench's goods in them."""
    folder = open_data_folder(root, say=say)
    async with running_engines(folder, say=say) as engines:
        settings = _settings(engines, folder)
        done = folder.root / _LOADED
        if not done.exists() or done.read_text() != str(products):
            await load(settings, products=products, say=say)
            done.write_text(str(products))
        else:
            migrate_all(settings)  # a kept folder may be of a release before
        yield settings, folder


@asynccontextmanager
async def running_shop(settings: Settings, folder: DataFolder, layout: Layout, *, products: int) -> AsyncIterator[Shop]:
    """Run the shop's processes against loaded engines while the block lasts."""
    async with Supervisor(
        _children(settings, folder, layout), logs=folder.logs, run=folder.run, say=_quiet
    ) as children:
        shop = Shop(settings, folder, own_products(products), children)
        shop.engine_pids = pids_of(folder, ("postgres", "nats"))
        yield shop


@asynccontextmanager
async def running_up(settings: Settings, folder: DataFolder) -> AsyncIterator[dict[str, int]]:
    """Run `springtide up` on the stored shop while the block lasts, as its owner would; give all pids by name."""
    wanted = Settings(
        data_dir=str(folder.root),
        port=settings.port,
        backoffice_port=settings.backoffice_port,
        sandbox_port=settings.sandbox_port,
        words_dir=settings.words_dir,
        demo=False,  # it is loaded already
    )
    command = (sys.executable, "-m", "springtide.cli", "up")
    environ = {**_clean_environ(), **as_environment(wanted)}
    process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.DEVNULL)
    try:
        ready = http_probe(settings.host, settings.port, "/readyz")
        async with asyncio.timeout(_READY_WITHIN_S):
            while not await ready():  # noqa: ASYNC110 - another process: nobody tells us
                await asyncio.sleep(_LOOK_EVERY_S)
        yield {"up": process.pid, **pids_of(folder, ("sandbox", "shop", "backoffice", "postgres", "nats"))}
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


def pids_of(folder: DataFolder, names: Sequence[str]) -> dict[str, int]:
    """Return the pids of processes that run on a folder."""
    found = {name: recorded_pid(folder.run / f"{name}.json") for name in names}
    return {name: pid for name, pid in found.items() if pid is not None}


def _clean_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}


async def load(settings: Settings, *, products: int, say: Say) -> None:
    """Bring the schemas up and load the demo shop and the bench's goods through the bulk ports."""
    say("Loading the demo shop and the bench's goods")
    migrate_all(settings)
    async with running(settings, CONTEXTS, serve=False) as node:
        await load_shop(node.ask, say=_quiet)
        await load_goods(node.ask, own_products(products))
        await node.settle(patience_s=_SETTLED_WITHIN_S)
        await load_promotions(node.ask, say=_quiet)
        await node.settle(patience_s=_SETTLED_WITHIN_S)


def _settings(engines: Engines, folder: DataFolder) -> Settings:
    given = Settings(port=choose_port(), backoffice_port=choose_port(), sandbox_port=choose_port())
    return with_engines(given, engines, folder)


def _children(settings: Settings, folder: DataFolder, layout: Layout) -> Sequence[Child]:
    environ = {**_clean_environ(), **as_environment(settings)}
    if layout == LAYOUTS["up"]:
        return children_of(settings, folder, environ)
    ports = {"web": settings.port, "backoffice": settings.backoffice_port}
    children = [sandbox_child(settings, folder, environ)]
    for group in layout:
        channel = next((role for role in group if role in ports), None)
        probe = http_probe(settings.host, ports[channel], "/readyz") if channel else None
        children.append(
            Child(
                name=name_of(group),
                command=(sys.executable, "-m", "springtide.cli", "serve", *group),
                environ=environ,
                is_ready=probe,
                ready_within_s=_READY_WITHIN_S,
            )
        )
    return children


def name_of(group: Sequence[str]) -> str:
    """Return the name of a process with these roles."""
    return "shop" if {"web", *CONTEXTS} <= set(group) else "+".join(group)


def _quiet(_: str) -> None:
    """Say nothing."""
