"""Options that several steps share; nothing here imports the numerics."""

import argparse
from datetime import date

DEMO = "demo"


def add_history(parser: argparse.ArgumentParser) -> None:
    """Add the file of a shop's past, and all that helps to read it."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="order lines, Shopify's export or ready series, CSV or Parquet; `demo` is the demo shop's past",
    )
    parser.add_argument("--catalogue", default="", metavar="FILE", help="sku, category: other SKUs are refused")
    parser.add_argument("--visits", default="", metavar="FILE", help="date, visits")
    parser.add_argument("--events", default="", metavar="FILE", help="events.toml; default: the usual events")
    parser.add_argument(
        "--timezone", default="Europe/London", metavar="ZONE", help="the shop's (default Europe/London)"
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="KEY",
        help="take an exclusion back, or all of a rule (bulk, returned, ...); may be repeated",
    )


def history(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak history`."""
    add_history(parser)
    parser.add_argument("--json", action="store_true", help="print the whole report for machines")


def backtest(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak backtest`."""
    add_history(parser)
    parser.add_argument(
        "--train-until", required=True, type=date.fromisoformat, metavar="DATE", help="the last day that is known"
    )
    _add_judging(parser)


def accuracy(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak accuracy`."""
    add_history(parser)
    for name, words in (
        ("--first-origin", "the first day that is the last known one"),
        ("--fix-until", "methods and spread are fixed on origins before this day; the others are judged"),
        ("--last-origin", "no origin after this day"),
    ):
        parser.add_argument(name, required=True, type=date.fromisoformat, metavar="DATE", help=words)
    parser.add_argument("--every-days", type=int, default=14, metavar="N", help="days between origins (default 14)")
    _add_judging(parser)


def _add_judging(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--horizon-days", required=True, type=int, metavar="N", help="days to forecast")
    parser.add_argument("--out", required=True, metavar="DIR", help="for forecast.parquet and scores.json")
    parser.add_argument("--paths", type=int, default=400, metavar="N", help="draws per origin (default 400)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same figures (default 1)")
    parser.add_argument(
        "--gifts",
        type=float,
        default=1.0,
        help="lever of a first Christmas: 1 for general goods, 2 for gifts, 0 for none (default 1)",
    )
    parser.add_argument("--engine", default=None, help="fits on ray, spark or dask; default: here")
