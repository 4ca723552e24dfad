"""The gateways that the provider suite runs against, and what each of them is known to lack."""

import time
from typing import Any, ClassVar

import httpx2
import msgspec

from springtide.contexts.payments.providers.invoice import InvoiceProvider
from springtide.contexts.payments.providers.mollie import MollieProvider, MollieSettings
from springtide.contexts.payments.providers.port import (
    MoneyRequest,
    PaymentView,
    Provider,
    StartPayment,
    Totals,
    VoidRequest,
)
from springtide.contexts.payments.providers.sandbox import SandboxProvider, SandboxSettings
from springtide.contexts.payments.providers.stripe import StripeProvider, StripeSettings
from springtide.sandbox.keys import account_keys
from tests.fakes import mollie_pages
from tests.fakes.mollie_fake import MollieFake
from tests.fakes.mollie_fake import Operation as MollieOperation
from tests.fakes.serving import Mailbox, free_port
from tests.fakes.stripe_fake import Fault, StripeFake

SECRET = "the-sandbox-secret"
KINDS = ("sandbox", "stripe@localstripe", "stripe@fake", "mollie@fake", "invoice")
RETURN_URL = "http://127.0.0.1:9/return"

LOCALSTRIPE_KEYS = "localstripe ignores idempotency keys"
NO_PAGE = "localstripe has no checkout sessions"
STRIPE_SESSION = "a hosted Stripe page lives for 30 minutes at least"
OWN_BOOKS = "in process: our books are the only ones"
NO_PAGES = "in process: authorises at once, there is no page"
NO_FAULT = "in process: an answer cannot be lost"
TRUSTS = "in process: trusts every buyer"

# A row of the suite that a target fails, with the reason. The suite runs it all the same and reports a row that works.
GAPS: dict[tuple[str, str], str] = {
    ("automatic_capture", "invoice"): "an invoice is captured when the goods are sent",
    ("repeated_key", "stripe@localstripe"): LOCALSTRIPE_KEYS,
    ("key_with_other_body", "stripe@localstripe"): LOCALSTRIPE_KEYS,
    ("key_with_other_body", "invoice"): "in process: our operations guard their keys",
    ("repeated_capture", "stripe@localstripe"): LOCALSTRIPE_KEYS,
    ("declined", "stripe@localstripe"): "localstripe lets the declined test card succeed",
    ("declined", "invoice"): TRUSTS,
    ("redirect", "stripe@localstripe"): NO_PAGE,
    ("redirect", "invoice"): NO_PAGES,
    ("redirect_declined", "stripe@localstripe"): NO_PAGE,
    ("redirect_declined", "stripe@fake"): "a hosted Stripe page stays open after a decline, for another card",
    ("redirect_declined", "invoice"): NO_PAGES,
    ("challenge", "stripe@localstripe"): "localstripe knows no return_url, so 3-D Secure cannot redirect",
    ("challenge", "invoice"): NO_PAGES,
    ("capture_after_void", "stripe@localstripe"): "localstripe captures what was cancelled",
    ("void_waiting", "stripe@localstripe"): NO_PAGE,
    ("void_waiting", "invoice"): NO_PAGES,
    ("partial_capture", "stripe@localstripe"): "localstripe does not report amount_received",
    ("multi_capture", "stripe@localstripe"): "Stripe captures once",
    ("multi_capture", "stripe@fake"): "Stripe captures once",
    ("refund_limit", "stripe@localstripe"): "localstripe accepts refunds above the charge",
    ("multi_capture", "mollie@fake"): "Mollie captures a card's authorisation once",
    ("lookup", "invoice"): OWN_BOOKS,
    ("lookup_by_reference", "stripe@localstripe"): "Stripe's search lags behind its writes",
    ("lookup_by_reference", "stripe@fake"): "Stripe's search lags behind its writes",
    ("lookup_by_reference", "mollie@fake"): "Mollie has no search by what a shop noted",
    ("lookup_by_reference", "invoice"): OWN_BOOKS,
    ("lookup_of_nothing", "invoice"): OWN_BOOKS,
    ("lost_answer", "stripe@localstripe"): "localstripe cannot lose answers",
    ("lost_answer", "invoice"): NO_FAULT,
    ("lost_refund", "stripe@localstripe"): "localstripe cannot lose answers",
    ("lost_refund", "invoice"): NO_FAULT,
    ("failed_before", "stripe@localstripe"): "localstripe cannot fail on command",
    ("failed_before", "invoice"): NO_FAULT,
    ("unreachable", "invoice"): NO_FAULT,
    ("expiry", "stripe@localstripe"): STRIPE_SESSION,
    ("expiry", "stripe@fake"): STRIPE_SESSION,
    ("expiry", "mollie@fake"): "Mollie sets the expiry by the method",
    ("expiry", "invoice"): NO_PAGES,
    ("webhook", "invoice"): OWN_BOOKS,
    ("webhook_too_old", "mollie@fake"): "Mollie's messages have no time: they only say where to look",
    ("webhook_too_old", "invoice"): OWN_BOOKS,
    ("ledger", "invoice"): OWN_BOOKS,
    ("ledger_reference", "stripe@localstripe"): "localstripe's charges do not carry the metadata of their payment",
    ("ledger_reference", "invoice"): OWN_BOOKS,
}


class Target:
    """One provider with the means to play its buyer and to make its server misbehave."""

    kind: str
    provider: Provider
    method = "card"
    tokens: ClassVar[dict[str, str | None]] = {}

    def request(self, reference: str, **changes: Any) -> StartPayment:
        """A payment of 34.90 EUR by a token that is accepted."""
        request = StartPayment(
            idempotency_key=f"start-{reference}",
            merchant_reference=reference,
            method=self.method,
            amount_minor=3490,
            currency="EUR",
            capture="manual",
            return_url=RETURN_URL,
            payment_token=self.tokens.get("accepted"),
        )
        return msgspec.structs.replace(request, **changes)

    def money(self, view: PaymentView, amount_minor: int, key: str) -> MoneyRequest:
        """A capture or refund of a payment."""
        return MoneyRequest(
            provider_ref=view.provider_ref,
            merchant_reference=view.merchant_reference,
            amount_minor=amount_minor,
            currency=view.currency,
            idempotency_key=f"{key}-{view.merchant_reference}",
            reference=key,
            before=totals(view),
        )

    def void_of(self, view: PaymentView) -> VoidRequest:
        """A void of a payment."""
        return VoidRequest(
            provider_ref=view.provider_ref,
            merchant_reference=view.merchant_reference,
            amount_minor=view.amount_minor,
            currency=view.currency,
            idempotency_key=f"void-{view.merchant_reference}",
            before=totals(view),
        )

    async def buyer(self, view: PaymentView, act: str) -> None:
        """Act on the page: ``approve``, ``decline``, ``confirm`` a challenge."""
        raise AssertionError(f"{self.kind} has no page for {act} of {view.provider_ref}")

    async def fail_next(self, operation: str, reference: str, fault: Fault) -> None:
        """Make the next ``create``, ``capture`` or ``refund`` of this reference go wrong."""
        raise AssertionError(f"{self.kind} cannot {fault} {operation} of {reference}")

    async def message_about(self, view: PaymentView) -> tuple[dict[str, str], bytes]:
        """A signed message about this payment."""
        raise AssertionError(f"{self.kind} sends nothing about {view.provider_ref}")

    def sent_at_s(self, headers: dict[str, str]) -> float:
        """When a message says that it was sent."""
        signature = headers.get("sandbox-signature") or headers["stripe-signature"]
        return float(signature.partition("t=")[2].partition(",")[0])

    def unreachable(self) -> Provider:
        """The same provider, pointed at a port where nobody listens."""
        raise AssertionError(f"{self.kind} is not reached over a network")

    def webhook_url(self) -> str | None:
        """Where messages should go, for gateways that are told with each payment."""
        return None


def totals(view: PaymentView) -> Totals:
    """The money of a view, as our books would keep it."""
    return Totals(
        authorised_minor=view.authorised_minor,
        captured_minor=view.captured_minor,
        refunded_minor=view.refunded_minor,
        released_minor=view.released_minor,
    )


class SandboxTarget(Target):
    """The sandbox over HTTP."""

    kind = "sandbox"
    tokens: ClassVar[dict[str, str | None]] = {
        "accepted": "tok_success",
        "no_money": "tok_insufficient_funds",
        "challenge": "tok_challenge",
    }
    cards: ClassVar[dict[str, str]] = {"approve": "4242 4242 4242 4242", "decline": "4000 0000 0000 0002"}

    def __init__(self, origin: str, mailbox: Mailbox, mailbox_url: str) -> None:
        self._keys = account_keys(secret=SECRET, account="shop")
        self.provider = self._provider(origin)
        self._mailbox, self._mailbox_url = mailbox, mailbox_url
        self._browser = httpx2.AsyncClient(base_url=origin, trust_env=False)

    def _provider(self, origin: str) -> SandboxProvider:
        keys = self._keys
        settings = SandboxSettings(base_url=origin, api_key=keys.api_key, webhook_secret=keys.webhook_secret)
        return SandboxProvider(settings)

    async def buyer(self, view: PaymentView, act: str) -> None:
        assert view.redirect_url is not None
        form = {"act": "approve"} if act == "confirm" else {"number": self.cards[act], "expiry": "12/30", "cvc": "123"}
        answer = await self._browser.post(view.redirect_url, data=form)
        assert answer.status_code == 303, answer.text

    async def fail_next(self, operation: str, reference: str, fault: Fault) -> None:
        scenario = {"fault": fault, "fault_on": operation}
        plan = {"account": "shop", "scenario": scenario, "match": {"merchant_reference": reference}}
        view = await self.provider.lookup(merchant_reference=reference)
        if view is None:
            answer = await self._browser.post("/admin/scenarios", json=plan)
        else:
            answer = await self._browser.post(f"/admin/payments/{view.provider_ref}/scenario", json=scenario)
        assert answer.status_code == 204, answer.text

    async def message_about(self, view: PaymentView) -> tuple[dict[str, str], bytes]:
        return (await self._mailbox.wait_for(lambda body: view.provider_ref.encode() in body))[0]

    def unreachable(self) -> Provider:
        return self._provider(f"http://127.0.0.1:{free_port()}")

    def webhook_url(self) -> str | None:
        return self._mailbox_url

    async def close(self) -> None:
        await self._browser.aclose()
        await self.provider.close()


class LocalStripeTarget(Target):
    """Our Stripe adapter against localstripe, which others wrote."""

    kind = "stripe@localstripe"
    tokens: ClassVar[dict[str, str | None]] = {
        "accepted": "pm_card_visa",
        "no_money": "pm_card_visa_chargeDeclined",
        "challenge": "pm_card_visa",
    }
    webhook_secret = "whsec_localstripe"

    def __init__(self, origin: str, mailbox: Mailbox, mailbox_url: str) -> None:
        self._origin, self._mailbox, self._mailbox_url = origin, mailbox, mailbox_url
        self.provider = self._provider(origin)

    def _provider(self, origin: str) -> StripeProvider:
        return StripeProvider(
            StripeSettings(
                base_url=origin,
                secret_key="sk_test_localstripe",
                webhook_secret=self.webhook_secret,
                sends_return_url=False,
            )
        )

    async def register_webhook(self) -> None:
        async with httpx2.AsyncClient(base_url=self._origin, trust_env=False) as client:
            form = {"url": self._mailbox_url, "secret": self.webhook_secret}
            answer = await client.post("/_config/webhooks/suite", json=form)
            assert answer.status_code == 200, answer.text

    async def message_about(self, view: PaymentView) -> tuple[dict[str, str], bytes]:
        return (await self._mailbox.wait_for(lambda body: view.provider_ref.encode() in body))[0]

    def unreachable(self) -> Provider:
        return self._provider(f"http://127.0.0.1:{free_port()}")

    async def close(self) -> None:
        await self.provider.close()


class StripeFakeTarget(Target):
    """Our Stripe adapter against our faithful fake."""

    kind = "stripe@fake"
    tokens: ClassVar[dict[str, str | None]] = {
        "accepted": "pm_card_visa",
        "no_money": "pm_card_visa_chargeDeclinedInsufficientFunds",
        "challenge": "pm_card_authenticationRequired",
    }
    paths: ClassVar[dict[str, str]] = {
        "create": "/v1/payment_intents",
        "capture": "/v1/payment_intents",
        "refund": "/v1/refunds",
    }

    def __init__(self, origin: str, fake: StripeFake) -> None:
        self.fake = fake
        self.provider = self._provider(origin)

    def _provider(self, origin: str) -> StripeProvider:
        return StripeProvider(
            StripeSettings(base_url=origin, secret_key=self.fake.secret_key, webhook_secret=self.fake.webhook_secret)
        )

    async def buyer(self, view: PaymentView, act: str) -> None:
        if act == "confirm":
            self.fake.finish_challenge(view.provider_ref, is_success=True)
        else:
            number = "4242424242424242" if act == "approve" else "4000000000000002"
            self.fake.pay_session(view.provider_ref, number)

    async def fail_next(self, operation: str, reference: str, fault: Fault) -> None:
        self.fake.faults.append((self.paths[operation], fault))

    async def message_about(self, view: PaymentView) -> tuple[dict[str, str], bytes]:
        event = next(event for event in self.fake.events if event["data"]["object"]["id"] == view.provider_ref)
        return self.fake.signed(event)

    def unreachable(self) -> Provider:
        return self._provider(f"http://127.0.0.1:{free_port()}")

    async def close(self) -> None:
        await self.provider.close()


class MollieFakeTarget(Target):
    """Our Mollie adapter against our faithful fake."""

    kind = "mollie@fake"
    tokens: ClassVar[dict[str, str | None]] = {
        "accepted": "tkn_accepted",
        "no_money": "tkn_no_money",
        "challenge": "tkn_challenge",
    }
    picks: ClassVar[dict[str, str]] = {"approve": "paid", "confirm": "paid", "decline": "failed"}
    operations: ClassVar[dict[str, MollieOperation]] = {"create": "create", "capture": "capture", "refund": "refund"}

    def __init__(self, origin: str, fake: MollieFake, mailbox_url: str) -> None:
        self.fake, self._mailbox_url = fake, mailbox_url
        self.provider = self._provider(origin)

    def _provider(self, origin: str) -> MollieProvider:
        return MollieProvider(MollieSettings(base_url=origin, api_key=self.fake.api_key, webhook_secret=SECRET))

    async def buyer(self, view: PaymentView, act: str) -> None:
        payment = self.fake.books.payments[view.provider_ref]
        mollie_pages.act(self.fake.books, payment, self.picks[act])

    async def fail_next(self, operation: str, reference: str, fault: Fault) -> None:
        self.fake.faults.append((self.operations[operation], fault))

    async def message_about(self, view: PaymentView) -> tuple[dict[str, str], bytes]:
        return self.fake.message_about(view.provider_ref)

    def sent_at_s(self, headers: dict[str, str]) -> float:
        return time.time()

    def unreachable(self) -> Provider:
        return self._provider(f"http://127.0.0.1:{free_port()}")

    def webhook_url(self) -> str | None:
        return self._mailbox_url

    async def close(self) -> None:
        await self.provider.close()


class InvoiceTarget(Target):
    """The provider without a gateway."""

    kind = "invoice"
    method = "invoice"

    def __init__(self) -> None:
        self.provider = InvoiceProvider()

    async def close(self) -> None:
        await self.provider.close()
