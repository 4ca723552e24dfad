"""Time and messages: lets due things happen and delivers signed webhooks, at least once, with growing pauses."""

import asyncio
import sqlite3
import time

import msgspec

from springtide.platform.http_client import HttpClient, OutboundError
from springtide.sandbox import books
from springtide.sandbox.gateway import Gateway
from springtide.sandbox.keys import sign

LONGEST_NAP_S = 0.5
DELIVERIES_AT_ONCE = 32
DELIVERY_DEADLINE_S = 5.0
PAUSES_S = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
ATTEMPTS_LIMIT = 200


class _Webhook(msgspec.Struct, frozen=True):
    seq: int
    account: str
    url: str
    body: bytes
    attempts: int


class Background:
    """One loop for timers and webhooks; ``flush`` delivers what is due right now and waits for it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._client = HttpClient(base_url="", deadline_s=DELIVERY_DEADLINE_S)
        self._wake = asyncio.Event()
        self._under_way: set[int] = set()
        self._deliveries: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look now: something was written that may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._wake.clear()
                await self._turn()
                await self._nap()
        finally:
            for task in self._deliveries:
                task.cancel()
            await asyncio.gather(*self._deliveries, return_exceptions=True)
            await self._client.close()

    async def flush(self) -> None:
        """Deliver every due webhook once and wait for the answers."""
        await asyncio.gather(*await self._turn())

    async def _turn(self) -> list[asyncio.Task[None]]:
        await self._gateway.ledger.run(self._gateway.pass_time)
        due = await self._gateway.ledger.run(self._due)
        return [self._start(webhook) for webhook in due if webhook.seq not in self._under_way]

    async def _nap(self) -> None:
        due_at = await self._gateway.ledger.run(books.next_due_at)
        until_due = LONGEST_NAP_S if due_at is None else max(due_at - self._gateway.now(), 0.01)
        try:
            async with asyncio.timeout(min(until_due, LONGEST_NAP_S)):
                await self._wake.wait()
        except TimeoutError:
            return

    def _due(self, cx: sqlite3.Connection) -> list[_Webhook]:
        rows = cx.execute(
            "SELECT seq, account, url, body, attempts FROM webhooks WHERE copies_left > 0 AND due_at <= ?"
            " ORDER BY due_at, seq LIMIT ?",
            (self._gateway.now(), DELIVERIES_AT_ONCE - len(self._under_way)),
        )
        return [_Webhook(*row) for row in rows]

    def _start(self, webhook: _Webhook) -> asyncio.Task[None]:
        self._under_way.add(webhook.seq)
        task = asyncio.create_task(self._deliver(webhook))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)
        return task

    async def _deliver(self, webhook: _Webhook) -> None:
        secret = self._gateway.accounts[webhook.account].webhook_secret
        signature = sign(webhook_secret=secret, body=webhook.body, at_s=int(time.time()))
        headers = {"content-type": "application/json", "sandbox-signature": signature}
        try:
            answer = await self._client.request("POST", webhook.url, headers=headers, content=webhook.body)
            outcome, is_delivered = str(answer.status), answer.is_success
        except OutboundError as error:
            outcome, is_delivered = str(error), False
        try:
            await self._gateway.ledger.run(lambda cx: self._record(cx, webhook, outcome, is_delivered=is_delivered))
        finally:
            self._under_way.discard(webhook.seq)
        self.wake()

    def _record(self, cx: sqlite3.Connection, webhook: _Webhook, outcome: str, *, is_delivered: bool) -> None:
        attempts = webhook.attempts + 1
        pause_s = 0.0 if is_delivered else PAUSES_S[min(attempts, len(PAUSES_S)) - 1]
        is_given_up = not is_delivered and attempts >= ATTEMPTS_LIMIT
        cx.execute(
            "UPDATE webhooks SET attempts = ?, last_answer = ?, due_at = ?,"
            " copies_left = CASE WHEN ? THEN 0 WHEN ? THEN copies_left - 1 ELSE copies_left END WHERE seq = ?",
            (attempts, outcome[:200], self._gateway.now() + pause_s, is_given_up, is_delivered, webhook.seq),
        )
