"""What gave way first: a plain rule over the samples, with its evidence.

Every pressure below has a threshold. The first bottleneck is the one that passed its threshold first; of those that did
within three seconds of the first, the one that stands higher in this table, because it causes what stands below it.

    the load generator       visits began more than 250 ms late (99 of 100), or it had no room: nothing else is certain
    a silent process         two questions for its metrics in a row without an answer, or no vitals for 12 s
    calls refused            a kill switch or a limit of calls between contexts turned calls away
    a payment gateway        2 s for an answer on average
    the machine's CPU        95 % of all processors
    a process's CPU          90 % of one processor: one Python process uses no more
    database connections     somebody waits for a connection, or got none
    a lane                   64 calls wait for the next shared transaction
    an event loop            250 ms late
    the door                 requests were turned away, or wait for their turn
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import msgspec

from springtide.rehearsal.load.samples import BUSY, MACHINE, WHOLE, Key, Sample, by_process
from springtide.rehearsal.load.tally import Tally

_TOGETHER_S = 3.0
_LATE_MS = 250.0
_SILENT = 2
_NO_PULSE_S = 12.0
_CPU_SPAN_S = 2.0
_SHARE = 0.99

Figures = dict[Key, float]


class Bottleneck(msgspec.Struct, frozen=True, kw_only=True):
    """A pressure that passed its threshold: where it stands in the table, when first, how far, and the evidence."""

    rank: int
    name: str
    process: str
    first_s: float
    worst: float
    evidence: str


class Passed(msgspec.Struct, frozen=True):
    """One moment at which a pressure was past its threshold."""

    at_s: float
    worst: float
    what: str


class Pressure(msgspec.Struct, frozen=True):
    """How a pressure is read from two samples of a process that follow each other."""

    rank: int
    name: str
    threshold: float
    read: Callable[[Figures, Figures, float], tuple[float, str]]
    evidence: str


def bottlenecks(tally: Tally, samples: Sequence[Sample]) -> list[Bottleneck]:
    """Return all that gave way, the first bottleneck first; empty when there was room everywhere."""
    found = [*_of_generator(tally)]
    for process, known in by_process(samples).items():
        found.extend(_silences(process, known))
        answered = [sample for sample in known if sample.figures is not None]
        for pressure in _PRESSURES:
            found.extend(_passed(pressure, process, answered))
    if not found:
        return []
    first_s = min(each.first_s for each in found)
    return sorted(found, key=lambda each: (each.first_s > first_s + _TOGETHER_S, each.rank, each.first_s, -each.worst))


def _of_generator(tally: Tally) -> Iterator[Bottleneck]:
    late = tally.late.ms(_SHARE) or 0.0
    full = tally.outcomes.get("not started: the generator is full", 0)
    if late > _LATE_MS or full:
        yield Bottleneck(
            rank=0,
            name="the load generator",
            process="workers",
            first_s=0.0,
            worst=late,
            evidence=f"99 of 100 visits began up to {late:.0f} ms late, {full} found no room: use more workers",
        )


def _silences(process: str, known: Sequence[Sample]) -> Iterator[Bottleneck]:
    row: list[Sample] = []
    longest: list[Sample] = []
    for sample in known:
        row = [*row, sample] if sample.figures is None else []
        longest = row if len(row) > len(longest) else longest
    if len(longest) >= _SILENT:
        seconds = longest[-1].at_s - longest[0].at_s
        text = f"{len(longest)} questions for its metrics in a row got no answer, from second {longest[0].at_s:.0f} on"
        yield Bottleneck(
            rank=1, name="a silent process", process=process, first_s=longest[0].at_s, worst=seconds, evidence=text
        )
    for before, after in pairwise(sample for sample in known if process != MACHINE and sample.figures is not None):
        if after.at_s - before.at_s > _NO_PULSE_S and not longest:
            text = f"nothing was heard of it for {after.at_s - before.at_s:.0f} s"
            yield Bottleneck(
                rank=1,
                name="a silent process",
                process=process,
                first_s=before.at_s,
                worst=after.at_s - before.at_s,
                evidence=text,
            )
            return


def _passed(pressure: Pressure, process: str, known: Sequence[Sample]) -> Iterator[Bottleneck]:
    moments = []
    for before, after in pairwise(known):
        value, what = pressure.read(before.figures or {}, after.figures or {}, after.at_s - before.at_s)
        if value >= pressure.threshold:
            moments.append(Passed(after.at_s, value, what))
    if not moments:
        return
    worst = max(moments, key=lambda moment: moment.worst)
    text = pressure.evidence.format(worst=worst.worst, what=worst.what)
    yield Bottleneck(
        rank=pressure.rank,
        name=pressure.name,
        process=process,
        first_s=moments[0].at_s,
        worst=worst.worst,
        evidence=f"{text} (in {len(moments)} of {len(known) - 1} samples, first at second {moments[0].at_s:.0f})",
    )


def _most(name: str) -> Callable[[Figures, Figures, float], tuple[float, str]]:
    def read(_before: Figures, after: Figures, _seconds: float) -> tuple[float, str]:
        values = [(value, " ".join(labels)) for (figure, labels), value in after.items() if figure == name]
        return max(values, default=(0.0, ""))

    return read


def _risen(name: str) -> Callable[[Figures, Figures, float], tuple[float, str]]:
    def read(before: Figures, after: Figures, _seconds: float) -> tuple[float, str]:
        rises = [
            (value - before.get((figure, labels), 0.0), " ".join(labels))
            for (figure, labels), value in after.items()
            if figure == name
        ]
        return max(rises, default=(0.0, ""))

    return read


def _cpu(before: Figures, after: Figures, seconds: float) -> tuple[float, str]:
    key: Key = ("process_cpu_seconds_total", ())
    if key not in before or key not in after or seconds <= 0:
        return 0.0, ""
    return 100 * (after[key] - before[key]) / seconds, ""


def _machine(before: Figures, after: Figures, _seconds: float) -> tuple[float, str]:
    busy, whole = (after.get((name, ()), 0.0) - before.get((name, ()), 0.0) for name in (BUSY, WHOLE))
    return (100 * busy / whole, "") if whole > 0 else (0.0, "")


def _gateway(before: Figures, after: Figures, _seconds: float) -> tuple[float, str]:
    took: dict[str, list[float]] = {}
    for place, name in enumerate(("springtide_gateway_start_seconds_sum", "springtide_gateway_start_seconds_count")):
        for (figure, labels), value in after.items():
            if figure == name:
                took.setdefault(labels[0], [0.0, 0.0])[place] += value - before.get((figure, labels), 0.0)
    slowest = [(seconds / count, gateway) for gateway, (seconds, count) in took.items() if count > 0]
    return max(slowest, default=(0.0, ""))


_PRESSURES = (
    Pressure(2, "calls refused", 1, _risen("springtide_contract_calls_refused_total"), "{worst:.0f} a second: {what}"),
    Pressure(3, "a payment gateway", 2.0, _gateway, "{what} took {worst:.1f} s for an answer"),
    Pressure(4, "the machine's CPU", 95.0, _machine, "{worst:.0f} % of all processors, the generator's share included"),
    Pressure(5, "a process's CPU", 90.0, _cpu, "{worst:.0f} % of one processor"),
    Pressure(6, "database connections", 1, _most("springtide_db_pool_waiting"), "{worst:.0f} wait for one of {what}"),
    Pressure(6, "database connections", 1, _risen("springtide_db_pool_errors_total"), "{worst:.0f} got none of {what}"),
    Pressure(7, "a lane", 64, _most("springtide_lane_waiting"), "{worst:.0f} calls wait in {what}"),
    Pressure(8, "an event loop", 0.25, _most("springtide_event_loop_late_seconds"), "{worst:.2f} s late"),
    Pressure(
        9, "the door", 1, _risen("springtide_http_requests_turned_away_total"), "{worst:.0f} turned away from {what}"
    ),
    Pressure(9, "the door", 1, _most("springtide_http_requests_waiting"), "{worst:.0f} wait in front of {what}"),
)
