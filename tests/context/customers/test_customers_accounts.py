"""Accounts: one per address, signed in by password, forgotten on request."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from springtide.bootstrap import Node
from springtide.contracts.common import Address
from springtide.contracts.customers.api import (
    AddressNotFound,
    CustomerNotFound,
    CustomersApi,
    EmailTaken,
    InvalidCustomer,
    SessionGone,
    WeakPassword,
    WrongCredentials,
)
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.errors import Forbidden, KeyReused
from springtide.platform.ids import uuid7
from tests.conftest import NodeWith
from tests.context.customers.customers_builders import ORIGIN, PASSWORD, SUPPORT, mails_in, sign_in, sign_up

HOME = Address(name="Ann", line1="1 Mill Lane", city="Leicester", postcode="LE1 1AA", country="GB")


def count(node: Node, table: str) -> int:
    with psycopg.connect(node.settings.database_url) as connection:
        found = connection.execute(
            sql.SQL("select count(*) from customers.{}").format(sql.Identifier(table))
        ).fetchone()
    assert found is not None
    return int(found[0])


def whole_schema(node: Node) -> str:
    """Everything the schema holds, as text."""
    with psycopg.connect(node.settings.database_url) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'customers' and table_type = 'BASE TABLE'"
        ).fetchall()
        rows = [
            connection.execute(sql.SQL("select t::text from customers.{} as t").format(sql.Identifier(name))).fetchall()
            for (name,) in tables
        ]
    return "\n".join(str(row) for found in rows for row in found)


async def test_sign_up_sign_in_and_out(api: CustomersApi) -> None:
    customer = await sign_up(api)
    session = await sign_in(api, "  ANN@example.COM ")
    assert customer.id == (await api.me(caller=session.caller)).id
    assert session.caller.kind is Kind.CUSTOMER
    assert session.caller.request_id == "r1"
    assert session.name == "Ann"
    assert (await api.session(caller=guest(), token=session.token)).caller.actor == str(customer.id)
    await api.sign_out(caller=guest(), token=session.token)
    await api.sign_out(caller=guest(), token=session.token)
    with pytest.raises(SessionGone):
        await api.session(caller=guest(), token=session.token)
    with pytest.raises(SessionGone):
        await api.me(caller=guest())


async def test_an_address_has_one_account_also_when_two_sign_up_at_once(api: CustomersApi, node: Node) -> None:
    outcomes = await asyncio.gather(*(sign_up(api) for _ in range(4)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "Customer",
        "EmailTaken",
        "EmailTaken",
        "EmailTaken",
    ]
    assert count(node, "customers") == 1
    assert count(node, "outbox") == 1


async def test_signing_up_again_with_the_same_key_gives_the_same_account(api: CustomersApi) -> None:
    first = await sign_up(api, key="sign-up-1")
    assert first == await sign_up(api, key="sign-up-1")
    with pytest.raises(KeyReused):
        await sign_up(api, "other@example.com", key="sign-up-1")


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (("nobody", " ", "dutch"), {"email", "name", "locale"}),
        (("a@b.c\r\nBcc: x@y.z", "Ann", "nl"), {"email"}),
        (("ann@example.com", "Ann\x00", "nl"), {"name"}),
        (("ann@localhost", "Ann", "nl"), {"email"}),
    ],
)
async def test_a_bad_form_names_every_field_and_changes_nothing(
    api: CustomersApi, node: Node, form: tuple[str, str, str], fields: set[str]
) -> None:
    email, name, locale = form
    with pytest.raises(InvalidCustomer) as refusal:
        await api.sign_up(
            caller=guest(), key="bad-form", email=email, password=PASSWORD, name=name, locale=locale, origin=ORIGIN
        )
    assert set(refusal.value.facts["fields"]) == fields
    assert count(node, "customers") == count(node, "idempotency") == 0


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "too_short"),
        ("x" * 201, "too_long"),
        ("Password123", "too_common"),
        ("aaaaaaaaaaab", "too_simple"),
        ("Ann@example.com", "like_email"),
    ],
)
async def test_weak_passwords(api: CustomersApi, node: Node, password: str, why: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        await api.sign_up(
            caller=guest(), key="weak-one", email="ann@example.com", password=password, name="Ann", locale="nl",
            origin=ORIGIN,
        )  # fmt: skip
    assert refusal.value.facts["why"] == why
    assert count(node, "customers") == 0


async def test_no_password_and_no_token_is_stored(api: CustomersApi, node: Node) -> None:
    await sign_up(api)
    session = await sign_in(api)
    stored = whole_schema(node)
    assert PASSWORD not in stored
    assert session.token not in stored
    assert "$argon2id$" in stored


async def test_addresses(api: CustomersApi) -> None:
    await sign_up(api)
    me = (await sign_in(api)).caller
    first = await api.put_address(caller=me, key="address-1", address_id=None, address=HOME, is_default=False)
    second = await api.put_address(caller=me, key="address-2", address_id=None, address=HOME, is_default=True)
    assert [saved.is_default for saved in first.addresses] == [True]
    assert [saved.is_default for saved in second.addresses] == [False, True]
    with pytest.raises(AddressNotFound):
        await api.put_address(caller=me, key="address-3", address_id=uuid7(), address=HOME, is_default=True)
    assert await api.me(caller=me) == second
    bad = Address(name="", line1="x" * 201, city="Leicester", postcode="LE1", country="gb")
    with pytest.raises(InvalidCustomer) as refusal:
        await api.put_address(caller=me, key="address-4", address_id=None, address=bad, is_default=True)
    assert set(refusal.value.facts["fields"]) == {"name", "line1", "country"}
    for key in ("drop-one", "drop-again"):
        left = await api.drop_address(caller=me, key=key, address_id=second.addresses[0].id)
    assert [saved.id for saved in left.addresses] == [second.addresses[1].id]
    for turn in range(19):
        await api.put_address(caller=me, key=f"address-more-{turn}", address_id=None, address=HOME, is_default=False)
    with pytest.raises(InvalidCustomer):
        await api.put_address(caller=me, key="address-21", address_id=None, address=HOME, is_default=False)


async def test_consents_are_kept_all(api: CustomersApi, node: Node) -> None:
    await sign_up(api)
    me = (await sign_in(api)).caller
    for turn, given in enumerate((True, False)):
        after = await api.set_consent(
            caller=me, key=f"consent-{turn}", purpose="newsletter", given=given, text_version="2026-11"
        )
    assert [consent.given for consent in after.consents] == [True, False]
    with (
        psycopg.connect(node.databases["customers"].url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("update customers.consents set given = true")


async def test_erasing_leaves_nothing_personal(api: CustomersApi, node: Node) -> None:
    customer = await sign_up(api)
    session = await sign_in(api)
    await api.change_me(caller=session.caller, key="change-me", name="Ann Marlow", locale="sv")
    await api.put_address(caller=session.caller, key="address-1", address_id=None, address=HOME, is_default=True)
    with pytest.raises(Forbidden):
        await api.erase(
            caller=Caller(actor=str(uuid7()), kind=Kind.CUSTOMER), key="erase-other", customer_id=customer.id, reason=""
        )
    for key in ("erase-me-1", "erase-me-2"):
        await api.erase(caller=session.caller, key=key, customer_id=customer.id, reason="asked")
    stored = whole_schema(node)
    for secret in ("ann@", "Ann", "Mill Lane", "LE1"):
        assert secret not in stored
        assert secret.encode().hex() not in stored
    with pytest.raises(SessionGone):
        await api.session(caller=guest(), token=session.token)
    with pytest.raises(WrongCredentials):
        await sign_in(api)
    with pytest.raises(CustomerNotFound):
        await api.get_customer(caller=SUPPORT, customer_id=customer.id)
    assert (await api.list_customers(caller=SUPPORT)).items == ()
    with pytest.raises(CustomerNotFound):
        await api.erase(caller=SUPPORT, key="erase-none", customer_id=uuid7(), reason="asked")
    again = await sign_up(api)
    assert again.id != customer.id


async def test_staff_find_customers_by_the_beginnings_of_words(api: CustomersApi) -> None:
    first, second = await sign_up(api, "ann@example.com"), await sign_up(api, "bo@shop.nl")
    page = await api.list_customers(caller=SUPPORT, limit=1)
    rest = await api.list_customers(caller=SUPPORT, limit=1, after=page.after)
    assert [row.id for row in (*page.items, *rest.items)] == [second.id, first.id]
    assert rest.after is None
    found = await api.list_customers(caller=SUPPORT, text="EXAM an")
    assert [row.id for row in found.items] == [first.id]
    assert (await api.list_customers(caller=SUPPORT, text="a' | ':* zzz")).items == ()
    with pytest.raises(Forbidden):
        await api.list_customers(caller=guest())


async def test_a_taken_address_tells_its_owner_by_mail_once_an_hour(node_with: NodeWith, tmp_path: Path) -> None:
    node = await node_with("customers", background=True)
    api = node.ask(CustomersApi)
    await sign_up(api)
    for _ in range(3):
        with pytest.raises(EmailTaken):
            await sign_up(api)
    mails = await mails_in(tmp_path, 2)
    assert sorted(name.partition("-")[0] for name in mails) == ["taken", "welcome"]
