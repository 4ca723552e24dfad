"""After a restore: which events have to be sent again. Outboxes are the truth, inboxes say who took what.

The restored database is of one moment. Events that the stream carried after it tell of facts that no longer exist;
events from before it were sent, and some listener may not have taken them yet. So the stream begins anew, empty, and
every event that was sent and that a listener has not taken counts as unsent: the relay sends it, under its old id.
Whoever took it already drops it as a repeat.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from springtide.platform.caller import system
from springtide.platform.db import Database

_PAGE = 5_000
_BEFORE_ALL = UUID(int=0)


async def send_again(databases: Mapping[str, Database], heard: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Mark events as unsent that a listener has not taken; return how many of each context.

    `databases`: of all contexts. `heard`: context -> types it listens to. A repeat finds nothing more to do.
    """
    return {owner: count for owner in databases if (count := await _send_again(owner, databases, heard))}


async def _send_again(owner: str, databases: Mapping[str, Database], heard: Mapping[str, Sequence[str]]) -> int:
    marked = 0
    for listener, types in heard.items():
        own = [name for name in types if name.partition(".")[0] == owner]
        after = _BEFORE_ALL
        while own:
            async with databases[owner].read() as read:
                page = {"types": own, "after": after, "limit": _PAGE}
                ids = [event_id for (event_id,) in await read.tuples("kernel_sent_lately", page)]
            if not ids:
                break
            after = ids[-1]
            async with databases[listener].read() as read:
                missing = await read.tuples("kernel_not_taken", {"ids": ids, "consumer": listener})
            marked += await _mark(owner, [event_id for (event_id,) in missing], databases)
    return marked


async def _mark(owner: str, ids: Sequence[UUID], databases: Mapping[str, Database]) -> int:
    """Remember them as taken where they were, then mark them: housekeeping must not forget an id that comes again."""
    if not ids:
        return 0
    for database in databases.values():
        async with database.tx(system(database.context)) as tx:
            await tx.run("kernel_remember_taken", {"ids": ids, "at": tx.now})
    async with databases[owner].tx(system(owner)) as tx:
        return await tx.run("kernel_send_again", {"ids": ids})
