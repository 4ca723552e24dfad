from pathlib import Path

import pytest

from springtide.channels.browse import disk
from springtide.channels.browse.shelf import Shelf
from springtide.channels.browse.views import Found
from tests.unit.browse.goods import LANTERN, filled_shelf


def written(path: Path) -> bytes:
    state = disk.kept(filled_shelf())
    assert state is not None
    disk.write(path, state)
    return path.read_bytes()


def test_what_was_kept_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "readmodel" / "web.msgpack"
    written(path)
    state, shelf = disk.read(path), Shelf()
    assert state is not None
    disk.fill(shelf, state)
    before = filled_shelf()
    assert shelf.products == before.products
    assert list(shelf.prices()) == list(before.prices())
    assert list(shelf.bands()) == list(before.bands())
    assert (shelf.front, shelf.categories) == (before.front, before.categories)
    assert shelf.product_slugs.find("en", "white-metal-lantern") == Found(str(LANTERN.id))
    assert [found.name for found in path.parent.iterdir()] == ["web.msgpack"]


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b[:-5], lambda b: b[:200] + b"x" + b[201:], lambda b: b"?" + b]
)
def test_a_damaged_file_is_not_used(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "web.msgpack"
    content = written(path)
    path.write_bytes(damage(content))  # type: ignore[operator]
    assert disk.read(path) is None


def test_no_file_is_no_problem_and_an_empty_shelf_is_not_kept(tmp_path: Path) -> None:
    assert disk.read(tmp_path / "none") is None
    assert disk.kept(Shelf()) is None


def test_a_failed_write_leaves_the_former_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "web.msgpack"
    before = written(path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    state = disk.kept(filled_shelf())
    assert state is not None
    with pytest.raises(OSError, match="No space"):
        disk.write(path, state)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["web.msgpack"]
