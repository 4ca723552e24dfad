"""Filling a shop with orders of the past: the rows of real orders, copied inside PostgreSQL under new ids.

Every table an order writes is filled, also what would be forgotten after some days (kept answers, sent events): the
shop under test carries the most it could. Numbers of stock are not moved: copies are of orders whose units were
promised long ago.

A million orders are 20 GB. They are copied without their indexes, which are made anew at the end, and nothing is synced
meanwhile: a database that breaks here is thrown away.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
_HURRY = ("fsync", "full_page_writes", "autovacuum")
_LEAVES = """
    select relid::regclass from pg_partition_tree(%(table)s::regclass) where isleaf
    union select oid::regclass from pg_class where oid = %(table)s::regclass and relkind = 'r'
"""
_UNINDEXED = f"update pg_index set indisready = false where indrelid in ({_LEAVES})"  # noqa: S608 - our own words
_NOT_COPIED = frozenset({"inventory.stock", "inventory.sku", "orders.document_counters"})


class Filling:
    """Samples of orders and their copies. `orders` is how many are stored, copies included."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tables: list[tuple[Table, list[str]]] = []
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
        # What counts minutes, or remembers how far a loop came, does not grow with orders.
        orders = self._sampled()
        self._tables = [entry for entry in self._tables if 2 * self._rows(_aside(entry[0])) >= orders]

    def fill(self, orders: int, *, say: Callable[[str], None]) -> None:
        """Copy until so many orders are stored, then vacuum and analyse."""
        missing = orders - self._count()
        if missing > 0:
            copies = -(-missing // max(1, self._sampled()))
            with _in_a_hurry(self._url):
                self._in_parallel(copies, say)
            self._copies += copies
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("vacuum (analyze)")
            connection.execute("checkpoint")

    def _in_parallel(self, copies: int, say: Callable[[str], None]) -> None:
        waiting = list(reversed(self._tables))
        failed: list[BaseException] = []

        def work() -> None:
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    connection.execute("set session_replication_role = replica")
                    connection.execute("set synchronous_commit = off")
                    connection.execute("set maintenance_work_mem = '512MB'")
                    while waiting:
                        _copy(connection, *waiting.pop(), first=self._copies + 1, last=self._copies + copies)
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
        return self._rows(sql.Identifier("orders", "orders"))

    def _sampled(self) -> int:
        return self._rows(sql.Identifier("bench", "orders_orders"))

    def _rows(self, table: sql.Identifier) -> int:
        with psycopg.connect(self._url, autocommit=True) as connection:
            row = connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def _in_a_hurry(url: str) -> Iterator[None]:
    """Let the server sync nothing and tidy nothing while the block lasts."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in _HURRY:
            connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
        connection.execute("select pg_reload_conf()")
    try:
        yield
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in _HURRY:
                connection.execute(sql.SQL("alter system reset {}").format(sql.Identifier(setting)))
            connection.execute("select pg_reload_conf()")


def _copy(
    connection: psycopg.Connection[Any], table: Table, expressions: Sequence[str], *, first: int, last: int
) -> None:
    """Copy the rows of the samples, then make the indexes that were left behind."""
    connection.execute(_UNINDEXED.encode(), {"table": table.full_name})
    try:
        connection.execute(_copy_statement(table, expressions), {"first": first, "last": last})
    finally:
        for (leaf,) in connection.execute(_LEAVES, {"table": table.full_name}).fetchall():
            connection.execute(b"reindex table " + leaf.encode())


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
