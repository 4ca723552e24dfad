"""How many database connections a process may open: the settings added up, context by context and server by server."""

from collections.abc import Collection

from springtide.bootstrap.specs import spec_of
from springtide.platform.budget import Share, require_fit, where
from springtide.platform.database_roles import runtime_url
from springtide.settings import CONTEXTS, Settings


def share_of(settings: Settings, context: str, roles: Collection[str]) -> Share:
    """Return how many connections a context may open in a process with these roles."""
    spec, most = spec_of(context), settings.database_connections
    pool = most if spec.has_lane else max(1, most - 1)  # buyers wait for those with lanes
    if not spec.is_asked_by_buyers:
        pool = (pool + 1) // 2
    return Share(
        context=context,
        pool=pool,
        batches=int(spec.has_lane),
        jobs=int("jobs" in roles and spec.has_worker),
        replica=pool if settings.replica_url_of(context) else 0,
        is_pooled=bool(settings.database_pooler),
    )


def shares_of(settings: Settings, roles: Collection[str]) -> list[Share]:
    """Return the connections of a process with these roles, context by context."""
    built = (context for context in CONTEXTS if context in roles or ("jobs" in roles and spec_of(context).has_jobs))
    return [share_of(settings, context, roles) for context in built]


def require_connections(settings: Settings, roles: Collection[str]) -> None:
    """Raise `ConnectionsDoNotFit` when a process with these roles may open more than a server has for it."""
    by_server: dict[str, list[Share]] = {}
    for share in shares_of(settings, roles):
        url = runtime_url(settings.direct_url_of(share.context), settings.secret_key, share.context)
        known = next((other for other in by_server if where(other) == where(url)), url)
        by_server.setdefault(known, []).append(share)
    require_fit(by_server)
