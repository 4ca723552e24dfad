"""Live: the shop now, on a wall. Without script the page loads itself again every few seconds."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from litestar import get
from litestar.response import Stream

from springtide.channels.backoffice.live import Live
from springtide.channels.backoffice.sessions import SESSION_COOKIE
from springtide.channels.backoffice.visit import Reply, enter
from springtide.platform.errors import Unauthenticated
from springtide.platform.http import HttpRequest, request_id

READ = "insight.read"
RELOAD_S = 5
_ASKED_AGAIN_AFTER = 30
"""Frames, one a second: a session that has ended meanwhile sees no more."""


@get("/live")
async def show_live(request: HttpRequest) -> Reply:
    """Show the board; the module keeps it up to date."""
    visit = await enter(request, READ)
    board = await _live(request).board()
    return visit.page("office/live.html", board=board.decode(), reload_s=RELOAD_S)


@get("/live/stream")
async def stream_live(request: HttpRequest) -> Stream:
    """Send every new drawing as a server-sent event."""
    await enter(request, READ)
    live = _live(request)
    frames = live.frames()
    first = await anext(frames)
    return Stream(
        _events(request, first, frames),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(request: HttpRequest, first: bytes, frames: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    yield _event(first)
    count = 0
    async with aclosing(frames):
        async for frame in frames:
            count += 1
            if count % _ASKED_AGAIN_AFTER == 0 and not await _is_still_here(request):
                return
            yield _event(frame)


async def _is_still_here(request: HttpRequest) -> bool:
    try:
        await request.app.state.sessions.find(request.cookies.get(SESSION_COOKIE, ""), request_id(request))
    except Unauthenticated:
        return False
    return True


def _event(frame: bytes) -> bytes:
    return b"".join(b"data: " + line + b"\n" for line in frame.splitlines()) + b"\n"


def _live(request: HttpRequest) -> Live:
    live: Live = request.app.state.live
    return live


ROUTES = (show_live, stream_live)
