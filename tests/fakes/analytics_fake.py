"""Receivers of insight's exports and sources of its readings, by the rules of their published documents.

`Ga4`: judges what it is sent as /debug/mp/collect does and answers /mp/collect with 204 whatever it thinks, as the real
one; counts a transaction id once. `Watchers`: UptimeRobot's v2 getMonitors and Pingdom's 3.1 checks.
"""

import re
import time
from typing import Any

import msgspec

from springtide.sandbox.web import Receive, Reply, Request, Scope, Send, read_request, send_reply

MEASUREMENT_ID, API_SECRET = "G-TEST123456", "a-secret-of-the-stream"
UPTIMEROBOT_KEY, PINGDOM_TOKEN = "ur123456-0123456789abcdef", "pingdom-token"
MOST_EVENTS, MOST_PARAMS, MOST_ITEMS, MOST_BYTES = 25, 25, 200, 130 * 1024
OLDEST_S = 72 * 3600
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
RESERVED_PREFIXES = ("google_", "ga_", "firebase_", "_")
TOP_LEVEL = {"client_id", "user_id", "timestamp_micros", "user_properties", "consent", "events", "user_location"}
CONSENT = {"ad_user_data", "ad_personalization"}
ITEM = {"item_id", "item_name", "quantity", "price", "coupon", "discount", "item_brand", "item_category", "index"}

Json = dict[str, Any]
Message = tuple[str, str, str]
"""(field path, validation code, description)"""


def judged(raw: bytes, *, now: float) -> list[Message]:
    """Every rule a body breaks."""
    if len(raw) > MOST_BYTES:
        return [("", "VALUE_OUT_OF_BOUNDS", "the body is larger than 130 kB")]
    body: Json = msgspec.json.decode(raw)
    found = [(name, "NAME_INVALID", "no such field") for name in body if name not in TOP_LEVEL]
    if not isinstance(body.get("client_id"), str) or not body["client_id"]:
        found.append(("client_id", "VALUE_REQUIRED", "a client_id is required"))
    at = body.get("timestamp_micros")
    if at is not None and (not isinstance(at, int) or not now - OLDEST_S <= at / 1e6 <= now + 60):
        found.append(("timestamp_micros", "VALUE_OUT_OF_BOUNDS", "at most 72 hours ago"))
    for name, value in body.get("consent", {}).items():
        if name not in CONSENT or value not in {"GRANTED", "DENIED"}:
            found.append((f"consent.{name}", "VALUE_INVALID", "GRANTED or DENIED"))
    events = body.get("events", [])
    if not 1 <= len(events) <= MOST_EVENTS:
        found.append(("events", "EXCEEDED_MAX_ENTITIES", "1 to 25 events"))
    for place, event in enumerate(events):
        found += _event(f"events[{place}]", event)
    return found


def _event(path: str, event: Json) -> list[Message]:
    found: list[Message] = []
    if not NAME.fullmatch(str(event.get("name", ""))) or event["name"].startswith(RESERVED_PREFIXES):
        found.append((f"{path}.name", "NAME_INVALID", "letters, digits and _, a letter first, at most 40"))
    params = event.get("params", {})
    if len(params) > MOST_PARAMS:
        found.append((f"{path}.params", "EXCEEDED_MAX_ENTITIES", "at most 25 parameters"))
    for name, value in params.items():
        if not NAME.fullmatch(name):
            found.append((f"{path}.params.{name}", "NAME_INVALID", "as names of events"))
        if isinstance(value, str) and len(value) > 100:
            found.append((f"{path}.params.{name}", "VALUE_OUT_OF_BOUNDS", "at most 100 characters"))
    return found + (_purchase(f"{path}.params", params) if event.get("name") == "purchase" else [])


def _purchase(path: str, params: Json) -> list[Message]:
    found: list[Message] = []
    if not params.get("transaction_id"):
        found.append((f"{path}.transaction_id", "VALUE_REQUIRED", "a purchase has a transaction_id"))
    if not isinstance(params.get("value"), int | float) or params["value"] < 0:
        found.append((f"{path}.value", "VALUE_INVALID", "a number"))
    if not re.fullmatch(r"[A-Z]{3}", str(params.get("currency", ""))):
        found.append((f"{path}.currency", "VALUE_REQUIRED", "ISO 4217, required with value"))
    items = params.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        return [*found, (f"{path}.items", "VALUE_REQUIRED", "1 to 200 items")]
    for place, item in enumerate(items):
        if not (item.get("item_id") or item.get("item_name")):
            found.append((f"{path}.items[{place}]", "VALUE_REQUIRED", "item_id or item_name"))
        found += [(f"{path}.items[{place}].{name}", "NAME_INVALID", "unknown") for name in item if name not in ITEM]
    return found


class Ga4:
    """One property. `statuses`: what the next requests are answered with instead of 204, in order."""

    def __init__(self) -> None:
        self.received: list[Json] = []
        self.purchases: dict[str, Json] = {}
        self.messages: list[Message] = []
        self.statuses: list[int] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await send_reply(send, self.answer(await read_request(scope, receive)))

    def answer(self, request: Request) -> Reply:
        """Take or judge one request."""
        params = request.query
        found = judged(request.body, now=time.time())
        if params.get("measurement_id") != MEASUREMENT_ID or params.get("api_secret") != API_SECRET:
            found.append(("", "VALUE_INVALID", "measurement_id and api_secret"))
        if request.path == "/debug/mp/collect":
            told = [dict(zip(("fieldPath", "validationCode", "description"), one, strict=True)) for one in found]
            return Reply(status=200, body=msgspec.json.encode({"validationMessages": told}))
        if request.path != "/mp/collect" or request.method != "POST":
            return Reply(status=404)
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.messages += found
            body = msgspec.json.decode(request.body)
            self.received.append(body)
            if not found:
                for event in body["events"]:
                    self.purchases.setdefault(event["params"]["transaction_id"], event["params"])
        return Reply(status=status)


class Watchers:
    """Both sources; `down`: they answer 503. `monitors` and `checks` are what the accounts have."""

    def __init__(self) -> None:
        self.down = False
        self.monitors: list[Json] = [
            {"id": 777, "friendly_name": "Shop NL", "url": "https://shop.example", "type": 1, "status": 2,
             "custom_uptime_ratio": "99.973", "average_response_time": "212.5", "response_times": []},
            {"id": 778, "friendly_name": "Shop SE", "url": "https://shop.example/sv-se", "type": 1, "status": 9,
             "custom_uptime_ratio": "98.120"},
        ]  # fmt: skip
        self.checks: list[Json] = [
            {"id": 85975, "name": "Checkout", "hostname": "shop.example", "status": "up", "lastresponsetime": 355}
        ]
        self.sums = {85975: {"totalup": 2_591_000, "totaldown": 1_000, "totalunknown": 0}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await send_reply(send, self.answer(await read_request(scope, receive)))

    def answer(self, request: Request) -> Reply:
        """Answer as the account's service does."""
        if self.down:
            return Reply(status=503)
        if request.path == "/v2/getMonitors":
            return self._monitors(request.form())
        if request.headers.get("authorization") != f"Bearer {PINGDOM_TOKEN}":
            wrong = {"error": {"statuscode": 401, "statusdesc": "Unauthorized", "errormessage": "Invalid token"}}
            return Reply(status=401, body=msgspec.json.encode(wrong))
        if request.path == "/api/3.1/checks":
            return Reply(status=200, body=msgspec.json.encode({"checks": self.checks, "counts": {"total": 1}}))
        number = int(request.path.rpartition("/")[2])
        asked = request.query
        status = self.sums[number] if asked.get("includeuptime") == "true" else {}
        summary = {"responsetime": {"from": int(asked["from"]), "to": 0, "avgresponse": 301}, "status": status}
        return Reply(status=200, body=msgspec.json.encode({"summary": summary}))

    def _monitors(self, form: dict[str, str]) -> Reply:
        if form.get("api_key") != UPTIMEROBOT_KEY:
            wrong = {"stat": "fail", "error": {"type": "invalid_parameter", "message": "api_key is invalid."}}
            return Reply(status=200, body=msgspec.json.encode(wrong))
        pagination = {"offset": 0, "limit": int(form["limit"]), "total": len(self.monitors)}
        body = {"stat": "ok", "pagination": pagination, "monitors": self.monitors}
        return Reply(status=200, body=msgspec.json.encode(body))
