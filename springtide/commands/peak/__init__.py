"""The steps of `springtide peak`, one module each: `run(settings, options)` reads files, calls the numerics, prints.

The options stand here because a module of a step imports the numerics, and `--help` has to answer without them.
"""

import argparse
from collections.abc import Callable
from typing import Protocol

from springtide.settings import Settings


class Step(Protocol):
    """A module of this package."""

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """Do the step; return the exit code."""
        ...


STEPS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {}
"""Name -> what it does in one line, and the function that adds its options."""
