"""A difference is planted in a database, and taken out again: cheaper than a copy of the database for each."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import Connection

DROPPED = re.compile(r"alter table (\S+) drop constraint (\w+)")
CHANGED = """select format('%I.%I', schemaname, relname) from pg_stat_xact_user_tables
    where n_tup_ins + n_tup_upd + n_tup_del > 0"""
STORED = """select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''"""
CONSTRAINT = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and conname = %s"


@contextmanager
def planted(url: str, statements: str) -> Iterator[None]:
    """Change facts behind everybody's back while the block lasts: as superuser, without triggers and foreign keys."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        constraints = [
            f"alter table {table} add constraint {name} {value(connection, CONSTRAINT, table, name)}"
            for table, name in DROPPED.findall(statements)
        ]
        with connection.transaction(force_rollback=True):
            connection.execute(statements)
            tables = [table for (table,) in connection.execute(CHANGED)]
        assert tables, "the plant changed nothing"
        for number, table in enumerate(tables):
            connection.execute(f"create temp table kept_{number} as table {table}")
        connection.execute(statements)
        try:
            yield
        finally:
            for number, table in enumerate(tables):
                put_back(connection, table, kept=f"kept_{number}")
            for constraint in constraints:
                connection.execute(constraint)


def put_back(connection: Connection, table: str, *, kept: str) -> None:
    columns = value(connection, STORED, table)
    with connection.transaction():
        connection.execute(f"delete from {table}")  # noqa: S608 - a table's name out of the catalogue
        from_kept = f"select {columns} from {kept}"  # noqa: S608 - as above
        connection.execute(f"insert into {table} ({columns}) overriding system value {from_kept}")


def value(connection: Connection, question: str, *parameters: str) -> str:
    row = connection.execute(question, parameters).fetchone()
    assert row is not None, (question, parameters)
    return row[0]
