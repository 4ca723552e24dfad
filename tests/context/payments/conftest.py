"""Servers of the provider suite, each started once, and the printed table of what test servers lack."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx2
import msgspec
import pytest
import pytest_asyncio

from springtide.sandbox.app import SandboxApp, create_app
from springtide.sandbox.keys import account_keys
from springtide.settings import Gateway
from tests.conftest import NodeWith
from tests.context.payments.targets import (
    GAPS,
    KINDS,
    SECRET,
    InvoiceTarget,
    LocalStripeTarget,
    MollieFakeTarget,
    SandboxTarget,
    StripeFakeTarget,
    Target,
)
from tests.context.payments.till import Till
from tests.fakes.mollie_fake import MollieFake
from tests.fakes.serving import Mailbox, localstripe, served
from tests.fakes.stripe_fake import StripeFake

TILL_ACCOUNTS = tuple(f"account_{number}" for number in range(400))
_next_account = iter(TILL_ACCOUNTS)  # each test has merchant accounts of its own, so that books can be compared whole
_rows_run: set[tuple[str, str]] = set()


@pytest_asyncio.fixture(scope="session")
async def targets(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Target]]:
    """All targets by kind, their servers running."""
    folder: Path = tmp_path_factory.mktemp("sandbox")
    mailbox = Mailbox()
    stripes: list[StripeFake] = []
    mollies: list[MollieFake] = []
    accounts = {"shop": account_keys(secret=SECRET, account="shop")}

    def make_stripe(origin: str) -> StripeFake:
        stripes.append(StripeFake(origin=origin))
        return stripes[0]

    def make_mollie(origin: str) -> MollieFake:
        mollies.append(MollieFake(origin=origin))
        return mollies[0]

    async with contextlib.AsyncExitStack() as stack:
        mailbox_url = stack.enter_context(served(lambda _: mailbox))
        sandbox = stack.enter_context(
            served(lambda origin: create_app(folder=folder, accounts=accounts, origin=origin))
        )
        stripe_origin = stack.enter_context(served(make_stripe))
        mollie_origin = stack.enter_context(served(make_mollie))
        theirs = LocalStripeTarget(stack.enter_context(localstripe()), mailbox, mailbox_url)
        await theirs.register_webhook()
        made = (
            SandboxTarget(sandbox, mailbox, mailbox_url),
            theirs,
            StripeFakeTarget(stripe_origin, stripes[0]),
            MollieFakeTarget(mollie_origin, mollies[0], mailbox_url),
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
def till_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SandboxApp, str, Mailbox]]:
    """A sandbox with many accounts, and the address where its messages are kept."""
    accounts = {name: account_keys(secret=SECRET, account=name) for name in TILL_ACCOUNTS}
    folder, mailbox = tmp_path_factory.mktemp("till"), Mailbox()
    made: list[SandboxApp] = []

    def make_sandbox(origin: str) -> SandboxApp:
        made.append(create_app(folder=folder, accounts=accounts, origin=origin))
        return made[0]

    with served(lambda _: mailbox) as mailbox_url, served(make_sandbox):
        yield made[0], mailbox_url, mailbox


class TillWith(Protocol):
    async def __call__(self, *others: Gateway, **changes: dict[str, Any]) -> Till: ...


@pytest_asyncio.fixture
async def till_with(till_servers: tuple[SandboxApp, str, Mailbox], node_with: NodeWith) -> AsyncIterator[TillWith]:
    """Payments with two sandbox accounts, invoices and `others`; loops turn only when the test says so.

    `changes`: settings of a gateway by its name, `await till_with(north={"weight": 10})`.
    """
    sandbox, mailbox_url, mailbox = till_servers
    gateway = sandbox.gateway
    markets: dict[str, dict[str, tuple[str, ...]]] = {
        "north": {"NL": ("card", "bank_redirect", "app_push", "pay_later"), "SE": ("card",)},
        "south": {"SE": ("card",)},
    }
    async with httpx2.AsyncClient(base_url=gateway.origin, trust_env=False, timeout=20) as client:

        async def build(*others: Gateway, **changes: dict[str, Any]) -> Till:
            keys = {name: account_keys(secret=SECRET, account=next(_next_account)) for name in markets}
            accounts = [
                Gateway(
                    name=name,
                    provider="sandbox",
                    url=gateway.origin,
                    api_key=keys[name].api_key,
                    webhook_secret=keys[name].webhook_secret,
                    markets=served_there,
                )
                for name, served_there in markets.items()
            ]
            gateways = (*accounts, Gateway(name="invoice", provider="invoice", markets={"NL": ("invoice",)}), *others)
            chosen = tuple(msgspec.structs.replace(one, **changes.get(one.name, {})) for one in gateways)
            node = await node_with("payments", gateways=chosen, public_url=mailbox_url)
            return Till(node=node, sandbox=client, gateway=gateway, mailbox=mailbox, keys=keys)

        yield build


@pytest_asyncio.fixture
async def till(till_with: TillWith) -> Till:
    """Payments as most tests want them."""
    return await till_with()


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
