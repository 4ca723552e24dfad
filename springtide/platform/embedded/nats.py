"""NATS with JetStream from its wheel as a child process: one user, 127.0.0.1 only, no monitoring port.

JetStream writes to the operating system at once, so a kill -9 of the server loses nothing; to the disk every second, so
a power cut may lose the last second of messages (why not more often: ADR 2).
"""

import json
import signal
from collections.abc import Sequence
from pathlib import Path

from springtide.platform.embedded.binaries import nats_program
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.launch import bare_environ
from springtide.platform.embedded.port_book import PortBook
from springtide.platform.embedded.ports import HOST
from springtide.platform.embedded.probes import first_line
from springtide.platform.embedded.supervisor import Child, Say

NAME = "nats"
USER = "springtide"
_STOP_SIGNALS = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
_READY_WITHIN_S = 60.0
# Go lets garbage double the heap before it collects; a half more is enough here. Not GOMEMLIMIT: once the live heap
# comes near it, the server does nothing but collect (0.85 instead of 0.14 ms of CPU per order, docs/performance.md).
_GARBAGE_PERCENT = "50"


class Nats:
    """One NATS server in one data folder."""

    def __init__(self, folder: DataFolder, ports: PortBook, *, password: str, durable: bool, say: Say) -> None:
        self._folder = folder
        self._ports = ports
        self._password = password
        self._is_durable = durable
        self._say = say

    def child(self) -> Child:
        """Describe the process to the supervisor."""
        return Child(
            name=NAME,
            command=self._command,
            environ={**bare_environ(), "GOGC": _GARBAGE_PERCENT},
            is_ready=self._is_ready,
            ready_within_s=_READY_WITHIN_S,
            stop_signals=_STOP_SIGNALS,
            account=self._folder.account,
        )

    def url(self) -> str:
        """Return the one user's URL."""
        return nats_url(self._ports[NAME], self._password)

    async def _command(self) -> Sequence[str]:
        program = nats_program(self._folder, say=self._say)
        self._folder.make_private(self._folder.nats)
        configuration = self._folder.nats / "nats.conf"
        port = self._ports.choose(NAME)
        text = self._configuration(port, self._folder.nats / "jetstream")
        write_atomically(configuration, text, mode=0o600, account=self._folder.account)
        return (str(program), "-c", str(configuration))

    def _configuration(self, port: int, store: Path) -> str:
        """Return the configuration; JSON is a subset of its format, so nothing needs quoting by hand."""
        configuration = {
            "server_name": "springtide",
            "host": HOST,
            "port": port,
            "max_payload": 1_048_576,
            "max_connections": 1_024,
            "logtime_utc": True,
            "authorization": {"user": USER, "password": self._password},
            "jetstream": {
                "store_dir": str(store),
                "max_memory_store": 268_435_456,
                "max_file_store": 8_589_934_592,
                "sync_interval": "1s" if self._is_durable else "2m",
            },
        }
        return json.dumps(configuration, indent=2) + "\n"

    async def _is_ready(self) -> bool:
        """NATS greets with its facts once JetStream has recovered."""
        line = await first_line(HOST, self._ports[NAME])
        return line.startswith(b"INFO ") and b'"jetstream":true' in line


def nats_url(port: int, password: str) -> str:
    """Return the URL for the one user."""
    return f"nats://{USER}:{password}@{HOST}:{port}"
