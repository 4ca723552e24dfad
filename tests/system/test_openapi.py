"""The API keeps what its document says: schemathesis over a running shop, with a real cart, order and session."""

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.request import urlopen

import pytest
import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.generation.case import Case
from schemathesis.schemas import BaseSchema
from system.buyer import ADDRESSES, new_key
from system.shop import RunningShop

SEED = 20_111_209
EXAMPLES_PER_OPERATION = 12
PASSWORD = "a long pass phrase of a test"
GENERATION = {"max-examples": EXAMPLES_PER_OPERATION, "deterministic": True, "no-shrink": True, "database": "none"}
CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
Json = dict[str, Any]


@schemathesis.check
def only_deliberate_503(ctx: CheckContext, response: Response, case: Case) -> None:
    """No 5xx but a 503 that says when to come back."""
    if response.status_code < 500:
        return
    assert response.status_code == 503, f"{case.operation.label} answered {response.status_code}: {response.text[:500]}"
    assert int(response.headers["retry-after"][0]) >= 1
    assert response.headers["content-type"] == ["application/problem+json"]


@schemathesis.check
def refusals_are_problems(ctx: CheckContext, response: Response, case: Case) -> None:
    """Every refusal is problem+json with a code."""
    if response.status_code >= 400 and case.method.upper() != "HEAD":
        assert response.headers["content-type"] == ["application/problem+json"], response.text[:300]
        assert response.json()["code"]


def config(shop: RunningShop, **more: object) -> SchemathesisConfig:
    checks = (*CHECKS, "only_deliberate_503", "refusals_are_problems")
    settings = {
        "seed": SEED,
        "base-url": shop.url,
        "workers": 1,
        "request-timeout": 20,
        "continue-on-failure": True,
        "generation": {
            "max-examples": EXAMPLES_PER_OPERATION,
            "deterministic": True,
            "no-shrink": True,
            "database": "none",
        },
        "checks": {"enabled": False, **{name: {"enabled": True} for name in checks}},
        **more,
    }
    return SchemathesisConfig.from_dict(settings)


def contract(shop: RunningShop, **more: object) -> BaseSchema:
    return schemathesis.openapi.from_url(f"{shop.url}/api/openapi.json", config=config(shop, **more))


@dataclass
class Walker:
    """Calls operations as the document describes them and checks every answer against it."""

    shop: RunningShop
    schema: BaseSchema
    walked: set[str] = field(default_factory=set)
    session: str = ""

    def call(
        self,
        method: str,
        path: str,
        *,
        status: int,
        body: object = None,
        token: str = "",
        query: Json | None = None,
        **ids: str,
    ) -> Any:
        operation = self.schema[path][method]
        headers = {"Idempotency-Key": new_key()} if method != "GET" else {}
        headers |= {"Springtide-Token": token} if token else {}
        headers |= {"Authorization": f"Bearer {self.session}"} if self.session else {}
        sent = {} if body is None else {"body": body, "media_type": "application/json"}
        case = operation.Case(path_parameters=ids, headers=headers, query=query or {}, **sent)
        response = case.call()
        assert response.status_code == status, f"{operation.label}: {response.status_code} {response.text}"
        case.validate_response(response)
        self.walked.add(operation.label)
        return (
            response.json()
            if "json" in response.headers.get("content-type", [""])[0] and response.text
            else response.text
        )

    def mailed_token(self, email: str) -> str:
        """Wait for the mail with the link and return the token in it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for file in self.shop.mails.glob("[!.]*.eml"):
                mail = message_from_bytes(file.read_bytes(), policy=policy.default)
                found = re.search(r"token=([\w.~-]+)", mail.get_body(("plain",)).get_content())
                if email in mail["To"] and found:
                    return found.group(1)
            time.sleep(0.1)
        raise AssertionError(f"no mail with a token for {email}")


def browse(walker: Walker) -> str:
    """Walk what everybody sees; return a SKU."""
    here = {"market": "NL", "language": "nl"}
    walker.call("GET", "/api/markets", status=200)
    categories = walker.call("GET", "/api/categories", status=200, query=here)
    walker.call("GET", "/api/categories/{slug}", status=200, slug=categories[0]["slug"], query=here)
    walker.call("GET", "/api/suggest", status=200, query={**here, "q": "theel"})
    cards = walker.call("GET", "/api/products", status=200, query={**here, "q": "theelicht", "sort": "price"})["cards"]
    walker.call("GET", "/api/products/{slug}", status=200, slug=cards[0]["slug"], query=here)
    return cards[0]["sku"]


def buy(walker: Walker, sku: str) -> tuple[Json, Json]:
    """Walk a purchase; return the cart and what became of it."""
    lines = [{"sku": sku, "quantity": 1}]
    cart = walker.call("POST", "/api/carts", status=201, body={"market": "NL", "locale": "nl", "lines": lines})
    known = {"cart_id": cart["id"], "token": cart["token"]}
    walker.call("GET", "/api/carts/{cart_id}", status=200, **known)
    lines = [{"sku": sku, "quantity": 2}, {"sku": "84879", "quantity": 1}]
    walker.call("PUT", "/api/carts/{cart_id}/lines", status=200, body={"lines": lines}, **known)
    walker.call("PUT", "/api/carts/{cart_id}/vouchers", status=200, body={"vouchers": []}, **known)
    details = {
        "contact": {"email": "walker@example.com", "phone": ""},
        "delivery": {"shipping_method": "standard", "address": ADDRESSES["NL"]},
    }
    priced = walker.call("PUT", "/api/carts/{cart_id}/details", status=200, body=details, **known)
    purchase = {"method": "invoice", "total_minor": priced["quote"]["total_minor"]}
    done = walker.call("POST", "/api/carts/{cart_id}/complete", status=200, body=purchase, **known)
    assert done["step"] == "completed"
    same = {"checkout_id": done["checkout_id"], "token": cart["token"]}
    walker.call("GET", "/api/checkouts/{checkout_id}", status=200, **same)
    walker.call("POST", "/api/checkouts/{checkout_id}/return", status=200, **same)
    return cart, done


def look_at_order(walker: Walker, done: Json) -> None:
    known = {"order_id": done["order_id"], "token": done["order_token"]}
    deadline = time.monotonic() + 20
    documents: list[Json] = []
    while not documents:
        assert time.monotonic() < deadline, "the order has no invoice"
        documents = walker.call("GET", "/api/orders/{order_id}", status=200, **known)["documents"]
    number = documents[0]["number"]
    page = walker.call("GET", "/api/orders/{order_id}/documents/{number}", status=200, number=number, **known)
    assert number in page


def new_customer(walker: Walker) -> str:
    """Sign up, set a new password by the mailed link, sign in; return the address."""
    email = f"walker-{secrets.token_hex(4)}@example.com"
    person = {"email": email, "password": PASSWORD, "name": "Wim Wandelaar", "locale": "nl"}
    walker.call("POST", "/api/account/sign-up", status=202, body=person)
    walker.call("POST", "/api/account/reset-request", status=202, body={"email": email})
    new = {"token": walker.mailed_token(email), "password": f"{PASSWORD} again"}
    walker.call("POST", "/api/account/reset", status=204, body=new)
    sign_in(walker, email, new["password"])
    return email


def sign_in(walker: Walker, email: str, password: str) -> None:
    walker.session = walker.call(
        "POST", "/api/account/sign-in", status=200, body={"email": email, "password": password}
    )["token"]


def use_account(walker: Walker, sku: str) -> None:
    walker.call("GET", "/api/account/me", status=200)
    walker.call("PUT", "/api/account/me", status=200, body={"name": "Wim W.", "locale": "nl"})
    address = {"address": ADDRESSES["NL"], "is_default": True}
    me = walker.call("POST", "/api/account/addresses", status=200, body=address)
    known = {"address_id": me["addresses"][0]["id"]}
    walker.call("PUT", "/api/account/addresses/{address_id}", status=200, body=address, **known)
    walker.call("DELETE", "/api/account/addresses/{address_id}", status=200, **known)
    given = {"given": True, "text_version": "2026-11"}
    walker.call("PUT", "/api/account/consents/{purpose}", status=200, body=given, purpose="newsletter")
    walker.call("GET", "/api/account/orders", status=200)
    session, walker.session = walker.session, ""
    lines = [{"sku": sku, "quantity": 1}]
    cart = walker.call("POST", "/api/carts", status=201, body={"market": "NL", "locale": "nl", "lines": lines})
    walker.session = session
    walker.call("POST", "/api/carts/{cart_id}/merge", status=200, cart_id=cart["id"], token=cart["token"])
    walker.call("GET", "/api/account/cart", status=200, query={"market": "NL"})


def test_every_operation_succeeds_as_documented(shop: RunningShop):
    walker = Walker(shop, contract(shop))
    sku = browse(walker)
    _, done = buy(walker, sku)
    look_at_order(walker, done)
    email = new_customer(walker)
    use_account(walker, sku)
    walker.call("POST", "/api/account/sign-out", status=204)
    walker.session = ""
    sign_in(walker, email, f"{PASSWORD} again")
    walker.call("DELETE", "/api/account/me", status=204)
    assert walker.walked == labels(walker.schema)


def labels(schema: BaseSchema) -> set[str]:
    return {found.ok().label for found in schema.get_all_operations()}


def within_reach(walker: Walker) -> Json:
    """Return parameters by address: ids and tokens of things that are there, to get past the first door."""
    cart, done = buy(walker, browse(walker))
    lines = [{"sku": "84879", "quantity": 1}]
    is_open = walker.call("POST", "/api/carts", status=201, body={"market": "NL", "locale": "nl", "lines": lines})
    return {
        "/api/carts/": {"path.cart_id": is_open["id"], "header.Springtide-Token": is_open["token"]},
        "/api/checkouts/": {"path.checkout_id": done["checkout_id"], "header.Springtide-Token": cart["token"]},
        "/api/orders/": {"path.order_id": done["order_id"], "header.Springtide-Token": done["order_token"]},
    }


@dataclass
class Outcome:
    """What schemathesis found, and which statuses each operation answered."""

    findings: list[str] = field(default_factory=list)
    statuses: dict[str, set[int]] = field(default_factory=dict)
    phases: set[str] = field(default_factory=set)

    def add(self, event: events.ScenarioFinished) -> None:
        self.phases.add(event.phase.value)
        for case_id, interaction in event.recorder.interactions.items():
            if interaction.response is not None:
                label = event.recorder.cases[case_id].value.operation.label
                self.statuses.setdefault(label, set()).add(interaction.response.status_code)
        for checks in event.recorder.checks.values():
            self.findings += [
                f"{event.recorder.label} [{check.name}] {check.failure_info.failure}"
                for check in checks
                if check.failure_info
            ]


def run(schema: BaseSchema, *, within_s: float) -> Outcome:
    """Run all phases of schemathesis to the end, within a time."""
    outcome, started = Outcome(), time.monotonic()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            outcome.add(event)
        elif isinstance(event, events.NonFatalError):
            outcome.findings.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.EngineFinished):
            assert event.stop_reason is StopReason.COMPLETED
    assert outcome.phases >= {"examples", "coverage", "fuzzing"}
    assert time.monotonic() - started < within_s
    return outcome


def without_session(shop: RunningShop) -> BaseSchema:
    reach = within_reach(Walker(shop, contract(shop)))
    operations = [{"include-path-regex": f"^{path}", "parameters": values} for path, values in reach.items()]
    return contract(shop, operations=operations)


def with_session(shop: RunningShop) -> BaseSchema:
    walker = Walker(shop, contract(shop))
    new_customer(walker)
    schema = contract(shop, headers={"Authorization": f"Bearer {walker.session}"})
    ends_session = "^/api/account/(sign-in|sign-up|sign-out|reset|reset-request)$"
    return (
        schema.include(path_regex="^/api/account/")
        .exclude(path_regex=ends_session)
        .exclude(path="/api/account/me", method="DELETE")
    )


@pytest.mark.timeout(180)
@pytest.mark.parametrize("prepared", [without_session, with_session])
def test_generated_requests_get_documented_answers(shop: RunningShop, prepared: Callable[[RunningShop], BaseSchema]):
    schema = prepared(shop)
    outcome = run(schema, within_s=120)
    assert outcome.findings == []
    assert set(outcome.statuses) == labels(schema)


def test_an_answer_that_is_not_in_the_document_is_found(shop: RunningShop):
    with urlopen(f"{shop.url}/api/openapi.json", timeout=10) as answer:  # noqa: S310 - an address of ours
        document = json.load(answer)
    path = "/api/categories/{slug}"
    operation = document["paths"][path]["get"]
    del operation["responses"]["404"]
    schema = schemathesis.openapi.from_dict({**document, "paths": {path: {"get": operation}}}, config=config(shop))
    assert any("status_code_conformance" in finding for finding in run(schema, within_s=60).findings)
