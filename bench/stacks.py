"""Collapsed stacks (`main;work;send 12`, one per line) as a table of functions by own and cumulative time."""

from collections import Counter

from bench.figures import markdown


def counted(stacks: str) -> tuple[Counter[str], Counter[str], int]:
    """Return samples by the function on top, by every function in the stack (once per stack), and all samples."""
    own: Counter[str] = Counter()
    cumulative: Counter[str] = Counter()
    for line in stacks.splitlines():
        path, _, count = line.rpartition(" ")
        if not path:
            continue
        functions = [_short(frame) for frame in path.split(";")]
        own[functions[-1]] += int(count)
        for function in set(functions):
            cumulative[function] += int(count)
    return own, cumulative, own.total()


def own_and_cumulative(stacks: str, *, top: int) -> str:
    """Return the table: own time on the left, cumulative time on the right, in percent of all samples."""
    own, cumulative, samples = counted(stacks)
    if not samples:
        return "no samples"
    pairs = zip(own.most_common(top), cumulative.most_common(top), strict=False)
    body = [
        (f"{100 * mine / samples:.1f}", name, f"{100 * all_of / samples:.1f}", whole)
        for (name, mine), (whole, all_of) in pairs
    ]
    return markdown(("own %", "function", "with callees %", "function"), body)


def _short(frame: str) -> str:
    """Return `function (folder/file.py)` without line and without where the environment lies."""
    name, _, place = frame.partition(" (")
    path = place.rstrip(")").rpartition(":")[0] or place.rstrip(")")
    return f"{name} ({'/'.join(path.split('/')[-2:])})" if path else name
