"""Calls of the same moment travel together: fewer messages, and for callers nothing else changes."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from nats.aio.msg import Msg

from springtide.platform.bus import Bus, BusUnavailable
from springtide.platform.bus.parcels import METHOD, cut
from springtide.platform.errors import DeadlineExceeded

BusWith = Callable[[str], Awaitable[Bus]]
OK = {"status": "ok"}


async def echo(method: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    if method == "wait":
        await asyncio.sleep(float(body))
    return method.encode() + b" " + body, {**OK, "heard": headers.get("said", "")}


def sent(bus: Bus) -> int:
    return bus.connection.client.stats["out_msgs"]


async def test_a_crowd_needs_few_messages_in_both_directions(bus: Bus, bus_with: BusWith) -> None:
    server = await bus_with("server")
    async with server.serving("probe", echo):
        await asyncio.gather(*(bus.call("probe", "say", b"", {}, timeout_s=5) for _ in range(2)))  # opens the inbox
        before = sent(bus), sent(server)
        calls = (bus.call("probe", "say", b"%d" % n, {"said": str(n)}, timeout_s=5) for n in range(150))
        answers = await asyncio.gather(*calls)
        assert [(a.data, a.headers["heard"]) for a in answers] == [(b"say %d" % n, str(n)) for n in range(150)]
        assert (sent(bus) - before[0], sent(server) - before[1]) == (3, 3)


async def test_nobody_waits_for_a_slow_neighbour(bus: Bus, bus_with: BusWith) -> None:
    go_on = asyncio.Event()

    async def slow(method: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        if method == "wait":
            await go_on.wait()
        return await echo(method, body, headers)

    async with (await bus_with("server")).serving("probe", slow):
        late = asyncio.create_task(bus.call("probe", "wait", b"0", {}, timeout_s=0.2))
        waits = asyncio.create_task(bus.call("probe", "wait", b"0", {}, timeout_s=20))
        quick = asyncio.create_task(bus.call("probe", "say", b"", {}, timeout_s=20))
        assert (await quick).data == b"say "
        with pytest.raises(DeadlineExceeded):
            await late
        assert not waits.done()
        go_on.set()
        assert (await waits).data == b"wait 0"


async def test_nobody_serves_is_said_to_each(bus: Bus) -> None:
    calls = (bus.call("nobody", "say", b"", {}, timeout_s=5) for _ in range(5))
    problems = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(problem) for problem in problems] == [BusUnavailable] * 5


async def test_a_process_that_knows_no_parcels_is_called_one_by_one(bus: Bus, bus_with: BusWith) -> None:
    older, heard = await bus_with("older"), []

    async def answer(message: Msg) -> None:
        method = message.subject.rpartition(".")[2]
        heard.append(method)
        unknown = msgspec.msgpack.encode({"code": "method_unknown", "detail": "", "facts": {}, "retry_after_s": 0})
        headers = {"status": "unavailable"} if method == METHOD else OK
        body = unknown if method == METHOD else message.data
        await older.connection.client.publish(message.reply, body, headers=headers)

    await older.connection.client.subscribe(f"{older.connection.prefix}rpc.probe.*", queue="probe", cb=answer)
    await older.connection.settle()
    answers = await asyncio.gather(*(bus.call("probe", "say", b"%d" % n, {}, timeout_s=5) for n in range(5)))
    assert [answer.data for answer in answers] == [b"0", b"1", b"2", b"3", b"4"]
    assert heard == [METHOD, *["say"] * 5]


async def test_a_caller_who_gives_up_takes_nobody_along(bus: Bus, bus_with: BusWith) -> None:
    async with (await bus_with("server")).serving("probe", echo):
        calls = [asyncio.create_task(bus.call("probe", "say", b"%d" % n, {}, timeout_s=5)) for n in range(6)]
        await asyncio.sleep(0)
        for each in calls[::2]:
            each.cancel()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(answer) is asyncio.CancelledError for answer in answers] == [True, False] * 3
        assert [answer.data for answer in answers[1::2]] == [b"say 1", b"say 3", b"say 5"]


def test_parcels_are_neither_too_many_nor_too_large():
    assert [len(run) for run in cut([1] * 150, lambda _: 10)] == [64, 64, 22]
    assert [len(run) for run in cut([200_000, 200_000, 10, 10, 500_000, 10], lambda size: size)] == [1, 3, 1, 1]
    assert cut([], lambda _: 1) == []


async def test_a_call_of_its_own_that_is_cancelled_when_its_answer_comes_is_cancelled(
    bus: Bus, bus_with: BusWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (await bus_with("server")).serving("probe", echo):
        asked = bus.connection.client.request

        async def cancelled_at_the_answer(*words: object, **more: object) -> Msg:
            message, answer = await asked(*words, **more), asyncio.get_running_loop().create_future()

            def both() -> None:
                answer.set_result(message)
                call.cancel()

            asyncio.get_running_loop().call_soon(both)
            return await asyncio.wait_for(answer, 5)  # noqa: TID251 - as the library does

        monkeypatch.setattr(bus.connection.client, "request", cancelled_at_the_answer)
        call = asyncio.create_task(bus.call("probe", "say", b"", {}, timeout_s=5))
        with pytest.raises(asyncio.CancelledError):
            await call
