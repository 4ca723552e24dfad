"""The seal of a measured run: an HMAC of what it says, by the key that only the shop's own programs have."""

import hashlib
import hmac

import msgspec

from springtide.contracts.peak.evidence import MeasuredRun, SealedRun

_PURPOSE = b"measured-run:"


def sealed(run: MeasuredRun, secret_key: str) -> SealedRun:
    """Return the run with the seal of the shop that has this key; without a key there is none."""
    return SealedRun(run=run, seal=_seal(run, secret_key) if secret_key else "")


def is_sealed(sealed_run: SealedRun, secret_key: str) -> bool:
    """Tell whether the shop with this key measured the run, and nobody changed it since."""
    return bool(secret_key) and hmac.compare_digest(
        sealed_run.seal.encode(), _seal(sealed_run.run, secret_key).encode()
    )


def _seal(run: MeasuredRun, secret_key: str) -> str:
    as_read = msgspec.json.decode(msgspec.json.encode(run), type=MeasuredRun)  # where a count has become 25.0
    body = _PURPOSE + msgspec.json.encode(as_read, order="deterministic")
    return hmac.new(secret_key.encode(), body, hashlib.sha256).hexdigest()
