"""The door for gateways: POST /webhooks/{gateway} hands raw body and headers to payments, in one contract call.

The address is handed over too, as the header `:path` (HTTP/2's name for it; what a client sends under that name is
replaced): a gateway that signs nothing is known by the address it was given.
"""

from litestar import Litestar, Response, post
from litestar.params import FromPath

from springtide.channels.browse.desk import Desk
from springtide.contracts.payments.api import PaymentsApi
from springtide.platform.caching import PRIVATE
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import BadInput
from springtide.platform.http import HttpRequest, make_app, request_id

BODY_LIMIT_BYTES = 256 * 1024
_HEADERS_LIMIT = 100


def create_app(desk: Desk) -> Litestar:
    """Build the webhooks channel; it answers everything below /webhooks.

    204: taken (once, or parked when it is early). 400: refused (signature, age, form). 503: bring it again later.
    """
    return make_app([take], path="/webhooks", state={"desk": desk}, body_limit_bytes=BODY_LIMIT_BYTES)


@post("/{gateway:str}", status_code=204, opt=PRIVATE)
async def take(request: HttpRequest, gateway: FromPath[str]) -> Response[None]:
    """Pass the message on as it came: only payments can tell whether it is true."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if len(headers) > _HEADERS_LIMIT:
        msg = f"More than {_HEADERS_LIMIT} headers."
        raise BadInput(msg)
    headers[":path"] = _target(request)
    desk: Desk = request.app.state["desk"]
    caller = Caller(actor=f"gateway:{gateway}"[:64], kind=Kind.GUEST, request_id=request_id(request))
    await desk.ask(PaymentsApi).webhook(caller=caller, gateway=gateway[:64], headers=headers, body=await request.body())
    return Response(None, status_code=204)


def _target(request: HttpRequest) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
