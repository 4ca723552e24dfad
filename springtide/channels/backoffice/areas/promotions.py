"""Promotions and the vouchers that bring them."""

import re
from collections.abc import Sequence

from litestar import get, post

from springtide.channels.backoffice.areas.prices import READ, WRITE
from springtide.channels.backoffice.filters import PAGE_ROWS, cursor
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.channels.backoffice.words import LANGUAGES
from springtide.contracts.pricing.api import (
    Conditions,
    Market,
    Promotion,
    PromotionKind,
    PromotionLevel,
    Voucher,
)
from springtide.platform.http import HttpRequest

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{1,59}")


@get("/prices/promotions")
async def list_promotions(request: HttpRequest) -> Reply:
    """Show promotions by priority, with the form for a new one."""
    visit = await enter(request, READ, WRITE)
    return await _promotions_page(visit)


@post("/prices/promotions")
async def put_promotion(request: HttpRequest) -> Reply:
    """Add a promotion, or replace the one of the same key."""
    visit = await enter(request, WRITE)
    front = await visit.office.reference.shop_front(visit.caller)

    async def work(form: Form, key: str) -> Promotion:
        promotion = _read(form, front.markets)
        form.check()
        return await visit.office.pricing.put_promotion(caller=visit.caller, key=key, promotion=promotion)

    outcome = await visit.act("promotion", work)
    if isinstance(outcome, Trouble):
        return await _promotions_page(visit, outcome)
    return visit.see_other("/prices/promotions", f"The promotion {outcome.key} is saved.")


@get("/prices/vouchers")
async def list_vouchers(request: HttpRequest) -> Reply:
    """Show vouchers by code, with the form for a new one."""
    visit = await enter(request, READ, WRITE)
    return await _vouchers_page(visit)


@post("/prices/vouchers")
async def put_voucher(request: HttpRequest) -> Reply:
    """Add or change a voucher."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> Voucher:
        voucher = Voucher(
            code=form.text("code", required=True, longest=60),
            promotion=form.text("promotion", required=True, longest=60),
            limit=form.whole("limit", least=1) if form.raw("limit") else None,
            starts_at=form.moment("starts_at"),
            ends_at=form.moment("ends_at"),
        )
        form.check()
        return await visit.office.pricing.put_voucher(caller=visit.caller, key=key, voucher=voucher)

    outcome = await visit.act("voucher", work)
    if isinstance(outcome, Trouble):
        return await _vouchers_page(visit, outcome)
    return visit.see_other("/prices/vouchers", f"The voucher {outcome.code} is saved.")


def _read(form: Form, markets: tuple[Market, ...]) -> Promotion:
    """Return the promotion a form describes; only the fields of its kind are read."""
    key = form.text("key", required=True, longest=60)
    if key and not _KEY.fullmatch(key):
        form.problems["key"] = "Small letters, digits and hyphens, like spring-sale."
    kind = form.choice("kind", PromotionKind)
    names = {language: form.text(f"name-{language}", required=language == "en") for language in LANGUAGES}
    chosen = [market for market in markets if market.key in form.many("markets")]
    bought = kind is PromotionKind.BUY_X_GET_Y
    return Promotion(
        key=key,
        names={language: name for language, name in names.items() if name},
        kind=kind,
        level=form.choice("level", PromotionLevel),
        markets=tuple(market.key for market in chosen),
        percent_bp=form.percent_bp("percent") if kind is PromotionKind.PERCENTAGE else 0,
        amount_minor=_amounts(form, markets) if kind is PromotionKind.AMOUNT else {},
        buy_quantity=form.whole("buy", least=1) if bought else 0,
        get_quantity=form.whole("get", least=1) if bought else 0,
        conditions=_conditions(form, chosen),
        needs_voucher=form.flag("needs_voucher"),
        exclusive=form.flag("exclusive"),
        priority=form.whole("priority", blank=0),
        starts_at=form.moment("starts_at"),
        ends_at=form.moment("ends_at"),
        active=form.flag("active"),
    )


def _conditions(form: Form, chosen: Sequence[Market]) -> Conditions:
    """Return the conditions; a least amount needs markets of one currency, which it is in."""
    currencies = {market.currency for market in chosen}
    if form.raw("min_goods") and len(currencies) != 1:
        form.problems["min_goods"] = "Choose markets of one currency for a least amount."
    return Conditions(
        min_goods_minor=form.money("min_goods", next(iter(currencies), "EUR"), required=False),
        categories=form.words("categories"),
        skus=form.words("skus"),
    )


def _amounts(form: Form, markets: tuple[Market, ...]) -> dict[str, int]:
    amounts = {market.key: form.money(f"amount-{market.key}", market.currency, required=False) for market in markets}
    found = {market: amount for market, amount in amounts.items() if amount}
    if not found and markets and not any(name.startswith("amount-") for name in form.problems):
        form.problems[f"amount-{markets[0].key}"] = "Give the amount in at least one market."
    return found


async def _promotions_page(visit: Visit, trouble: Trouble | None = None) -> Reply:
    promotions = await visit.office.pricing.list_promotions(caller=visit.caller)
    front = await visit.office.reference.shop_front(visit.caller)
    return visit.page(
        "office/promotions.html",
        status=trouble.status() if trouble else 200,
        promotions=promotions,
        markets=front.markets,
        currencies={market.key: market.currency for market in front.markets},
        kinds=PromotionKind,
        levels=PromotionLevel,
        editable=visit.can(WRITE),
        trouble=trouble,
    )


async def _vouchers_page(visit: Visit, trouble: Trouble | None = None) -> Reply:
    page = await visit.office.pricing.list_vouchers(caller=visit.caller, after=cursor(visit.query), limit=PAGE_ROWS)
    promotions = await visit.office.pricing.list_promotions(caller=visit.caller)
    return visit.page(
        "office/vouchers.html",
        status=trouble.status() if trouble else 200,
        page=page,
        promotions=[promotion for promotion in promotions if promotion.needs_voucher],
        editable=visit.can(WRITE),
        trouble=trouble,
    )


ROUTES = (list_promotions, put_promotion, list_vouchers, put_voucher)
