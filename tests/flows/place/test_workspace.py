"""The workspace: one folder, one store, however many threads ask for it at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from leadloop.errors import StoreError, StoreUnavailable
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.keys import new_key, revoke_key
from leadloop.flows.upkeep.storekeeping import back_up, restore


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


def lose_the_database(place):
    """Remove the database of a workspace, as a service leaves it: with a copy of the keys beside it."""
    place.key_copy().write(place.store.keys.known())
    place.store.close()
    (place.root / "leadloop.db").unlink()
    return Workspace(place.root)


def test_a_database_that_is_missing_and_had_keys_is_not_made_anew_as_one_that_lets_anybody_in(tmp_path):
    place = Workspace(tmp_path)
    revoke_key(new_key("admin", "ada", workspace=place).key.id, workspace=place)
    lost = lose_the_database(place)
    with pytest.raises(StoreUnavailable, match=r"keys\.copy\.json knows 1 of its keys.*restore it.*delete") as refused:
        _ = lost.store
    assert not lost.has_store()
    assert str(lost.key_copy().path) in str(refused.value)
    lost.key_copy().path.unlink()
    assert lost.store.keys.known() == ()


def test_a_copy_of_another_databases_keys_keeps_nobody_from_beginning(tmp_path):
    place = Workspace(tmp_path)
    new_key("admin", "ada", workspace=place)
    lost = lose_the_database(place)
    (tmp_path / "leadloop.toml").write_text('database = "another.db"\n')
    assert lost.store.keys.known() == ()


def test_a_lost_database_is_restored_with_what_the_copy_knows_of_its_keys(tmp_path):
    place = Workspace(tmp_path)
    stolen, good = (new_key("admin", name, workspace=place).key for name in ("stolen", "good"))
    back_up(place, tmp_path / "monday.db")
    revoke_key(stolen.id, workspace=place)
    newer = new_key("scorer", "newer", workspace=place).key
    lost = lose_the_database(place)
    done = restore(lost, tmp_path / "monday.db")
    assert (done.keys_revoked, done.keys_added) == ((stolen.id,), (newer.id,))
    revoked = {one.key.id: one.key.revoked_at is not None for one in lost.store.keys.known()}
    assert revoked == {stolen.id: True, good.id: False, newer.id: False}


def test_a_database_that_was_cut_to_nothing_is_as_one_that_is_missing(tmp_path):
    """Else it would be filled anew, without a key, and let anybody in."""
    place = Workspace(tmp_path)
    new_key("admin", "ada", workspace=place)
    lost = lose_the_database(place)
    (tmp_path / "leadloop.db").touch()
    assert not lost.has_store()
    with pytest.raises(StoreUnavailable, match=r"knows 1 of its keys"):
        _ = lost.store
