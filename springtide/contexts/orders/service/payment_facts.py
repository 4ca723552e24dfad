"""What payments told about an order's money: the newest state of each attempt, added up on the order."""

from uuid import UUID

import msgspec

from springtide.contexts.orders.domain.states import MoneyMoved
from springtide.platform.db import Tx


class AttemptSums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the attempts of one order."""

    authorised: int
    captured: int
    refunded: int
    voided: bool


async def sum_attempts(tx: Tx, order_id: UUID, total_minor: int) -> MoneyMoved:
    """Add up what moved over all attempts of an order."""
    sums = await tx.one("sum_attempts", {"order_id": order_id}, row=AttemptSums)
    return MoneyMoved(
        total=total_minor,
        authorised=sums.authorised,
        captured=sums.captured,
        refunded=sums.refunded,
        voided=sums.voided,
    )
