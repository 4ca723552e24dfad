"""A command in the foreground, as a person at a terminal meets it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from springtide.platform.embedded.engines import running_engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.launch import recorded_pid
from springtide.platform.embedded.stragglers import programs_working_in
from tests.system.embedded.kept import Until

pytestmark = pytest.mark.timeout(60)
KEEPER = Path(__file__).with_name("keeper.py")


@contextmanager
def keeper(folder: DataFolder, *before: str, **environ: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [*before, sys.executable, str(KEEPER), str(folder.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
        start_new_session=True,  # a terminal of its own, so to speak
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def nothing_runs(folder: DataFolder) -> bool:
    return not programs_working_in(folder.pg) and recorded_pid(folder.run / "nats.json") is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_to_the_terminals_group_stops_everything_in_order(
    folder: DataFolder, number: signal.Signals
) -> None:
    with keeper(folder) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, number)  # Ctrl-C goes to the whole group
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert nothing_runs(folder)
    assert errors.splitlines()[-1] == "Stopping"
    log = (folder.logs / "postgres.log").read_text()
    assert "received fast shutdown request" in log
    assert "database system is shut down" in log


async def test_a_problem_is_one_line_and_exit_code_1(folder: DataFolder) -> None:
    async with running_engines(folder, say=lambda _: None, durable=False):
        with keeper(folder) as process:
            output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert errors == f"springtide: Springtide is already running on {folder.root} (process {os.getpid()})\n"


async def test_a_killed_make_takes_the_command_with_it(folder: DataFolder, until: Until) -> None:
    """The shell stands for make, which puts its own pid into the environment."""
    script = 'SPRINGTIDE_PARENT_PID=$$ "$@" & echo $!; wait'
    with keeper(folder, "/bin/sh", "-c", script, "make") as make:
        assert make.stdout is not None
        pid = int(make.stdout.readline())
        make.stdout.readline()  # the engines are up
        make.kill()
        make.wait()
        await until(lambda: not Path(f"/proc/{pid}").exists())
        assert nothing_runs(folder)


async def test_without_the_word_of_make_a_shell_may_end_first(folder: DataFolder) -> None:
    script = '"$@" & echo $!'
    with keeper(folder, "/bin/sh", "-c", script, "nohup") as shell:
        assert shell.stdout is not None
        pid = int(shell.stdout.readline())
        assert shell.wait(timeout=5) == 0
        assert shell.stdout.readline().startswith("{")  # up, although the shell is gone
        os.kill(pid, signal.SIGTERM)
        shell.stdout.read()  # to the end: the command has ended
    assert nothing_runs(folder)
