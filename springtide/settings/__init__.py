"""Settings: what can be set. `reading` takes them from the environment and a file, `checks` judges what they mean.

Read once, passed down. In the environment names begin with `SPRINGTIDE_`, and nested sections are written with two
underscores: SPRINGTIDE_MAIL__SMTP_URL.
"""

import msgspec

CONTEXTS = ("catalog", "pricing", "inventory", "customers", "checkout", "payments", "orders", "insight", "peak")
CHANNELS = ("web", "backoffice")
ROLES = (*CHANNELS, *CONTEXTS, "jobs")

PREFIX = "SPRINGTIDE_"
"""What the names of all settings begin with in the environment."""


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
    `peak_install`: words that install the peak desk's numerics, run by `up` once the shop sells; empty: none.
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
    peak_install: str = ""
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
        f"{PREFIX}{name.upper()}": value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in values.items()
    }
