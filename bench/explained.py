"""The statements of one order under EXPLAIN (ANALYZE, BUFFERS): which rows and buffers each touches.

One guest buys in this process while psycopg tells what is sent. Then each context's statements run once more, in order,
in one transaction that is rolled back, each under EXPLAIN, with new ids in place of the order's.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import pq, sql

from bench.figures import markdown
from bench.shop import Shop
from springtide.bootstrap import Node
from springtide.contracts.checkout.api import CheckoutApi, Delivery, Line, Step
from springtide.contracts.common import Address, Contact, Origin
from springtide.platform.caller import guest
from springtide.platform.exchange import Ask, Exchange, Tuples
from springtide.platform.ids import uuid7
from springtide.platform.pools import BATCH_PLANS

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME = re.compile(r"/\* (?P<name>\w+) \*/")
_ADDRESS = Address(name="Anna de Vries", line1="Oudegracht 1", city="Utrecht", postcode="3511 AB", country="NL")
_CONTROL = (b"begin", b"commit", b"rollback", b"set ", b"savepoint", b"release")
_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement as a context sent it."""

    context: str
    query: bytes
    params: Any
    is_batch: bool

    @property
    def name(self) -> str:
        """Return context and name of the statement."""
        found = _NAME.search(self.query.decode())
        return f"{self.context}.{found['name'] if found else ' '.join(self.query.decode().split()[:3])}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a statement touched: rows its plan's nodes produced, buffers found in memory or read."""

    rows: int
    buffers: int


async def explained_order(shop: Shop) -> dict[str, Cost]:
    """Return the cost of each statement of one order by its name; a statement sent twice counts twice."""
    async with shop.beside() as node:
        await _buy(node, shop.skus[0])  # the first quote in a process reads all prices
        async with _listening() as sent:
            await _buy(node, shop.skus[0])
        urls = {database.url: context for context, database in node.databases.items()}
        by_context: dict[str, list[Sent]] = {}
        for statement in sent:
            by_context.setdefault(statement.context, []).append(statement)
        costs: dict[str, Cost] = {}
        for url, context in urls.items():
            costs |= await asyncio.to_thread(_explain, url, context, by_context.get(context, []))
    return costs


def side_by_side(sizes: dict[int, dict[str, Cost]]) -> str:
    """Return a table: a line per statement, and for each size its rows and buffers."""
    names = sorted({name for costs in sizes.values() for name in costs})
    head = ("statement of an order", *(f"{size:,} orders: rows, buffers" for size in sizes))
    body = [(name, *(_cell(costs.get(name)) for costs in sizes.values())) for name in names]
    body.append(("all", *(_cell(total(costs)) for costs in sizes.values())))
    return markdown(head, body)


def total(costs: dict[str, Cost]) -> Cost:
    """Return the sum."""
    return Cost(sum(cost.rows for cost in costs.values()), sum(cost.buffers for cost in costs.values()))


def moved(value: Any, ids: dict[str, str]) -> Any:  # noqa: ANN401 - a parameter of any type
    """Return a parameter with every id replaced, the same one always by the same one, also inside texts and lists."""
    if isinstance(value, UUID):
        return UUID(_new(str(value), ids))
    if isinstance(value, str):
        return _UUID.sub(lambda found: _new(found.group(), ids), value)
    if isinstance(value, (list, tuple)):
        return type(value)(moved(one, ids) for one in value)
    if isinstance(value, dict):
        return {key: moved(one, ids) for key, one in value.items()}
    return value


def _new(old: str, ids: dict[str, str]) -> str:
    return ids.setdefault(old, str(uuid7()))


def _cell(cost: Cost | None) -> str:
    return "" if cost is None else f"{cost.rows:,}, {cost.buffers:,}"


@asynccontextmanager
async def _listening() -> AsyncIterator[list[Sent]]:
    """Note every statement that is sent while the block lasts: by cursors, and by batches in their exchanges."""
    sent: list[Sent] = []
    by_cursor = psycopg.AsyncCursor.execute
    by_asking, by_sending = Exchange.ask, Exchange.send

    async def execute(self: psycopg.AsyncCursor[Any], query: Any, params: Any = None, **how: Any) -> Any:  # noqa: ANN401 - passed on
        text = query if isinstance(query, bytes) else str(query).encode()
        if not text.lower().startswith(_CONTROL):
            sent.append(Sent(_context_of(self.connection), text, params, is_batch=False))
        return await by_cursor(self, query, params, **how)

    def note(to: Exchange, asks: Sequence[Ask]) -> None:
        context = _context_of(to.connection)
        sent.extend(Sent(context, to.statements[name], params, is_batch=True) for name, params in asks)

    async def ask(self: Exchange, asks: Sequence[Ask], **ends: Any) -> list[Tuples]:  # noqa: ANN401 - passed on
        note(self, asks)
        return await by_asking(self, asks, **ends)

    async def send(self: Exchange, asks: Sequence[Ask]) -> None:
        note(self, asks)
        await by_sending(self, asks)

    psycopg.AsyncCursor.execute = execute  # type: ignore[method-assign]
    Exchange.ask, Exchange.send = ask, send  # type: ignore[method-assign]  # listened to while the block lasts
    try:
        yield sent
    finally:
        psycopg.AsyncCursor.execute = by_cursor  # type: ignore[method-assign]
        Exchange.ask, Exchange.send = by_asking, by_sending  # type: ignore[method-assign]  # put back


def _context_of(connection: psycopg.AsyncConnection[Any]) -> str:
    return connection.info.user.removeprefix("springtide_")


async def _buy(node: Node, sku: str) -> None:
    checkout, caller = node.ask(CheckoutApi), guest()
    cart = await checkout.create_cart(
        caller=caller,
        key=str(uuid7()),
        market="NL",
        locale="nl",
        lines=(Line(sku=sku, quantity=1, name="bench"),),
        origin=Origin(channel="shop_api"),
    )
    cart = await checkout.set_details(
        caller=caller,
        key=str(uuid7()),
        cart_id=cart.id,
        token=cart.token,
        contact=Contact(email="bench@example.com", phone=""),
        delivery=Delivery(shipping_method="standard", address=_ADDRESS),
    )
    assert cart.quote is not None
    done = await checkout.complete(
        caller=caller,
        key=str(uuid7()),
        cart_id=cart.id,
        token=cart.token,
        method="invoice",
        total_minor=cart.quote.total_minor,
        return_url="http://127.0.0.1/back",
    )
    assert done.step is Step.COMPLETED, done


def _explain(url: str, context: str, statements: list[Sent]) -> dict[str, Cost]:
    costs: Counter[tuple[str, str]] = Counter()
    ids: dict[str, str] = {}
    with psycopg.connect(url, options=f"-c search_path={context} -c timezone=UTC") as connection:
        for sent in statements:
            for name, value in BATCH_PLANS.items():
                wanted = sql.Literal(value) if sent.is_batch else sql.SQL("default")
                connection.execute(sql.SQL("set local {} to {}").format(sql.Identifier(name), wanted))
            plan = _plan(connection, sent, moved(sent.params, ids))
            costs[sent.name, "rows"] += _rows(plan)
            costs[sent.name, "buffers"] += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        connection.rollback()
    names = {name for name, _ in costs}
    return {name: Cost(costs[name, "rows"], costs[name, "buffers"]) for name in names}


def _plan(connection: psycopg.Connection[Any], sent: Sent, params: Any) -> dict[str, Any]:  # noqa: ANN401 - as sent
    """Return the plan of a statement, executed. What a batch sends has numbered places and parameters as text."""
    query = b"explain (analyze, buffers, format json) " + sent.query
    if not sent.is_batch:
        row = connection.execute(query, params).fetchone()
        assert row is not None
        plan: dict[str, Any] = row[0][0]["Plan"]
        return plan
    names = list(dict.fromkeys(_PLACE.findall(query.decode())))
    text = _PLACE.sub(lambda found: f"${names.index(found[1]) + 1}", sent.query.decode()).replace("%%", "%")
    return _prepared_plan(connection, text, [as_text(params[name]) for name in names])


def _prepared_plan(connection: psycopg.Connection[Any], text: str, values: list[bytes | None]) -> dict[str, Any]:
    """Return the plan that a prepared statement has whatever its parameters are, executed with these."""
    prepared = connection.pgconn.prepare(b"explained", text.encode())
    if prepared.status != pq.ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(prepared)
    words = sql.SQL(", ").join(sql.Literal(None if value is None else value.decode()) for value in values)
    given = sql.SQL("({})").format(words) if values else sql.SQL("")
    row = connection.execute(
        sql.SQL("explain (analyze, buffers, format json) execute explained {}").format(given)
    ).fetchone()
    connection.execute("deallocate explained")
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def as_text(value: object) -> bytes | None:
    """Return a parameter as PostgreSQL reads it from text, arrays included."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return b"{" + b",".join(_element(as_text(one)) for one in value) + b"}"
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return (value.isoformat() if isinstance(value, datetime) else str(value)).encode()


def _element(text: bytes | None) -> bytes:
    return b"NULL" if text is None else b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _rows(plan: dict[str, Any]) -> int:
    """Return the rows all nodes of a plan looked at: what they gave on and what they threw away."""
    loops = plan.get("Actual Loops", 1)
    own: float = (plan.get("Actual Rows", 0) + plan.get("Rows Removed by Filter", 0)) * loops
    return round(own) + sum(_rows(child) for child in plan.get("Plans", ()))
