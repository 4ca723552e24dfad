"""`springtide backup` and `restore` say no in one line, with exit code 1, and touch nothing."""

from pathlib import Path

import pytest

from springtide.cli import main

GIVEN = {
    "SPRINGTIDE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "SPRINGTIDE_NATS_URL": "nats://127.0.0.1:1",
    "SPRINGTIDE_SECRET_KEY": "a-secret-key-for-tests-0123456789abcdef",
}


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPRINGTIDE_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("SPRINGTIDE_DATA_DIR", str(tmp_path / "shop"))


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("backup",), {}, "no backup folder: name one with --dir"),
        (("backup", "list", "--dir", "{empty}"), {}, "is not a backup folder of Springtide"),
        (("backup", "--dir", "{letters}"), {}, "is not empty and no backup folder"),
        (("backup", "archive"), {}, "`backup archive` needs SPRINGTIDE_DATABASE_URL"),
        (("backup", "--dir", "{empty}"), GIVEN, "the database cannot be asked"),
        (("backup", "archive", "--dir", "{empty}"), GIVEN, "the database cannot be asked"),
        (("restore", "--until", "yesterday"), {}, "--until yesterday: a moment like"),
        (("restore",), GIVEN, "restored on its own server: `springtide restore --into FOLDER`"),
        (("restore", "--only-events"), {}, "--only-events is for a database that was given"),
        (("restore", "--into", "{empty}/pg", "--dir", "{empty}"), {}, "is not a backup folder of Springtide"),
    ],
)
def test_it_is_one_line(
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    given: dict[str, str],
    said: str,
):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "empty").mkdir()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    places = {"empty": tmp_path / "empty", "letters": tmp_path / "letters"}
    assert main([word.format(**places) for word in words]) == 1
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1
    assert not (tmp_path / "shop").exists()
    assert [file.name for file in (tmp_path / "letters").iterdir()] == ["dear.txt"]
