"""What was sold, from the options that `peak live` and `peak review` share."""

import argparse
from pathlib import Path

from springtide.commands.peak.options import DEMO
from springtide.commands.peak.past import demo_lines
from springtide.contexts.peak.providers.actuals_file import actuals_of, read_actuals
from springtide.contracts.peak.actuals import Actuals


def actuals_from(options: argparse.Namespace, timezone: str, currency: str) -> Actuals:
    """Return what was sold up to `--until`, money in the plan's currency.

    Raises InvalidPeakInput naming every mistake, OSError without the file.
    """
    keep = frozenset(options.keep)
    if options.actuals == DEMO:
        return actuals_of(demo_lines(), until=options.until, keep=keep)
    file = Path(options.actuals)
    return read_actuals(file, timezone=timezone, until=options.until, keep=keep, currency=currency)
