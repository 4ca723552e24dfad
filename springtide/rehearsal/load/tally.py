"""What happened, as counts that can be added up over workers: histograms, outcomes, slices of time."""

from collections import Counter
from collections.abc import Iterable
from math import ceil, log

import msgspec

_STEP = log(1.02)
_MOST_BROKEN = 50


class Histogram(msgspec.Struct):
    """Durations in milliseconds in buckets of 2 %: a percentile is right within that."""

    buckets: dict[int, int] = msgspec.field(default_factory=dict)

    def add(self, ms: float) -> None:
        """Count a duration."""
        bucket = max(0, ceil(log(ms) / _STEP)) if ms > 1 else 0
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def merge(self, other: "Histogram") -> None:
        """Take the other's counts too."""
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    @property
    def count(self) -> int:
        """Return how many durations there are."""
        return sum(self.buckets.values())

    def ms(self, share: float) -> float | None:
        """Return the duration that this share did not pass; None without any."""
        left = ceil(self.count * share)
        for bucket in sorted(self.buckets):
            left -= self.buckets[bucket]
            if left <= 0:
                return float(f"{1.02**bucket:.4g}")
        return None


class Kind(msgspec.Struct):
    """A class of request: how long answers took (from when they were due), and what went wrong, by code."""

    times: Histogram = msgspec.field(default_factory=Histogram)
    errors: dict[str, int] = msgspec.field(default_factory=dict)
    asked_again: int = 0

    @property
    def failed(self) -> int:
        """Return how many ended without a proper answer."""
        return sum(self.errors.values())


class Slice(msgspec.Struct):
    """A second of the run: who came, what was bought, how long answers that ended in it took."""

    arrived: int = 0
    completed: int = 0
    errors: int = 0
    pages: Histogram = msgspec.field(default_factory=Histogram)
    writes: Histogram = msgspec.field(default_factory=Histogram)


class Placed(msgspec.Struct, frozen=True, array_like=True):
    """An order that a buyer was told of."""

    order_id: str
    token: str
    total_minor: int


class Broken(msgspec.Struct, frozen=True):
    """A promise that a buyer saw broken."""

    rule: str
    subject: str
    detail: str


class Tally(msgspec.Struct):
    """All of it. `outcomes`: how visits ended; `late`: how much later than due visits began (the generator's own)."""

    worker: str = ""
    kinds: dict[str, Kind] = msgspec.field(default_factory=dict)
    outcomes: dict[str, int] = msgspec.field(default_factory=dict)
    slices: dict[int, Slice] = msgspec.field(default_factory=dict)
    placed: list[Placed] = msgspec.field(default_factory=list)
    broken: list[Broken] = msgspec.field(default_factory=list)
    late: Histogram = msgspec.field(default_factory=Histogram)
    checked: int = 0
    cpu_percent: float = 0.0

    def at(self, second: int) -> Slice:
        """Return the slice of a second."""
        return self.slices.setdefault(second, Slice())

    def ended(self, outcome: str) -> None:
        """Count how a visit, or a try to buy, ended."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def kind(self, name: str) -> Kind:
        """Return the counts of a class of request."""
        return self.kinds.setdefault(name, Kind())

    def break_(self, rule: str, subject: str, detail: str) -> None:
        """Note a broken promise; the first fifty are told in full."""
        if len(self.broken) < _MOST_BROKEN:
            self.broken.append(Broken(rule, subject, detail))
        self.ended(f"broken: {rule}")

    def merge(self, other: "Tally") -> None:
        """Take another worker's counts too."""
        for name, kind in other.kinds.items():
            mine = self.kind(name)
            mine.times.merge(kind.times)
            mine.errors = dict(Counter(mine.errors) + Counter(kind.errors))
            mine.asked_again += kind.asked_again
        self.outcomes = dict(Counter(self.outcomes) + Counter(other.outcomes))
        for second, part in other.slices.items():
            whole = self.at(second)
            whole.arrived += part.arrived
            whole.completed += part.completed
            whole.errors += part.errors
            whole.pages.merge(part.pages)
            whole.writes.merge(part.writes)
        self.placed.extend(other.placed)
        self.broken.extend(other.broken)
        self.late.merge(other.late)
        self.checked += other.checked
        self.cpu_percent = max(self.cpu_percent, other.cpu_percent)

    @property
    def requests(self) -> int:
        """Return how many requests ended, well or not."""
        return sum(kind.times.count for kind in self.kinds.values())

    @property
    def errors(self) -> int:
        """Return how many of them ended without a proper answer."""
        return sum(kind.failed for kind in self.kinds.values())


def summed(tallies: Iterable[Tally]) -> Tally:
    """Return the sum."""
    whole = Tally(worker="all")
    for tally in tallies:
        whole.merge(tally)
    return whole
