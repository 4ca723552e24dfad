from datetime import date

import msgspec
import pytest

from springtide.contexts.peak.domain.gateways.attempts import busiest_second, classes_of
from springtide.contexts.peak.domain.gateways.plan import plan_gateways
from springtide.contracts.peak.company import decode_company
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.demo.company import COMPANY_FOLDER, load_company
from tests.unit.peak.gateways.totals import totals_of

COMPANY = load_company()
CALM = [[0.0] * 9 + [36.0] * 10]
LEVELS = [level / 10 for level in range(1, 21)]


def test_requests_of_an_order_count_retries_and_challenges() -> None:
    classes = {paid.name: paid for paid in classes_of(COMPANY.payment_habits)}
    assert classes["card in GB"].requests == pytest.approx(1.12 * (3 + 0.45 * 2))
    assert classes["invoice in GB"].requests == pytest.approx(1.12 * 3)
    assert sum(paid.share for paid in classes.values()) == pytest.approx(1.0)


def test_the_busiest_second_is_that_of_the_peak_minute() -> None:
    totals = totals_of(orders_per_hour=[[3600.0, 7200.0]], levels=[1.0, 2.0], peak_minute=3.0)
    assert busiest_second(totals).tolist() == [[6.0], [12.0]]


def test_a_small_shop_needs_no_higher_limit() -> None:
    plan = plan_gateways(totals_of(orders_per_hour=CALM * 3, levels=LEVELS), COMPANY)
    assert sum(part.share for part in plan.parts) == pytest.approx(1.0)
    assert all(load.limit_needed_per_s == 0 for load in plan.loads)
    assert plan.deadlines == ()
    assert plan.attempts_per_s.p90 == pytest.approx(36.0 * 1.8 * 2.0 / 3600 * 1.12, rel=1e-6)
    # Only the sandbox takes bank transfers and apps: that is a gap whatever the size.
    gaps = {decision.what.values["gateway"] for decision in plan.decisions}
    assert "Sandbox acquirer" in gaps


def test_a_large_day_asks_for_a_limit_in_time_for_it() -> None:
    days = [*(CALM * 30), [0.0] * 9 + [60_000.0] * 4]
    plan = plan_gateways(totals_of(orders_per_hour=days, levels=LEVELS, first=date(2011, 10, 26)), COMPANY)
    (ask,) = [deadline for deadline in plan.deadlines if deadline.name == "Stripe"]
    assert (ask.needed_on, ask.last_day, ask.lead_days) == (date(2011, 11, 25), date(2011, 10, 14), 42)
    asked = {load.gateway: load for load in plan.loads}["stripe"]
    assert asked.limit_needed_per_s > asked.limit_per_s
    assert plan.decisions[0].urgent


def test_every_path_pays_its_own_fees() -> None:
    plan = plan_gateways(totals_of(orders_per_hour=CALM, levels=LEVELS), COMPANY)
    assert plan.fees_minor.p90 / plan.fees_minor.p50 == pytest.approx(1.8, rel=1e-6)


def test_the_plan_is_the_same_each_time() -> None:
    totals = totals_of(orders_per_hour=CALM, levels=LEVELS)
    assert msgspec.json.encode(plan_gateways(totals, COMPANY)) == msgspec.json.encode(plan_gateways(totals, COMPANY))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('share = { value = 58, unit = "% of orders"', 'share = { value = 57, unit = "% of orders"', "shares"),
        ('method = "app_push"\ncountry = "SE"', 'method = "cheque"\ncountry = "SE"', "nobody_takes"),
    ],
)
def test_habits_that_cannot_be_are_named(old: str, new: str, rule: str) -> None:
    documents = {path.name: path.read_bytes() for path in COMPANY_FOLDER.glob("*.toml")}
    text = documents["gateways.toml"].decode()
    assert old in text
    documents["gateways.toml"] = text.replace(old, new, 1).encode()
    with pytest.raises(InvalidPeakInput) as refusal:
        decode_company(documents)
    assert [mistake.rule for mistake in refusal.value.mistakes] == [rule]
