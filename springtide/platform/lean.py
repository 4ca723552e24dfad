"""Importing a library without what it would take along only because it is there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let imports in this block find no module of this name, unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # documented: then importing it fails
    try:
        yield
    finally:
        del sys.modules[name]
