"""What settings may mean: each check yields its problems, in words that begin with the setting's name."""

import re
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_network
from urllib.parse import urlsplit

from springtide.platform.zones import zone_named
from springtide.settings import CONTEXTS, PREFIX, EdgeCache, Gateway, Settings, Watch

_PORTS = ("port", "backoffice_port", "sandbox_port", "health_port")
_HIGHEST_PORT = 65_535
_BREAKERS = ("on", "dry_run", "off")
_PROVIDERS = ("sandbox", "stripe", "mollie", "invoice")
_WITHOUT_MONEY = ("sandbox", "invoice")
_MAX_WEIGHT = 10_000
_NICEST = 19
_STREAM_KEPT_DAYS = 7
_SHORTEST_KEY = 32
"""Characters of a key of ours: 32 hexadecimal ones are 128 bits."""
_SHORTEST_SECRET = 16
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_REPLICAS = (1, 3, 5)
_LONGEST_EDGE_KEEP_S = 86_400


def problems_of(settings: Settings) -> list[str]:
    """Return everything that is wrong with settings whose types are right; empty: nothing."""
    checks = (_processes, _keys, _calls, _telling, _engines, _gateways, _edges, _databases, _reports)
    return [f"{PREFIX}{problem}" for check in checks for problem in check(settings)]


def _processes(settings: Settings) -> Iterator[str]:
    for name in _PORTS:
        if not 0 <= getattr(settings, name) <= _HIGHEST_PORT:
            yield f"{name.upper()}: a port is 0 to {_HIGHEST_PORT}"
    if not 0 <= settings.nice <= _NICEST:
        yield f"NICE: 0 to {_NICEST}"
    if settings.call_timeout_s <= 0:
        yield "CALL_TIMEOUT_S: a time above 0"
    if settings.drain_s < 0:
        yield "DRAIN_S: a time, 0 or above"


def _keys(settings: Settings) -> Iterator[str]:
    if settings.health_token and len(settings.health_token) < _SHORTEST_KEY:
        yield f"HEALTH_TOKEN: at least {_SHORTEST_KEY} characters"
    if not settings.rehearsal_token:
        return
    if len(settings.rehearsal_token) < _SHORTEST_KEY:
        yield f"REHEARSAL_TOKEN: at least {_SHORTEST_KEY} characters"
    for gateway in settings.gateways:
        if gateway.provider not in _WITHOUT_MONEY:
            yield f"REHEARSAL_TOKEN: {gateway.name} is a real gateway: rehearse a shop that pays at the sandbox"


def _calls(settings: Settings) -> Iterator[str]:
    for name, table in (("CALL_LIMITS", settings.call_limits), ("CALL_RATES", settings.call_rates)):
        for method, limit in table.items():
            context, _, verb = method.partition(".")
            if context not in CONTEXTS or not verb:
                yield f"{name}: {method} is not a method like pricing.quote"
            if limit <= 0:
                yield f"{name}: {method}: a number above 0"


def _telling(settings: Settings) -> Iterator[str]:
    if not 0 <= settings.traces.share <= 1:
        yield "TRACES: share is 0 to 1"
    if settings.traces.endpoint and not _is_address(settings.traces.endpoint):
        yield "TRACES: endpoint is an address with http:// or https://"
    for problem in _of_watch(settings.watch):
        yield f"WATCH: {problem}"


def _engines(settings: Settings) -> Iterator[str]:
    if bool(settings.database_url) != bool(settings.nats_url):
        yield f"DATABASE_URL and {PREFIX}NATS_URL: give both, or none for the embedded engines"
    if settings.database_url and not settings.secret_key:
        yield f"SECRET_KEY: needed when the database is given (at least {_SHORTEST_KEY} characters)"
    if settings.secret_key and len(settings.secret_key) < _SHORTEST_KEY:
        yield f"SECRET_KEY: at least {_SHORTEST_KEY} characters"
    if settings.nats_replicas not in _REPLICAS:
        yield "NATS_REPLICAS: 1, 3 or 5"
    if settings.backup.every_h <= 0 or settings.backup.keep_days <= 0:
        yield "BACKUP: every_h and keep_days are times above 0"


def _gateways(settings: Settings) -> Iterator[str]:
    names = [gateway.name for gateway in settings.gateways]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"GATEWAYS: {name} is there twice"
    for gateway in settings.gateways:
        for problem in _of_gateway(gateway):
            yield f"GATEWAYS: {gateway.name}: {problem}"


def _edges(settings: Settings) -> Iterator[str]:
    for proxy in settings.trusted_proxies:
        if not _is_network(proxy):
            yield f"TRUSTED_PROXIES: {proxy} is no address and no network like 10.0.0.0/8"
    for edge in settings.edges:
        for problem in _of_edge(edge):
            yield f"EDGES: {edge.name}: {problem}"
    if not 0 < settings.edge_keep_s <= _LONGEST_EDGE_KEEP_S:
        yield f"EDGE_KEEP_S: 1 to {_LONGEST_EDGE_KEEP_S}"
    if settings.assets_url and not _is_origin(settings.assets_url):
        yield "ASSETS_URL: an address like https://cdn.example.org, without a path"


def _databases(settings: Settings) -> Iterator[str]:
    for setting in ("database_urls", "database_direct_urls", "replica_urls"):
        for name in getattr(settings, setting):
            if name not in CONTEXTS:
                yield f"{setting.upper()}: {name} is not a context ({', '.join(CONTEXTS)})"
    if settings.database_connections < 1:
        yield "DATABASE_CONNECTIONS: at least 1"
    yield from _pooler(settings)
    if settings.slow_statement_s < 0:
        yield "SLOW_STATEMENT_S: 0 (none) or more"
    if settings.retention.outbox_days < _STREAM_KEPT_DAYS:
        yield f"RETENTION: outbox_days: at least {_STREAM_KEPT_DAYS}, as long as the stream keeps events"
    if settings.retention.audit_days < 0:
        yield "RETENTION: audit_days: 0 (for ever) or more"


def _pooler(settings: Settings) -> Iterator[str]:
    if settings.database_pooler not in {"", "transaction"}:
        yield f"DATABASE_POOLER: {settings.database_pooler} is not transaction (or empty: none)"
    if not settings.database_pooler:
        return
    if not settings.database_direct_url:
        yield "DATABASE_DIRECT_URL: needed with a pooler, for migrations and maintenance"
    for name in settings.database_urls:
        if name not in settings.database_direct_urls:
            yield f"DATABASE_DIRECT_URLS: {name} has a database of its own behind a pooler: give its server too"


def _reports(settings: Settings) -> Iterator[str]:
    if settings.as_of and not _is_iso_date(settings.as_of):
        yield f"AS_OF: {settings.as_of} is not a date like 2011-09-01"


def _of_gateway(gateway: Gateway) -> Iterator[str]:
    if gateway.provider not in _PROVIDERS:
        yield f"provider {gateway.provider} is not sandbox, stripe, mollie or invoice"
    if not 0 <= gateway.weight <= _MAX_WEIGHT:
        yield f"weight {gateway.weight} is not 0 to {_MAX_WEIGHT}"
    if gateway.min_minor < 0:
        yield f"min_minor {gateway.min_minor} is below 0"
    if gateway.max_minor is not None and gateway.max_minor < gateway.min_minor:
        yield f"max_minor {gateway.max_minor} is below min_minor {gateway.min_minor}"
    if gateway.max_per_s < 0:
        yield "max_per_s is below 0 (0: no limit)"
    if gateway.max_in_flight < 0:
        yield "max_in_flight is below 0 (0: no limit)"
    if gateway.breaker not in _BREAKERS:
        yield f"breaker {gateway.breaker} is not {', '.join(_BREAKERS)}"
    if gateway.slow_s <= 0:
        yield "slow_s: a time above 0"


def _of_watch(watch: Watch) -> Iterator[str]:
    if watch.quiet and not _HOURS.fullmatch(watch.quiet):
        yield f"quiet {watch.quiet} is not hours like 22:00-07:00"
    if zone_named(watch.timezone) is None:
        yield f"timezone {watch.timezone} is not known"
    if watch.webhook_url and not _is_address(watch.webhook_url):
        yield "webhook_url is an address with http:// or https://"
    if watch.webhook_url and len(watch.webhook_secret) < _SHORTEST_SECRET:
        yield f"webhook_secret: at least {_SHORTEST_SECRET} characters"


def _of_edge(edge: EdgeCache) -> Iterator[str]:
    is_cdn = edge.provider in {"fastly", "cloudflare"}
    if not is_cdn and edge.provider != "varnish":
        yield f"provider {edge.provider} is not varnish, fastly or cloudflare"
    if edge.provider == "varnish" and not edge.urls:
        yield "urls: the nodes of Varnish are missing"
    if is_cdn and len(edge.urls) > 1:
        yield "urls: a CDN has one API"
    if is_cdn and not edge.service:
        yield "service is missing"
    if not edge.token:
        yield "token is missing"
    if not all(map(_is_origin, edge.urls)):
        yield "urls: addresses like http://varnish-1:6081"


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _is_origin(text: str) -> bool:
    split = urlsplit(text)
    return split.scheme in {"http", "https"} and bool(split.netloc) and not split.path.strip("/") and not split.query


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_iso_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
