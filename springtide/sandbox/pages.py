"""The buyer's pages, on the gateway's own origin: plain HTML that works without script."""

from html import escape
from importlib import resources
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from springtide.sandbox import forms
from springtide.sandbox.forms import Problems
from springtide.sandbox.gateway import Gateway, buyer_change
from springtide.sandbox.model import Payment, Refused, Status, approve, card_answer, decline
from springtide.sandbox.web import Reply, Request
from springtide.sandbox.words import language_of, money, word

# form-action is left open on purpose: Chromium applies it to the redirect that answers a form, which leads to the shop.
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


async def answer(gateway: Gateway, request: Request) -> Reply:
    """Answer a buyer's request; payments that are over lead back to the shop or say so."""
    match (request.method, request.parts):
        case ("GET", ()):
            return _home(request)
        case ("GET", ("style.css",)):
            return _style()
        case ("GET", ("pay", token)):
            return await _show(gateway, token, request)
        case ("POST", ("pay", token)):
            return await _act(gateway, token, request.form())
        case ("GET", ("phone", token)):
            return await _phone(gateway, token)
        case ("POST", ("phone", token)):
            act = "approve" if request.form().get("act") == "approve" else "decline"
            await gateway.buyer(token, lambda payment: buyer_change(payment, act))
            return await _phone(gateway, token)
    msg = "not_found"
    raise Refused(msg, "no such address", status=404)


async def _show(  # noqa: PLR0911 - one return per page
    gateway: Gateway, token: str, request: Request
) -> Reply:
    payment = await _find(gateway, token)
    if payment is None:
        return _missing()
    if payment.status is not Status.AWAITING_BUYER:
        return _leave(payment)
    if payment.challenge:
        return _page(payment, "challenge_title", forms.challenge(payment))
    if payment.method == "card":
        return _page(payment, "card_title", forms.card(payment, Problems()))
    if payment.method == "bank_redirect":
        bank = forms.BANKS.get(request.query.get("bank", ""))
        if bank is None:
            return _page(payment, "bank_title", forms.banks(payment))
        return _page(payment, "bank_confirm_title", forms.bank_confirm(payment, bank))
    if payment.method == "app_push":
        return _page(payment, "app_title", forms.app_waiting(payment), refresh_s=2)
    return _page(payment, "later_title", forms.pay_later(payment))


async def _act(gateway: Gateway, token: str, form: dict[str, str]) -> Reply:
    payment = await _find(gateway, token)
    if payment is None:
        return _missing()
    if payment.status is not Status.AWAITING_BUYER:
        return _leave(payment)
    act = form.get("act", "")
    if act == "cancel":
        return _leave(await gateway.buyer(token, lambda waiting: decline(waiting, "cancelled_by_buyer")))
    if payment.challenge:
        answer = "authentication_failed" if act != "approve" else ""
        return _leave(
            await gateway.buyer(token, lambda waiting: decline(waiting, answer) if answer else approve(waiting))
        )
    if payment.method == "card":
        return await _pay_by_card(gateway, payment, form)
    if act not in ("approve", "decline") or payment.method == "app_push":
        msg = "bad_input"
        raise Refused(msg, "this page does not know that button", status=400)
    return _leave(await gateway.buyer(token, lambda waiting: buyer_change(waiting, act)))


async def _pay_by_card(gateway: Gateway, payment: Payment, form: dict[str, str]) -> Reply:
    number = "".join(letter for letter in form.get("number", "") if letter not in " -")
    problems = forms.problems_of_card(number, form.get("expiry", ""), form.get("cvc", ""))
    if problems.any:
        return _page(payment, "card_title", forms.card(payment, problems), status=422)
    said = card_answer(payment, number)
    if said == "challenge":
        waiting = await gateway.mark_challenge(payment.page_token, number[-4:])
        return _page(waiting, "challenge_title", forms.challenge(waiting)) if waiting.challenge else _leave(waiting)
    last4 = number[-4:]
    paid = await gateway.buyer(
        payment.page_token,
        lambda waiting: forms.with_last4(decline(waiting, said) if said else approve(waiting), last4),
    )
    return _leave(paid)


async def _phone(gateway: Gateway, token: str) -> Reply:
    payment = await _find(gateway, token)
    if payment is None:
        return _missing()
    if payment.status is Status.EXPIRED:
        return _expired(payment)
    if payment.status is not Status.AWAITING_BUYER:
        return _done(payment)
    return _page(payment, "phone_title", forms.phone(payment))


async def _find(gateway: Gateway, token: str) -> Payment | None:
    try:
        return await gateway.page(token)
    except Refused:
        return None


def _leave(payment: Payment) -> Reply:
    """Return what a buyer meets whose payment is over: the shop again, the news of the expiry, or a full stop."""
    if payment.status is Status.EXPIRED:
        return _expired(payment)
    if payment.scenario.buyer == "never_returns":
        return _done(payment)
    return Reply(status=303, headers=(("location", return_address(payment)),))


def return_address(payment: Payment) -> str:
    """Return the shop's return address with ``payment=<id>``; the shop asks the gateway what became of it."""
    split = urlsplit(payment.return_url)
    query = [*parse_qsl(split.query, keep_blank_values=True), ("payment", payment.id)]
    return urlunsplit(split._replace(query=urlencode(query)))


def _expired(payment: Payment) -> Reply:
    language = language_of(payment.locale)
    body = (
        f"<p>{escape(word('expired_text', language))}</p>"
        f'<a class="button" href="{escape(return_address(payment))}">{escape(word("back", language))}</a>'
    )
    return _page(payment, "expired_title", body, status=410)


def _done(payment: Payment) -> Reply:
    return _page(payment, "done_title", f"<p>{escape(word('done_text', language_of(payment.locale)))}</p>")


def _home(request: Request) -> Reply:
    language = language_of(request.headers.get("accept-language", "en")[:2])
    title = word("gateway", language)
    notice = f"<p>{escape(word('test_notice', language))}</p>{forms.test_cards(language)}"
    body = f'<h1>{escape(title)}</h1><p>{escape(word("home_text", language))}</p><div class="notice">{notice}</div>'
    return _html(language, title, body, status=200)


def _missing() -> Reply:
    body = f"<h1>{escape(word('missing_title', 'en'))}</h1><p>{escape(word('missing_text', 'en'))}</p>"
    return _html("en", word("missing_title", "en"), body, status=404)


def _page(payment: Payment, title: str, content: str, *, status: int = 200, refresh_s: int | None = None) -> Reply:
    language = language_of(payment.locale)
    amount = money(payment.amount_minor, payment.currency, language)
    about = escape(payment.description or payment.merchant_reference)
    notice = f"<p>{escape(word('test_notice', language))}</p>{_test_cards(payment, language)}"
    body = (
        f"<header><span>{escape(word('gateway', language))}</span><span>{about}</span></header>"
        f"<h1>{escape(word(title, language))}</h1>"
        f'<p class="sum"><small>{escape(word("to_pay", language))}</small>{escape(amount)}</p>'
        f'{content}<div class="notice">{notice}</div>'
    )
    return _html(language, word(title, language), body, status=status, refresh_s=refresh_s)


def _test_cards(payment: Payment, language: str) -> str:
    if payment.method != "card" or payment.challenge or payment.status is not Status.AWAITING_BUYER:
        return ""
    return forms.test_cards(language)


def _html(language: str, title: str, body: str, *, status: int, refresh_s: int | None = None) -> Reply:
    refresh = "" if refresh_s is None else f'<meta http-equiv="refresh" content="{refresh_s}">'
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/style.css"></head>'
        f"<body><main>{body}</main></body></html>"
    )
    headers = (("content-security-policy", POLICY),)
    return Reply(status=status, body=text.encode(), content_type="text/html; charset=utf-8", headers=headers)


def _style() -> Reply:
    css = resources.files("springtide.sandbox").joinpath("style.css").read_bytes()
    return Reply(body=css, content_type="text/css; charset=utf-8")
