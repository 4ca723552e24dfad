"""Telling shared caches what has changed: a small port, its providers, and the purger that calls them.

Every web process purges for itself, after it knows the new: so whoever may have filled a cache with the old page is the
one who empties it, and no process has to guess how far the others are (docs/adr/0027-edge-cache.md).
"""

from springtide.edge.purge.port import Edge, PurgeFailed
from springtide.edge.purge.providers import cloudflare, fastly, varnish
from springtide.edge.purge.purger import SETTLE_S, SLOWLY_S, Purger

__all__ = ["SETTLE_S", "SLOWLY_S", "Edge", "PurgeFailed", "Purger", "cloudflare", "fastly", "varnish"]
