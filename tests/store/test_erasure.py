import json
import shutil

import pytest
from sqlalchemy import text, update
from tests.store.stores_for_tests import START, Clock, fill, make_score

from leadloop.errors import StoreError
from leadloop.store import Event, LeadRecord, open_store, restore
from leadloop.store.column_types import Json, Line
from leadloop.store.erasure import _MENTIONS, OF_A_LEAD
from leadloop.store.store import list_beside
from leadloop.store.tables import METADATA

ANN, BOB = "annmarker", "bobmarker"


def everything(store):
    """All that is stored, as text; of SQLite the bytes of its files, where removed rows may linger."""
    if store._connections.is_sqlite:
        from pathlib import Path

        path = Path(store.where)
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*")).decode("latin-1")
    with store._connections.read() as connection:
        return str([connection.execute(text(f"SELECT * FROM {table}")).all() for table in METADATA.tables])


def erase(store, **who):
    return store.erasures.erase_person(who="ada", **who)


def test_a_person_is_gone_from_every_table_and_every_byte_and_others_stay(store):
    fill(store, "L-ann", mark=ANN)
    fill(store, "L-bob", mark=BOB)
    assert ANN in everything(store)
    receipt = erase(store, email=f"{ANN}@EXAMPLE.com")
    assert receipt.finished_at == START
    removed = {
        "leads": 1,
        "lead_versions": 2,
        "events": 1,
        "outcomes": 1,
        "scores": 1,
        "lead_feedback": 1,
        "exposures": 1,
        "source_records": 1,
        "identity_records": 1,
        "identity_versions": 1,
        "identity_keys": 1,
        "enrichment_queue": 1,
        "enrichments": 1,
        "webhook_messages": 1,
        "actions": 1,
        "recommendations": 1,
        "lead_standings": 1,
    }
    mentioned = ("jobs", "idempotency", "source_events", "enrichment_answers")
    mentions = {f"mentions in {table}": 1 for table in mentioned}
    assert receipt.removed == {**removed, "audit_subjects": 1, **mentions}
    left = everything(store)
    assert ANN not in left
    assert "L-ann" not in left
    assert store.leads.get("b2b", "L-bob").fields["email"] == f"{BOB}@example.com"
    assert len(store.events.of_lead("b2b", "L-bob")) == 1
    assert store.audit.verify().number == store.audit.head().number


@pytest.mark.parametrize("known_by", [{"phone": "+49 151 23456789"}, {"playbook": "b2b", "lead_id": "L-1"}])
def test_a_person_can_be_named_by_a_number_or_a_lead(store, known_by):
    store.leads.record(
        "b2b", [LeadRecord("L-1", {"tel": "0151/234567-89"}), LeadRecord("L-2", {"tel": "0151/234567-80"})]
    )
    assert erase(store, **known_by).removed == {"leads": 1, "lead_versions": 1, "lead_standings": 1}
    assert [lead.lead_id for lead in store.leads.stream("b2b")] == ["L-2"]


def test_a_mention_of_somebody_elses_lead_is_blotted_out_and_the_lead_stays(store):
    fields = {"email": "bob@example.com", "note": f"ask {ANN}@example.com, she knows"}
    store.leads.record("b2b", [LeadRecord("L-bob", fields)])
    store.events.add("b2b", [Event("e1", "L-bob", "mail", START, {"cc": f"{ANN}@example.com"})])
    receipt = erase(store, email=f"{ANN}@example.com")
    assert receipt.removed == {"mentions in lead_versions": 1, "mentions in events": 1}
    assert store.leads.get("b2b", "L-bob").fields["note"] == "ask [erased], she knows"
    assert ANN not in everything(store)
    # Sent again, the same is still the same, and does not come back.
    assert not store.events.add("b2b", [Event("e1", "L-bob", "mail", START, {"cc": f"{ANN}@example.com"})])[0].new
    assert store.leads.record("b2b", [LeadRecord("L-bob", fields)]).unchanged == 1
    assert ANN not in everything(store)


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, name) for table, names in _MENTIONS for name in names],
    ids=[f"{table.name}.{name}" for table, names in _MENTIONS for name in names],
)
def test_wherever_somebody_may_be_mentioned_no_byte_of_them_is_left_and_the_row_stays(store, table, column):
    fill(store, "L-bob", mark=BOB)
    said = f"ask {ANN}@example.com about it"
    value = {"said": said, "more": [said]} if isinstance(table.c[column].type, Json) else said
    with store._connections.write() as connection:
        rows = connection.execute(update(table).values({column: value})).rowcount
    assert rows
    assert ANN in everything(store)
    receipt = erase(store, email=f"{ANN}@example.com")
    assert receipt.removed == {f"mentions in {table.name}": rows}
    assert ANN not in everything(store)
    assert store.row_counts()[table.name] == rows


OURS = {
    *("playbook", "target", "model_version", "model_type", "previous", "policy", "arm", "method", "band", "route"),
    *(
        "first_band",
        "segment",
        "action_type",
        "feedback_source",
        "test_name",
        "running_name",
        "variant_name",
        "winner",
        "salt",
    ),
    *("provider", "webhook", "message", "key_mark", "old_salt"),
    *("drift", "measures", "expected"),
    *("alias", "action", "kind", "state", "only_one", "holder", "role", "secret_hash", "body_hash", "hash", "digest"),
}
"""Words, names and hashes that playbooks, models and LeadLoop itself give."""
OF_SENDERS = {"key", "owner", "who"}
"""What programs and colleagues are called, and what programs call what they send."""
ELSEWHERE = {
    "lead_feedback.ip_address": "a keyed hash of the address of a machine; it goes with its lead",
    "scores.exploration": "names of routes and bands, and chances",
    "events.name": "the name of a kind of event",
    "actions.result": "one of the words that a CRM has for what came of it",
    "recommendations.round": "a number",
    "recommendations.priority": "how urgent it is",
    "recommendations.status": "what became of it",
    "recommendations.changed_by": "a colleague",
    "webhooks.id": "a number",
    "webhook_messages.type": "the name of a kind of message",
    "audit.subject": "a keyed hash whose key goes with the lead",
    "audit.details": "the log holds keyed hashes of whom it is about",
    "erasures.id": "a number",
    "erasures.marks": "keyed hashes",
    "erasures.removed": "names of tables, and counts",
    "api_keys.id": "a number",
    "secrets.name": "what the secret is for",
    "schedules.name": "what a schedule is called",
    "schedules.cron": "when it is due",
    "schedules.zone": "the name of a time zone",
    "schedules.payload": "what a kind of job is told, the same every time",
    "jobs.turn": "a kind of job and a playbook",
    "job_steps.step": "the name of a step",
    "retrain_checks.reasons": "our own words and counts",
    "retrain_checks.facts": "counts and measures",
    "rollouts.open_playbook": "a playbook",
    "rollouts.against": "a version",
    "alerts.rule": "the name of a rule",
    "alerts.about": "a version, a field or a kind of job",
    "alerts.open_name": "the three of them together",
    "alerts.severity": "how urgent it is",
    "alerts.told_severity": "how urgent it was",
    "quarantined_sources.evidence": "counts and measures",
    "ab_tests.unit": "one of four words",
    "ab_tests.unit_field": "the name of a field",
    "ab_tests.exclusive_group": "what a group of tests is called",
    "ab_test_groups.name": "what a group of tests is called",
    "ab_test_groups.unit": "one of four words",
    "ab_test_groups.unit_field": "the name of a field",
    "ab_test_allocations.shares": "names of variants, and numbers",
    "ab_test_allocations.evidence": "names of variants, and numbers",
    **{
        f"{table}.{column}": "the name of a source, of an account of ours, or a number that the source gave"
        for table, columns in {
            "source_records": ("source", "record_id", "parent"),
            "source_states": ("source", "account", "stream", "cursor"),
            "source_turns": ("source", "account"),
            "source_events": ("source", "event_id"),
        }.items()
        for column in columns
    },
    "source_states.failure": "our own words, and the first ones of what a source says of itself",
    "source_turns.day": "a day",
    "identity_matches.reasons": "our own words, which name nobody",
    "identity_matches.moved": "numbers of records",
    "identity_matches.decided_by": "a colleague",
}


def test_every_column_that_holds_words_is_searched_for_mentions_or_it_is_said_why_not():
    searched = {f"{table.name}.{name}" for table, names in _MENTIONS for name in names}
    words = {
        f"{table.name}.{column.name}"
        for table in METADATA.tables.values()
        for column in table.columns
        if isinstance(column.type, Line | Json) and column.name not in OURS | OF_SENDERS | {"lead_id"}
    }
    assert words - searched == set(ELSEWHERE)
    assert all(table in OF_A_LEAD for table in METADATA.tables.values() if "lead_id" in table.columns)


def test_a_colleague_who_is_erased_does_not_take_their_leads_along_where_contact_fields_are_named(store):
    store.leads.record("b2b", [LeadRecord("L-1", {"email": "bob@example.com", "owner": f"{ANN}@example.com"})])
    receipt = erase(store, email=f"{ANN}@example.com", contact_fields=["email"])
    assert receipt.removed == {"mentions in lead_versions": 1, "mentions in lead_standings": 1}
    assert store.leads.get("b2b", "L-1").fields == {"email": "bob@example.com", "owner": "[erased]"}


def test_erasing_twice_is_fine(store):
    fill(store, "L-ann", mark=ANN)
    assert erase(store, email=f"{ANN}@example.com").removed
    again = erase(store, email=f"{ANN}@example.com")
    assert (again.removed, again.finished_at) == ({}, START)


def test_a_person_who_is_not_named_or_not_readable_is_refused(store):
    for who in ({}, {"email": "ann"}, {"phone": "12"}, {"lead_id": "L-1"}):
        with pytest.raises(StoreError):
            erase(store, **who)
    with store.transaction(), pytest.raises(StoreError, match="transaction"):
        erase(store, email="ann@example.com")
    with pytest.raises(StoreError, match="receipt"):
        store.erasures.receipt("nobody")


def test_the_erasure_list_names_nobody(store):
    fill(store, "L-ann", mark=ANN)
    erase(store, email=f"{ANN}@example.com")
    told = json.dumps(store.erasures.entries())
    assert ANN not in told
    assert "L-ann" not in told


def test_the_list_of_another_store_is_refused(store, tmp_path):
    other = open_store(tmp_path / "other.db", now=Clock())
    erase(other, email=f"{ANN}@example.com")
    with pytest.raises(StoreError, match="another store"):
        store.erasures.replay(other.erasures.entries())
    other.close()


def test_of_an_old_state_the_list_erases_who_was_erased_since(store):
    fill(store, "L-ann", mark=ANN)
    erase(store, email=f"{ANN}@example.com")
    entries = store.erasures.entries()
    with store._connections.write() as connection:  # an old state comes back: the data, and no word of the erasure
        connection.execute(text("DELETE FROM erasures"))
    fill(store, "L-ann", mark=ANN)
    assert store.erasures.replay(entries) == 1
    assert store.erasures.replay(entries) == 0
    assert ANN not in everything(store)


def test_a_restored_backup_does_not_bring_back_who_was_erased_since(sqlite_store, tmp_path, clock):
    store = sqlite_store
    fill(store, "L-ann", mark=ANN)
    fill(store, "L-bob", mark=BOB)
    backup = store.back_up(tmp_path / "copy.db")
    erase(store, email=f"{ANN}@example.com")
    path = store.where
    assert ANN in backup.path.read_bytes().decode("latin-1")
    assert restore(backup.path, path, now=clock, who="ada").erasures == 1
    assert ANN not in everything(store)
    assert store.leads.get("b2b", "L-bob") is not None  # the store that was open sees it
    store.close()
    # The database is lost altogether: the list beside it is enough.
    shutil.copy(list_beside(tmp_path / "only.db"), list_beside(tmp_path / "new.db"))
    assert restore(backup.path, tmp_path / "new.db", now=clock, who="ada").erasures == 1
    found = open_store(tmp_path / "new.db", now=clock)
    assert ANN not in everything(found)
    assert found.audit.verify().number > 0
    found.close()


def test_with_a_write_ahead_log_every_byte_goes_too_and_a_backup_is_restored_the_same(monkeypatch, tmp_path, clock):
    monkeypatch.setattr("leadloop.store.engine.WAL_IS_SAFE_SINCE", (3, 0, 0))
    store = open_store(tmp_path / "log.db", now=clock)
    assert store.describe()["commits"] == "journal wal, synchronous full"
    fill(store, "L-ann", mark=ANN)
    fill(store, "L-bob", mark=BOB)
    backup = store.back_up(tmp_path / "copy.db")
    erase(store, email=f"{ANN}@example.com")
    assert ANN not in everything(store)
    assert restore(backup.path, store.where, now=clock, who="ada").erasures == 1
    assert ANN not in everything(store)
    assert store.leads.get("b2b", "L-bob").fields["email"] == f"{BOB}@example.com"
    assert store.audit.verify().number > 0
    store.close()


def test_of_scores_without_a_lead_only_the_persons_own_go(store):
    fields = {"of": {"email": f"{ANN}@example.com"}, "other": {"email": f"{BOB}@example.com"}}
    store.scores.add("b2b", [make_score(key, "", fields=said, card={}) for key, said in fields.items()])
    receipt = erase(store, email=f"{ANN}@example.com")
    assert receipt.removed == {"scores": 1}
    assert [row.key for row in store.scores.stream("b2b")] == ["other"]
