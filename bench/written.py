"""The rows an order writes: found by the transaction that wrote them, so that no list of tables has to be kept here."""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from psycopg import sql

from springtide.settings import CONTEXTS

_NOT_OF_ORDERS = frozenset({"relay_lease", "test_clock", "alembic_version", "book_state", "gateway_sight"})
_TABLES = """
    select c.oid, n.nspname, c.relname,
           array(select a.attname::text from pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                   and a.attidentity = '' order by a.attnum),
           array(select format_type(a.atttypid, a.atttypmod) from pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                   and a.attidentity = '' order by a.attnum),
           array(select f.confrelid from pg_constraint f where f.conrelid = c.oid and f.contype = 'f')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = any(%s)
    order by n.nspname, c.relname
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be written to: its columns (without generated ones) and their types."""

    oid: int
    schema: str
    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    refers_to: tuple[int, ...]

    @property
    def full_name(self) -> str:
        """Return schema.table."""
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """Return the quoted name."""
        return sql.Identifier(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Written:
    """Rows of a table, each value as PostgreSQL writes it as text (None for null)."""

    table: Table
    rows: tuple[tuple[str | None, ...], ...]


def next_transaction(connection: psycopg.Connection[Any]) -> int:
    """Return a transaction id: rows written from now on have a higher one."""
    row = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


def tables(connection: psycopg.Connection[Any]) -> list[Table]:
    """Return the contexts' tables, those referred to first."""
    rows = connection.execute(_TABLES, [list(CONTEXTS)]).fetchall()
    found = {oid: Table(oid, schema, name, tuple(c), tuple(t), tuple(r)) for oid, schema, name, c, t, r in rows}
    order = TopologicalSorter({oid: [r for r in table.refers_to if r != oid] for oid, table in found.items()})
    kept = [found[oid] for oid in order.static_order() if oid in found]
    return [t for t in kept if t.name not in _NOT_OF_ORDERS and not t.name.startswith("procrastinate_")]


def written_since(connection: psycopg.Connection[Any], transaction: int, limit: int = 1_000) -> list[Written]:
    """Return the rows inserted or updated by later transactions, in their last state."""
    found = []
    for table in tables(connection):
        columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c)) for c in table.columns)
        query = sql.SQL("select {} from {} where xmin::text::bigint > %s limit %s").format(columns, table.identifier)
        rows = connection.execute(query, [transaction, limit]).fetchall()
        if rows:
            found.append(Written(table, tuple(rows)))
    return found


def summary(written: Sequence[Written]) -> str:
    """Return how many rows in which tables, in words."""
    return ", ".join(f"{w.table.full_name} {len(w.rows)}" for w in written)
