"""The shared caches in front of the shop, from the settings: whom a web process purges, and what it tells them."""

from collections.abc import Iterable

from springtide.edge import purge
from springtide.edge.purge import Edge
from springtide.edge.purge.providers import CLOUDFLARE_URL, FASTLY_URL
from springtide.platform.caching import UNPURGED, Caching
from springtide.settings import EdgeCache, Settings


def caching_of(settings: Settings) -> Caching:
    """Return what shared caches are told: pages are kept for longer where they are purged."""
    if not settings.edges:
        return UNPURGED
    has_cloudflare = any(edge.provider == "cloudflare" for edge in settings.edges)
    return Caching(shared_for_s=settings.edge_keep_s, cache_tags=has_cloudflare)


def edges_of(settings: Settings) -> list[Edge]:
    """Return the shared caches to purge: one for each Varnish node, one for each service of a CDN."""
    return [made for edge in settings.edges for made in _edges_of(edge)]


def _edges_of(edge: EdgeCache) -> Iterable[Edge]:
    if edge.provider == "varnish":
        for number, url in enumerate(edge.urls, start=1):
            yield purge.varnish(f"{edge.name}-{number}", url, token=edge.token)
    elif edge.provider == "fastly":
        yield purge.fastly(edge.name, service=edge.service, token=edge.token, url=_api(edge, FASTLY_URL))
    else:
        yield purge.cloudflare(edge.name, zone=edge.service, token=edge.token, url=_api(edge, CLOUDFLARE_URL))


def _api(edge: EdgeCache, own: str) -> str:
    return edge.urls[0] if edge.urls else own
