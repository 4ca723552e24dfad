"""What orders does by itself: erasure at the retention date. Mail: service/order_mail.py."""

import msgspec

from springtide.contexts.orders.store import json_column
from springtide.contracts.common import Address
from springtide.platform.caller import system
from springtide.platform.db import Database

_ERASED_AT_ONCE = 200
_BLANK = Address(name="", line1="", city="", postcode="", country="")


async def erase_due(db: Database) -> int:
    """Overwrite the personal data of orders past their retention date; return how many. Safe to run twice at once."""
    async with db.tx(system("orders")) as tx:
        blank = json_column(
            {name: value for name, value in msgspec.structs.asdict(_BLANK).items() if name != "country"}
        )
        erased = await tx.tuples("erase_due", {"now": tx.now, "limit": _ERASED_AT_ONCE, "blank": blank})
        for (order_id,) in erased:
            tx.audit("order_erased", order_id)
    return len(erased)
