"""Traces: what happened on behalf of one request, in every process.

Beside `tracing_sdk`, which sends spans away, this is the only importer of OpenTelemetry.

A trace parent (W3C `traceparent`) goes with every request, call and event anyway (`telemetry.current_trace`). Where
tracing is on and the request was picked, spans hang on it: the HTTP request, calls between contexts on both sides,
calls to the outside, batches with links to their members, events where they are published and taken.

    with tracing.span("checkout.complete", kind="server", parent=traceparent) as span:
        span.put("outcome", "ok")

Off, or for a request that was not picked, `span` gives something that does nothing. Spans carry names, codes and ids,
never personal data, no addresses as they were asked for, and no messages of exceptions.
"""

import importlib
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Token
from types import TracebackType
from typing import Literal, Protocol, Self

from opentelemetry import trace as otel
from opentelemetry.context import Context

from springtide.platform.errors import Refusal, SpringtideError
from springtide.platform.telemetry import current_trace, put_trace_back, set_trace

Kind = Literal["internal", "server", "client", "producer", "consumer"]
ROOT = "root"
"""Give it as `parent` to begin a trace."""

_KINDS = {name: otel.SpanKind[name.upper()] for name in ("internal", "server", "client", "producer", "consumer")}
_PICKED = "-01"
_PARTS = 4


class TracingNotInstalled(RuntimeError):
    """The setting asks for traces and the optional extra `otlp` is not installed."""


class TraceSettings(Protocol):
    """What is needed of the settings."""

    @property
    def endpoint(self) -> str:
        """Where OTLP/HTTP is taken: "https://…/v1/traces", or what stands before that. Empty: no traces."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of every export: keys of the receiver."""

    @property
    def share(self) -> float:
        """The share of requests that are traced, 0 to 1."""


class _State:
    """What this process traces with; one for the process, as with logs and metrics."""

    tracer: otel.Tracer | None = None
    close: Callable[[], None] | None = None
    share: float = 0.0


_state = _State()


def is_on() -> bool:
    """Tell whether this process traces at all: ask it before building anything for a span."""
    return _state.tracer is not None


def is_picked(trace: str) -> bool:
    """Tell whether spans hang on this trace parent."""
    return _state.tracer is not None and trace.endswith(_PICKED)


def current_if_picked() -> str:
    """Return the current trace parent when spans hang on it: to be kept with something that goes on later."""
    trace = current_trace()
    return trace if is_picked(trace) else ""


def pick() -> bool:
    """Decide whether a request that has just come is traced. What a stranger wishes does not count."""
    return _state.tracer is not None and random.random() < _state.share  # noqa: S311 - no secret


def picked(trace: str) -> str:
    """Return a trace parent that came along, picked by us."""
    return trace[:-3] + _PICKED


def not_picked(trace: str) -> str:
    """Return a trace parent that came along, passed by: nobody behind us hangs a span on it."""
    return trace[:-3] + "-00"


class Nothing:
    """A span that is none."""

    trace = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        return None

    def put(self, key: str, value: str | float) -> None:
        """Do nothing."""

    def rename(self, name: str) -> None:
        """Do nothing."""


NOTHING = Nothing()


class Span:
    """A span that is recorded; while the block lasts it is the current trace parent."""

    __slots__ = ("_span", "_token", "trace")

    def __init__(self, span: otel.Span) -> None:
        self._span = span
        self._token: Token[str] | None = None
        self.trace = _parent_of(span.get_span_context())

    def __enter__(self) -> Self:
        self._token = set_trace(self.trace)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            put_trace_back(self._token)
        if isinstance(error, SpringtideError):
            self.put("springtide.outcome", error.code)
        if error is not None and not isinstance(error, Refusal):
            self._span.set_status(otel.Status(otel.StatusCode.ERROR, type(error).__name__))
        self._span.end()

    def put(self, key: str, value: str | float) -> None:
        """Set an attribute. Never personal data."""
        self._span.set_attribute(key, value)

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""
        self._span.update_name(name)


def span(
    name: str,
    *,
    kind: Kind = "internal",
    parent: str | None = None,
    links: Iterable[str] = (),
    **attributes: str | float,
) -> Span | Nothing:
    """Begin a span below `parent` (the current trace parent; ROOT begins a trace), linked to other trace parents."""
    if _state.tracer is None:
        return NOTHING
    above = current_trace() if parent is None else parent
    if above is not ROOT and not above.endswith(_PICKED):
        return NOTHING
    return Span(_begun(_state.tracer, name, kind, above, links, attributes))


def record(
    name: str,
    *,
    parent: str,
    began: float,
    kind: Kind = "internal",
    links: Iterable[str] = (),
    **attributes: str | float,
) -> None:
    """Record a span that ends now and began at `began` of `time.perf_counter`: one of many that ended together."""
    if _state.tracer is None or not parent.endswith(_PICKED):
        return
    start_ns = time.time_ns() - int((time.perf_counter() - began) * 1e9)
    _begun(_state.tracer, name, kind, parent, links, attributes, start_ns=start_ns).end()


def _begun(  # noqa: PLR0917 - private, and called twice
    tracer: otel.Tracer,
    name: str,
    kind: Kind,
    parent: str,
    links: Iterable[str],
    attributes: Mapping[str, str | float],
    start_ns: int | None = None,
) -> otel.Span:
    above = None if parent is ROOT else _context_of(parent)
    context = Context() if above is None else otel.set_span_in_context(otel.NonRecordingSpan(above), Context())
    linked = [otel.Link(found) for link in links if link.endswith(_PICKED) and (found := _context_of(link)) is not None]
    named = {f"springtide.{key}": value for key, value in attributes.items()}
    return tracer.start_span(
        name, context=context, kind=_KINDS[kind], attributes=named, links=linked, start_time=start_ns
    )


def _context_of(trace: str) -> otel.SpanContext | None:
    """Read a trace parent; None when it is none."""
    parts = trace.split("-")
    if len(parts) != _PARTS:
        return None
    try:
        return otel.SpanContext(int(parts[1], 16), int(parts[2], 16), is_remote=True, trace_flags=otel.TraceFlags(1))
    except ValueError:
        return None


def _parent_of(context: otel.SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}{_PICKED}"


def configure_tracing(settings: TraceSettings, *, roles: Sequence[str]) -> None:
    """Begin to trace where the settings name a receiver; `TracingNotInstalled` without the extra `otlp`."""
    if settings.endpoint:
        # The SDK costs 0.2 s and 4 MB at the start: only who traces loads it.
        sending = importlib.import_module("springtide.platform.tracing_sdk")
        trace_with(*sending.sending(settings, roles), share=settings.share)


def trace_with(tracer: otel.Tracer, close: Callable[[], None], *, share: float) -> None:
    """Trace a share of the requests from now on; `close` sends what is left."""
    _state.tracer, _state.close, _state.share = tracer, close, share


def close_tracing() -> None:
    """Send what is left, and trace no more. Blocks for some seconds when the receiver does not answer."""
    close, _state.tracer, _state.close = _state.close, None, None
    if close is not None:
        close()
