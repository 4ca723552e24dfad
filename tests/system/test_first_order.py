"""A guest buys over HTTP: search with a typo, two products, Dutch VAT, by bank redirect and by card."""

import asyncio
from email import message_from_bytes, policy

from system.buyer import Buyer
from system.shop import RunningShop

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/30", "cvc": "123"}


async def two_products(buyer: Buyer) -> list[tuple[str, int]]:
    """Search as people type: with a typo, in Dutch."""
    answer = await buyer.client.get("/api/products", params={"market": "NL", "locale": "nl", "q": "theelichthoder"})
    assert answer.status_code == 200, answer.text
    cards = answer.json()["cards"]
    assert any("theelicht" in card["name"].lower() for card in cards), [card["name"] for card in cards]
    return [(card["sku"], 2) for card in cards[:2]]


async def mail_to(shop: RunningShop, address: str, part: str) -> str:
    """Wait for a mail file to the address that says `part`."""
    for _ in range(200):
        for file in shop.mails.glob("[!.]*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            if address in mail["To"]:
                text = mail.get_body(("plain",)).get_content()
                if part in text or part in mail["Subject"]:
                    return f"{mail['Subject']}\n{text}"
        await asyncio.sleep(0.1)
    raise AssertionError(f"no mail to {address} with {part} among {list(shop.mails.glob('*'))}")


async def test_a_guest_buys_in_dutch_by_bank_redirect(shop: RunningShop, buyer: Buyer):
    buyer.email = f"bank-{shop.layout}@example.com"
    lines = await two_products(buyer)
    waiting = await buyer.buy("bank_redirect", *lines)
    assert waiting["step"] == "awaiting_buyer"
    assert waiting["redirect_url"].startswith(shop.sandbox_url)
    await buyer.pay_at_the_bank(waiting["redirect_url"], {"act": "approve"})
    done = await buyer.come_back(waiting["checkout_id"])
    assert done["step"] == "completed"
    await the_order_is_right(shop, buyer, done, lines)


async def test_a_guest_buys_in_dutch_by_card(shop: RunningShop, buyer: Buyer):
    buyer.email = f"card-{shop.layout}@example.com"
    lines = await two_products(buyer)
    waiting = await buyer.buy("card", *lines)
    assert waiting["step"] == "awaiting_buyer"
    await buyer.pay_at_the_bank(waiting["redirect_url"], CARD)
    done = await buyer.standing(waiting["checkout_id"])  # the webhook alone brings it home
    assert done["step"] == "completed"
    await the_order_is_right(shop, buyer, done, lines)


async def the_order_is_right(shop: RunningShop, buyer: Buyer, done: dict, lines: list[tuple[str, int]]) -> None:
    answer = await buyer.client.get(
        f"/api/orders/{done['order_id']}", headers={"Springtide-Token": done["order_token"]}
    )
    assert answer.status_code == 200, answer.text
    order = answer.json()
    assert [(line["sku"], line["ordered"]) for line in order["lines"]] == lines
    rows = [line["money"] for line in order["lines"]] + [row["money"] for row in order["shipping"]]
    assert {row["rate_bp"] for row in rows} == {2100}
    assert all(row["gross_minor"] == row["net_minor"] + row["tax_minor"] for row in rows)
    assert order["total_minor"] == sum(row["gross_minor"] for row in rows) == done["total_minor"]
    assert order["number"] in await mail_to(shop, buyer.email, order["number"])
    report = await shop.check()
    assert report.findings == []
    assert report.compared["orders and payments know the same sums"] >= 1


async def test_a_wrong_token_sees_nothing(shop: RunningShop, buyer: Buyer):
    done = await buyer.buy("invoice", ("85123A", 1))
    for token in ("", "x" * 32):
        answer = await buyer.client.get(f"/api/orders/{done['order_id']}", headers={"Springtide-Token": token})
        assert answer.status_code in {401, 404}
        assert answer.headers["content-type"] == "application/problem+json"
