"""Contract calls over NATS: the caller cannot tell them from local ones."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol, cast

import msgspec
import pytest

from springtide.platform.bus import MAX_PAYLOAD_BYTES, Bus, BusUnavailable, PayloadTooLarge
from springtide.platform.caller import Caller
from springtide.platform.db import Database, DatabaseUnavailable
from springtide.platform.errors import BadInput, Conflict, DeadlineExceeded, Refusal, TooMany, Unavailable
from springtide.platform.rpc import CalledInsideTransaction, Contract, Server, local, remote
from springtide.platform.telemetry import current_trace, set_trace
from tests.context.platform.probe import CALLER

BusWith = Callable[[str], "asyncio.Future[Bus]"]


class Sold(Conflict):
    code = "probe_sold"


class Answer(msgspec.Struct, frozen=True):
    text: str
    caller: Caller
    trace: str


class ProbeApi(Protocol):
    async def say(self, *, caller: Caller, text: str, times: int = 1) -> Answer: ...

    async def fail(self, *, caller: Caller, how: str) -> None: ...

    async def wait(self, *, caller: Caller, for_s: float) -> str: ...

    async def onward(self, *, caller: Caller) -> str: ...


class Newer(Refusal):
    """Stands for a refusal that only the other process knows."""


class Probe:
    """Implements ProbeApi."""

    def __init__(self, name: str = "first", onward: ProbeApi | None = None) -> None:
        self.name = name
        self.calls = 0
        self._onward = onward

    async def say(self, *, caller: Caller, text: str, times: int = 1) -> Answer:
        self.calls += 1
        return Answer(text * times, caller, current_trace())

    async def fail(self, *, caller: Caller, how: str) -> None:
        newer = Newer("From the future.", why=["new"])
        newer.code = "probe_from_the_future"  # type: ignore[misc]  # as a newer neighbour would have it
        raise {
            "sold": Sold("Sold out.", short=[{"sku": "mug", "left": 0}]),
            "many": TooMany("Slow down.", retry_after_s=9),
            "newer": newer,
            "later": Unavailable("Not now.", retry_after_s=7),
            "database": DatabaseUnavailable("Away.", retry_after_s=3),
            "late": DeadlineExceeded("Still going on."),
            "bug": ZeroDivisionError(),
        }[how]

    async def wait(self, *, caller: Caller, for_s: float) -> str:
        self.calls += 1
        await asyncio.sleep(for_s)
        return self.name

    async def onward(self, *, caller: Caller) -> str:
        assert self._onward is not None
        return await self._onward.wait(caller=caller, for_s=60)


CONTRACT: Contract[ProbeApi] = Contract("probe", ProbeApi)
ELSEWHERE: Contract[ProbeApi] = Contract("elsewhere", ProbeApi)


@asynccontextmanager
async def served(*places: tuple[Bus, Probe], contract: Contract[ProbeApi] = CONTRACT) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for bus, implementation in places:
            await stack.enter_async_context(bus.serving(contract.context, Server(contract, implementation).handle))
        yield


@pytest.fixture
async def probe() -> Probe:
    return Probe()


@pytest.fixture(params=["local", "remote"])
async def api(request: pytest.FixtureRequest, probe: Probe, bus: Bus, bus_with: BusWith) -> AsyncIterator[ProbeApi]:
    """Both ways to call; every test that takes this shows that they cannot be told apart."""
    if request.param == "local":
        yield local(CONTRACT, cast("ProbeApi", probe), through_wire=True)
        return
    async with served((await bus_with("server"), probe)):
        yield remote(CONTRACT, bus)


async def test_arguments_and_answer_arrive(api: ProbeApi) -> None:
    set_trace("00-trace-01")
    answer = await api.say(caller=CALLER, text="ab", times=2)
    assert answer == Answer("abab", CALLER, "00-trace-01")


async def test_default_is_filled_in_by_the_contract(api: ProbeApi) -> None:
    assert (await api.say(caller=CALLER, text="ab")).text == "ab"


async def test_refusal_comes_back_as_the_same_class_with_its_facts(api: ProbeApi) -> None:
    with pytest.raises(Sold) as refused:
        await api.fail(caller=CALLER, how="sold")
    assert refused.value.detail == "Sold out."
    assert refused.value.facts == {"short": [{"sku": "mug", "left": 0}]}
    assert refused.value.status == 409


async def test_throttling_keeps_its_pause(api: ProbeApi) -> None:
    with pytest.raises(TooMany) as refused:
        await api.fail(caller=CALLER, how="many")
    assert refused.value.retry_after_s == 9


async def test_code_of_a_newer_neighbour_survives(api: ProbeApi) -> None:
    with pytest.raises(Refusal) as refused:
        await api.fail(caller=CALLER, how="newer")
    assert refused.value.code == "probe_from_the_future"
    assert (refused.value.detail, refused.value.facts) == ("From the future.", {"why": ["new"]})


@pytest.mark.parametrize(
    ("how", "kind", "retry_after_s"), [("later", Unavailable, 7), ("database", DatabaseUnavailable, 3)]
)
async def test_unavailability_comes_back_as_the_same_class(
    api: ProbeApi, how: str, kind: type[Unavailable], retry_after_s: int
) -> None:
    with pytest.raises(Unavailable) as refused:
        await api.fail(caller=CALLER, how=how)
    assert type(refused.value) is kind
    assert (refused.value.code, refused.value.retry_after_s) == (kind.code, retry_after_s)


async def test_late_answer_says_that_the_work_may_go_on(api: ProbeApi) -> None:
    with pytest.raises(DeadlineExceeded):
        await api.fail(caller=CALLER, how="late")


async def test_nothing_is_called_inside_a_transaction(api: ProbeApi, db: Database, probe: Probe) -> None:
    async with db.tx(CALLER):
        with pytest.raises(CalledInsideTransaction, match="say"):
            await api.say(caller=CALLER, text="a")
    async with db.read():
        with pytest.raises(CalledInsideTransaction):
            await api.say(caller=CALLER, text="a")
    assert probe.calls == 0
    await api.say(caller=CALLER, text="a")


async def test_request_too_large_is_not_sent(api: ProbeApi, probe: Probe) -> None:
    with pytest.raises(PayloadTooLarge):
        await api.say(caller=CALLER, text="x" * MAX_PAYLOAD_BYTES)
    assert probe.calls == 0


async def test_a_number_too_large_to_travel_is_refused(api: ProbeApi, probe: Probe) -> None:
    with pytest.raises(BadInput):
        await api.say(caller=CALLER, text="mug", times=2**64)
    assert probe.calls == 0


async def test_answer_too_large_is_told_at_once(bus: Bus, probe: Probe) -> None:
    async with served((bus, probe)):
        with pytest.raises(Unavailable) as refused:
            await remote(CONTRACT, bus).say(caller=CALLER, text="x" * 1024, times=600)
    assert refused.value.code == "too_large"
    with pytest.raises(PayloadTooLarge):
        await local(CONTRACT, cast("ProbeApi", probe), through_wire=True).say(caller=CALLER, text="x" * 1024, times=600)


async def test_bug_on_the_other_side_is_an_unavailability(bus: Bus, probe: Probe) -> None:
    async with served((bus, probe)):
        with pytest.raises(Unavailable) as refused:
            await remote(CONTRACT, bus).fail(caller=CALLER, how="bug")
    assert refused.value.code == "internal"
    assert "ZeroDivision" not in refused.value.detail


async def test_nobody_there_is_told_at_once(bus: Bus) -> None:
    started = time.monotonic()
    with pytest.raises(BusUnavailable):
        await remote(CONTRACT, bus).say(caller=CALLER, text="a")
    assert time.monotonic() - started < 2


async def test_deadline_is_kept_on_both_sides(bus: Bus, probe: Probe) -> None:
    ended = asyncio.Event()

    async def wait(*, caller: Caller, for_s: float) -> str:
        try:
            await asyncio.sleep(for_s)
        except asyncio.CancelledError:
            ended.set()
            raise
        return ""

    probe.wait = wait  # type: ignore[method-assign]
    async with served((bus, probe)):
        with pytest.raises(DeadlineExceeded):
            await remote(CONTRACT, bus, timeout_s=0.2).wait(caller=CALLER, for_s=60)
        async with asyncio.timeout(5):
            await ended.wait()


async def test_deadline_of_the_first_call_limits_the_calls_it_makes(bus: Bus) -> None:
    first = Probe("first", onward=remote(ELSEWHERE, bus, timeout_s=30))
    started = time.monotonic()
    async with served((bus, first)), served((bus, Probe("second")), contract=ELSEWHERE):
        with pytest.raises(DeadlineExceeded):
            await remote(CONTRACT, bus, timeout_s=0.3).onward(caller=CALLER)
    assert time.monotonic() - started < 5


async def test_replicas_share_the_calls(bus: Bus, bus_with: BusWith) -> None:
    first, second = Probe("first"), Probe("second")
    async with served((bus, first), (await bus_with("second"), second)):
        api = remote(CONTRACT, bus)
        names = [await api.wait(caller=CALLER, for_s=0) for _ in range(64)]  # one by one: calls at once travel together
    assert set(names) == {"first", "second"}
    assert first.calls + second.calls == 64


async def test_one_replica_leaves_without_losing_a_call(bus: Bus, bus_with: BusWith) -> None:
    staying, leaving = Probe("staying"), Probe("leaving")
    async with served((await bus_with("staying"), staying)):
        async with served((await bus_with("leaving"), leaving)):
            api = remote(CONTRACT, bus)
            calls = [asyncio.create_task(api.wait(caller=CALLER, for_s=0.05)) for _ in range(40)]
            await asyncio.sleep(0)
        names = await asyncio.gather(*calls)
        assert len(names) == 40
        assert await api.wait(caller=CALLER, for_s=0) == "staying"


@pytest.mark.parametrize(
    ("method", "body"), [("nothing", b"\x80"), ("say", b"\x80"), ("say", b"not msgpack"), ("__init__", b"\x80")]
)
async def test_what_is_not_understood_is_told_to_come_back(method: str, body: bytes, probe: Probe) -> None:
    _, headers = await Server(CONTRACT, probe).handle(method, body, {})
    assert headers == {"status": "unavailable"}
    assert probe.calls == 0


def test_positional_arguments_are_no_contract() -> None:
    class Loose(Protocol):
        async def say(self, text: str) -> str: ...

    with pytest.raises(TypeError, match="keyword-only"):
        Contract("loose", Loose)
