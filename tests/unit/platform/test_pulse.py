import msgspec
from prometheus_client import CollectorRegistry, Counter

from springtide.platform import pulse
from springtide.platform.pulse import Figure, Pulse, Pulses, own_figures
from springtide.platform.telemetry import HTTP_SECONDS, observe


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def told(process: str, value: float, *, roles: tuple[str, ...] = ("web",), name: str = "orders") -> bytes:
    return msgspec.msgpack.encode(
        Pulse(process=process, roles=roles, figures=(Figure(name, ("NL",), value), Figure(name, ("SE",), 1.0)))
    )


def test_values_are_summed_over_living_processes_and_the_dead_are_forgotten() -> None:
    clock = Clock()
    pulses = Pulses(clock)
    pulses.hear(told("a", 3))
    pulses.hear(told("b", 4, roles=("orders", "jobs")))
    assert pulses.sums("orders") == {("NL",): 7, ("SE",): 2}
    assert pulses.most("orders")["NL",] == 4
    assert pulses.roles() == {"web", "orders", "jobs"}
    clock.now_s += pulse.GONE_AFTER_S - 1
    pulses.hear(told("b", 5, roles=("orders", "jobs")))
    clock.now_s += 2
    assert (pulses.sums("orders")["NL",], pulses.roles()) == (5, {"orders", "jobs"})


def test_a_rise_counts_from_the_last_pulse_before_the_window_and_keeps_what_the_dead_had_counted() -> None:
    clock = Clock()
    pulses = Pulses(clock)
    for value in (100.0, 101.0, 103.0, 110.0):
        pulses.hear(told("a", value))
        clock.now_s += 10
    assert pulses.rises("orders", within_s=25)["NL",] == 9  # from 101, heard 30 s ago
    assert pulses.rises("orders", within_s=300)["NL",] == 10
    pulses.hear(told("b", 50))
    assert pulses.rises("orders", within_s=300)["NL",] == 10  # a new process may have counted for long
    assert pulses.rises("nothing", within_s=300) == {}


def test_what_another_release_tells_is_left_out() -> None:
    pulses = Pulses(Clock())
    pulses.hear(b"\xc1 no pulse")
    assert (pulses.roles(), pulses.heard_for_s()) == (frozenset(), 0)


def test_a_process_tells_sums_without_the_labels_that_are_not_needed() -> None:
    labels = {"channel": "pulse-test", "method": "GET", "status": "200"}
    for route in ("/a", "/b"):
        observe(HTTP_SECONDS, 0.1, "pulse-test", route, "GET", "200")
    figures = {(figure.name, figure.labels): figure.value for figure in own_figures()}
    assert figures["springtide_http_request_seconds_count", tuple(labels.values())] == 2
    assert {name for name, _ in figures} <= set(pulse.TOLD)


def test_the_registry_gives_what_a_pulse_asks_for() -> None:
    registry = CollectorRegistry()
    Counter("probe_told", "One of two", registry=registry).inc()
    Counter("probe_untold", "The other", registry=registry).inc()
    families = registry.restricted_registry(["probe_told_total"]).collect()
    assert [sample.name for family in families for sample in family.samples] == ["probe_told_total"]
