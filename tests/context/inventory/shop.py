"""Shorthand for inventory's contract."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from springtide.bootstrap import Node
from springtide.contracts.common import Quantity
from springtide.contracts.inventory.api import (
    Hold,
    InventoryApi,
    Location,
    StockLevel,
    StockRow,
    Supplier,
    Supply,
)
from springtide.platform.caller import Caller, system
from springtide.platform.exchange import Exchange
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key

SetClock = Callable[[Node, float], Awaitable[None]]
OPENED_AT = datetime(2011, 9, 1, tzinfo=UTC)
TABLES = ("stock", "ledger", "promise", "sku", "inbound", "outbox", "audit", "location", "supplier")


def record_trips(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return a list that grows by the names of the statements of every round trip of a batch."""
    trips: list[list[str]] = []

    ask = Exchange.ask

    async def recording(
        self: Exchange, asks: Sequence[tuple[str, Any]], **ends: Sequence[bytes]
    ) -> list[list[tuple[Any, ...]]]:
        trips.append([statement for statement, _ in asks])
        return await ask(self, asks, **ends)

    monkeypatch.setattr(Exchange, "ask", recording)
    return trips


@dataclass
class Shop:
    """Shorthand for the contract: what a test does not talk about is filled in."""

    node: Node
    caller: Caller = field(default_factory=lambda: system("test"))

    @property
    def api(self) -> InventoryApi:
        return self.node.ask(InventoryApi)

    async def open(self, *levels: StockLevel) -> None:
        for location in (
            Location(key="own", name="Own", external=False, ranks={"GB": 1, "NL": 2}),
            Location(key="ext", name="External", external=True, ranks={"GB": 2, "NL": 1, "SE": 1}),
        ):
            await self.api.put_location(caller=self.caller, key=new_key(), location=location)
        supplier = Supplier(key="acme", name="Acme", country="GB", lead_time_days=10)
        await self.api.put_supplier(caller=self.caller, key=new_key(), supplier=supplier)
        await self.stock_up(*levels)

    async def stock_up(self, *levels: StockLevel) -> int:
        return await self.api.import_stock(
            caller=self.caller, key=new_key(), batch="opening", levels=levels, at=OPENED_AT
        )

    async def hold(
        self, *lines: tuple[str, int], market: str = "GB", checkout_id: UUID | None = None, expires_after_s: int = 600
    ) -> Hold:
        return await self.api.hold(
            caller=self.caller,
            key=new_key(),
            checkout_id=checkout_id or uuid7(),
            market=market,
            lines=tuple(Quantity(sku=sku, quantity=quantity) for sku, quantity in lines),
            expires_after_s=expires_after_s,
        )

    async def claim(self, checkout_id: UUID) -> Hold:
        return await self.api.claim(caller=self.caller, key=new_key(), checkout_id=checkout_id)

    async def extend(self, checkout_id: UUID, expires_after_s: int = 600) -> Hold:
        return await self.api.extend(
            caller=self.caller, key=new_key(), checkout_id=checkout_id, expires_after_s=expires_after_s
        )

    async def release(self, checkout_id: UUID) -> None:
        await self.api.release(caller=self.caller, key=new_key(), checkout_id=checkout_id, reason="test")

    async def inbound(
        self,
        sku: str,
        quantity: int,
        day: date,
        *,
        location: str = "own",
        confirmed: bool = True,
        at: UUID | None = None,
    ) -> UUID:
        inbound_id = at or uuid7()
        await self.api.put_inbound(
            caller=self.caller,
            key=new_key(),
            inbound_id=inbound_id,
            supplier="acme",
            sku=sku,
            location=location,
            quantity=quantity,
            expected_on=day,
            confirmed=confirmed,
        )
        return inbound_id

    async def policy(self, sku: str, supply: Supply, *, location: str = "own", low_stock_at: int = 0) -> StockRow:
        return await self.api.set_policy(
            caller=self.caller, key=new_key(), sku=sku, location=location, supply=supply, low_stock_at=low_stock_at
        )

    async def adjust(self, sku: str, quantity: int, *, location: str = "own") -> StockRow:
        return await self.api.adjust(
            caller=self.caller, key=new_key(), sku=sku, location=location, quantity=quantity, reason="counted"
        )

    async def row(self, sku: str, location: str = "own") -> StockRow:
        page = await self.api.stock(caller=self.caller, skus=(sku,), location=location)
        assert len(page.items) == 1
        return page.items[0]

    async def band(self, sku: str, market: str = "GB") -> str:
        (found,) = await self.api.availability(caller=self.caller, market=market, skus=(sku,))
        return found.band.value

    async def check(self) -> list[tuple[str, str]]:
        return [(found.rule, found.subject) for found in await self.api.check(caller=self.caller)]

    async def sql(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """Run a statement as the administrator, in inventory's schema."""
        async with await psycopg.AsyncConnection.connect(
            self.node.settings.database_url, autocommit=True, options="-c search_path=inventory"
        ) as connection:
            cursor = await connection.execute(statement, params)
            return await cursor.fetchall() if cursor.description else []

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all facts: a refusal must leave them as they were."""
        return {table: await self.sql(f"select * from {table} order by 1, 2") for table in TABLES}  # noqa: S608 - our own names

    async def events(self, kind: str) -> list[tuple[Any, ...]]:
        return await self.sql(
            "select aggregate_id, aggregate_version, convert_from(payload, 'UTF8')::jsonb from outbox"
            " where type = %s order by seq",
            f"inventory.{kind}",
        )

    async def run_loop(self, name: str) -> None:
        (loop,) = (loop for loop in self.node.built["inventory"].loops if loop.name == name)
        await loop.work()
