"""`springtide check` finds planted differences of every kind, by the name of their rule, and nothing where nothing is."""

import asyncio
import contextlib
import json
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from fakes.serving import free_port
from system.buyer import Buyer
from system.shop import ONE, RunningShop, running_shop
from system.test_first_order import CARD

from springtide.bootstrap import running
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.caller import system
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import database_url
from springtide.platform.usecase import new_key
from springtide.rehearsal.checker import Report, check
from springtide.settings import CONTEXTS, Gateway, Settings, as_environment, replaced

SKU = "84879"
STRANGER = "01890000-0000-7000-8000-00000000000f"


@dataclass
class Quiet:
    """A shop that has sold and gone to rest: its settings, its sandbox's file and the ids of three orders."""

    engines: Engines
    settings: Settings
    sandbox_file: Path
    card: str
    shipped: str
    invoice: str

    @contextlib.contextmanager
    def copy(self) -> Iterator[Settings]:
        """Give the settings of a copy of the database; as files, which takes a quarter of the time."""
        template, name = urlsplit(self.settings.database_url).path.lstrip("/"), f"planted_{secrets.token_hex(6)}"
        with psycopg.connect(self.engines.database_url, autocommit=True) as connection:
            connection.execute(f"create database {name} template {template} strategy file_copy")
            try:
                yield replaced(self.settings, database_url=database_url(self.engines, name))
            finally:
                connection.execute(f"drop database {name} with (force)")

    def ids(self) -> dict[str, str]:
        return {"card": self.card, "shipped": self.shipped, "invoice": self.invoice, "stranger": STRANGER, "sku": SKU}


@pytest.fixture(scope="module")
async def quiet(engines: Engines) -> AsyncIterator[Quiet]:
    manager = running_shop(engines, ONE)
    shop = await asyncio.to_thread(manager.__enter__)
    try:
        card, shipped, invoice = await sell(shop)
        await asyncio.to_thread(shop.rest)
        yield Quiet(engines, shop.settings, shop.folder / "sandbox" / "gateway.sqlite3", card, shipped, invoice)
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


async def sell(shop: RunningShop) -> tuple[str, str, str]:
    """Sell by card, by card and ship it, and by invoice; wait until everything is settled and printed."""
    async with httpx2.AsyncClient(base_url=shop.url, timeout=30) as client:
        done = [await buy(Buyer(client), "card"), await buy(Buyer(client), "card"), await buy(Buyer(client), "invoice")]
    card, shipped, invoice = (row["order_id"] for row in done)
    async with running(shop.settings, CONTEXTS, background=False, serve=False) as node:
        orders = node.ask(OrdersApi)
        await orders.ship(
            caller=system("test"), key=new_key(), order_id=shipped, lines={}, carrier="postnl", tracking="3SABC"
        )
        for _ in range(300):
            found = await orders.get(caller=system("test"), order_id=shipped)
            if found.captured_minor == found.total_minor and found.documents:
                break
            await asyncio.sleep(0.1)
        assert (found.captured_minor, len(found.documents)) == (found.total_minor, 1)
    for _ in range(100):
        if not (await shop.check()).findings:
            break
        await asyncio.sleep(0.1)
    return card, shipped, invoice


async def buy(buyer: Buyer, method: str) -> dict:
    answer = await buyer.buy(method, (SKU, 2))
    if answer["step"] == "awaiting_buyer":
        await buyer.pay_at_the_bank(answer["redirect_url"], CARD)
        answer = await buyer.standing(answer["checkout_id"])
    assert answer["step"] == "completed"
    return answer


async def checked(settings: Settings) -> Report:
    async with running(settings, CONTEXTS, background=False, serve=False) as node:
        return await check(node.ask)


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


def plant(settings: Settings, statements: str) -> None:
    """Change facts behind everybody's back: as superuser, without triggers and foreign keys."""
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("set session_replication_role = replica")
        done = connection.execute(statements)
        assert done.rowcount != 0, "the plant changed nothing"


async def test_nothing_is_found_where_nothing_is(quiet: Quiet):
    report = await checked(quiet.settings)
    assert report.findings == []
    assert report.compared["orders to ship = units promised"] == 3
    assert report.compared["one charge per order"] == 3
    assert report.compared["every success answer has its order"] == 3


COPIED_PROCESS = """insert into checkout.process select (jsonb_populate_record(process,
    jsonb_build_object('checkout_id', '{stranger}', 'cart_id', '{stranger}', 'attempt_id', '{stranger}'))).*
    from checkout.process where checkout_id = '{card}'"""
COPIED_ATTEMPT = """insert into payments.attempt select (jsonb_populate_record(attempt, jsonb_build_object(
    'id', '{stranger}', 'gateway', 'invoice', 'provider_ref', ''{more}))).* from payments.attempt
    where checkout_id = '{shipped}'"""

PLANTS = [
    # between contexts
    ("every success answer has its order", "delete from orders.orders where id = '{card}'"),
    ("every success answer has its order", "update orders.orders set total_minor = total_minor + 1 where id = '{card}'"),
    ("every success answer has its order", COPIED_PROCESS),
    ("every order was completed", "delete from checkout.process where checkout_id = '{card}'"),
    ("every order was completed", "update checkout.process set step = 'undone' where checkout_id = '{invoice}'"),
    ("orders to ship = units promised", "delete from inventory.promise where checkout_id = '{card}'"),
    (
        "orders to ship = units promised",
        """insert into inventory.promise select '{stranger}', market, state, lines, expires_at, version
           from inventory.promise where checkout_id = '{card}'""",
    ),
    (
        "orders to ship = units promised",
        """update inventory.promise set lines = jsonb_set(lines, '{{0,quantity}}', '1') where checkout_id = '{card}'""",
    ),
    ("no charge without an order", "delete from orders.orders where id = '{shipped}'"),
    ("one charge per order", "update orders.orders set total_minor = total_minor - 1 where id = '{shipped}'"),
    (
        "orders and payments know the same sums",
        "update orders.orders set captured_minor = captured_minor - 1 where id = '{shipped}'",
    ),
    (
        "orders and payments know the same sums",
        "update orders.orders set refunded_minor = 1 where id = '{shipped}'",
    ),
    ("orders and payments know the same sums", "delete from payments.attempt where checkout_id = '{shipped}'"),
    # orders
    ("order_total", "update orders.orders set total_minor = total_minor + 1 where id = '{invoice}'"),
    (
        "row_gross",
        """alter table orders.order_lines drop constraint gross_is_net_and_tax;
           update orders.order_lines set net_minor = net_minor - 1 where order_id = '{card}'""",
    ),
    (
        "line_counts",
        """alter table orders.order_lines drop constraint counts_in_bounds;
           update orders.order_lines set cancelled = ordered + 1 where order_id = '{card}'""",
    ),
    ("line_allocations", "update orders.order_lines set open_allocations = '[]' where order_id = '{card}'"),
    ("line_history", "update orders.order_lines set fulfilled = 1 where order_id = '{card}'"),
    ("adjusted_sum", "update orders.orders set adjusted_minor = -1 where id = '{card}'"),
    ("adjusted_too_much", "update orders.orders set adjusted_minor = 1 where id = '{card}'"),
    ("orphan", "update orders.shipping_rows set order_id = '{stranger}' where order_id = '{card}'"),
    (
        "origin",
        """alter table orders.orders drop constraint live_or_imported;
           update orders.orders set import_batch = 'x' where id = '{card}'""",
    ),
    ("document_numbers", "update orders.document_counters set last = last + 1"),
    ("document_numbers", "delete from orders.documents where order_id = '{shipped}'"),
    ("document_sum", "update orders.documents set gross_minor = gross_minor + 1 where order_id = '{shipped}'"),
    # inventory
    ("on_hand_is_ledger_sum", "update inventory.stock set on_hand = on_hand + 1 where sku = '{sku}'"),
    ("on_hand_is_ledger_sum", "delete from inventory.ledger where sku = '{sku}'"),
    ("held_is_sum_of_holds", "update inventory.stock set held = held + 1 where sku = '{sku}'"),
    ("claimed_is_sum_of_claims", "delete from inventory.promise where checkout_id = '{invoice}'"),
    ("inbound_is_mirrored", "update inventory.stock set inbound_units = '{{7}}', inbound_days = '{{2030-01-01}}' where sku = '{sku}'"),
    ("promised_within_owned", "update inventory.stock set on_hand = claimed - 1 where sku = '{sku}' and claimed > 0"),
    ("nothing_is_negative", "update inventory.stock set on_hand = -1 where sku = '{sku}'"),
    # checkout
    ("checkout.overdue", "update checkout.process set due_at = now() - interval '1 day' where checkout_id = '{card}'"),
    ("checkout.cart_against_process", "update checkout.cart set state = 'open' where checkout_id = '{card}'"),
    ("checkout.completed_without_number", "update checkout.process set order_number = '' where checkout_id = '{card}'"),
    # payments
    ("attempt_differs_from_ledger", "delete from payments.ledger where checkout_id = '{shipped}' and kind = 'captured'"),
    ("payment_differs_from_gateway", "delete from payments.ledger where checkout_id = '{card}'"),
    (
        "payment_differs_from_gateway",
        """insert into payments.ledger (id, at, attempt_id, checkout_id, gateway, kind, amount_minor, currency,
               provider_ref, cause)
           select '{stranger}', at, attempt_id, checkout_id, gateway, 'refunded', 1, currency, provider_ref, cause
           from payments.ledger where checkout_id = '{shipped}' and kind = 'captured'""",
    ),
    ("ledger_without_attempt", "delete from payments.attempt where checkout_id = '{card}'"),
    ("checkout_paid_twice", COPIED_ATTEMPT.replace("{more}", ", 'late', true")),
    (
        "payment_outcome_open_too_long",
        """update payments.attempt set state = 'unknown', started_at = now() - interval '9 days'
           where checkout_id = '{card}'""",
    ),
    (
        "payment_operation_open_too_long",
        """insert into payments.operation (id, attempt_id, checkout_id, kind, amount_minor, state, reason, cause, ordered_at)
           select '{stranger}', id, checkout_id, 'refund', 1, 'pending', '', '', now() - interval '9 days'
           from payments.attempt where checkout_id = '{shipped}'""",
    ),
    ("payment_not_undone", "update payments.attempt set undo_reason = 'late' where checkout_id = '{shipped}'"),
    (
        "gateway_message_parked_too_long",
        """insert into payments.message (gateway, event_id, kind, merchant_reference, provider_refs, received_at, due_at)
           values ('sandbox', 'evt', 'captured', 'nobody', '{{}}', now() - interval '9 days', now())""",
    ),
    # pricing
    ("voucher_uses_match_holds", "update pricing.voucher set used = used + 1 where use_limit is null or use_limit > 0"),
    (
        "voucher_within_limit",
        """alter table pricing.voucher drop constraint voucher_check;
           update pricing.voucher set use_limit = 0, used = 1""",
    ),
    ("price_matches_history", "update pricing.price_now set effective_minor = effective_minor + 1 where sku = '{sku}'"),
    ("price_matches_history", "delete from pricing.price_history where sku = '{sku}'"),
    ("price_matches_history", "delete from pricing.price_now where sku = '{sku}'"),
]


@pytest.mark.parametrize(("rule", "statements"), PLANTS)
async def test_a_planted_difference_is_found(quiet: Quiet, rule: str, statements: str):
    with quiet.copy() as copied:
        plant(copied, statements.format(**quiet.ids()))
        assert rule in rules(await checked(copied))


ENTRY = """insert into entries (account, payment_id, merchant_reference, kind, amount_minor, currency, reference, occurred_at)
    select account, payment_id, {reference}, 'captured', 100, currency, 'planted', occurred_at from entries limit 1"""
BOOKS = [
    ("payment_differs_from_gateway", "update entries set amount_minor = amount_minor + 1"),
    ("payment_differs_from_gateway", "delete from entries where kind = 'captured'"),
    ("payment_differs_from_gateway", ENTRY.format(reference="merchant_reference")),
    ("gateway_payment_unknown_here", ENTRY.format(reference="'a-stranger'")),
]


@pytest.mark.parametrize(("rule", "statement"), BOOKS)
async def test_a_difference_in_the_gateways_own_books_is_found(quiet: Quiet, rule: str, statement: str):
    with books_changed(quiet.sandbox_file, statement):
        assert rule in rules(await checked(quiet.settings))
    assert (await checked(quiet.settings)).findings == []


@contextlib.contextmanager
def books_changed(file: Path, statement: str) -> Iterator[None]:
    """Change the sandbox's ledger in its own file, and put it back afterwards."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as books:
        guards = books.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in guards:
            books.execute(f"drop trigger {name}")
        books.execute("create table kept as select * from entries")
        try:
            assert books.execute(statement).rowcount > 0
            yield
        finally:
            books.execute("delete from entries")
            books.execute("insert into entries select * from kept")
            books.execute("drop table kept")
            for _, sql in guards:
                books.execute(sql)


async def test_a_gateway_that_does_not_answer_is_told(quiet: Quiet):
    closed = f"http://127.0.0.1:{free_port()}"
    gateways = tuple(moved(gateway, closed) for gateway in quiet.settings.gateways)
    report = await checked(replaced(quiet.settings, gateways=gateways))
    assert rules(report) == {"gateway_ledger_unreadable"}


def moved(gateway: Gateway, url: str) -> Gateway:
    return replaced(gateway, url=url) if gateway.provider == "sandbox" else gateway


def springtide_check(settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
    return subprocess.run(
        [sys.executable, "-m", "springtide.cli", "check", *options],
        env={**environ, **as_environment(settings)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_prints_the_difference_and_fails(quiet: Quiet):
    with quiet.copy() as copied:
        plant(copied, f"update orders.orders set captured_minor = captured_minor - 1 where id = '{quiet.shipped}'")
        told = springtide_check(copied)
        listed = springtide_check(copied, "--json")
    assert told.returncode == listed.returncode == 1
    assert "DIFFERENCE  orders and payments know the same sums" in told.stdout
    assert [row["rule"] for row in json.loads(listed.stdout)["findings"]] == ["orders and payments know the same sums"]


def test_the_command_says_that_all_is_well(quiet: Quiet):
    told = springtide_check(quiet.settings)
    assert (told.returncode, told.stderr) == (0, "")
    assert "No differences." in told.stdout
