"""Whether the optional numerics are installed: asked without importing them."""

from importlib import invalidate_caches, util

from springtide.contracts.peak.api import PeakExtraMissing

NEEDED = ("numpy", "polars", "scipy", "ortools", "lightgbm", "statsforecast", "holidays")
_RETRY_AFTER_S = 30


def require_numerics() -> None:
    """Raise `PeakExtraMissing` while a library is missing; looks anew each time, as they may be on their way."""
    invalidate_caches()
    missing = [name for name in NEEDED if util.find_spec(name) is None]
    if missing:
        message = "The peak desk's numerics are not installed (yet): uv sync --extra peak"
        raise PeakExtraMissing(message, retry_after_s=_RETRY_AFTER_S, missing=missing)
