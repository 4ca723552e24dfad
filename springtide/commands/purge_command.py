"""`springtide purge`: make the shared caches forget everything, or what carries some keys."""

import argparse
import asyncio
from collections.abc import Sequence

from springtide.bootstrap.shared_caches import edges_of
from springtide.commands.output import fail, say
from springtide.edge.purge import Edge, PurgeFailed
from springtide.platform.caching import EVERYTHING_KEY, STATIC_KEY
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Tell every cache once; print a line for each; exit 1 when one did not say that it forgot."""
    if not settings.edges:
        return fail("no shared cache is configured (SPRINGTIDE_EDGES)")
    keys = (EVERYTHING_KEY, STATIC_KEY) if options.all else tuple(options.key)
    return asyncio.run(_purge(settings, keys))


async def _purge(settings: Settings, keys: Sequence[str]) -> int:
    troubles = await asyncio.gather(*(_told(edge, keys) for edge in edges_of(settings)))
    return 1 if any(troubles) else 0


async def _told(edge: Edge, keys: Sequence[str]) -> int:
    """Tell one cache; return 1 when it did not answer as it should."""
    try:
        for start in range(0, len(keys), edge.keys_per_call):
            await edge.purge(keys[start : start + edge.keys_per_call])
    except PurgeFailed as failure:
        return fail(f"{edge.name}: not purged: {failure}")
    finally:
        await edge.close()
    say(f"{edge.name}: purged {' '.join(keys)}")
    return 0
