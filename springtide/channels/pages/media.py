"""Serving pictures below /media: stored ones by content hash (`/media/<hash>`), to buyers and to staff, and drawn ones.

The address is the content, so caches keep it for ever. Types are those the blob port recognises by their bytes, and
browsers are told not to guess another (`x-content-type-options: nosniff`, set for every answer at the entrance).
"""

from litestar import Litestar, Response, get
from litestar.response import Stream

from springtide.channels.pages.pictures import drawn_picture
from springtide.platform.blob import BlobNotFound, Blobs
from springtide.platform.caching import FOREVER, UNPURGED, Caching, etag_matches
from springtide.platform.http import HttpRequest, make_app

PREFIX = "/media/"


def address(name: str) -> str:
    """Return where a stored picture is served."""
    return PREFIX + name


def media_app(blobs: Blobs, caching: Caching = UNPURGED) -> Litestar:
    """Build the application that serves everything below /media."""
    return make_app([stored_picture, drawn_picture], state={"blobs": blobs}, caching=caching)


@get("/media/{name:str}", include_in_schema=False, opt=FOREVER)
async def stored_picture(request: HttpRequest) -> Response[bytes] | Stream:
    """Serve a stored picture from `app.state.blobs`; 304 to a browser that has it."""
    blobs: Blobs = request.app.state.blobs
    name: str = request.path_params["name"]
    blob = await blobs.find(name)
    if blob is None:
        msg = "There is no such picture."
        raise BlobNotFound(msg)
    tag = f'"{blob.hash}"'
    headers = {"etag": tag}
    if etag_matches(tag, request.headers.get("if-none-match", "")):
        return Response(b"", status_code=304, headers=headers)
    size = {"content-length": str(blob.size_bytes)}
    return Stream(blobs.stream(name), media_type=blob.content_type, headers={**headers, **size})
