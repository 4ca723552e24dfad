"""What columns hold, packed and unpacked."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from springtide.contracts.inventory.api import Allocation, Availability
from springtide.platform.db import Params

LINES = msgspec.json.Decoder(tuple[Allocation, ...])


def bands_of(rows: list[dict[str, Any]]) -> tuple[Availability, ...]:
    """Return the bands of a JSONB column."""
    return msgspec.convert(rows, tuple[Availability, ...])


def as_json(value: object) -> str:
    """Return a value as the text of a JSONB parameter."""
    return msgspec.json.encode(value).decode()


def ids_array(checkout_ids: Iterable[UUID]) -> Params:
    """Return ids as one text in the form of a PostgreSQL array: the cheapest to build, and to take apart."""
    return {"ids": "{" + ",".join([checkout_id.hex for checkout_id in checkout_ids]) + "}"}
