"""The desk's numerics arrive after the shop sells, and never stop it."""

import asyncio
from pathlib import Path

import pytest

from springtide.commands import desk_start
from springtide.commands.desk_start import open_desk
from springtide.platform.embedded.folders import DataFolder
from springtide.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(root=tmp_path / "data", account=None)
    folder.logs.mkdir(parents=True)
    return folder


def _script(tmp_path: Path, text: str) -> str:
    script = tmp_path / "install.sh"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o755)
    return str(script)


def _installed_by(monkeypatch: pytest.MonkeyPatch, mark: Path) -> None:
    monkeypatch.setattr(desk_start, "is_installed", mark.exists)


async def test_without_words_nothing_is_installed(folder: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    await open_desk(Settings(), folder, {})
    assert capsys.readouterr().out == ""


async def test_the_words_run_at_the_lowest_priority(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "there"
    _installed_by(monkeypatch, mark)
    await open_desk(Settings(demo=False, peak_install=_script(tmp_path, f"nice > {mark}")), folder, {})
    assert mark.read_text().strip() == "19"
    assert "ready to plan" in capsys.readouterr().out


async def test_what_fails_is_said_and_logged(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _installed_by(monkeypatch, tmp_path / "never")
    await open_desk(Settings(peak_install=_script(tmp_path, "echo no index is reachable; exit 3")), folder, {})
    assert "could not be installed (code 3)" in capsys.readouterr().out
    assert (folder.logs / "peak-extra.log").read_text() == "no index is reachable\n"


async def test_who_stops_the_shop_stops_the_installation(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _installed_by(monkeypatch, tmp_path / "never")
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    words = _script(tmp_path, f"trap 'touch {ended}; exit' TERM\ntouch {begun}\nsleep 60 & wait")
    installing = asyncio.create_task(open_desk(Settings(peak_install=words), folder, {}))
    async with asyncio.timeout(20):
        while not begun.exists():  # noqa: ASYNC110 - another process makes the file: nobody sets an event here
            await asyncio.sleep(0.02)
        installing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await installing
    assert ended.exists()
