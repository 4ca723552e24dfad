"""The forms on the buyer's pages, and the checks of the card form."""

import re
from html import escape

import msgspec

from springtide.sandbox.model import CARDS, Change, Payment
from springtide.sandbox.words import language_of, money, word

BANKS = {
    "tidebank": "Tidebank",
    "noorderlicht": "Noorderlicht Bank",
    "fjordbanken": "Fjordbanken",
    "harbour": "Harbour Bank",
}


class Problems(msgspec.Struct, frozen=True):
    """Names of the words that say what is wrong with each field of the card form, "" when nothing is."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""

    @property
    def any(self) -> bool:
        """True when the form has to be shown again."""
        return bool(self.number or self.expiry or self.cvc)


def problems_of_card(number: str, expiry: str, cvc: str) -> Problems:
    """Return what is wrong with a card form, before the issuer is asked."""
    return Problems(
        number="" if number in CARDS else "card_refused",
        expiry="" if re.fullmatch(r"\s*(0[1-9]|1[0-2])\s*/\s*\d{2}\s*", expiry) else "expiry_refused",
        cvc="" if re.fullmatch(r"\d{3,4}", cvc.strip()) else "cvc_refused",
    )


def with_last4(change: Change, last4: str) -> Change:
    """Return the same decision with the last digits of the card, which are all that is ever kept of it."""
    return msgspec.structs.replace(change, payment=msgspec.structs.replace(change.payment, last4=last4))


def card(payment: Payment, problems: Problems) -> str:
    """Return the card form; never filled in again after a mistake, so that a number is not sent back."""
    language = language_of(payment.locale)
    number = _field("number", language, problems.number, 'autocomplete="cc-number" inputmode="numeric" autofocus')
    expiry = _field("expiry", language, problems.expiry, 'autocomplete="cc-exp" placeholder="12/30"')
    cvc = _field("cvc", language, problems.cvc, 'autocomplete="off" inputmode="numeric" maxlength="4"')
    amount = money(payment.amount_minor, payment.currency, language)
    return (
        f'<form method="post" novalidate>{number}<div class="row">{expiry}{cvc}</div>'
        f"{_button('pay', language, 'pay', extra=f' {amount}')}</form>{_cancel(language)}"
    )


def test_cards(language: str) -> str:
    """The list of test cards with what each of them does."""
    rows = "".join(
        f"<li><code>{_grouped(number)}</code> {escape(word(answer or 'works', language))}</li>"
        for number, answer in CARDS.items()
    )
    return f"<p>{escape(word('test_cards', language))}</p><ul>{rows}</ul>"


def challenge(payment: Payment) -> str:
    """3-D Secure: the buyer's bank asks."""
    language = language_of(payment.locale)
    return (
        f"<p>{escape(word('challenge_text', language))}</p>"
        f'<form method="post">{_button("approve", language, "confirm")}'
        f"{_button('reject', language, 'not_me', second=True)}</form>"
    )


def banks(payment: Payment) -> str:
    """Return the choice of bank."""
    language = language_of(payment.locale)
    rows = "".join(
        f'<label class="choice"><input type="radio" name="bank" value="{code}"{" checked" if place == 0 else ""}>'
        f"{escape(name)}</label>"
        for place, (code, name) in enumerate(BANKS.items())
    )
    go_on = f'<button type="submit">{escape(word("continue", language))}</button>'
    return f'<form method="get">{rows}{go_on}</form>{_cancel(language)}'


def bank_confirm(payment: Payment, bank: str) -> str:
    """Return the page of the chosen bank."""
    language = language_of(payment.locale)
    return (
        f'<p>{escape(bank)}</p><form method="post">{_button("approve", language, "confirm")}</form>{_cancel(language)}'
    )


def app_waiting(payment: Payment) -> str:
    """Return the page in the browser while the phone decides; it loads itself again."""
    language = language_of(payment.locale)
    return (
        f"<p>{escape(word('app_text', language))}</p>"
        f'<a class="button second" target="_blank" rel="noopener" href="/phone/{payment.page_token}">'
        f"{escape(word('app_phone', language))}</a>{_cancel(language)}"
    )


def phone(payment: Payment) -> str:
    """Return the screen of the phone."""
    language = language_of(payment.locale)
    return (
        f'<form method="post">{_button("approve", language, "approve")}'
        f"{_button('decline', language, 'decline', second=True)}</form>"
    )


def pay_later(payment: Payment) -> str:
    """Return the terms of paying later."""
    language = language_of(payment.locale)
    return (
        f"<p>{escape(word('later_text', language))}</p>"
        f'<form method="post">{_button("approve", language, "approve")}'
        f"{_button('decline', language, 'later_decline', second=True)}</form>"
    )


def _field(name: str, language: str, problem: str, attributes: str) -> str:
    label = escape(word(name, language))
    if not problem:
        return f'<div><label for="{name}">{label}</label><input id="{name}" name="{name}" {attributes}></div>'
    told = f'<p class="error" id="{name}-error">{escape(word(problem, language))}</p>'
    return (
        f'<div><label for="{name}">{label}</label><input id="{name}" name="{name}" {attributes} aria-invalid="true"'
        f' aria-describedby="{name}-error">{told}</div>'
    )


def _button(act: str, language: str, label: str, *, second: bool = False, extra: str = "") -> str:
    kind = ' class="second"' if second else ""
    return f'<button name="act" value="{act}"{kind}>{escape(word(label, language) + extra)}</button>'


def _cancel(language: str) -> str:
    return f'<form method="post">{_button("cancel", language, "cancel", second=True)}</form>'


def _grouped(number: str) -> str:
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))
