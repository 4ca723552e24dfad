"""A frozen plan: which files it consists of, and the one hash that names it."""

from hashlib import sha256

import msgspec

SNAPSHOT_FILE = "snapshot.json"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """snapshot.json. `files`: SHA-256 in hex of each file by name. `plan`: the plan's id."""

    plan: str
    files: dict[str, str]


def snapshot_hash(manifest: Manifest) -> str:
    """Return the hash of everything that was frozen, in hex: equal hashes are equal plans of equal inputs."""
    return sha256(msgspec.json.encode(manifest, order="deterministic")).hexdigest()
