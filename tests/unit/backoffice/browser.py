"""A small browser for ASGI applications: cookies, forms, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from springtide.edge.asgi import App, Message

ORIGIN = "http://office.test:8001"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    set_cookies: Sequence[str]

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[dict[str, str], dict[str, str]]] = []
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found, {}))
        if not self.forms:
            return
        fields = self.forms[-1][1]
        name = found.get("name", "")
        if tag == "input" and name:
            if found.get("type") in {"checkbox", "radio"} and "checked" not in found:
                return
            fields[name] = found.get("value", "")
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and ("selected" in found or self._select not in fields):
            fields[self._select] = found.get("value", "")
        if tag == "textarea":
            self._area = name
            fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self.forms:
            self.forms[-1][1][self._area] += data


class Browser:
    """Keeps cookies, sends the Origin of the office with every form, follows nothing by itself."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._send("GET", path, b"", headers)

    async def post(self, path: str, fields: Mapping[str, object], *, origin: str = ORIGIN, **headers: str) -> Answer:
        body = urlencode(fields, doseq=True).encode()
        sent = {"content-type": "application/x-www-form-urlencoded", **headers}
        return await self.send(path, body, **({"origin": origin} if origin else {}), **sent)

    async def send(self, path: str, body: bytes, **headers: str) -> Answer:
        """Post any bytes as they are, from any origin."""
        return await self._send("POST", path, body, {"content-length": str(len(body)), **headers})

    async def form(self, page: str, action: str) -> dict[str, str]:
        """Open a page and return the fields of the form that goes to `action`, as a browser would send them."""
        answer = await self.get(page)
        return form_of(answer, action)

    async def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(path)
        sent = {"host": "office.test:8001", **headers}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("office.test", 8001),
            "state": {},
        }
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        start = next(message for message in messages if message["type"] == "http.response.start")
        raw = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
        set_cookies = [value for name, value in raw if name == "set-cookie"]
        for line in set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        text = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
        return Answer(start["status"], dict(raw), text.decode(), set_cookies)


def form_of(answer: Answer, action: str) -> dict[str, str]:
    parser = _Forms()
    parser.feed(answer.text)
    found = [
        fields
        for attributes, fields in parser.forms
        if attributes.get("action") == action and attributes.get("method") == "post"
    ]
    assert found, f"no form to {action} among {[attributes.get('action') for attributes, _ in parser.forms]}"
    return found[0]
