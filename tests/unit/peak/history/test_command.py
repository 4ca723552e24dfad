"""`springtide peak history FILE`, as a stranger runs it."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from springtide.cli import main
from springtide.contracts.peak.history import HistoryRule, QualityReport

PHRASES = Path("springtide/contracts/peak/phrases/history.toml")


@pytest.fixture
def past(tmp_path: Path) -> str:
    path = tmp_path / "past.csv"
    days = (f"2026-03-{day:02},mug,{2 if day != 9 else 500},5.00,o{day}\n" for day in range(1, 29))
    path.write_text("time,sku,quantity,unit_price,order_id\n" + "".join(days))
    return str(path)


def test_it_prints_what_is_left_out_and_how_to_take_it_back(past: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peak", "history", past, "--timezone", "Europe/Amsterdam"]) == 0
    shown = capsys.readouterr().out
    assert "28 lines read -> 28 orders, 27 lines, 54 units of 1 products, revenue 270.00" in shown
    assert "bulk:o9:mug, 2026-03-09, 500 units" in shown
    assert "--keep KEY" in shown


def test_a_key_takes_it_back_and_json_lists_everything(past: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peak", "history", past, "--keep", "bulk:o9:mug", "--json"]) == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=QualityReport)
    assert (report.units, report.of(HistoryRule.BULK)[0].kept) == (554, True)


def test_a_refusal_names_the_row_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "past.csv"
    path.write_text("time,sku,quantity,unit_price\n2026-03-01,mug,two,5\n")
    assert main(["peak", "history", str(path)]) == 1
    assert "past.csv, row 2: a quantity is a number other than 0, not two" in capsys.readouterr().err
    assert main(["peak", "history", str(tmp_path / "none.csv")]) == 1


def test_every_rule_can_be_said_in_every_language() -> None:
    phrases = tomllib.loads(PHRASES.read_text())
    assert {str(rule) for rule in HistoryRule} <= phrases.keys()
    assert all(set(words) == {"en", "nl", "sv"} for words in phrases.values())
