"""Servers of the provider suite, each started once, and the printed table of what test servers lack."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from springtide.sandbox import account_keys, create_app
from springtide.settings import Gateway
from tests.conftest import NodeWith
from tests.context.payments.targets import (
    GAPS,
    KINDS,
    SECRET,
    InvoiceTarget,
    LocalStripeTarget,
    SandboxTarget,
    StripeFakeTarget,
    Target,
)
from tests.context.payments.till import Till
from tests.fakes.serving import Mailbox, localstripe, served
from tests.fakes.stripe_fake import StripeFake

TILL_ACCOUNTS = tuple(f"account_{number}" for number in range(400))
_next_account = iter(TILL_ACCOUNTS)  # each test has merchant accounts of its own, so that books can be compared whole
_rows_run: set[tuple[str, str]] = set()


@pytest_asyncio.fixture(scope="session")
async def targets(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Target]]:
    """All targets by kind, their servers running."""
    folder: Path = tmp_path_factory.mktemp("sandbox")
    mailbox, fakes = Mailbox(), []
    accounts = {"shop": account_keys(secret=SECRET, account="shop")}

    def make_fake(origin: str) -> StripeFake:
        fakes.append(StripeFake(origin=origin))
        return fakes[0]

    async with contextlib.AsyncExitStack() as stack:
        mailbox_url = stack.enter_context(served(lambda _: mailbox))
        sandbox = stack.enter_context(
            served(lambda origin: create_app(folder=folder, accounts=accounts, origin=origin))
        )
        fake_origin = stack.enter_context(served(make_fake))
        theirs = LocalStripeTarget(stack.enter_context(localstripe()), mailbox, mailbox_url)
        await theirs.register_webhook()
        made = (
            SandboxTarget(sandbox, mailbox, mailbox_url),
            theirs,
            StripeFakeTarget(fake_origin, fakes[0]),
            InvoiceTarget(),
        )
        for target in made:
            stack.push_async_callback(target.close)
        yield {target.kind: target for target in made}


@pytest.fixture(params=KINDS)
def target(request: pytest.FixtureRequest, targets: dict[str, Target]) -> Target:
    """One target after the other."""
    return targets[request.param]


@pytest.fixture
def note_row() -> set[tuple[str, str]]:
    """Where the suite notes which rows it ran."""
    return _rows_run


@pytest.fixture(scope="session")
def till_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Mailbox]]:
    """A sandbox with many accounts, and the address where its messages are kept."""
    accounts = {name: account_keys(secret=SECRET, account=name) for name in TILL_ACCOUNTS}
    folder, mailbox = tmp_path_factory.mktemp("till"), Mailbox()
    with (
        served(lambda _: mailbox) as mailbox_url,
        served(lambda origin: create_app(folder=folder, accounts=accounts, origin=origin)) as sandbox_url,
    ):
        yield sandbox_url, mailbox_url, mailbox


@pytest_asyncio.fixture
async def till(till_servers: tuple[str, str, Mailbox], node_with: NodeWith) -> AsyncIterator[Till]:
    """Payments with two sandbox accounts and invoices; loops turn only when the test says so."""
    sandbox_url, mailbox_url, mailbox = till_servers
    keys = {name: account_keys(secret=SECRET, account=next(_next_account)) for name in ("north", "south")}
    gateways = [
        Gateway(
            name=name,
            provider="sandbox",
            url=sandbox_url,
            api_key=keys[name].api_key,
            webhook_secret=keys[name].webhook_secret,
            markets={"NL": methods, "SE": ("card",)},
        )
        for name, methods in (("north", ("card", "bank_redirect", "app_push", "pay_later")), ("south", ()))
    ]
    gateways.append(Gateway(name="invoice", provider="invoice", markets={"NL": ("invoice",)}))
    node = await node_with("payments", gateways=tuple(gateways), public_url=mailbox_url)
    async with httpx2.AsyncClient(base_url=sandbox_url, trust_env=False, timeout=20) as client:
        yield Till(node=node, sandbox=client, mailbox=mailbox, keys=keys)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was expected not to work, so that nobody takes it for tested."""
    rows = sorted(row for row in _rows_run if row in GAPS)
    if not rows:
        return
    terminalreporter.section("provider suite: rows a target is declared to lack (each was run and did fail)")
    for name, kind in rows:
        terminalreporter.write_line(f"{kind:20} {name:22} {GAPS[name, kind]}")
    covered = len(_rows_run) - len(rows)
    terminalreporter.write_line(f"{covered} rows work, {len(rows)} are declared as lacking")
