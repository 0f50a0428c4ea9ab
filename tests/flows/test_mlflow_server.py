import os
import sys

import pytest

from leadloop.errors import DependencyMissing, LeadLoopError
from leadloop.flows.mlflow_server import MlflowServer, find_server, require_server

pytest.importorskip("mlflow", reason="mlflow-skinny of the extra `mlflow` is not installed")

SECRET = "https://me:s3%40cret@mlflow.example:5000/base?token=t0ken"


def test_without_an_address_nothing_is_logged(monkeypatch):
    monkeypatch.delenv("LEADLOOP_MLFLOW_URI", raising=False)
    assert find_server("leads") is None
    with pytest.raises(LeadLoopError, match="LEADLOOP_MLFLOW_URI  is not set; name your MLflow server"):
        require_server("leads")


def test_the_experiment_is_the_playbook_unless_another_is_named(monkeypatch):
    monkeypatch.setenv("LEADLOOP_MLFLOW_URI", "http://127.0.0.1:5000")
    assert find_server("leads").experiment == "leads"
    monkeypatch.setenv("LEADLOOP_MLFLOW_EXPERIMENT", "spring")
    assert find_server("leads").experiment == "spring"


@pytest.mark.parametrize(
    "uri", ["127.0.0.1:5001", "ftp://me:s3cret@here", "file:", "mlruns", "postgresql://me@db/mlflow"]
)
def test_what_is_no_address_is_refused_without_showing_it(monkeypatch, uri):
    monkeypatch.setenv("LEADLOOP_MLFLOW_URI", uri)
    with pytest.raises(LeadLoopError, match="LEADLOOP_MLFLOW_URI  is no address of an MLflow server") as refused:
        find_server("leads")
    assert uri not in str(refused.value)


def test_a_machine_without_mlflow_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("LEADLOOP_MLFLOW_URI", "http://127.0.0.1:5000")
    monkeypatch.setitem(sys.modules, "mlflow", None)  # to Python the same as not installed
    with pytest.raises(DependencyMissing, match=r"mlflow is not installed; install the extra: pip install .*mlflow"):
        find_server("leads")


def test_no_text_shows_the_secrets_of_an_address():
    server = MlflowServer(SECRET, "leads")
    for said in (
        repr(server),
        server.shown,
        server.mask(f"no answer from {SECRET} with s3@cret, s3%40cret, token=t0ken"),
    ):
        assert "mlflow.example:5000/base" in said
        assert "s3" not in said
        assert "t0ken" not in said


def test_name_and_password_reach_mlflow_by_the_environment_and_are_gone_afterwards(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    before = dict(os.environ)
    with MlflowServer(SECRET, "leads").spoken_to() as address:
        assert address == "https://mlflow.example:5000/base"
        assert os.environ["MLFLOW_TRACKING_USERNAME"] == "me"
        assert os.environ["MLFLOW_TRACKING_PASSWORD"] == "s3@cret"
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "7"  # what somebody has set stays
    assert dict(os.environ) == before
