"""Filling a shop with orders of the past: the rows of real orders, copied inside PostgreSQL under new ids.

Every table an order writes is filled, also what would be forgotten after some days (kept answers, sent events): the
shop under test carries the most it could. Numbers of stock are not moved: copies are of orders whose units were
promised long ago.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from bench.written import Table, Written, next_transaction, tables, written_since

_FUNCTIONS = r"""
    create schema if not exists bench;
    create or replace function bench.moved(id uuid, copy int) returns uuid language sql immutable parallel safe
        return overlay(id::text placing lpad(to_hex(copy), 8, '0') from 29)::uuid;
    create or replace function bench.moved(words text, copy int) returns text language sql immutable parallel safe
        return regexp_replace(words, '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})[0-9a-f]{8}',
                              '\1' || lpad(to_hex(copy), 8, '0'), 'g');
"""
_COPY = "insert into {} ({}) select {} from {} cross join generate_series(%(first)s::int, %(last)s) copy"
_WORKERS = 2
_NOT_COPIED = frozenset({"inventory.stock", "inventory.sku", "orders.document_counters"})


class Filling:
    """Samples of orders and their copies. `orders` is how many are stored, copies included."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tables: list[tuple[Table, list[str]]] = []
        self._samples = 0
        self._copies = 0

    @property
    def orders(self) -> int:
        """Return the orders stored."""
        return self._count()

    def begin(self) -> int:
        """Return the mark to give to `take`: orders placed after it are the samples."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            return next_transaction(connection)

    def take(self, mark: int) -> None:
        """Put the rows of all orders placed since the mark aside."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(_FUNCTIONS.encode())
            looks = {written.table.oid: written for written in written_since(connection, mark, limit=200)}
            for table in tables(connection):
                if table.oid in looks and table.full_name not in _NOT_COPIED:
                    _put_aside(connection, table, mark)
                    self._tables.append((table, _expressions(looks[table.oid])))
        self._samples = self._count()

    def fill(self, orders: int, *, say: Callable[[str], None]) -> None:
        """Copy until so many orders are stored, then vacuum and analyse."""
        missing = orders - self._count()
        if missing > 0:
            copies = -(-missing // max(1, self._sampled()))
            self._in_parallel([_copy_statement(*entry) for entry in self._tables], self._copies, copies, say)
            self._copies += copies
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("vacuum (analyze)")
            connection.execute("checkpoint")

    def _in_parallel(
        self, statements: Sequence[sql.Composed], done: int, copies: int, say: Callable[[str], None]
    ) -> None:
        waiting = list(reversed(statements))
        failed: list[BaseException] = []

        def work() -> None:
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    connection.execute("set session_replication_role = replica")
                    connection.execute("set synchronous_commit = off")
                    while waiting:
                        connection.execute(waiting.pop(), {"first": done + 1, "last": done + copies})
                        say(f"{len(waiting)} tables left to fill")
            except (psycopg.Error, IndexError) as problem:
                failed.append(problem)

        workers = [threading.Thread(target=work) for _ in range(_WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        real = [problem for problem in failed if isinstance(problem, psycopg.Error)]
        if real:
            raise real[0]

    def _count(self) -> int:
        return self._one("select count(*) from orders.orders")

    def _sampled(self) -> int:
        return self._one("select count(*) from bench.orders_orders")

    def _one(self, statement: str) -> int:
        with psycopg.connect(self._url, autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return int(row[0])


def _aside(table: Table) -> sql.Identifier:
    return sql.Identifier("bench", f"{table.schema}_{table.name}")


def _put_aside(connection: psycopg.Connection[Any], table: Table, mark: int) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    connection.execute(sql.SQL("drop table if exists {}").format(_aside(table)))
    connection.execute(
        sql.SQL("create unlogged table {} as select {} from {} where xmin::text::bigint > {}").format(
            _aside(table), columns, table.identifier, sql.Literal(mark)
        )
    )


def _expressions(written: Written) -> list[str]:
    """Return how each column of a copy is made: ids move, also inside texts; what has to be unique is made so."""
    table = written.table
    made = []
    for place, (column, type_name) in enumerate(zip(table.columns, table.types, strict=True)):
        quoted = f'"{column}"'
        holds_ids = any((row[place] or "").count("-") >= 4 for row in written.rows)
        if type_name == "uuid" or (type_name == "text" and holds_ids and column not in {"html", "trace"}):
            made.append(f"bench.moved({quoted}, copy)")
        elif (table.name, column) in {("idempotency", "key"), ("orders", "number"), ("process", "order_number")}:
            made.append(f"{quoted} || '-' || copy")
        elif (table.full_name, column) == ("orders.documents", "sequence"):
            made.append(f"{quoted} + copy::bigint * 1000000")
        else:
            made.append(quoted)
    if table.name == "idempotency":  # the key of a cart holds no id, that of a completion does
        made[table.columns.index("key")] = "bench.moved(\"key\", copy) || '-' || copy"
    return made


def _copy_statement(table: Table, expressions: Sequence[str]) -> sql.Composed:
    return sql.SQL(_COPY).format(
        table.identifier,
        sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        sql.SQL(", ".join(expressions)),  # made of the catalogue's own names
        _aside(table),
    )
