"""What a fleet remembers over a restart: the release it runs, the one before, and numbers given by hand."""

from pathlib import Path

import msgspec

from springtide.commands.fleet.release import Release
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.problems import DamagedFolder


class _Kept(msgspec.Struct, frozen=True):
    release: Release
    previous: Release | None = None
    pinned: dict[str, int] = {}


class Memory:
    """See the module; `keep` writes it down. `own`: the release of whoever starts the fleet, where none is remembered.

    A remembered release whose interpreter is gone is forgotten: a shop that starts is worth more.
    """

    def __init__(self, file: Path, own: Release) -> None:
        self._file = file
        kept = _read(file)
        is_there = kept is not None and Path(kept.release.python).exists()
        self.release = kept.release if kept is not None and is_there else own
        self.previous = kept.previous if kept is not None else None
        self.pinned = dict(kept.pinned) if kept is not None else {}

    def keep(self) -> None:
        """Write everything down."""
        text = msgspec.json.encode(_Kept(self.release, self.previous, self.pinned)).decode()
        write_atomically(self._file, text, mode=0o600)


def _read(file: Path) -> _Kept | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        msg = f"{file} cannot be read ({error}): remove it, and the fleet starts with its own release"
        raise DamagedFolder(msg) from error
