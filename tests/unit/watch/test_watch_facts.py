"""The facts of a turn, from figures and contracts."""

from typing import Any

from springtide.channels.watch.expected import REVENUE_EXPECTED, UNSOLD, show
from springtide.channels.watch.facts import Calls, gather
from springtide.contracts.orders.api import OrdersApi, RevenueRate, SalesPace
from springtide.contracts.payments.api import PaymentsApi
from springtide.platform.errors import Unavailable
from springtide.platform.figures import Figure
from springtide.platform.fleet_figures import FleetFigures
from tests.fakes.snapshots import telling

PACE = SalesPace(
    weeks=4,
    orders_per_minute=2.0,
    revenue=(RevenueRate(currency="EUR", minor_per_minute=5_000.0),),
    since_last_s=30.0,
)


class Orders:
    async def pace(self, *, caller: object) -> SalesPace:
        return PACE


class Payments:
    def __init__(self, *, is_away: bool) -> None:
        self._is_away = is_away

    async def gateways(self, *, caller: object) -> tuple[object, ...]:
        if self._is_away:
            msg = "away"
            raise Unavailable(msg)
        return ()


def asking(*, payments_are_away: bool = False) -> Any:
    fakes = {OrdersApi: Orders(), PaymentsApi: Payments(is_away=payments_are_away)}
    return fakes.__getitem__


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def heard(clock: Clock, figures: FleetFigures, **values: dict[tuple[str, ...], float]) -> None:
    told = tuple(
        Figure(f"springtide_{name}", labels, value) for name, each in values.items() for labels, value in each.items()
    )
    figures.hear(telling(told, process="a"))
    clock.now_s += 5


async def test_rates_come_from_figures_and_who_is_away_is_named() -> None:
    clock = Clock()
    figures = FleetFigures(clock)
    for many in (0.0, 10.0):
        heard(
            clock,
            figures,
            http_request_seconds_count={
                ("shop_api", "POST", "201"): 100 + many * 6,
                ("shop_api", "POST", "503"): many,
                ("storefront", "GET", "200"): many * 50,
                ("backoffice", "POST", "500"): many * 9,  # staff are not buyers
            },
            http_requests_turned_away_total={("/api writing",): many, ("/ reading",): many / 2},
            contract_call_seconds_count={("checkout", "complete", "ok"): many, ("orders", "place", "ok"): many},
            contract_call_seconds_sum={("checkout", "complete", "ok"): many * 3, ("orders", "place", "ok"): 0.0},
            gateway_start_seconds_count={("stripe", "failed"): many, ("stripe", "answered"): many * 3},
            db_pool_errors_total={("orders",): many},
            outbox_lag_seconds={("orders",): many},
            disk_free_bytes={("/data",): 5.0},
            disk_size_bytes={("/data",): 50.0},
        )
    facts = await gather(asking(payments_are_away=True), figures, certificate_days=None)
    assert facts.unreachable == ("payments",)
    assert facts.buying == Calls(all=80, failed=20)
    assert facts.looking == Calls(all=505, failed=5)
    assert facts.completing_s == 3
    assert facts.gateways == {"stripe": Calls(all=40, failed=10)}
    assert (facts.pools, facts.outbox_lag_s, facts.disks) == ({"orders": 10}, {"orders": 10}, {"/data": (5, 50)})
    assert (facts.roles, facts.pace) == ({"web"}, PACE)
    show(facts)
    assert REVENUE_EXPECTED.labels("EUR")._value.get() == 5_000
    assert UNSOLD.labels("EUR")._value.get() == 5_000 * 0.25


async def test_a_quiet_shop_has_facts_too() -> None:
    facts = await gather(asking(), FleetFigures(Clock()), certificate_days=10.0)
    assert (facts.unreachable, facts.buying, facts.completing_s, facts.certificate_days) == ((), Calls(), 0, 10.0)
