"""Static files: read once, named by content (`/static/base.1f0c….css`), kept by browsers for ever.

The same bytes always have the same address and an address never changes its bytes, so an old page goes on finding what
it was made with until the process that knew it is gone, and a new page never gets an old style.
"""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from springtide.platform.caching import FOREVER
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest

PREFIX = "/static/"
ANY_ORIGIN = {"access-control-allow-origin": "*"}
"""Modules and fonts that a page loads from the assets' own address (a CDN) are asked for across origins."""

SHARED = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_HASH_DIGITS = 12
_GZIP_FROM_BYTES = 500


class StaticFile(msgspec.Struct, frozen=True):
    """A file as it is served; `gzipped` is b"" when that would not pay."""

    path: str
    content_type: str
    body: bytes
    gzipped: bytes


class StaticFiles:
    """The files of some folders by name; a later folder's file replaces an earlier one's of the same name.

    `base`: where browsers fetch them, without a trailing slash ("": from the page's own origin).
    """

    def __init__(self, folders: Sequence[Path] = (SHARED,), base: str = "") -> None:
        self.base = base
        found = {path.name: path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in _TYPES}
        self._by_name: Mapping[str, StaticFile] = {name: read_static(path) for name, path in found.items()}
        self._by_path = {file.path: file for file in self._by_name.values()}

    def url(self, name: str) -> str:
        """Return the address of a file by its plain name ("base.css"); an unknown name is a bug: KeyError."""
        return self.base + self._by_name[name].path

    def find(self, path: str) -> StaticFile | None:
        """Return the file at an address."""
        return self._by_path.get(path)

    def handler(self) -> HTTPRouteHandler:
        """Return the route that serves the files."""

        @get("/static/{name:str}", include_in_schema=False, opt=FOREVER)
        async def static_file(request: HttpRequest) -> Response[bytes]:
            file = self.find(request.url.path)
            if file is None:
                msg = "There is no such file."
                raise NotFound(msg)
            zipped = bool(file.gzipped) and "gzip" in request.headers.get("accept-encoding", "")
            headers = {"vary": "accept-encoding", **ANY_ORIGIN}
            if zipped:
                headers["content-encoding"] = "gzip"
            return Response(file.gzipped if zipped else file.body, media_type=file.content_type, headers=headers)

        return static_file


def read_static(path: Path) -> StaticFile:
    """Read a file and name it by its content."""
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:_HASH_DIGITS]
    zipped = gzip.compress(body, mtime=0) if len(body) >= _GZIP_FROM_BYTES else b""
    return StaticFile(f"{PREFIX}{path.stem}.{digest}{path.suffix}", _TYPES[path.suffix], body, zipped)
