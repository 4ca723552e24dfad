"""The upkeep of a schema: its partitions, and the statistics that nobody else makes.

Runs as the schema's owner over a connection of its own, in one process at a time. Beside it: `housekeeping` forgets
rows, `jobs` forgets ended jobs, and contexts have loops of their own.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
import psycopg
from psycopg import sql

from springtide.platform.cutting import Connection, Cut, Cutter
from springtide.platform.database_roles import owner_role, runtime_role
from springtide.platform.errors import Unavailable
from springtide.platform.partitions import KERNEL, Partitioned

EVERY_S = 600.0
FIRST_AFTER_S = 60.0
"""After the start of a process: its first minute belongs to buyers."""

_LOCK_NAME = "springtide-maintenance"
# Autovacuum analyses the pieces of a partitioned table, never the table itself.
_TO_ANALYZE = """
select parent.relname from pg_class as parent
left join pg_stat_all_tables as known on known.relid = parent.oid
where parent.relnamespace = current_schema()::regnamespace and parent.relkind = 'p'
  and (known.last_analyze is null or known.last_analyze < now() - interval '1 day'
       or 2 * greatest(parent.reltuples, 0) + 10000 < (
           select sum(n_live_tup) from pg_inherits join pg_stat_all_tables as part on part.relid = inhrelid
           where inhparent = parent.oid))
"""


class MaintenanceFailed(Unavailable):
    """The schema could not be looked after; the next turn tries again. facts: context."""

    code = "maintenance_failed"


class Upkeep(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn did, names of tables. `is_taken`: another process was at it, nothing was done."""

    made: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    analyzed: tuple[str, ...] = ()
    is_taken: bool = False

    @property
    def rows(self) -> int:
        """Return how many tables were touched."""
        return len(self.made) + len(self.dropped) + len(self.analyzed)


async def maintain(
    url: str,
    context: str,
    tables: Iterable[Partitioned],
    retention_days: Mapping[str, int],
    *,
    now: datetime | None = None,
) -> Upkeep:
    """Look after one context's schema once. `url`: the server itself, as a role that may act as the owner.

    `now`: judge as of another time than the server's. `MaintenanceFailed` when the server refuses or is away.
    """
    try:
        connection = await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=3, application_name=f"springtide-{context}-maintenance"
        )
        async with connection:
            return await _turn(connection, context, (*KERNEL, *tables), retention_days, now)
    except psycopg.Error as error:
        msg = f"The schema of {context} could not be looked after: {error}"
        raise MaintenanceFailed(msg, context=context) from error


async def _turn(
    connection: Connection,
    context: str,
    tables: Iterable[Partitioned],
    retention_days: Mapping[str, int],
    now: datetime | None,
) -> Upkeep:
    lock = "select pg_try_advisory_lock(hashtext(%s), hashtext(%s)), now()"
    ((is_ours, server_now),) = await (await connection.execute(lock, [_LOCK_NAME, context])).fetchall()
    if not is_ours:
        return Upkeep(is_taken=True)
    await connection.execute(sql.SQL("set role {}").format(sql.Identifier(owner_role(context))))
    await connection.execute(sql.SQL("set search_path = {}").format(sql.Identifier(context)))
    await connection.execute("set timezone = 'UTC'")
    cuts: list[Cut] = []
    for table in tables:
        cutter = Cutter(connection, table, runtime_role(context))
        cuts.append(await cutter.turn(now or server_now, retention_days))
    return Upkeep(
        made=tuple(name for cut in cuts for name in cut.made),
        dropped=tuple(name for cut in cuts for name in cut.dropped),
        analyzed=await _analyze(connection),
    )


async def _analyze(connection: Connection) -> tuple[str, ...]:
    found = await (await connection.execute(_TO_ANALYZE)).fetchall()
    for (name,) in found:
        await connection.execute(sql.SQL("analyze (skip_locked) {}").format(sql.Identifier(name)))
    return tuple(name for (name,) in found)
