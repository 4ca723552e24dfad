"""`springtide peak references`: the desk's formulas beside published values, on this machine."""

import argparse

from springtide.commands.output import say
from springtide.contexts.peak.domain.references import references
from springtide.settings import Settings


def run(_settings: Settings, _options: argparse.Namespace) -> int:
    """Print a line for each; 1 when one of them does not agree to the digits given."""
    found = references()
    for one in found:
        mark = "ok" if one.agrees else "!!"
        say(f"{mark}  {one.ours:>14.8g}  {one.published:>14.8g}  {one.name} ({one.source})")
    wrong = sum(not one.agrees for one in found)
    say(f"{len(found) - wrong} of {len(found)} agree to the digits given")
    return 1 if wrong else 0
