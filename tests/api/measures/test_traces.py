"""Traces: a span for each request and for what it did, below the caller's, sent to a collector, with nothing of a lead."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace

from leadloop.api.measures.logs import EventLog
from leadloop.api.measures.traces import Traces, open_traces

pytest.importorskip("opentelemetry.sdk", reason="needs the extra otel")
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(autouse=True)
def _named_collector(monkeypatch):
    """No collector but the one that a test names."""
    for name in ("ENDPOINT", "TRACES_ENDPOINT", "PROTOCOL", "TRACES_PROTOCOL"):
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def tracing(root, kept, log=None):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return ask(open_service(root, log=log, parts={"traces": Traces(provider)}))


def test_a_request_has_a_span_by_the_conventions_with_the_scoring_below_it(workspace, kept):
    written = StringIO()
    with tracing(workspace.root, kept, written) as client:
        client.post("/v1/tiny/scores", json={"leads": [LEAD, LEAD]}, headers={"traceparent": CALLER})
    scoring, request = (
        next(one for one in kept.get_finished_spans() if one.name == name)
        for name in ("score leads", "POST /v1/{playbook}/scores")
    )
    assert request.kind is SpanKind.SERVER
    assert format(request.context.trace_id, "032x") == CALLER.split("-")[1]
    assert format(request.parent.span_id, "016x") == CALLER.split("-")[2]
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/{playbook}/scores",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "server.address": "127.0.0.1",
        "server.port": 8000,
    }
    assert request.status.status_code is StatusCode.UNSET
    assert scoring.parent.span_id == request.context.span_id
    assert dict(scoring.attributes) == {
        "leadloop.playbook": "tiny",
        "leadloop.version": workspace.result.version.id,
        "leadloop.leads": 2,
    }
    (line,) = (one for one in map(json.loads, written.getvalue().splitlines()) if one["event"] == "request")
    assert line["trace_id"] == CALLER.split("-")[1]
    assert line["span_id"] == format(request.context.span_id, "016x")


@pytest.mark.parametrize(
    "wrong", ["", "00-0-0-01", CALLER.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32), "é" * 600]
)
def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(workspace, kept, wrong):
    with tracing(workspace.root, kept) as client:
        assert client.get("/livez", headers={"traceparent": wrong.encode("latin-1")}).status_code == 200
    (span,) = (one for one in kept.get_finished_spans() if one.kind is SpanKind.SERVER)
    assert span.parent is None


def test_what_fails_is_marked_by_its_kind_and_what_is_refused_is_not(workspace, kept, monkeypatch):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    service = open_service(workspace.root, parts={"traces": Traces(provider)})
    with ask(service) as client:
        assert client.post("/v1/tiny/score", json={"visits": "many"}).status_code == 422
        assert client.request("BREW", "/coffee/4711").status_code == 404
        monkeypatch.setattr(service.live, "score_together", lambda *args, **named: 1 / 0)
        assert client.post("/v1/tiny/score", json=LEAD).status_code == 500
    spans = [one for one in kept.get_finished_spans() if one.kind is SpanKind.SERVER]
    assert [(one.name, one.status.status_code) for one in spans] == [
        ("POST /v1/{playbook}/score", StatusCode.UNSET),
        ("HTTP", StatusCode.UNSET),
        ("POST /v1/{playbook}/score", StatusCode.ERROR),
    ]
    assert spans[1].attributes["http.request.method"] == "_OTHER"
    assert spans[2].attributes["error.type"] == "500"
    failed = [one for one in kept.get_finished_spans() if one.name == "score leads"][-1]
    assert failed.attributes["error.type"] == "ZeroDivisionError"
    assert not any(one.events for one in kept.get_finished_spans())  # an exception's message may quote a lead


def test_writing_scores_down_is_a_step_with_the_number_of_scores(workspace, tmp_path, kept):
    place = copy_workspace(workspace.root, tmp_path)
    with tracing(place.root, kept) as client:
        client.post("/v1/tiny/scores", json={"leads": [{**LEAD, "id": f"L{n}"} for n in range(3)]})
    steps = [one for one in kept.get_finished_spans() if one.name == "write scores down"]
    assert sum(one.attributes["leadloop.scores"] for one in steps) == 3
    assert set().union(*(one.attributes for one in steps)) == {"leadloop.scores"}


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A collector that keeps what it is sent."""
    received: list[ExportTraceServiceRequest] = []

    class Keeping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Keeping)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


def test_spans_go_to_the_collector_that_the_environment_names_and_all_of_them_before_the_end(
    workspace, collector, monkeypatch
):
    address, received = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    traces = open_traces(EventLog(file=StringIO()))
    with ask(open_service(workspace.root, parts={"traces": traces})) as client:
        client.post("/v1/tiny/score", json=LEAD, headers={"traceparent": CALLER})
    resources = [one for request in received for one in request.resource_spans]
    named = {one.key: one.value.string_value for one in resources[0].resource.attributes}
    assert named["service.name"] == "leadloop"
    assert named["service.version"]
    spans = [span for one in resources for scope in one.scope_spans for span in scope.spans]
    assert {"POST /v1/{playbook}/score", "score leads"} <= {span.name for span in spans}
    (request,) = (span for span in spans if span.name.startswith("POST"))
    assert request.trace_id.hex() == CALLER.split("-")[1]
    assert {one.key for one in request.attributes} >= {"http.route", "http.response.status_code"}
    # Only ours: the framework has spans of its own, and they would name paths.
    assert {scope.scope.name for one in resources for scope in one.scope_spans} == {"leadloop"}


def test_a_collector_that_is_away_holds_up_nothing_and_is_told_in_our_log(workspace, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    written = StringIO()
    traces = open_traces(EventLog(file=written))
    with ask(open_service(workspace.root, parts={"traces": traces})) as client:
        assert client.post("/v1/tiny/score", json=LEAD).status_code == 200
    assert "traces are in trouble" in written.getvalue()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf"),
    ],
)
def test_there_are_no_traces_unless_the_environment_asks_for_some_that_we_can_send(monkeypatch, said, told):
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    written = StringIO()
    assert open_traces(EventLog(file=written)) is None
    assert (told in written.getvalue()) if told else not written.getvalue()


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    written = StringIO()
    assert open_traces(EventLog(file=written)) is None
    assert "leadloop[otel]" in written.getvalue()


def test_nothing_of_the_extra_is_imported_and_no_request_is_wrapped_where_no_collector_is_named(workspace):
    code = (
        "import sys; import leadloop.api.server as server; from leadloop.api.measures.logs import EventLog;"
        "assert server.open_traces(EventLog()) is None;"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    from leadloop.api.app import create_app
    from leadloop.api.requests.gate import Gate

    service = open_service(workspace.root)
    assert type(create_app(service)) is Gate
    service.database.close()
