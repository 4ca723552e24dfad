"""Refusals of contracts as sentences for buyers: by name, next to the field they are about."""

from functools import partial

from springtide.channels.browse import Browse
from springtide.channels.pages.formats import money
from springtide.channels.pages.forms import FieldError
from springtide.channels.pages.translations import say
from springtide.channels.storefront.details import wrong_fields
from springtide.channels.storefront.places import Place
from springtide.contracts.pricing.api import Quote
from springtide.platform.errors import Refusal

_VOUCHER = {
    "expired": "error.voucher_expired",
    "used_up": "error.voucher_used",
    "conditions": "error.voucher_conditions",
    "not_combinable": "error.voucher_not_combinable",
}
_PLAIN = {
    "shipping_method_unknown": ("shipping_method", "error.delivery_unavailable"),
    "destination_not_served": ("country", "checkout.delivery_none"),
    "payment_method_unknown": ("method", "error.payment_method_unavailable"),
    "cart_closed": ("", "error.checkout_running"),
    "cart_not_found": ("", "error.cart_expired"),
    "idempotency_key_reused": ("", "error.form_expired"),
}


def errors_of(refusal: Refusal, place: Place, browse: Browse, *, country: str = "") -> tuple[FieldError, ...]:
    """Return what a refused write of the cart means to the buyer; its own words when nothing better is known."""
    if refusal.code == "invalid_cart":
        return wrong_fields(place, refusal.facts, country or place.country)
    field, text = _sentence(refusal, place, browse)
    return (FieldError(field, text),)


def _sentence(refusal: Refusal, place: Place, browse: Browse) -> tuple[str, str]:
    t = partial(say, place.language)
    facts = refusal.facts
    match refusal.code:
        case code if code in _PLAIN:
            field, key = _PLAIN[code]
            words = field, t(key)
        case "voucher_refused":
            words = "voucher", t(_voucher_key(facts.get("why", "")), code=facts.get("code", ""))
        case "total_changed":
            words = "", t("error.total_changed", amount=money(facts["total_minor"], facts["currency"], place.locale))
        case "price_not_found":
            words = "", t("error.product_unavailable", name=product_name(browse, place, facts.get("sku", "")))
        case "cart_limit":
            words = "", t("error.quantity_invalid", max=facts.get("limit", 100))
        case "cart_incomplete":
            words = "email", t("error.details_first")
        case _:
            words = "", refusal.detail
    return words


def problems_of(problems: tuple[str, ...], place: Place, browse: Browse) -> tuple[FieldError, ...]:
    """Return what stands in the way of a cart ("price_not_found:SKU") as sentences."""
    errors = []
    for problem in problems:
        code, _, subject = problem.partition(":")
        if code in _PLAIN:
            errors.append(FieldError(_PLAIN[code][0], say(place.language, _PLAIN[code][1])))
        else:
            name = product_name(browse, place, subject)
            errors.append(FieldError("", say(place.language, "error.product_unavailable", name=name)))
    return tuple(errors)


def voucher_problems(quote: Quote | None, place: Place) -> dict[str, FieldError]:
    """Return code -> what is wrong, for codes of the cart that do not apply (any more)."""
    outcomes = quote.vouchers if quote else ()
    return {
        one.code: FieldError("voucher", say(place.language, _voucher_key(one.why), code=one.code))
        for one in outcomes
        if one.why
    }


def _voucher_key(why: str) -> str:
    return _VOUCHER.get(why, "error.voucher_invalid")


def product_name(browse: Browse, place: Place, sku: str) -> str:
    """Return what buyers call a SKU, the SKU itself when it is not on the shelf."""
    product_id = browse.product_of(sku)
    if product_id is None:
        return sku
    document = browse.product(product_id, place.language)
    options = next((variant.options for variant in document.variants if variant.sku == sku), {})
    return ", ".join([document.name, *options.values()])
