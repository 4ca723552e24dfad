"""Pictures over HTTP: in forms, kept for ever by caches, under the type their bytes have; nothing else is served."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fakes.pictures import opened, picture, telling_exif

from springtide.channels.pages.media import Studio, address, media_app
from springtide.edge.entrance import Entrance
from springtide.platform import pictures
from springtide.platform.blob import Blob, FolderBlobs
from springtide.platform.errors import Unavailable
from springtide.platform.pictures import FALLBACK, FORMS, Form, Format

SENT = picture("JPEG", (1200, 900), exif=telling_exif())


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
async def stored(blobs: FolderBlobs) -> Blob:
    return await blobs.put(SENT, content_type="image/jpeg")


@pytest.fixture
async def browser(blobs: FolderBlobs) -> AsyncIterator[httpx2.AsyncClient]:
    app = Entrance(media_app(blobs), channel="media")
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop.test") as client:
        yield client


SMALL = Form(320, Format.WEBP)


async def test_a_picture_is_served_for_ever_in_a_size_and_format(browser: httpx2.AsyncClient, stored: Blob):
    answer = await browser.get(address(stored.hash, SMALL))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert opened(answer.content).size == (320, 427)
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["surrogate-key"] == "static"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = await browser.head(address(stored.hash, SMALL))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(answer.content)))


async def test_what_was_uploaded_is_not_what_buyers_get(browser: httpx2.AsyncClient, stored: Blob):
    answer = await browser.get(f"/media/{stored.hash}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert b"Secret Camera" in SENT
    assert b"Secret Camera" not in answer.content
    assert opened(answer.content).size == (900, 1200)


async def test_a_form_is_made_once(browser: httpx2.AsyncClient, stored: Blob, monkeypatch: pytest.MonkeyPatch):
    made: list[Form] = []

    def noted(body: bytes, form: Form) -> bytes:
        made.append(form)
        return b"RIFF....WEBP" + body[:1]

    monkeypatch.setattr(pictures, "made", noted)
    await asyncio.gather(*(browser.get(address(stored.hash, SMALL)) for _ in range(5)))
    assert made == [SMALL]


async def test_an_upload_is_prepared_whole(blobs: FolderBlobs, stored: Blob):
    studio = Studio(blobs)
    studio.prepare(stored.hash)
    await asyncio.gather(*studio._later)
    assert all([await blobs.find(f"{stored.hash}.{form}") for form in FORMS])


async def test_a_crowd_of_unmade_pictures_is_asked_to_come_back(
    blobs: FolderBlobs, stored: Blob, monkeypatch: pytest.MonkeyPatch
):
    studio = Studio(blobs)
    monkeypatch.setattr(studio, "_waiting", 16)
    with pytest.raises(Unavailable):
        await studio.form(stored.hash, SMALL)


async def test_who_has_it_is_told_so(browser: httpx2.AsyncClient, stored: Blob):
    etag = (await browser.get(address(stored.hash, SMALL))).headers["etag"]
    answer = await browser.get(address(stored.hash, SMALL), headers={"if-none-match": etag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["0" * 64, "nonsense", "..%2F..%2Fpasswd", "%00"])
@pytest.mark.parametrize("form", ["", "/320-1.webp", "/321-1.webp"])
async def test_what_is_not_there_is_not_found(browser: httpx2.AsyncClient, stored: Blob, name: str, form: str):
    assert stored.hash != name
    answer = await browser.get(f"/media/{name}{form}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "no-store" in answer.headers["cache-control"]


async def test_bytes_that_are_no_picture_are_refused_by_name(browser: httpx2.AsyncClient, blobs: FolderBlobs):
    broken = await blobs.put(b"\x89PNG\r\n\x1a\n" + b"pixels" * 100, content_type="image/png")
    answer = await browser.get(f"/media/{broken.hash}")
    assert (answer.status_code, answer.json()["code"]) == (415, "picture_refused")


async def test_drawn_pictures_are_served_beside(browser: httpx2.AsyncClient):
    answer = await browser.get("/media/drawn/85123A.svg", params={"of": "lanterns"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.text.startswith("<svg")


async def test_nothing_is_written_through_it(browser: httpx2.AsyncClient, stored: Blob):
    assert (await browser.put(address(stored.hash, FALLBACK), content=SENT)).status_code == 405
