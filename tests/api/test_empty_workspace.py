"""A workspace without anything to serve: it is said at start, in the log and by `/readyz` what to do."""

import json
from io import StringIO

from tests.api.service_for_tests import ask, open_service


def lines(written):
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_an_empty_workspace_says_what_to_do(tmp_path):
    written = StringIO()
    service = open_service(tmp_path, log=written)
    assert "leadloop train" in service.versions.look_for_any()
    with ask(service) as client:
        told = client.get("/readyz")
        assert told.status_code == 503
        assert "leadloop train" in told.json()["problem"]
        service.versions.refresh()
    (warned,) = [line for line in lines(written) if line["event"] == "nothing to serve"]
    assert warned["level"] == "warning"
    assert str(tmp_path) == warned["workspace"]
    assert "-w" in warned["why"]


def test_a_playbook_and_a_version_that_are_not_there_are_warned_of_once(tmp_path):
    written = StringIO()
    service = open_service(tmp_path, log=written, playbooks=("nope",), model_version="none-such")
    with ask(service):
        service.versions.refresh()
    (warned,) = [line for line in lines(written) if line["event"] == "playbook in trouble"]
    assert (warned["level"], warned["playbook"]) == ("warning", "nope")
    assert warned["why"]
