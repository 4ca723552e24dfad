"""The versions of what makes numbers."""

from importlib.metadata import version

LIBRARIES = ("springtide", "numpy", "scipy", "polars", "lightgbm", "statsforecast", "ortools")


def versions() -> dict[str, str]:
    """Return the versions by name."""
    return {name: version(name) for name in LIBRARIES}
