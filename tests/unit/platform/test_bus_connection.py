"""What was asked of NATS holds when `settle` returns, in whatever order the client library would write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from springtide.platform.bus.connection import Connection

_INFO = b'INFO {"server_id":"x","version":"2.11.0","max_payload":1048576,"headers":true,"proto":1}\r\n'


class Recorder:
    """A server that notes the commands as they arrive, and answers each PING."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_INFO)
        async for line in reader:
            self.commands.append(line.split()[0].decode())
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
        writer.close()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Connection, Recorder]]:
    recorder = Recorder()
    async with await asyncio.start_server(recorder.serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        connection = Connection(f"nats://{host}:{port}", name="test", prefix="")
        await connection.open()
        recorder.commands.clear()
        try:
            yield connection, recorder
        finally:
            await connection.close()


async def test_the_server_knows_a_subscription_before_it_says_that_it_knows_everything() -> None:
    async with connected() as (connection, recorder):
        await connection.client.subscribe("rpc.probe.*")
        await connection.settle()
        assert recorder.commands == ["SUB", "PING"]


async def test_it_has_let_go_of_a_subscription_when_it_was_hushed() -> None:
    async with connected() as (connection, recorder):
        subscription = await connection.client.subscribe("rpc.probe.*")
        await connection.settle()
        recorder.commands.clear()
        await connection.hush(subscription)
        assert recorder.commands == ["UNSUB", "PING"]
