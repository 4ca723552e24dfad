"""The ASGI application: lifespan, routing, refusals."""

import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from springtide.sandbox import admin, api, books, pages
from springtide.sandbox.background import Background
from springtide.sandbox.books import refusal_body
from springtide.sandbox.gateway import Gateway
from springtide.sandbox.keys import AccountKeys
from springtide.sandbox.ledger import Ledger
from springtide.sandbox.model import Refused
from springtide.sandbox.web import HangUp, Receive, Reply, Request, Scope, Send, hang_up, read_request, send_reply


class SandboxApp:
    """The gateway as an ASGI application; start and stop belong to its lifespan."""

    def __init__(self, *, folder: Path, accounts: Mapping[str, AccountKeys], origin: str) -> None:
        self._ledger = Ledger(folder)
        self.gateway = Gateway(ledger=self._ledger, accounts=accounts, origin=origin.rstrip("/"))
        self._background: Background | None = None
        self._loop: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            msg = f"the sandbox does not speak {scope['type']}"
            raise RuntimeError(msg)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read_request(scope, receive)
            reply = await self._answer(request)
        except Refused as refused:
            reply = Reply(status=refused.status, body=refusal_body(refused))
        except HangUp:
            await hang_up(receive, send)
            return
        finally:
            if self._background is not None and scope["method"] == "POST":
                self._background.wake()
        await send_reply(send, reply)

    async def _answer(self, request: Request) -> Reply:
        background = self._background
        if background is None:
            code, message = "starting", "the gateway is starting"
            raise Refused(code, message, status=503)
        match request.parts[:1]:
            case ("v1",):
                return await api.answer(self.gateway, request, background.flush)
            case ("admin",):
                return await admin.answer(self.gateway, request)
            case ("health",):
                return Reply(body=b"ok", content_type="text/plain")
        return await pages.answer(self.gateway, request)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send(await self._start())
            else:
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _start(self) -> dict[str, str]:
        try:
            self._ledger.open()
        except sqlite3.Error as error:
            return {"type": "lifespan.startup.failed", "message": f"the gateway's ledger cannot be used: {error}"}
        self.gateway.outages = await self._ledger.run(books.outages)
        self._background = Background(self.gateway)
        self._loop = asyncio.create_task(self._background.run())
        return {"type": "lifespan.startup.complete"}

    async def _stop(self) -> None:
        if self._loop is None:
            return
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        self._ledger.close()


def create_app(*, folder: Path, accounts: Mapping[str, AccountKeys], origin: str) -> SandboxApp:
    """Build the gateway over ``folder``; ``origin`` is the address that buyers see, without a path."""
    return SandboxApp(folder=folder, accounts=accounts, origin=origin)
