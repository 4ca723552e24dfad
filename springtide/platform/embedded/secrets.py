"""Secrets of one data folder: made once, by the operating system's generator, readable by the starting user only."""

import json
import secrets
from dataclasses import asdict, dataclass

from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.problems import DamagedFolder

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords of the engines' one user each, and the key that signs sessions. URL-safe text, 256 bits each."""

    postgres_password: str
    nats_password: str
    secret_key: str


def load_secrets(folder: DataFolder) -> Secrets:
    """Return the folder's secrets, made on the first call. Raises DamagedFolder when data exists without them."""
    if folder.secrets_file.exists():
        return _read(folder)
    if folder.pg.exists():
        msg = f"{folder.secrets_file} is missing, without it the data in {folder.pg} cannot be opened: restore it"
        raise DamagedFolder(msg)
    made = Secrets(*(secrets.token_urlsafe(_BYTES) for _ in Secrets.__dataclass_fields__))
    write_atomically(folder.secrets_file, json.dumps(asdict(made), indent=2) + "\n", mode=0o600)
    return made


def _read(folder: DataFolder) -> Secrets:
    try:
        return Secrets(**json.loads(folder.secrets_file.read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError) as problem:
        msg = f"{folder.secrets_file} cannot be read ({problem}): restore it"
        raise DamagedFolder(msg) from problem
