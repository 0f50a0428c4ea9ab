"""The service looks after what it keeps in its store, whether or not a worker runs beside it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from tests.api.service_for_tests import open_service
from tests.conftest import copy_workspace
from tests.waiting_for_tests import within

from leadloop.flows.place.workspace import Workspace
from leadloop.store.tables import IDEMPOTENCY


def keys_of(store):
    with store._connections.read() as connection:
        return connection.execute(select(IDEMPOTENCY.c.key)).scalars().all()


def test_a_service_without_a_worker_lets_go_of_answers_that_were_kept_for_seven_days(workspace, tmp_path):
    place = Workspace(copy_workspace(workspace.root, tmp_path))
    for key in ("old", "new"):
        place.store.idempotency.finish(place.store.idempotency.begin(key, "/score", "a" * 64), 200, "told")
    long_ago = datetime.now(UTC) - timedelta(days=7)
    with place.store._connections.write() as connection:
        connection.execute(update(IDEMPOTENCY).where(IDEMPOTENCY.c.key == "old").values(begun_at=long_ago))
    service = open_service(place.root)
    service.database.start()
    try:
        assert within(5, lambda: keys_of(place.store) == ["new"])
    finally:
        service.database.close()
    assert service.database.problem == ""
