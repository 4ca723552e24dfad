"""A till for tests: payments in a fresh database, sandboxes as its gateways, and somebody who plays the buyer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import psycopg

from springtide.bootstrap import Node
from springtide.contexts.payments import jobs
from springtide.contexts.payments.service.tools import Tools
from springtide.contracts.common import Finding
from springtide.contracts.payments.api import Attempt, Operation, Payment, PaymentsApi
from springtide.platform.caller import Caller, system
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from springtide.sandbox.gateway import Gateway
from springtide.sandbox.keys import AccountKeys
from tests.fakes.serving import Mailbox

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/30", "cvc": "123"}
TABLES = ("attempt", "ledger", "operation", "message", "outbox", "audit")
DEADLINE_S = 20.0
Found = TypeVar("Found")


@dataclass
class Till:
    """Shorthand for the contract: what a test does not talk about is filled in."""

    node: Node
    sandbox: httpx2.AsyncClient
    gateway: Gateway
    mailbox: Mailbox
    keys: dict[str, AccountKeys]
    caller: Caller = field(default_factory=lambda: system("test"))

    @property
    def api(self) -> PaymentsApi:
        return self.node.ask(PaymentsApi)

    @property
    def tools(self) -> Tools:
        service: Any = self.node.built["payments"].api
        tools: Tools = service._tools
        return tools

    async def start(self, *, scenario: dict[str, Any] | None = None, **changes: Any) -> Attempt:
        """Start an attempt; without a scenario the buyer approves at once."""
        wanted: dict[str, Any] = {
            "attempt_id": uuid7(),
            "checkout_id": uuid7(),
            "market": "NL",
            "method": "card",
            "amount_minor": 3490,
            "currency": "EUR",
            "return_url": "http://127.0.0.1:9/return",
            "locale": "nl",
            "country": "NL",
            "expires_after_s": 900,
            **changes,
        }
        if wanted["method"] != "invoice":
            chosen = {"buyer": "approves", "webhook": "never"} if scenario is None else scenario
            await self.plan(wanted["attempt_id"], chosen)
        return await self.api.start(caller=self.caller, key=new_key(), **wanted)

    async def plan(self, attempt_id: UUID, scenario: dict[str, Any]) -> None:
        for account in self.accounts():
            match = {"merchant_reference": str(attempt_id)}
            await self.admin("scenarios", {"account": account, "scenario": scenario, "match": match})

    def accounts(self) -> list[str]:
        return [keys.account for keys in self.keys.values()]

    @contextmanager
    def later_at_the_gateway(self, seconds: float) -> Iterator[None]:
        """Move the sandbox's clock on while the block lasts: other tests have the same sandbox."""
        self.gateway.clock_offset_s += seconds
        try:
            yield
        finally:
            self.gateway.clock_offset_s -= seconds

    async def outage(self, gateway: str, *, on: bool) -> None:
        await self.admin("outage", {"account": self.keys[gateway].account, "on": on})

    async def admin(self, path: str, body: object) -> Any:
        answer = await self.sandbox.post(f"/admin/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def at_gateway(self, attempt: Attempt, account: str = "north") -> dict[str, Any]:
        """The payment as the sandbox keeps it."""
        headers = {"authorization": f"Bearer {self.keys[account].api_key}"}
        found = await self.sandbox.get(f"/v1/payments?merchant_reference={attempt.id}", headers=headers)
        payment: dict[str, Any] = found.json()
        return payment

    async def gateway_entries(self, attempt: Attempt, account: str = "north") -> list[tuple[str, int]]:
        """What moved, in the sandbox's own ledger."""
        headers = {"authorization": f"Bearer {self.keys[account].api_key}"}
        found: list[tuple[str, int]] = []
        after = 0
        while True:
            listing = (await self.sandbox.get(f"/v1/ledger?after={after}", headers=headers)).json()
            if not listing["entries"]:
                return found
            ours = [entry for entry in listing["entries"] if entry["merchant_reference"] == str(attempt.id)]
            found += [(entry["kind"], entry["amount_minor"]) for entry in ours]
            after = listing["next_after"]

    async def our_entries(self, attempt: Attempt) -> list[tuple[str, int]]:
        """What moved, in our ledger."""
        payment = await self.payment(attempt)
        return [(str(row.kind), row.amount_minor) for row in payment.ledger if row.attempt_id == attempt.id]

    async def payment(self, attempt: Attempt) -> Payment:
        return await self.api.payment(caller=self.caller, checkout_id=attempt.checkout_id)

    async def now(self, attempt: Attempt) -> Attempt:
        return await self.api.get_attempt(caller=self.caller, attempt_id=attempt.id)

    async def refresh(self, attempt: Attempt) -> Attempt:
        return await self.api.refresh(caller=self.caller, attempt_id=attempt.id)

    async def undo(self, attempt: Attempt, reason: str = "sold out meanwhile") -> Attempt:
        return await self.api.undo(caller=self.caller, key=new_key(), attempt_id=attempt.id, reason=reason)

    async def close(self, attempt: Attempt) -> Attempt:
        return await self.api.close(caller=self.caller, key=new_key(), attempt_id=attempt.id, reason="test")

    async def capture(self, attempt: Attempt, amount_minor: int | None = None, key: str = "") -> Operation:
        return await self.api.capture(
            caller=self.caller,
            key=key or new_key(),
            checkout_id=attempt.checkout_id,
            amount_minor=amount_minor,
            reason="shipped",
        )

    async def refund(self, attempt: Attempt, amount_minor: int, cause: str = "adjustment-1") -> Operation:
        return await self.api.refund(
            caller=self.caller,
            key=new_key(),
            checkout_id=attempt.checkout_id,
            amount_minor=amount_minor,
            reason="returned",
            cause=cause,
        )

    async def check(self) -> tuple[Finding, ...]:
        return await self.api.check(caller=self.caller)

    async def pay(self, attempt: Attempt, form: dict[str, str] | None = None) -> httpx2.Response:
        """Act on the gateway's page."""
        return await self.sandbox.post(attempt.redirect_url, data=form or CARD)

    async def message_about(self, attempt: Attempt, kind: str) -> tuple[dict[str, str], bytes]:
        """The sandbox's message of a kind about this attempt."""

        def is_wanted(body: bytes) -> bool:
            return str(attempt.id).encode() in body and f'"type":"{kind}"'.encode() in body

        return (await self.mailbox.wait_for(is_wanted))[0]

    async def deliver(self, message: tuple[dict[str, str], bytes], gateway: str = "north") -> None:
        await self.api.webhook(caller=self.caller, gateway=gateway, headers=message[0], body=message[1])

    async def until(self, attempt: Attempt, is_wanted: Callable[[Attempt], bool]) -> Attempt:
        """Let payments' own loops turn until the attempt is as wanted."""

        async def look() -> Attempt | None:
            await self.turn()
            found = await self.now(attempt)
            return found if is_wanted(found) else None

        return await until(look)

    async def turn(self) -> None:
        """One turn of every loop."""
        await jobs.look_at_due_attempts(self.tools)
        await jobs.run_due_operations(self.tools)
        await jobs.work_off_due_messages(self.tools)

    async def counts(self) -> dict[str, int]:
        """How many rows each table has: a refusal adds none."""
        return {table: (await self.fetch(f"select count(*) from payments.{table}"))[0][0] for table in TABLES}  # noqa: S608

    async def execute(self, statement: str, *params: object) -> None:
        """Do something to the tables behind the context's back."""
        async with await self._connect() as connection:
            await connection.execute(statement, params)

    async def fetch(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        async with await self._connect() as connection:
            return await (await connection.execute(statement, params)).fetchall()

    async def _connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        return await psycopg.AsyncConnection.connect(self.node.settings.database_url, autocommit=True)


async def until(look: Callable[[], Awaitable[Found | None]]) -> Found:
    """Look again until there is something, within a deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.05)
