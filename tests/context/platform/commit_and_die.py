"""A process that commits a fact with its event and is killed before any relay has seen it.

    commit_and_die.py DATABASE_URL

Prints "committed" and waits for its end.
"""

import asyncio
import sys

from tests.context.platform import probe


async def main(url: str) -> None:
    db = probe.database(url)
    await db.open()
    async with db.tx(probe.CALLER) as tx:
        await probe.change(tx, "a", 7)
    sys.stdout.write("committed\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1]))
