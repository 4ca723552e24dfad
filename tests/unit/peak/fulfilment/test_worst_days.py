"""Order by order: against closed forms, against SimPy and Ciw, which others wrote."""

from dataclasses import replace

import ciw
import numpy as np
import pytest
import simpy
from numpy.typing import NDArray

from springtide.contexts.peak.domain.fulfilment.worst_days import Day, simulate_day, through

DAY = Day(
    orders=np.array([0] * 6 + [30] * 11 + [0] * 7, dtype=np.float64),
    left_over=20,
    opens=6,
    closes=20,
    pickers=4,
    packers=2,
    pick_h=0.1,
    pack_h=0.08,
    due_until=15.5,
    leaves=17.5,
)
INF = float("inf")


def mean_and_half_width(values: list[float]) -> tuple[float, float]:
    found = np.array(values)
    return float(found.mean()), float(1.96 * found.std(ddof=1) / np.sqrt(len(found)))


def mmc(servers: int, load: float, seed: int, orders: int = 6000) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.Generator(np.random.Philox(seed))
    arrivals = np.cumsum(random.exponential(1 / load, orders))
    work = random.exponential(1.0, orders)
    return arrivals, through(arrivals, work, servers, opens=0, closes=INF) - arrivals - work


def test_waits_are_those_of_erlang_c_with_fourteen_servers() -> None:
    """M/M/14, a = 10: P(wait) .17413, E[W] .04353; waits in a row are alike, so replications and not one long run."""
    runs = [mmc(14, 10, seed)[1][500:] for seed in range(25)]
    chance, chance_width = mean_and_half_width([float((waits > 1e-12).mean()) for waits in runs])
    wait, wait_width = mean_and_half_width([float(waits.mean()) for waits in runs])
    assert abs(chance - 0.17413) < 1.5 * chance_width
    assert abs(wait - 0.04353) < 1.5 * wait_width
    assert chance_width < 0.02


def test_littles_law_holds_on_every_run() -> None:
    arrivals, waits = mmc(3, 2, 1)
    leaves = arrivals + waits
    events = np.sort(np.concatenate([arrivals, leaves]))
    waiting = np.searchsorted(arrivals, events, side="right") - np.searchsorted(np.sort(leaves), events, side="right")
    mean_waiting = float((waiting[:-1] * np.diff(events)).sum() / events[-1])
    assert mean_waiting == pytest.approx(len(arrivals) / events[-1] * waits.mean(), rel=1e-6)


def test_first_come_is_first_served_and_nobody_begins_after_closing() -> None:
    done = through(np.array([0.0, 1.0, 2.0]), np.array([5.0, 5.0, 5.0]), 1, opens=0, closes=9)
    assert done.tolist() == [5, 10, INF]


def by_simpy(seed: int) -> float:
    """The same day as a model to read: people, a shelf between them, a van."""
    random = np.random.Generator(np.random.Philox(seed))
    env = simpy.Environment()
    pickers, packers = simpy.Resource(env, DAY.pickers), simpy.Resource(env, DAY.packers)
    due, packed = 0, 0

    def order(placed: float):  # type: ignore[no-untyped-def]
        nonlocal due, packed
        due += placed <= DAY.due_until
        yield env.timeout(max(placed, DAY.opens))
        with pickers.request() as hands:
            yield hands
            yield env.timeout(random.gamma(2, DAY.pick_h / 2))
        with packers.request() as hands:
            yield hands
            yield env.timeout(random.gamma(2, DAY.pack_h / 2))
        packed += placed <= DAY.due_until and env.now <= DAY.leaves

    counts = random.poisson(DAY.orders)
    times = np.repeat(np.arange(24.0), counts) + random.random(int(counts.sum()))
    for placed in [0.0] * int(DAY.left_over) + sorted(times.tolist()):
        env.process(order(placed))
    env.run()
    return packed / due


def test_simpy_says_the_same_of_a_tight_day() -> None:
    tight = simulate_day(DAY, seed=3)
    share, width = mean_and_half_width([by_simpy(seed) for seed in range(40)])
    assert 0.5 < share < 0.999
    assert abs(tight.in_time - share) < 1.5 * (tight.half_width + width)


def test_ciw_says_the_same_of_picking_and_packing_in_a_row() -> None:
    """A steady tandem of 4 pickers and 3 packers, 30 orders an hour: mean hours from order to packed."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(30), None],
        service_distributions=[ciw.dists.Exponential(1 / 0.1), ciw.dists.Exponential(1 / 0.08)],
        routing=[[0.0, 1.0], [0.0, 0.0]],
        number_of_servers=[4, 3],
    )
    theirs = []
    for seed in range(8):
        ciw.seed(seed)
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_time(60)
        records = [record for record in simulation.get_all_records() if record.arrival_date > 5]
        spent = {node: np.mean([r.exit_date - r.arrival_date for r in records if r.node == node]) for node in (1, 2)}
        theirs.append(float(spent[1] + spent[2]))
    ours = []
    for seed in range(20):
        random = np.random.Generator(np.random.Philox([9, seed]))
        placed = np.cumsum(random.exponential(1 / 30, 1800))
        picked = through(placed, random.exponential(0.1, 1800), 4, opens=0, closes=INF)
        order = np.argsort(picked)
        packed = through(picked[order], random.exponential(0.08, 1800), 3, opens=0, closes=INF)
        ours.append(float((packed - placed[order])[150:].mean()))
    (mean, width), (other, other_width) = mean_and_half_width(ours), mean_and_half_width(theirs)
    assert abs(mean - other) < 1.5 * (width + other_width)


def test_more_hands_pack_more_in_time_and_none_nothing() -> None:
    shares = [simulate_day(replace(DAY, packers=count), seed=1).in_time for count in (1, 2, 3, 6)]
    assert shares == sorted(shares)
    assert simulate_day(replace(DAY, packers=0), seed=1).in_time == 0
    assert simulate_day(replace(DAY, orders=np.zeros(24), left_over=0), seed=1).in_time == 1


def test_the_same_seed_gives_the_same_day() -> None:
    assert simulate_day(DAY, seed=5) == simulate_day(DAY, seed=5)
    assert simulate_day(DAY, seed=5) != simulate_day(DAY, seed=6)
