"""The port: a place that keeps pages and can be told to forget those with a key."""

from collections.abc import Sequence
from typing import Protocol


class PurgeFailed(Exception):
    """The cache did not say that it forgot; `retry_after_s`: how long it asked to be left alone (0: it did not say)."""

    def __init__(self, why: str, retry_after_s: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class Edge(Protocol):
    """One cache: a Varnish node, or a service of a CDN. `keys_per_call`: how many keys one call may carry."""

    @property
    def name(self) -> str:
        """Return its name in logs and metrics."""
        ...

    @property
    def keys_per_call(self) -> int:
        """Return the most keys of one call."""
        ...

    async def purge(self, keys: Sequence[str]) -> None:
        """Forget everything that carries one of the keys, at most `keys_per_call` of them; `PurgeFailed`."""
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...
