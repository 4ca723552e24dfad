"""Measured runs as files: one each, sealed, in a folder that the desk empties.

<data folder>/peak/evidence/evidence-*.json            wait for the desk
<data folder>/peak/evidence/taken/evidence-*.json      are filed
<data folder>/peak/evidence/refused/evidence-*.json    could not be read, or said too little
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.evidence import SealedRun

TAKEN, REFUSED = "taken", "refused"
_MOST_BYTES = 64 * 1024
_FILES = "evidence-*.json"


def evidence_folder(data_dir: Path) -> Path:
    """Return where runs wait for the desk of a shop with this data folder."""
    return data_dir / "peak" / "evidence"


def write_run(folder: Path, sealed: SealedRun) -> Path:
    """Write a run whole or not at all; return its file. OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.format(msgspec.json.encode(sealed), indent=1) + b"\n"
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(content)
    written = Path(file.name)
    written.chmod(0o644)
    return written.replace(folder / f"evidence-{sealed.run.at:%Y%m%dT%H%M%SZ}-{sealed.run.kind}-{sealed.run.id}.json")


def waiting(folder: Path) -> list[Path]:
    """Return the runs that lie in a folder, oldest first."""
    return sorted(folder.glob(_FILES))


def read_run(file: Path) -> SealedRun:
    """Read a run; raises InvalidPeakInput, OSError."""
    if file.stat().st_size > _MOST_BYTES:
        raise _wrong(file, f"a run has at most {_MOST_BYTES // 1024} KB")
    try:
        return msgspec.json.decode(file.read_bytes(), type=SealedRun)
    except msgspec.DecodeError as error:
        raise _wrong(file, str(error)) from error


def put_aside(file: Path, where: str) -> None:
    """Move a file out of the way of the next look."""
    place = file.parent / where
    place.mkdir(exist_ok=True)
    file.replace(place / file.name)


def read_folder(folder: Path) -> Iterator[SealedRun]:
    """Read all runs of a folder and of the folders in it, as reports lie there; InvalidPeakInput names what is none."""
    mistakes: list[Mistake] = []
    files = sorted([*folder.glob(_FILES), *folder.glob(f"*/{_FILES}")])
    if not files:
        message = f"there is no {_FILES} in it"
        mistakes.append(Mistake(where=str(folder), rule="no_runs", message=message))
    for file in files:
        try:
            yield read_run(file)
        except InvalidPeakInput as refused:
            mistakes += refused.mistakes
    if mistakes:
        raise InvalidPeakInput.of(mistakes)


def _wrong(file: Path, message: str) -> InvalidPeakInput:
    return InvalidPeakInput.of([Mistake(where=str(file), rule="not_a_run", message=message)])
