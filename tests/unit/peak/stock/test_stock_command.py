"""`springtide peak stock`: from paths and a count to a buy list."""

import csv
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from springtide.commands.peak_command import run
from springtide.contexts.peak.domain.paths.joint import draw_paths
from springtide.contexts.peak.providers.paths_file import write_paths
from springtide.contracts.peak.stock import StockPlan
from springtide.settings import Settings
from tests.unit.peak.paths.made import NO_EDITS, forecast_of, spread_of

CATEGORIES = ("greeting-cards", "candles", "", "playtime")
MADE = forecast_of(days=60)
FORECAST = replace(
    MADE,
    products=tuple(
        replace(product, category=CATEGORIES[place % len(CATEGORIES)]) for place, product in enumerate(MADE.products)
    ),
)
SKUS = [product.sku for product in FORECAST.products]


@pytest.fixture
def paths_file(tmp_path: Path) -> Path:
    made = draw_paths(FORECAST, spread_of(), edits=NO_EDITS, seed=1, paths=50, peak_minute=3.0)
    write_paths(made, tmp_path / "paths.npz")
    return tmp_path / "paths.npz"


def peak(*words: object) -> int:
    return run(Settings(), Namespace(words=["stock", *map(str, words)]))


def test_a_buy_list_is_written(paths_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = tmp_path / "count.csv"
    count.write_text(
        "sku,on_hand,pack_size\n"
        "ghost,1,2\n" + "".join(f"{product.sku},1,2\n" for product in FORECAST.products if product.category),
        encoding="utf-8",
    )
    out = tmp_path / "out"
    assert peak(paths_file, "--stock", count, "--out", out) == 0
    plan = msgspec.json.decode((out / "stock.json").read_bytes(), type=StockPlan)
    assert plan.exceptions
    with (out / "buy_list.csv").open(encoding="utf-8", newline="") as file:
        assert [row["sku"] for row in csv.DictReader(file)] == [line.sku for line in plan.lines]
    told = capsys.readouterr()
    assert "Orders now" in told.out
    assert "1 counted articles have no demand" in told.err


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (f"sku,on_hand\n{SKUS[0]},-2\n", "count.csv, row 2: on_hand is -2"),
        ("sku,on_hand\nghost,2\n", "no product has a count and a supplier"),
        (f"sku,on_hand\n{SKUS[2]},2\n", "row 2: SKU-2 is of category '', which no supplier"),
        (f"sku,on_hand,pack_size\n{SKUS[0]},2,0\n", "count.csv, row 2: a pack of 0"),
        (f"sku,on_hand,inbound\n{SKUS[0]},2,5\n", f"row 2: 5 units of {SKUS[0]} are on their way without a day"),
        ("sku,on_hand\n", "count.csv: there are no rows"),
    ],
)
def test_a_mistake_is_named_with_its_row(
    paths_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, mistake: str
) -> None:
    count = tmp_path / "count.csv"
    count.write_text(text, encoding="utf-8")
    assert peak(paths_file, "--stock", count, "--out", tmp_path / "out") == 1
    assert mistake in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
