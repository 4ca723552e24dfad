"""Logs, metrics and traces: one place that configures them, plain functions to use them."""

import logging
import sys
from contextvars import ContextVar
from functools import cache

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_trace: ContextVar[str] = ContextVar("springtide_trace", default="")

REGISTRY = CollectorRegistry()
RPC_SECONDS = Histogram(
    "springtide_contract_call_seconds",
    "Duration of contract calls",
    ["context", "method", "outcome"],
    registry=REGISTRY,
)
HTTP_SECONDS = Histogram(
    "springtide_http_request_seconds", "Duration of HTTP requests", ["channel", "method", "status"], registry=REGISTRY
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
LANE_WAITING = Gauge("springtide_lane_waiting", "Calls waiting for a batch", ["lane"], registry=REGISTRY)
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
OUTBOX_LAG_SECONDS = Gauge(
    "springtide_outbox_lag_seconds", "Age of the oldest unsent row", ["context"], registry=REGISTRY
)


def observe(histogram: Histogram, value: float, *labels: str) -> None:
    """Observe `value`; the child with these labels is looked up in the library once, which costs more than the rest."""
    _labelled(histogram, labels).observe(value)


@cache  # as bounded as the metric's own label values
def _labelled(histogram: Histogram, labels: tuple[str, ...]) -> Histogram:
    return histogram.labels(*labels)


def bind_request(request_id: str) -> None:
    """Put the id of the request being served on every log line of its task."""
    structlog.contextvars.bind_contextvars(request_id=request_id)


def current_trace() -> str:
    """Return the trace parent of the request being served ("" outside of one)."""
    return _trace.get()


def set_trace(trace: str) -> None:
    """Bind the trace parent that arrived with a request, a call or an event."""
    _trace.set(trace)


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


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of a module."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return log
