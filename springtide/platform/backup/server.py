"""Waiting for a server that recovers: from the outside, by asking it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg

_LOOK_EVERY_S = 0.1
_SAY_EVERY_S = 5.0
_ASK = "select pg_is_in_recovery(), pg_last_xact_replay_timestamp()"


@dataclass(frozen=True, slots=True)
class Recovered:
    """The end of a recovery. `last_change`: when the last change that was replayed was committed."""

    last_change: datetime | None


async def recovered(url: str, *, say: Callable[[str], None], look: Callable[[], None]) -> Recovered:
    """Wait until the server has replayed everything and takes writes again; say how far it is every few seconds.

    `look` is called at every turn and may raise what it sees elsewhere (a log that says why it never will).
    """
    said_at = time.monotonic()
    last: datetime | None = None
    while True:
        look()
        try:
            connection = await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=2)
            async with connection:
                row = await (await connection.execute(_ASK)).fetchone()
        except psycopg.OperationalError:
            row = None  # it is starting, or starting again
        if row is not None:
            last = row[1] or last
            if not row[0]:
                return Recovered(last)
            if time.monotonic() - said_at > _SAY_EVERY_S:
                said_at = time.monotonic()
                say(f"replaying changes: at {last:%Y-%m-%d %H:%M:%S} UTC" if last else "replaying changes")
        await asyncio.sleep(_LOOK_EVERY_S)
