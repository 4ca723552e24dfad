"""The table of `springtide fleet status`, and what the command says without a fleet."""

import pytest

from springtide.cli import main
from springtide.commands.fleet.fleet import ProcessLine, Status
from springtide.commands.fleet.release import NoRelease, Release, look_at, python_of
from springtide.commands.fleet_command import as_lines

STATUS = Status(
    release=Release("/new/bin/python", "0.2.0", "/new"),
    previous=Release("/old/bin/python", "0.1.0", "/old"),
    pinned={"shop": 2},
    processes=(
        ProcessLine(
            process="shop-1",
            group="shop",
            version="0.2.0",
            pid=4711,
            state="ready",
            per_s=12.34,
            memory_mib=119.6,
            restarts=1,
            since=880.0,
        ),
        ProcessLine(
            process="caddy",
            group="-",
            version="-",
            pid=None,
            state="waiting",
            per_s=None,
            memory_mib=0.0,
            restarts=3,
            since=1000.0,
        ),
    ),
)


def test_the_table():
    assert as_lines(STATUS, now_s=1003.0) == [
        "process  group  version  pid   state    req/s  MiB  restarts  since",
        "shop-1   shop   0.2.0    4711  ready    12.3   120  1         2 min",
        "caddy    -      -        -     waiting  -      0    3         3 s",
        "release 0.2.0, /new",
        "before  0.1.0, /old",
        "shop stays at 2 (by hand)",
    ]


@pytest.mark.parametrize("words", [["status"], ["scale", "shop", "2"], ["roll", "--back"], ["down"]])
def test_without_a_fleet_every_command_says_so(tmp_path, monkeypatch, capsys, words):
    monkeypatch.setenv("SPRINGTIDE_DATA_DIR", str(tmp_path))
    assert main(["fleet", *words]) == 1
    assert f"no fleet runs in {tmp_path}: start one with `springtide fleet up`" in capsys.readouterr().err


def test_a_number_that_is_none(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SPRINGTIDE_DATA_DIR", str(tmp_path))
    assert main(["fleet", "scale", "shop", "many"]) == 1
    assert "many is neither a number of processes nor auto" in capsys.readouterr().err


async def test_a_path_without_a_release_is_refused(tmp_path):
    with pytest.raises(NoRelease, match="has neither"):
        python_of(tmp_path)
    with pytest.raises(NoRelease, match="No such file"):
        await look_at(tmp_path / "python")
    empty = tmp_path / "python"
    empty.write_text("#!/bin/sh\necho nothing here >&2; exit 3\n")
    empty.chmod(0o755)
    with pytest.raises(NoRelease, match="has no Springtide: nothing here"):
        await look_at(empty)
