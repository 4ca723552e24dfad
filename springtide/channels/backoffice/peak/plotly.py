"""Plotly's own script, from the wheel of the optional extra. Found without importing it: the office stays small.

It is read when a chart is first shown, so an office that plans nothing does not keep five megabytes of it.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from springtide.channels.pages.static_files import StaticFile, read_static

_SCRIPT = "package_data/plotly.min.js"


@cache
def script() -> StaticFile | None:
    """Return the script, None where the extra is not installed: pages then show their tables only."""
    found = find_spec("plotly")
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0]) / _SCRIPT
    return read_static(path) if path.is_file() else None
