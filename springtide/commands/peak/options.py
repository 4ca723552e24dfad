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


def staff(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak staff`."""
    parser.add_argument("paths", metavar="PATHS", help="the joint paths, as `peak paths` wrote them")
    parser.add_argument("--company", default="", metavar="FOLDER", help="the company's documents (default: the demo's)")
    parser.add_argument("--absences", default="", metavar="FILE", help="person, first, last: who is away")
    parser.add_argument("--wishes", default="", metavar="FILE", help="person, day, shift, wanted (yes or no)")
    parser.add_argument(
        "--roster-from", type=date.fromisoformat, metavar="DATE", help="first day with names; else the busiest weeks"
    )
    parser.add_argument("--weeks", type=int, default=4, help="weeks with names (default 4; 0: none)")
    parser.add_argument(
        "--effort", type=float, default=5.0, help="deterministic seconds of search per team (default 5)"
    )
    parser.add_argument("--strict", action="store_true", help="every shift filled, or the rules that prevent it named")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="decisions due by then are urgent")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="staff.json, CSV files and calendars")


def partners(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak partners`."""
    parser.add_argument("--company", default="", metavar="FOLDER", help="the company's documents (default: the demo's)")
    parser.add_argument(
        "--today", type=date.fromisoformat, required=True, metavar="DATE", help="drills are judged by it"
    )
    parser.add_argument("--peak", type=date.fromisoformat, required=True, metavar="DATE", help="when all has to hold")
    parser.add_argument("--json", action="store_true", help="print the whole review for machines")


def risks(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak risks`."""
    parser.add_argument("paths", metavar="PATHS", help="the joint paths, as `peak paths` wrote them")
    parser.add_argument("--company", default="", metavar="FOLDER", help="the company's documents (default: the demo's)")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="drills are judged by it")
    parser.add_argument("--json", action="store_true", help="print the whole plan for machines")
