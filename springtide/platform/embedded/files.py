"""Small files that are there whole or not at all."""

import os
from pathlib import Path

from springtide.platform.embedded.account import Account


def write_atomically(path: Path, text: str, *, mode: int, account: Account | None = None) -> None:
    """Write a small file so that it is there whole or not at all, with this mode from its first byte."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fchmod(file.fileno(), mode)
        if account is not None:
            os.fchown(file.fileno(), account.uid, account.gid)
        os.fsync(file.fileno())
    draft.replace(path)
