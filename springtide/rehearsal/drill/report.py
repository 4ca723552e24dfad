"""What a drill has to tell: as one structure, and as text."""

from collections import Counter

import msgspec

from springtide.contracts.common import Finding


class DrillReport(msgspec.Struct, kw_only=True):
    """The outcome of one seed.

    `kills_asked`: of the schedule; `kills`: by process, as they died; `at_steps`: of those, how many died at which
    step; `others`: every other fault with how often. `answers`: how often buyers heard which status ("NoAnswer": the
    connection broke). `succeeded`: buyers told that they bought; `undone`: charges given back with a reason; `unheard`:
    orders placed for buyers who had stopped asking. `recovery_s`: from the last fault until nothing differed any more.
    Times in seconds.
    """

    seed: int
    seconds: float
    buyers: int
    kills_asked: int
    kills: dict[str, int]
    at_steps: dict[str, int]
    others: dict[str, int]
    skipped: list[str]
    unreached: dict[str, int]
    purchases: int
    succeeded: int
    outcomes: dict[str, int]
    refused: dict[str, int]
    answers: dict[str, int]
    gave_up: int
    repeats: int
    undone: int
    unheard: int
    shipped: int
    cancelled: int
    compared: dict[str, int]
    findings: list[Finding]
    recovery_s: float
    took_s: float

    @property
    def kill_count(self) -> int:
        """Return how many processes died by kill -9."""
        return sum(self.kills.values())


def as_text(report: DrillReport) -> str:
    """Return the report for people."""
    width = max(len(rule) for rule in report.compared)
    lines = [
        "",
        f"Drill with seed {report.seed}: {report.kill_count} kills in {report.seconds:.0f} s, {report.buyers} buyers.",
        f"  kills               {_counts(report.kills)}",
        f"  of them at steps    {sum(report.at_steps.values())} at {len(report.at_steps)} different steps",
        f"  other faults        {_counts(report.others)}",
        *(f"  skipped             {line}" for line in report.skipped),
        f"  purchases           {report.purchases}: {_counts(report.outcomes)}",
        f"  told of success     {report.succeeded}, {report.unheard} more orders for buyers who had left",
        f"  refused by name     {_counts(report.refused)}",
        f"  answers heard       {_counts(report.answers)}; {report.repeats} requests repeated on purpose",
        f"  charges undone      {report.undone}",
        f"  shipped, cancelled  {report.shipped}, {report.cancelled}",
        f"  recovered           {report.recovery_s:.1f} s after the last fault; all in {report.took_s:.1f} s",
        "",
        *(f"  {rule:<{width}}  {count:>7,} compared" for rule, count in report.compared.items()),
        *(f"  DIFFERENCE  {each.rule}  {each.subject}: {each.detail}" for each in report.findings),
        "",
        f"{len(report.findings)} differences." if report.findings else "No differences.",
        f"The same schedule again: {command(report)}",
        "",
    ]
    return "\n".join(lines)


def command(report: DrillReport) -> str:
    """Return the words that repeat the schedule of a report."""
    return (
        f"springtide drill --seed {report.seed} --kills {report.kills_asked} --seconds {report.seconds:g}"
        f" --buyers {report.buyers}"
    )


def _counts(counts: dict[str, int]) -> str:
    ordered = Counter(counts).most_common()
    return ", ".join(f"{count} {name}" for name, count in ordered) or "none"
