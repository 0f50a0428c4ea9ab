"""Traces: where a request spent its time, sent to an OpenTelemetry collector where one is named. Nothing of a lead is in them.

The collector is named by the standard variable OTEL_EXPORTER_OTLP_ENDPOINT, and every other setting is a standard variable too.
Without it, or without the extra `otel`, nothing is imported and no request does anything for it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar, cast

import leadloop
from leadloop.api.measures.logs import EventLog
from leadloop.api.wire.problems import Refusal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"
_LAST_SECONDS = 2.0
_TOLD_EVERY_SECONDS = 60.0


class Traces:
    """Makes the spans of one process and sends them, in a thread of its own."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("leadloop", leadloop.__version__)
        self._caller_of = TraceContextTextMapPropagator().extract
        self._trace = trace

    @contextmanager
    def request(self, name: str, facts: Mapping[str, str | int], traceparent: str) -> Iterator[Span]:
        """The span of a request, below that of its caller where `traceparent` (W3C) names one.

        `tracestate`, which goes with it, is not taken over: a caller may write anything into it.
        """
        with self._tracer.start_as_current_span(
            name,
            self._caller_of({"traceparent": traceparent}),
            self._trace.SpanKind.SERVER,
            dict(facts),
            record_exception=False,  # its message may quote a lead
            set_status_on_exception=False,
        ) as span:
            yield span

    def fail(self, span: Span, kind: str) -> None:
        """Say that what a span is of failed, and of what kind that is."""
        span.set_attribute("error.type", kind)
        span.set_status(self._trace.StatusCode.ERROR)

    @contextmanager
    def step(self, name: str, facts: Mapping[str, str | int]) -> Iterator[None]:
        """The span of a part of the work; a mistake in it is told by its kind alone."""
        with self._tracer.start_as_current_span(
            name, attributes=dict(facts), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                if not isinstance(error, Refusal):
                    self.fail(span, type(error).__name__)
                raise

    def marks(self) -> Mapping[str, str]:
        """The ids by which a line of the log finds its trace; none outside of any."""
        now = self._trace.get_current_span().get_span_context()
        if not now.is_valid:
            return {}
        return {
            "trace_id": self._trace.format_trace_id(now.trace_id),
            "span_id": self._trace.format_span_id(now.span_id),
        }

    def close(self, seconds: float = _LAST_SECONDS) -> None:
        """Send what waits, for at most so long: a collector that is away would be tried for ten seconds."""
        last = Thread(target=self._provider.shutdown, name="last traces", daemon=True)
        last.start()
        last.join(seconds)


def step(traces: Traces | None, name: str, **facts: str | int) -> AbstractContextManager[None]:
    """A step of the work as a span of its own; nothing where traces are off. Facts are numbers and names of ours."""
    if traces is None:
        return nullcontext()
    return traces.step(name, {f"leadloop.{key}": value for key, value in facts.items()})


_Scores = TypeVar("_Scores", bound=Callable[..., Awaitable[Any]])


def scoring_step(score: _Scores) -> _Scores:
    """Makes a step of what reads and scores leads for a call: with the playbook, the version, and how many leads."""

    @wraps(score)
    async def traced(call: Any, served: Any, leads: list[Any], **how: Any) -> Any:
        traces = call.service.traces
        if traces is None:
            return await score(call, served, leads, **how)
        with step(traces, "score leads", playbook=served.playbook, version=served.version, leads=len(leads)):
            return await score(call, served, leads, **how)

    return cast(_Scores, traced)


def open_traces(log: EventLog) -> Traces | None:
    """The traces that the environment asks for; None where it names no collector, or they cannot be sent, which is logged."""
    said = os.environ
    if not any(said.get(name) for name in _ENDPOINTS):
        return None
    off = said.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if off or said.get("OTEL_TRACES_EXPORTER", "otlp").strip() == "none":
        return None
    name = next((one for one in _PROTOCOLS if said.get(one)), "")
    if name and said[name] != _SPOKEN:
        log.warning("no traces are sent", why=f"{name} is {said[name]}, and only {_SPOKEN} is spoken here")
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        why = "a collector is named, but the extra is not installed; install leadloop[otel]"
        log.warning("no traces are sent", why=why)
        return None
    resource = Resource.create()
    if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "leadloop"}))
    if "service.version" not in resource.attributes:
        resource = resource.merge(Resource({"service.version": leadloop.__version__}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tell_in(log)
    return Traces(provider)


def _tell_in(log: EventLog) -> None:
    """What OpenTelemetry itself has to say goes into our log, and not as bare lines onto standard error."""
    theirs = logging.getLogger("opentelemetry")
    for handler in [one for one in theirs.handlers if isinstance(one, _IntoLog)]:
        theirs.removeHandler(handler)
    theirs.addHandler(_IntoLog(log))
    theirs.propagate = False


class _IntoLog(logging.Handler):
    """Tells at most one trouble a minute: a collector that is away is away for every batch."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._log, self._told_at = log, -_TOLD_EVERY_SECONDS

    def emit(self, record: logging.LogRecord) -> None:
        now = monotonic()
        if now - self._told_at >= _TOLD_EVERY_SECONDS:
            self._told_at = now
            self._log.warning("traces are in trouble", why=record.getMessage()[:300])
