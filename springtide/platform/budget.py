"""How many connections processes may open, against what their server has. Sums only; `commands` prints them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import psycopg

from springtide.platform.errors import SpringtideError, Unavailable

_ROOM = """
select current_setting('max_connections')::int,
       current_setting('superuser_reserved_connections')::int
       + coalesce(current_setting('reserved_connections', true), '0')::int
"""
_IN_USE = """
select coalesce(nullif(application_name, ''), '(no name)'), coalesce(state, 'other'), count(*)
from pg_stat_activity where backend_type = 'client backend' group by 1, 2 order by 1, 2
"""


class ConnectionsDoNotFit(SpringtideError):
    """A process may open more connections than its server has for it. facts: wanted, room, server."""

    code = "connections_do_not_fit"


class ServerAway(Unavailable):
    """A server does not answer, so its limits are not known. facts: server."""

    code = "server_away"


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """The most connections of one context in one process: to the server, to its standby, and to a pooler before it."""

    context: str
    pool: int
    batches: int = 0
    jobs: int = 0
    replica: int = 0
    is_pooled: bool = False

    @property
    def server(self) -> int:
        """Return how many of them the server itself sees."""
        return 0 if self.is_pooled else self.pool + self.batches + self.jobs


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What a server has: its limit, what it keeps for itself, and who is connected (name, state, how many)."""

    most: int
    reserved: int
    in_use: tuple[tuple[str, str, int], ...] = ()

    @property
    def free_for_us(self) -> int:
        """Return how many connections ordinary roles may have together."""
        return self.most - self.reserved


def room_of(url: str, *, with_use: bool = False) -> Room:
    """Ask a server for its limits. `ServerAway` when it does not answer."""
    try:
        with psycopg.connect(
            url, autocommit=True, connect_timeout=3, application_name="springtide-budget"
        ) as connection:
            ((most, reserved),) = connection.execute(_ROOM).fetchall()
            in_use: Sequence[Any] = connection.execute(_IN_USE).fetchall() if with_use else ()
    except psycopg.Error as error:
        msg = f"The database at {where(url)} does not answer: {error}"
        raise ServerAway(msg, server=where(url)) from error
    return Room(most=most, reserved=reserved, in_use=tuple((str(a), str(b), int(c)) for a, b, c in in_use))


def require_fit(shares: Mapping[str, Iterable[Share]]) -> None:
    """Raise `ConnectionsDoNotFit` when one process's shares are more than a server has. `shares`: by the server's URL.

    A server that does not answer is not judged: a process starts while its database is away.
    """
    for url, of_server in shares.items():
        parts = tuple(of_server)
        wanted = sum(share.server for share in parts)
        if not wanted:
            continue
        try:
            room = room_of(url)
        except ServerAway:
            continue
        if wanted > room.free_for_us:
            server = where(url)
            msg = (
                f"this process may open {wanted} connections ({len(parts)} contexts), {server} has {room.free_for_us}"
                f" (max_connections {room.most}, {room.reserved} reserved): lower SPRINGTIDE_DATABASE_CONNECTIONS,"
                " serve fewer roles, or put PgBouncer between (docs/guides/database.md)"
            )
            raise ConnectionsDoNotFit(msg, wanted=wanted, room=room.free_for_us, server=server)


def where(url: str) -> str:
    """Return where a database is, without who logs in."""
    info = psycopg.conninfo.conninfo_to_dict(url)
    return f"{info.get('host', 'localhost')}:{info.get('port', 5432)}/{info.get('dbname', '')}"
