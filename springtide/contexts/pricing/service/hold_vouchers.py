"""Limited vouchers: hold, claim, release, keyed by checkout. used + live holds never exceed the limit.

    state      hold                    claim                                       release
    (none)     held, if a use is left  -                                           -
    held       held, extended          claimed                                     released
    run out    held, if a use is left  claimed, if a use is left, else refused     released
    claimed    claimed                 claimed                                     released, the use is given back
    released   held, if a use is left  -                                           released

Every decision is taken under the rows of the vouchers, locked in one order; the database's time judges what ran out.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.promotions import Window
from springtide.contexts.pricing.domain.voucher_codes import normalised, why_not_now
from springtide.contexts.pricing.service.books import as_book_voucher
from springtide.contexts.pricing.store import HoldRow, VoucherRow
from springtide.contracts.pricing.api import InvalidPrice, VoucherHold, VoucherHoldGone, VoucherRefused
from springtide.platform.db import Tx

MAX_CODES = 10
MAX_EXPIRY_S = 24 * 3600


async def hold_vouchers(tx: Tx, checkout_id: UUID, codes: Sequence[str], expires_after_s: int) -> VoucherHold:
    """Promise one use of each code to the checkout, all or none; held codes that are not asked for are given back."""
    wanted = sorted({normalised(code) for code in codes})
    if len(wanted) > MAX_CODES:
        raise InvalidPrice(field="codes")
    if not 0 < expires_after_s <= MAX_EXPIRY_S:
        raise InvalidPrice(field="expires_after_s")
    vouchers = await store.lock_vouchers(tx, wanted)
    own = await store.holds(tx, checkout_id)
    fresh = [code for code in wanted if not _is_promised(tx, own.get(code))]
    await _check_usable(tx, fresh, vouchers)
    await _check_left(tx, fresh, vouchers, checkout_id)
    expires_at = tx.now + timedelta(seconds=expires_after_s)
    to_hold = [code for code in wanted if code in fresh or own[code].state == "held"]
    await tx.run(
        "hold_vouchers", {"checkout_id": checkout_id, "codes": to_hold, "expires_at": expires_at, "now": tx.now}
    )
    dropped = [code for code, hold in own.items() if hold.state == "held" and code not in wanted]
    await _settle(tx, checkout_id, dropped, "released")
    return VoucherHold(checkout_id=checkout_id, codes=tuple(wanted), expires_at=expires_at if to_hold else None)


async def claim_vouchers(tx: Tx, checkout_id: UUID) -> VoucherHold:
    """Turn what the checkout holds into uses, all or none; `VoucherHoldGone` when a hold ran out and none is left."""
    own = await _locked_holds(tx, checkout_id)
    held = [code for code, hold in own.items() if hold.state == "held"]
    vouchers = await store.lock_vouchers(tx, held)
    live = await store.live_holds(tx, held, besides=checkout_id)
    for code in held:
        voucher, hold = vouchers[code], own[code]
        others = 0 if _is_promised(tx, hold) else live.get(code, 0)
        if voucher.use_limit is not None and voucher.used + others >= voucher.use_limit:
            raise VoucherHoldGone(code=code)
    await _settle(tx, checkout_id, held, "claimed")
    await _add_uses(tx, [vouchers[code] for code in held], 1)
    claimed = tuple(sorted(code for code, hold in own.items() if hold.state != "released"))
    return VoucherHold(checkout_id=checkout_id, codes=claimed, expires_at=None)


async def release_vouchers(tx: Tx, checkout_id: UUID) -> None:
    """Give back what the checkout holds or used."""
    own = await _locked_holds(tx, checkout_id)
    used = [code for code, hold in own.items() if hold.state == "claimed"]
    vouchers = await store.lock_vouchers(tx, used)
    await _settle(tx, checkout_id, [code for code, hold in own.items() if hold.state != "released"], "released")
    await _add_uses(tx, list(vouchers.values()), -1)


async def _locked_holds(tx: Tx, checkout_id: UUID) -> dict[str, HoldRow]:
    """Lock the vouchers of a checkout, then read its holds again: what was read before the lock may be old."""
    await store.lock_vouchers(tx, await store.holds(tx, checkout_id))
    return await store.holds(tx, checkout_id)


def _is_promised(tx: Tx, hold: HoldRow | None) -> bool:
    """Tell whether a use is set aside for this hold: claimed, or held and not run out."""
    if hold is None or hold.state == "released":
        return False
    return hold.state == "claimed" or (hold.expires_at is not None and hold.expires_at > tx.now)


async def _check_usable(tx: Tx, codes: Iterable[str], vouchers: dict[str, VoucherRow]) -> None:
    known = [voucher.promotion for code in codes if (voucher := vouchers.get(code))]
    promotions = await store.some_promotions(tx, known) if known else {}
    for code in codes:
        row = vouchers.get(code)
        promotion = promotions.get(row.promotion) if row else None
        window = Window(promotion.starts_at, promotion.ends_at) if promotion and promotion.active else None
        if why := why_not_now(as_book_voucher(row) if row else None, window, tx.now):
            raise VoucherRefused(code=code, why=why)


async def _check_left(tx: Tx, codes: Sequence[str], vouchers: dict[str, VoucherRow], checkout_id: UUID) -> None:
    live = await store.live_holds(tx, codes, besides=checkout_id) if codes else {}
    for code in codes:
        voucher = vouchers[code]
        if voucher.use_limit is not None and voucher.used + live.get(code, 0) >= voucher.use_limit:
            raise VoucherRefused(code=code, why="used_up")


async def _settle(tx: Tx, checkout_id: UUID, codes: Sequence[str], state: str) -> None:
    if codes:
        params = {"checkout_id": checkout_id, "codes": list(codes), "state": state, "now": tx.now}
        await tx.run("settle_holds", params)


async def _add_uses(tx: Tx, vouchers: Sequence[VoucherRow], uses: int) -> None:
    """Count uses; price books hear of a code only when it becomes used up, or is not any more."""
    if not vouchers:
        return
    codes = [voucher.code for voucher in vouchers]
    await tx.run("add_voucher_uses", {"codes": codes, "uses": [uses] * len(codes)})
    turned = [v.code for v in vouchers if v.use_limit is not None and v.use_limit in {v.used, v.used + uses}]
    if turned:
        await tx.run("touch_vouchers", {"codes": turned, "revision": await store.next_revision(tx)})
