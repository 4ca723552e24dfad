"""Copying trees with progress. A file is there whole or not at all; what is there already is not copied again."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from springtide.platform.embedded.account import Account
from springtide.platform.embedded.problems import DiskFull

_SAY_EVERY_S = 5.0
_DRAFT = ".part"
_SPARE_BYTES = 64_000_000
_MB = 1_000_000


def tree_bytes(tree: Path) -> int:
    """Return the size of all files below a folder."""
    return sum(file.stat().st_size for file in tree.rglob("*") if file.is_file())


def require_room(place: Path, needed_bytes: int, *, what: str) -> None:
    """Refuse with `DiskFull` before a single byte is written."""
    free = shutil.disk_usage(place).free
    if free < needed_bytes + _SPARE_BYTES:
        msg = f"{what} needs {needed_bytes // _MB + _SPARE_BYTES // _MB} MB, {place} has {free // _MB} MB free"
        raise DiskFull(msg)


def copy_tree(source: Path, target: Path, *, say: Callable[[str], None], what: str) -> int:
    """Copy a folder into one that is not there yet; return the bytes copied."""
    total, done, said_at = tree_bytes(source), 0, time.monotonic()

    def copy(origin: str, copied: str) -> str:
        nonlocal done, said_at
        shutil.copy2(origin, copied)
        done += Path(copied).stat().st_size
        if time.monotonic() - said_at > _SAY_EVERY_S:
            said_at = time.monotonic()
            say(f"{what}: {100 * done // max(total, 1)} % of {total // _MB} MB")
        return copied

    shutil.copytree(source, target, symlinks=True, copy_function=copy)
    return done


def copy_missing(source: Path, target: Path, *, say: Callable[[str], None], what: str) -> int:
    """Copy files, named by their content, that the target does not have; return how many."""
    if not source.exists():
        return 0
    copied, said_at = 0, time.monotonic()
    for file in sorted(source.rglob("*")):
        place = target / file.relative_to(source)
        if not file.is_file() or file.name.startswith(".") or place.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}{_DRAFT}")
        shutil.copy2(file, draft)
        draft.replace(place)
        copied += 1
        if time.monotonic() - said_at > _SAY_EVERY_S:
            said_at = time.monotonic()
            say(f"{what}: {copied} files")
    return copied


def give_to(tree: Path, account: Account | None) -> None:
    """Let an account own a tree; nothing to do for an ordinary user."""
    if account is None:
        return
    for path in (tree, *tree.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
