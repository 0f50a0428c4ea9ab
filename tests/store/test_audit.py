import random

import pytest
from sqlalchemy import text

from leadloop.errors import StoreError
from leadloop.store.values import to_json

TAMPERINGS = {
    "another actor": "UPDATE audit SET who = 'mallory' WHERE number = :n",
    "another action": "UPDATE audit SET action = 'look away' WHERE number = :n",
    "another moment": "UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE number = :n",
    "another subject": "UPDATE audit SET subject = 'x' WHERE number = :n",
    "other details": "UPDATE audit SET details = '{}' WHERE number = :n",
    "another hash": f"UPDATE audit SET hash = '{'f' * 64}' WHERE number = :n",
    "another hash before": f"UPDATE audit SET previous = '{'f' * 64}' WHERE number = :n",
    "removed": "DELETE FROM audit WHERE number = :n",
    "another number": "UPDATE audit SET number = 1000 WHERE number = :n",
}


def execute(store, *statements, **values):
    """As somebody would who can do anything to the database."""
    off = ["SET LOCAL session_replication_role = replica"]
    if store._connections.is_sqlite:
        off = ["DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete"]
    with store._connections.write() as connection:
        for statement in (*off, *statements):
            connection.execute(text(statement), values if ":n" in statement else {})


def fill(store, rows=12, share=0.1):
    for number in range(1, rows + 1):
        store.audit.add("ada", "look at", {"n": number, "share": share}, playbook="b2b", lead_id=f"L-{number}")


def test_what_is_done_stands_in_the_log_and_the_chain_holds(store):
    assert store.audit.verify().number == 0
    fill(store)
    assert store.audit.verify() == store.audit.head()
    assert [row.details["n"] for row in store.audit.page().items] == list(range(1, 13))


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS)
@pytest.mark.parametrize("number", [1, 6, 12])
def test_whatever_is_done_to_a_row_is_noticed_and_the_first_broken_row_named(store, statement, number):
    fill(store)
    execute(store, statement, n=number)
    with pytest.raises(StoreError, match=f"row {number} "):
        store.audit.verify()


def test_rows_that_changed_places_are_noticed(store):
    fill(store)
    execute(
        store,
        "UPDATE audit SET number = 99 WHERE number = 4",
        "UPDATE audit SET number = 4 WHERE number = 8",
        "UPDATE audit SET number = 8 WHERE number = 99",
    )
    with pytest.raises(StoreError, match="row 4 "):
        store.audit.verify()


def test_a_row_that_was_slipped_in_at_the_end_or_the_beginning_is_noticed(store):
    fill(store)
    columns = "at, who, action, subject, details, previous, hash"
    execute(store, f"INSERT INTO audit (number, {columns}) SELECT 13, {columns} FROM audit WHERE number = 12")
    with pytest.raises(StoreError, match="row 13 "):
        store.audit.verify()
    execute(store, "DELETE FROM audit WHERE number = 13")
    execute(store, f"INSERT INTO audit (number, {columns}) SELECT 0, {columns} FROM audit WHERE number = 12")
    with pytest.raises(StoreError, match="row 0 "):
        store.audit.verify()


def test_a_log_rewritten_from_the_start_is_noticed_where_its_head_was_kept_elsewhere(store):
    fill(store)
    noted = store.audit.head()
    execute(store, "DELETE FROM audit", f"UPDATE audit_head SET number = 0, hash = '{'0' * 64}'")
    fill(store, 13, share=0.2)
    store.audit.verify()
    with pytest.raises(StoreError, match=r"row 12 .*noted"):
        store.audit.verify(noted)
    execute(store, "DELETE FROM audit", f"UPDATE audit_head SET number = 0, hash = '{'0' * 64}'")
    with pytest.raises(StoreError, match=r"row 1 .*noted"):
        store.audit.verify(noted)


def test_of_many_random_changes_every_one_is_noticed(sqlite_store):
    store = sqlite_store
    fill(store, 20)
    rolls = random.Random(5)
    with store._connections.read() as connection:
        rows = [dict(row) for row in connection.execute(text("SELECT * FROM audit ORDER BY number")).mappings()]
    insert = "INSERT INTO audit VALUES (:number, :at, :who, :action, :subject, :details, :previous, :hash)"
    execute(store)
    with store.transaction(), store._connections.write() as connection:
        for _ in range(150):
            number = rolls.randrange(20)
            column = rolls.choice([name for name in rows[0] if name != "number"])
            value = str(rows[number][column])
            place = rolls.randrange(max(1, len(value)))
            other = value[:place] + rolls.choice("abc123 ") + value[place + 1 :]
            if other == value:
                continue
            if column in ("at", "details"):
                other = "2021-05-05 00:00:00.000000" if column == "at" else to_json({"n": 0, "x": place})
            connection.execute(
                text(f"UPDATE audit SET {column} = :other WHERE number = :n"), {"other": other, "n": number + 1}
            )
            with pytest.raises(StoreError, match=f"row {number + 1} "):
                store.audit.verify()
            connection.execute(text("DELETE FROM audit WHERE number = :n"), {"n": number + 1})
            connection.execute(text(insert), rows[number])
    store.audit.verify()


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_log(store, statement):
    fill(store, 2)

    def change():
        with store._connections.write() as connection:
            connection.execute(text(statement))

    with pytest.raises(StoreError):
        change()
    assert store.audit.verify().number == 2


def test_a_lead_stands_in_the_log_under_a_pseudonym_of_its_own(store):
    fill(store, 2)
    first, second = (row.subject for row in store.audit.page().items)
    assert first != second
    assert first == store.audit.subject("b2b", "L-1")
    assert "L-1" not in str(store.audit.page().items)
    assert [row.details["n"] for row in store.audit.page(subject=second).items] == [2]


def test_when_a_person_is_erased_nobody_can_tell_whom_the_rows_were_about(store):
    fill(store, 2)
    subject = store.audit.subject("b2b", "L-1")
    store.erasures.erase_person(who="ada", playbook="b2b", lead_id="L-1")
    assert store.audit.subject("b2b", "L-1") != subject
    assert store.audit.verify().number == 3
