"""The workspace: one folder, one store, however many threads ask for it at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from leadloop.errors import StoreError
from leadloop.flows.place.workspace import Workspace


def test_threads_that_ask_for_the_store_at_once_share_one(tmp_path):
    place, together = Workspace(tmp_path), Barrier(6)

    def ask(_):
        together.wait()
        return place.store

    with ThreadPoolExecutor(6) as threads:
        assert len({id(store) for store in threads.map(ask, range(6))}) == 1
    place.store.close()


def test_a_store_that_could_not_be_opened_is_opened_when_it_is_asked_for_again(tmp_path):
    place = Workspace(tmp_path)
    (tmp_path / "leadloop.db").mkdir()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"leadloop\.db"):
            place.store.step()
    (tmp_path / "leadloop.db").rmdir()
    place.store.step()
