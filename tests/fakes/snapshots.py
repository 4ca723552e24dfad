"""Snapshots as processes tell them."""

from collections.abc import Sequence

import msgspec

from springtide.platform.figures import Figure
from springtide.platform.vitals import Snapshot


def telling(figures: Sequence[Figure], *, process: str = "a", roles: tuple[str, ...] = ("web",)) -> bytes:
    """Return a message that brings these figures and nothing else of note."""
    snapshot = Snapshot(
        process=process, roles=roles, up_s=1, answers=(), queues=(), pools=(), failing=(), lag_ms=0, cpu_percent=0,
        memory_mib=0, figures=tuple(figures),
    )  # fmt: skip
    return msgspec.msgpack.encode(snapshot)
