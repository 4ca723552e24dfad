"""Files that staff hand in, on their way to the context that reads them: larger than a call may be, kept for a day.

A file is named by the SHA-256 of its bytes, in hex; what it is, its reader finds out. Processes that take files in
(back office) and those that read them must see the same folder, as for `platform.blob`. Nothing here is ever served.
"""

import asyncio
import hashlib
import re
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import msgspec

from springtide.platform.errors import BadInput, NotFound

MOST_BYTES = 200 * 1024 * 1024
NAME = re.compile(r"[0-9a-f]{64}")
_KEPT_S = 24 * 3600.0


class UploadTooLarge(BadInput):
    """More than is taken in, or nothing at all; facts: limit_bytes."""

    code = "upload_too_large"
    status = 413
    title = "The file is too large"


class UploadGone(NotFound):
    """The file was handed in too long ago, or never."""

    code = "upload_gone"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was handed in. `name`: what its sender called it, never a path here."""

    sha256: str
    name: str
    size_bytes: int


class Uploads:
    """The files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, name: str, pieces: AsyncIterator[bytes], *, most_bytes: int = MOST_BYTES) -> Upload:
        """Write a file piece by piece and return what it is known by; `UploadTooLarge`, and then nothing is kept."""
        await asyncio.to_thread(self._tidy)
        digest, size = hashlib.sha256(), 0
        file = await asyncio.to_thread(_new_file, self._folder)
        try:
            with file:
                async for piece in pieces:
                    size += len(piece)
                    if size > most_bytes:
                        break
                    digest.update(piece)
                    await asyncio.to_thread(_write, file, piece)
            if not 0 < size <= most_bytes:
                words = f"A file has at most {most_bytes // 1024 // 1024} MB." if size else "The file is empty."
                raise UploadTooLarge(words, limit_bytes=most_bytes)
            await asyncio.to_thread(Path(file.name).replace, self._folder / digest.hexdigest())
        finally:
            await asyncio.to_thread(Path(file.name).unlink, missing_ok=True)
        return Upload(sha256=digest.hexdigest(), name=Path(name).name[:200], size_bytes=size)

    def path(self, sha256: str) -> Path:
        """Return where a file lies; `UploadGone`."""
        path = self._folder / sha256
        if not NAME.fullmatch(sha256) or not path.is_file():
            message = "The file is not here any more: hand it in again."
            raise UploadGone(message)
        return path

    def _tidy(self) -> None:
        """Make the folder, and let go of what nobody has read for a day."""
        self._folder.mkdir(parents=True, exist_ok=True)
        oldest = time.time() - _KEPT_S
        for path in self._folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _new_file(folder: Path) -> IO[bytes]:
    return tempfile.NamedTemporaryFile("wb", dir=folder, prefix=".new-", delete=False)


def _write(file: IO[bytes], piece: bytes) -> None:
    file.write(piece)


def uploads_folder(data_dir: Path) -> Path:
    """Return where files that were handed in lie."""
    return data_dir / "uploads"
