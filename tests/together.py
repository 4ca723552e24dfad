"""Tests of whole shops beside each other (`pytest -n 2 --dist loadgroup`): who shares a shop, who wants nobody beside.

Tests that look at the same running shop go to one worker, so that it is started once. A test marked `alone` has a
limit in seconds that another worker's shop would spoil: it waits until the others have finished the test they are at,
and they wait for it before their next.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

SHOPS = ("shop", "quiet", "site", "outage")
"""Fixtures that keep a running shop for many tests."""
_FOLDER = "TURNS_OF_TESTS"


def shop_of(item: pytest.Function) -> str:
    """Name the running shop that a test shares with others; empty: none."""
    layouts = item.callspec.params if hasattr(item, "callspec") else {}
    for name in SHOPS:
        if name in item.fixturenames and hasattr(item.module, name):  # the module's own, in all layouts
            return item.path.name
        if name in layouts:
            return f"{item.path.parent.name} {layouts[name]}"
    return ""


@contextmanager
def turns() -> Iterator[None]:
    """Give the workers that are started in the block what they tell each other by whose turn it is."""
    with tempfile.TemporaryDirectory(prefix="springtide-turns-") as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


def folder_of_run(factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all workers of this run have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def once(folder: Path, name: str, make: Callable[[], str]) -> str:
    """Return what `make` gives: the first worker makes it, the others wait and read it (`folder`: one for each run)."""
    kept = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(make(), encoding="utf-8")
        return kept.read_text(encoding="utf-8")


@contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    """Take one's turn: beside the other workers, or alone. Without other workers it is always one's turn."""
    folder = os.environ.get(_FOLDER)
    if folder is None:
        yield
        return
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    with _locked(Path(folder, "room"), kind, through=Path(folder, "door")):
        yield


@contextmanager
def _locked(room: Path, kind: int, *, through: Path) -> Iterator[None]:
    """Lock a room. Who waits to be alone keeps the door shut, else the others could follow each other for ever."""
    with ExitStack() as stack:
        inside = stack.enter_context(room.open("w"))
        with through.open("w") as door:
            fcntl.flock(door, kind)
            fcntl.flock(inside, kind)
        yield
