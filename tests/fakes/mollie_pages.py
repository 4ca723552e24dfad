"""Mollie's hosted checkout as test mode shows it: the buyer, or a test, picks how the payment ends."""

from html import escape

from springtide.sandbox.web import Reply, Request
from tests.fakes.mollie_books import MollieBooks, Payment
from tests.fakes.mollie_rules import MollieProblem, show_amount

HTML = "text/html; charset=utf-8"
FAILED_BY = {"creditcard": "card_declined", "ideal": None}


def answer(books: MollieBooks, request: Request) -> Reply:
    """Show the page of a payment, or act on it and lead back to the shop."""
    found = [one for one in books.payments.values() if request.parts[1:] == (one.token,)]
    if not found:
        raise MollieProblem(404, "There is no such checkout")
    payment = books.find(found[0].id)
    if payment.status not in {"open", "pending"}:
        return _leave(payment)
    if request.method == "GET":
        return Reply(body=_page(payment).encode(), content_type=HTML)
    act(books, payment, request.form().get("final_state", ""))
    return _leave(payment)


def act(books: MollieBooks, payment: Payment, final_state: str) -> None:
    """End a payment the way that was picked. Mollie does not call the webhook when the buyer cancels."""
    match final_state:
        case "paid" | "authorized":
            books.pay(payment)
        case "failed":
            books.end(payment, "failed", FAILED_BY[payment.method])
        case "expired":
            books.end(payment, "expired")
        case "canceled":
            books.end(payment, "canceled", is_told=False)
        case "pending":
            payment.status = "pending"
        case _:
            raise MollieProblem(400, "This page does not know that button")


def choices(payment: Payment) -> tuple[str, ...]:
    """How a payment can end on its page."""
    return ("authorized" if payment.capture_mode == "manual" else "paid", "failed", "canceled", "expired", "pending")


def _page(payment: Payment) -> str:
    amount = show_amount(payment.amount_minor, payment.currency)
    picks = "".join(
        f'<label><input type="radio" name="final_state" value="{choice}"> {choice}</label>'
        for choice in choices(payment)
    )
    title = f"{amount['currency']} {amount['value']}: {payment.method}"
    return (
        f'<!doctype html><html lang="en"><title>{escape(title)}</title><h1>{escape(title)}</h1>'
        f"<p>{escape(payment.body['description'])}</p>"
        f'<form method="post">{picks}<button>Continue</button></form></html>'
    )


def _leave(payment: Payment) -> Reply:
    target = payment.body["redirectUrl"]
    if payment.status == "canceled":
        target = payment.body.get("cancelUrl", target)
    return Reply(status=303, headers=(("location", target),))
