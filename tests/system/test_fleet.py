"""The fleet of a drill: who dies is back at once, who is told to die at a step dies there, and the end is the end."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from springtide.rehearsal.fleet import Failpoints, Fleet, Program

SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    programs = [
        Program(name=name, command=(sys.executable, "-c", SLEEPER), environ=dict(os.environ)) for name in ("one", "two")
    ]
    made = Fleet(programs, logs=tmp_path)
    yield made
    made.stop()


def until(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not question():
        assert time.monotonic() < deadline, "not within 20 s"
        time.sleep(0.02)


def pids(tmp_path: Path, name: str) -> list[int]:
    log = tmp_path / f"{name}.log"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def test_who_is_killed_is_back_at_once_and_the_others_stay(fleet: Fleet, tmp_path: Path):
    fleet.start()
    until(lambda: len(pids(tmp_path, "one")) == len(pids(tmp_path, "two")) == 1)
    assert fleet.kill("one")
    until(lambda: len(pids(tmp_path, "one")) == 2 and fleet.is_whole())
    assert [(death.name, death.code) for death in fleet.deaths] == [("one", -signal.SIGKILL)]
    assert len(pids(tmp_path, "two")) == 1


def test_nobody_is_left_when_it_is_stopped(fleet: Fleet, tmp_path: Path):
    fleet.start()
    until(lambda: len(pids(tmp_path, "one")) == len(pids(tmp_path, "two")) == 1)
    started = [*pids(tmp_path, "one"), *pids(tmp_path, "two")]
    fleet.stop()
    assert not fleet.kill("one")
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
    assert fleet.deaths == []


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path):
    fleet = Fleet([Program(name="none", command=("/nonexistent",), environ={})], logs=tmp_path / "nowhere")
    fleet.start()
    with pytest.raises(FileNotFoundError):
        until(fleet.is_whole)
    fleet.stop()


def test_a_nursery_that_ended_is_told_and_nobody_is_left_behind(tmp_path: Path):
    environ = dict(os.environ)
    nursery = Program(name="nursery", command=(sys.executable, "-c", ""), environ=environ)
    sleeper = Program(name="one", command=(sys.executable, "-c", SLEEPER), environ=environ)
    fleet = Fleet([sleeper, Program(name="web", roles=("web",))], logs=tmp_path, nursery=nursery)
    opened = fleet._nursery
    assert opened is not None
    fleet.start()
    with pytest.raises((RuntimeError, BrokenPipeError)):
        until(fleet.is_whole)
    fleet.stop()
    assert opened._process is not None
    assert opened._process.returncode is not None
    assert [pid for pid in pids(tmp_path, "one") if Path(f"/proc/{pid}").exists()] == []


def test_a_point_is_armed_until_somebody_dies_there(tmp_path: Path):
    points = Failpoints(tmp_path / "points")
    assert not points.is_armed("orders.place.after")
    points.arm("orders.place.after")
    assert points.is_armed("orders.place.after")
    assert points.disarm("orders.place.after")
    assert not points.disarm("orders.place.after")
