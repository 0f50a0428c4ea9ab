"""Which MLflow server runs are logged to, and how it is spoken to. Its address is never shown with its password."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from leadloop.errors import DependencyMissing, LeadLoopError, Problem

VARIABLE = "LEADLOOP_MLFLOW_URI"
EXPERIMENT_VARIABLE = "LEADLOOP_MLFLOW_EXPERIMENT"

# A larger database is spoken to through a server: where it does not answer, MLflow would try for an hour.
_SCHEMES = ("http", "https", "sqlite")
_NEEDED = ("mlflow", "pandas")
_LOGGERS = ("mlflow", "alembic", "urllib3")
# MLflow reports its use to its makers, prints addresses, and tries for minutes before it says that nobody answers.
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",
}
_USUAL = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}


@dataclass(frozen=True)
class MlflowServer:
    """An MLflow tracking server (or a file of its own, as in sqlite:///mlflow.db), and the experiment that runs are put into."""

    uri: str
    """The address as it was given, with its password if it has one: never to be shown."""
    experiment: str
    """The name of the experiment."""

    def __repr__(self) -> str:
        return f"MlflowServer({self.shown}, {self.experiment})"

    @property
    def shown(self) -> str:
        """The address for people: without name, password and query.

        >>> MlflowServer("https://me:s3cret@mlflow.example:5000/base?token=x", "leads").shown
        'https://mlflow.example:5000/base'
        """
        return _without_secrets(urlsplit(self.uri))

    def mask(self, text: str) -> str:
        """A text (a message of MLflow's, say) without the address's secrets."""
        parts = urlsplit(self.uri)
        text = text.replace(self.uri, self.shown)
        for secret in (parts.password, unquote(parts.password or ""), parts.query):
            if secret:
                text = text.replace(secret, "***")
        return text

    @contextmanager
    def spoken_to(self) -> Iterator[str]:
        """The address to hand to MLflow inside the block, while MLflow is quiet and knows name and password.

        For a web server these go by the environment, as MLflow has it, so that no message of MLflow's can hold them.
        """
        parts = urlsplit(self.uri)
        address, secrets = self.uri, {}
        if parts.scheme in ("http", "https"):
            address = self.shown
            if parts.username:
                secrets["MLFLOW_TRACKING_USERNAME"] = unquote(parts.username)
                secrets["MLFLOW_TRACKING_PASSWORD"] = unquote(parts.password or "")
        usual = {name: value for name, value in _USUAL.items() if name not in os.environ}
        with _environment({**_QUIET, **usual, **secrets}):
            import mlflow  # noqa: F401  it sets its loggers up when it is first loaded

            with _silence():
                yield address


def find_server(playbook: str) -> MlflowServer | None:
    """The server that LEADLOOP_MLFLOW_URI names; None where it names none.

    The experiment is that of LEADLOOP_MLFLOW_EXPERIMENT, else the playbook's name. Raises DependencyMissing where MLflow is not
    installed, LeadLoopError where the address can be none.
    """
    uri = os.environ.get(VARIABLE, "").strip()
    if not uri:
        return None
    server = MlflowServer(uri, os.environ.get(EXPERIMENT_VARIABLE, "").strip() or playbook)
    parts = urlsplit(uri)
    if parts.scheme not in _SCHEMES or not (parts.netloc or parts.path):
        problem = Problem(VARIABLE, "is no address of an MLflow server", "write it as in http://127.0.0.1:5000")
        raise LeadLoopError("MLflow", problem)
    if missing := [name for name in _NEEDED if importlib.util.find_spec(name) is None]:
        raise DependencyMissing(
            "MLflow",
            Problem(
                VARIABLE,
                f"is set, but {' and '.join(missing)} is not installed",
                "install the extra: pip install 'leadloop[mlflow]', or unset it",
            ),
        )
    return server


def require_server(playbook: str) -> MlflowServer:
    """The server that LEADLOOP_MLFLOW_URI names; raises LeadLoopError where it names none."""
    server = find_server(playbook)
    if server is None:
        problem = Problem(VARIABLE, "is not set", "name your MLflow server, as in http://127.0.0.1:5000")
        raise LeadLoopError("MLflow", problem)
    return server


def _without_secrets(parts: SplitResult) -> str:
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path}"


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _silence() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
