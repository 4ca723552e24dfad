"""Options that several steps share; nothing here imports the numerics."""

import argparse

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
