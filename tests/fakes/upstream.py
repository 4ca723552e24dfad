"""A web process as balancers and caches see it: answers what a test says, remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer. `hang_up`: close the connection without a word."""

    status: int = 200
    body: bytes = b"page"
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


@dataclass(slots=True)
class Upstream:
    """Change `answer` and `is_ready` while it runs; `asked` has everything but the probes."""

    port: int
    answer: Callable[[Asked], Said]
    is_ready: bool = True
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def count(self, path: str) -> int:
        """Tell how often a path was asked for."""
        return sum(asked.path == path for asked in self.asked)


@contextmanager
def upstream(answer: Callable[[Asked], Said] | None = None) -> Iterator[Upstream]:
    """Serve on a free port of the loopback address while the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    state = Upstream(port=server.server_address[1], answer=answer or (lambda _: Said()))
    server.state = state
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self._is_counted = False

    def handle_one_request(self) -> None:
        try:
            self.raw_requestline = self.rfile.readline(65_537)
        except ConnectionResetError:  # how a probe says goodbye
            self.raw_requestline = b""
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        state: Upstream = self.server.state
        if self.path in {"/readyz", "/edge/healthz"}:
            self._say(Said(status=200 if state.is_ready else 503, headers={"Cache-Control": "no-store"}))
            return
        if not self._is_counted:
            state.connections += 1
            self._is_counted = True
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        asked = Asked(method=self.command, path=self.path, headers=headers, body=body)
        state.asked.append(asked)
        self._say(state.answer(asked))

    def _say(self, said: Said) -> None:
        if said.hang_up:
            self.close_connection = True
            return
        self.send_response_only(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said.body)
        self.wfile.flush()
