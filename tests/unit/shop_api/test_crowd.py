"""A crowd at a real socket: everybody who connects is answered, nobody is refused or reset."""

import asyncio
from collections import Counter

from springtide.edge.asgi import Receive, Scope, Send
from springtide.edge.limits import InFlightLimit
from springtide.platform.http_server import Stop, bound_socket, raise_file_limit, serve

CROWD = 1_500
AT_ONCE = 32


class SlowDoor:
    """Serves slowly, and remembers how many it served at once."""

    def __init__(self) -> None:
        self.at_work = self.most = 0
        self._limited = InFlightLimit(self._answer, limit=AT_ONCE, queue=CROWD)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        await self._limited(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        body = (await receive())["body"]
        await asyncio.sleep(0.01)
        self.at_work -= 1
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def bought(port: int, number: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        body = f"{number:06}".encode()
        writer.write(b"POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 6\r\n\r\n" + body)
        head = await reader.readuntil(b"\r\n\r\n")
        return "answered" if head.startswith(b"HTTP/1.1 200") and await reader.readexactly(6) == body else "wrong"
    finally:
        writer.close()


async def test_everybody_of_a_crowd_gets_the_answer_to_what_was_sent() -> None:
    crowd = min(CROWD, raise_file_limit() // 2 - 100)  # each of them is two files of this process
    app, stop = SlowDoor(), Stop()
    listener = bound_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    serving = asyncio.create_task(serve(app, listener, stop=stop))
    try:
        async with asyncio.timeout(60):
            outcomes = Counter(await asyncio.gather(*(bought(port, number) for number in range(crowd))))
    finally:
        stop.ask()
        await serving
    assert outcomes == {"answered": crowd}
    assert app.most == AT_ONCE
