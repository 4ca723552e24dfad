"""Buyers as they are: impatient, repeating with the same key, leaving the bank's page, coming back late.

Each buyer decides by a generator of its own, made from the drill's seed, so that a seed gives the same buyers.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from springtide.platform.http_client import HttpAnswer, HttpClient, OutboundError
from springtide.rehearsal.drill.goods import COUNTRY, LOCALE, MARKET, SCARCE, SKUS, VOUCHER
from springtide.rehearsal.drill.record import Purchase, Record

FINAL = frozenset({"completed", "refused", "declined", "expired", "undone"})
_AGAIN = frozenset({202, 429, 503})
_PATIENCE_S = 14.0
_LONG_PATIENCE_S = 45.0
_PAUSE_S = (0.05, 0.4)
_CREATED, _OK, _SEE_OTHER, _SERVER_ERRORS = 201, 200, 303, 500
_FIRST_KNOCK_S = 0.15
_CARDS = {"4242424242424242": 6, "4000000000003220": 3, "4000000000000002": 1, "4000000000009995": 1}
_METHODS = {"invoice": 4, "card": 4, "bank_redirect": 3}
_ADDRESS = {"name": "Anna de Vries", "line1": "Oudegracht 1", "city": "Utrecht", "postcode": "3511 AB"}
_FORM = {"content-type": "application/x-www-form-urlencoded"}


class NoAnswerInTime(Exception):
    """The buyer ran out of patience: what became of the request is not known to them."""


class Refused(Exception):
    """The shop said no, by name."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.code = code


@dataclass(slots=True)
class Market:
    """What all buyers share: the two places they go to, and what is written down. `closes` ends the last visits."""

    shop: HttpClient
    bank: HttpClient
    shop_url: str
    record: Record
    closes: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Buyer:
    """One person who buys again and again, as a guest each time."""

    number: int
    random: Random
    market: Market

    async def shop_until_closed(self) -> None:
        """Buy, rest a little, buy again; a refusal or a lost answer is not the end."""
        while not self.market.closes.is_set():
            try:
                await self.buy_once()
            except NoAnswerInTime:
                self.market.record.gave_up += 1
            except Refused as refusal:
                self.market.record.refused[refusal.code] += 1
            await asyncio.sleep(self.random.uniform(*_PAUSE_S))

    async def buy_once(self) -> None:
        """Fill a cart, give the details, complete, and go to the bank when asked to."""
        cart = await self._cart()
        total_minor = int(cart["quote"]["total_minor"])
        method = _pick(self.random, _METHODS)
        lines = tuple((line["sku"], int(line["quantity"])) for line in cart["lines"])
        body = {"method": method, "total_minor": total_minor, "return_url": f"{self.market.shop_url}/"}
        purchase = Purchase(
            buyer=self.number,
            method=method,
            lines=lines,
            total_minor=total_minor,
            currency=str(cart["quote"]["currency"]),
            cart_id=str(cart["id"]),
            token=str(cart["token"]),
            asked=(body, self._key()),
        )
        self.market.record.purchases.append(purchase)
        try:
            answer = await self._complete(purchase)
        except Refused as refusal:
            purchase.told.append(refusal.code)
            raise
        step = self._hear(purchase, answer)
        await self._maybe_repeat(purchase, answer)
        if step == "awaiting_buyer":
            await self._at_the_bank(purchase, str(answer["redirect_url"]))

    async def _cart(self) -> dict[str, Any]:
        lines = [{"sku": sku, "quantity": self.random.choice((1, 1, 2))} for sku in self._skus()]
        body = {"market": MARKET, "locale": LOCALE, "lines": lines}
        cart = await self._insist("POST", "/api/carts", body, key=self._key())
        details = {
            "contact": {"email": f"buyer{self.number}@example.com", "phone": ""},
            "delivery": {"shipping_method": "standard", "address": {**_ADDRESS, "country": COUNTRY}},
            "vouchers": [VOUCHER] if self.random.random() < 0.2 else [],  # noqa: PLR2004 - every fifth knows the code
        }
        return await self._insist(
            "PUT", f"/api/carts/{cart['id']}/details", details, key=self._key(), token=str(cart["token"])
        )

    def _skus(self) -> list[str]:
        wanted = self.random.sample(SKUS, self.random.choice((1, 1, 2, 3)))
        if self.random.random() < 0.3:  # noqa: PLR2004 - nearly every third comes for what is nearly gone
            wanted = [self.random.choice(tuple(SCARCE)), *(sku for sku in wanted if sku not in SCARCE)]
        return wanted

    async def _complete(self, purchase: Purchase, *, patience_s: float = _PATIENCE_S) -> dict[str, Any]:
        body, key = purchase.asked
        path = f"/api/carts/{purchase.cart_id}/complete"
        return await self._insist("POST", path, body, key=key, token=purchase.token, patience_s=patience_s)

    async def _maybe_repeat(self, purchase: Purchase, first: dict[str, Any]) -> None:
        """Press the button twice, as some do: the same request under the same key has the same answer."""
        if self.random.random() > 0.25:  # noqa: PLR2004 - every fourth
            return
        self.market.record.repeats += 1
        again = await self._complete(purchase)
        if again != first:
            text = f"first {first['step']} {first['reason']}, again {again['step']} {again['reason']}"
            self.market.record.broken.append(("same key, same answer", str(first["checkout_id"]), text))

    async def _at_the_bank(self, purchase: Purchase, address: str) -> None:
        """Pay, cancel, or leave; then come back, or look from afar, or never."""
        mood = self.random.random()
        if mood < 0.08:  # noqa: PLR2004 - closes the page for good
            return
        await asyncio.sleep(self.random.uniform(0.05, 0.5))
        await self._act_at_the_bank(purchase, address, cancels=mood < 0.16)  # noqa: PLR2004 - thinks better of it
        mood = self.random.random()
        if mood < 0.15:  # noqa: PLR2004 - closes the page after paying
            return
        if mood < 0.3:  # noqa: PLR2004 - comes back late
            await asyncio.sleep(self.random.uniform(1, 4))
        if mood < 0.7:  # noqa: PLR2004 - the browser brings most of them back
            self._hear(purchase, await self._insist_on(purchase, "POST", "/return"))
        await self._until_final(purchase)

    async def _act_at_the_bank(self, purchase: Purchase, address: str, *, cancels: bool) -> None:
        form = "act=cancel" if cancels else "act=approve"
        if purchase.method == "card" and not cancels:
            form = f"number={_pick(self.random, _CARDS)}&expiry=12%2F30&cvc=123"
        answer = await self._knock_at_the_bank(address, form)
        if answer is not None and answer.status == _OK:  # the bank asks whether it is really you
            answer = await self._knock_at_the_bank(address, "act=approve")
        if answer is not None and answer.status == _SEE_OTHER:
            query = parse_qs(urlsplit(answer.headers["location"]).query)
            purchase.payment_id = query["payment"][0]

    async def _knock_at_the_bank(self, address: str, form: str) -> HttpAnswer | None:
        for _ in range(20):
            try:
                return await self.market.bank.request("POST", address, headers=_FORM, content=form.encode())
            except OutboundError:
                await asyncio.sleep(0.3)
        return None

    async def _until_final(self, purchase: Purchase) -> None:
        """Look again and again where it stands, for a while."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            if self._hear(purchase, await self._insist_on(purchase, "GET", "")) in FINAL:
                return
            await asyncio.sleep(0.3)
        raise NoAnswerInTime

    async def ask_where_it_stands(self, purchase: Purchase) -> str:
        """Look once more, long after; who never heard anything sends the same request again. Return the step."""
        if not purchase.checkout_id:
            self._hear(purchase, await self._complete(purchase, patience_s=_LONG_PATIENCE_S))
        return self._hear(purchase, await self._insist_on(purchase, "GET", "", patience_s=_LONG_PATIENCE_S))

    async def _insist_on(
        self, purchase: Purchase, method: str, suffix: str, *, patience_s: float = _PATIENCE_S
    ) -> dict[str, Any]:
        path = f"/api/checkouts/{purchase.checkout_id}{suffix}"
        return await self._insist(method, path, token=purchase.token, patience_s=patience_s)

    def _hear(self, purchase: Purchase, answer: dict[str, Any]) -> str:
        return self.market.record.hear(purchase, answer)

    async def _insist(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        token: str = "",
        patience_s: float = _PATIENCE_S,
    ) -> dict[str, Any]:
        """Send again with the same key until there is a final answer. `NoAnswerInTime`, `Refused`."""
        headers = {"content-type": "application/json"}
        headers |= {"idempotency-key": key} if key else {}
        headers |= {"springtide-token": token} if token else {}
        content = msgspec.json.encode(body) if body is not None else None
        loop = asyncio.get_running_loop()
        deadline, pause_s = loop.time() + patience_s, _FIRST_KNOCK_S
        while loop.time() < deadline:
            try:
                answer = await self.market.shop.request(method, path, headers=headers, content=content)
            except OutboundError as error:
                self.market.record.answers[type(error).__name__] += 1
            else:
                self.market.record.answers[str(answer.status)] += 1
                if answer.status not in _AGAIN:
                    return self._final(method, path, answer)
            await asyncio.sleep(pause_s * self.random.uniform(0.8, 1.2))
            pause_s = min(pause_s * 1.5, 1.5)
        raise NoAnswerInTime

    def _final(self, method: str, path: str, answer: HttpAnswer) -> dict[str, Any]:
        said: dict[str, Any] = answer.json() if answer.body else {}
        if answer.status in {_OK, _CREATED}:
            return said
        if answer.status >= _SERVER_ERRORS:
            text = f"{method} {path}: {answer.status} {said.get('code', '')} {said.get('detail', '')}"
            self.market.record.broken.append(("no answer but a clear one", path, text))
        raise Refused(answer.status, str(said.get("code", answer.status)))

    def _key(self) -> str:
        return f"{self.random.getrandbits(128):032x}"


def _pick(random: Random, weights: Mapping[str, int]) -> str:
    return random.choices(tuple(weights), tuple(weights.values()))[0]
