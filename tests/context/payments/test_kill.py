"""kill -9 at each step of a payment: whoever is left finishes it, once."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from springtide.contracts.payments.api import AttemptState
from springtide.platform.ids import uuid7
from tests.context.payments.one_call import Job
from tests.context.payments.till import Till

PROCESS_DEADLINE_S = 40
WANTED = {
    "market": "NL",
    "method": "card",
    "amount_minor": 3490,
    "currency": "EUR",
    "return_url": "http://127.0.0.1:9/return",
    "locale": "nl",
    "country": "NL",
    "expires_after_s": 900,
}


async def killed_at(till: Till, folder: Path, point: str, verb: str, **arguments: Any) -> None:
    """Make the call in a process of its own that dies at the point."""
    armed = folder / "failpoints"
    armed.mkdir()
    (armed / point).touch()
    settings = msgspec.structs.replace(till.node.settings, data_dir=str(folder))
    job = Job(settings, verb, {"key": str(uuid7()), **arguments})
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.context.payments.one_call",
        stdin=asyncio.subprocess.PIPE,
        env={**os.environ, "SPRINGTIDE_FAILPOINTS": str(armed)},
    )
    async with asyncio.timeout(PROCESS_DEADLINE_S):
        await process.communicate(msgspec.json.encode(job))
    assert process.returncode == -signal.SIGKILL, f"the process did not die at {point}"


@pytest.mark.parametrize(
    ("point", "state", "entries"),
    [
        ("payments.gateway_start.recorded", AttemptState.DECLINED, []),
        ("payments.gateway_start.answered", AttemptState.AUTHORISED, [("authorised", 3490)]),
    ],
)
async def test_a_start_that_died(
    till: Till, tmp_path: Path, point: str, state: AttemptState, entries: list[tuple[str, int]]
) -> None:
    wanted = {**WANTED, "attempt_id": uuid7(), "checkout_id": uuid7()}
    await till.plan(wanted["attempt_id"], {"buyer": "approves", "webhook": "never"})
    await killed_at(till, tmp_path, point, "start", **wanted)
    attempt = await till.api.get_attempt(caller=till.caller, attempt_id=wanted["attempt_id"])
    assert attempt.state is AttemptState.STARTING
    await till.execute("update payments.test_clock set offset_s = 31")
    found = await till.until(attempt, lambda now: now.state not in (AttemptState.STARTING, AttemptState.UNKNOWN))
    assert found.state is state
    assert await till.our_entries(found) == await till.gateway_entries(found) == entries
    assert await till.check() == ()


async def test_a_start_that_died_between_two_gateways(till: Till, tmp_path: Path) -> None:
    """The first did nothing, the second was written down and never asked: nobody is charged, and nobody guesses."""
    wanted = {**WANTED, "market": "SE", "currency": "SEK", "checkout_id": uuid7()}
    draw = {"market": "SE", "method": "card", "amount_minor": 3490}
    ids = (uuid7() for _ in range(1_000))
    wanted["attempt_id"] = next(one for one in ids if till.tools.desk.order(one, **draw) == ("north", "south"))
    await till.plan(wanted["attempt_id"], {"buyer": "approves", "webhook": "never"})
    await till.outage("north", on=True)
    await killed_at(till, tmp_path, "payments.gateway_start.moved", "start", **wanted)
    await till.outage("north", on=False)
    attempt = await till.api.get_attempt(caller=till.caller, attempt_id=wanted["attempt_id"])
    assert (attempt.state, attempt.gateway) == (AttemptState.STARTING, "south")
    await till.execute("update payments.test_clock set offset_s = 31")
    found = await till.until(attempt, lambda now: now.state is AttemptState.DECLINED)
    assert await till.gateway_entries(found, "north") == await till.gateway_entries(found, "south") == []
    assert await till.check() == ()


async def test_a_start_that_died_is_gone_on_with_when_it_is_repeated(till: Till, tmp_path: Path) -> None:
    wanted = {**WANTED, "attempt_id": uuid7(), "checkout_id": uuid7()}
    await till.plan(wanted["attempt_id"], {"buyer": "approves", "webhook": "never"})
    await killed_at(till, tmp_path, "payments.gateway_start.recorded", "start", **wanted)
    attempt = await till.api.start(caller=till.caller, key=str(uuid7()), **wanted)
    assert attempt.state is AttemptState.AUTHORISED
    assert await till.our_entries(attempt) == await till.gateway_entries(attempt) == [("authorised", 3490)]


@pytest.mark.parametrize("point", ["payments.gateway_refund.ordered", "payments.gateway_refund.answered"])
async def test_a_refund_that_died_is_done_once(till: Till, tmp_path: Path, point: str) -> None:
    attempt = await till.start(method="bank_redirect")
    await killed_at(
        till,
        tmp_path,
        point,
        "refund",
        checkout_id=attempt.checkout_id,
        amount_minor=490,
        reason="returned",
        cause="adjustment",
    )
    await till.execute("update payments.test_clock set offset_s = 31")
    await till.until(attempt, lambda now: now.refunded_minor == 490)
    expected = [("authorised", 3490), ("captured", 3490), ("refunded", 490)]
    assert await till.our_entries(attempt) == await till.gateway_entries(attempt) == expected
    assert await till.check() == ()


@pytest.mark.parametrize("point", ["payments.gateway_void.ordered", "payments.gateway_void.answered"])
async def test_an_undo_that_died_gives_everything_back(till: Till, tmp_path: Path, point: str) -> None:
    attempt = await till.start()
    await killed_at(till, tmp_path, point, "undo", attempt_id=attempt.id, reason="sold out meanwhile")
    await till.execute("update payments.test_clock set offset_s = 31")
    await till.until(attempt, lambda now: now.state is AttemptState.VOIDED)
    expected = [("authorised", 3490), ("voided", 3490)]
    assert await till.our_entries(attempt) == await till.gateway_entries(attempt) == expected
    assert await till.check() == ()
