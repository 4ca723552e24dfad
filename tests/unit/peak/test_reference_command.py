"""`springtide peak references` as an expert runs it."""

import pytest

from springtide.cli import main
from springtide.commands.peak import references as command
from springtide.contexts.peak.domain.references import Reference, references


def test_every_published_value_is_met_to_its_digits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peak", "references"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(references()) + 1
    assert all(line.startswith("ok") for line in said[:-1])


def test_one_that_is_off_fails_the_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    off = Reference(name="off", source="nobody", published=1.0, ours=1.01, within=0.005)
    monkeypatch.setattr(command, "references", lambda: (off,))
    assert main(["peak", "references"]) == 1
    assert capsys.readouterr().out.startswith("!!")
