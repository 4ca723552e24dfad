"""Compare what pricing counts with what it recorded."""

import msgspec

from springtide.contracts.common import Finding
from springtide.platform.db import Read


class _Uses(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    used: int
    use_limit: int | None
    claimed: int
    held: int


class _Prices(msgspec.Struct, frozen=True, kw_only=True):
    market: str
    sku: str
    effective_minor: int
    list_minor: int
    amount_minor: int | None
    history_list_minor: int | None


class _Unpriced(msgspec.Struct, frozen=True, kw_only=True):
    market: str
    sku: str


async def check_facts(read: Read, now: object) -> tuple[Finding, ...]:
    """Return every difference: voucher counters against holds and limits, prices against the newest history."""
    findings: list[Finding] = []
    for uses in await read.all("check_voucher_uses", {"now": now}, row=_Uses):
        if uses.used != uses.claimed:
            detail = f"counted {uses.used} uses, {uses.claimed} holds are claimed"
            findings.append(Finding(rule="voucher_uses_match_holds", subject=uses.code, detail=detail))
        if uses.use_limit is not None and uses.used + uses.held > uses.use_limit:
            detail = f"{uses.used} used and {uses.held} held, but only {uses.use_limit} may be"
            findings.append(Finding(rule="voucher_within_limit", subject=uses.code, detail=detail))
    for price in await read.all("check_prices_now", row=_Prices):
        detail = (
            f"costs {price.effective_minor} (list {price.list_minor}), "
            f"the history says {price.amount_minor} (list {price.history_list_minor})"
        )
        findings.append(Finding(rule="price_matches_history", subject=f"{price.market}:{price.sku}", detail=detail))
    for row in await read.all("check_unpriced_history", row=_Unpriced):
        detail = "has a price history, but no price"
        findings.append(Finding(rule="price_matches_history", subject=f"{row.market}:{row.sku}", detail=detail))
    return tuple(findings)
