"""The data folder: private, versioned, refused without a change when it is not for us."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from springtide.platform.embedded import binaries, folders
from springtide.platform.embedded.account import Account
from springtide.platform.embedded.engines import running_engines
from springtide.platform.embedded.folders import DataFolder, default_root, open_data_folder, require_free_space
from springtide.platform.embedded.problems import DamagedFolder, DiskFull, NoPermission, OtherVersion
from springtide.platform.embedded.secrets import load_secrets
from springtide.platform.embedded.testing import scratch_data_folder
from tests.system.embedded.kept import needs_root

pytestmark = pytest.mark.timeout(60)
Facts = dict[str, tuple[int, int, int, bytes]]
LAYOUT = '{"layout": %d, "postgresql": %d, "springtide": "%s"}'


def say(_: str) -> None:
    pass


def facts_of(root: Path) -> Facts:
    """Return mode, owner, time and content of everything in a folder, the folder itself too."""
    facts = {}
    for path in (root, *root.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        facts[str(path)] = (status.st_mode, status.st_uid, status.st_mtime_ns, content)
    return facts


@pytest.fixture
def place() -> Iterator[Path]:
    """A path that does not exist yet, in a folder that everybody may pass through."""
    with scratch_data_folder() as made:
        yield made.root / "engines" / "data"


@pytest.mark.parametrize(
    "layout",
    [LAYOUT % (2, 18, "0.1.0"), LAYOUT % (1, 17, "0.1.0"), LAYOUT % (1, 19, "0.1.0"), LAYOUT % (1, 18, "99.0.0")],
)
def test_a_folder_of_another_version_is_refused_untouched(place: Path, layout: str) -> None:
    place.mkdir()
    (place / "layout.json").write_text(layout)
    before = facts_of(place)
    with pytest.raises(OtherVersion, match=rf"^the data folder {place} belongs to Springtide [^\n]+$"):
        open_data_folder(place, say=say)
    assert facts_of(place) == before


def test_a_folder_of_an_older_springtide_with_our_layout_is_taken(place: Path) -> None:
    place.mkdir()
    (place / "layout.json").write_text(LAYOUT % (1, 18, "0.0.9"))
    folder = open_data_folder(place, say=say)
    assert "0.0.9" in folder.layout_file.read_text()  # until the engines have worked on it
    folders.stamp_version(folder)
    assert "0.0.9" not in folder.layout_file.read_text()


@pytest.mark.parametrize("name", ["letter.txt", "pg", "lost+found"])
def test_somebody_elses_folder_is_refused_untouched(place: Path, name: str) -> None:
    place.mkdir()
    (place / name).write_text("mine")
    before = facts_of(place)
    with pytest.raises(DamagedFolder, match="not a Springtide data folder"):
        open_data_folder(place, say=say)
    assert facts_of(place) == before


def test_a_torn_layout_file_is_refused(place: Path) -> None:
    place.mkdir()
    (place / "layout.json").write_text('{"layout"')
    with pytest.raises(DamagedFolder, match=r"layout\.json cannot be read"):
        open_data_folder(place, say=say)


def test_secrets_are_made_once_and_private(folder: DataFolder) -> None:
    first = load_secrets(folder)
    assert load_secrets(folder) == first
    assert stat.S_IMODE(folder.secrets_file.stat().st_mode) == 0o600
    assert len({first.postgres_password, first.nats_password, first.secret_key}) == 3
    with scratch_data_folder() as other:
        assert load_secrets(other).secret_key != first.secret_key


def test_data_without_its_secrets_is_refused(folder: DataFolder) -> None:
    folder.pg.mkdir()
    with pytest.raises(DamagedFolder, match="restore it"):
        load_secrets(folder)
    assert not folder.secrets_file.exists()


def test_too_little_space_is_refused(folder: DataFolder) -> None:
    with pytest.raises(DiskFull, match=r"^only \d+ MB free under \S+: Springtide needs \d+ MB to start$"):
        require_free_space(folder.root, min_bytes=10**18)


def test_a_strict_umask_does_not_shut_the_account_out(place: Path) -> None:
    former = os.umask(0o077)
    try:
        folder = open_data_folder(place / "deeper" / "still", say=say)
    finally:
        os.umask(former)
    assert stat.S_IMODE((place / "deeper").stat().st_mode) == 0o755
    assert stat.S_IMODE(folder.root.stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)


@needs_root
async def test_as_root_only_the_account_may_read_and_parents_stay_as_they_were(place: Path) -> None:
    parents = {parent: stat.S_IMODE(parent.stat().st_mode) for parent in place.parents}
    folder = open_data_folder(place, say=say)
    assert folder.account is not None
    assert folder.account.uid != 0
    async with running_engines(folder, say=say, durable=False):
        for private in (folder.pg, folder.nats):
            status = private.stat()
            assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (folder.account.uid, 0o700)
        for closed in (folder.pg, folder.nats, folder.logs, folder.app, folder.secrets_file, folder.nats / "nats.conf"):
            assert not can_read(closed, uid=65_533)
        for secret in (folder.secrets_file, folder.logs, folder.app):
            assert not can_read(secret, uid=folder.account.uid)
        assert can_read(folder.pg / "PG_VERSION", uid=folder.account.uid)
    assert {parent: stat.S_IMODE(parent.stat().st_mode) for parent in parents} == parents


@needs_root
def test_as_root_a_closed_parent_is_refused_untouched(place: Path) -> None:
    place.mkdir(mode=0o700)
    before = facts_of(place)
    with pytest.raises(NoPermission, match=rf"may not enter {place}, so the data cannot lie in {place}/data"):
        open_data_folder(place / "data", say=say)
    assert facts_of(place) == before


@needs_root
def test_as_root_a_link_through_a_closed_folder_is_seen(place: Path) -> None:
    place.mkdir()
    closed = place / "closed"
    (closed / "target").mkdir(parents=True)
    closed.chmod(0o700)
    (place / "link").symlink_to(closed / "target")
    with pytest.raises(NoPermission, match=f"may not enter {closed}"):
        open_data_folder(place / "link" / "data", say=say)


def test_programs_out_of_reach_are_copied_once_and_run(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    account = folder.account or Account("me", os.getuid(), os.getgid())
    kept_away = DataFolder(folder.root, account)
    monkeypatch.setattr(binaries, "closed_folder", lambda *_: Path("/root"))
    said: list[str] = []
    initdb = binaries.postgres_programs(kept_away, say=said.append) / "initdb"
    nats_server = binaries.nats_program(kept_away, say=said.append)
    assert folder.engines in initdb.parents
    assert b"PostgreSQL" in output_of([str(initdb), "--version"], uid=account.uid)
    assert b"nats-server" in output_of([str(nats_server), "--version"], uid=account.uid)
    assert (initdb.parent, nats_server) == (
        binaries.postgres_programs(kept_away, say=said.append),
        binaries.nats_program(kept_away, say=said.append),
    )
    assert len(said) == 2  # once each


def test_the_setting_names_the_folder() -> None:
    assert default_root({"SPRINGTIDE_DATA_DIR": "/srv/shop"}) == Path("/srv/shop")


def test_root_gets_a_folder_per_checkout_and_others_one_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = folders._checkout()
    assert checkout is not None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_root({}).parent == Path("/var/lib/springtide")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert default_root({}) == checkout / ".springtide"
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert default_root({"XDG_DATA_HOME": "/home/me/data"}) == Path("/home/me/data/springtide")


def can_read(path: Path, *, uid: int) -> bool:
    program = "import os, sys; p = sys.argv[1]; os.listdir(p) if os.path.isdir(p) else open(p).close()"
    done = subprocess.run(
        ["/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable, "-c", program, str(path)],
        check=False,
        capture_output=True,
        user=uid,
        group=uid,
        extra_groups=[],
        cwd="/",
    )
    assert done.returncode == 0 or b"PermissionError" in done.stderr
    return done.returncode == 0


def output_of(command: list[str], *, uid: int) -> bytes:
    user = uid if os.geteuid() == 0 else None
    return subprocess.run(command, check=True, capture_output=True, cwd="/", user=user).stdout
