"""What `peak plan` and `peak what-if` read alike from the command line."""

import argparse
from importlib.metadata import version

import msgspec

from springtide.contracts.peak.paths import Levers

LIBRARIES = ("springtide", "numpy", "scipy", "polars", "lightgbm", "statsforecast", "mlforecast", "ortools")


def levers_of(options: argparse.Namespace, usual: Levers) -> Levers:
    """Return the levers: those that were given, the others as they are."""
    given = {name: getattr(options, name) for name in Levers.__struct_fields__}
    return msgspec.structs.replace(usual, **{name: value for name, value in given.items() if value is not None})


def versions() -> dict[str, str]:
    """Return the versions of what makes numbers."""
    return {name: version(name) for name in LIBRARIES}
