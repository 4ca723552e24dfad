"""Migrations: Alembic per context, SQL files as they are, under short lock and statement timeouts.

Each context owns one schema with an owner role (migrations, no login) and a runtime role (login, no DDL, its own
schema only). A migration declares `phase`: "pre" runs before the new release starts, "post" after the old one left.
"""

from collections.abc import Iterable
from pathlib import Path

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from psycopg import sql
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import Connection

from springtide.platform.database_roles import owner_role, runtime_password, runtime_role
from springtide.platform.errors import SpringtideError
from springtide.platform.pools import session_settings

LOCK_TIMEOUT = "4s"
STATEMENT_TIMEOUT = "5s"
_ENVIRONMENT = Path(__file__).parent / "migrations" / "environment"
_KERNEL = Path(__file__).parent / "migrations"


class MigrationFailed(SpringtideError):
    """A migration could not be applied; nothing of it was kept. facts: context, revision."""

    code = "migration_failed"


def run_sql_beside(file: str) -> None:
    """Run the .sql file next to a migration's .py file, whole, through the driver."""
    _run(Path(file).with_suffix(".sql").read_bytes())


def run_kernel(number: str) -> None:
    """Run one of the platform's own SQL files ("0001") in the context's schema."""
    (path,) = _KERNEL.glob(f"{number}_*.sql")
    _run(path.read_bytes())


def run_jobs_schema() -> None:
    """Make procrastinate's tables in the context's own schema, so that jobs are deferred in its transactions."""
    _run(SchemaManager.get_schema().encode())


def _run(statements: bytes, connection: Connection | None = None) -> None:
    driver = (connection or op.get_bind()).connection.driver_connection
    if driver is None:
        msg = "the migration has no connection"
        raise RuntimeError(msg)
    driver.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
    driver.execute(f"set local statement_timeout = '{STATEMENT_TIMEOUT}'")
    driver.execute(statements)


def prepare_schema(admin_url: str, secret_key: str, context: str) -> None:
    """Make roles and schema of a context when they are missing, and set the runtime role's password."""
    owner, runtime, schema = sql.Identifier(owner_role(context)), sql.Identifier(runtime_role(context)), context
    password = sql.Literal(runtime_password(secret_key, context))
    with psycopg.connect(admin_url, autocommit=True) as connection:
        known = {
            row[0]
            for row in connection.execute(
                "select rolname from pg_roles where rolname = any(%s)", [[owner_role(context), runtime_role(context)]]
            )
        }
        if owner_role(context) not in known:
            connection.execute(sql.SQL("create role {} nologin").format(owner))
        verb = "alter" if runtime_role(context) in known else "create"
        connection.execute(sql.SQL(f"{verb} role {{}} login password {{}}").format(runtime, password))
        connection.execute(sql.SQL("grant {} to current_user").format(owner))
        name = sql.Identifier(schema)
        defaults = "alter default privileges for role {owner} in schema {name} grant "
        statements = (
            "create schema if not exists {name} authorization {owner}",
            "revoke all on schema public from public",
            "grant usage on schema {name} to {runtime}",
            defaults + "select, insert, update, delete on tables to {runtime}",
            defaults + "usage on sequences to {runtime}",
            defaults + "execute on functions to {runtime}",
        )
        for statement in statements:
            connection.execute(sql.SQL(statement).format(name=name, owner=owner, runtime=runtime))
        for setting, value in session_settings(schema).items():  # of sessions that cannot say so: behind a pooler
            limit = sql.SQL("alter role {} set {} = {}")
            connection.execute(limit.format(runtime, sql.Identifier(setting), sql.Literal(value)))


def migrate(admin_url: str, context: str, migrations: Path, *, phases: Iterable[str] = ("pre", "post")) -> list[str]:
    """Apply what is missing in a context's schema; return the revisions applied. `MigrationFailed`."""
    # The driver reads the URL itself: it may name several hosts, which SQLAlchemy's own reading does not know.
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(admin_url), poolclass=pool.NullPool)
    script = Config()
    script.set_main_option("script_location", str(_ENVIRONMENT))
    script.set_main_option("version_locations", str(migrations))
    script.set_main_option("path_separator", "os")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"set role {owner_role(context)}")
        connection.exec_driver_sql(f"set search_path = {context}")
        connection.commit()
        before = _applied(connection, context)
        wanted = _wanted(ScriptDirectory.from_config(script), before, set(phases))
        for revision in wanted:
            script.attributes.update(connection=connection, schema=context)
            try:
                command.upgrade(script, revision)
            except Exception as error:
                msg = f"{context}: migration {revision} failed: {error}"
                raise MigrationFailed(msg, context=context, revision=revision) from error
        _spare_wide_columns(connection)
    engine.dispose()
    return wanted


def _spare_wide_columns(connection: Connection) -> None:
    """Keep documents out of statistics and compression, also in tables and partitions that came since the last time."""
    _run((_KERNEL / "wide_columns.sql").read_bytes(), connection)
    connection.commit()


def _applied(connection: Connection, context: str) -> set[str]:
    exists = connection.exec_driver_sql(f"select to_regclass('{context}.schema_version')").scalar()
    found = connection.exec_driver_sql("select version_num from schema_version").scalars().all() if exists else []
    connection.commit()
    return set(found)


def _wanted(scripts: ScriptDirectory, applied: set[str], phases: set[str]) -> list[str]:
    """Return missing revisions, oldest first, up to the first one of a phase that is not wanted."""
    missing: list[str] = []
    for revision in scripts.walk_revisions():
        if revision.revision in applied:
            break
        missing.append(revision.revision)
    wanted: list[str] = []
    for name in reversed(missing):
        if scripts.get_revision(name).module.phase not in phases:
            break
        wanted.append(name)
    return wanted
