"""Files that staff hand in: written piece by piece, named by their content, gone after a day."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from springtide.platform.uploads import UploadGone, Uploads, UploadTooLarge


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for one in given:
        yield one


async def test_a_file_is_found_by_its_content(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    upload = await uploads.keep("../../etc/orders.csv", pieces(b"time,", b"sku\n"))
    assert (upload.name, upload.size_bytes) == ("orders.csv", 9)
    assert upload.sha256 == hashlib.sha256(b"time,sku\n").hexdigest()
    assert uploads.path(upload.sha256).read_bytes() == b"time,sku\n"
    assert await uploads.keep("orders.csv", pieces(b"time,sku\n")) == upload


@pytest.mark.parametrize("given", [(b"x" * 6, b"x" * 6), ()])
async def test_too_much_and_nothing_are_refused_and_leave_nothing(tmp_path: Path, given: tuple[bytes, ...]) -> None:
    uploads = Uploads(tmp_path)
    with pytest.raises(UploadTooLarge):
        await uploads.keep("orders.csv", pieces(*given), most_bytes=10)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - the pathlib form is called blocking


async def test_what_nobody_read_for_a_day_is_gone(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    old = await uploads.keep("old.csv", pieces(b"old"))
    os.utime(tmp_path / old.sha256, (1.0, 1.0))
    new = await uploads.keep("new.csv", pieces(b"new"))
    assert uploads.path(new.sha256).is_file()
    for name in (old.sha256, "../" + new.sha256, "no"):
        with pytest.raises(UploadGone):
            uploads.path(name)
