"""Nothing of a lead, of a key or of whoever asks gets into the log, onto the page of measures, or into a trace."""

from __future__ import annotations

import logging
from io import StringIO
from urllib.parse import quote

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace, make_keys

from leadloop.api.measures.traces import Traces

pytest.importorskip("opentelemetry.sdk", reason="needs the extra otel")
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

MARKERS = ("Zuzana Quixley", "zq.xw@zqxwmail.example", "+49-17055501429876", "leadloop_zqxwkey_zqxwsecret")
NEEDLES = ("Zuzana", "Quixley", "zqxw", "17055501429876")
"""Parts of the markers, so that one that was shortened, quoted or encoded is found too; no random id can hold them."""


def plant(marker):
    """Requests with the marker in every place that takes one: method, path, query, headers, names, values, and around them."""
    safe, header = quote(marker, safe=""), marker.encode()
    score = "/v1/tiny/score"
    texts = dict.fromkeys(LEAD, marker)
    yield "POST", score, {"json": {**LEAD, "id": marker}}
    yield "POST", score, {"json": {**LEAD, "source": marker}}
    yield "POST", score, {"json": texts}
    yield "POST", score, {"json": {marker: 1}}
    yield "POST", score, {"json": {**LEAD, "visits": [marker]}}
    yield "POST", score, {"json": {**LEAD, "visits": {marker: marker}}}
    yield "POST", score, {"json": {**LEAD, "id": marker + "\x00\ud7ff"}}
    yield "POST", score, {"json": {**LEAD, "source": marker * 9000}}
    yield "POST", score, {"json": [marker]}
    yield "POST", score, {"content": marker.encode(), "headers": {"content-type": "application/json"}}
    yield "POST", score, {"content": header, "headers": {"content-type": f"text/{safe}"}}
    yield "POST", score, {"json": LEAD, "headers": {"content-encoding": safe}}
    yield "POST", f"{score}?{safe}={safe}", {"json": LEAD}
    yield "POST", f"{score}?explain={safe}", {"json": LEAD}
    yield "POST", f"/v1/{safe}/score", {"json": LEAD}
    yield "POST", "/v1/tiny/scores", {"json": {"leads": [LEAD, texts, marker, {marker: marker}], marker: marker}}
    yield "POST", "/score", {"json": texts}
    yield "POST", "/score/batch", {"json": {"leads": [texts]}}
    yield "POST", "/api/v1/ml/score", {"json": {"posting": texts, marker: marker}}
    yield "POST", "/api/v1/ml/batch-score", {"json": [texts]}
    yield "GET", f"/v1/tiny/models/{safe}", {}
    yield "PUT", "/v1/tiny/models/champion", {"json": {"version": marker, "why": marker}}
    yield "POST", f"/models/reload/{safe}", {}
    yield "GET", f"/{safe}", {}
    yield safe.replace("%", "").upper(), "/", {}
    for name in ("authorization", "x-api-key", "x-request-id", "user-agent", "referer", "traceparent", "tracestate"):
        yield "POST", score, {"json": LEAD, "headers": {name: b"<" + header + b">"}}
    for name in ("host", "baggage", "cookie", "forwarded", "x-forwarded-for", "accept", "origin"):
        yield "POST", score, {"json": LEAD, "headers": {name: b"<" + header + b">"}}
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    state = f"{safe.replace('%', '').lower().lstrip('+')[:20]}=1".encode()
    yield "POST", score, {"json": LEAD, "headers": {"traceparent": parent, "tracestate": state}}


@pytest.mark.parametrize("locked", [False, True], ids=["without keys", "with keys"])
def test_no_marker_that_is_planted_anywhere_in_a_request_comes_out(
    workspace, tmp_path, caplog, capfd, monkeypatch, locked
):
    place = copy_workspace(workspace.root, tmp_path)
    key = {"X-API-Key": make_keys(place)["admin"]} if locked else {}
    written, kept = StringIO(), InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    service = open_service(place.root, log=written, parts={"traces": Traces(provider)}, log_level="debug")
    caplog.set_level(logging.DEBUG)
    statuses = []
    with ask(service) as client:
        for marker in MARKERS:
            for method, path, said in plant(marker):
                headers = {**key, **said.pop("headers", {})}
                statuses.append(client.request(method, path, headers=headers, **said).status_code)
        # And where the mistake is ours, in scoring as in writing down.
        with monkeypatch.context() as broken:

            def fail(*args, **named):
                raise RuntimeError(" ".join(MARKERS))

            broken.setattr(service.live, "score_together", fail)
            broken.setattr(service.database.store().scores, "add", fail)
            for marker in MARKERS:
                statuses.append(client.post("/v1/tiny/score", json={**LEAD, "id": marker}, headers=key).status_code)
            service.live.log.close(5)
        page = client.get("/metrics", headers=key).text
    assert {200, 404, 415, 422} <= set(statuses)
    assert statuses.count(500) == len(MARKERS), "only what was broken on purpose may be our mistake"
    if locked:
        assert 401 in statuses
    spans = [f"{one.to_json()} {one.context.trace_state.to_header()}" for one in kept.get_finished_spans()]
    out, err = capfd.readouterr()
    others = [
        record.getMessage() for record in caplog.records if not record.name.startswith("httpx")
    ]  # the client's own
    places = {
        "log": written.getvalue(),
        "measures": page,
        "spans": "\n".join(spans),
        "streams": out + err,
        "other logs": "\n".join(others),
    }
    assert len(spans) >= len(statuses)
    assert written.getvalue().count('"event": "request"') == len(statuses) + 1
    secrets = [value.rsplit("_", 1)[1] for value in key.values()]
    for name, text in places.items():
        for needle in (*NEEDLES, *secrets):
            assert needle.lower() not in text.lower(), f"{needle} is in the {name}"
