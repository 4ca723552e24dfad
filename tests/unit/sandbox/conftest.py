"""A sandbox with two merchant accounts, a merchant that receives its messages, and a client for both."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from springtide.sandbox.app import create_app
from springtide.sandbox.keys import account_keys
from tests.fakes.serving import Mailbox, served

SECRET = "unit-secret"
NORTH = account_keys(secret=SECRET, account="north")
SOUTH = account_keys(secret=SECRET, account="south")


class Merchant:
    """Calls the sandbox as the account ``north`` and plays the buyer's browser."""

    def __init__(self, client: httpx2.AsyncClient, webhook_url: str) -> None:
        self.client, self.webhook_url = client, webhook_url

    async def start(self, *, key: str = "", account: str = NORTH.api_key, **changes: Any) -> httpx2.Response:
        reference = str(uuid4())
        body = {
            "merchant_reference": reference,
            "method": "card",
            "amount_minor": 3490,
            "currency": "EUR",
            "return_url": "http://127.0.0.1:9/return?checkout=1",
            "webhook_url": self.webhook_url,
        }
        return await self.post("/v1/payments", body | changes, key=key or reference, account=account)

    async def post(self, path: str, body: object, *, key: str, account: str = NORTH.api_key) -> httpx2.Response:
        headers = {"authorization": f"Bearer {account}", "idempotency-key": key}
        return await self.client.post(path, json=body, headers=headers)

    async def get(self, path: str, account: str = NORTH.api_key) -> httpx2.Response:
        return await self.client.get(path, headers={"authorization": f"Bearer {account}"})

    async def entries(self, payment_id: str) -> list[tuple[str, int]]:
        listing = (await self.get("/v1/ledger")).json()["entries"]
        return [(entry["kind"], entry["amount_minor"]) for entry in listing if entry["payment_id"] == payment_id]

    async def admin(self, path: str, body: object) -> None:
        answer = await self.client.post(f"/admin/{path}", json=body)
        assert answer.status_code < 300, answer.text


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def origins(mailbox: Mailbox, folder: Path) -> Iterator[tuple[str, str]]:
    accounts = {keys.account: keys for keys in (NORTH, SOUTH)}
    with (
        served(lambda _: mailbox) as mailbox_url,
        served(lambda origin: create_app(folder=folder, accounts=accounts, origin=origin)) as sandbox_url,
    ):
        yield sandbox_url, mailbox_url


@pytest_asyncio.fixture
async def merchant(origins: tuple[str, str]) -> AsyncIterator[Merchant]:
    async with httpx2.AsyncClient(base_url=origins[0], trust_env=False, timeout=20) as client:
        yield Merchant(client, f"{origins[1]}/webhooks")
