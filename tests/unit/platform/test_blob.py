"""Blobs: named by content, recognised by their bytes, whole or not there."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from springtide.platform.blob import (
    MAX_BYTES,
    BlobNotFound,
    BlobTooLarge,
    BlobTypeRefused,
    FolderBlobs,
    content_type_of,
)

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20_000
JPEG = b"\xff\xd8\xff\xe0" + b"pixels"
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "
AVIF = b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"
AVIF_BY_COMPATIBLE_BRAND = b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_what_is_put_is_found_by_the_hash_of_its_bytes(blobs: FolderBlobs, tmp_path: Path):
    blob = await blobs.put(PNG, content_type="image/png")
    digest = hashlib.sha256(PNG).hexdigest()
    assert (blob.hash, blob.content_type, blob.size_bytes) == (digest, "image/png", len(PNG))
    assert files(tmp_path) == [f"blobs/{digest[:2]}/{digest[2:]}"]
    assert await FolderBlobs(tmp_path / "blobs").find(digest) == blob
    assert await blobs.get(digest) == PNG
    pieces = [len(piece) async for piece in blobs.stream(digest)]
    assert sum(pieces) == len(PNG)
    assert max(pieces) <= 64 * 1024
    assert len(pieces) > 1


async def test_the_same_bytes_are_one_blob_also_at_once(blobs: FolderBlobs, tmp_path: Path):
    many = await asyncio.gather(*(blobs.put(JPEG, content_type="image/jpeg") for _ in range(8)))
    assert len({blob.hash for blob in many}) == 1
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (WEBP, "image/webp"),
        (AVIF, "image/avif"),
        (AVIF_BY_COMPATIBLE_BRAND, "image/avif"),
        (HEIC, ""),
        (SVG, ""),
        (b"GIF89a", ""),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", ""),
        (b"", ""),
        (b"\x00\x00\x00\x08ftyp", ""),
    ],
)
def test_kinds_are_told_by_their_bytes(body: bytes, found: str):
    assert content_type_of(body[:64]) == found


@pytest.mark.parametrize(
    ("body", "declared", "refusal"),
    [
        (SVG, "image/svg+xml", BlobTypeRefused),
        (SVG, "image/png", BlobTypeRefused),
        (PNG, "image/jpeg", BlobTypeRefused),
        (PNG, "text/html", BlobTypeRefused),
        (PNG, "", BlobTypeRefused),
        (b"", "image/png", BlobTooLarge),
        (PNG + bytes(MAX_BYTES), "image/png", BlobTooLarge),
    ],
)
async def test_what_is_refused_leaves_nothing(
    blobs: FolderBlobs, tmp_path: Path, body: bytes, declared: str, refusal: type[Exception]
):
    with pytest.raises(refusal):
        await blobs.put(body, content_type=declared)
    assert files(tmp_path) == []


async def test_the_largest_blob_is_kept(blobs: FolderBlobs):
    body = JPEG + bytes(MAX_BYTES - len(JPEG))
    assert (await blobs.put(body, content_type="IMAGE/JPEG; q=1")).size_bytes == MAX_BYTES


@pytest.mark.parametrize(
    "name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n", "../" + "0" * 61]
)
async def test_a_name_of_nothing(blobs: FolderBlobs, name: str):
    assert await blobs.find(name) is None
    with pytest.raises(BlobNotFound):
        await blobs.get(name)


async def test_a_write_that_breaks_leaves_nothing(blobs: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            await blobs.put(PNG, content_type="image/png")
    assert files(tmp_path) == []
    await blobs.put(PNG, content_type="image/png")
    assert len(files(tmp_path)) == 1
