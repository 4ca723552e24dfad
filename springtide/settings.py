"""Settings: environment (`SPRINGTIDE_…`) over `springtide.toml` over defaults. Read once, validated whole, passed down.

Nested sections are written with two underscores in the environment: SPRINGTIDE_MAIL__SMTP_URL.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

CONTEXTS = ("catalog", "pricing", "inventory", "customers", "checkout", "payments", "orders", "insight")
CHANNELS = ("web", "backoffice")
ROLES = (*CHANNELS, *CONTEXTS, "jobs")

_PREFIX = "SPRINGTIDE_"
_NOT_SETTINGS = frozenset({"CONFIG", "FAILPOINTS", "PARENT_PID", "TEST_ENGINES"})
"""Variables of ours that are read elsewhere: the settings file, armed failpoints, make's pid, the tests' engines."""

_BREAKERS = ("on", "dry_run", "off")
_MAX_WEIGHT = 10_000
_NICEST = 19
_STREAM_KEPT_DAYS = 7
_SHORTEST_SECRET = 16
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_REPLICAS = (1, 3, 5)
_LONGEST_EDGE_KEEP_S = 86_400


class SettingsProblem(ValueError):
    """One or several settings are wrong; the message names every one on a line of its own."""


class Gateway(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment gateway account. `provider`: sandbox, stripe, mollie or invoice; `markets`: market -> its methods.

    `weight`: its share of the attempts, beside the others' (0: only when no other can be asked). `min_minor` and
    `max_minor`: the amounts it takes, in minor units. `max_per_s` and `max_in_flight`: how many attempts a second and
    at once a process may ask it for (0: no limit). `breaker`: on, dry_run (judges and logs, diverts nothing) or off.
    `slow_s`: an answer that takes longer counts as slow.
    """

    name: str
    provider: str
    url: str = ""
    api_key: str = ""
    webhook_secret: str = ""
    markets: dict[str, tuple[str, ...]] = {}
    weight: int = 100
    min_minor: int = 0
    max_minor: int | None = None
    max_per_s: float = 0.0
    max_in_flight: int = 0
    breaker: str = "on"
    slow_s: float = 4.0


class Mail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Outgoing mail. Without `smtp_url` (smtp://user:password@host:587) mails become files in the data folder."""

    smtp_url: str = ""
    sender: str = "shop@springtide.example"


class Insight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Figures from the storefront, and who else gets or gives some. An empty id, key or token switches a thing off.

    `collect`: count pages and searches in the storefront, without cookies until a visitor agrees to more.
    `ga4_…`: Google Analytics 4 is told of the purchases of visitors that agreed. `uptimerobot_key`, `pingdom_token`:
    what they see of the shop is read back; read-only ones are enough.
    """

    collect: bool = True
    ga4_measurement_id: str = ""
    ga4_api_secret: str = ""
    ga4_url: str = "https://region1.google-analytics.com"
    uptimerobot_key: str = ""
    uptimerobot_url: str = "https://api.uptimerobot.com"
    pingdom_token: str = ""
    pingdom_url: str = "https://api.pingdom.com"


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long partitions are kept after the last of their rows, in days. `audit_days` 0: for ever.

    Orders, their lines and the ledgers of stock and money are books: their partitions are never dropped.
    """

    outbox_days: int = 8
    audit_days: int = 0


class Traces(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """OpenTelemetry traces. `endpoint`: who takes OTLP over HTTP ("" : nobody); `headers`: that receiver's keys;
    `share`: the share of requests that are traced, 0 to 1.
    """

    endpoint: str = ""
    headers: dict[str, str] = {}
    share: float = 0.01


class Watch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts of our own, by a process with the role "jobs". `mail_to`, `webhook_url`: whom to tell ("": nobody);
    `webhook_secret` signs webhooks. `quiet`: hours like "22:00-07:00" of `timezone` in which warnings wait.
    `runbook_url`: where the pages of docs/runbook are read.
    """

    enabled: bool = True
    mail_to: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    quiet: str = ""
    timezone: str = "UTC"
    runbook_url: str = "docs/runbook"


class Backup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where backups go (`dir`, empty: nowhere), how often a base backup is taken and for how long it is kept.

    `synchronous`: no commit is answered before its changes lie in the backup folder too (embedded engines; a given
    server is told by its own administrator).
    """

    dir: str = ""
    synchronous: bool = False
    every_h: float = 24.0
    keep_days: float = 7.0


class EdgeCache(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shared cache in front of the shop that is purged on change. `provider`: varnish, fastly or cloudflare.

    `urls`: the nodes of Varnish; of a CDN its API, empty means its own. `service`: Fastly's service id or Cloudflare's
    zone id. `token`: what purges are allowed with.
    """

    name: str
    provider: str
    urls: tuple[str, ...] = ()
    token: str = ""
    service: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set. Empty `database_url` and `nats_url` mean: start the embedded engines.

    `database_url` belongs to a role that may make roles and schemas; only `migrate` uses it as it is, processes log in
    with a role per context. `database_urls` gives a context a database of its own.
    `database_pooler`: "transaction" when these URLs lead to a PgBouncer in transaction mode; then `database_direct_url`
    (and `database_direct_urls`) lead to the servers themselves, for migrations and maintenance.
    `replica_url` (and `replica_urls`): standbys for lists and figures of the back office.
    `slow_statement_s`: statements that take longer are logged by name; 0: none.
    `retention`: what partitions are kept for.
    `words_dir`: folder with compounds.csv and synonyms.csv for the search (the demo brings its own).
    `call_timeout_s`: how long a call to a context in another process may take.
    `call_limits` and `call_rates`: "<context>.<verb>" -> how many calls of it a process may have under way, and make
    or answer within a second.
    `health_port`: where a process answers probes beside its channel, or without one; 0: nowhere. `health_token`: a
    secret that lets a request buy the test product at /healthz/deep; empty: nobody may.
    `rehearsal_token`: a secret that lets `springtide rehearse` place orders apart from those of buyers; empty: nobody.
    `drain_s`: how long a channel goes on after it said that it is leaving.
    `background`: publish and take the events of the contexts served here, and run their loops; false where another
    process of the same contexts does.
    `nice`: how much `serve` gives way to other processes, 0 (not at all) to 19.
    `trusted_proxies`: addresses and networks whose X-Forwarded-For is believed.
    `nats_url` may name several servers of a cluster, separated by commas; `nats_replicas`: on how many of them every
    event is kept.
    `as_of`: ISO date that reports are as of, for a shop whose history ends in the past; empty: today.
    `assets_url`: where browsers fetch styles, scripts and pictures of the storefront, a CDN; empty: from the shop.
    `edge_keep_s`: how long shared caches keep a page that nothing changed, when there are `edges`.
    """

    data_dir: str = ""
    database_url: str = ""
    database_urls: dict[str, str] = {}
    database_direct_url: str = ""
    database_direct_urls: dict[str, str] = {}
    database_pooler: str = ""
    database_connections: int = 4
    replica_url: str = ""
    replica_urls: dict[str, str] = {}
    slow_statement_s: float = 0.5
    retention: Retention = Retention()
    nats_url: str = ""
    nats_replicas: int = 1
    bus_namespace: str = ""
    secret_key: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    backoffice_port: int = 8001
    sandbox_port: int = 8002
    public_url: str = ""
    backoffice_url: str = ""
    default_market: str = "GB"
    words_dir: str = ""
    log_level: str = "WARNING"
    log_json: bool = True
    demo: bool = True
    strict_calls: bool = False
    call_timeout_s: float = 12.0
    call_limits: dict[str, int] = {}
    call_rates: dict[str, float] = {}
    health_port: int = 0
    health_token: str = ""
    rehearsal_token: str = ""
    drain_s: float = 3.0
    background: bool = True
    nice: int = 0
    trusted_proxies: tuple[str, ...] = ()
    as_of: str = ""
    backup: Backup = Backup()
    assets_url: str = ""
    edge_keep_s: int = 600
    edges: tuple[EdgeCache, ...] = ()
    mail: Mail = Mail()
    insight: Insight = Insight()
    gateways: tuple[Gateway, ...] = ()
    traces: Traces = Traces()
    watch: Watch = Watch()

    def url_of(self, context: str) -> str:
        """Return where processes find a context's database (perhaps a pooler)."""
        return self.database_urls.get(context) or self.database_url

    def direct_url_of(self, context: str) -> str:
        """Return where a context's server itself is, for what a pooler cannot carry."""
        if context in self.database_urls:
            return self.database_direct_urls.get(context) or self.database_urls[context]
        return self.database_direct_url or self.database_url

    def replica_url_of(self, context: str) -> str:
        """Return where a context's standby is; empty: there is none."""
        own = context in self.database_urls
        return self.replica_urls.get(context) or ("" if own else self.replica_url)

    def shop_url(self) -> str:
        """Return where buyers reach the shop, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def office_url(self) -> str:
        """Return where staff reach the back office, without a trailing slash."""
        return (self.backoffice_url or f"http://{self.host}:{self.backoffice_port}").rstrip("/")


def replaced(settings: Settings, **changes: object) -> Settings:
    """Return the settings with some of them replaced."""
    return msgspec.structs.replace(settings, **changes)


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables that make `load` give these settings again: for child processes."""
    values = msgspec.to_builtins(settings)
    return {
        f"{_PREFIX}{name.upper()}": value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in values.items()
    }


def load(environment: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read and validate the settings; `SettingsProblem` names every mistake at once."""
    environment = os.environ if environment is None else environment
    problems: list[str] = []
    values = _from_file(file or Path(environment.get(f"{_PREFIX}CONFIG", "springtide.toml")), problems)
    for name, text in sorted(environment.items()):
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) not in _NOT_SETTINGS:
            _put(values, name.removeprefix(_PREFIX).lower().split("__"), text)
    is_readable = not problems
    settings = _validated(values, problems)
    if is_readable:
        _check_meaning(settings, problems)
    if problems:
        raise SettingsProblem("\n".join(problems))
    return settings


def _from_file(path: Path, problems: list[str]) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: {error}")
        return {}


def _put(values: dict[str, Any], path: list[str], text: str) -> None:
    for part in path[:-1]:
        if isinstance(values.get(part), str):  # the section came whole, as JSON, and one field of it again
            values[part] = _section(values[part])
        if not isinstance(values.setdefault(part, {}), dict):
            return  # the section itself is wrong and named later
        values = values[part]
    values[path[-1]] = text


def _section(text: str) -> object:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return [text]  # no section, and refused as none when it is converted


def _validated(values: dict[str, Any], problems: list[str]) -> Settings:
    """Convert field by field, so that every mistake is named and not only the first."""
    known = {field.name: field for field in msgspec.structs.fields(Settings)}
    good: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            problems.append(f"{_PREFIX}{name.upper()}: there is no such setting")
            continue
        try:
            good[name] = msgspec.convert(_decoded(value, known[name].type), known[name].type, strict=False)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            problems.append(f"{_PREFIX}{name.upper()}: {error}")
    return Settings(**good)


def _decoded(value: object, wanted: object) -> object:
    """Values of lists, tables and sections may come as JSON text from the environment."""
    if isinstance(value, str) and wanted not in (str, int, bool):
        return msgspec.json.decode(value)
    return value


def _check_meaning(settings: Settings, problems: list[str]) -> None:
    problems.extend(
        f"{_PREFIX}{name.upper()}: a port is 0 to 65535"
        for name in ("port", "backoffice_port", "sandbox_port", "health_port")
        if not 0 <= getattr(settings, name) <= 65_535  # noqa: PLR2004 - the range of ports
    )
    if not 0 <= settings.nice <= _NICEST:
        problems.append(f"{_PREFIX}NICE: 0 to {_NICEST}")
    if settings.call_timeout_s <= 0:
        problems.append(f"{_PREFIX}CALL_TIMEOUT_S: a time above 0")
    _check_processes(settings, problems)
    _check_telling(settings, problems)
    _check_engines(settings, problems)
    _check_gateways(settings, problems)
    _check_edges(settings, problems)
    _check_databases(settings, problems)
    if settings.as_of and not _is_iso_date(settings.as_of):
        problems.append(f"{_PREFIX}AS_OF: {settings.as_of} is not a date like 2011-09-01")


def _check_telling(settings: Settings, problems: list[str]) -> None:
    if not 0 <= settings.traces.share <= 1:
        problems.append(f"{_PREFIX}TRACES: share is 0 to 1")
    if settings.traces.endpoint and not settings.traces.endpoint.startswith(("http://", "https://")):
        problems.append(f"{_PREFIX}TRACES: endpoint is an address with http:// or https://")
    problems.extend(f"{_PREFIX}WATCH: {problem}" for problem in _watch_problems(settings.watch))


def _check_engines(settings: Settings, problems: list[str]) -> None:
    if bool(settings.database_url) != bool(settings.nats_url):
        problems.append(f"{_PREFIX}DATABASE_URL and {_PREFIX}NATS_URL: give both, or none for the embedded engines")
    if settings.database_url and not settings.secret_key:
        problems.append(f"{_PREFIX}SECRET_KEY: needed when the database is given (at least 32 characters)")
    if settings.secret_key and len(settings.secret_key) < 32:  # noqa: PLR2004 - 32 hex characters are 128 bits
        problems.append(f"{_PREFIX}SECRET_KEY: at least 32 characters")
    if settings.nats_replicas not in _REPLICAS:
        problems.append(f"{_PREFIX}NATS_REPLICAS: 1, 3 or 5")
    if settings.backup.every_h <= 0 or settings.backup.keep_days <= 0:
        problems.append(f"{_PREFIX}BACKUP: every_h and keep_days are times above 0")


def _check_edges(settings: Settings, problems: list[str]) -> None:
    problems.extend(
        f"{_PREFIX}TRUSTED_PROXIES: {proxy} is no address and no network like 10.0.0.0/8"
        for proxy in settings.trusted_proxies
        if not _is_network(proxy)
    )
    problems.extend(f"{_PREFIX}EDGES: {problem}" for edge in settings.edges for problem in _edge_problems(edge))
    if not 0 < settings.edge_keep_s <= _LONGEST_EDGE_KEEP_S:
        problems.append(f"{_PREFIX}EDGE_KEEP_S: 1 to {_LONGEST_EDGE_KEEP_S}")
    if settings.assets_url and not _is_origin(settings.assets_url):
        problems.append(f"{_PREFIX}ASSETS_URL: an address like https://cdn.example.org, without a path")


def _check_gateways(settings: Settings, problems: list[str]) -> None:
    names = [gateway.name for gateway in settings.gateways]
    problems.extend(f"{_PREFIX}GATEWAYS: {name} is there twice" for name in {n for n in names if names.count(n) > 1})
    problems.extend(
        f"{_PREFIX}GATEWAYS: {gateway.name}: provider {gateway.provider} is not sandbox, stripe, mollie or invoice"
        for gateway in settings.gateways
        if gateway.provider not in {"sandbox", "stripe", "mollie", "invoice"}
    )
    for gateway in settings.gateways:
        problems.extend(f"{_PREFIX}GATEWAYS: {gateway.name}: {problem}" for problem in _gateway_problems(gateway))


def _check_processes(settings: Settings, problems: list[str]) -> None:
    if settings.drain_s < 0:
        problems.append(f"{_PREFIX}DRAIN_S: a time, 0 or above")
    if settings.health_token and len(settings.health_token) < 32:  # noqa: PLR2004 - 32 hex characters are 128 bits
        problems.append(f"{_PREFIX}HEALTH_TOKEN: at least 32 characters")
    if settings.rehearsal_token and len(settings.rehearsal_token) < 32:  # noqa: PLR2004 - as above
        problems.append(f"{_PREFIX}REHEARSAL_TOKEN: at least 32 characters")
    if settings.rehearsal_token:
        problems.extend(
            f"{_PREFIX}REHEARSAL_TOKEN: {gateway.name} is a real gateway: rehearse a shop that pays at the sandbox"
            for gateway in settings.gateways
            if gateway.provider not in {"sandbox", "invoice"}
        )
    for name, table in (("CALL_LIMITS", settings.call_limits), ("CALL_RATES", settings.call_rates)):
        for method, limit in table.items():
            if method.partition(".")[0] not in CONTEXTS or not method.partition(".")[2]:
                problems.append(f"{_PREFIX}{name}: {method} is not a method like pricing.quote")
            if limit <= 0:
                problems.append(f"{_PREFIX}{name}: {method}: a number above 0")


def _check_databases(settings: Settings, problems: list[str]) -> None:
    for setting in ("database_urls", "database_direct_urls", "replica_urls"):
        problems.extend(
            f"{_PREFIX}{setting.upper()}: {name} is not a context ({', '.join(CONTEXTS)})"
            for name in getattr(settings, setting)
            if name not in CONTEXTS
        )
    if settings.database_connections < 1:
        problems.append(f"{_PREFIX}DATABASE_CONNECTIONS: at least 1")
    if settings.database_pooler not in {"", "transaction"}:
        problems.append(f"{_PREFIX}DATABASE_POOLER: {settings.database_pooler} is not transaction (or empty: none)")
    if settings.database_pooler:
        if not settings.database_direct_url:
            problems.append(f"{_PREFIX}DATABASE_DIRECT_URL: needed with a pooler, for migrations and maintenance")
        problems.extend(
            f"{_PREFIX}DATABASE_DIRECT_URLS: {name} has a database of its own behind a pooler: give its server too"
            for name in settings.database_urls
            if name not in settings.database_direct_urls
        )
    if settings.slow_statement_s < 0:
        problems.append(f"{_PREFIX}SLOW_STATEMENT_S: 0 (none) or more")
    if settings.retention.outbox_days < _STREAM_KEPT_DAYS:
        problems.append(
            f"{_PREFIX}RETENTION: outbox_days: at least {_STREAM_KEPT_DAYS}, as long as the stream keeps events"
        )
    if settings.retention.audit_days < 0:
        problems.append(f"{_PREFIX}RETENTION: audit_days: 0 (for ever) or more")


def _gateway_problems(gateway: Gateway) -> list[str]:
    wrong = {
        f"weight {gateway.weight} is not 0 to {_MAX_WEIGHT}": not 0 <= gateway.weight <= _MAX_WEIGHT,
        f"min_minor {gateway.min_minor} is below 0": gateway.min_minor < 0,
        f"max_minor {gateway.max_minor} is below min_minor {gateway.min_minor}": (
            gateway.max_minor is not None and gateway.max_minor < gateway.min_minor
        ),
        "max_per_s is below 0 (0: no limit)": gateway.max_per_s < 0,
        "max_in_flight is below 0 (0: no limit)": gateway.max_in_flight < 0,
        f"breaker {gateway.breaker} is not {', '.join(_BREAKERS)}": gateway.breaker not in _BREAKERS,
        "slow_s: a time above 0": gateway.slow_s <= 0,
    }
    return [problem for problem, is_wrong in wrong.items() if is_wrong]


def _watch_problems(watch: Watch) -> list[str]:
    wrong = {
        f"quiet {watch.quiet} is not hours like 22:00-07:00": bool(watch.quiet) and not _HOURS.fullmatch(watch.quiet),
        f"timezone {watch.timezone} is not known": not _is_zone(watch.timezone),
        "webhook_url is an address with http:// or https://": bool(watch.webhook_url)
        and not watch.webhook_url.startswith(("http://", "https://")),
        f"webhook_secret: at least {_SHORTEST_SECRET} characters": bool(watch.webhook_url)
        and len(watch.webhook_secret) < _SHORTEST_SECRET,
    }
    return [problem for problem, is_wrong in wrong.items() if is_wrong]


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (KeyError, ValueError, OSError):  # what the standard library raises for names that are none
        return False


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _edge_problems(edge: EdgeCache) -> list[str]:
    is_cdn = edge.provider in {"fastly", "cloudflare"}
    wrong = {
        f"provider {edge.provider} is not varnish, fastly or cloudflare": not is_cdn and edge.provider != "varnish",
        "urls: the nodes of Varnish are missing": edge.provider == "varnish" and not edge.urls,
        "urls: a CDN has one API": is_cdn and len(edge.urls) > 1,
        "service is missing": is_cdn and not edge.service,
        "token is missing": not edge.token,
        "urls: addresses like http://varnish-1:6081": not all(map(_is_origin, edge.urls)),
    }
    return [f"{edge.name}: {problem}" for problem, is_wrong in wrong.items() if is_wrong]


def _is_origin(text: str) -> bool:
    split = urlsplit(text)
    return split.scheme in {"http", "https"} and bool(split.netloc) and not split.path.strip("/") and not split.query


def _is_iso_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
