"""The yardstick: PostgreSQL's own pgbench writes the rows of an order, one transaction each, as well as it can.

The script is made of the rows a real order wrote: ids are new each time, everything else is as it was. First the stock
row is taken (guarded), then every row is inserted, one statement per table, prepared.
"""

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from bench.goods import own_sku
from bench.written import Table, Written

CLIENTS = 16
"""As many as the engine has connections for beside the shop; with 64 pgbench is slower, not faster."""
PRODUCTS = 1_000
LATER = frozenset({"inbox", "inbox_version", "documents", "document_pages", "document_counters", "mails"})
LATER_SCHEMAS = frozenset({"insight"})
"""Written behind the buyer's back, by consumers and jobs: pgbench need not."""
UPDATED = frozenset({"inventory.stock", "inventory.sku"})
"""Rows that are there before an order: pgbench takes one from the stock, the SKU's row stays as it is."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_VARIABLE = re.compile(r":(?=[A-Za-z_])")
_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_TAKE = (
    "update inventory.stock set claimed = claimed + 1"
    " where sku = 'BENCH-' || lpad(:n ::text, 5, '0') and location = 'ext' and on_hand - held - claimed >= 1;"
)


def of_the_buyer(written: Sequence[Written]) -> list[Written]:
    """Return the rows that are inserted before the buyer has the answer."""
    return [
        w
        for w in written
        if w.table.name not in LATER and w.table.schema not in LATER_SCHEMAS and w.table.full_name not in UPDATED
    ]


def script(written: Sequence[Written], *, products: int) -> str:
    """Return the pgbench script; `products` 1: everybody takes the same one."""
    ids = sorted({found for w in written for row in w.rows for value in row for found in _UUID.findall(value or "")})
    names = {value: f"u{number}" for number, value in enumerate(ids)}
    new_ids = ", ".join(f"uuidv7() as {name}" for name in names.values())
    inserts = [_insert(w.table, w.rows, names) for w in written]
    lines = [f"\\set n random(0, {products - 1})", "begin;", f"select {new_ids} \\gset", _TAKE, *inserts, "commit;"]
    return "\n".join(lines) + "\n"


def _insert(table: Table, rows: Sequence[tuple[str | None, ...]], names: dict[str, str]) -> str:
    values = ", ".join(
        "(" + ", ".join(_expression(table, place, value, names) for place, value in enumerate(row)) + ")"
        for row in rows
    )
    return f"insert into {table.full_name} ({', '.join(table.columns)}) values {values};"  # noqa: S608 - a script


def _expression(table: Table, place: int, value: str | None, names: dict[str, str]) -> str:
    """Return a value as SQL: ids become pgbench's variables, also inside texts."""
    column, type_name = table.columns[place], table.types[place]
    if value is None:
        return "null"
    if table.name == "orders" and column == "number":
        return "nextval('orders.order_number')::text"
    parts: list[str] = []
    end = 0
    for found in _UUID.finditer(value):
        parts += _literals(value[end : found.start()])
        parts.append(f":{names[found.group()]} ::text")
        end = found.end()
    parts += _literals(value[end:])
    if table.name == "idempotency" and column == "key":
        parts += ["'-'", f":{next(iter(names.values()))} ::text"]
    return f"({' || '.join(parts) or chr(39) * 2})::{type_name}"


def _literals(text: str) -> list[str]:
    """Return quoted pieces; cut where pgbench would see a variable (`:true` in a JSON text)."""
    if not text:
        return []
    pieces: list[str] = []
    start = 0
    for found in _VARIABLE.finditer(text):
        pieces.append(text[start : found.end()])
        start = found.end()
    pieces.append(text[start:])
    return ["'" + piece.replace("'", "''") + "'" for piece in pieces if piece]


def put_stock(url: str) -> None:
    """Put the products into an empty shop's stock."""
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into inventory.stock (sku, location, on_hand) values (%s, 'ext', 100000000)",
            [(own_sku(number),) for number in range(PRODUCTS)],
        )


async def run(programs: Path, url: str, text: str, *, seconds: float) -> float:
    """Return pgbench's transactions per second; RuntimeError with its words when it fails."""
    parts = urlsplit(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            *(str(programs / "pgbench"), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2"),
            *("-T", str(max(1, round(seconds))), "-f", file.name, "-h", str(parts.hostname), "-p", str(parts.port)),
            *("-U", str(parts.username), parts.path.lstrip("/")),
            env={"PGPASSWORD": unquote(parts.password or ""), "PATH": "/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        told, problems = await process.communicate()
    found = _RATE.search(told.decode())
    if process.returncode or found is None:
        msg = f"pgbench failed: {problems.decode(errors='replace')[-2000:]}"
        raise RuntimeError(msg)
    return float(found[1])
