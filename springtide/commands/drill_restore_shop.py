"""The shop that a restore drill loses: `springtide up` with a backup folder, and a gateway that is somebody else's.

Everything is done to it as an operator would: kill -9 of every process and the folder deleted, `springtide restore`.
"""

import asyncio
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from springtide.bootstrap import Node, running
from springtide.commands.engines import with_engines
from springtide.platform.embedded.engines import engines_of_running_shop
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.launch import recorded_pid
from springtide.platform.embedded.ports import choose_port
from springtide.platform.embedded.problems import ChildFailed
from springtide.platform.embedded.stragglers import programs_working_in
from springtide.platform.http_client import HttpClient, OutboundError
from springtide.rehearsal.drill.goods import MARKET
from springtide.rehearsal.drill.run import NotRecovered
from springtide.rehearsal.fleet import Fleet, Program
from springtide.sandbox.keys import account_keys
from springtide.settings import CONTEXTS, Backup, Gateway, Settings, as_environment

READY_WITHIN_S = 120.0
LOOK_EVERY_S = 0.1
_OK = 200


@dataclass(slots=True)
class ThrowAway:
    """A shop of its own under `place`: its data folder, its backup folder, its settings."""

    place: Path
    settings: Settings
    process: asyncio.subprocess.Process | None = None

    def folder(self) -> DataFolder:
        """Return its data folder."""
        return open_data_folder(Path(self.settings.data_dir), say=lambda _: None)

    async def up(self) -> None:
        """Start it."""
        with (self.place / "up.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "springtide.cli", "up"),
                env=_environ(self.settings),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def restore(self) -> str:
        """Bring it back from its backup; return what was said. Raises NotRecovered."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "springtide.cli", "restore"),
            env=_environ(self.settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        if process.returncode:
            msg = f"`springtide restore` failed: {said.decode(errors='replace')[-2_000:]}"
            raise NotRecovered(msg)
        return said.decode()

    async def destroy(self) -> None:
        """Kill -9 every process of the shop, then delete its data folder."""
        folder = self.folder()
        named = [recorded_pid(file) for file in folder.run.glob("*.json")]
        receiver = recorded_pid(Path(self.settings.backup.dir) / "run" / "pg_receivewal.json")
        up = self.process.pid if self.process is not None else None
        for pid in (*programs_working_in(folder.pg), up, receiver, *named):
            with suppress(ProcessLookupError):
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            await self.process.wait()
        shutil.rmtree(folder.root)

    async def end(self) -> None:
        """Stop it, if it runs."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    @asynccontextmanager
    async def inside(self) -> AsyncIterator[Node]:
        """Yield a process beside the shop's, with every context in it."""
        folder = self.folder()
        engines = engines_of_running_shop(folder)
        if engines is None:
            msg = f"the shop's engines are not running: {self.log()}"
            raise NotRecovered(msg)
        complete = with_engines(self.settings, engines, folder)
        async with running(complete, CONTEXTS, background=False, serve=False) as node:
            yield node

    def log(self) -> str:
        """Return the end of what it has said."""
        return (self.place / "up.log").read_text(errors="replace")[-3_000:]


def _place(stack: AsyncExitStack) -> Path:
    place = Path(tempfile.mkdtemp(prefix="springtide-restore-"))
    stack.callback(shutil.rmtree, place)
    place.chmod(0o711)
    return place


async def staged(stack: AsyncExitStack, *, synchronous: bool) -> ThrowAway:
    """Start the shop in a folder of its own, its gateway beside it; both end with the stack."""
    place = _place(stack)
    secret = secrets.token_hex(16)
    ports = _ports(4)
    gateway = _gateway(place, secret, ports[3])
    stack.callback(gateway.stop)
    gateway.start()
    settings = Settings(
        data_dir=str(place / "shop"),
        port=ports[0],
        backoffice_port=ports[1],
        sandbox_port=ports[2],
        default_market=MARKET,
        demo=False,
        backup=Backup(dir=str(place / "backup"), synchronous=synchronous),
        gateways=_accounts(secret, ports[3]),
    )
    shop = ThrowAway(place, settings)
    stack.push_async_callback(shop.end)
    await shop.up()
    return shop


def _accounts(secret: str, port: int) -> tuple[Gateway, ...]:
    keys = account_keys(secret=secret, account="shop")
    sandbox = Gateway(
        name="sandbox",
        provider="sandbox",
        url=f"http://127.0.0.1:{port}",
        api_key=keys.api_key,
        webhook_secret=keys.webhook_secret,
        markets={MARKET: ("bank_redirect", "card")},
    )
    return (sandbox, Gateway(name="invoice", provider="invoice", markets={MARKET: ("invoice",)}))


def _gateway(place: Path, secret: str, port: int) -> Fleet:
    """Return the gateway: a process that outlives the shop, as a gateway does."""
    secret_file = place / "gateway-secret.txt"
    write_atomically(secret_file, secret, mode=0o600)
    command: Sequence[str] = (
        *(sys.executable, "-m", "springtide.sandbox", "--port", str(port)),
        *("--data", str(place / "gateway"), "--webhook-secret-file", str(secret_file), "--account", "shop"),
    )
    return Fleet([Program(name="gateway", command=command, environ=dict(os.environ))], logs=place)


def _ports(count: int) -> list[int]:
    found: set[int] = set()
    while len(found) < count:
        found.add(choose_port())
    return sorted(found)


def _environ(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
    return {**kept, **as_environment(settings)}


async def until_ready(browser: HttpClient, shop: ThrowAway) -> None:
    """Wait until the shop answers. Raises ChildFailed, NotRecovered."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if shop.process is not None and shop.process.returncode is not None:
            msg = f"`springtide up` ended: {shop.log()}"
            raise ChildFailed(msg)
        with suppress(OutboundError):
            if (await browser.request("GET", "/readyz")).status == _OK:
                return
        await asyncio.sleep(LOOK_EVERY_S)
    msg = f"the shop is not ready: {shop.log()}"
    raise NotRecovered(msg)
