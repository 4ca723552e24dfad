"""The watch, from end to end: a gateway is killed while people pay, and whoever is on duty hears of it twice over."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import msgspec
import pytest
from system.buyer import Buyer
from system.shop import ONE, running_shop

from springtide.platform.embedded.engines import Engines
from springtide.settings import Watch

SECRET = "a-secret-of-whoever-is-on-duty"
ON_DUTY = "duty@springtide.example"
_TOLD_WITHIN_S = 200
_PAYMENTS = 8


class Receiver:
    """Takes webhooks: (headers by lower-case name, body)."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    def firing(self, name: str) -> tuple[dict[str, str], bytes] | None:
        return next((one for one in self.got if msgspec.json.decode(one[1])["name"] == name), None)


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    found = Receiver()
    async with await asyncio.start_server(found.take, "127.0.0.1", 0) as server:
        yield found, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/alerts"


@pytest.mark.soak  # an alert has to hold for a minute
@pytest.mark.timeout(500)
async def test_a_killed_gateway_is_told_by_mail_and_webhook(engines: Engines) -> None:
    async with receiver() as (told, url):
        watch = Watch(mail_to=ON_DUTY, webhook_url=url, webhook_secret=SECRET)
        opened = running_shop(engines, ONE, watch=watch)
        shop = await asyncio.to_thread(opened.__enter__)
        try:
            async with httpx2.AsyncClient(base_url=shop.url, timeout=30) as client:
                buyers = [Buyer(client) for _ in range(_PAYMENTS)]
                for buyer in buyers:
                    await buyer.fill_cart(("85123A", 1))
                    await buyer.give_details()
                await asyncio.to_thread(shop.end_gateway)
                paying = (buyer.send("POST", _complete(buyer), buyer.purchase("card")) for buyer in buyers)
                await asyncio.gather(*paying)
            async with asyncio.timeout(_TOLD_WITHIN_S):
                while told.firing("gateway-down") is None or not _mails(shop.mails):  # noqa: ASYNC110 - another process tells
                    await asyncio.sleep(0.5)
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)
        headers, body = told.firing("gateway-down") or ({}, b"")
    when, _, mac = headers["springtide-signature"].removeprefix("t=").partition(",v1=")
    assert hmac.compare_digest(mac, hmac.new(SECRET.encode(), f"{when}.".encode() + body, hashlib.sha256).hexdigest())
    alert = msgspec.json.decode(body)
    assert (alert["state"], alert["subject"], alert["level"]) == ("firing", "sandbox", "critical")
    assert _is_a_page(alert["runbook"])


def _complete(buyer: Buyer) -> str:
    return f"/api/carts/{buyer.cart['id']}/complete"


def _mails(folder: Path) -> list[Path]:
    mails = folder.glob("*.eml")
    return [mail for mail in mails if ON_DUTY in (text := mail.read_text()) and "payments started at sandbox" in text]


def _is_a_page(runbook: str) -> bool:
    return Path(runbook).is_file()
