"""The judging of all bands after locations changed, a portion at a time."""

from uuid import UUID

import msgspec

from springtide.platform.db import Tx
from springtide.platform.ids import uuid7


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """Where the judging of all bands stands after locations changed."""

    id: UUID
    after_sku: str


async def order_band_review(tx: Tx) -> None:
    """Have the bands of all SKUs judged again soon."""
    await tx.run("order_band_review", {"id": uuid7()})


async def lock_band_review(tx: Tx) -> Review | None:
    """Lock and return the oldest review nobody works on."""
    return await tx.maybe("lock_band_review", row=Review)


async def move_band_review(tx: Tx, review: Review, after: str | None) -> None:
    """Note how far a review came; None ends it."""
    if after is None:
        await tx.run("end_band_review", {"id": review.id})
    else:
        await tx.run("move_band_review", {"id": review.id, "after": after})
