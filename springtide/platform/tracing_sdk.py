"""Sends spans away by OTLP over HTTP: loaded only where somebody takes them."""

import importlib
import os
import socket
from collections.abc import Callable, Sequence

from opentelemetry import trace as otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from springtide.platform.tracing import TraceSettings, TracingNotInstalled

_SHOWN_ROLES = 3
_EXPORT_WITHIN_S = 10
_CLOSE_WITHIN_MS = 5_000


def sending(settings: TraceSettings, roles: Sequence[str]) -> tuple[otel.Tracer, Callable[[], None]]:
    """Return a tracer whose spans go to the receiver of the settings, and what sends the last of them."""
    # Who is traced is decided at the entrance, for all processes: here every span that is made is kept.
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.create(_who(roles)), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_otlp(settings)))

    def close() -> None:
        provider.force_flush(_CLOSE_WITHIN_MS)
        provider.shutdown()

    return provider.get_tracer("springtide"), close


def _who(roles: Sequence[str]) -> dict[str, str | Sequence[str]]:
    """Name the process: several roles in one name while that can still be read."""
    name = "-".join(("springtide", *roles)) if len(roles) <= _SHOWN_ROLES else "springtide"
    instance = f"{socket.gethostname()}:{os.getpid()}"
    return {"service.name": name, "service.instance.id": instance, "springtide.roles": tuple(roles)}


def _otlp(settings: TraceSettings) -> SpanExporter:
    try:
        module = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError as error:
        msg = "traces need the extra `otlp`: pip install 'springtide[otlp]'"
        raise TracingNotInstalled(msg) from error
    address = settings.endpoint.rstrip("/")
    exporter: SpanExporter = module.OTLPSpanExporter(
        endpoint=address if address.endswith("/v1/traces") else f"{address}/v1/traces",
        headers=dict(settings.headers),
        timeout=_EXPORT_WITHIN_S,
    )
    return exporter
