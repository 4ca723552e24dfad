"""A problem+json answer from plain ASGI code, outside of any application."""

import msgspec

from springtide.edge.asgi import Send
from springtide.platform.errors import SpringtideError
from springtide.platform.http import PROBLEM_JSON, problem_of, retry_after


async def send_problem(send: Send, error: SpringtideError) -> None:
    """Send the whole answer: status, headers (Retry-After where it belongs) and body."""
    body = msgspec.json.encode(problem_of(error))
    headers = {"content-type": PROBLEM_JSON, "content-length": str(len(body)), "cache-control": "no-store"}
    headers.update(retry_after(error))
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})
