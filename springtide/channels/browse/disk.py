"""The last state on disk, so that a web process starts while the contexts or the database are away.

One file, replaced whole: written beside and renamed, so that a killed process leaves the former one. A file that
cannot be read is no reason not to start: it is named in the log and the snapshot comes instead.
"""

import os
import zlib
from pathlib import Path

import msgspec

from springtide.channels.browse.shelf import Entry, Shelf
from springtide.contracts.catalog.api import Category
from springtide.contracts.inventory.api import Availability
from springtide.contracts.pricing.api import Price, ShopFront
from springtide.platform.telemetry import logger

_MAGIC = b"springtide-readmodel-2\n"
_CHECKSUM_BYTES = 4

log = logger(__name__)


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is on disk."""

    front: ShopFront
    categories: tuple[Category, ...]
    products: tuple[Entry, ...]
    prices: tuple[Price, ...]
    bands: tuple[Availability, ...]


def kept(shelf: Shelf) -> Kept | None:
    """Return what of the shelf goes to disk; None while it is not filled."""
    if shelf.front is None or not shelf.filled:
        return None
    return Kept(
        shelf.front,
        tuple(shelf.categories.values()),
        tuple(shelf.products.values()),
        tuple(shelf.prices()),
        tuple(shelf.bands()),
    )


def write(path: Path, state: Kept) -> int:
    """Write the file atomically; return its size in bytes. Raises OSError (disk full, no permission)."""
    body = msgspec.msgpack.encode(state)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(_MAGIC + zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big") + body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return len(body)


def read(path: Path) -> Kept | None:
    """Return what was kept, None when there is nothing usable."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("browse.disk_unreadable", path=str(path), error=repr(error))
        return None
    start = len(_MAGIC) + _CHECKSUM_BYTES
    checksum, body = content[len(_MAGIC) : start], memoryview(content)[start:]  # without a second copy
    if not content.startswith(_MAGIC) or zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big") != checksum:
        log.warning("browse.disk_broken", path=str(path))
        return None
    try:
        return msgspec.msgpack.decode(body, type=Kept)
    except msgspec.ValidationError as error:
        log.warning("browse.disk_other_version", path=str(path), error=str(error))
        return None


def fill(shelf: Shelf, state: Kept) -> None:
    """Put what was kept on an empty shelf."""
    shelf.put_front(state.front)
    shelf.put_categories(state.categories)
    for price in state.prices:
        shelf.put_price(price)
    for band in state.bands:
        shelf.put_band(band)
    for entry in state.products:
        shelf.put_entry(entry)
