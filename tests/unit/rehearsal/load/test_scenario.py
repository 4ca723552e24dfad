"""Scenarios: the shipped ones are right, wrong ones are refused by name, baskets and traffic are what they say."""

import csv
import io
from pathlib import Path
from random import Random

import msgspec
import pytest

from scripts.online_shoppers import derived, quantiles
from springtide.rehearsal.load import baskets, scenario
from springtide.rehearsal.load.problems import BasketsWrong, ScenarioUnknown, ScenarioWrong
from springtide.rehearsal.load.traffic import KINDS, Weighted, drawn, traffic_of

GOOD = """
title = "T"
about = "A"
traffic = "peak"
[[phases]]
name = "one"
seconds = 10
from_per_s = 1
to_per_s = 2
[markets]
NL = 1
[payment]
NL = { card = 1 }
[limits]
pages = { p95_ms = 100, p99_ms = 200 }
writes = { p95_ms = 300, p99_ms = 400 }
"""


@pytest.mark.parametrize("name", scenario.NAMES)
def test_shipped_scenarios_are_right(name: str) -> None:
    key, found = scenario.load(name)
    assert key == name
    assert found.seconds > 0
    assert found.limit_of("cart") is not None


def test_a_file_is_read_and_scaled(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    key, found = scenario.load(str(path))
    assert key == "mine"
    assert found.scaled(3).phases[0].to_per_s == 6
    assert found.limit_of("product") == scenario.Limit(p95_ms=100, p99_ms=200)
    assert found.limit_of("cart") == scenario.Limit(p95_ms=300, p99_ms=400)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('traffic = "peak"', 'traffic = "holiday"', "traffic"),
        ("from_per_s = 1\nto_per_s = 2", "from_per_s = 0\nto_per_s = 0", "phases"),
        ("NL = 1", "NL = 0", "markets"),
        ("NL = { card = 1 }", "NL = { card = 0 }", "payment.NL"),
        ("NL = { card = 1 }", "NL = { cash = 1 }", "payment.NL.cash"),
        ("writes =", "cart =", "writes"),
        ("[limits]", "[limits]\nbogus = { p95_ms = 1, p99_ms = 1 }", "limits.bogus"),
        ("seconds = 10", "seconds = -1", "scenario"),
        ('title = "T"', 'titel = "T"', "scenario"),
        ('title = "T"', "title", "scenario"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, field: str) -> None:
    assert old in GOOD
    with pytest.raises(ScenarioWrong) as refused:
        scenario.parse(GOOD.replace(old, new))
    assert field in refused.value.facts["fields"]


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(ScenarioUnknown) as refused:
        scenario.load("blackfriday")
    assert refused.value.facts["known"] == list(scenario.NAMES)


def test_the_shipped_traffic_has_the_source_s_conversion() -> None:
    everyday, peak = (traffic_of(kind) for kind in KINDS)
    assert everyday.sessions + peak.sessions == 12_316
    for traffic, bought in ((everyday, 0.1232), (peak, 0.2535)):
        share = traffic.tries * traffic.cart_to_details * traffic.details_to_payment * traffic.payment_to_order
        assert share == pytest.approx(bought, abs=0.001)


def test_figures_are_derived_from_sessions() -> None:
    head = "ProductRelated,Administrative,Informational,ProductRelated_Duration,PageValues,Revenue\n"
    rows = list(
        csv.DictReader(io.StringIO(head + "1,0,0,0,0,FALSE\n4,1,0,40,5,TRUE\n2,0,0,40,1,FALSE\n3,0,0,9,0,FALSE\n"))
    )
    found = derived(rows)
    assert (found["bounce"], found["info"], found["tries"]) == (0.25, 0.25, 0.5)
    assert found["cart_to_details"] == round(0.5 ** (1 / 3), 4)
    assert found["pages"] == quantiles([4, 2, 3])
    assert found["seconds"] == quantiles([10.0, 20.0, 3.0])


def test_values_are_drawn_from_quantiles() -> None:
    random = Random(1)
    values = sorted(drawn((0, 10, 100), random) for _ in range(10_000))
    assert values[5_000] == pytest.approx(10, abs=1)
    assert values[-1] <= 100


def test_baskets_are_counted_and_drawn_within_limits() -> None:
    counter = baskets.BasketCounter()
    counter.count([("A", 2), ("B", 1), ("A", 3)])
    counter.count([("A", 1)])
    counter.count([])
    figures = counter.figures("here")
    assert (figures.orders, figures.lines, figures.units) == (2, {1: 1, 2: 1}, {1: 2, 5: 1})
    assert figures.skus == {"A": 2, "B": 1}
    shopper = baskets.Shopper(figures.lines, figures.units, most_lines=1, most_units=2, hot=["H"])
    goods, random = Weighted({"A": 2, "B": 1}), Random(1)
    drawn_baskets = [shopper.basket(random, goods, on_sale=2, hot_share=0.5) for _ in range(2_000)]
    assert all(len(lines) == 1 and 1 <= lines[0][1] <= 2 for lines in drawn_baskets)
    hot = sum(lines[0][0] == "H" for lines in drawn_baskets)
    assert 900 < hot < 1_100


def test_popularity_is_the_shop_s_own_or_the_shape_of_the_file_s() -> None:
    figures = baskets.BasketFigures(source="", orders=1, lines={1: 1}, units={1: 1}, skus={"A": 9, "B": 3})
    assert baskets.popularity(figures, ["B", "X", "A"]) == {"B": 3, "X": 3, "A": 9}
    assert baskets.popularity(figures, ["X", "Y", "Z"]) == {"X": 9, "Y": 3, "Z": 3}


def test_baskets_that_cannot_be_drawn_from_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "baskets.json"
    for content in (b"{}", msgspec.json.encode(baskets.BasketCounter().figures("empty"))):
        path.write_bytes(content)
        with pytest.raises(BasketsWrong):
            baskets.read(str(path))
    assert baskets.read().orders > 10_000
