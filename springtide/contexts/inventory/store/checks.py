"""Rules that compare counters with the rows behind them."""

from collections.abc import Collection

import msgspec

from springtide.contracts.common import Finding
from springtide.platform.db import Read

_CHECKS = ("check_ledger", "check_promises", "check_inbound", "check_oversold", "check_negative")


class LedgerSum(msgspec.Struct, frozen=True, kw_only=True):
    """Units on hand at a place, and the sum of its ledger."""

    sku: str
    location: str
    on_hand: int
    units: int


async def findings(read: Read, checks: Collection[str] = _CHECKS) -> list[Finding]:
    """Return every difference between counters and the rows behind them."""
    found: list[Finding] = []
    for check in checks:
        found.extend(await read.all(check, row=Finding))
    return found


async def standing_findings(read: Read) -> list[Finding]:
    """Return the findings of the rules that look at what is there now: their cost does not grow with the ledger."""
    return await findings(read, [check for check in _CHECKS if check != "check_ledger"])


async def ledger_sums(read: Read, skus: Collection[str]) -> list[LedgerSum]:
    """Return every place of these SKUs with the sum of its ledger."""
    return await read.all("ledger_sums", {"skus": list(skus)}, row=LedgerSum)
