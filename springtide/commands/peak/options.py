"""Options that several steps share; nothing here imports the numerics."""

import argparse
from datetime import date, datetime

DEMO = "demo"
SHOP = "shop"


def add_history(parser: argparse.ArgumentParser) -> None:
    """Add the file of a shop's past, and all that helps to read it."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="order lines, Shopify's export or ready series, CSV, Parquet or XLSX; `demo` is the demo shop's past",
    )
    parser.add_argument("--catalogue", default="", metavar="FILE", help="sku, category: other SKUs are refused")
    parser.add_argument("--visits", default="", metavar="FILE", help="date, visits")
    parser.add_argument("--events", default="", metavar="FILE", help="events.toml; default: the usual events")
    parser.add_argument(
        "--timezone", default="Europe/London", metavar="ZONE", help="the shop's (default Europe/London)"
    )
    parser.add_argument(
        "--currency",
        default="",
        metavar="CODE",
        help="of the prices, like EUR (default: the company's, or two decimals)",
    )
    parser.add_argument(
        "--history-until", type=date.fromisoformat, metavar="DATE", help="nothing that was sold later is read"
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


def load(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak load`; the file may be `shop`, the shop's own orders."""
    add_history(parser)
    parser.add_argument("--stock", default="", metavar="FILE", help="sku, on_hand, pack: a count of the stock")
    parser.add_argument("--inbound", default="", metavar="FILE", help="sku, quantity, arrives: what is on its way")
    parser.add_argument("--company", default="", metavar="FOLDER", help="the company's documents; `demo` has its own")
    add_learned(parser)


def company(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak company`."""
    parser.add_argument("do", choices=("export", "import"), help="write the folder, or read it")
    parser.add_argument("folder", metavar="FOLDER", help="company.toml, people.toml, budget.toml, ...")
    parser.add_argument("--reason", default="", help="why: kept with the versions that an import makes")


def add_levers(parser: argparse.ArgumentParser) -> None:
    """Add the levers and overrides; what is not given stays as it is."""
    parser.add_argument("--size", type=float, metavar="TIMES", help="the size of the shop: 1, 10, 100 times")
    parser.add_argument("--marketing", type=float, metavar="TIMES", help="visits on event days, orders with them")
    parser.add_argument("--discount", type=float, metavar="TIMES", help="what discounts do to orders on event days")
    parser.add_argument("--conversion", type=float, metavar="TIMES", help="orders per visit on event days")
    parser.add_argument("--overrides", default="", metavar="FILE", help="TOML: who changes what, and why")


def add_learned(parser: argparse.ArgumentParser) -> None:
    """Add the folder of a back-test."""
    parser.add_argument(
        "--learned", default="", metavar="FOLDER", help="what `peak backtest --out` wrote: spread and methods"
    )


def plan(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak plan`."""
    add_history(parser)
    add_levers(parser)
    parser.add_argument("--out", required=True, metavar="FOLDER", help="plan.json, inputs.json and paths.npz go there")
    parser.add_argument(
        "--format", choices=("json", "xlsx"), default="json", help="xlsx: plan.xlsx and calendars (ICS) beside it"
    )
    parser.add_argument("--company", default="", metavar="FOLDER", help="its documents; default: the demo company")
    parser.add_argument("--stock", default="", metavar="FILE", help="the count: sku, on_hand; pack")
    parser.add_argument("--inbound", default="", metavar="FILE", help="what is on its way: sku, quantity, arrives")
    parser.add_argument("--season-from", type=date.fromisoformat, metavar="DATE", help="default: after the history")
    parser.add_argument("--season-days", type=int, default=100, metavar="N", help="default 100")
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="default: the day after the history")
    parser.add_argument("--calibration", default="", metavar="FILE", help="the spread that `peak backtest` learned")
    parser.add_argument("--accuracy", default="", metavar="FILE", help="the methods it let through")
    add_learned(parser)
    _add_gifts(parser)
    parser.add_argument(
        "--roster-weeks", type=int, default=4, metavar="N", help="weeks with names (default 4; 0: none)"
    )
    parser.add_argument("--paths", type=int, default=1000, metavar="N", help="default 1000")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed is the same plan (default 1)")
    parser.add_argument("--json", action="store_true", help="print the plan for machines")


def what_if(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak what-if`."""
    parser.add_argument("plan", metavar="FOLDER", help="what `peak plan --out` wrote")
    add_levers(parser)
    parser.add_argument("--out", default="", metavar="FOLDER", help="write the changed plan there")
    parser.add_argument("--json", action="store_true", help="print the changed plan for machines")


def _add_actuals(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "plan", metavar="PLAN", help="what `peak plan --out` wrote, or the number of a plan of the desk"
    )
    parser.add_argument(
        "--actuals",
        required=True,
        metavar="FILE",
        help="order lines, Shopify's export or hour, orders; `demo` is the demo shop's past",
    )
    parser.add_argument(
        "--until", type=moment, metavar="HOUR", help="as it stood then, local: 2010-11-26T12:00 (default: all there is)"
    )
    parser.add_argument("--keep", action="append", default=[], metavar="KEY", help="as the history was read")
    parser.add_argument("--json", action="store_true", help="print it for machines")


def moment(text: str) -> datetime:
    """Read the beginning of a local hour."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is not None or found.minute or found.second or found.microsecond:
        message = f"{text} is not the beginning of an hour on the shop's clock, like 2010-11-26T12:00"
        raise argparse.ArgumentTypeError(message)
    return found


def live(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak live`."""
    _add_actuals(parser)
    parser.add_argument("--out", default="", metavar="FOLDER", help="live.json goes there")


def tell(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak tell`."""
    parser.add_argument("plan", metavar="NUMBER", type=int, help="the number of a plan of the desk")
    parser.add_argument(
        "file", metavar="FILE", help="order lines, Shopify's export; hour, orders; or figure, day, value"
    )
    parser.add_argument("--keep", action="append", default=[], metavar="KEY", help="as the history was read")


def priors(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak priors`."""
    parser.add_argument(
        "plan", metavar="NUMBER", type=int, help="the number of a plan of the desk whose season is over"
    )
    parser.add_argument("--take", action="store_true", help="save it as a new version; without, only show it")
    parser.add_argument("--reason", default="", metavar="WORDS", help="why, kept with the version")


def review(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak review`."""
    _add_actuals(parser)
    parser.add_argument("--facts", default="", metavar="FILE", help="facts.toml: what else is known, by figure")
    parser.add_argument(
        "--told", default="", metavar="FILE", help="figure, day, value: hours, parcels, contacts by day"
    )
    parser.add_argument("--budget", default="", metavar="FILE", help="budget.toml as it is now: what was spent")
    parser.add_argument(
        "--out", required=True, metavar="FOLDER", help="review.json, calibration.json and levers.toml go there"
    )


def snapshot(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak snapshot`."""
    parser.add_argument(
        "plan", metavar="PLAN", help="what `peak plan --out` wrote, or the number of a plan of the desk"
    )
    parser.add_argument("--out", default="", metavar="FOLDER", help="a plan of the desk is written there")
    parser.add_argument("--remake", action="store_true", help="make it again from what is frozen, and compare")


def staff(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak staff`."""
    parser.add_argument("paths", metavar="PATHS", help="paths.npz, as `peak plan --out` wrote it")
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


def _season(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATHS", help="paths.npz, as `peak plan --out` wrote it")
    parser.add_argument("--company", default="", metavar="FOLDER", help="the company's documents (default: the demo's)")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="the day to decide on")


def stock(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak stock`."""
    _season(parser)
    parser.add_argument(
        "--stock", default="", metavar="FILE", help="sku, on_hand; pack_size, inbound, inbound_on (default: the demo's)"
    )
    parser.add_argument("--budget", type=count, metavar="AMOUNT", help="at most so much now, in minor units")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="stock.json and buy_list.csv")


def warehouse(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak warehouse`."""
    _season(parser)
    parser.add_argument(
        "--closed",
        type=date.fromisoformat,
        action="append",
        default=[],
        metavar="DATE",
        help="a day on which nobody works; may be repeated",
    )
    parser.add_argument("--out", required=True, metavar="FOLDER", help="fulfilment.json, bookings.csv and days.csv")


def count(text: str) -> int:
    """Read a whole number above 0."""
    number = int(text)
    if number < 1:
        message = f"{number} is not above 0"
        raise argparse.ArgumentTypeError(message)
    return number


def seed(text: str) -> int:
    """Read a whole number from 0."""
    number = int(text)
    if number < 0:
        message = f"{number} is below 0"
        raise argparse.ArgumentTypeError(message)
    return number


def buy(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak buy`."""
    parser.add_argument("--history", required=True, metavar="FILE", help="date, sku, quantity; weekly or daily")
    parser.add_argument("--stock", required=True, metavar="FILE", help="sku, on_hand; pack where goods come in packs")
    parser.add_argument("--orders", metavar="FILE", help="sku, quantity, arrives: what is on its way")
    parser.add_argument("--calendar", required=True, metavar="FILE", help="order_date, arrival_date, next_arrival")
    parser.add_argument("--costs", required=True, metavar="FILE", help="holding, shortage per unit and period; sku")
    parser.add_argument("--out", required=True, metavar="FILE", help="where the quantities go, as CSV")
    parser.add_argument(
        "--on",
        type=date.fromisoformat,
        metavar="DATE",
        help="the review of this order date; else the first after the history",
    )
    parser.add_argument("--paths", type=count, default=1000, help="how many futures to weigh (default 1000)")
    parser.add_argument("--seed", type=seed, default=1, help="the same seed gives the same quantities")


def partners(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak partners`."""
    parser.add_argument("--company", default="", metavar="FOLDER", help="the company's documents (default: the demo's)")
    parser.add_argument(
        "--today", type=date.fromisoformat, required=True, metavar="DATE", help="drills are judged by it"
    )
    parser.add_argument("--peak", type=date.fromisoformat, required=True, metavar="DATE", help="when all has to hold")
    parser.add_argument("--json", action="store_true", help="print the whole review for machines")


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
    parser.add_argument("--horizon-days", required=True, type=count, metavar="N", help="days to forecast")
    parser.add_argument("--out", required=True, metavar="DIR", help="for forecast.parquet and scores.json")
    parser.add_argument("--paths", type=count, default=400, metavar="N", help="draws per origin (default 400)")
    parser.add_argument("--seed", type=seed, default=1, help="the same seed gives the same figures (default 1)")
    _add_gifts(parser)
    parser.add_argument("--engine", default=None, help="fits on ray, spark or dask; default: here")


def _add_gifts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gifts",
        type=float,
        metavar="TIMES",
        help="lever of a first Christmas: 1 for general goods, 2 for gifts, 0 for none (default: as events.toml says)",
    )


def risks(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak risks`."""
    parser.add_argument("paths", metavar="PATHS", help="paths.npz, as `peak plan --out` wrote it")
    parser.add_argument("--company", default="", metavar="FOLDER", help="the company's documents (default: the demo's)")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="drills are judged by it")
    parser.add_argument("--json", action="store_true", help="print the whole plan for machines")


def scaling(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak scaling`."""
    parser.add_argument("plan", metavar="PLAN", help="plan.json, as `peak plan` wrote it")
    parser.add_argument("--overlay", default="", metavar="FOLDER", help="deploy/kustomize/overlays/peak: rewritten")
    parser.add_argument("--fleet", default="", metavar="FILE", help="fleet.toml: written")
    parser.add_argument("--cores", type=int, default=4, help="of the machine the fleet runs on (default 4)")


def nothing(_parser: argparse.ArgumentParser) -> None:
    """Add no options."""


def evidence(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak evidence`."""
    words = "what `rehearse --evidence` or `drill --evidence` wrote; default: only show what is filed"
    parser.add_argument("folder", nargs="?", default="", metavar="FOLDER", help=words)
    parser.add_argument("--json", action="store_true", help="print all of it for machines")


def readiness(parser: argparse.ArgumentParser) -> None:
    """Add the options of `peak readiness`."""
    parser.add_argument("plan", metavar="FOLDER", help="what `peak plan --out` wrote")
    parser.add_argument("--evidence", default="", metavar="FOLDER", help="measured runs; sealed ones are the product's")
    parser.add_argument("--filed", default="", metavar="FILE", help="TOML: what people show, `[[evidence]]` each")
    parser.add_argument(
        "--on", type=date.fromisoformat, metavar="DATE", help="default: today with evidence, else the plan's day"
    )
    parser.add_argument("--json", action="store_true", help="print the page for machines")
