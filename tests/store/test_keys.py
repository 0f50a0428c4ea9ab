from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.store.stores_for_tests import START

from leadloop.errors import StoreError
from leadloop.store.keys import find_key


def check(store, text):
    known = {one.key.id: one for one in store.keys.known()}
    return find_key(known, text, store._connections.now())


def test_a_key_is_known_by_its_text_and_nothing_like_it(store):
    new = store.keys.issue("score", "the form", who="ada")
    assert check(store, new.text) == new.key
    wrong = [
        new.text[:-1] + ("0" if new.text[-1] != "0" else "1"),
        new.text[:-1],
        new.text + "0",
        "",
        "_",
        new.key.id,
        "é" * 50,
    ]
    wrong += [
        new.text.upper(),
        new.text.replace("leadloop", "other"),
        f"leadloop_{'0' * 12}_{'0' * 64}",
        "leadloop__",
        "x\x00",
    ]
    assert [text for text in wrong if check(store, text)] == []


def test_the_store_never_holds_the_secret(store):
    new = store.keys.issue("score", "the form", who="ada")
    secret = new.text.rpartition("_")[2]
    with store._connections.read() as connection:
        for table in ("api_keys", "audit"):
            assert secret not in str(connection.execute(text(f"SELECT * FROM {table}")).all())
    assert secret not in repr(new)


def test_a_key_is_good_until_it_expires(store, clock):
    new = store.keys.issue("score", "short", who="ada", expires_at=START + timedelta(hours=1))
    assert check(store, new.text) == new.key
    clock.go(hours=1)
    assert check(store, new.text) is None
    with pytest.raises(StoreError, match="expires_at"):
        store.keys.issue("score", "past", who="ada", expires_at=START)


def test_a_revoked_key_is_good_for_nothing(store):
    new = store.keys.issue("admin", "lost", who="ada")
    for _ in range(2):
        store.keys.revoke(new.key.id, who="ada")
    assert check(store, new.text) is None
    assert [row.action for row in store.audit.page().items] == ["issue key", "revoke key"]
    assert [key.revoked_at for key in store.keys.page().items] == [START]
    with pytest.raises(StoreError):
        store.keys.revoke("nobody", who="ada")
