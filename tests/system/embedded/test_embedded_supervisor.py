"""The supervisor with small programs: order, readiness, restarts, giving up, orphans, logs."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from springtide.platform.embedded.launch import StopSignals, record, recorded_pid
from springtide.platform.embedded.logs import cut_log, last_lines, open_log
from springtide.platform.embedded.ports import choose_port, is_free, require_free_port
from springtide.platform.embedded.probes import http_probe, tcp_probe
from springtide.platform.embedded.problems import ChildFailed, DiskFull, EngineProblem, NoPermission, PortTaken
from springtide.platform.embedded.supervisor import Child, Supervisor
from tests.system.embedded.kept import Until

pytestmark = pytest.mark.timeout(60)
SHORT: StopSignals = ((signal.SIGTERM, 0.3), (signal.SIGKILL, 5.0))
ENVIRON = dict(os.environ)
# Ready when its file exists; writes its name down when it is asked to end.
ORDERLY = """
import pathlib, signal, sys, time
place, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def end(*_):
    with (place / "ended").open("a") as file:
        file.write(name + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
(place / name).touch()
print(name, "is up", flush=True)
while True:
    time.sleep(60)
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


def python(program: str, *arguments: str) -> Sequence[str]:
    return (sys.executable, "-I", "-S", "-c", program, *arguments)


def orderly(place: Path, name: str) -> Child:
    async def is_ready() -> bool:
        return (place / name).exists()

    return Child(name=name, command=python(ORDERLY, str(place), name), environ=ENVIRON, is_ready=is_ready)


def supervisor(place: Path, *children: Child, heard: list[str] | None = None) -> Supervisor:
    say = print if heard is None else heard.append
    return Supervisor(children, logs=place, run=place, say=say)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_children_are_ready_inside_and_end_in_reverse_order(tmp_path: Path) -> None:
    children = [orderly(tmp_path, name) for name in ("one", "two", "three")]
    async with supervisor(tmp_path, *children) as running:
        assert set(running.process_ids()) == {"one", "two", "three"}
        assert (tmp_path / "three").exists()
        pids = running.process_ids().values()
    assert (tmp_path / "ended").read_text().split() == ["three", "two", "one"]
    assert not any(is_alive(pid) for pid in pids)
    assert last_lines(tmp_path / "one.log") == ("one is up",)


async def test_a_killed_child_is_started_again(tmp_path: Path, until: Until) -> None:
    heard: list[str] = []
    async with supervisor(tmp_path, orderly(tmp_path, "one"), orderly(tmp_path, "two"), heard=heard) as running:
        before = running.process_ids()
        for _ in range(4):  # more often than a start may fail
            heard.clear()
            (tmp_path / "one").unlink()
            os.kill(running.process_ids()["one"], signal.SIGKILL)
            await until(lambda: "one: running again" in heard)
        after = running.process_ids()
    assert after["one"] != before["one"]
    assert after["two"] == before["two"]


async def test_one_that_cannot_start_stops_all_with_its_last_words(tmp_path: Path) -> None:
    program = "import sys; print('first line', flush=True); sys.exit('no such setting: SPRINGTIDE_COLOUR')"
    hopeless = Child(name="hopeless", command=python(program), environ=ENVIRON)
    began = time.monotonic()
    with pytest.raises(ChildFailed, match=r"hopeless cannot be started \(ended with exit code 1\)") as caught:
        async with supervisor(tmp_path, orderly(tmp_path, "one"), hopeless):
            pytest.fail("started without one of its children")
    assert caught.value.last_lines[-1] == "no such setting: SPRINGTIDE_COLOUR"
    assert time.monotonic() - began < 40  # three starts and their pauses, not a minute of waiting to be ready
    assert (tmp_path / "ended").read_text().split() == ["one"]
    assert (tmp_path / "hopeless.log").read_text().count("first line") == 3


async def test_one_that_works_and_then_cannot_start_any_more_ends_the_wait(tmp_path: Path) -> None:
    flag = tmp_path / "broken"
    program = "import pathlib, sys, time; sys.exit(3) if pathlib.Path(sys.argv[1]).exists() else time.sleep(60)"
    child = Child(name="fragile", command=python(program, str(flag)), environ=ENVIRON)
    async with supervisor(tmp_path, child) as running:
        flag.touch()
        os.kill(running.process_ids()["fragile"], signal.SIGKILL)
        with pytest.raises(ChildFailed, match="exit code 3"):
            await running.wait()


async def test_one_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    async def never() -> bool:
        # A slow machine is given the time to start it; a file has no event to wait for.
        while "deaf" not in (tmp_path / "slow.log").read_text():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
        return False

    child = Child(
        name="slow", command=python(DEAF), environ=ENVIRON, is_ready=never, ready_within_s=0.4, stop_signals=SHORT
    )
    with pytest.raises(ChildFailed, match="slow is not ready after 0 s") as caught:
        async with supervisor(tmp_path, child):
            pytest.fail("ready without being ready")
    assert caught.value.last_lines == ("deaf",)
    assert recorded_pid(tmp_path / "slow.json") is None


async def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    child = Child(name="deaf", command=python(DEAF), environ=ENVIRON, stop_signals=SHORT)
    async with supervisor(tmp_path, child) as running:
        pid = running.process_ids()["deaf"]
        began = time.monotonic()
    assert not is_alive(pid)
    assert time.monotonic() - began < 30  # it would have stayed a minute


@pytest.mark.parametrize(
    ("last_words", "problem"),
    [
        ("could not write to file: No space left on device", DiskFull),
        ("open /srv/data/meta.inf: permission denied", NoPermission),
        ("ERROR:  permission denied for table orders", ChildFailed),
    ],
)
async def test_a_known_reason_is_named(tmp_path: Path, last_words: str, problem: type[EngineProblem]) -> None:
    child = Child(name="engine", command=python(f"import sys; sys.exit({last_words!r})"), environ=ENVIRON)
    with pytest.raises(problem) as caught:
        async with supervisor(tmp_path, child):
            pytest.fail("started")
    assert type(caught.value) is problem
    assert "\n" not in str(caught.value)


async def test_a_command_that_is_refused_ends_the_start(tmp_path: Path) -> None:
    async def command() -> Sequence[str]:
        msg = "no room"
        raise DiskFull(msg)

    with pytest.raises(DiskFull, match="no room"):
        async with supervisor(tmp_path, Child(name="engine", command=command, environ=ENVIRON)):
            pytest.fail("started")


async def test_an_orphan_of_a_former_run_is_ended_first(tmp_path: Path) -> None:
    orphan = subprocess.Popen(python(DEAF), stdout=subprocess.PIPE)  # noqa: ASYNC220 - returns at once
    assert orphan.stdout is not None
    assert orphan.stdout.readline() == b"deaf\n"
    orphan.stdout.close()
    record(tmp_path / "deaf.json", orphan.pid)
    child = Child(name="deaf", command=python(DEAF), environ=ENVIRON, stop_signals=SHORT)
    async with supervisor(tmp_path, child) as running:
        assert orphan.wait(timeout=5) == -signal.SIGKILL
        assert running.process_ids()["deaf"] != orphan.pid


async def test_a_recycled_pid_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(python("import time; time.sleep(60)"))  # noqa: ASYNC220 - returns at once
    try:
        record(tmp_path / "one.json", bystander.pid)
        path = tmp_path / "one.json"
        path.write_text(path.read_text().replace('"started_ticks": "', '"started_ticks": "9'))
        async with supervisor(tmp_path, orderly(tmp_path, "one")):
            assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


async def test_children_do_not_outlive_a_killed_parent(tmp_path: Path, until: Until) -> None:
    program = """
import asyncio, os, pathlib, sys
from springtide.platform.embedded.supervisor import Child, Supervisor
place = pathlib.Path(sys.argv[1])
async def main():
    child = Child(name="child", command=[sys.executable, "-c", "import time; time.sleep(60)"], environ=os.environ)
    async with Supervisor([child], logs=place, run=place, say=print):
        print("up", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)  # noqa: ASYNC220 - returns at once
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"up\n"
    parent.stdout.close()
    assert recorded_pid(tmp_path / "child.json") is not None
    parent.kill()
    parent.wait()
    await until(lambda: recorded_pid(tmp_path / "child.json") is None)


@asynccontextmanager
async def answering(status: bytes) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        words = (await reader.readline()).split()
        if words:
            writer.write(b"HTTP/1.1 " + (status if words[1] == b"/ready" else b"404 Not Found") + b"\r\n\r\n")
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_the_http_probe_wants_a_200() -> None:
    async with answering(b"200 OK") as port:
        assert await http_probe("127.0.0.1", port, "/ready")()
        assert not await http_probe("127.0.0.1", port, "/other")()
        assert await tcp_probe("127.0.0.1", port)()
    async with answering(b"503 Service Unavailable") as other:
        assert not await http_probe("127.0.0.1", other, "/ready")()
    assert not await http_probe("127.0.0.1", port, "/ready")()
    assert not await tcp_probe("127.0.0.1", port)()


async def test_a_taken_port_is_refused_by_name() -> None:
    async with answering(b"200 OK") as port:
        assert not is_free(port)
        assert choose_port(port) != port
        with pytest.raises(PortTaken, match=rf"^port {port} on 127\.0\.0\.1 is taken .* with SPRINGTIDE_PORT$"):
            require_free_port(port, setting="SPRINGTIDE_PORT")
    require_free_port(port, setting="SPRINGTIDE_PORT")
    assert choose_port(port) == port


def test_a_long_log_is_cut_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "child.log"
    with open_log(path) as log:
        log.write(b"old\n" * 10)
        assert not cut_log(path, max_bytes=40)
        log.write(b"x")
        assert cut_log(path, max_bytes=40)
        log.write(b"new\n")
    assert path.read_bytes() == b"new\n"
    assert (tmp_path / "child.log.1").read_bytes() == b"old\n" * 10 + b"x"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_long_log_is_cut_even_without_room_for_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", no_room)
    path = tmp_path / "child.log"
    path.write_bytes(b"old\n" * 10)
    assert cut_log(path, max_bytes=10)
    assert path.read_bytes() == b""
    assert not (tmp_path / "child.log.1").exists()
