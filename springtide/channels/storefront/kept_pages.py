"""Finished pages that are the same for everybody, kept as bytes: bounded, checked before they are given again."""

import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from litestar import Response

from springtide.platform.caching import etag_matches
from springtide.platform.http import HttpRequest, tag

HTML = "text/html; charset=utf-8"
_GZIP_LEVEL = 5


class KeptPage:
    """One page: `state` is what it was made of, and while that is the same the bytes are right; `keys`: for purging."""

    __slots__ = ("_gzipped", "body", "etag", "generation", "keys", "made_at", "state")

    def __init__(self, body: bytes, state: Hashable, generation: int, keys: str) -> None:
        self.body = body
        self.keys = keys
        self.state = state
        self.generation = generation
        self.made_at = time.monotonic()
        self.etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        self._gzipped = b""

    def younger_than(self, age_s: float) -> bool:
        """Tell whether the page was made less than `age_s` seconds ago."""
        return time.monotonic() - self.made_at < age_s

    def gzipped(self) -> bytes:
        """Return the body compressed, once."""
        if not self._gzipped:
            self._gzipped = gzip.compress(self.body, _GZIP_LEVEL, mtime=0)
        return self._gzipped


class KeptPages:
    """At most `limit` pages; the one that was asked for longest ago goes first."""

    def __init__(self, limit: int) -> None:
        self._pages: OrderedDict[Hashable, KeptPage] = OrderedDict()
        self._limit = limit

    def __contains__(self, key: Hashable) -> bool:
        return key in self._pages

    def find(self, key: Hashable) -> KeptPage | None:
        """Return what is kept under a key, right or not."""
        kept = self._pages.get(key)
        if kept is not None:
            self._pages.move_to_end(key)
        return kept

    def checked(self, key: Hashable, generation: int, state: Callable[[], Hashable]) -> KeptPage | None:
        """Return the page when it is right: nothing has changed at all, or nothing it was made of."""
        kept = self.find(key)
        if kept is None:
            return None
        if kept.generation != generation:
            if kept.state != state():
                return None
            kept.generation = generation
        return kept

    def put(self, key: Hashable, page: KeptPage) -> KeptPage:
        """Keep a page."""
        self._pages[key] = page
        self._pages.move_to_end(key)
        if len(self._pages) > self._limit:
            self._pages.popitem(last=False)
        return page


def answer(request: HttpRequest, page: KeptPage, *, at_most_s: int | None = None) -> Response[bytes]:
    """Return the page, or 304 when the browser has it. It sets no cookie: it may lie in shared caches.

    `at_most_s`: in so many seconds the page will be wrong although nothing in the shop has changed.
    """
    tag(request, page.keys, at_most_s)
    headers = {"etag": page.etag, "vary": "accept-encoding"}
    if etag_matches(page.etag, request.headers.get("if-none-match", "")):
        return Response(b"", status_code=304, media_type=HTML, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(page.gzipped(), media_type=HTML, headers=headers)
    return Response(page.body, media_type=HTML, headers=headers)
