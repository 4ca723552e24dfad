"""What `peak plan` and `peak what-if` read alike from the command line."""

import argparse

import msgspec

from springtide.contexts.peak.providers.versions import versions
from springtide.contracts.peak.paths import Levers

__all__ = ["levers_of", "versions"]


def levers_of(options: argparse.Namespace, usual: Levers) -> Levers:
    """Return the levers: those that were given, the others as they are."""
    given = {name: getattr(options, name) for name in Levers.__struct_fields__}
    return msgspec.structs.replace(usual, **{name: value for name, value in given.items() if value is not None})
