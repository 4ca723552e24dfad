"""What inventory does by itself: sweep holds that ran out, judge bands again after locations changed."""

from datetime import timedelta

import msgspec

from springtide.contexts.inventory.domain.promises import State, counted
from springtide.contexts.inventory.service.book_decision import book
from springtide.contexts.inventory.service.counted import HOLDS
from springtide.contexts.inventory.store.promises import forget_lapsed, lock_expired
from springtide.contexts.inventory.store.reviews import lock_band_review, move_band_review
from springtide.contexts.inventory.store.shelves import lock_shelf
from springtide.contexts.inventory.store.stock import skus_after
from springtide.contracts.inventory.events import HoldExpired
from springtide.platform.db import Tx

_BATCH = 200
_REMEMBERED_FOR = timedelta(days=1)
_SKUS_PER_REVIEW = 500


async def expire_holds(tx: Tx) -> int:
    """Sweep holds that ran out (at most 200) and forget those of yesterday; return how many were swept."""
    await forget_lapsed(tx, tx.now - _REMEMBERED_FOR, _BATCH)
    expired = await lock_expired(tx, _BATCH)
    if not expired:
        return 0
    shelf = await lock_shelf(tx, {line.sku for promise in expired for line in promise.lines})
    lapsed = [msgspec.structs.replace(promise, state=State.LAPSED, version=promise.version + 1) for promise in expired]
    await book(tx, shelf, moves=[move for promise in expired for move in counted(promise, -1)], puts=lapsed)
    tx.count(HOLDS, "expired", by=len(lapsed))
    for promise in lapsed:
        tx.emit(
            HoldExpired(checkout_id=promise.checkout_id),
            aggregate_id=promise.checkout_id,
            aggregate_version=promise.version,
            market=promise.market,
        )
    return len(expired)


async def review_bands(tx: Tx) -> int:
    """Judge the bands of the next SKUs of a review; return how many SKUs were judged (0: no review is waiting)."""
    review = await lock_band_review(tx)
    if review is None:
        return 0
    skus = await skus_after(tx, review.after_sku, _SKUS_PER_REVIEW)
    await book(tx, await lock_shelf(tx, skus))
    is_done = len(skus) < _SKUS_PER_REVIEW
    await move_band_review(tx, review, None if is_done else skus[-1])
    return len(skus)
