"""Orders as their buyers see them: by token, or by the session of the customer who owns them."""

from typing import Annotated
from uuid import UUID

from litestar import MediaType, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, PathParameter

from springtide.channels.shop_api.answers import READING, problems
from springtide.channels.shop_api.bodies import OrderReply, order_reply
from springtide.channels.shop_api.callers import caller_of, desk_of
from springtide.channels.shop_api.params import Token
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.http import DOCUMENT_POLICY, HttpRequest

_TAG = ["Orders"]


@get("/orders/{order_id:uuid}", tags=_TAG, summary="Read an order", responses=problems(401, 403, *READING))
async def get_order(request: HttpRequest, order_id: FromPath[UUID], token: Token = None) -> OrderReply:
    """Return an order to who holds its token, or to the customer who bought it."""
    caller = await caller_of(request)
    orders = desk_of(request).ask(OrdersApi)
    if token:
        return order_reply(await orders.get_with_token(caller=caller, order_id=order_id, token=token))
    return order_reply(await orders.get(caller=caller, order_id=order_id))


@get(
    "/orders/{order_id:uuid}/documents/{number:str}",
    tags=_TAG,
    summary="Print an invoice or credit note",
    media_type=MediaType.HTML,
    responses={
        200: ResponseSpec(str, generate_examples=False, media_type="text/html", description="A page to print"),
        **problems(401, 403, *READING),
    },
)
async def get_document(
    request: HttpRequest,
    order_id: FromPath[UUID],
    number: Annotated[str, PathParameter(max_length=40)],
    token: Token = None,
) -> Response[str]:
    """Return the document as HTML."""
    caller = await caller_of(request)
    orders = desk_of(request).ask(OrdersApi)
    page = await orders.document(caller=caller, order_id=order_id, token=token or "", number=number)
    return Response(page, media_type=MediaType.HTML, headers={"content-security-policy": DOCUMENT_POLICY})


ROUTES = [get_order, get_document]
