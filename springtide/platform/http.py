"""HTTP for channels: problem+json, security headers, cookies, the app factory.

Beside the channels this is the only importer of litestar. `make_app` builds a Litestar application without plugins,
DTOs or debug pages whose refusals become RFC 9457 problems: type https://springtide.example/problems/<code>, `code` and
`facts` for programs, `detail` for people. `springtide.edge.entrance` wraps it: request id, trace, metrics, headers.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Litestar, MediaType, Request, Response
from litestar.datastructures import Cookie, FormMultiDict, State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap, Message, Scope

from springtide.platform.caching import UNPURGED, Caching, Tags
from springtide.platform.errors import BadInput, Facts, NotFound, SpringtideError, TooMany, Unavailable
from springtide.platform.telemetry import logger

PROBLEM_JSON = "application/problem+json"
PROBLEM_TYPES = "https://springtide.example/problems/"
BODY_LIMIT_BYTES = 64 * 1024

# No form-action: after a form is sent, browsers check it against redirects too, and a payment redirects to the bank.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A document to print is a page of its own: its own styles, nothing from elsewhere, no script.
DOCUMENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def security_headers(assets_url: str = "") -> Mapping[str, str]:
    """Return the headers of pages whose styles, scripts, pictures and fonts come from `assets_url` ("": from here)."""
    if not assets_url:
        return SECURITY_HEADERS
    split = urlsplit(assets_url)
    origin = f"{split.scheme}://{split.netloc}"
    policy = (
        f"default-src 'self'; script-src 'self' {origin}; style-src 'self' {origin}; font-src 'self' {origin}; "
        f"img-src 'self' data: {origin}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {**SECURITY_HEADERS, "content-security-policy": policy}


NO_NULL = "Text with a null character cannot be taken."

_PLACE = re.compile(r"\s*-? ?at `(\$[^`]*)`")
_FIELD = re.compile(r"(missing required|unknown) field `([^`]+)`")
_MISSING_PARAMETER = re.compile(r"Missing required (?:\w+) parameter '([^']+)'")
_SERVER_ERROR = 500
_TAGS = "cache_tags"

log = logger(__name__)

HttpRequest = Request[Any, Any, State]


class MethodNotAllowed(BadInput):
    """The address exists, but not with this method."""

    code = "method_not_allowed"
    status = 405
    title = "Method not allowed"


class TooLarge(BadInput):
    """The body is larger than the documented limit; facts: limit_bytes."""

    code = "too_large"
    status = 413
    title = "The body is too large"


class UnsupportedMediaType(BadInput):
    """The body is not of a type this address reads."""

    code = "unsupported_media_type"
    status = 415
    title = "The body has the wrong media type"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 9457 answer. `code` is stable and public; `facts` name what is wrong (JSON values)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    facts: Facts = {}


def problem_of(error: SpringtideError) -> Problem:
    """Return the problem document of a refusal or an unavailability."""
    return Problem(
        type=PROBLEM_TYPES + error.code,
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        facts=error.facts,
    )


def retry_after(error: SpringtideError) -> dict[str, str]:
    """Return the Retry-After header of an answer that asks to come back, nothing for the others."""
    return {"retry-after": str(max(1, error.retry_after_s))} if isinstance(error, Unavailable | TooMany) else {}


def problem_response(error: SpringtideError, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """Return the HTTP answer of a refusal: problem+json with its status, never cached."""
    return Response(
        msgspec.json.encode(problem_of(error)),
        status_code=error.status,
        media_type=PROBLEM_JSON,
        headers={**retry_after(error), **(headers or {}), "cache-control": "no-store"},
    )


def as_refusal(error: HTTPException) -> SpringtideError:
    """Translate the framework's own refusals (routing, decoding, limits) into ours. A 5xx becomes `Unavailable`."""
    status = error.status_code
    if status == HTTPStatus.NOT_FOUND:
        return NotFound("There is nothing at this address.")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed("This address does not know the method.")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge("The body is larger than this address accepts.", limit_bytes=BODY_LIMIT_BYTES)
    if status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return UnsupportedMediaType(error.detail)
    if status >= _SERVER_ERROR:
        return Unavailable("Something broke on our side.")
    return bad_input(error.extra if isinstance(error.extra, list) else [], error.detail)


def bad_input(complaints: Sequence[Mapping[str, Any]], detail: str = "") -> BadInput:
    """Name every field that is wrong: facts.fields = {field: why}. A complaint has msgspec's `message` and a `key`."""
    fields: dict[str, str] = {}
    for complaint in complaints:
        name, why = _named(str(complaint.get("message", "")), str(complaint.get("key") or ""))
        fields[name] = why
    missing = _MISSING_PARAMETER.search(detail)
    if missing is not None:
        fields[missing[1]] = "missing"
    if not fields:
        return BadInput(_PLACE.sub("", detail))
    return BadInput("; ".join(f"{name}: {why}" for name, why in fields.items()), fields=fields)


def _named(message: str, key: str) -> tuple[str, str]:
    """Return (field, why) of one complaint: "Object missing required field `sku` - at `$.lines[0]`"."""
    place = _PLACE.search(message)
    path = "" if place is None else place[1].removeprefix("$").lstrip(".")
    name = path or ("" if key == "data" else key)
    field = _FIELD.search(message)
    if field is not None:
        return f"{name}.{field[2]}".lstrip("."), "missing" if field[1].startswith("missing") else "unknown"
    return name or "body", _PLACE.sub("", message)


def _answer_springtide(_request: HttpRequest, error: SpringtideError) -> Response[bytes]:
    return problem_response(error)


def _answer_framework(_request: HttpRequest, error: HTTPException) -> Response[bytes]:
    allow = {name.lower(): value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    if "GET" in allow.get("allow", ""):
        allow["allow"] += ", HEAD"
    return problem_response(as_refusal(error), allow)


def _answer_anything(request: HttpRequest, error: Exception) -> Response[bytes]:
    log.error("http.failed", path=request.url.path, method=request.method, exc_info=error)
    return problem_response(Unavailable("Something broke on our side."))


PROBLEM_HANDLERS: ExceptionHandlersMap = {
    SpringtideError: _answer_springtide,
    HTTPException: _answer_framework,
    Exception: _answer_anything,
}


def make_app(
    routes: Sequence[ControllerRouterHandler],
    *,
    path: str = "/",
    state: Mapping[str, Any] | None = None,
    exception_handlers: "ExceptionHandlersMap | None" = None,
    openapi: OpenAPIConfig | None = None,
    body_limit_bytes: int = BODY_LIMIT_BYTES,
    before_request: Callable[[HttpRequest], Awaitable[None]] | None = None,
    caching: Caching = UNPURGED,
) -> Litestar:
    """Build a channel's Litestar application below `path`.

    `state` is reached by `request.app.state`. `exception_handlers` replace the problem+json ones (HTML pages).
    `before_request` may raise; `refuse_null_characters` is the least a channel with forms or JSON wants there.
    `caching`: what shared caches are told; routes state their class by `opt` (see `platform.caching`).
    """
    return Litestar(
        route_handlers=routes,
        path=path,
        state=State(dict(state or {}), deep_copy=False),  # contexts and pools are not to be copied
        exception_handlers=exception_handlers or PROBLEM_HANDLERS,
        openapi_config=openapi,
        request_max_body_size=body_limit_bytes,
        before_request=before_request,
        before_send=[_cache_headers(caching)],
        logging_config=None,
        debug=False,
    )


def tag(request: HttpRequest, keys: str, at_most_s: int | None = None) -> None:
    """Say what the answer to this request is made of: surrogate keys, space separated (see `platform.caching`).

    `at_most_s`: the answer is wrong after so many seconds, also when nothing changes.
    """
    request.scope["state"][_TAGS] = Tags(keys, at_most_s)


def _cache_headers(caching: Caching) -> Callable[[Message, Scope], Awaitable[None]]:
    async def put_cache_headers(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            route = scope.get("route_handler")
            kind = None if route is None else route.opt.get("cache")
            tags: Tags | None = scope["state"].get(_TAGS)
            message["headers"] = caching.stamped(list(message["headers"]), message["status"], kind, tags)

    return put_cache_headers


async def refuse_null_characters(request: HttpRequest) -> None:
    """Refuse U+0000 in address and body, in any of its spellings: the database stores no such text."""
    await refuse_null_address(request)
    if request.scope["method"] in {"POST", "PUT", "PATCH", "DELETE"}:
        refuse_null_body(await request.body(), media_type_of(request))


def refuse_null_body(body: bytes, media_type: str) -> None:
    """Refuse U+0000 in a body, as such or in the spelling of its media type."""
    if b"\x00" in body or (b"\\u0000" if "json" in media_type else b"%00") in body:
        raise BadInput(NO_NULL)


async def sent_form(request: HttpRequest) -> FormMultiDict:
    """Return the fields and files of a form; `BadInput` for fields that are no text."""
    try:
        return await request.form()
    except UnicodeDecodeError as error:
        msg = "The form is not text in UTF-8."
        raise BadInput(msg) from error


def media_type_of(request: HttpRequest) -> str:
    """Return the media type of the body in lower case, without parameters; "" when none is named."""
    named = next((value for name, value in request.scope["headers"] if name == b"content-type"), b"")
    return named.partition(b";")[0].strip().lower().decode("latin-1")


async def refuse_null_address(request: HttpRequest) -> None:
    """Refuse U+0000 in the address: for routes that take files, which may hold any byte."""
    if b"%00" in request.scope["query_string"] + request.scope.get("raw_path", b""):
        raise BadInput(NO_NULL)


def json_response(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """Return `body` as JSON, encoded once by msgspec (bytes are sent as they are)."""
    encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(encoded, status_code=status, media_type=MediaType.JSON, headers=dict(headers or {}))


def cookie(name: str, value: str, *, public_url: str, max_age_s: int | None = None, path: str = "/") -> Cookie:
    """Return a cookie no script can read: HttpOnly, SameSite=Lax, Secure when the shop is reached by https."""
    return Cookie(
        key=name,
        value=value,
        max_age=max_age_s,
        path=path,
        httponly=True,
        secure=public_url.startswith("https:"),
        samesite="lax",
    )


def dropped_cookie(name: str, *, public_url: str, path: str = "/") -> Cookie:
    """Return the cookie that makes a browser forget `name`."""
    return cookie(name, "", public_url=public_url, max_age_s=0, path=path)


def request_id(request: HttpRequest) -> str:
    """Return the id of the request being served; `entrance` gave it."""
    return str(request.scope["state"].get("request_id", "") if "state" in request.scope else "")


def client_address(request: HttpRequest, trusted_proxies: Sequence[str] = ()) -> str:
    """Return where the request comes from; X-Forwarded-For is believed only from a trusted proxy, from the right.

    `trusted_proxies`: addresses and networks ("10.0.0.0/8"): in a cluster balancers change their addresses.
    """
    address = request.client.host if request.client else ""
    return forwarded_address(address, request.headers.get("x-forwarded-for", ""), trusted_proxies)


def forwarded_address(address: str, forwarded_for: str, trusted_proxies: Sequence[str]) -> str:
    """Return where a connection from `address` with this X-Forwarded-For comes from, as `client_address` does."""
    networks = [_network(known) for known in trusted_proxies]
    if not _is_within(address, networks):
        return address
    for hop in reversed([hop.strip() for hop in forwarded_for.split(",") if hop.strip()]):
        address = hop
        if not _is_within(hop, networks):
            break
    return address[:64]


@cache
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text, strict=False)


def _is_within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:  # whatever a visitor has put into the header
        return False
    return any(found in network for network in networks)
