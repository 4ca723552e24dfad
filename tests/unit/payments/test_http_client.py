"""What is known after a call to the outside that gave no answer."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from springtide.platform.http_client import ANSWER_LIMIT_BYTES, HttpClient, NoAnswer, NotReached
from springtide.sandbox.web import Receive, Reply, Scope, Send, hang_up, read_request, send_reply
from tests.fakes.serving import free_port, served


async def moody(scope: Scope, receive: Receive, send: Send) -> None:
    """A server that answers, dawdles, hangs up or talks too much, as its path says."""
    if scope["type"] != "http":
        return
    request = await read_request(scope, receive)
    match request.path:
        case "/slow":
            await asyncio.sleep(2)
            await send_reply(send, Reply())
        case "/hang-up":
            await hang_up(receive, send)
        case "/long":
            await send_reply(send, Reply(body=b"x" * (ANSWER_LIMIT_BYTES + 1)))
        case "/away":
            await send_reply(send, Reply(status=302, headers=(("location", "/long"),)))
        case _:
            await send_reply(send, Reply(status=418, body=request.body, headers=(("X-Method", request.method),)))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client() -> AsyncIterator[HttpClient]:
    with served(lambda _: moody) as origin:
        async with HttpClient(base_url=origin, deadline_s=5) as client:
            yield client


async def test_any_status_is_an_answer(client: HttpClient) -> None:
    answer = await client.request("PUT", "/", content=b'{"a":1}')
    assert (answer.status, answer.is_success, answer.json(), answer.headers["x-method"]) == (
        418,
        False,
        {"a": 1},
        "PUT",
    )


async def test_redirects_are_not_followed(client: HttpClient) -> None:
    assert (await client.request("GET", "/away")).status == 302


@pytest.mark.parametrize("path", ["/slow", "/hang-up", "/long"])
async def test_an_answer_that_is_lost_leaves_the_outcome_open(client: HttpClient, path: str) -> None:
    with pytest.raises(NoAnswer):
        await client.request("POST", path, deadline_s=0.3 if path == "/slow" else None)


async def test_a_port_where_nobody_listens_is_not_reached() -> None:
    async with HttpClient(base_url=f"http://127.0.0.1:{free_port()}", deadline_s=2) as client:
        with pytest.raises(NotReached):
            await client.request("POST", "/")


async def test_a_call_may_be_forbidden() -> None:
    def forbid() -> None:
        msg = "not now"
        raise RuntimeError(msg)

    async with HttpClient(base_url="http://127.0.0.1:9", deadline_s=2, before_call=forbid) as client:
        with pytest.raises(RuntimeError, match="not now"):
            await client.request("POST", "/")
