"""`python -m bench.profile`: what the shop spends its time on while 64 guests buy, and what it asks of PostgreSQL.

First the statements: a short run with every statement logged, counted per order by name. Then the time: py-spy (from
PyPI by `uvx`, not a dependency) samples one process of the shop; the functions with the most own and cumulative time
are printed, and the collapsed stacks are kept for flame graphs.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from bench.backlog import BacklogMeter
from bench.bench import Bench
from bench.layouts import layout_of
from bench.load import Bought, closed_loop
from bench.options import Options, add_shop_words
from bench.running import run, say
from bench.shop import Shop
from bench.stacks import own_and_cumulative
from bench.statements import StatementLog
from bench.touched import touched_by_table, touched_table

_PATIENCE_S = 120.0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.profile", description="Where the time of an order goes.")
    made.add_argument("--seconds", type=float, default=10.0)
    made.add_argument("--buyers", type=int, default=64)
    made.add_argument("--rate", type=int, default=200, help="samples per second")
    made.add_argument("--top", type=int, default=40, help="functions to print")
    made.add_argument("--process", default="shop", help="which process is sampled, by name (see --layout)")
    made.add_argument("--native", action="store_true", help="also C functions")
    made.add_argument("--gil", action="store_true", help="only threads that hold the interpreter lock")
    made.add_argument("--no-sql", action="store_true", help="do not count statements")
    made.add_argument("--no-py", action="store_true", help="do not sample")
    made.add_argument("--stacks", type=Path, default=Path(__file__).parent / "results" / "stacks.txt")
    add_shop_words(made)
    return made


async def profile(words: argparse.Namespace) -> None:
    """Count statements, then sample."""
    options = Options(
        only=(),
        seconds=words.seconds,
        buyers=words.buyers,
        rounds=1,
        layout_name=words.layout,
        layout=layout_of(words.layout),
        data=words.data,
        out=words.stacks.parent,
        products=words.products,
    )
    async with Bench(options, say) as bench:
        shop = await bench.shop()
        await closed_loop(shop.address, shop.skus, buyers=options.buyers, seconds=2.0)
        if not words.no_sql:
            sys.stdout.write(await _statements(shop, options) + "\n")
        if not words.no_py:
            sys.stdout.write(await _samples(shop, options, words) + "\n")


async def _statements(shop: Shop, options: Options) -> str:
    async with BacklogMeter(shop.settings) as backlog:
        await backlog.drained_after(_PATIENCE_S)
        before = await asyncio.to_thread(touched_by_table, shop.settings.database_url)
        with StatementLog(shop.settings.database_url, shop.folder.logs / "postgres.log") as log:
            bought = await closed_loop(shop.address, shop.skus, buyers=options.buyers, seconds=options.seconds / 2)
            await backlog.drained_after(_PATIENCE_S)
        after = await asyncio.to_thread(touched_by_table, shop.settings.database_url)
        orders = len(bought.times)
        return f"{log.table(orders=orders)}\n{touched_table(before, after, orders=orders)}"


async def _samples(shop: Shop, options: Options, words: argparse.Namespace) -> str:
    pids = shop.processes()
    if words.process not in pids:
        return f"no process {words.process!r}: there are {', '.join(pids)}"
    words.stacks.parent.mkdir(parents=True, exist_ok=True)
    load = asyncio.create_task(closed_loop(shop.address, shop.skus, buyers=options.buyers, seconds=options.seconds + 3))
    spy = await asyncio.create_subprocess_exec(
        *("uvx", "py-spy", "record", "--pid", str(pids[words.process]), "--format", "raw"),
        *("--duration", str(int(options.seconds)), "--rate", str(words.rate), "--output", str(words.stacks)),
        *(("--native",) if words.native else ()),
        *(("--gil",) if words.gil else ()),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, problems = await spy.communicate()
    bought: Bought = await load
    if spy.returncode:
        return f"py-spy failed: {problems.decode(errors='replace')}"
    rate, slow = f"{bought.per_s:.0f} orders/s while sampled", f"p99 {bought.ms(0.99):.0f} ms"
    head = "; ".join(part for part in (f"{words.process}: {rate}", slow, bought.others()) if part)
    return f"{head}\n{own_and_cumulative(words.stacks.read_text(encoding='utf-8'), top=words.top)}"


if __name__ == "__main__":
    run(profile(_parser().parse_args()))
