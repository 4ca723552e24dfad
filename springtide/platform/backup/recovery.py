"""A data directory that recovers: a copy of a base backup, the changes after it, and the moment to stop at.

The changes are put where PostgreSQL looks for its own (`pg_wal`), so nothing is quoted into a shell and the engine's
account needs no right on the backup folder. It recovers on the backup's own timeline: after a restore a new one begins,
and with it a new base backup, so a moment never has to be looked for across a fork.
"""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from springtide.platform.backup.copies import copy_tree, require_room, tree_bytes
from springtide.platform.backup.problems import NotEmpty
from springtide.platform.backup.shelf import Facts, Shelf
from springtide.platform.embedded.folders import POSTGRESQL_MAJOR
from springtide.platform.embedded.problems import OtherVersion, of_system

_SIGNAL = "recovery.signal"
_SETTINGS = ("restore_command", "recovery_target", "synchronous_standby_names")
NOT_REACHED = "recovery ended before configured recovery target was reached"
"""What PostgreSQL says when every change it found is older than the moment asked for: then all of them count."""


def prepare(shelf: Shelf, facts: Facts, target: Path, *, until: datetime | None, say: Callable[[str], None]) -> None:
    """Make `target` a data directory that recovers when PostgreSQL starts on it. Raises EngineProblem.

    It is owned by whoever runs us. A target that exists is refused with `NotEmpty`; one that is broken off leaves none.
    """
    if facts.postgresql != POSTGRESQL_MAJOR:
        msg = f"the backup {facts.id} is of PostgreSQL {facts.postgresql}, this is {POSTGRESQL_MAJOR}"
        raise OtherVersion(msg)
    if target.exists() and any(target.iterdir()):
        msg = f"{target} is not empty: nothing is restored over what is there"
        raise NotEmpty(msg)
    draft = target.with_name(target.name + ".restoring")
    try:
        shutil.rmtree(draft, ignore_errors=True)  # of a restore that was broken off
        source, segments = shelf.place(facts.id) / "pg", shelf.segments(facts)
        needed = tree_bytes(source) + sum(file.stat().st_size for file in segments)
        require_room(target.parent, needed, what="restoring")
        copy_tree(source, draft, say=say, what="restoring the base backup")
        draft.chmod(0o700)
        for number, file in enumerate(segments):
            shutil.copyfile(file, draft / "pg_wal" / file.name.removesuffix(".partial"))
            if number % 64 == 63:  # noqa: PLR2004 - every gigabyte
                say(f"restoring changes: {number + 1} of {len(segments)} files")
        aim(draft, until)
        (draft / _SIGNAL).touch(mode=0o600)
        if target.exists():
            target.rmdir()
        draft.rename(target)
    except OSError as problem:
        raise of_system(f"restoring to {target}", problem) from problem
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def aim(pg: Path, until: datetime | None) -> None:
    """Write down where recovery ends: at a moment, or with the last change (None)."""
    lines = _kept_lines(pg)
    lines += ["restore_command = 'exit 1'", "recovery_target_timeline = 'current'"]
    if until is not None:
        lines += [f"recovery_target_time = '{until.isoformat(sep=' ')}'", "recovery_target_action = 'promote'"]
    _settings_file(pg).write_text("\n".join(lines) + "\n", encoding="utf-8")


def forget_aim(pg: Path) -> None:
    """Take the settings of the recovery out again: a later backup would carry them on."""
    _settings_file(pg).write_text("\n".join(_kept_lines(pg)) + "\n", encoding="utf-8")


def _kept_lines(pg: Path) -> list[str]:
    lines = _settings_file(pg).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.strip().startswith(_SETTINGS)]


def _settings_file(pg: Path) -> Path:
    return pg / "postgresql.auto.conf"
