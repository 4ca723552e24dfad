"""The desk's formulas at values that textbooks and public sources give: an expert can check them on any machine.

Formulas that plans do not need are here too where they are the simple cases of those that plans do: when the simple
case agrees with a book, the general one that is tested against it stands on firm ground.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import SupportsFloat

from springtide.contexts.peak.domain.queues.delay import (
    erlang_c,
    halfin_whitt,
    md1_wait,
    mean_queue,
    mean_wait,
)
from springtide.contexts.peak.domain.risk.outages import all_down, chance_of_any
from springtide.contexts.peak.domain.servers.replay import down_by_policy
from springtide.contexts.peak.domain.staff.hiring import Ramp, hires_for, invitations
from springtide.contexts.peak.domain.stock.lots import eoq, order_up_to_poisson, reorder_point, wagner_whitin
from springtide.contexts.peak.domain.stock.newsvendor import newsvendor_normal, newsvendor_poisson
from springtide.contexts.peak.domain.stock.service_tree import Stage, place_safety_stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A published value beside ours. `within`: half a unit of the last digit that is given."""

    name: str
    source: str
    published: float
    ours: float
    within: float

    @property
    def agrees(self) -> bool:
        """Return whether ours is the published value to the digits given."""
        return abs(self.ours - self.published) <= self.within


def references() -> tuple[Reference, ...]:
    """Return every reference, by subject."""
    return (*_queues(), *_stock(), *_servers(), *_people_and_risk())


def _of(name: str, source: str, published: float, ours: SupportsFloat, *, digits: int) -> Reference:
    return Reference(
        name=name, source=source, published=published, ours=float(ours), within=0.5 * 10.0**-digits * (1 + 1e-6)
    )


def _queues() -> Iterator[Reference]:
    book = "M/M/c and M/D/1, closed form"
    yield _of("M/M/1 at 0.8: customers waiting", book, 3.2, mean_queue(0.8, 1), digits=6)
    yield _of("M/D/1 at 0.8: wait in service times", book, 2.0, md1_wait(0.8, 1.0), digits=6)
    yield _of("M/M/3, 2 erlang: customers waiting", book, 0.88889, mean_queue(2, 3), digits=5)
    yield _of("M/M/14, 10 erlang: wait in service times", book, 0.04353, mean_wait(10, 14, 1.0), digits=5)
    yield _of("Erlang C, 10 erlang, 14 agents: chance to wait", book, 0.17413, erlang_c(10, 14), digits=5)
    yield _of("Halfin-Whitt limit at 0.5", "Halfin and Whitt, limit formula", 0.5045, halfin_whitt(0.5), digits=4)


def _stock() -> Iterator[Reference]:
    book = "Snyder and Shen, Fundamentals of Supply Chain Theory"
    normal = newsvendor_normal(holding=0.18, shortage=0.70, mean=50, sd=8)
    yield _of("newsvendor, normal: level", f"{book}, 4.3", 56.6039559, normal.level, digits=7)
    yield _of("newsvendor, normal: cost", f"{book}, 4.3", 1.9976052, normal.cost, digits=7)
    poisson = newsvendor_poisson(holding=1, shortage=4, mean=6)
    yield _of("newsvendor, Poisson: cost", "computed independently", 3.5701069, poisson.cost, digits=7)
    lot = eoq(order_cost=8, holding=0.225, demand=1300)
    yield _of("economic lot: quantity", book, 304.04678, lot.quantity, digits=5)
    low_high = order_up_to_poisson(order_cost=5, holding=1, shortage=4, mean=6)
    yield _of("(s, S), Poisson: cost", "computed independently", 8.0341116, low_high.cost, digits=7)
    plan = wagner_whitin([90, 120, 80, 70], order_cost=500, holding=2)
    yield _of("Wagner-Whitin, four periods: cost", "worked example", 1380, plan.cost, digits=6)
    point = reorder_point(order_cost=8, holding=0.225, shortage=7.5, demand=1300, sd=150, lead_time=1 / 12)
    yield _of("(r, Q): reorder point", "computed independently", 213.970, point.point, digits=3)
    stages = {
        1: Stage(processing=2, holding=1, bound_sd=sqrt(2), inbound=1),
        2: Stage(processing=1, holding=3, bound_sd=1, promised=0),
        3: Stage(processing=1, holding=2, bound_sd=sqrt(2)),
        4: Stage(processing=1, holding=3, bound_sd=1, promised=1),
    }
    tree = place_safety_stock(stages, [(1, 3), (3, 2), (3, 4)])
    yield _of("guaranteed service on a tree: cost", f"{book}, 6.5", 8.27791687, tree.cost, digits=8)


def _servers() -> Iterator[Reference]:
    source = "kubernetes.io, horizontal pod autoscaling, scaling policies"
    for number, published in ((80, 72), (72, 64), (45, 40), (40, 36)):
        ours = down_by_policy(number, wanted=1, percent=10.0, at_least=4)
        yield _of(f"ten per cent or four a minute, from {number}", source, published, ours, digits=6)


def _people_and_risk() -> Iterator[Reference]:
    ramp = Ramp(speed=(0.70, 0.85, 1.0), weekly_retention=1.0, trainer_share=0.0)
    yield _of("hires for 40 at full speed, first week", "40 over 0.70", 58, hires_for(40, ramp), digits=6)
    yield _of("invitations for 40 of 80 %", "binomial", 55, invitations(40, show_rate=0.8, chance=0.9), digits=6)
    yield _of("an outage in 4 days at 60 between two", "1 - exp(-4/60)", 0.06449, chance_of_any(60, 4), digits=5)
    yield _of("two of 99.9 % both down", "product", 1e-6, all_down(0.001, 2, 0.0), digits=9)
