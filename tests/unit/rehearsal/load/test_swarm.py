"""Processes of the swarm end with the command that started them, however it ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

# A master's address that takes connections and never answers: the worker would wait for minutes.
_COMMAND = """
import asyncio, socket
from springtide.rehearsal.load.swarm import _WORKER, _started, worker_arguments

async def main(address):
    worker = await _started(_WORKER, *worker_arguments(address, ()))
    print(worker.pid, flush=True)
    await asyncio.sleep(600)

with socket.create_server(("127.0.0.1", 0)) as silent:
    asyncio.run(main(f"127.0.0.1:{silent.getsockname()[1]}"))
"""


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_killed_command_takes_its_load_along() -> None:
    with subprocess.Popen([sys.executable, "-c", _COMMAND], stdout=subprocess.PIPE, text=True) as command:
        try:
            assert command.stdout is not None
            worker = int(command.stdout.readline())
            assert is_alive(worker)
        finally:
            command.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)
