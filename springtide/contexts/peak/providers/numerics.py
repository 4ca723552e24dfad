"""Whether the optional numerics are installed: asked without importing them."""

from importlib import invalidate_caches, util

from springtide.contracts.peak.api import PeakExtraMissing

NEEDED = ("numpy", "polars", "scipy", "ortools", "lightgbm", "statsforecast", "holidays")
_RETRY_AFTER_S = 30


def is_complete() -> bool:
    """Return whether everything is there; looks anew each time, as libraries may be on their way."""
    return not _missing()


def _missing() -> list[str]:
    invalidate_caches()
    return [name for name in NEEDED if util.find_spec(name) is None]


def require_numerics() -> None:
    """Raise `PeakExtraMissing` while a library is missing."""
    missing = _missing()
    if missing:
        message = "The peak desk's numerics are not installed (yet): uv sync --extra peak"
        raise PeakExtraMissing(message, retry_after_s=_RETRY_AFTER_S, missing=missing)
