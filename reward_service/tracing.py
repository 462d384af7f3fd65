"""Optional tracing: a span per call, by OpenTelemetry's own gRPC instrumentation. Never a text of any item.

Where spans go is said by OpenTelemetry's standard environment variables (`OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`); a caller's trace context is continued.
"""

from __future__ import annotations

from typing import Any

from reward_service.errors import ServerStartError


def tracing_interceptor() -> Any:
    """A grpc.aio server interceptor that records a span per call. Raises ServerStartError without OpenTelemetry."""
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.grpc import aio_server_interceptor
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ServerStartError("tracing needs OpenTelemetry; install it with: pip install 'rfteval[otel]'") from None
    provider = TracerProvider()  # the resource and the sampler come from the environment
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return aio_server_interceptor(tracer_provider=provider)  # type: ignore[no-untyped-call]
