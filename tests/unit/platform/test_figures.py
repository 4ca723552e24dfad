from prometheus_client import CollectorRegistry, Counter

from springtide.platform import figures, fleet_figures
from springtide.platform.figures import Figure, own_figures
from springtide.platform.fleet_figures import FleetFigures
from springtide.platform.telemetry import HTTP_SECONDS, observe
from tests.fakes.snapshots import telling


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def told(process: str, value: float, *, roles: tuple[str, ...] = ("web",), name: str = "orders") -> bytes:
    return telling((Figure(name, ("NL",), value), Figure(name, ("SE",), 1.0)), process=process, roles=roles)


def test_values_are_summed_over_living_processes_and_the_dead_are_forgotten() -> None:
    clock = Clock()
    fleet = FleetFigures(clock)
    fleet.hear(told("a", 3))
    fleet.hear(told("b", 4, roles=("orders", "jobs")))
    assert fleet.sums("orders") == {("NL",): 7, ("SE",): 2}
    assert fleet.most("orders")["NL",] == 4
    assert fleet.roles() == {"web", "orders", "jobs"}
    clock.now_s += fleet_figures.GONE_AFTER_S - 1
    fleet.hear(told("b", 5, roles=("orders", "jobs")))
    clock.now_s += 2
    assert (fleet.sums("orders")["NL",], fleet.roles()) == (5, {"orders", "jobs"})


def test_a_rise_counts_from_the_last_figures_before_the_window_and_keeps_what_the_dead_had_counted() -> None:
    clock = Clock()
    fleet = FleetFigures(clock)
    for value in (100.0, 101.0, 103.0, 110.0):
        fleet.hear(told("a", value))
        clock.now_s += 10
    assert fleet.rises("orders", within_s=25)["NL",] == 9  # from 101, heard 30 s ago
    assert fleet.rises("orders", within_s=300)["NL",] == 10
    fleet.hear(told("b", 50))
    assert fleet.rises("orders", within_s=300)["NL",] == 10  # a new process may have counted for long
    assert fleet.rises("nothing", within_s=300) == {}


def test_what_another_release_tells_is_left_out_and_so_is_a_snapshot_without_figures() -> None:
    fleet = FleetFigures(Clock())
    fleet.hear(b"\xc1 no snapshot")
    fleet.hear(telling(()))
    assert (fleet.roles(), fleet.heard_for_s()) == (frozenset(), 0)


def test_processes_are_bounded_and_who_is_gone_makes_room() -> None:
    clock = Clock()
    fleet = FleetFigures(clock)
    for number in range(fleet_figures.MOST_PROCESSES + 1):
        fleet.hear(told(f"p{number}", 1))
    assert fleet.sums("orders")["NL",] == fleet_figures.MOST_PROCESSES
    clock.now_s += fleet_figures.GONE_AFTER_S + 1
    fleet.hear(told("one more", 1))
    assert fleet.sums("orders")["NL",] == 1


def test_a_process_tells_sums_without_the_labels_that_are_not_needed() -> None:
    labels = {"channel": "figures-test", "method": "GET", "status": "200"}
    for route in ("/a", "/b"):
        observe(HTTP_SECONDS, 0.1, "figures-test", route, "GET", "200")
    found = {(figure.name, figure.labels): figure.value for figure in own_figures()}
    assert found["springtide_http_request_seconds_count", tuple(labels.values())] == 2
    assert {name for name, _ in found} <= set(figures.TOLD)


def test_the_registry_gives_what_is_asked_for() -> None:
    registry = CollectorRegistry()
    Counter("probe_told", "One of two", registry=registry).inc()
    Counter("probe_untold", "The other", registry=registry).inc()
    families = registry.restricted_registry(["probe_told_total"]).collect()
    assert [sample.name for family in families for sample in family.samples] == ["probe_told_total"]
