"""Where a command's engines come from: the settings, the shop running in the data folder, or started for the moment."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import springtide.demo
from springtide.demo.history_records import AS_OF
from springtide.platform.embedded.engines import Engines, engines_of_running_shop, shared_or_running_engines
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.ports import is_free
from springtide.platform.embedded.probes import http_probe
from springtide.platform.embedded.supervisor import Child, Say, Supervisor
from springtide.sandbox.keys import account_keys
from springtide.settings import Gateway, Settings, replaced

DEMO_WORDS = Path(springtide.demo.__file__).parent / "data" / "translations"
_MARKETS = ("GB", "NL", "SE")


def with_engines(settings: Settings, engines: Engines, folder: DataFolder) -> Settings:
    """Return the settings of a shop on the embedded engines: gateways default to invoice and the sandbox.

    The demo brings its words for the search and the day its history is as of.
    """
    return replaced(
        settings,
        database_url=engines.database_url,
        nats_url=engines.nats_url,
        secret_key=settings.secret_key or engines.secret_key,
        data_dir=str(folder.app),
        words_dir=settings.words_dir or (str(DEMO_WORDS) if settings.demo else ""),
        as_of=settings.as_of or (AS_OF.isoformat() if settings.demo else ""),
        gateways=settings.gateways or demo_gateways(settings, settings.secret_key or engines.secret_key),
    )


def demo_gateways(settings: Settings, secret_key: str) -> tuple[Gateway, ...]:
    """Return the demo's gateways: two accounts at the sandbox and payment by invoice."""
    url = f"http://127.0.0.1:{settings.sandbox_port}"
    redirects = {"GB": ("card", "pay_later"), "NL": ("bank_redirect", "card"), "SE": ("app_push", "card", "pay_later")}
    shop = account_keys(secret=sandbox_secret(secret_key), account="shop")
    return (
        Gateway(
            name="sandbox",
            provider="sandbox",
            url=url,
            api_key=shop.api_key,
            webhook_secret=shop.webhook_secret,
            markets=redirects,
        ),
        Gateway(name="invoice", provider="invoice", markets=dict.fromkeys(_MARKETS, ("invoice",))),
    )


def sandbox_secret(secret_key: str) -> str:
    """Return the secret the sandbox gateway derives its accounts' keys from."""
    return f"sandbox-of-{secret_key}"


def sandbox_child(settings: Settings, folder: DataFolder, environ: dict[str, str]) -> Child:
    """Return the sandbox gateway as a process to keep alive; its secret is written for it."""
    secret_file = folder.app / "sandbox-secret.txt"
    write_atomically(secret_file, sandbox_secret(settings.secret_key), mode=0o600)
    return Child(
        name="sandbox",
        command=(
            *(sys.executable, "-m", "springtide.sandbox", "--port", str(settings.sandbox_port)),
            *("--data", str(folder.app / "sandbox"), "--webhook-secret-file", str(secret_file)),
        ),
        environ=environ,
        is_ready=http_probe("127.0.0.1", settings.sandbox_port, "/health"),
    )


@asynccontextmanager
async def with_gateways(settings: Settings, *, say: Say) -> AsyncIterator[Settings]:
    """As `engine_settings`, and the sandbox gateway answers too: for comparing its ledger with ours."""
    if settings.database_url:
        yield settings
        return
    folder = open_data_folder(Path(settings.data_dir) if settings.data_dir else None, say=say)
    is_running = engines_of_running_shop(folder) is not None
    async with shared_or_running_engines(folder, say=say) as engines:
        complete = with_engines(settings, engines, folder)
        if is_running or settings.gateways or not is_free(settings.sandbox_port):
            yield complete
            return
        child = sandbox_child(complete, folder, dict(os.environ))
        async with Supervisor((child,), logs=folder.logs, run=folder.run, say=say):
            yield complete


@asynccontextmanager
async def engine_settings(settings: Settings, *, say: Say) -> AsyncIterator[Settings]:
    """Yield complete settings: as given when they name engines, else those of the data folder."""
    if settings.database_url:
        yield settings
        return
    folder = open_data_folder(Path(settings.data_dir) if settings.data_dir else None, say=say)
    async with shared_or_running_engines(folder, say=say) as engines:
        yield with_engines(settings, engines, folder)
