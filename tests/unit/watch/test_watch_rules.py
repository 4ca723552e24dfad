from pathlib import Path

import pytest

from springtide.channels.watch import rules
from springtide.channels.watch.expected import refused_share
from springtide.channels.watch.facts import Calls, Facts
from springtide.channels.watch.rules import NEEDED, Level, judge
from springtide.contracts.orders.api import SalesPace

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook"
GB = 1024**3
FINE = Facts(heard_for_s=600, roles=frozenset(NEEDED), buying=Calls(all=1_000), gateways={"sandbox": Calls(all=50)})


def pace(silent_minutes: float, orders_per_minute: float) -> SalesPace:
    return SalesPace(weeks=4, orders_per_minute=orders_per_minute, revenue=(), since_last_s=silent_minutes * 60)


def alerts(**facts: object) -> list[tuple[str, str, str]]:
    values = {name: getattr(FINE, name) for name in FINE.__slots__}
    return [(alert.name, alert.subject, str(alert.level)) for alert in judge(Facts(**{**values, **facts}))]


def test_a_shop_that_is_well_raises_nothing() -> None:
    assert alerts() == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"gateways": {"sandbox": Calls(all=10, failed=5)}}, ("gateway-down", "sandbox", "critical")),
        ({"outbox_lag_s": {"orders": 61.0}}, ("relay-lag", "orders", "critical")),
        ({"differences": {"payments": 1.0}}, ("difference-open", "payments", "critical")),
        ({"disks": {"/data": (14 * GB, 100 * GB)}}, ("disk-low", "/data", "warning")),
        ({"disks": {"/data": (4 * GB, 100 * GB)}}, ("disk-low", "/data", "critical")),
        ({"disks": {"/data": (0.5 * GB, 2 * GB)}}, ("disk-low", "/data", "critical")),
        ({"pace": pace(10, 0.9)}, ("no-orders", "", "critical")),
        ({"buying": Calls(all=1_000, failed=10)}, ("server-errors", "buying", "critical")),
        ({"looking": Calls(all=1_000, failed=10)}, ("server-errors", "looking", "critical")),
        ({"pools": {"checkout": 1.0}}, ("pool-exhausted", "checkout", "critical")),
        ({"lanes": {"orders": 2_001.0}}, ("queue-deep", "orders calls", "warning")),
        ({"consumers": {"orders": 5_001.0}}, ("queue-deep", "orders events", "warning")),
        ({"roles": frozenset(NEEDED) - {"checkout"}}, ("role-missing", "checkout", "critical")),
        ({"unreachable": ("orders",)}, ("context-unreachable", "orders", "critical")),
        ({"completing_s": 2.1}, ("checkout-slow", "", "warning")),
        ({"certificate_days": 20.0}, ("certificate-ends", "", "warning")),
        ({"certificate_days": 2.0}, ("certificate-ends", "", "critical")),
    ],
)
def test_each_thing_that_is_wrong_raises_its_alert_and_no_other(
    facts: dict[str, object], expected: tuple[str, str, str]
) -> None:
    assert alerts(**facts) == [expected]


@pytest.mark.parametrize(
    "facts",
    [
        {"gateways": {"sandbox": Calls(all=4, failed=4)}},  # too few to judge
        {"gateways": {"old": Calls(all=9, failed=9)}, "switched_off": frozenset({"old"})},  # somebody knows already
        {"outbox_lag_s": {"orders": 60.0}},
        {"differences": {"payments": 0.0}},
        {"disks": {"/data": (16 * GB, 100 * GB)}},
        {"pace": pace(10, 0.7)},  # seven orders missing may be chance
        {"pace": pace(4.9, 100)},  # and so may a silence of less than five minutes
        {"pace": SalesPace(weeks=0, orders_per_minute=0, revenue=(), since_last_s=90_000)},  # too young to expect
        {"buying": Calls(all=2_000, failed=19)},
        {"buying": Calls(all=9, failed=9)},
        {"roles": frozenset(), "heard_for_s": 5.0},  # we have just begun to listen
        {"certificate_days": None},
    ],
)
def test_what_is_not_wrong_yet_raises_nothing(facts: dict[str, object]) -> None:
    assert alerts(**facts) == []


def test_every_alert_has_a_page_that_says_what_to_do() -> None:
    table = (rules.__doc__ or "").splitlines()
    named = [line.split()[0] for line in table if len(line.split()) > 2 and line.split()[1] in set(Level)]
    assert len(named) == 12
    for name in named:
        page = (RUNBOOK / f"{name}.md").read_text(encoding="utf-8")
        for heading in ("## What it means", "## How to see", "## What to do"):
            assert heading in page, (name, heading)


def test_nobody_there_to_sell_means_that_nothing_is_sold() -> None:
    assert refused_share(Facts(heard_for_s=600, roles=frozenset({"orders"}))) == 1
    assert refused_share(Facts(heard_for_s=600, roles=frozenset({"web"}), buying=Calls(all=200, failed=50))) == 0.25
    assert refused_share(Facts(heard_for_s=5, roles=frozenset())) == 0
