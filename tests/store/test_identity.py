import pytest
from tests.store.stores_for_tests import START

from leadloop.errors import StoreConflict, StoreError
from leadloop.store import Joining, LeadRecord, Mention


def mention(key, kind="company", lead="", at=START, **fields):
    return Mention(
        kind, key, lead or f"L-{key}", fields, tuple(f"{name}:{value}" for name, value in fields.items()), at
    )


def keep(store, *mentions, source="crm"):
    return store.identity.keep("b2b", mentions, source=source)


def entities(store):
    return {one.fields["name"]: one.entity for one in store.identity.records("b2b")}


@pytest.fixture
def two(store):
    """Two companies."""
    keep(store, mention("a", name="Acme"), mention("b", name="ACME Inc"))
    return entities(store)


def join(store, two, **more):
    [number] = store.identity.join(
        "b2b",
        [
            Joining(
                "company", two["Acme"], two["ACME Inc"], 0.9, ("the same name",), (store.identity.records("b2b")[1].id,)
            )
        ],
        who="rules",
    )
    return number


def test_every_change_of_a_record_is_a_version_with_its_time_and_what_says_the_same_is_none(store, clock):
    assert [one.state for one in keep(store, mention("a", name="Acme"))] == ["new"]
    clock.go(days=1)
    later = clock()
    assert [one.state for one in keep(store, mention("a", name="Acme"), mention("a", name="Acme GmbH", at=later))] == [
        "changed"
    ] * 2
    assert [one.state for one in keep(store, mention("a", name="Acme GmbH"))] == ["same"]
    [record] = store.identity.records("b2b")
    told = store.identity.versions("b2b", record.id)
    assert [(one.version, one.at, one.fields["name"]) for one in told] == [(1, START, "Acme"), (2, later, "Acme GmbH")]


def test_likes_are_found_by_keys_and_no_key_can_be_read_in_the_database(store, two):
    assert store.identity.likes("b2b", "company", ["name:Acme", "name:none"]) == {two["Acme"]}
    assert store.identity.likes("b2b", "contact", ["name:Acme"]) == set()
    assert store.identity.likes("other", "company", ["name:Acme"]) == set()
    keep(store, mention("a", name="Zenith"))
    assert store.identity.likes("b2b", "company", ["name:Acme"]) == set()


def test_a_joining_is_kept_with_its_reasons_and_can_be_taken_back(store, two):
    number = join(store, two)
    assert set(entities(store).values()) == {two["Acme"]}
    match = store.identity.match(number)
    assert (match.state, match.reasons, match.who) == ("merged", ("the same name",), "rules")
    assert store.identity.undo(number, who="ada").state == "undone"
    assert entities(store) == two
    assert store.identity.apart("b2b") == {frozenset(two.values())}
    with pytest.raises(StoreConflict, match="only what is merged can be undone"):
        store.identity.undo(number, who="ada")


def test_joinings_of_joinings_are_taken_back_in_any_order(store, two):
    keep(store, mention("c", name="Acme AG"))
    three = entities(store)
    numbers = {one.fields["name"]: one.id for one in store.identity.records("b2b")}
    later = [Joining("company", two["ACME Inc"], three["Acme AG"], 0.9, ("the same name",), (numbers["Acme AG"],))]
    [first] = store.identity.join("b2b", later, who="rules")
    both = (numbers["ACME Inc"], numbers["Acme AG"])
    [second] = store.identity.join(
        "b2b", [Joining("company", two["Acme"], two["ACME Inc"], 0.9, ("the same name",), both)], who="rules"
    )
    assert len(set(entities(store).values())) == 1
    store.identity.undo(first, who="ada")
    assert entities(store) == {"Acme": two["Acme"], "ACME Inc": two["Acme"], "Acme AG": three["Acme AG"]}
    store.identity.undo(second, who="ada")
    assert entities(store) == three


def test_a_pair_in_doubt_waits_for_a_person_and_is_asked_about_once(store, two):
    pair = [Joining("company", two["Acme"], two["ACME Inc"], 0.6, ("names of parts of one house",))]
    [number] = store.identity.propose("b2b", pair, who="rules")
    assert store.identity.propose("b2b", pair, who="rules") == []
    [waiting] = store.identity.matches("b2b").items
    assert (waiting.id, waiting.state) == (number, "doubtful")
    accepted = store.identity.accept(number, who="ada")
    assert (accepted.state, accepted.decided_by, len(accepted.moved)) == ("merged", "ada", 1)
    assert set(entities(store).values()) == {two["Acme"]}
    store.identity.undo(number, who="ada")
    assert entities(store) == two
    with pytest.raises(StoreConflict, match="not on the review list"):
        store.identity.accept(number, who="ada")


def test_what_a_person_refused_is_not_asked_again(store, two):
    pair = [Joining("company", two["Acme"], two["ACME Inc"], 0.6, ("the same phone number",))]
    [number] = store.identity.propose("b2b", pair, who="rules")
    assert store.identity.reject(number, who="ada").state == "rejected"
    assert store.identity.propose("b2b", pair, who="rules") == []
    assert store.identity.apart("b2b") == {frozenset(two.values())}
    assert entities(store) == two


def test_what_a_person_told_apart_stays_so_when_one_of_the_two_joins_a_third(store):
    keep(store, *(mention(name, name=name) for name in ("Acme AG", "Acme", "ACME Inc")))
    three = entities(store)
    pair = [Joining("company", three["Acme"], three["ACME Inc"], 0.6, ("the same phone number",))]
    [number] = store.identity.propose("b2b", pair, who="rules")
    store.identity.reject(number, who="ada")
    moved = (store.identity.records("b2b")[1].id,)
    store.identity.join(
        "b2b", [Joining("company", three["Acme AG"], three["Acme"], 0.9, ("alike",), moved)], who="rules"
    )
    now = frozenset((three["Acme AG"], three["ACME Inc"]))
    assert store.identity.apart("b2b") == {now}
    again = [Joining("company", *sorted(now), 0.6, ("the same phone number",))]
    assert store.identity.propose("b2b", again, who="rules") == []


def test_accepting_follows_what_was_joined_meanwhile(store, two):
    keep(store, mention("c", name="Acme AG"))
    three = entities(store)
    [number] = store.identity.propose(
        "b2b", [Joining("company", two["ACME Inc"], three["Acme AG"], 0.6, ("alike",))], who="rules"
    )
    join(store, two)
    store.identity.accept(number, who="ada")
    assert set(entities(store).values()) == {two["Acme"]}


def test_what_is_not_known_is_refused(store):
    with pytest.raises(StoreError, match="is not known"):
        store.identity.match(99)
    with pytest.raises(StoreError, match="give one of merged, doubtful"):
        store.identity.matches("b2b", state="maybe")


def test_all_is_stored_or_nothing(store, two):
    def begin_and_stop():
        with store.transaction():
            keep(store, mention("d", name="Zenith"))
            join(store, two)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        begin_and_stop()
    assert entities(store) == two


def test_a_person_who_took_part_in_a_call_is_erased_with_the_call(store):
    store.leads.record("b2b", [LeadRecord("L-1", {"call_notes": "Jane: Hello."}), LeadRecord("L-2", {})])
    keep(store, mention("p", "contact", "L-1", name="Jane Miller", email="jane@acme.com"))
    keep(store, mention("q", "contact", "L-2", name="Bob Stone", email="bob@acme.com"))
    receipt = store.erasures.erase_person(who="ada", email="JANE@acme.com", contact_fields=["contact_email"])
    gone = {
        "leads": 1,
        "lead_versions": 1,
        "lead_standings": 1,
        "identity_records": 1,
        "identity_versions": 1,
        "identity_keys": 2,
    }
    assert receipt.removed == gone
    assert [one.lead_id for one in store.identity.records("b2b")] == ["L-2"]
    assert store.identity.likes("b2b", "contact", ["email:jane@acme.com"]) == set()
    assert store.erasures.erased("b2b", ["L-1", "L-2"]) == {"L-1"}


def test_counts_say_how_many_companies_there_are(store, two):
    join(store, two)
    counts = store.identity.counts("b2b")
    assert (counts["company records"], counts["company"], counts["merged"]) == (2, 1, 1)


def test_leads_that_are_forgotten_take_along_what_is_known_of_their_people(store, clock):
    store.leads.record("b2b", [LeadRecord("L-a", {})])
    keep(store, mention("a", name="Acme"))
    store.forget_older_than("leads", clock.go(days=9), who="ada")
    assert store.identity.records("b2b") == []
