"""The OpenAPI document: what the framework makes of the routes, with the bodies' schemas as msgspec enforces them."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from springtide.channels.shop_api import examples
from springtide.edge.asgi import App, Receive, Scope, Send

_EXAMPLES: tuple[msgspec.Struct, ...] = (
    examples.NEW_CART,
    examples.LINES,
    examples.DETAILS,
    examples.VOUCHERS,
    examples.PURCHASE,
    examples.SIGN_UP,
    examples.SIGN_IN,
    examples.RESET_REQUEST,
    examples.RESET,
    examples.PROFILE,
    examples.ADDRESS,
    examples.CONSENT,
)
_METHODS = frozenset({"get", "post", "put", "delete", "patch"})


def document(made: dict[str, Any]) -> dict[str, Any]:
    """Return the document with an example and the exact schema of everything that is sent."""
    sent = {type(example).__name__: example for example in _EXAMPLES}
    _, exact = msgspec.json.schema_components(map(type, _EXAMPLES), ref_template="#/components/schemas/{name}")
    schemas = {**made["components"]["schemas"], **exact}
    for operations in made["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"]["$ref"].rpartition("/")[2]
                content["examples"] = {"example": {"value": msgspec.to_builtins(sent[name])}}
    return {**made, "components": {**made["components"], "schemas": schemas}}


class Options:
    """Answers OPTIONS by the document: the framework lists only one handler's methods of an address."""

    def __init__(self, app: App, paths: Mapping[str, Mapping[str, object]]) -> None:
        self._app = app
        self._allowed = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), _allow(operations)) for path, operations in paths.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        allow = self._of(scope["path"]) if scope["type"] == "http" and scope["method"] == "OPTIONS" else ""
        if not allow:
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", allow.encode())]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _of(self, path: str) -> str:
        return next((allow for pattern, allow in self._allowed if pattern.fullmatch(path)), "")


def _allow(operations: Mapping[str, object]) -> str:
    methods = {method.upper() for method in operations if method in _METHODS}
    return ", ".join(sorted({*methods, "OPTIONS", *({"HEAD"} if "GET" in methods else ())}))
