"""`springtide peak buy` on files: what it decides, and what it refuses with the row."""

import argparse
import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from springtide.commands.peak_command import run
from springtide.settings import Settings

MONDAY = date(2024, 1, 1)
FILES = {
    "history": "date,sku,quantity\n"
    + "".join(
        f"{MONDAY + timedelta(weeks=week)},{sku},{units}\n"
        for week in range(30)
        for sku, units in (("steady", 10), ("rare", int(week % 6 == 0)))
    ),
    "stock": "sku,on_hand,pack\nsteady,10,1\nrare,0,4\n",
    "orders": "sku,quantity,arrives\nsteady,10,2024-08-05\n",
    "calendar": "order_date,arrival_date,next_arrival\n"
    "2024-07-29,2024-08-19,2024-08-26\n"
    "2024-08-05,2024-08-26,2024-09-02\n",
    "costs": "sku,holding,shortage\n*,0.2,1.0\n",
}


class Desk:
    """The five files in a folder, each of which a test may change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "buy.csv"

    def decide(self, *more: str, **changed: str) -> int:
        for name, text in (FILES | changed).items():
            (self.folder / f"{name}.csv").write_text(text, encoding="utf-8")
        files = [word for name in FILES for word in (f"--{name}", str(self.folder / f"{name}.csv"))]
        words = ["buy", *files, "--out", str(self.out), "--paths", "400", *more]
        return run(Settings(), argparse.Namespace(words=words))

    def quantities(self) -> dict[str, int]:
        with self.out.open(encoding="utf-8") as file:
            return {row["sku"]: int(row["quantity"]) for row in csv.DictReader(file)}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_review_orders_for_the_week_between_two_arrivals(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.decide() == 0
    quantities = desk.quantities()
    assert 11 <= quantities["steady"] <= 16  # one week of 10, and safety for a ratio of 5 to 6
    assert quantities["rare"] in {0, 4}
    assert f"Order {sum(quantities.values())} units" in capsys.readouterr().out


def test_the_next_arrival_a_week_later_orders_a_week_more(desk: Desk) -> None:
    desk.decide()
    week = desk.quantities()["steady"]
    desk.decide(calendar="order_date,arrival_date,next_arrival\n2024-07-29,2024-08-19,2024-09-02\n")
    assert 8 <= desk.quantities()["steady"] - week <= 12


def test_what_is_on_the_way_within_the_window_is_not_ordered_again(desk: Desk) -> None:
    desk.decide()
    before = desk.quantities()["steady"]
    desk.decide(orders="sku,quantity,arrives\nsteady,10,2024-08-05\nsteady,5,2024-08-19\n")
    assert desk.quantities()["steady"] == before - 5


def test_empty_shelves_and_quantities_left_empty_are_no_low_demand(desk: Desk) -> None:
    """A third of the weeks is hidden, by a flag or by nothing written: the order stays about what a week sells."""
    cells = ["10,1", "10,1", "2,0", "10,1", "10,1", ",1"]
    rows = [
        f"{MONDAY + timedelta(weeks=week)} 00:00:00,{sku},{cells[week % len(cells)]}\n"
        for week in range(30)
        for sku in ("steady", "rare")
    ]
    desk.decide(history="date,sku,quantity,in_stock\n" + "".join(rows), stock="sku,on_hand\nsteady,10\nrare,0\n")
    assert 9 <= desk.quantities()["steady"] <= 18


def test_another_review_is_chosen_by_its_order_date(desk: Desk) -> None:
    assert desk.decide("--on", "2024-08-05") == 0
    assert "2024-08-26" in desk.out.read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_file(desk: Desk) -> None:
    desk.decide()
    first = desk.out.read_bytes()
    desk.decide()
    assert desk.out.read_bytes() == first


@pytest.mark.parametrize(
    ("table", "text", "mistake"),
    [
        ("stock", "sku,on_hand\nsteady,-3\nrare,0\n", "stock.csv, row 2: on_hand is -3"),
        ("stock", "sku,on_hand\nsteady,3\nsteady,0\n", "stock.csv, row 3: steady stands here twice"),
        ("stock", "sku,on_hand\nsteady,3\nnobody,0\n", "history.csv: nobody is in stock and has no history"),
        ("stock", "sku,on_hand,pack\nsteady,3,0\n", "stock.csv, row 2: a pack of 0"),
        ("stock", "sku\nsteady\n", "stock.csv, row 1: columns missing: on_hand"),
        ("stock", "sku,on_hand\n", "stock.csv: there are no rows"),
        ("orders", "sku,quantity,arrives\nghost,1,2024-08-05\n", "orders.csv, row 2: ghost is not in stock"),
        ("orders", "sku,quantity,arrives\nrare,1,soon\n", "orders.csv, row 2: arrives is 'soon'"),
        ("costs", "sku,holding,shortage\nghost,1,1\n*,1,1\n", "costs.csv, row 2: ghost is not in stock"),
        ("costs", "sku,holding,shortage\nrare,1,1\n", "costs.csv: steady has no costs"),
        ("costs", "holding,shortage\n-1,1\n", "costs.csv, row 2: holding is -1"),
        (
            "history",
            "date,sku,quantity\n2024-01-01,steady,1\n2024-01-01,steady,1\n2024-01-08,rare,1\n",
            "row 3: steady",
        ),
        (
            "history",
            "date,sku,quantity\n2024-01-01,steady,1\n2024-02-01,rare,1\n",
            "2024-01-01 is followed by 2024-02-01",
        ),
        (
            "history",
            "date,sku,quantity,in_stock\n2024-01-01,steady,1,perhaps\n2024-01-08,rare,1,1\n",
            "row 2: in_stock is 'perhaps'",
        ),
        (
            "calendar",
            "order_date,arrival_date,next_arrival\n2024-08-05,2024-08-26,2024-09-02\n2024-07-29,2024-08-19,2024-08-26\n",
            "calendar.csv, row 3: 2024-07-29 stands after 2024-08-05",
        ),
        (
            "calendar",
            "order_date,arrival_date,next_arrival\n2024-07-29,2024-08-19,2024-09-02\n2024-08-05,2024-08-26,2024-09-09\n",
            "calendar.csv, row 3: arrives 2024-08-26, where the row before expects it on 2024-09-02",
        ),
        (
            "calendar",
            "order_date,arrival_date,next_arrival\n2024-07-29,2024-08-19,2024-08-19\n",
            "calendar.csv, row 2: 2024-07-29, 2024-08-19, 2024-08-19 do not follow each other",
        ),
        (
            "calendar",
            "order_date,arrival_date,next_arrival\n2024-07-29,2024-08-20,2024-08-26\n",
            "2024-08-20 and 2024-08-26 fall into the same period",
        ),
        (
            "calendar",
            "order_date,arrival_date,next_arrival\n2024-07-01,2024-07-29,2024-08-05\n",
            "there is no review after the history's last period, 2024-07-22",
        ),
    ],
)
def test_a_mistake_is_named_with_its_row_and_nothing_is_written(
    desk: Desk, capsys: pytest.CaptureFixture[str], table: str, text: str, mistake: str
) -> None:
    assert desk.decide(**{table: text}) == 1
    assert mistake in capsys.readouterr().err
    assert not desk.out.exists()


def test_all_mistakes_are_named_at_once(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.decide(stock="sku,on_hand\nsteady,-1\nrare,-2\n", costs="holding,shortage\n1,x\n") == 1
    words = capsys.readouterr().err
    assert all(part in words for part in ("row 2: on_hand is -1", "row 3: on_hand is -2", "shortage is 'x'"))
