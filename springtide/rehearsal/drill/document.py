"""The report of many drills as a page: one row a seed, what was broken, what was compared."""

import os
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from springtide.rehearsal.drill.report import DrillReport
from springtide.rehearsal.drill.schedule import Bounds

_HEAD = """# Fault drills: the last soak

Made by `{command}`: {drills} drills, each with a shop of its own in real processes (split layout), {buyers} buyers
and a seeded schedule that breaks things for {seconds:.0f} s. How to run one, and what each fault is:
[running drills](running-drills.md). A seed repeats its schedule: `springtide drill --seed N --kills {kills}
--seconds {seconds:.0f} --buyers {buyers}`.

**{verdict}**

{machine}

"""


def as_document(reports: Sequence[DrillReport], bounds: Bounds) -> str:
    """Return the page. `bounds`: those of the drills, whatever its seed."""
    first = reports[0].seed
    command = (
        f"springtide drill --seed {first} --seeds {len(reports)} --kills {bounds.kills} "
        f"--seconds {bounds.seconds:.0f} --buyers {bounds.buyers}"
    )
    head = _HEAD.format(
        command=command,
        drills=len(reports),
        buyers=bounds.buyers,
        seconds=bounds.seconds,
        kills=bounds.kills,
        verdict=_verdict(reports),
        machine=_machine(),
    )
    parts = [
        head + _seeds(reports),
        "## What was broken\n\n" + _counts("fault", "times", _sum(report.others for report in reports)),
        "## Where processes died\n\n" + _counts("step", "kills", _sum(report.at_steps for report in reports)),
        "## What was compared\n\n" + _counts("rule", "compared", _sum(report.compared for report in reports)),
    ]
    differences = [
        f"- seed {each.seed}: {row.rule}: {row.subject}: {row.detail}" for each in reports for row in each.findings
    ]
    skipped = sorted({line for report in reports for line in report.skipped})
    if differences:
        parts.append("## Differences\n\n" + "\n".join(differences))
    if skipped:
        parts.append("## Skipped\n\n" + "\n".join(f"- {line}" for line in skipped))
    return "\n\n".join(parts) + "\n"


def _verdict(reports: Sequence[DrillReport]) -> str:
    kills = sum(report.kill_count for report in reports)
    orders = sum(report.succeeded for report in reports)
    found = sum(len(report.findings) for report in reports)
    return f"{kills:,} kills, {orders:,} orders answered with success, {found} differences."


def _machine() -> str:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"Machine: {os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.machine()}."


def _seeds(reports: Sequence[DrillReport]) -> str:
    """Return one row a seed and the sums. `undone` are charges given back, `declined` also cancelled and run out."""
    names = sorted({name for report in reports for name in report.kills})
    columns = [*names, "at steps", "other faults", "success", "refused", "declined", "undone", "differences", "s"]
    rows = [(str(report.seed), *_row(report, names)) for report in reports]
    sums = [sum(column) for column in zip(*(_row(report, names) for report in reports), strict=True)]
    lines = [
        _line(["seed", "kills", *columns]),
        "|" + "---:|" * (len(columns) + 2),
        *(_line(row) for row in rows),
        _line(["all", *(f"{total:,}" for total in sums)]),
    ]
    return "\n".join(lines)


def _row(report: DrillReport, names: Sequence[str]) -> tuple[int, ...]:
    outcomes = Counter(report.outcomes)
    return (
        report.kill_count,
        *(report.kills.get(name, 0) for name in names),
        sum(report.at_steps.values()),
        sum(report.others.values()),
        report.succeeded,
        outcomes["refused"] + sum(report.refused.values()),
        outcomes["declined"] + outcomes["expired"],
        report.undone,
        len(report.findings),
        round(report.took_s),
    )


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return total


def _counts(what: str, unit: str, counts: Counter[str]) -> str:
    rows = (_line([name, f"{count:,}"]) for name, count in sorted(counts.items()))
    return "\n".join([_line([what, unit]), "|---|---:|", *rows])


def _line(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
