"""`springtide rehearse` refuses in one line before anything is sent."""

import importlib.util
from pathlib import Path

import pytest

from springtide import cli
from springtide.rehearsal.load.problems import LocustMissing
from springtide.rehearsal.load.swarm import require_locust
from springtide.settings import Settings
from springtide.settings.reading import SettingsProblem, load

TOKEN = "r" * 32


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "load", lambda: Settings(rehearsal_token=TOKEN))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no-such-scenario",), "There is no scenario no-such-scenario"),
        (("smoke", "--schedule", "sometimes"), "'sometimes' is not like"),
        (("smoke", "--workers", "0"), "At least one worker"),
        (("smoke", "--scale", "0"), "a scale above 0"),
        (("smoke", "--expect", "2"), "--master ADDRESS:PORT"),
        (("smoke", "--url", "http://93.184.216.34"), "--allow-host 93.184.216.34"),
        (("smoke", "--baskets", "/no/such/file"), "/no/such/file"),
    ],
)
def test_wrong_words_are_one_line(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["rehearse", *words, "--no-books", "--evidence", str(tmp_path / "none")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_without_a_token_it_says_which(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "load", Settings)
    assert cli.main(["rehearse", "smoke"]) == 1
    assert "SPRINGTIDE_REHEARSAL_TOKEN" in capsys.readouterr().err


def test_without_locust_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(LocustMissing, match=r"pip install 'springtide\[rehearse\]'"):
        require_locust()


def test_the_token_is_refused_beside_a_real_gateway() -> None:
    gateways = '[{"name": "stripe", "provider": "stripe", "api_key": "k", "webhook_secret": "w", "markets": {}}]'
    environ = {"SPRINGTIDE_REHEARSAL_TOKEN": TOKEN, "SPRINGTIDE_GATEWAYS": gateways}
    with pytest.raises(SettingsProblem, match="stripe is a real gateway"):
        load(environ, Path("none.toml"))
    with pytest.raises(SettingsProblem, match="REHEARSAL_TOKEN: at least 32"):
        load({"SPRINGTIDE_REHEARSAL_TOKEN": "short"}, Path("none.toml"))
