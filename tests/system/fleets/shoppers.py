"""Locust's users of the rolling restart: they browse and buy, repeat nothing, and report what was not answered well."""

import secrets

from locust import FastHttpUser, constant, task

ADDRESS = {"name": "Anna de Vries", "line1": "Oudegracht 1", "city": "Utrecht", "postcode": "3511 AB", "country": "NL"}
DETAILS = {"contact": {"email": "a@b.nl"}, "delivery": {"shipping_method": "standard", "address": ADDRESS}}
SKU = "85123A"


class Shopper(FastHttpUser):
    """Looks at pages most of the time and buys one thing by invoice now and then."""

    wait_time = constant(0.05)

    @task(8)
    def browse(self) -> None:
        """Open the shop and search."""
        self.client.get("/nl-nl/")
        self.client.get("/api/products?market=NL&locale=nl&q=theelicht", name="/api/products")

    @task(1)
    def buy(self) -> None:
        """Buy: three writes, each with a key of its own, none of them repeated."""
        cart = self._sent(
            "POST", "/api/carts", {"market": "NL", "locale": "nl", "lines": [{"sku": SKU, "quantity": 1}]}
        )
        if cart is None:
            return
        path, token = f"/api/carts/{cart['id']}", cart["token"]
        quoted = self._sent("PUT", f"{path}/details", DETAILS, token)
        if quoted is None:
            return
        total = quoted["quote"]["total_minor"]
        done = self._sent("POST", f"{path}/complete", {"method": "invoice", "total_minor": total}, token)
        if done is not None and done["step"] != "completed":
            self.environment.events.request.fire(
                request_type="STEP", name="completed", response_time=0, response_length=0, exception=ValueError(done)
            )

    def _sent(self, method: str, path: str, body: dict, token: str = "") -> dict | None:
        headers = {"Idempotency-Key": secrets.token_hex(12), **({"Springtide-Token": token} if token else {})}
        name = "/api/carts" if not token else f"/api/carts/…/{path.rpartition('/')[2]}"
        with self.client.request(method, path, json=body, headers=headers, name=name, catch_response=True) as answer:
            if answer.status_code not in {200, 201}:
                answer.failure(f"{answer.status_code} {answer.text}")
                return None
            return answer.json()
