"""A whole shop in real processes: in one, or split over five as promise 7 says, with the sandbox gateway beside it."""

import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
from conftest import SECRET
from fakes.serving import free_port

from springtide.bootstrap import running
from springtide.bootstrap.specs import spec_of
from springtide.commands import nursery as nursery_program
from springtide.commands.drill_stage import LAYOUT
from springtide.commands.engines import demo_gateways, sandbox_secret
from springtide.demo.load import load_promotions, load_shop
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import database_url, scratch_database
from springtide.platform.migrate import migrate, prepare_schema
from springtide.rehearsal.checker import Report, check
from springtide.rehearsal.fleet import FAILPOINTS, Death, Failpoints, Fleet, Program
from springtide.settings import CONTEXTS, Settings, as_environment, replaced

ONE = "one"
SPLIT = "split"
FIVE = "five for a trace"
WITH_OFFICE = "one with office"
SPLIT_WITH_OFFICE = "split with office"
LAYOUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    ONE: (("web", *CONTEXTS, "jobs"),),
    SPLIT: LAYOUT,
}
# Everybody who takes part in a purchase in a process of its own, for the trace of one.
LAYOUTS[FIVE] = (
    ("web",),
    ("checkout",),
    ("orders",),
    ("payments", "jobs"),
    ("inventory", "pricing", "catalog", "customers"),
)
LAYOUTS[WITH_OFFICE] = (*LAYOUTS[ONE], ("backoffice",))
LAYOUTS[SPLIT_WITH_OFFICE] = (*LAYOUTS[SPLIT], ("backoffice",))
TEMPLATE = "template_demo_shop"
HEALTH_TOKEN = "a-health-token-for-tests-0123456789abc"
REHEARSAL_TOKEN = "a-rehearsal-token-for-tests-0123456789"
_TEMPLATE_LOCK = 7_405_119
_READY_WITHIN_S = 60.0


def demo_template(engines: Engines) -> str:
    """Return the name of a database with the demo shop loaded and all its events delivered; made once a session."""
    with psycopg.connect(engines.database_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        found = "select 1 from pg_database where datname = %s and datistemplate"
        if connection.execute(found, [TEMPLATE]).fetchone():
            return TEMPLATE
        connection.execute(f"drop database if exists {TEMPLATE}")
        connection.execute(f"create database {TEMPLATE}")
        url = database_url(engines, TEMPLATE)
        for name in CONTEXTS:
            prepare_schema(url, SECRET, name)
            migrate(url, name, spec_of(name).migrations)
        asyncio.run(_load_demo(engines, url))
        connection.execute(f"alter database {TEMPLATE} is_template true")
    return TEMPLATE


async def _load_demo(engines: Engines, url: str) -> None:
    settings = Settings(
        database_url=url,
        nats_url=engines.nats_url,
        bus_namespace=f"load{secrets.token_hex(4)}",
        secret_key=SECRET,
        data_dir=tempfile.mkdtemp(),
    )
    async with running(settings, CONTEXTS) as node:
        await load_shop(node.ask, say=lambda _: None)
        await node.settle(patience_s=90)
        await load_promotions(node.ask, say=lambda _: None)
        await node.settle(patience_s=90)
        await node.bus.drop_stream()


class RunningShop:
    """Start, kill and look into the processes of one shop."""

    def __init__(self, settings: Settings, layout: str, folder: Path) -> None:
        self.settings = settings
        self.layout = layout
        self.folder = folder
        self._points = Failpoints(folder / "failpoints")
        self._groups = LAYOUTS[layout]
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")},
            **as_environment(settings),
            FAILPOINTS: str(self._points.folder),
        }
        nursery = Program(name="nursery", command=(sys.executable, "-m", nursery_program.__name__), environ=environ)
        programs = [Program(name=group[0], roles=group) for group in self._groups]
        self._fleet = Fleet(programs, logs=folder, nursery=nursery)
        self._sandbox = Fleet([self._sandbox_program(environ)], logs=folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def office_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.backoffice_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.sandbox_port}"

    @property
    def mails(self) -> Path:
        return Path(self.settings.data_dir) / "mail"

    @property
    def deaths(self) -> list[Death]:
        return self._fleet.deaths

    def start(self) -> None:
        self._sandbox.start()
        self._fleet.start()
        self.wait_ready()

    def wait_ready(self) -> None:
        died_before = len(self.deaths)
        office = (f"{self.office_url}/readyz",) if ("backoffice",) in self._groups else ()
        for address in (f"{self.url}/readyz", f"{self.sandbox_url}/health", *office):
            deadline = time.monotonic() + _READY_WITHIN_S
            while not _answers(address):
                assert len(self.deaths) < died_before + 4, f"processes die: {self.deaths} {self.logs()[-5000:]}"
                assert time.monotonic() < deadline, f"{address} was not ready: {self.logs()[-3000:]}"
                time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(f"== {file.name}\n{file.read_text()}" for file in sorted(self.folder.glob("*.log")))

    def arm(self, failpoint: str) -> None:
        """The next process that reaches this point dies there by SIGKILL."""
        self._points.arm(failpoint)

    def is_armed(self, failpoint: str) -> bool:
        return self._points.is_armed(failpoint)

    def kill(self, role: str) -> None:
        """kill -9 the process with this role; it is started again as a supervisor would."""
        for group in self._groups:
            if role in group:
                assert self._fleet.kill(group[0]), f"{group[0]} is not running"

    def end_gateway(self) -> None:
        """Kill the sandbox for good."""
        self._sandbox.stop()

    def rest(self) -> None:
        """Stop the shop's processes for good; the sandbox goes on."""
        self._fleet.stop()

    def stop(self) -> None:
        self.rest()
        self._sandbox.stop()

    async def check(self) -> Report:
        """Compare the facts of all contexts and of the sandbox's ledger, from outside."""
        async with running(self.settings, CONTEXTS, background=False, serve=False) as node:
            return await check(node.ask)

    def set_clock(self, offset_s: float) -> None:
        """Move the database's clock of every context."""
        self._move_clocks("%s", offset_s)

    def let_pass(self, seconds: float) -> None:
        """So much time has passed in every context: what a dead process had taken for itself is free."""
        self._move_clocks("offset_s + %s", seconds)

    def _move_clocks(self, offset: str, seconds: float) -> None:
        with psycopg.connect(self.settings.database_url, autocommit=True) as connection:
            for context in CONTEXTS:
                connection.execute(f"update {context}.test_clock set offset_s = {offset}", [seconds])  # noqa: S608

    def _sandbox_program(self, environ: dict[str, str]) -> Program:
        secret = self.folder / "sandbox-secret.txt"
        secret.write_text(sandbox_secret(SECRET))
        command = (
            *(sys.executable, "-m", "springtide.sandbox", "--port", str(self.settings.sandbox_port)),
            *("--data", str(self.folder / "sandbox"), "--webhook-secret-file", str(secret)),
        )
        return Program(name="sandbox", command=command, environ=environ)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=1) as answer:  # noqa: S310 - an address of ours
            return answer.status == 200
    except (URLError, OSError):
        return False


@contextmanager
def running_shop(
    engines: Engines, layout: str, *, adapted: Callable[[Settings], Settings] | None = None, **changes: object
) -> Iterator[RunningShop]:
    """Run the demo shop in a layout on a fresh copy of its database; `adapted` changes the settings it is run with."""
    template = demo_template(engines)
    with scratch_database(engines, template=template) as url, tempfile.TemporaryDirectory() as place:
        port, sandbox_port, backoffice_port = free_port(), free_port(), free_port()
        folder = Path(place)
        settings = Settings(
            data_dir=str(folder / "data"),
            database_url=url,
            nats_url=engines.nats_url,
            bus_namespace=f"s{secrets.token_hex(6)}",
            secret_key=SECRET,
            port=port,
            sandbox_port=sandbox_port,
            backoffice_port=backoffice_port,
            log_level="INFO",
            health_token=HEALTH_TOKEN,
            rehearsal_token=REHEARSAL_TOKEN,
            drain_s=0.0,  # no balancer stands in front
            call_timeout_s=3.0,  # a call to a process that was killed is not waited for longer
        )
        (folder / "data").mkdir()
        settings = replaced(settings, gateways=demo_gateways(settings, SECRET), **changes)
        shop = RunningShop(adapted(settings) if adapted else settings, layout, folder)
        try:
            shop.start()
            yield shop
        finally:
            shop.stop()
            if os.environ.get("SPRINGTIDE_KEEP_LOGS"):
                Path("/tmp/springtide-logs.txt").write_text(shop.logs())  # noqa: S108 - for a person debugging
            asyncio.run(_drop_stream(settings))


async def _drop_stream(settings: Settings) -> None:
    async with running(settings, (), background=False, serve=False) as node:
        await node.bus.drop_stream()


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()
