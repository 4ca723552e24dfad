"""Phrases of the readiness page."""

from springtide.contracts.peak.common import Phrase


def said(key: str, **values: str | float) -> Phrase:
    """Return the phrase "readiness.<key>"."""
    return Phrase(key=f"readiness.{key}", values=values)
