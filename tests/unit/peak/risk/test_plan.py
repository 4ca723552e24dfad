"""The list of risks: worst first, by severity and never by a product; mistakes are named."""

from argparse import Namespace
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from springtide.commands.peak_command import run
from springtide.contexts.peak.domain.partners.register import Register, register_of
from springtide.contexts.peak.domain.paths.joint import draw_paths
from springtide.contexts.peak.domain.risk.plan import plan_risks
from springtide.contexts.peak.domain.risk.priority import OTHERWISE, TABLE, priority_of
from springtide.contexts.peak.providers.company_files import read_partner_notes, read_risks
from springtide.contexts.peak.providers.paths_file import write_paths
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.phrases import sentences
from springtide.contracts.peak.risk import Priority, RiskPlan, decode_risks
from springtide.demo.company import COMPANY_FOLDER, load_company
from springtide.settings import Settings
from tests.unit.peak.paths.made import NO_EDITS, forecast_of, spread_of
from tests.unit.peak.staff.made import totals

TODAY, PEAK = date(2011, 9, 1), date(2011, 11, 25)
ORDER = (Priority.LOW, Priority.MEDIUM, Priority.HIGH)
RISK = """
[[risks]]
id = "x"
name = "X"
department = "it"
severity = 8
likelihood = 5
detection = 5
sees = "s"
automatic = "a"
manual = "m"
action = "do"
"""
OUTAGE = """
[risks.outage]
between = { value = 60, unit = "days", assumption = "t" }
median = { value = 1, unit = "h", assumption = "t" }
p90 = { value = 2, unit = "h", assumption = "t" }
stops = { value = 0.5, unit = "of orders", assumption = "t" }
detect = { value = 1, unit = "min", assumption = "t" }
"""


@pytest.fixture(scope="module")
def register() -> Register:
    return register_of(load_company(), read_partner_notes(COMPANY_FOLDER), today=TODAY)


@pytest.fixture(scope="module")
def plan(register: Register) -> RiskPlan:
    return plan_risks(totals(300), read_risks(COMPANY_FOLDER), register, today=TODAY, peak=PEAK, seed=1)


def test_a_higher_score_never_lowers_the_priority() -> None:
    for severity, likelihood, detection in product(range(1, 11), repeat=3):
        found = ORDER.index(priority_of(severity, likelihood, detection).priority)
        for more in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
            other = priority_of(severity + more[0], likelihood + more[1], detection + more[2])
            assert ORDER.index(other.priority) >= found, (severity, likelihood, detection, more)


def test_every_row_decides_something_and_has_words() -> None:
    used = {priority_of(*scores).reason for scores in product(range(1, 11), repeat=3)}
    assert used == {row.reason for row in (*TABLE, OTHERWISE)}
    assert used <= set(sentences())


def test_severity_comes_before_the_product() -> None:
    assert priority_of(9, 2, 2).priority is Priority.MEDIUM  # 36 as a product
    assert priority_of(4, 4, 4).priority is Priority.LOW  # 64


def test_the_demos_risks_stand_worst_first(plan: RiskPlan) -> None:
    keys = [(one.risk.severity, one.risk.likelihood, one.risk.detection) for one in plan.risks]
    assert keys == sorted(keys, reverse=True)
    assert {one.priority for one in plan.risks} == set(Priority)
    outages = [one for one in plan.risks if one.lost_orders is not None]
    assert sum(one.lost_orders.mean for one in outages if one.lost_orders) == pytest.approx(plan.lost_orders.mean)
    assert plan.lost_orders.p99 < sum(one.lost_orders.p99 for one in outages if one.lost_orders)
    assert len(plan.decisions) == sum(one.priority is Priority.HIGH for one in plan.risks)
    drills = {one.risk.id: one.drill_stale for one in plan.risks}
    assert not drills["gateway-cards"]  # its partner's drill of August counts
    assert drills["hosting-down"]


MISTAKES = [
    (RISK.replace("severity = 8", "severity = 11"), "score"),
    (RISK.replace('department = "it"', 'department = "moon"'), "not_readable"),
    (RISK + RISK, "used_twice"),
    (RISK + OUTAGE.replace("value = 60", "value = 0"), "between"),
    (RISK + OUTAGE.replace("value = 2,", "value = 0.5,"), "duration"),
    (RISK + OUTAGE.replace("value = 0.5", "value = 50"), "share"),
    (RISK.replace('action = "do"', 'action = "do"\npartner = "ghost"'), "unknown_partner"),
    (RISK.replace('action = "do"', 'action = "do"\nlast_drill = 2011-12-01'), "drill"),
]


@pytest.mark.parametrize(("document", "rule"), MISTAKES)
def test_mistakes_are_named(document: str, rule: str, register: Register) -> None:
    with pytest.raises(InvalidPeakInput) as caught:
        plan_risks(totals(2), decode_risks(document.encode()), register, today=TODAY, peak=PEAK, seed=1)
    assert [mistake.rule for mistake in caught.value.mistakes] == [rule]


def test_nothing_listed_costs_nothing(register: Register) -> None:
    found = plan_risks(totals(5), (), register, today=TODAY, peak=PEAK, seed=1)
    assert found.risks == ()
    assert found.lost_orders.p99 == 0


def test_the_command_ranks_the_demos_risks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = draw_paths(forecast_of(days=14), spread_of(), edits=NO_EDITS, seed=1, paths=50, peak_minute=3.0)
    write_paths(made, tmp_path / "paths.npz")
    assert run(Settings(), Namespace(words=["risks", str(tmp_path / "paths.npz")])) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("medium  10  3  1  The hosting loses the data centre") or said[0].startswith("high")
    assert said[-1].startswith("Decide first: ")


def test_causes_have_every_outage_once_and_their_means_add_up(plan: RiskPlan) -> None:
    outages = sorted(one.risk.id for one in plan.risks if one.risk.outage is not None)
    assert sorted(id_ for cause in plan.causes for id_ in cause.risks) == outages
    assert sum(cause.lost_minor.mean for cause in plan.causes) == pytest.approx(plan.lost_minor.mean)
    assert sum(cause.lost_minor.p90 for cause in plan.causes) != pytest.approx(plan.lost_minor.p90)
    payments = next(cause for cause in plan.causes if cause.cause == "payments")
    assert len(payments.risks) > 1
