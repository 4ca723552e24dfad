"""Spans hang on the trace parent that travels anyway; off, there are none."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fakes.otlp import Receiver, Seen
from fakes.serving import served

from springtide.edge.asgi import Receive, Scope, Send
from springtide.edge.entrance import Entrance
from springtide.platform import tracing
from springtide.platform.batch import Batch
from springtide.platform.coalesce import Lane
from springtide.platform.db import Database
from springtide.platform.errors import Conflict, Unavailable
from springtide.platform.http_client import HttpClient
from springtide.platform.member import Member
from springtide.platform.telemetry import current_trace, set_trace
from springtide.platform.tracing import ROOT, close_tracing, configure_tracing, span
from springtide.settings import Traces
from tests.context.platform.probe import CALLER

STRANGER = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Trace everything in this process for the length of a test."""
    found = Receiver()
    with served(lambda _: found) as origin:
        configure_tracing(Traces(endpoint=origin, share=1.0), roles=["test"])
        yield found
        close_tracing()


async def sent(receiver: Receiver) -> dict[str, Seen]:
    """Send what is left; return the spans by name."""
    await asyncio.to_thread(close_tracing)
    return {each.name: each for each in receiver.spans}


def test_off_there_is_nothing_and_the_trace_parent_stays() -> None:
    token = set_trace(STRANGER)
    assert not tracing.is_on()
    assert not tracing.is_picked(STRANGER)
    with span("nothing", parent=STRANGER) as nothing:
        nothing.put("a", "b")
        assert (nothing.trace, current_trace()) == ("", STRANGER)
    token.var.reset(token)


def test_without_a_receiver_the_sdk_is_not_even_loaded() -> None:
    configure_tracing(Traces(), roles=["web"])
    assert not tracing.is_on()


async def test_spans_are_nested_and_a_refusal_is_no_failure(receiver: Receiver) -> None:
    with span("outer", parent=ROOT, kind="server"):
        for name, error in (("refused", Conflict("own words")), ("failed", Unavailable("own words"))):
            with pytest.raises(type(error)), span(name):
                raise error
    with span("passed by", parent=tracing.not_picked(STRANGER)):
        pass
    spans = await sent(receiver)
    assert set(spans) == {"outer", "refused", "failed"}
    assert {each.trace for each in spans.values()} == {spans["outer"].trace}
    assert [spans[name].parent for name in ("outer", "refused", "failed")] == ["", *[spans["outer"].span] * 2]
    assert [spans[name].failed for name in ("outer", "refused", "failed")] == [False, False, True]
    assert spans["refused"].attributes["springtide.outcome"] == "conflict"
    assert "own words" not in str(receiver.spans)


async def test_a_batch_is_linked_with_its_members_and_each_of_them_with_the_batch(
    receiver: Receiver, db: Database
) -> None:
    async def work(_: Batch, members: Sequence[Member[Any]]) -> None:
        for member in members:
            member.answer("yes")

    lane = Lane(db, name="traced", work=work)

    async def buyer(name: str) -> None:
        with span(name, parent=ROOT):
            await lane.run(caller=CALLER, ask=name)

    await asyncio.gather(buyer("anna"), buyer("ben"), lane.run(caller=CALLER, ask="nobody looks"))
    await asyncio.to_thread(close_tracing)
    named = {name: [each for each in receiver.spans if each.name == name] for name in ("batch traced", "lane traced")}
    buyers = {each.trace: each.span for each in receiver.spans if each.name in {"anna", "ben"}}
    [batch] = named["batch traced"]
    assert set(batch.links) == set(buyers.items())
    assert batch.attributes["springtide.members"] == 3
    assert {each.trace: each.parent for each in named["lane traced"]} == buyers
    assert {each.links for each in named["lane traced"]} == {((batch.trace, batch.span),)}


async def test_the_other_side_is_told_the_span_and_the_span_not_the_path(receiver: Receiver) -> None:
    heard: list[dict[str, str]] = []

    async def outside(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            heard.append({name.decode(): value.decode() for name, value in scope["headers"]})
            await send({"type": "http.response.start", "status": 201, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    with served(lambda _: outside) as origin:
        async with HttpClient(base_url=origin, deadline_s=5) as http:
            with span("asking", parent=ROOT):
                await http.request("POST", "/v1/payments/secret-id")
            await http.request("POST", "/untraced")
    spans = await sent(receiver)
    call = spans["POST 127.0.0.1"]
    assert heard[0]["traceparent"] == f"00-{call.trace}-{call.span}-01"
    assert "traceparent" not in heard[1]
    assert call.attributes["http.response.status_code"] == 201
    assert "secret-id" not in str(receiver.spans)


async def test_who_is_traced_is_decided_here_and_not_by_a_stranger(receiver: Receiver) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(current_trace())
        scope["path_template"] = "/orders/{order_id}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ask() -> None:
        scope = {"type": "http", "method": "GET", "headers": [(b"traceparent", STRANGER.encode())]}
        await Entrance(app, channel="test")(scope, nothing_comes, nobody_hears)

    await ask()
    tracing._state.share = 0.0
    await ask()
    spans = await sent(receiver)
    assert list(spans) == ["GET /orders/{order_id}"]
    assert (spans["GET /orders/{order_id}"].trace, spans["GET /orders/{order_id}"].parent) == (
        STRANGER[3:35],
        STRANGER[36:52],
    )
    assert seen[1] == STRANGER[:-2] + "00"


async def nothing_comes() -> dict[str, Any]:
    return {"type": "http.request", "body": b""}


async def nobody_hears(_: Any) -> None:
    return None


def test_a_span_that_is_none_costs_next_to_nothing() -> None:
    began = time.perf_counter()
    for _ in range(10_000):
        with span("nothing"):
            pass
    assert (time.perf_counter() - began) / 10_000 < 50e-6  # measured: below 1e-6; the limit is for a busy machine
