"""What Mollie accepts: parameters, amounts, methods. Written from its documents, apart from the adapter's code."""

import re
from typing import Any

Object = dict[str, Any]

METHODS: dict[str, Object] = {
    "creditcard": {"expires_after_s": 30 * 60, "manual": True, "cancelable": True, "currencies": None},
    "ideal": {"expires_after_s": 15 * 60, "manual": False, "cancelable": False, "currencies": {"EUR"}},
}
LOCALES = {
    "en_US", "en_GB", "nl_NL", "nl_BE", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_BE", "es_ES", "ca_ES", "pt_PT",
    "it_IT", "nb_NO", "sv_SE", "fi_FI", "da_DK", "is_IS", "hu_HU", "pl_PL", "lv_LV", "lt_LT",
}  # fmt: skip
KNOWN = {
    "payment": {
        "amount", "description", "redirectUrl", "cancelUrl", "webhookUrl", "method", "captureMode", "cardToken",
        "locale", "metadata",
    },
    "update": {"description", "redirectUrl", "cancelUrl", "webhookUrl", "metadata", "locale"},
    "capture": {"amount", "description", "metadata"},
    "refund": {"amount", "description", "metadata"},
    "release": set[str](),
}  # fmt: skip
REQUIRED = {"payment": ("amount", "description", "redirectUrl"), "refund": ("amount",)}
# What a card that was typed into Mollie's own fields does: "" pays at once, a state waits, the rest is why it failed.
TOKENS = {"tkn_accepted": "", "tkn_challenge": "open", "tkn_no_money": "insufficient_funds"}
TITLES = {
    400: "Bad Request",
    401: "Unauthorized Request",
    404: "Not Found",
    409: "Conflict",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class MollieProblem(Exception):
    """An error answer."""

    def __init__(self, status: int, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.body: Object = {"status": status, "title": TITLES[status], "detail": detail}
        if field is not None:
            self.body["field"] = field
        self.body["_links"] = {"documentation": {"href": "https://docs.mollie.com/errors", "type": "text/html"}}


def check(is_allowed: bool, detail: str, field: str | None = None) -> None:  # noqa: FBT001 - reads as an assertion
    """Refuse with 422 what is not allowed."""
    if not is_allowed:
        raise MollieProblem(422, detail, field)


def known(body: Object, kind: str) -> Object:
    """Refuse parameters that do not exist and miss those that have to be there."""
    for name in sorted(set(body) - KNOWN[kind]):
        check(False, f'Non-existent body parameter "{name}" for this API call.', name)  # noqa: FBT003 - as above
    for name in REQUIRED.get(kind, ()):
        check(bool(body.get(name)), f"The {name} is missing", name)
    check(len(str(body.get("description", ""))) <= 255, "The description is too long", "description")
    check(len(str(body.get("metadata", ""))) <= 1024, "The metadata is too long", "metadata")
    check(body.get("locale") in {None, *LOCALES}, "The locale is invalid", "locale")
    return body


def digits_of(currency: str) -> int:
    """Digits after the point: none for yen and Icelandic krona."""
    return 0 if currency in {"JPY", "ISK"} else 2


def read_amount(value: Any) -> tuple[int, str]:
    """Minor units and currency of an amount that is written exactly right."""
    check(isinstance(value, dict) and set(value) == {"currency", "value"}, "The amount is invalid", "amount")
    currency, text = value["currency"], value["value"]
    check(re.fullmatch(r"[A-Z]{3}", str(currency)) is not None, "The currency is invalid", "amount")
    digits = digits_of(currency)
    pattern = rf"[0-9]+\.[0-9]{{{digits}}}" if digits else r"[0-9]+"
    is_exact = isinstance(text, str) and re.fullmatch(pattern, text) is not None
    check(is_exact, "The amount contains an invalid value", "amount")
    return int(text.replace(".", "")), currency


def show_amount(amount_minor: int, currency: str) -> Object:
    """An amount as Mollie writes it."""
    digits = digits_of(currency)
    whole, rest = divmod(amount_minor, 10**digits)
    return {"value": f"{whole}.{rest:0{digits}d}" if digits else str(whole), "currency": currency}


def check_method(body: Object, amount_minor: int, currency: str) -> str:
    """The method of a payment, after its own rules."""
    method, mode = body.get("method"), body.get("captureMode", "automatic")
    check(method in METHODS, "The payment method is invalid or not enabled in your profile", "method")
    facts = METHODS[str(method)]
    check(currency in (facts["currencies"] or {currency}), "The method does not support this currency", "amount")
    check(amount_minor > 0, "The amount is lower than the minimum", "amount")
    check(mode in {"automatic", "manual"}, "The capture mode is invalid", "captureMode")
    check(mode == "automatic" or facts["manual"], "The method does not support manual captures", "captureMode")
    if "cardToken" in body:
        check(method == "creditcard" and body["cardToken"] in TOKENS, "The card token is invalid", "cardToken")
    return str(method)
