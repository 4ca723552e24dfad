"""Logs, metrics and traces: one place that configures them, plain functions to use them."""

import collections
import logging
import sys
from collections.abc import Iterable
from contextvars import ContextVar, Token
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from springtide.platform.lean import without

with without("rich"):  # 5 MiB in every process, for colours in the tracebacks of a terminal
    import structlog

# What a command logs never stands among its results; a process that serves says more, see `configure_logging`.
structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))

_trace: ContextVar[str] = ContextVar("springtide_trace", default="")

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
RPC_SECONDS = Histogram(
    "springtide_contract_call_seconds",
    "Duration of contract calls",
    ["context", "method", "outcome"],
    registry=REGISTRY,
)
CALLS_REFUSED = Counter(
    "springtide_contract_calls_refused",
    "Contract calls that a limit or a switch turned away, on the caller's or the answerer's side",
    ["context", "method", "side", "why"],
    registry=REGISTRY,
)
HTTP_SECONDS = Histogram(
    "springtide_http_request_seconds",
    "Duration of HTTP requests; route is the template, never the address itself",
    ["channel", "route", "method", "status"],
    registry=REGISTRY,
)
HTTP_TURNED_AWAY = Counter(
    "springtide_http_requests_turned_away", "Requests for which there was no place", ["lane"], registry=REGISTRY
)
HTTP_WAITING = Gauge(
    "springtide_http_requests_waiting", "Requests waiting for their turn in this process", ["lane"], registry=REGISTRY
)
EVENTS_PUBLISHED = Counter("springtide_events_published", "Outbox rows published", ["context"], registry=REGISTRY)
EVENTS_CONSUMED = Counter(
    "springtide_events_consumed", "Events taken by a consumer", ["consumer", "outcome"], registry=REGISTRY
)
BATCH_MEMBERS = Histogram(
    "springtide_batch_members",
    "Calls in one coalesced transaction",
    ["lane"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
    registry=REGISTRY,
)
BATCH_WAIT_SECONDS = Histogram(
    "springtide_batch_wait_seconds", "Time a call waits for its batch to begin", ["lane"], registry=REGISTRY
)
GATEWAY_SECONDS = Histogram(
    "springtide_gateway_start_seconds",
    "Time a payment gateway takes to answer a start",
    ["gateway", "outcome"],
    registry=REGISTRY,
)
GATEWAY_DIVERTED = Counter(
    "springtide_gateway_diverted",
    "Attempts that a breaker or a limit kept from a gateway (breaker in dry run: would have kept)",
    ["gateway", "why"],
    registry=REGISTRY,
)
INSIGHT_EVENTS = Counter(
    "springtide_insight_events",
    "Events of the storefront's pages: taken, from a bot, above the limit",
    ["outcome"],
    registry=REGISTRY,
)
SLOW_STATEMENTS = Counter(
    "springtide_slow_statements",
    "Statements that took longer than the setting slow_statement_s, also as a part of an exchange that did",
    ["context", "statement"],
    registry=REGISTRY,
)
REPLICA_LAG_SECONDS = Gauge(
    "springtide_replica_lag_seconds", "How late the read replica was when last used", ["context"], registry=REGISTRY
)
REPLICA_UP = Gauge(
    "springtide_replica_up",
    "1: the read replica answers; 0: the primary does",
    ["context"],
    registry=REGISTRY,
)
LOOP_LAST_RUN = Gauge(
    "springtide_loop_last_run_timestamp_seconds", "When a loop last ended well", ["context", "loop"], registry=REGISTRY
)
LOOP_SECONDS = Gauge(
    "springtide_loop_last_run_seconds", "How long the loop's last turn took", ["context", "loop"], registry=REGISTRY
)
LOOP_ROWS = Counter(
    "springtide_loop_rows", "Rows that a loop says it has dealt with", ["context", "loop"], registry=REGISTRY
)
LOOP_FAILURES = Counter(
    "springtide_loop_failures", "Turns of a loop that failed", ["context", "loop"], registry=REGISTRY
)
EDGE_PURGES = Counter("springtide_edge_purges", "Purge calls to shared caches", ["edge", "outcome"], registry=REGISTRY)
EDGE_PURGED_KEYS = Counter(
    "springtide_edge_purged_keys", "Surrogate keys that shared caches were told to forget", ["edge"], registry=REGISTRY
)
EDGE_KEYS_WAITING = Gauge(
    "springtide_edge_keys_waiting", "Surrogate keys a shared cache has yet to forget", ["edge"], registry=REGISTRY
)
OUTBOX_LAG_SECONDS = Gauge(
    "springtide_outbox_lag_seconds", "Age of the oldest unsent row", ["context"], registry=REGISTRY
)


Counted = tuple[Counter, tuple[str, ...], float]
"""A counter, its labels and by how much: noted while a transaction is open, counted once it has committed."""


def observe(histogram: Histogram, value: float, *labels: str) -> None:
    """Observe `value`; the child with these labels is looked up in the library once, which costs more than the rest."""
    _labelled(histogram, labels).observe(value)


def count_all(counted: Iterable[Counted]) -> None:
    """Count what a committed transaction noted: summed up first, because a counter costs more than a sum."""
    for (counter, labels, amount), times in collections.Counter(counted).items():
        _child(counter, labels).inc(amount * times)


@cache  # as bounded as the metric's own label values
def _child(counter: Counter, labels: tuple[str, ...]) -> Counter:
    return counter.labels(*labels) if labels else counter


@cache  # as _child
def _labelled(histogram: Histogram, labels: tuple[str, ...]) -> Histogram:
    return histogram.labels(*labels)


def bind_request(request_id: str) -> None:
    """Put the id of the request being served on every log line of its task."""
    structlog.contextvars.bind_contextvars(request_id=request_id)


def current_trace() -> str:
    """Return the trace parent of the request being served ("" outside of one)."""
    return _trace.get()


def set_trace(trace: str) -> Token[str]:
    """Bind the trace parent that arrived with a request, a call or an event; return what `put_trace_back` takes."""
    return _trace.set(trace)


def put_trace_back(token: Token[str]) -> None:
    """Bind what was bound before again."""
    _trace.reset(token)


def configure_logging(*, level: str = "INFO", json_lines: bool = True) -> None:
    """Send logs to stderr: JSON lines for machines, short lines for a terminal. Process clocks only stamp logs."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the rich one prints local variables: personal data
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_trace,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _add_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Put the id of the trace on a log line, so that lines of all processes are found by it."""
    trace = _trace.get()
    if trace:
        event["trace_id"] = trace[3:35]
    return event


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of a module."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return log
