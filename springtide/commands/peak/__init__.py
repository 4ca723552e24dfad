"""The steps of `springtide peak`, one module each: `run(settings, options)` reads files, calls the numerics, prints.

The options stand here because a module of a step imports the numerics, and `--help` has to answer without them.
"""

import argparse
from collections.abc import Callable
from datetime import date
from typing import Protocol

from springtide.commands.peak import options
from springtide.settings import Settings


class Step(Protocol):
    """A module of this package."""

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """Do the step; return the exit code."""
        ...


def _scaling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="plan.json, as `peak plan` wrote it")
    parser.add_argument("--overlay", default="", metavar="FOLDER", help="deploy/kustomize/overlays/peak: rewritten")
    parser.add_argument("--fleet", default="", metavar="FILE", help="fleet.toml: written")
    parser.add_argument("--cores", type=int, default=4, help="of the machine the fleet runs on (default 4)")


def _count(text: str) -> int:
    """Read a whole number above 0."""
    number = int(text)
    if number < 1:
        message = f"{number} is not above 0"
        raise argparse.ArgumentTypeError(message)
    return number


def _buy(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--paths", type=_count, default=1000, help="how many futures to weigh (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same quantities")


STEPS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "load": ("give the desk of a running shop its history and documents", options.load),
    "history": ("look a shop's past over: what is left out of the demand, and why", options.history),
    "plan": ("make the whole plan of a season from a shop's past", options.plan),
    "what-if": ("the same paths with a lever or an override changed, in seconds", options.what_if),
    "backtest": ("forecast a past as if it were the future, and compare", options.backtest),
    "accuracy": ("back-test a past at many origins: what forecasts of this shop are worth", options.accuracy),
    "scaling": ("write a plan's servers into deploy/ and fleet.toml", _scaling),
    "staff": ("plan people: contacts, agents, shifts, names, hires", options.staff),
    "partners": ("show the register of partners, and what is weak about it", options.partners),
    "risks": ("rank what may go wrong by its cost on the paths", options.risks),
    "buy": ("decide what to order at one review, from files", _buy),
}
"""Name -> what it does in one line, and the function that adds its options."""
