"""A buyer over HTTP: impatient, forgetful of answers that never came, and repeating with the same key."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx2

FINAL = frozenset({"completed", "refused", "declined", "expired", "undone"})
ADDRESSES = {
    "NL": {"name": "Anna de Vries", "line1": "Oudegracht 1", "city": "Utrecht", "postcode": "3511 AB", "country": "NL"},
    "GB": {"name": "Ann Smith", "line1": "1 High Street", "city": "Bristol", "postcode": "BS1 4DB", "country": "GB"},
    "SE": {"name": "Anna Berg", "line1": "Storgatan 1", "city": "Lund", "postcode": "223 50", "country": "SE"},
}


CONFLICT = 409


class SoldOut(Exception):
    """The shop refuses a cart with what it knows to be sold out."""


def new_key() -> str:
    return secrets.token_hex(16)


@dataclass
class Buyer:
    """One buyer with one cart. `refusals` and `statuses` remember what was answered."""

    client: httpx2.AsyncClient
    market: str = "NL"
    locale: str = "nl"
    email: str = "anna@example.com"
    cart: dict[str, Any] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)

    async def send(self, method: str, path: str, body: object = None, *, key: str | None = None) -> httpx2.Response:
        headers = {"Idempotency-Key": key or new_key()} if method != "GET" else {}
        if self.cart:
            headers["Springtide-Token"] = self.cart["token"]
        answer = await self.client.request(method, path, json=body, headers=headers)
        self.statuses.append(answer.status_code)
        return answer

    async def insist(self, method: str, path: str, body: object = None, *, patience_s: float = 40) -> httpx2.Response:
        """Repeat with the same key until somebody gives a final answer: what a good client does."""
        key = new_key()
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            try:
                answer = await self.send(method, path, body, key=key)
                if answer.status_code not in {202, 503}:
                    return answer
            except httpx2.TransportError:
                self.statuses.append(0)
            assert asyncio.get_running_loop().time() < deadline, f"no final answer: {self.statuses[-20:]}"
            await asyncio.sleep(0.1)

    async def fill_cart(self, *lines: tuple[str, int], patience_s: float = 15) -> None:
        """Make a cart; what is sold out is tried again for a while. Pages hear of new stock
        within a second, and up to some seconds later when the relay was killed and has to be started again.
        """
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        body = {"market": self.market, "locale": self.locale, "lines": wanted}
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            answer = await self.insist("POST", "/api/carts", body)
            if answer.status_code != CONFLICT or asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.1)
        if answer.status_code == CONFLICT and answer.json()["code"] == "sold_out":
            raise SoldOut
        assert answer.status_code == 201, answer.text
        self.cart = answer.json()

    async def give_details(self, *, shipping: str = "standard", address: dict[str, str] | None = None) -> None:
        body = {
            "contact": {"email": self.email, "phone": ""},
            "delivery": {"shipping_method": shipping, "address": address or ADDRESSES[self.market]},
        }
        answer = await self.insist("PUT", f"/api/carts/{self.cart['id']}/details", body)
        assert answer.status_code == 200, answer.text
        self.cart = answer.json()

    def purchase(self, method: str) -> dict[str, Any]:
        return {
            "method": method,
            "total_minor": self.cart["quote"]["total_minor"],
            "return_url": f"{self.client.base_url}/return/{{checkout_id}}",
        }

    async def complete(self, method: str) -> dict[str, Any]:
        answer = await self.insist("POST", f"/api/carts/{self.cart['id']}/complete", self.purchase(method))
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done

    async def buy(self, method: str, *lines: tuple[str, int]) -> dict[str, Any]:
        await self.fill_cart(*lines)
        await self.give_details()
        return await self.complete(method)

    async def standing(
        self, checkout_id: str, *, wanted: frozenset[str] = FINAL, patience_s: float = 40
    ) -> dict[str, Any]:
        """Ask until the purchase stands at one of the wanted steps."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            answer = await self.insist("GET", f"/api/checkouts/{checkout_id}")
            assert answer.status_code == 200, answer.text
            done: dict[str, Any] = answer.json()
            if done["step"] in wanted:
                return done
            assert asyncio.get_running_loop().time() < deadline, f"it stays at {done['step']}"
            await asyncio.sleep(0.1)

    async def pay_at_the_bank(self, redirect_url: str, form: dict[str, str]) -> None:
        """Send a form of the gateway's own page, without going back to the shop."""
        answer = await self.client.post(redirect_url, data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text

    async def come_back(self, checkout_id: str) -> dict[str, Any]:
        answer = await self.insist("POST", f"/api/checkouts/{checkout_id}/return")
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done
