"""Refusals of customers as sentences for buyers."""

from collections.abc import Callable
from functools import partial

from springtide.channels.pages.forms import FieldError
from springtide.channels.pages.translations import say
from springtide.channels.storefront.details import wrong_fields
from springtide.channels.storefront.places import Place
from springtide.platform.errors import Refusal, TooMany

_SHORTEST_PASSWORD = 10
_MINUTE_S = 60


def account_errors(refusal: Refusal, place: Place) -> tuple[FieldError, ...]:
    """Return what a refused account form means to the person who sent it."""
    if refusal.code == "invalid_customer":
        prefixed = {f"delivery.address.{name}": why for name, why in refusal.facts.get("fields", {}).items()}
        return wrong_fields(place, {"fields": prefixed}, place.country)
    field, text = _sentence(refusal, partial(say, place.language))
    return (FieldError(field, text),)


def _sentence(refusal: Refusal, t: Callable[..., str]) -> tuple[str, str]:
    match refusal.code:
        case "wrong_credentials":
            words = "email", t("account.wrong_credentials")
        case "weak_password" if refusal.facts.get("why") == "too_short":
            words = "password", t("account.password_hint", count=refusal.facts.get("shortest", _SHORTEST_PASSWORD))
        case "weak_password":
            words = "password", t("account.password_weak")
        case "reset_gone":
            words = "", t("account.reset_expired")
        case _ if isinstance(refusal, TooMany):
            words = "", t("account.too_many_attempts", minutes=max(1, -(-refusal.retry_after_s // _MINUTE_S)))
        case _:
            words = "", refusal.detail
    return words
