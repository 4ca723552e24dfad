"""`python -m bench`: measure, print one table, write JSON beside it."""

import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import msgspec

from bench.bench import Bench
from bench.figures import Figure, put_between_marks, table
from bench.machine import described, in_a_line
from bench.options import Options, options_of, parser
from bench.rows import browse, flash, growth, holds, hot, memory, orders, readmodels, sustained, webs, yardstick
from bench.running import Stopped, run, say
from springtide.platform.embedded.problems import EngineProblem

# Memory first: of a shop with its products, before the others have filled it with orders.
ROWS: dict[str, Callable[[Bench], Awaitable[list[Figure]]]] = {
    memory.ROW: memory.measure,
    orders.ROW: orders.measure,
    orders.CROWDS: orders.measure_crowds,
    sustained.ROW: sustained.measure,
    hot.ROW: hot.measure,
    yardstick.ROW: yardstick.measure,
    browse.ROW: browse.measure,
    flash.ROW: flash.measure,
    holds.ROW: holds.measure,
    growth.ROW: growth.measure,
    readmodels.ROW: readmodels.measure,
    webs.ROW: webs.measure,
}


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What is written beside the table."""

    machine: dict[str, str]
    options: dict[str, str]
    figures: list[Figure]
    notes: list[str]


async def measure(options: Options) -> tuple[list[Figure], list[str]]:
    """Measure the wanted rows one after the other; return the figures and the texts that belong below them."""
    figures: list[Figure] = []
    async with Bench(options, say) as bench:
        for name, row in ROWS.items():
            if name in options.only:
                say(f"Measuring {name}")
                try:
                    figures += await row(bench)
                except (EngineProblem, Stopped):
                    raise
                except Exception as error:  # noqa: BLE001 - half an hour of other rows is not thrown away for one
                    say(traceback.format_exc())
                    figures.append(
                        Figure(row=name, what="could not be measured", value="", met=False, detail=repr(error))
                    )
    return figures, bench.notes


def write(options: Options, machine: dict[str, str], figures: list[Figure], notes: list[str]) -> str:
    """Write the JSON beside the table; return where it is."""
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}.json"
    taken = {name: str(getattr(options, name)) for name in options.__struct_fields__}
    result = Result(machine=machine, options=taken, figures=figures, notes=notes)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    return str(path)


def main(words: Sequence[str] | None = None) -> int:
    """Run; 1 when the shop could not be started or somebody stopped it, 2 for wrong words."""
    made = parser(tuple(ROWS))
    try:
        options = options_of(made.parse_args(words), tuple(ROWS))
    except ValueError as problem:
        made.error(str(problem))
    machine = described()
    try:
        figures, notes = run(measure(options))
    except (EngineProblem, Stopped) as problem:
        say(str(problem) or "stopped")
        return 1
    text = "\n\n".join((f"{in_a_line(machine)}; layout {options.layout_name}", table(figures), *notes))
    sys.stdout.write(f"{text}\n")
    if options.into is not None:
        options.into.write_text(put_between_marks(options.into.read_text(encoding="utf-8"), text), encoding="utf-8")
    say(write(options, machine, figures, notes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
