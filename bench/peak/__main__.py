"""`python -m bench.peak`: time per stage and peak memory of a plan and of a what-if, in processes of their own."""

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from bench.machine import described, in_a_line
from bench.peak.shop import write_shop


def main(words: Sequence[str] | None = None) -> int:
    """Make the shop, plan it, change a lever; 1 when one of them fails."""
    options = _parser().parse_args(words)
    sys.stdout.write(f"{in_a_line(described())}\n")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.data or temporary)
        if not (folder / "history.parquet").exists():
            lines = write_shop(
                folder, products=options.products, history_days=options.history_days, units_per_day=options.units
            )
            sys.stdout.write(f"{options.products:,} products, {options.history_days} days, {lines:,} order lines\n")
        out = folder / "plan"
        days, paths = str(options.days), str(options.paths)
        plan = ("plan", str(folder), "--out", str(out), "--season-days", days, "--paths", paths)
        return _timed(*plan) or _timed("what-if", str(out), "--marketing", "1.3", "--size", "1.1")


def _timed(*words: str) -> int:
    """Run a step of the desk with its stages shown as they end, then say wall time, CPU time and memory."""
    sys.stdout.write(f"\nspringtide peak {' '.join(words)}\n")
    sys.stdout.flush()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    code = subprocess.run([sys.executable, "-m", "springtide.cli", "peak", *words], check=False).returncode  # noqa: S603 - our own words
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(f"{perf_counter() - began:.1f} s, {cpu:.1f} s of CPU, at most {after.ru_maxrss / 1e6:.2f} GB\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.peak", description="Plan a made-up shop and time it.")
    parser.add_argument("--products", type=int, default=5000)
    parser.add_argument("--days", type=int, default=100, help="of the season (default 100)")
    parser.add_argument("--paths", type=int, default=1000)
    parser.add_argument("--history-days", type=int, default=600)
    parser.add_argument("--units", type=float, default=2.5, help="a product sells a day, on average (default 2.5)")
    parser.add_argument("--data", default="", help="keep the shop in this folder, or use the one that is there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
