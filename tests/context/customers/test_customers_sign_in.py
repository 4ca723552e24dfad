"""Signing in: throttled per account and per source, the same for a wrong address and a wrong password; resets."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from springtide.bootstrap import Node
from springtide.contexts.customers.domain.throttling import ACCOUNT, RESET, SIGN_UP, SOURCE, Limit, Tries, after_try
from springtide.contexts.customers.service import throttle
from springtide.contracts.customers.api import (
    Customer,
    CustomersApi,
    EmailTaken,
    InvalidCustomer,
    LastOwner,
    ResetGone,
    Role,
    SessionGone,
    SignInThrottled,
    StaffNotFound,
    WeakPassword,
    WrongCredentials,
)
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7
from tests.conftest import NodeWith
from tests.context.customers.customers_builders import (
    CLI,
    ORIGIN,
    PASSWORD,
    SUPPORT,
    add_staff,
    mails_in,
    sign_in,
    sign_up,
    staff_in,
)

SetClock = Callable[[Node, float], Awaitable[None]]
DAY_S = 86_400


@pytest.fixture
def long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of minutes in place of seconds: the first would be over before a slow machine tries again."""

    def after(known: Tries | None, limit: Limit, now: datetime) -> Tries:
        tries = after_try(known, limit, now)
        return msgspec.structs.replace(tries, blocked_until=now + 60 * (tries.blocked_until - now))

    monkeypatch.setattr(throttle, "after_try", after)


async def guesses(api: CustomersApi, many: int, email: str = "ann@example.com", source: str = "10.0.0.9") -> list[str]:
    outcomes = []
    for turn in range(many):
        try:
            await sign_in(api, email, f"wrong guess {turn}", source)
        except (WrongCredentials, SignInThrottled) as refusal:
            outcomes.append(refusal.code)
    return outcomes


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
async def test_guesses_are_slowed_down_whether_or_not_there_is_such_an_account(
    api: CustomersApi, node: Node, set_clock: SetClock, long_pauses: None, email: str
) -> None:
    await sign_up(api)
    assert (
        await guesses(api, ACCOUNT.free + 2, email) == ["wrong_credentials"] * ACCOUNT.free + ["sign_in_throttled"] * 2
    )
    with pytest.raises(SignInThrottled) as refusal:
        await sign_in(api, email)
    assert 31 <= refusal.value.retry_after_s <= 61
    for later_s, wait_s in ((600, 120), (1200, 240), (2400, 480)):
        await set_clock(node, later_s)
        assert await guesses(api, 2, email) == ["wrong_credentials", "sign_in_throttled"]
        with pytest.raises(SignInThrottled) as refusal:
            await sign_in(api, email)
        assert wait_s - 30 <= refusal.value.retry_after_s <= wait_s + 1


async def test_an_address_that_cannot_be_is_just_a_wrong_one(api: CustomersApi) -> None:
    for email in ("", "\0", "ann@example.com\0", "x" * 10_000):
        with pytest.raises(WrongCredentials):
            await sign_in(api, email)
        await api.request_reset(caller=guest(), email=email, source="10.0.0.3")


async def test_the_right_password_after_the_wait_takes_the_tries_back(
    api: CustomersApi, node: Node, set_clock: SetClock
) -> None:
    await sign_up(api)
    await guesses(api, ACCOUNT.free)
    await set_clock(node, 10)
    await sign_in(api)
    assert await guesses(api, ACCOUNT.free) == ["wrong_credentials"] * ACCOUNT.free


async def test_guesses_sent_at_once_count_one_by_one(api: CustomersApi, long_pauses: None) -> None:
    await sign_up(api)
    outcomes = await asyncio.gather(
        *(sign_in(api, password=f"wrong guess {turn}") for turn in range(12)), return_exceptions=True
    )
    assert sum(isinstance(outcome, WrongCredentials) for outcome in outcomes) == ACCOUNT.free


async def test_a_source_that_tries_many_accounts_is_slowed_down(
    api: CustomersApi, node: Node, long_pauses: None
) -> None:
    with psycopg.connect(node.settings.database_url) as connection:
        await guesses(api, 1, "somebody@example.com")
        connection.execute("update customers.throttles set tries = %s where tries = 1", [SOURCE.free - 1])
    assert await guesses(api, 2, "else@example.com") == ["wrong_credentials", "sign_in_throttled"]
    assert await guesses(api, 1, "third@example.com", "10.0.0.10") == ["wrong_credentials"]


async def test_a_wrong_address_takes_as_long_as_a_wrong_password(api: CustomersApi) -> None:
    await sign_up(api)

    async def lasts(email: str) -> float:
        times = []
        for turn in range(4):
            started = time.process_time()  # of this process alone: others may be busy as well
            with pytest.raises(WrongCredentials):
                await sign_in(api, email, "not the password", f"10.1.0.{turn}")
            times.append(time.process_time() - started)
        return min(times)

    await lasts("warm@example.com")
    known, unknown = await lasts("ann@example.com"), await lasts("nobody@example.com")
    assert 0.4 < known / unknown < 2.5


async def test_a_customers_session_slides_and_ends(api: CustomersApi, node: Node, set_clock: SetClock) -> None:
    await sign_up(api)
    session = await sign_in(api)
    await set_clock(node, 29 * DAY_S)
    assert (await api.session(caller=guest(), token=session.token)).expires_at > session.expires_at
    await set_clock(node, 58 * DAY_S)
    await api.session(caller=guest(), token=session.token)
    await set_clock(node, 89 * DAY_S)
    with pytest.raises(SessionGone):
        await api.session(caller=guest(), token=session.token)


async def test_a_staff_session_lasts_twelve_hours(api: CustomersApi, node: Node, set_clock: SetClock) -> None:
    await add_staff(api, "olga@shop.example", Role.OWNER)
    session = await staff_in(api, "Olga@shop.example")
    assert (session.caller.kind, session.caller.scopes) == (Kind.STAFF, frozenset({"*"}))
    await set_clock(node, 11 * 3600)
    assert (await api.session(caller=guest("r9"), token=session.token)).caller.request_id == "r9"
    await set_clock(node, 12 * 3600 + 1)
    with pytest.raises(SessionGone):
        await api.session(caller=guest(), token=session.token)


async def test_customers_and_staff_are_two_worlds(api: CustomersApi) -> None:
    await sign_up(api, "both@shop.example")
    with pytest.raises(WrongCredentials):
        await staff_in(api, "both@shop.example")
    await add_staff(api, "both@shop.example", Role.SUPPORT)
    assert (await staff_in(api, "both@shop.example")).caller.kind is Kind.STAFF
    with pytest.raises(EmailTaken):
        await add_staff(api, "Both@shop.example", Role.SUPPORT)


async def test_the_last_owner_stays(api: CustomersApi) -> None:
    first = await add_staff(api, "first@shop.example", Role.OWNER)
    second = await add_staff(api, "second@shop.example", Role.OWNER, Role.SUPPORT)
    session = await staff_in(api, "second@shop.example")

    async def change(staff_id: object, *roles: Role, active: bool = True) -> object:
        return await api.change_staff(
            caller=CLI,
            key=uuid7().hex,
            staff_id=staff_id,
            name="Olga",
            roles=roles,
            active=active,  # type: ignore[arg-type]
        )

    outcomes = await asyncio.gather(
        change(first.id, Role.PLANNER), change(second.id, Role.OWNER, active=False), return_exceptions=True
    )
    assert sum(isinstance(outcome, LastOwner) for outcome in outcomes) == 1
    people = {member.id: member for member in await api.list_staff(caller=CLI)}
    owners = [member for member in people.values() if member.active and Role.OWNER in member.roles]
    assert len(owners) == 1
    if not people[second.id].active:
        with pytest.raises(SessionGone):
            await api.session(caller=guest(), token=session.token)
    with pytest.raises(StaffNotFound):
        await change(uuid7(), Role.OWNER)
    with pytest.raises(InvalidCustomer):
        await change(first.id)
    with pytest.raises(Forbidden):
        await api.list_staff(caller=Caller(actor="x", kind=Kind.STAFF, scopes=frozenset({"orders.*"})))


async def test_a_reset_link_works_once_and_ends_all_sessions(
    node_with: NodeWith, set_clock: SetClock, tmp_path: Path
) -> None:
    node = await node_with("customers", background=True)
    api = node.ask(CustomersApi)
    await sign_up(api)
    session = await sign_in(api)
    await guesses(api, ACCOUNT.free + 1)
    for email in ("ann@example.com", "nobody@example.com"):
        await api.request_reset(caller=guest(), email=email, source="10.0.0.1")
    mails = await mails_in(tmp_path, 2)
    (mail,) = [text for name, text in mails.items() if name.startswith("reset")]
    found = re.search(r"reset\?token=([\w-]+)", mail.replace("=3D", "=").replace("=\n", ""))
    assert found is not None
    token = found[1]
    with pytest.raises(WeakPassword):
        await api.reset_password(caller=guest(), token=token, password="short")
    await api.reset_password(caller=guest(), token=token, password="another long and quiet river")
    with pytest.raises(SessionGone):
        await api.session(caller=guest(), token=session.token)
    await sign_in(api, password="another long and quiet river")
    for gone in (token, "never issued"):
        with pytest.raises(ResetGone):
            await api.reset_password(caller=guest(), token=gone, password="a third long river")
    with psycopg.connect(node.settings.database_url) as connection:
        rows = connection.execute("select t::text from customers.resets as t").fetchall()
        jobs = connection.execute("select t::text from customers.procrastinate_jobs as t").fetchall()
    assert token not in str(rows) + str(jobs)
    assert "ann@" not in str(rows) + str(jobs)


async def test_a_reset_link_expires_and_requests_are_throttled(
    node_with: NodeWith, set_clock: SetClock, long_pauses: None, tmp_path: Path
) -> None:
    node = await node_with("customers", background=True)
    api = node.ask(CustomersApi)
    await sign_up(api)
    await api.request_reset(caller=guest(), email="ann@example.com", source="10.0.0.1")
    (mail,) = [text for name, text in (await mails_in(tmp_path, 2)).items() if name.startswith("reset")]
    found = re.search(r"reset\?token=([\w-]+)", mail.replace("=3D", "=").replace("=\n", ""))
    assert found is not None
    await set_clock(node, 3601)
    with pytest.raises(ResetGone):
        await api.reset_password(caller=guest(), token=found[1], password=PASSWORD)
    for _ in range(RESET.free - 1):
        await api.request_reset(caller=guest(), email="ann@example.com", source="10.0.0.1")
    with pytest.raises(SignInThrottled):
        await api.request_reset(caller=guest(), email="ann@example.com", source="10.0.0.1")


async def test_a_source_that_opens_account_after_account_is_slowed_down(
    api: CustomersApi, node: Node, set_clock: SetClock, long_pauses: None
) -> None:
    async def open_account(turn: int, source: str) -> Customer:
        return await api.sign_up(
            caller=guest(), key=f"wish-number-{turn}", email=f"made-up-{turn}@example.com", password=PASSWORD,
            name="Ann", locale="nl", origin=ORIGIN, source=source,
        )  # fmt: skip

    await open_account(0, "10.0.0.9")
    with psycopg.connect(node.settings.database_url) as connection:
        connection.execute("update customers.throttles set tries = %s", [SIGN_UP.free - 1])
    await open_account(1, "10.0.0.9")
    with pytest.raises(SignInThrottled) as refused:
        await open_account(2, "10.0.0.9")
    assert 31 <= refused.value.retry_after_s <= 61
    assert (await api.list_customers(caller=SUPPORT, text="made-up-2")).items == ()
    await open_account(3, "10.0.0.10")
    await set_clock(node, SIGN_UP.forgotten_after.total_seconds() + 1)
    await open_account(4, "10.0.0.9")
    await open_account(5, "10.0.0.9")
