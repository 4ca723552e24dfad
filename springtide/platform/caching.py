"""What caches may do with an answer: every route states a class, and here is what the class means as headers.

    @get("/{where:str}/p/{slug:str}", opt=SHOWN)     the same for everybody: shared caches keep it until it is purged
    tag(request, keys)                               what it was made of, so that a change can purge it

`platform.http.make_app` puts the headers on. Two locks keep a private answer out of shared caches: a route that states
nothing is private, and an answer that sets a cookie or refuses is never shared, whatever its route states.

Browsers ask again each time (a 304 is cheap), because nobody can purge a browser; only our own caches keep pages.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec

SHARED_FOR_S = 10
"""How long shared caches may keep a page where nothing purges them."""

STALE_WHILE_REVALIDATE_S = 5
STALE_IF_ERROR_S = 3_600
HINT_FOR_S = 60
PRIVATE_CONTROL = b"private, no-store"
FOREVER_CONTROL = b"public, max-age=31536000, immutable"
KEYS_LIMIT_BYTES = 1_024
EVERYTHING_KEY = "front"
"""The key of everything that is SHOWN."""

STATIC_KEY = "static"
_REFUSED_FROM = 400


class CacheClass(StrEnum):
    """PRIVATE: one person's, or a write: kept by nobody. SHOWN: made of the read model, the same for everybody, purged
    when that changes. HINT: suggestions while typing, kept a minute, also by browsers. FOREVER: the address names the
    content, so it never changes.
    """

    PRIVATE = "private"
    SHOWN = "shown"
    HINT = "hint"
    FOREVER = "forever"


PRIVATE: Mapping[str, Any] = {"cache": CacheClass.PRIVATE}
SHOWN: Mapping[str, Any] = {"cache": CacheClass.SHOWN}
HINT: Mapping[str, Any] = {"cache": CacheClass.HINT}
FOREVER: Mapping[str, Any] = {"cache": CacheClass.FOREVER}


class Tags(msgspec.Struct, frozen=True):
    """What an answer was made of: surrogate keys, space separated; `at_most_s`: it is wrong after so many seconds."""

    keys: str
    at_most_s: int | None = None


class Caching(msgspec.Struct, frozen=True, kw_only=True):
    """How the shop's own shared caches are told. `shared_for_s`: how long they keep what is SHOWN unless purged.

    `cache_tags`: also send the keys as `Cache-Tag`, comma separated, which is Cloudflare's name for them.
    """

    shared_for_s: int = SHARED_FOR_S
    cache_tags: bool = False

    def stamped(
        self, headers: list[tuple[bytes, bytes]], status: int, kind: object, tags: Tags | None
    ) -> list[tuple[bytes, bytes]]:
        """Return an answer's headers with those of its class; a route of no class keeps what it set itself."""
        rest = [pair for pair in headers if pair[0] != b"cache-control"]
        if kind is None:
            return headers if len(rest) < len(headers) else [*headers, (b"cache-control", PRIVATE_CONTROL)]
        if kind is CacheClass.PRIVATE or status >= _REFUSED_FROM or any(name == b"set-cookie" for name, _ in rest):
            return [*rest, (b"cache-control", PRIVATE_CONTROL)]
        tags = tags or _UNTAGGED
        kept_s = self.shared_for_s if tags.at_most_s is None else max(0, min(self.shared_for_s, tags.at_most_s))
        return [*rest, *_shared(kind, tags.keys, kept_s, cache_tags=self.cache_tags)]


@lru_cache(maxsize=8_192)  # the same for thousands of answers a second
def _shared(kind: object, keys: str, kept_s: int, *, cache_tags: bool) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of an answer that shared caches may keep; `kept_s`: for how long, if it is SHOWN."""
    control = b"public, max-age=0, s-maxage=%d, stale-while-revalidate=%d, stale-if-error=%d" % (
        kept_s,
        STALE_WHILE_REVALIDATE_S,
        STALE_IF_ERROR_S,
    )
    if kind is CacheClass.FOREVER:
        control = FOREVER_CONTROL
    elif kind is CacheClass.HINT:
        control = b"public, max-age=%d, s-maxage=%d" % (HINT_FOR_S, HINT_FOR_S)
    also = ((b"cache-tag", keys.replace(" ", ",").encode()),) if cache_tags else ()
    return ((b"cache-control", control), (b"surrogate-key", keys.encode()), *also)


UNPURGED = Caching()
"""Shared caches that nobody purges."""

_UNTAGGED = Tags(STATIC_KEY)
"""What states no keys is part of the program: only a new release changes it."""


def etag_matches(etag: str, if_none_match: str) -> bool:
    """Tell whether a browser or cache that sent If-None-Match has this entity (weak comparison, RFC 9110 13.1.2)."""
    if not if_none_match:
        return False
    wanted = {"*", etag.removeprefix("W/")}
    return any(known.strip().removeprefix("W/") in wanted for known in if_none_match.split(","))
