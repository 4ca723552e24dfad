from pathlib import Path

import msgspec
import numpy as np
import pytest

from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.paths.joint import JointPaths, draw_paths
from springtide.contexts.peak.providers.paths_file import read_paths, write_paths
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.paths import Levers
from tests.unit.peak.paths.made import FIRST, forecast_of, spread_of


@pytest.fixture(scope="module")
def joint() -> JointPaths:
    edits = Edits(as_of=FIRST, levers=Levers(marketing=1.3))
    return draw_paths(forecast_of(), spread_of(), edits=edits, seed=9, paths=200, peak_minute=3.5)


def test_what_is_read_draws_what_was_written(joint: JointPaths, tmp_path: Path) -> None:
    write_paths(joint, tmp_path / "paths.npz")
    back = read_paths(tmp_path / "paths.npz")
    for name in ("orders", "visits", "lines", "units", "revenue_minor"):
        assert (getattr(back.totals, name) == getattr(joint.totals, name)).all(), name
        assert getattr(back.totals, name).dtype == getattr(joint.totals, name).dtype
    assert back.totals.peak_minute == 3.5
    assert (back.edits, back.seed) == (joint.edits, joint.seed)
    for ours, theirs in zip(joint.products.blocks(16), back.products.blocks(16), strict=True):
        assert ours.skus == theirs.skus
        assert (ours.units == theirs.units).all()


def test_the_file_is_the_same_bytes_and_small(joint: JointPaths, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_paths(joint, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    draws = 40 * 200 * 20 * 4
    assert (tmp_path / "a").stat().st_size < draws / 3


def test_another_version_is_refused_by_name(joint: JointPaths, tmp_path: Path) -> None:
    path = tmp_path / "paths.npz"
    write_paths(joint, path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = msgspec.json.decode(arrays["header"].tobytes()) | {"version": 99}
    arrays["header"] = np.frombuffer(msgspec.json.encode(header), dtype=np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(InvalidPeakInput, match="version 99") as refusal:
        read_paths(path)
    assert [mistake.rule for mistake in refusal.value.mistakes] == ["other_version"]


@pytest.mark.parametrize("content", [b"", b"no paths", b"PK\x03\x04 cut off"])
def test_a_file_of_something_else_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "paths.npz"
    path.write_bytes(content)
    with pytest.raises(InvalidPeakInput) as refusal:
        read_paths(path)
    assert [mistake.rule for mistake in refusal.value.mistakes] == ["no_paths_file"]
