"""The steps of `springtide peak`, one module each: `run(settings, options)` reads files, calls the numerics, prints.

The options stand here because a module of a step imports the numerics, and `--help` has to answer without them.
"""

import argparse
from collections.abc import Callable
from typing import Protocol

from springtide.commands.peak import options
from springtide.settings import Settings


class Step(Protocol):
    """A module of this package."""

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """Do the step; return the exit code."""
        ...


STEPS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "load": ("give the desk of a running shop its history and documents", options.load),
    "company": ("write the desk's documents into a folder, or take them from one", options.company),
    "history": ("look a shop's past over: what is left out of the demand, and why", options.history),
    "plan": ("make the whole plan of a season from a shop's past", options.plan),
    "what-if": ("the same paths with a lever or an override changed, in seconds", options.what_if),
    "live": ("which path a season is on, from what was sold, and what was agreed for it", options.live),
    "tell": ("tell the desk what happened: sales by hour, hours worked, parcels, contacts", options.tell),
    "review": ("look back on a season: plan against fact, and what the next plan should believe", options.review),
    "priors": ("take what a season taught into the documents of the next plans", options.priors),
    "snapshot": ("write a plan out as it was frozen, or make a frozen one again and compare", options.snapshot),
    "backtest": ("forecast a past as if it were the future, and compare", options.backtest),
    "accuracy": ("back-test a past at many origins: what forecasts of this shop are worth", options.accuracy),
    "scaling": ("write a plan's servers into deploy/ and fleet.toml", options.scaling),
    "staff": ("plan people: contacts, agents, shifts, names, hires", options.staff),
    "stock": ("plan what to buy for the season, from paths and a stock count", options.stock),
    "warehouse": ("plan hours, crews, carriers and the external warehouse", options.warehouse),
    "buy": ("decide what to order at one review, from files", options.buy),
    "partners": ("show the register of partners, and what is weak about it", options.partners),
    "references": ("check the desk's formulas against published values, on this machine", options.nothing),
    "evidence": ("file measured runs of a folder with the desk, and show what is filed", options.evidence),
    "readiness": ("judge a plan again by the runs and documents there are by now", options.readiness),
    "risks": ("rank what may go wrong by its cost on the paths", options.risks),
}
"""Name -> what it does in one line, and the function that adds its options."""
