"""Both engines: they start, work, survive kill -9 of anybody, and leave nothing behind."""

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import nats
import psycopg
import pytest

from springtide.platform.embedded.engines import Engines, engines_of_running_shop, running_engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.launch import record, recorded_pid
from springtide.platform.embedded.ports import is_free, require_free_port
from springtide.platform.embedded.problems import AlreadyRunning, EngineProblem, OtherVersion, PortTaken
from springtide.platform.embedded.stragglers import programs_working_in
from tests.system.embedded.kept import Keep, Until

pytestmark = pytest.mark.timeout(90)


class Heard(list[str]):
    """What the engines said."""

    def __call__(self, line: str) -> None:
        self.append(line)


async def note(engines: Engines, text: str) -> None:
    """Commit a row and publish a message, both answered with success."""
    async with await psycopg.AsyncConnection.connect(engines.database_url, connect_timeout=5) as connection:
        await connection.execute("create table if not exists notes (text text)")
        await connection.execute("insert into notes values (%s)", [text])
    client = await nats.connect(engines.nats_url)
    stream = client.jetstream()
    await stream.add_stream(name="notes", subjects=["notes"])
    await stream.publish("notes", text.encode())
    await client.close()


async def notes(engines: Engines) -> tuple[list[str], list[str]]:
    """Return the committed rows and the published messages."""
    async with await psycopg.AsyncConnection.connect(engines.database_url, connect_timeout=5) as connection:
        rows = [str(row[0]) for row in await (await connection.execute("select text from notes")).fetchall()]
    client = await nats.connect(engines.nats_url)
    stream = client.jetstream()
    count = (await stream.stream_info("notes")).state.messages
    found = [await stream.get_msg("notes", seq=number) for number in range(1, count + 1)]
    await client.close()
    return rows, [(message.data or b"").decode() for message in found]


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


async def test_the_engines_work_and_leave_nothing_behind(folder: DataFolder) -> None:
    async with running_engines(folder, say=Heard(), durable=False) as engines:
        await note(engines, "first")
        assert await notes(engines) == (["first"], ["first"])
        assert engines_of_running_shop(folder) == engines
    assert programs_working_in(folder.pg) == []
    assert engines_of_running_shop(folder) is None
    assert is_free(port_of(engines.database_url))
    assert is_free(port_of(engines.nats_url))


async def test_the_second_start_is_quick_and_finds_everything(folder: DataFolder) -> None:
    async with running_engines(folder, say=Heard(), durable=False) as first:
        await note(first, "kept")
    began = time.monotonic()
    async with running_engines(folder, say=Heard(), durable=False) as second:
        assert time.monotonic() - began < 20  # about a second, where nobody else is at work
        assert second == first
        assert await notes(second) == (["kept"], ["kept"])


async def test_only_passwords_open_the_engines(folder: DataFolder) -> None:
    async with running_engines(folder, say=Heard(), durable=False) as engines:
        secret = urlsplit(engines.database_url).password or ""
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await psycopg.AsyncConnection.connect(engines.database_url.replace(secret, "wrong"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(engines.nats_url))
        writer.write(b'CONNECT {"verbose":true}\r\nPING\r\n')
        answers = await reader.read(-1)
        writer.close()
        assert b"Authorization Violation" in answers


@pytest.mark.parametrize("engine", ["postgres", "nats"])
async def test_an_engine_killed_in_the_middle_comes_back(folder: DataFolder, engine: str, until: Until) -> None:
    heard = Heard()
    async with running_engines(folder, say=heard) as engines:
        await note(engines, "before")
        killed = recorded_pid(folder.run / f"{engine}.json")
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await until(lambda: f"{engine}: running again" in heard)
        assert recorded_pid(folder.run / f"{engine}.json") not in {None, killed}
        assert await notes(engines) == (["before"], ["before"])
    assert any(line.startswith(f"{engine}: ended by SIGKILL") for line in heard)


async def test_killing_the_supervising_process_blocks_nothing(folder: DataFolder, keep: Keep, until: Until) -> None:
    async with keep(folder) as kept:
        await note(kept.engines, "before")
        nats_pid = recorded_pid(folder.run / "nats.json")
        await kept.kill()
    assert nats_pid is not None
    async with running_engines(folder, say=Heard()) as engines:  # at once, while the orphans may still be ending
        assert await notes(engines) == (["before"], ["before"])
        assert recorded_pid(folder.run / "nats.json") != nats_pid


async def test_engines_end_by_themselves_when_the_supervising_process_is_killed(
    folder: DataFolder, keep: Keep, until: Until
) -> None:
    async with keep(folder) as kept:
        assert programs_working_in(folder.pg)
        await kept.kill()
    await until(lambda: not programs_working_in(folder.pg))
    await until(lambda: recorded_pid(folder.run / "nats.json") is None)


async def test_orphans_that_live_on_are_ended_first(folder: DataFolder, until: Until) -> None:
    """Should the death signal not come, two postmasters or two NATS servers must not share a folder."""
    async with running_engines(folder, say=Heard(), durable=False) as engines:
        await note(engines, "before")
        commands = [command_of(recorded_pid(folder.run / f"{name}.json")) for name in ("postgres", "nats")]
    user = folder.account.uid if folder.account else None
    orphans = [await asyncio.create_subprocess_exec(*command, cwd="/", user=user) for command in commands]
    record(folder.run / "nats.json", orphans[1].pid)
    await until(lambda: not is_free(port_of(engines.database_url)) and not is_free(port_of(engines.nats_url)))
    heard = Heard()
    async with running_engines(folder, say=heard, durable=False) as again:
        async with asyncio.timeout(10):
            await asyncio.gather(*(orphan.wait() for orphan in orphans))
        assert again == engines
        assert await notes(again) == (["before"], ["before"])
    assert f"nats: ending process {orphans[1].pid} of a former run" in heard
    assert f"postgres: ending process {orphans[0].pid} of a former run" in heard


def command_of(pid: int | None) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")


async def test_a_stale_pid_file_with_a_living_pid_does_not_block(folder: DataFolder) -> None:
    """After a power cut the pid in it may belong to another process of the same account."""
    async with running_engines(folder, say=Heard(), durable=False):
        lines = (folder.pg / "postmaster.pid").read_text().splitlines()
    user = folder.account.uid if folder.account else None
    bystander = await asyncio.create_subprocess_exec("/bin/sleep", "60", user=user, cwd="/")
    try:
        lines[0] = str(bystander.pid)
        (folder.pg / "postmaster.pid").write_text("\n".join(lines))
        if folder.account:
            os.chown(folder.pg / "postmaster.pid", folder.account.uid, folder.account.gid)
        async with running_engines(folder, say=Heard(), durable=False) as engines:
            await note(engines, "started")
        assert bystander.returncode is None
    finally:
        bystander.kill()
        await bystander.wait()


async def test_a_port_taken_meanwhile_is_replaced(folder: DataFolder) -> None:
    async with running_engines(folder, say=Heard(), durable=False) as before:
        pass
    taken = [port_of(before.database_url), port_of(before.nats_url)]
    with socket.create_server(("127.0.0.1", taken[0])), socket.create_server(("127.0.0.1", taken[1])):
        async with running_engines(folder, say=Heard(), durable=False) as after:
            assert port_of(after.database_url) not in taken
            assert port_of(after.nats_url) not in taken
            await note(after, "elsewhere")


async def test_a_second_run_on_the_folder_is_refused(folder: DataFolder) -> None:
    async with running_engines(folder, say=Heard(), durable=False) as engines:
        with pytest.raises(AlreadyRunning, match=rf"already running on {folder.root} \(process {os.getpid()}\)"):
            async with running_engines(folder, say=Heard(), durable=False):
                pytest.fail("two runs in one folder")
        await note(engines, "undisturbed")


async def test_a_process_of_the_shop_left_behind_is_ended_before_its_port_is_asked_for(folder: DataFolder) -> None:
    program = "import signal, socket, time; signal.signal(signal.SIGTERM, lambda *_: time.sleep(0.3) or exit(0))\n"
    program += "s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); time.sleep(60)"
    shop = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert shop.stdout is not None
    port = int(await shop.stdout.readline())
    record(folder.run / "shop.json", shop.pid)
    heard = Heard()
    with pytest.raises(PortTaken):
        require_free_port(port, setting="SPRINGTIDE_PORT")
    async with running_engines(
        folder, say=heard, durable=False, precheck=lambda: require_free_port(port, setting="SPRINGTIDE_PORT")
    ):
        assert await shop.wait() == 0
    assert f"shop: ending process {shop.pid} of a former run" in heard


async def test_a_port_of_the_shop_that_is_taken_is_refused_before_anything_starts(folder: DataFolder) -> None:
    async def start(port: int) -> None:
        async with running_engines(
            folder, say=Heard(), durable=False, precheck=lambda: require_free_port(port, setting="SPRINGTIDE_PORT")
        ):
            pytest.fail("started without its port")

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortTaken, match="SPRINGTIDE_PORT"):
        await start(taken.getsockname()[1])
    assert not folder.pg.exists()
    assert not folder.nats.exists()


async def test_a_run_that_is_just_ending_does_not_block_the_next(folder: DataFolder) -> None:
    is_up = asyncio.Event()

    async def first() -> None:
        async with running_engines(folder, say=Heard(), durable=False):
            is_up.set()
            await asyncio.sleep(0.5)  # what a shop takes to end its own processes

    ending = asyncio.create_task(first())
    await is_up.wait()
    async with running_engines(folder, say=Heard(), durable=False) as engines:
        assert ending.done()
        await note(engines, "next")
    await ending


async def test_an_engine_that_cannot_be_kept_alive_ends_the_block(folder: DataFolder) -> None:
    async def live() -> None:
        async with running_engines(folder, say=Heard(), durable=False):
            nats_pid = recorded_pid(folder.run / "nats.json")
            assert nats_pid is not None
            folder.nats.rename(folder.nats.with_name("aside"))
            folder.nats.touch()
            os.kill(nats_pid, signal.SIGKILL)
            await asyncio.Event().wait()

    with pytest.raises(EngineProblem, match=r"nats: .*File exists"):
        await live()
    assert programs_working_in(folder.pg) == []


async def test_a_database_of_another_major_is_refused_untouched(folder: DataFolder) -> None:
    folder.make_private(folder.pg)
    (folder.pg / "PG_VERSION").write_text("17\n")
    folder.secrets_file.write_text('{"postgres_password": "a", "nats_password": "b", "secret_key": "c"}')
    with pytest.raises(OtherVersion, match="is of PostgreSQL 17, this is 18"):
        async with running_engines(folder, say=Heard(), durable=False):
            pytest.fail("opened a database of another major")
    assert [path.name for path in folder.pg.iterdir()] == ["PG_VERSION"]
