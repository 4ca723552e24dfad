"""`springtide peak plan` and `what-if`, as a stranger runs them on a small shop's folder."""

import os
import random
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from springtide.cli import main
from springtide.contexts.peak.providers.plan_files import read_plan
from springtide.contracts.peak.plan import Plan

PHRASES = Path("springtide/contracts/peak/phrases/plan.toml")
NO_NAMES = ("--roster-weeks", "0")
STAGES = ["history", "forecast", "paths", "stock", "fulfilment", "staff", "gateways", "servers", "budget"]
STAGES += ["partners", "risk", "readiness"]
OVERRIDE = """
[[overrides]]
id = "fair"
multiplier = 1.5
scope = "sku"
key = "mug-3"
reason = "a fair in town"
author = "ada"
expires_on = {until}
"""


@dataclass(frozen=True)
class Run:
    folder: Path
    out: str
    err: str

    @property
    def plan(self) -> Plan:
        return msgspec.json.decode((self.folder / "plan.json").read_bytes(), type=Plan)

    def bytes_of(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


def write_shop(folder: Path) -> Path:
    """Write ten products' half year, more at weekends, with visits."""
    folder.mkdir()
    luck = random.Random(3)
    lines, visits = ["time,sku,quantity,unit_price,order_id"], ["date,visits"]
    for number in range(182):
        day = date(2026, 3, 2) + timedelta(days=number)
        orders = luck.randint(8, 12) + 6 * (day.weekday() > 4)
        for order in range(orders):
            for _ in range(luck.randint(1, 3)):
                sku = min(luck.randint(0, 9), luck.randint(0, 9))
                lines.append(
                    f"{day}T{luck.randint(8, 20):02}:30,mug-{sku},{luck.randint(1, 3)},{5 + sku},{day}-{order}"
                )
        visits.append(f"{day},{orders * 30}")
    (folder / "history.csv").write_text("\n".join(lines) + "\n")
    (folder / "visits.csv").write_text("\n".join(visits) + "\n")
    (folder / "catalogue.csv").write_text("sku,category\n" + "".join(f"mug-{sku},mugs-and-cups\n" for sku in range(10)))
    (folder / "stock.csv").write_text(
        "sku,on_hand,pack\nplate,3,1\n" + "".join(f"mug-{sku},{9 - sku},6\n" for sku in range(10))
    )
    (folder / "inbound.csv").write_text("sku,quantity,arrives\nmug-1,12,2026-09-04\n")
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("plan") / "shop")


@pytest.fixture(scope="module")
def planned(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Plan with these options, each combination once."""
    made: dict[tuple[str, ...], Run] = {}

    def plan(capsys: pytest.CaptureFixture[str], *options: str, again: bool = False) -> Run:
        if again or options not in made:
            folder = tmp_path_factory.mktemp("out")
            words = [
                "peak",
                "plan",
                str(shop),
                "--out",
                str(folder),
                "--season-days",
                "28",
                "--paths",
                "120",
                *NO_NAMES,
                *options,
            ]
            capsys.readouterr()
            assert main(words) == 0
            made[options] = Run(folder, *capsys.readouterr())
        return made[options]

    return plan


def what_if(capsys: pytest.CaptureFixture[str], folder: Path, out: Path, *options: str) -> Run:
    capsys.readouterr()
    assert main(["peak", "what-if", str(folder), "--out", str(out), *options]) == 0
    return Run(out, *capsys.readouterr())


def test_every_stage_is_said_with_its_time_and_the_plan_begins_with_what_to_do(planned, capsys) -> None:
    run = planned(capsys)
    said = re.findall(r"^(\w+) +\d+\.\d s  CPU +\d+\.\d s  \S", run.err, re.MULTILINE)
    assert said == STAGES
    assert [stage.stage for stage in run.plan.stages] == STAGES[1:]
    assert run.out.index("To do:") < run.out.index("The season")
    for name in ("orders", "units", "revenue", "visits"):
        assert re.search(rf"^  {name} +[\d,]+ +[\d,]+ +[\d,]+$", run.out, re.MULTILINE)


def test_the_same_inputs_and_seed_give_the_same_bytes_and_others_do_not(planned, capsys) -> None:
    one = planned(capsys)
    before = {name: one.bytes_of(name) for name in ("plan.json", "inputs.json", "paths.npz")}
    two = planned(capsys, again=True)
    assert two.folder != one.folder
    assert {name: two.bytes_of(name) for name in before} == before
    other = planned(capsys, "--seed", "2").plan
    assert other.id != one.plan.id
    assert other.paths.orders != one.plan.paths.orders
    assert other.inputs["demand"] == one.plan.inputs["demand"]


def test_two_processes_make_the_same_plan_with_names_and_gateways(shop: Path, tmp_path: Path) -> None:
    """Whatever order each process keeps its sets in: rosters, splits and everything else are the same bytes."""
    words = ("peak", "plan", str(shop), "--season-days", "7", "--paths", "60", "--roster-weeks", "1")
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "springtide.cli", *words, "--out", str(tmp_path / seed)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    assert [process.wait() for process in both] == [0, 0]
    one, other = ((tmp_path / seed / "plan.json").read_bytes() for seed in ("1", "2"))
    assert one == other
    plan = msgspec.json.decode(one, type=Plan)
    assert plan.staff.roster is not None
    assert plan.staff.roster.entries
    assert plan.gateways.parts


def test_a_plan_is_of_its_season_and_its_ranks_rise(planned, capsys) -> None:
    plan = planned(capsys).plan
    assert (plan.first, plan.last) == (date(2026, 8, 31), date(2026, 9, 27))
    assert plan.as_of == date(2026, 8, 31)
    assert [day.day for day in plan.days] == [plan.first + timedelta(days=number) for number in range(28)]
    for band in (plan.paths.orders, plan.paths.units, plan.paths.revenue_minor):
        assert 0 < band.p10 < band.p50 < band.p90 < band.p99
    assert plan.paths.orders.mean == pytest.approx(28 * 11.7, rel=0.25)
    assert sum(day.p90 for day in plan.days) == plan.paths.orders.p90
    assert plan.quality is not None
    expected = ["plan.no_calibration", "plan.no_accuracy", "plan.no_peak_minute", "plan.stock_without_demand"]
    assert [phrase.key for phrase in plan.missing] == expected
    assert plan.missing[3].values == {"products": 1}


def test_the_stock_step_buys_what_the_count_is_short_of(planned, capsys) -> None:
    stock = planned(capsys).plan.stock
    assert stock is not None
    assert stock.today == date(2026, 8, 31)
    bought = {line.sku: line.units for line in stock.lines}
    assert bought.keys() <= {f"mug-{sku}" for sku in range(10)}
    assert all(units % 6 == 0 for units in bought.values())
    assert {exception.sku for exception in stock.exceptions} | bought.keys()


def test_decisions_stand_urgent_first_and_then_by_day(planned, capsys) -> None:
    plan = planned(capsys, "--size", "100").plan
    order = [(not decision.urgent, decision.by is None, decision.by or date.max) for decision in plan.decisions]
    assert order == sorted(order)
    assert [deadline.last_day for deadline in plan.deadlines] == sorted(each.last_day for each in plan.deadlines)


def test_a_what_if_keeps_the_paths_and_is_the_plan_that_would_be_made_anew(planned, capsys, tmp_path) -> None:
    before = planned(capsys)
    changed = what_if(capsys, before.folder, tmp_path / "out", "--size", "10")
    anew = planned(capsys, "--size", "10").plan
    assert changed.plan.paths.orders == anew.paths.orders
    assert changed.plan.paths.visits == anew.paths.visits
    assert changed.plan.paths.path_p90 == anew.paths.path_p90
    assert changed.plan.paths.units.p90 == pytest.approx(anew.paths.units.p90, rel=0.02)
    assert changed.plan.gateways.attempts_per_s == anew.gateways.attempts_per_s
    assert changed.plan.servers.services == anew.servers.services
    assert changed.plan.id == f"{anew.id}-what-if"
    assert "->" in changed.out
    assert changed.plan.stock is None
    assert "plan.not_again" in [phrase.key for phrase in changed.plan.missing]


def test_a_changed_plan_can_be_changed_back(planned, capsys, tmp_path) -> None:
    before = planned(capsys)
    there = what_if(capsys, before.folder, tmp_path / "there", "--size", "3")
    back = what_if(capsys, there.folder, tmp_path / "back", "--size", "1")
    assert back.plan.id == f"{before.plan.id}-what-if"
    assert back.plan.paths.orders == before.plan.paths.orders
    assert back.plan.paths.units.p50 == pytest.approx(before.plan.paths.units.p50, rel=0.001)


def test_overrides_count_until_they_expire_and_are_named_either_way(planned, capsys, tmp_path) -> None:
    before, file = planned(capsys), tmp_path / "overrides.toml"
    file.write_text(OVERRIDE.format(until="2026-12-31"))
    good = what_if(capsys, before.folder, tmp_path / "good", "--overrides", str(file)).plan
    assert [override.id for override in good.paths.applied] == ["fair"]
    assert good.paths.units.mean > before.plan.paths.units.mean
    file.write_text(OVERRIDE.format(until="2026-08-30"))
    late = what_if(capsys, before.folder, tmp_path / "late", "--overrides", str(file)).plan
    assert late.paths.applied == ()
    assert [override.id for override in late.paths.expired] == ["fair"]
    assert late.paths.units == before.plan.paths.units
    assert "plan.expired" in [phrase.key for phrase in late.missing]


def test_what_was_written_can_be_read_again(planned, capsys) -> None:
    run = planned(capsys)
    plan, record, joint = read_plan(run.folder)
    assert plan == run.plan
    assert record.hashes == {name: plan.inputs[name] for name in ("demand", "history")}
    assert joint.totals.daily_orders.sum(axis=1).max() >= plan.paths.orders.p99


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--season-from", "2026-08-30"], "the season begins after the history, which ends on 2026-08-30"),
        (["--season-days", "0", "--paths", "0", "--seed", "-1"], "--paths: has to be 1 to 10000; --seed: has to be"),
        (["--size", "0"], "size has to lie above 0"),
        (["--company", "{shop}"], "company.toml: the document is missing; roles.toml: the document is missing"),
        (["--stock", "{shop}/visits.csv"], "visits.csv, row 1: columns missing: sku, on_hand"),
        (["--inbound", "{shop}/stock.csv"], "stock.csv, row 1: columns missing: quantity, arrives"),
        (["--overrides", "{shop}/visits.csv"], "visits.csv: "),
        (["--calibration", "{shop}/visits.csv"], "visits.csv: "),
    ],
)
def test_bad_input_is_refused_by_name_and_nothing_is_written(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    out = tmp_path / "out"
    words = [word.format(shop=shop) for word in options]
    assert main(["peak", "plan", str(shop), "--out", str(out), "--season-days", "28", *words]) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_without_a_history_and_one_without_a_plan_are_refused(tmp_path, capsys) -> None:
    assert main(["peak", "plan", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "there is no history.csv" in capsys.readouterr().err
    (tmp_path / "plan.json").write_text('{"format": 99}')
    assert main(["peak", "what-if", str(tmp_path)]) == 1
    assert "the plan has format 99" in capsys.readouterr().err


def test_every_phrase_of_the_plan_is_there_in_every_language(planned, capsys) -> None:
    phrases = tomllib.loads(PHRASES.read_text())
    assert all(set(words) == {"en", "nl", "sv"} for words in phrases.values())
    plan = planned(capsys).plan
    used = {phrase.key for phrase in (*plan.missing, *(stage.what for stage in plan.stages))}
    assert used <= {f"plan.{name}" for name in phrases}
