"""A fleet in a process of its own, as whoever runs a small shop starts it, on a database with the demo shop."""

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from conftest import SECRET
from fakes.serving import free_port
from system.shop import demo_template

from springtide.bootstrap import running
from springtide.commands.engines import demo_gateways
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import scratch_database
from springtide.settings import Settings, as_environment, replaced

_STARTED_WITHIN_S = 90
_LOOK_EVERY_S = 0.2


class RunningFleet:
    """A running `springtide fleet up`, and the commands beside it."""

    def __init__(self, settings: Settings, file: Path) -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.port}"
        self._file = file
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
        self._environ |= as_environment(settings)
        self._up: asyncio.subprocess.Process | None = None
        self.log = file.with_name("up.txt")

    async def start(self) -> None:
        with self.log.open("wb") as log:
            self._up = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "springtide.cli", "fleet", "up", "--file", str(self._file)),
                env=self._environ,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(_STARTED_WITHIN_S):
            while "The fleet is selling" not in self.log.read_text():
                assert self._up.returncode is None, self.words()
                await asyncio.sleep(_LOOK_EVERY_S)

    async def order(self, *words: str) -> tuple[int, str]:
        """Run `springtide fleet WORDS`; return its exit code and everything it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "springtide.cli", "fleet", *words),
            env=self._environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def processes(self, group: str) -> list[dict[str, Any]]:
        code, said = await self.order("status", "--json")
        assert code == 0, said
        return [line for line in json.loads(said)["processes"] if line["group"] == group]

    async def until(
        self, group: str, *, count: int, restarts: int = 0, version: str = "", patience_s: float = 60
    ) -> None:
        """Wait until a group is so many ready processes, with so many restarts between them, of one version."""
        async with asyncio.timeout(patience_s):
            while True:
                lines = await self.processes(group)
                is_right = all(line["state"] == "ready" and line["version"].startswith(version) for line in lines)
                if is_right and len(lines) == count and sum(line["restarts"] for line in lines) == restarts:
                    return
                await asyncio.sleep(_LOOK_EVERY_S)

    async def end(self) -> int:
        """End it by the command if it still runs; return the exit code of `fleet up`."""
        if self._up is None:
            return 0
        if self._up.returncode is None:
            code, said = await self.order("down")
            assert code == 0, said
        async with asyncio.timeout(30):
            return await self._up.wait()

    def kill(self) -> None:
        if self._up is not None and self._up.returncode is None:
            self._up.terminate()

    def words(self) -> str:
        logs = sorted((Path(self.settings.data_dir) / "logs").glob("*.log"))
        return "\n".join(f"== {file.name}\n{file.read_text()[-3000:]}" for file in [self.log, *logs] if file.exists())


def _folder(plan: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="springtide-fleet-"))
    folder.chmod(0o711)  # as root the data folder must be reachable for the engines' account, even if it starts none
    (folder / "fleet.toml").write_text(plan)
    (folder / "data").mkdir()
    return folder


@asynccontextmanager
async def running_fleet(engines: Engines, plan: str) -> AsyncIterator[RunningFleet]:
    template = await asyncio.to_thread(demo_template, engines)
    folder = _folder(plan)
    with scratch_database(engines, template=template) as url:
        settings = Settings(
            data_dir=str(folder / "data"),
            database_url=url,
            nats_url=engines.nats_url,
            bus_namespace=f"f{secrets.token_hex(6)}",
            secret_key=SECRET,
            database_connections=2,
            demo=False,
            drain_s=2.0,
            port=free_port(),
            backoffice_port=free_port(),
        )
        settings = replaced(settings, gateways=demo_gateways(settings, SECRET)[1:])
        fleet = RunningFleet(settings, folder / "fleet.toml")
        try:
            await fleet.start()
            yield fleet
            assert await fleet.end() == 0, fleet.words()
        finally:
            fleet.kill()
            async with running(settings, (), background=False, serve=False) as node:
                await node.bus.drop_stream()
            shutil.rmtree(folder)
