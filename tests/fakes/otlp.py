"""A receiver of traces for tests: takes OTLP over HTTP as a collector does, and keeps what it was told."""

import gzip
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from springtide.sandbox.web import Receive, Reply, Scope, Send, read_request, send_reply

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A span as it arrived; ids in hex, times in nanoseconds since 1970, `links` as (trace, span)."""

    trace: str
    span: str
    parent: str
    name: str
    kind: str
    service: str
    instance: str
    began_ns: int
    ended_ns: int
    failed: bool
    attributes: dict[str, object] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()


class Receiver:
    """An ASGI application: POST /v1/traces, protobuf, plain or gzip. `headers` are those of the last export."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.headers: dict[str, str] = {}
        self._arrived = threading.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        body = gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
        if scope["path"] != "/v1/traces" or request.headers.get("content-type") != "application/x-protobuf":
            await send_reply(send, Reply(status=404))
            return
        export = ExportTraceServiceRequest.FromString(body)
        with self._arrived:
            self.headers = request.headers
            self.spans.extend(_spans(export))
            self._arrived.notify_all()
        await send_reply(send, Reply(status=200, body=ExportTraceServiceResponse().SerializeToString()))

    def wait_for(self, is_wanted: Callable[[list[Seen]], bool]) -> list[Seen]:
        """Wait until the spans that came are what is wanted; give all of them."""
        deadline = time.monotonic() + PATIENCE_S
        with self._arrived:
            while not is_wanted(self.spans):
                left = deadline - time.monotonic()
                assert left > 0, f"not what was wanted: {sorted({span.name for span in self.spans})}"
                self._arrived.wait(timeout=left)
            return list(self.spans)


def _spans(export: ExportTraceServiceRequest) -> list[Seen]:
    found = []
    for resource in export.resource_spans:
        who = _read(resource.resource.attributes)
        for scope in resource.scope_spans:
            found.extend(_seen(span, who) for span in scope.spans)
    return found


def _seen(span: WireSpan, who: dict[str, object]) -> Seen:
    return Seen(
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        kind=WireSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        service=str(who.get("service.name")),
        instance=str(who.get("service.instance.id")),
        began_ns=span.start_time_unix_nano,
        ended_ns=span.end_time_unix_nano,
        failed=span.status.code == 2,
        attributes=_read(span.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
    )


def _read(attributes: "list[KeyValue]") -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
