"""Bounded pools of connections, with the same limits in every session.

Straight to PostgreSQL the limits travel with the connection's start. Behind PgBouncer in transaction mode nothing of a
session lasts: there the limits are the defaults of the context's role (`migrate` sets them), nothing is prepared under
a name, and what one transaction needs it sets for itself (`set local`).
"""

from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]

# Statements that the database judges before the pool does: a buyer must not wait behind a runaway statement.
STATEMENT_TIMEOUT_MS = 5_000
LOCK_TIMEOUT_MS = 3_000
# Every batch finds its rows by key. A plan made while a table was empty, or small, would read all of it, or all of its
# index for a merge or a hash, and stay so until the next analyze: lookups are all that is left. Planned once, for good.
BATCH_PLANS = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}
# Longer than a burst of buyers takes to be served one after the other, shorter than the deadline of a call.
POOL_TIMEOUT_S = 8.0
# A host that was cut off says nothing: without these a statement waits as long as TCP tries, a quarter of an hour.
_CUT_OFF = {"tcp_user_timeout": 3_000, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}


def session_settings(context: str) -> dict[str, str]:
    """Return the settings of a context's sessions: name to value."""
    return {
        "search_path": context,
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": "15000",
        "timezone": "UTC",
    }


def new_pool(
    url: str,
    context: str,
    name: str,
    most: int,
    *,
    at_once: int,
    prepare_after: int | None,
    is_pooled: bool,
    timeout_s: float | None = None,
    more: str = "",
) -> Pool:
    """Make a pool that is not open yet. `more`: further options of its sessions, not given through a pooler."""
    settings = " ".join(f"-c {key}={value}" for key, value in session_settings(context).items())
    return AsyncConnectionPool(
        url,
        min_size=at_once,
        max_size=most,
        open=False,
        timeout=POOL_TIMEOUT_S if timeout_s is None else timeout_s,
        reconnect_timeout=5,
        check=None,
        name=f"{context}-{name}",
        kwargs={
            "application_name": f"springtide-{context}",
            "connect_timeout": 3,
            **_CUT_OFF,
            "autocommit": True,
            **(
                {"prepare_threshold": None}
                if is_pooled
                else {"prepare_threshold": prepare_after, "options": f"{settings} {more}"}
            ),
        },
    )
