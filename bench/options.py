"""The words of `python -m bench`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.goods import PRODUCTS
from bench.layouts import LAYOUTS, Layout, layout_of

DEFAULT_LAYOUT = "up"
GROWTH = (10_000, 100_000, 1_000_000)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure and how long. Times in seconds; `rounds` is how often each run is made, interleaved."""

    only: tuple[str, ...]
    seconds: float
    buyers: int
    rounds: int
    layout_name: str
    layout: Layout
    data: Path | None
    out: Path
    products: int
    growth: tuple[int, ...] = ()
    into: Path | None = None


def parser(rows: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; `rows` are the names `--only` takes."""
    made = argparse.ArgumentParser(prog="python -m bench", description="Measure a shop of its own, thrown away after.")
    made.add_argument("--only", action="append", choices=rows, help="a row; may be repeated (default: all)")
    made.add_argument("--seconds", type=float, default=60.0, help="length of the main run; others are in proportion")
    made.add_argument("--buyers", type=int, default=64)
    made.add_argument("--rounds", type=int, default=3, help="how often each run is made (interleaved; medians count)")
    made.add_argument(
        "--growth", type=int, nargs="+", default=list(GROWTH), metavar="ORDERS", help="sizes of the row growth"
    )
    add_shop_words(made)
    made.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the JSON")
    made.add_argument("--into", type=Path, help="also put the table into this page, between its two marks")
    return made


def add_shop_words(made: argparse.ArgumentParser) -> None:
    """Add the words that say which shop is measured."""
    names = ", ".join(LAYOUTS)
    made.add_argument("--layout", default=DEFAULT_LAYOUT, help=f"{names}, or roles like web+catalog+…/jobs")
    made.add_argument("--data", type=Path, help="data folder to keep and use again (default: one that is thrown away)")
    made.add_argument("--products", type=int, default=PRODUCTS, help="size of the catalogue")


def options_of(words: argparse.Namespace, rows: Sequence[str]) -> Options:
    """Return the options; ValueError names a layout that is none."""
    return Options(
        only=tuple(words.only or rows),
        seconds=words.seconds,
        buyers=words.buyers,
        rounds=words.rounds,
        layout_name=words.layout,
        layout=layout_of(words.layout),
        data=words.data,
        out=words.out,
        products=words.products,
        growth=tuple(sorted(words.growth)),
        into=words.into,
    )
