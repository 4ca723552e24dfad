"""Add or change a voucher."""

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.voucher_codes import normalised
from springtide.contracts.pricing.api import InvalidPrice, Voucher
from springtide.platform.db import Tx

_MAX_CODE = 40


async def put_voucher(tx: Tx, voucher: Voucher) -> Voucher:
    """Write a voucher under its normalised code; `used` and `held` are ours alone.

    Refuses a limit below what is used, and a code that opens nothing.
    """
    code = normalised(voucher.code)
    if not 0 < len(code) <= _MAX_CODE:
        raise InvalidPrice(field="code")
    if voucher.limit is not None and voucher.limit < 0:
        raise InvalidPrice(field="limit")
    if voucher.starts_at and voucher.ends_at and voucher.starts_at >= voucher.ends_at:
        raise InvalidPrice(field="ends_at")
    promotion = (await store.some_promotions(tx, [voucher.promotion])).get(voucher.promotion)
    if promotion is None or not promotion.needs_voucher:
        msg = "The promotion does not exist or does not ask for a voucher."
        raise InvalidPrice(msg, field="promotion")
    before = (await store.lock_vouchers(tx, [code])).get(code)
    if before and voucher.limit is not None and voucher.limit < before.used:
        msg = f"{before.used} uses were claimed already."
        raise InvalidPrice(msg, field="limit", used=before.used)
    row = {
        "code": code,
        "promotion": voucher.promotion,
        "use_limit": voucher.limit,
        "starts_at": voucher.starts_at,
        "ends_at": voucher.ends_at,
        "revision": await store.next_revision(tx),
    }
    await tx.run("upsert_voucher", row)
    tx.audit("voucher_put", code, promotion=voucher.promotion, limit=voucher.limit)
    return (await store.lock_vouchers(tx, [code]))[code].as_voucher()
