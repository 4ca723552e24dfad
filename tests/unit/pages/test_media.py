"""Pictures over HTTP: kept for ever by caches, under the type their bytes have, and nothing else is served."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from springtide.channels.pages.media import address, media_app
from springtide.edge.entrance import Entrance
from springtide.platform.blob import Blob, FolderBlobs

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 30_000


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
async def stored(blobs: FolderBlobs) -> Blob:
    return await blobs.put(PNG, content_type="image/png")


@pytest.fixture
async def browser(blobs: FolderBlobs) -> AsyncIterator[httpx2.AsyncClient]:
    app = Entrance(media_app(blobs), channel="media")
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop.test") as client:
        yield client


async def test_a_picture_is_served_for_ever_under_its_own_type(browser: httpx2.AsyncClient, stored: Blob):
    answer = await browser.get(address(stored.hash))
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(PNG))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = await browser.head(address(stored.hash))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(PNG)))


async def test_who_has_it_is_told_so(browser: httpx2.AsyncClient, stored: Blob):
    etag = (await browser.get(address(stored.hash))).headers["etag"]
    answer = await browser.get(address(stored.hash), headers={"if-none-match": etag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["0" * 64, "nonsense", "..%2F..%2Fpasswd", "%00"])
async def test_what_is_not_there_is_not_found(browser: httpx2.AsyncClient, stored: Blob, name: str):
    assert stored.hash != name
    answer = await browser.get(address(name))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "no-store" in answer.headers["cache-control"]


async def test_drawn_pictures_are_served_beside(browser: httpx2.AsyncClient):
    answer = await browser.get("/media/drawn/85123A.svg", params={"of": "lanterns"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.text.startswith("<svg")


async def test_nothing_is_written_through_it(browser: httpx2.AsyncClient, stored: Blob):
    assert (await browser.put(address(stored.hash), content=PNG)).status_code == 405
