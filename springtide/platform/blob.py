"""Bytes named by their content: pictures and files too large for a call or an event (see design, how a fact travels).

A blob's name is the SHA-256 of its bytes, in hex. So putting the same bytes twice is one blob, a name never changes its
bytes, and caches may keep them for ever. What a blob is comes from its first bytes, never from what a sender says it
is: a declared type that does not match is refused. SVG is refused altogether, because it can carry script.

What is made of a picture (`platform.pictures`) lies beside it under its name and the form's: "<hash>.640-1.webp".

`FolderBlobs` keeps them in one folder. Processes that write (back office) and serve (web) must see the same folder:
on one machine the data folder does; on several it has to be a shared file system, until the S3 backend comes with the
deployment work.
"""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import msgspec

from springtide.platform.errors import BadInput, NotFound

MAX_BYTES = 10 * 1024 * 1024
NAME = re.compile(r"[0-9a-f]{64}")
FORM_NAME = re.compile(r"([0-9a-f]{64})(?:\.[0-9]+-[0-9]+\.[a-z]+)?")
_CHUNK_BYTES = 64 * 1024
_HEAD_BYTES = 64
_AVIF_BRANDS = frozenset({b"avif", b"avis"})


class BlobNotFound(NotFound):
    """There are no such bytes."""

    code = "blob_not_found"


class BlobTooLarge(BadInput):
    """More than 10 MB, or nothing at all; facts: size_bytes, limit_bytes."""

    code = "blob_too_large"
    status = 413
    title = "The file is too large"


class BlobTypeRefused(BadInput):
    """Not a picture of a kind that is kept, or another kind than declared; facts: declared, found."""

    code = "blob_type_refused"
    status = 415
    title = "Files of this kind are not kept"


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a blob without reading it whole. `hash` is its name."""

    hash: str
    content_type: str
    size_bytes: int


class Blobs(Protocol):
    """The port. Bytes are never changed and never deleted: somebody may still show them."""

    async def put(self, body: bytes, *, content_type: str) -> Blob:
        """Keep bytes; the same ones again are the same blob. `BlobTooLarge`, `BlobTypeRefused`."""
        ...

    async def put_form(self, name: str, form: str, body: bytes) -> Blob:
        """Keep what was made of the blob `name`; it is found as "<name>.<form>"."""
        ...

    async def find(self, name: str) -> Blob | None:
        """Return what is known of a blob or a form, None when there is none (nor can be) of this name."""
        ...

    async def get(self, name: str) -> bytes:
        """Return all bytes; `BlobNotFound`."""
        ...

    def stream(self, name: str) -> AsyncIterator[bytes]:
        """Yield the bytes in pieces of at most 64 KB; `BlobNotFound` before the first."""
        ...


class FolderBlobs:
    """Blobs as files: `ab/cdef…` below a folder. A file appears whole or not at all, also when the power fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, body: bytes, *, content_type: str) -> Blob:
        """Keep bytes; see the port."""
        found = require_kept(body, content_type)
        name = hashlib.sha256(body).hexdigest()
        await asyncio.to_thread(_write, self._path(name), body)
        return Blob(hash=name, content_type=found, size_bytes=len(body))

    async def put_form(self, name: str, form: str, body: bytes) -> Blob:
        """Keep a form; see the port."""
        full = f"{name}.{form}"
        await asyncio.to_thread(_write, self._path(full), body)
        return Blob(hash=full, content_type=content_type_of(body[:_HEAD_BYTES]), size_bytes=len(body))

    async def find(self, name: str) -> Blob | None:
        """Return what is known of a blob; see the port."""
        if not FORM_NAME.fullmatch(name):
            return None
        return await asyncio.to_thread(_look, self._path(name), name)

    async def get(self, name: str) -> bytes:
        """Return all bytes; see the port."""
        return b"".join([chunk async for chunk in self.stream(name)])

    async def stream(self, name: str) -> AsyncIterator[bytes]:
        """Yield the bytes; see the port."""
        if await self.find(name) is None:
            msg = "There is no such file."
            raise BlobNotFound(msg)
        file = await asyncio.to_thread(self._path(name).open, "rb")
        try:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield chunk
        finally:
            file.close()

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name[2:]


def require_kept(body: bytes, content_type: str) -> str:
    """Return the type of bytes that would be kept; `BlobTooLarge`, `BlobTypeRefused`."""
    if not 0 < len(body) <= MAX_BYTES:
        msg = f"A file has 1 to {MAX_BYTES // 1024 // 1024} MB." if body else "The file is empty."
        raise BlobTooLarge(msg, size_bytes=len(body), limit_bytes=MAX_BYTES)
    found = content_type_of(body[:_HEAD_BYTES])
    declared = content_type.partition(";")[0].strip().lower()
    if not found or found != declared:
        msg = "Send a picture as JPEG, PNG, WebP or AVIF, under its own type."
        raise BlobTypeRefused(msg, declared=declared[:100], found=found)
    return found


def content_type_of(head: bytes) -> str:
    """Return what bytes are by how they begin (the first 64 are enough), "" for nothing that is kept."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and _brands(head) & _AVIF_BRANDS:
        return "image/avif"
    return ""


def _brands(head: bytes) -> set[bytes]:
    """Return the major and the compatible brands of an ISO media file: its first box, as far as `head` has it."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}


def _write(path: Path, body: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent):
        _sync(folder)


def _sync(folder: Path) -> None:
    """Make sure that the folder's own entries are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _look(path: Path, name: str) -> Blob | None:
    try:
        with path.open("rb") as file:
            content_type = content_type_of(file.read(_HEAD_BYTES))
            return Blob(hash=name, content_type=content_type, size_bytes=os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        return None
