"""A visitor who may buy: cart, details, payment, the bank's page, and the ways to leave at each of them.

Who leaves on purpose is no failure: only those who pressed "buy", meant it and wanted what there is count as tries.
"""

import secrets
from typing import Any
from urllib.parse import urlsplit

import msgspec

from springtide.rehearsal.load.goods import TOKEN_HEADER
from springtide.rehearsal.load.guard import require_ours
from springtide.rehearsal.load.plan import Place
from springtide.rehearsal.load.problems import DeploymentAway, HostRefused
from springtide.rehearsal.load.tally import Placed
from springtide.rehearsal.load.traffic import Weighted
from springtide.rehearsal.load.visit import Asked, Reply, Send, Steps, Visitor, code_of

TRIED, COMPLETED, SOLD_OUT = "tried to buy", "completed", "sold out"
_OK, _CREATED = 200, 201
_LOST_GOODS = frozenset({"sold_out", "not_enough_stock"})
_POSTCODES = {"NL": "3511 AB", "GB": "BS1 4DB", "SE": "223 50"}
_CARD = b"number=4242+4242+4242+4242&expiry=12%2F34&cvc=123"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Buyer(Visitor):
    """One visit from the first page to the order."""

    def visit(self) -> Steps:
        """Look around, and perhaps buy."""
        stays = yield from self.looking()
        if not stays:
            return
        if self.random.random() >= self.company.tries:
            self.company.tally.ended("left looking")
            return
        yield from self._buy()

    def _buy(self) -> Steps:
        traffic, tally = self.company.traffic, self.company.tally
        cart = yield from self._cart()
        if cart is None:
            return
        yield from self.thinking()
        if self.random.random() >= traffic.cart_to_details:
            tally.ended("left the cart")
            return
        cart = yield from self._details(cart)
        if cart is None:
            return
        yield from self.thinking()
        if self.random.random() >= traffic.details_to_payment:
            tally.ended("left before payment")
            return
        method = self._method(cart)
        if method is None:
            tally.ended("no payment method of the scenario is offered")
            return
        yield from self._complete(cart, method, leaves=self.random.random() >= traffic.payment_to_order)

    def _cart(self) -> Any:  # noqa: ANN401 - a generator that returns JSON
        goods = self.company.goods[self.place.prefix]
        lines = self.company.shoppers[self.place.prefix].basket(
            self.random,
            goods,
            on_sale=len(self.place.skus),
            hot_share=self.company.scenario.baskets.hot_share,
        )
        body = {
            "market": self.place.market,
            "locale": self.place.language,
            "lines": [{"sku": sku, "quantity": units} for sku, units in lines],
        }
        reply = yield from self._write("cart", "POST", "/api/carts", body, {TOKEN_HEADER: self.company.plan.token})
        return self._accepted(reply, _CREATED)

    def _details(self, cart: dict[str, Any]) -> Any:  # noqa: ANN401 - as `_cart`
        plan = self.company.plan
        body = {
            "contact": {"email": plan.email, "phone": ""},
            "delivery": {"shipping_method": self.place.shipping, "address": _address(self.place)},
        }
        path = f"/api/carts/{cart['id']}/details"
        reply = yield from self._write("details", "PUT", path, body, _token(cart))
        found = self._accepted(reply, _OK)
        return None if found is None else {**found, "token": cart["token"]}

    def _accepted(self, reply: Reply, wanted: int) -> dict[str, Any] | None:
        """Return the cart, or note why there is none: this buyer wanted to buy and could not."""
        if reply.status == wanted:
            return _json(reply)
        code = code_of(reply)
        if code in _LOST_GOODS:
            self.company.tally.ended(SOLD_OUT)
        else:
            self.company.tally.ended(TRIED)
            self.company.tally.ended(f"not completed: {reply.status or 'no answer'} {code}".strip())
        return None

    def _method(self, cart: dict[str, Any]) -> str | None:
        offered = {row["key"] for row in cart["payment_methods"]}
        weights = self.company.scenario.payment[self.place.market]
        usable = {method: weight for method, weight in weights.items() if method in offered and weight}
        return Weighted(usable).draw(self.random) if usable else None

    def _complete(self, cart: dict[str, Any], method: str, *, leaves: bool) -> Steps:
        tally = self.company.tally
        if leaves and method == "invoice":
            tally.ended("left before payment")
            return
        body = {
            "method": method,
            "total_minor": cart["quote"]["total_minor"],
            "return_url": f"{self.company.plan.url}{self.place.prefix}/",
        }
        key, path = secrets.token_hex(16), f"/api/carts/{cart['id']}/complete"
        reply = yield from self._write("complete", "POST", path, body, _token(cart), key=key)
        done = _json(reply)
        step = done.get("step", "")
        if step == "awaiting_buyer" and leaves:
            yield from self._leave_the_bank(done)
            return
        if step and self.random.random() < self.company.scenario.repeat_share:
            again = yield from self._write("complete", "POST", path, body, _token(cart), key=key)
            self._compare(done, _json(again))
        if step == "awaiting_buyer":
            reply = yield from self._at_the_bank(cart, done)
        yield from self._ended(reply)

    def _compare(self, first: dict[str, Any], again: dict[str, Any]) -> None:
        """Expect one checkout, and one order when there is one, of the same request under the same key."""
        for name in ("checkout_id", "order_id"):
            if first.get(name) and again.get(name) and first[name] != again[name]:
                text = f"first {first[name]}, again {again[name]}"
                self.company.tally.break_("pressed twice, bought once", str(first["checkout_id"]), text)

    def _at_the_bank(self, cart: dict[str, Any], done: dict[str, Any]) -> Asked:
        """Pay on the gateway's page, and come back."""
        yield from self.thinking()
        form = _CARD if done["method"] == "card" else b"act=approve"
        url = str(done["redirect_url"])
        if done["method"] == "app_push":
            url = url.replace("/pay/", "/phone/")
        yield from self._page_of_gateway(url, form)
        path = f"/api/checkouts/{done['checkout_id']}"
        reply = yield from self._write("return", "POST", f"{path}/return", None, _token(cart))
        return reply

    def _leave_the_bank(self, done: dict[str, Any]) -> Steps:
        """Press "cancel", as half of them do, or close the page: those units wait for the deadline."""
        self.company.tally.ended("left at the bank")
        if self.random.random() < 0.5:  # noqa: PLR2004 - half
            yield from self._page_of_gateway(str(done["redirect_url"]), b"act=cancel")

    def _page_of_gateway(self, url: str, form: bytes) -> Steps:
        """Send a form of the gateway's page: only to an address that may be put under load."""
        try:
            require_ours(url, allowed=self.company.allowed)
        except (HostRefused, DeploymentAway) as refused:
            self.company.tally.break_("pays at a sandbox", urlsplit(url).hostname or "", refused.detail)
            return
        yield from self.asked(
            Send(kind="bank", method="POST", path="", url=url, headers=_FORM, body=form), patience_s=5.0
        )

    def _ended(self, reply: Reply) -> Steps:
        """Count how the try ended; who was told of an order asks for it, as the page that thanks does."""
        tally, done = self.company.tally, _json(reply)
        step, reason = str(done.get("step", "")), str(done.get("reason", ""))
        code = reason or code_of(reply)
        if code in _LOST_GOODS:
            tally.ended(SOLD_OUT)
            return
        tally.ended(TRIED)
        if step != COMPLETED:
            tally.ended(f"not completed: {step or reply.status or 'no answer'} {code}".strip())
            return
        placed = Placed(str(done["order_id"]), str(done["order_token"]), int(done["total_minor"]))
        tally.ended(COMPLETED)
        tally.at(int(reply.ended_s - self.company.began_s)).completed += 1
        tally.placed.append(placed)
        yield from self.order_of(placed)

    def order_of(self, placed: Placed) -> Steps:
        """Read an order: it exists, at the total that was told."""
        send = Send(
            kind="order",
            method="GET",
            path=f"/api/orders/{placed.order_id}",
            headers={"Springtide-Token": placed.token},
        )
        reply = yield from self.asked(send, patience_s=self.company.scenario.patience_s)
        if reply.is_failure:
            return
        if reply.status != _OK:
            text = f"the order answers {reply.status} {code_of(reply)}"
            self.company.tally.break_("every success has its order", placed.order_id, text)
        elif (found := int(_json(reply)["total_minor"])) != placed.total_minor:
            text = f"told {placed.total_minor}, the order says {found}"
            self.company.tally.break_("every success has its order", placed.order_id, text)
        self.company.tally.checked += 1

    def _write(
        self, kind: str, method: str, path: str, body: object, headers: dict[str, str], *, key: str = ""
    ) -> Asked:
        sent = {**headers, "Idempotency-Key": key or secrets.token_hex(16)}
        content = b""
        if body is not None:
            sent["Content-Type"] = "application/json"
            content = msgspec.json.encode(body)
        send = Send(kind=kind, method=method, path=path, headers=sent, body=content)
        reply = yield from self.asked(send, patience_s=self.company.scenario.patience_s)
        return reply


def _token(cart: dict[str, Any]) -> dict[str, str]:
    return {"Springtide-Token": str(cart["token"])}


def _address(place: Place) -> dict[str, str]:
    postcode = _POSTCODES.get(place.country, "10000")
    return {
        "name": "Rehearsal Buyer",
        "line1": "1 Test Street",
        "city": "Testing",
        "postcode": postcode,
        "country": place.country,
    }


def _json(reply: Reply) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}
