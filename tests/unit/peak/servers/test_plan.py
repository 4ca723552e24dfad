from datetime import date, timedelta

import msgspec
import numpy as np
import pytest

from springtide.contexts.peak.domain.servers.plan import plan_servers
from springtide.contexts.peak.domain.servers.replays import ALL, AS_NEEDED, EARLY
from springtide.contracts.peak.company import Company
from springtide.demo.company import load_company
from tests.unit.peak.gateways.totals import totals_of

COMPANY = load_company()
LEVELS = [level / 10 for level in range(1, 21)]
CALM = [[2.0] * 24] * 2
FRIDAY = date(2011, 11, 25)


def peak_day(orders_per_hour: float) -> list[list[float]]:
    return [*CALM, [2.0] * 9 + [orders_per_hour] * 3 + [2.0] * 12, *CALM]


def hosting_with(**changes: float) -> Company:
    figures = {
        name: msgspec.structs.replace(getattr(COMPANY.hosting, name), value=value) for name, value in changes.items()
    }
    return msgspec.structs.replace(COMPANY, hosting=msgspec.structs.replace(COMPANY.hosting, **figures))


@pytest.fixture(scope="module")
def large():
    """A shop of a million orders in its best hour: more than today's manifests carry."""
    return plan_servers(totals_of(orders_per_hour=peak_day(1_000_000.0), levels=LEVELS, first=FRIDAY), COMPANY).plan


def test_a_small_shop_runs_on_one_machine_and_asks_for_nothing() -> None:
    plan = plan_servers(totals_of(orders_per_hour=CALM, levels=LEVELS), COMPANY).plan
    assert plan.decisions == ()
    assert {service.service: service.most for service in plan.services} == {
        service.id: service.least.value for service in COMPANY.hosting.services
    }
    assert all(not service.early for service in plan.services)
    assert (plan.advice.box, plan.advice.choice) == ("box-2", "vertical")


def test_requests_follow_visits_and_orders_without_what_the_edge_answers() -> None:
    hour = totals_of(orders_per_hour=[[3600.0]], levels=[1.0], visits_per_order=20.0, peak_minute=1.0)
    (web, *_, catalog) = plan_servers(hour, COMPANY).plan.services
    assert web.per_second.p50 == pytest.approx(20 * 34.6 * 0.10 + 6)
    assert catalog.per_second.p50 == pytest.approx(20 * 0.05 + 3)
    uncached = plan_servers(hour, hosting_with(edge_share=0.0)).plan.services[0]
    assert uncached.per_second.p50 == pytest.approx(20 * 34.6 + 6)


def test_a_large_day_asks_for_what_is_not_allowed_in_time(large) -> None:
    selling = {service.service: service for service in large.services}["selling"]
    assert selling.most > selling.allowed
    quota = {deadline.name: deadline for deadline in large.deadlines}["selling"]
    assert quota.needed_on == FRIDAY + timedelta(days=2)
    assert quota.last_day == quota.needed_on - timedelta(days=14)
    keys = [decision.what.key for decision in large.decisions]
    assert "servers.allow" in keys
    assert "servers.ask_limit" in keys
    assert "servers.grow" in keys


def test_processes_are_early_by_a_node_a_process_and_a_warm_cache(large) -> None:
    selling = {service.service: service for service in large.services}["selling"]
    (window,) = selling.early
    assert window.start.isoformat() == "2011-11-27T08:50:00"
    assert window.end.isoformat() == "2011-11-27T12:00:00"
    assert window.processes > selling.least


def test_pre_scaling_leaves_less_unmet_than_waiting_and_costs_less_than_everything(large) -> None:
    found = {(one.policy): one for one in large.replays if one.service == "selling" and one.path == "P90"}
    assert found[AS_NEEDED].unmet > found[EARLY].unmet
    assert found[EARLY].unmet < 1e-4
    assert found[AS_NEEDED].process_hours < found[EARLY].process_hours < found[ALL].process_hours


def test_more_connections_than_allowed_are_said() -> None:
    totals = totals_of(orders_per_hour=CALM, levels=LEVELS)
    plan = plan_servers(totals, hosting_with(database_connections=10)).plan
    (decision,) = plan.decisions
    assert decision.what.key == "servers.pooler"
    assert decision.what.values["connections"] == plan.connections


def test_a_day_with_more_costs_more_on_the_same_path() -> None:
    small = plan_servers(totals_of(orders_per_hour=peak_day(20_000.0), levels=LEVELS), COMPANY).plan
    big = plan_servers(totals_of(orders_per_hour=peak_day(90_000.0), levels=LEVELS), COMPANY).plan
    assert big.cost_minor.p90 > small.cost_minor.p90
    assert small.cost_minor.p10 <= small.cost_minor.p50 <= small.cost_minor.p90


def test_the_plan_is_the_same_each_time(large) -> None:
    again = plan_servers(totals_of(orders_per_hour=peak_day(1_000_000.0), levels=LEVELS, first=FRIDAY), COMPANY).plan
    assert msgspec.json.encode(again) == msgspec.json.encode(large)


def test_a_day_without_anybody_needs_what_runs_always() -> None:
    plan = plan_servers(totals_of(orders_per_hour=[[0.0]], levels=[1.0]), COMPANY).plan
    assert np.isfinite(plan.cost_minor.mean)
    assert all(replay.unmet == 0 for replay in plan.replays)
