import gzip
from pathlib import Path

from springtide.channels.pages.static_files import SHARED, StaticFiles


def test_addresses_change_with_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("one")
    before = StaticFiles((tmp_path,)).url("a.css")
    (tmp_path / "a.css").write_text("two")
    after = StaticFiles((tmp_path,)).url("a.css")
    assert before != after
    assert before.startswith("/static/a.")
    assert before.endswith(".css")


def test_files_are_found_by_address_and_compressed_when_that_pays() -> None:
    static = StaticFiles()
    file = static.find(static.url("base.css"))
    assert file is not None
    assert file.content_type == "text/css; charset=utf-8"
    assert gzip.decompress(file.gzipped) == file.body
    assert len(file.gzipped) < len(file.body)
    assert static.find("/static/base.css") is None


def test_scripts_load_nothing_from_elsewhere() -> None:
    for path in SHARED.glob("*.js"):
        assert "http" not in path.read_text().replace("http-equiv", "")


def test_a_later_folder_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "base.css").write_text("mine")
    static = StaticFiles((SHARED, tmp_path))
    file = static.find(static.url("base.css"))
    assert file is not None
    assert file.body == b"mine"
