"""Histories kept beside the desk, named by their content: what a plan was made from stays what it was."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.source import KEPT_FILE, SOURCE_DOCUMENT

_KINDS = (".csv", ".csv.gz", ".parquet", ".xlsx")
_BLOCK = 1024 * 1024


def keep_file(folder: Path, path: Path, *, called: str = "") -> str:
    """Copy a file into the folder and return its name there; InvalidPeakInput for another kind, OSError without it.

    `called`: what people call it, where its own name says nothing.
    """
    known = called or path.name
    kind = next((kind for kind in reversed(_KINDS) if known.lower().endswith(kind)), "")
    if not kind:
        message = f"a history is a file of {', '.join(_KINDS)}"
        raise InvalidPeakInput.of([Mistake(where=known, rule="unknown_format", message=message)])
    digest = hashlib.sha256()
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file, tempfile.NamedTemporaryFile(dir=folder, delete=False) as copy:
        while block := file.read(_BLOCK):
            digest.update(block)
            copy.write(block)
    name = f"{digest.hexdigest()}{kind}"
    if (folder / name).exists():
        Path(copy.name).unlink()
    else:
        shutil.move(copy.name, folder / name)
    return name


def kept_file(folder: Path, name: str) -> Path:
    """Return where a kept file is; InvalidPeakInput when it is not there."""
    path = folder / name
    if not KEPT_FILE.fullmatch(name) or not path.is_file():
        message = f"the history {name} is not on this machine: springtide peak load keeps it here"
        raise InvalidPeakInput.of([Mistake(where=SOURCE_DOCUMENT, rule="unknown_file", message=message)])
    return path
