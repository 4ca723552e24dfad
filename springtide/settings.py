"""Settings: environment (`SPRINGTIDE_…`) over `springtide.toml` over defaults. Read once, validated whole, passed down.

Nested sections are written with two underscores in the environment: SPRINGTIDE_MAIL__SMTP_URL.
"""

import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

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


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set. Empty `database_url` and `nats_url` mean: start the embedded engines.

    `database_url` belongs to a role that may make roles and schemas; only `migrate` uses it as it is, processes log in
    with a role per context. `database_urls` gives a context a database of its own.
    `words_dir`: folder with compounds.csv and synonyms.csv for the search (the demo brings its own).
    `call_timeout_s`: how long a call to a context in another process may take.
    `background`: publish and take the events of the contexts served here, and run their loops; false where another
    process of the same contexts does.
    `nice`: how much `serve` gives way to other processes, 0 (not at all) to 19.
    `trusted_proxies`: addresses whose X-Forwarded-For is believed.
    `as_of`: ISO date that reports are as of, for a shop whose history ends in the past; empty: today.
    """

    data_dir: str = ""
    database_url: str = ""
    database_urls: dict[str, str] = {}
    database_connections: int = 4
    nats_url: str = ""
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
    background: bool = True
    nice: int = 0
    trusted_proxies: tuple[str, ...] = ()
    as_of: str = ""
    mail: Mail = Mail()
    insight: Insight = Insight()
    gateways: tuple[Gateway, ...] = ()

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
        for name in ("port", "backoffice_port", "sandbox_port")
        if not 0 <= getattr(settings, name) <= 65_535  # noqa: PLR2004 - the range of ports
    )
    if not 0 <= settings.nice <= _NICEST:
        problems.append(f"{_PREFIX}NICE: 0 to {_NICEST}")
    if settings.call_timeout_s <= 0:
        problems.append(f"{_PREFIX}CALL_TIMEOUT_S: a time above 0")
    if bool(settings.database_url) != bool(settings.nats_url):
        problems.append(f"{_PREFIX}DATABASE_URL and {_PREFIX}NATS_URL: give both, or none for the embedded engines")
    if settings.database_url and not settings.secret_key:
        problems.append(f"{_PREFIX}SECRET_KEY: needed when the database is given (at least 32 characters)")
    if settings.secret_key and len(settings.secret_key) < 32:  # noqa: PLR2004 - 32 hex characters are 128 bits
        problems.append(f"{_PREFIX}SECRET_KEY: at least 32 characters")
    problems.extend(
        f"{_PREFIX}DATABASE_URLS: {name} is not a context ({', '.join(CONTEXTS)})"
        for name in settings.database_urls
        if name not in CONTEXTS
    )
    if settings.as_of and not _is_iso_date(settings.as_of):
        problems.append(f"{_PREFIX}AS_OF: {settings.as_of} is not a date like 2011-09-01")
    if bool(settings.insight.ga4_measurement_id) != bool(settings.insight.ga4_api_secret):
        problems.append(f"{_PREFIX}INSIGHT: give both ga4_measurement_id and ga4_api_secret, or none")
    names = [gateway.name for gateway in settings.gateways]
    problems.extend(f"{_PREFIX}GATEWAYS: {name} is there twice" for name in {n for n in names if names.count(n) > 1})
    problems.extend(
        f"{_PREFIX}GATEWAYS: {gateway.name}: provider {gateway.provider} is not sandbox, stripe, mollie or invoice"
        for gateway in settings.gateways
        if gateway.provider not in {"sandbox", "stripe", "mollie", "invoice"}
    )
    for gateway in settings.gateways:
        problems.extend(f"{_PREFIX}GATEWAYS: {gateway.name}: {problem}" for problem in _gateway_problems(gateway))


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


def _is_iso_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
