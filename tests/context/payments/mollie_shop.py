"""A shop with one Mollie profile: payments in a fresh database, the webhooks channel on a port of its own, the fake."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
import uvicorn

from springtide.bootstrap import Node
from springtide.channels.browse.desk import Desk
from springtide.channels.browse.reader import Browse
from springtide.channels.webhooks import create_app
from springtide.contexts.payments import jobs
from springtide.contexts.payments.service.tools import Tools
from springtide.contracts.payments.api import Attempt, AttemptState, PaymentsApi
from springtide.platform.caller import system
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from springtide.sandbox.web import Receive, Scope, Send
from springtide.settings import Gateway
from tests.conftest import NodeWith
from tests.context.payments.till import until
from tests.fakes.mollie_books import Payment
from tests.fakes.mollie_fake import MollieFake
from tests.fakes.serving import served

CALLER = system("test")
MARK_SECRET = "marks-webhook-addresses"
RETURN_URL = "http://127.0.0.1:9/return"


class Shop:
    """Shorthand for the contract, and somebody who plays the buyer."""

    def __init__(self, node: Node, fake: MollieFake, browser: httpx2.AsyncClient, origin: str) -> None:
        self.node, self.fake, self.browser, self.origin = node, fake, browser, origin
        self.api = node.ask(PaymentsApi)

    @property
    def tools(self) -> Tools:
        service: Any = self.node.built["payments"].api
        tools: Tools = service._tools
        return tools

    async def start(self, **changes: Any) -> Attempt:
        """Start a card payment of 34.90 EUR in the Netherlands."""
        wanted: dict[str, Any] = {
            "attempt_id": uuid7(),
            "checkout_id": uuid7(),
            "market": "NL",
            "method": "card",
            "amount_minor": 3490,
            "currency": "EUR",
            "return_url": RETURN_URL,
            "locale": "nl",
            "country": "NL",
            "expires_after_s": 900,
            **changes,
        }
        return await self.api.start(caller=CALLER, key=new_key(), **wanted)

    async def pick(self, url: str, final_state: str) -> str:
        """Act as the buyer on Mollie's page; gives where the browser is sent."""
        page = await self.browser.get(url)
        assert page.status_code == 200, page.text
        assert f'value="{final_state}"' in page.text
        answer = await self.browser.post(url, data={"final_state": final_state})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def refresh(self, attempt: Attempt) -> Attempt:
        """The buyer is back."""
        return await self.api.refresh(caller=CALLER, attempt_id=attempt.id)

    async def now(self, attempt: Attempt) -> Attempt:
        return await self.api.get_attempt(caller=CALLER, attempt_id=attempt.id)

    async def close(self, attempt: Attempt) -> Attempt:
        return await self.api.close(caller=CALLER, key=new_key(), attempt_id=attempt.id, reason="test")

    async def undo(self, attempt: Attempt) -> Attempt:
        return await self.api.undo(caller=CALLER, key=new_key(), attempt_id=attempt.id, reason="sold out")

    async def capture(self, attempt: Attempt, amount_minor: int | None = None) -> None:
        await self.api.capture(
            caller=CALLER,
            key=new_key(),
            checkout_id=attempt.checkout_id,
            amount_minor=amount_minor,
            reason="shipped",
        )

    async def refund(self, attempt: Attempt, amount_minor: int) -> None:
        await self.api.refund(
            caller=CALLER,
            key=new_key(),
            checkout_id=attempt.checkout_id,
            amount_minor=amount_minor,
            reason="returned",
            cause="adjustment",
        )

    async def becomes(self, attempt: Attempt, is_wanted: Callable[[Attempt], bool] | AttemptState) -> Attempt:
        """Let payments' own loops turn until the attempt is as wanted."""

        async def look() -> Attempt | None:
            await jobs.look_at_due_attempts(self.tools)
            await jobs.run_due_operations(self.tools)
            await jobs.work_off_due_messages(self.tools)
            found = await self.now(attempt)
            is_there = found.state is is_wanted if isinstance(is_wanted, AttemptState) else is_wanted(found)
            return found if is_there else None

        return await until(look)

    async def told(self, attempt: Attempt, state: AttemptState) -> Attempt:
        """Wait, without looking at Mollie, until its messages have brought the attempt there."""

        async def look() -> Attempt | None:
            found = await self.now(attempt)
            return found if found.state is state else None

        return await until(look)

    async def ledger(self, attempt: Attempt) -> list[tuple[str, int]]:
        """What moved, in our books."""
        payment = await self.api.payment(caller=CALLER, checkout_id=attempt.checkout_id)
        return [(str(row.kind), row.amount_minor) for row in payment.ledger]

    def at_mollie(self, attempt: Attempt) -> Payment:
        """The payment as Mollie keeps it."""
        return self.fake.payment(str(attempt.id))

    def moved(self, attempt: Attempt) -> list[tuple[str, int]]:
        """What moved, in Mollie's own ledger."""
        ours = self.at_mollie(attempt).id
        return [(one.kind, one.amount_minor) for one in self.fake.books.movements if one.payment_id == ours]

    async def check(self) -> list[tuple[str, str]]:
        """Differences between the books: rule and detail."""
        return [(finding.rule, finding.detail) for finding in await self.api.check(caller=CALLER)]

    def webhook_of(self, attempt: Attempt) -> str:
        """The address that Mollie was given for a payment."""
        return str(self.at_mollie(attempt).body["webhookUrl"])

    def takes_webhooks_at(self, url: str) -> bool:
        return url.startswith(f"{self.origin}/webhooks/mollie?") and urlsplit(url).query != ""


class _Quiet(uvicorn.Server):
    """A server that leaves signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class MollieServer:
    """One server for many tests: each has a profile of its own behind the same address."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.fake = MollieFake(origin=origin)

    def fresh(self) -> MollieFake:
        """A profile without payments; whatever the former one still has to tell is told no more."""
        self.fake.courier.mode = "never"
        self.fake = MollieFake(origin=self.origin)
        return self.fake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.fake(scope, receive, send)


@contextlib.contextmanager
def mollie_server() -> Iterator[MollieServer]:
    """Serve Mollie's fake."""
    made: list[MollieServer] = []

    def make(origin: str) -> MollieServer:
        made.append(MollieServer(origin))
        return made[0]

    with served(make):
        yield made[0]


@contextlib.asynccontextmanager
async def mollie_shop(node_with: NodeWith, fake: MollieFake) -> AsyncIterator[Shop]:
    """A shop, Mollie, and the door between them, all on this machine."""
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        profile = Gateway(
            name="mollie",
            provider="mollie",
            url=fake.origin,
            api_key=fake.api_key,
            webhook_secret=MARK_SECRET,
            markets={"NL": ("bank_redirect", "card")},
        )
        node = await node_with("payments", gateways=(profile,), public_url=origin)
        await stack.enter_async_context(_door(node, listener, origin))
        browser = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False, timeout=20))
        yield Shop(node, fake, browser, origin)


@contextlib.asynccontextmanager
async def _door(node: Node, listener: socket.socket, origin: str) -> AsyncIterator[None]:
    """The webhooks channel in this loop, where the node lives."""
    desk = Desk(ask=node.ask, browse=cast("Browse", None), public_url=origin, default_market="NL")
    config = uvicorn.Config(create_app(desk), access_log=False, log_level="warning", timeout_graceful_shutdown=1)
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))

    async def started() -> bool | None:
        return server.started or None

    await until(started)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
