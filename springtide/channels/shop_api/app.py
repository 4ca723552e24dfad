"""The application: routes, document, try-out page, and what every request is checked for first."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from litestar import MediaType, Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme, Tag
from litestar.types import ControllerRouterHandler

from springtide.channels.browse.desk import Desk
from springtide.channels.shop_api import account_routes, browse_routes, cart_routes, order_routes
from springtide.channels.shop_api.docs_page import DOCS_CSS, DOCS_HTML, DOCS_SCRIPT
from springtide.channels.shop_api.document import Options, document
from springtide.edge.asgi import App
from springtide.edge.conditional import Conditional
from springtide.platform.caching import PRIVATE, SHOWN
from springtide.platform.errors import BadInput
from springtide.platform.http import (
    HttpRequest,
    UnsupportedMediaType,
    bad_input,
    json_response,
    make_app,
    media_type_of,
    refuse_null_address,
    refuse_null_body,
    refuse_null_characters,
)

_DESCRIPTION = """\
Browse, search and buy. A guest buys in three writes: `POST /api/carts` with the lines, `PUT /api/carts/{id}/details`,
`POST /api/carts/{id}/complete`.

* Every write carries an `Idempotency-Key`; repeating it with the same body gives the same answer.
* A cart and an order are opened by the `Springtide-Token` that came with them; a customer signs in and sends
  `Authorization: Bearer <token>`.
* Amounts are integers in minor units of the currency next to them (295 GBP is 2.95 pounds).
* Refusals are `application/problem+json` (RFC 9457) with a stable `code` and `facts`. 503 and 429 say in `Retry-After`
  when to come back; after a 503 repeat with the same key.
"""


def create_app(desk: Desk) -> App:
    """Build the JSON channel over what the web process gives it; it answers everything below /api."""
    contract = _contract()
    encoded = msgspec.json.encode(contract)

    @get("/openapi.json", include_in_schema=False, opt=SHOWN)
    async def openapi() -> Response[bytes]:
        return json_response(encoded)

    app = make_app(
        [*_routes(), openapi, docs, docs_script, docs_css],
        path="/api",
        state={"desk": desk},
        before_request=_check,
        caching=desk.caching,
    )
    return Options(Conditional(app), contract["paths"])


@cache  # what the routes say does not depend on the desk, and the framework needs a while to read it
def _contract() -> Mapping[str, Any]:
    return document(make_app(_routes(), path="/api", openapi=_config()).openapi_schema.to_schema())


def _routes() -> list[ControllerRouterHandler]:
    private = [*cart_routes.ROUTES, *order_routes.ROUTES, *account_routes.ROUTES]
    return [
        Router("/", route_handlers=browse_routes.ROUTES),
        Router("/", route_handlers=private, opt=PRIVATE),
    ]


def _config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Springtide shop",
        version="1.0.0",
        description=_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        use_handler_docstrings=True,
        tags=[Tag(name=name) for name in ("Browse", "Cart", "Checkout", "Orders", "Account")],
        components=Components(
            security_schemes={"session": SecurityScheme(type="http", scheme="bearer", description="A session token")}
        ),
        path="/schema",
    )


async def _check(request: HttpRequest) -> None:
    """Refuse bodies that are not JSON (a form of another site cannot send that type) and null characters."""
    if request.scope["method"] in {"POST", "PUT", "PATCH"}:
        body, media_type = await request.body(), media_type_of(request)
        if body and media_type != MediaType.JSON:
            msg = "Send application/json."
            raise UnsupportedMediaType(msg)
        if body:
            _require_body_as_documented(request, body)
            refuse_null_body(body, media_type)
        await refuse_null_address(request)
    else:
        await refuse_null_characters(request)


def _require_body_as_documented(request: HttpRequest, body: bytes) -> None:
    """Decode the body strictly once before the framework does it leniently ("1" for 1, 0 for false)."""
    field = request.route_handler.parsed_fn_signature.parameters.get("data")
    if field is None:
        return
    try:
        _decoder(field.annotation).decode(body)
    except msgspec.ValidationError as error:
        raise bad_input([{"message": str(error), "key": "data"}]) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"The body is not JSON: {error}"
        raise BadInput(msg) from error


@cache
def _decoder(wanted: type[object]) -> msgspec.json.Decoder[object]:
    return msgspec.json.Decoder(wanted)


@get("/docs", include_in_schema=False, media_type=MediaType.HTML, opt=SHOWN)
async def docs() -> str:
    """Return the try-out page."""
    return DOCS_HTML


@get("/docs/try.js", include_in_schema=False, opt=SHOWN)
async def docs_script() -> Response[str]:
    """Return the try-out page's script."""
    return Response(DOCS_SCRIPT, media_type="text/javascript")


@get("/docs/try.css", include_in_schema=False, opt=SHOWN)
async def docs_css() -> Response[str]:
    """Return the try-out page's style."""
    return Response(DOCS_CSS, media_type="text/css")
