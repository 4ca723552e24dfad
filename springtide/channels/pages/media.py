"""Serving pictures below /media: uploaded ones in sizes and formats (`/media/<hash>/640-1.webp`), and drawn ones.

The address is the content and what was made of it, so caches keep it for ever. The uploaded bytes themselves are shown
to staff only (`stored_picture`): they say more than buyers should know. `/media/<hash>` gives buyers the fallback.

Forms are made once: by the back office after an upload, else by the first request, one at a time in a thread, with a
short queue. Types are those the blob port recognises by their bytes, and browsers are told not to guess another
(`x-content-type-options: nosniff`, set for every answer at the entrance).
"""

import asyncio

from litestar import Litestar, Response, get
from litestar.response import Stream

from springtide.channels.pages.pictures import drawn_picture
from springtide.platform import pictures
from springtide.platform.blob import NAME, Blob, BlobNotFound, Blobs
from springtide.platform.caching import FOREVER, UNPURGED, Caching, etag_matches
from springtide.platform.errors import Unavailable
from springtide.platform.http import HttpRequest, make_app
from springtide.platform.pictures import FALLBACK, WIDTHS, Form, Format, form_named

PREFIX = "/media/"
_QUEUE_LIMIT = 16


class Studio:
    """Makes forms of uploaded pictures, one at a time in this process: memory and cores stay with the shop."""

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs
        self._at_work = asyncio.Lock()
        self._waiting = 0
        self._later: set[asyncio.Task[None]] = set()

    async def form(self, name: str, form: Form) -> Blob:
        """Return a form of a picture, made now if need be; `BlobNotFound`, `PictureRefused`, `Unavailable`."""
        full = f"{name}.{form}"
        known = await self.blobs.find(full)
        if known is not None:
            return known
        if not NAME.fullmatch(name) or await self.blobs.find(name) is None:
            msg = "There is no such picture."
            raise BlobNotFound(msg)
        if self._waiting >= _QUEUE_LIMIT:
            msg = "Pictures are being made. Try again in a moment."
            raise Unavailable(msg, retry_after_s=2)
        self._waiting += 1
        try:
            async with self._at_work:
                return await self.blobs.find(full) or await self._made(name, form)
        finally:
            self._waiting -= 1

    async def _made(self, name: str, form: Form) -> Blob:
        body = await asyncio.to_thread(pictures.made, await self.blobs.get(name), form)
        return await self.blobs.put_form(name, str(form), body)

    def prepare(self, name: str) -> None:
        """Make all forms of a picture soon, so that no buyer waits for one."""
        task = asyncio.create_task(self._prepared(name))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _prepared(self, name: str) -> None:
        async with self._at_work:
            forms = pictures.all_made(await self.blobs.get(name))
            while (one := await asyncio.to_thread(next, forms, None)) is not None:
                await self.blobs.put_form(name, str(one[0]), one[1])


def address(name: str, form: Form) -> str:
    """Return where a form of an uploaded picture is served."""
    return f"{PREFIX}{name}/{form}"


def srcset(name: str, kind: Format, base: str) -> str:
    """Return all sizes of a picture in a format, for a browser to choose from."""
    return ", ".join(f"{base}{address(name, Form(width, kind))} {width}w" for width in WIDTHS)


def media_app(blobs: Blobs, caching: Caching = UNPURGED) -> Litestar:
    """Build the application that serves buyers everything below /media."""
    routes = [picture_in_form, picture_for_anybody, drawn_picture]
    return make_app(routes, state={"studio": Studio(blobs)}, caching=caching)


@get("/media/{name:str}/{form:str}", include_in_schema=False, opt=FOREVER)
async def picture_in_form(request: HttpRequest) -> Response[bytes] | Stream:
    """Serve a picture in a size and a format; 304 to a browser that has it."""
    form = form_named(request.path_params["form"])
    if form is None:
        msg = "There is no such size or format."
        raise BlobNotFound(msg)
    return await _in_form(request, form)


@get("/media/{name:str}", include_in_schema=False, opt=FOREVER)
async def picture_for_anybody(request: HttpRequest) -> Response[bytes] | Stream:
    """Serve a picture to programs that know no forms: the widest, in the format everybody knows."""
    return await _in_form(request, FALLBACK)


async def _in_form(request: HttpRequest, form: Form) -> Response[bytes] | Stream:
    studio: Studio = request.app.state.studio
    return _sent(request, studio.blobs, await studio.form(request.path_params["name"], form))


@get("/media/{name:str}", include_in_schema=False, opt=FOREVER)
async def stored_picture(request: HttpRequest) -> Response[bytes] | Stream:
    """Serve staff a picture as it was uploaded, from `app.state.blobs`."""
    blobs: Blobs = request.app.state.blobs
    name: str = request.path_params["name"]
    blob = await blobs.find(name) if NAME.fullmatch(name) else None
    if blob is None:
        msg = "There is no such picture."
        raise BlobNotFound(msg)
    return _sent(request, blobs, blob)


def _sent(request: HttpRequest, blobs: Blobs, blob: Blob) -> Response[bytes] | Stream:
    tag = f'"{blob.hash}"'
    headers = {"etag": tag, "access-control-allow-origin": "*"}
    if etag_matches(tag, request.headers.get("if-none-match", "")):
        return Response(b"", status_code=304, headers=headers)
    size = {"content-length": str(blob.size_bytes)}
    return Stream(blobs.stream(blob.hash), media_type=blob.content_type, headers={**headers, **size})
