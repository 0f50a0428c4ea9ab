from dataclasses import replace
from datetime import timedelta

import pytest
from tests.ingest.calls.calls_for_tests import JANE, START, VERA, make_call

from leadloop.errors import LeadLoopError, PlaybookError
from leadloop.flows.calls import keep_calls
from leadloop.flows.calls.review import accept_match, list_matches, reject_match, tell_of, undo_match
from leadloop.flows.calls.stored_leads import match_leads
from leadloop.flows.place.workspace import Workspace
from leadloop.ingest.calls import OwnCompany, Person
from leadloop.store import LeadRecord

SETTINGS = 'own_names = ["Dialtone"]\nown_domains = ["dialtone.example"]\n'
LINES = ("Vera Stone: We offer SMS.", "Jane Miller: We need it in two weeks, how much is it?")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "leadloop.toml").write_text(SETTINGS)
    return Workspace(tmp_path)


def keep(place, *calls, **more):
    return keep_calls(place, "b2b_calls", calls, source="fellow", **more)


def lead(place, number="c1"):
    return place.store.leads.get("b2b_calls", f"fellow:{number}")


def versions(place, number="c1"):
    return place.store.leads.versions("b2b_calls", f"fellow:{number}")


def companies(place):
    records = place.store.identity.records("b2b_calls")
    return {one.lead_id.removeprefix("fellow:"): one.entity for one in records if one.kind == "company"}


def test_a_call_becomes_a_lead_with_the_fields_of_the_playbook(place):
    kept = keep(place, make_call(*LINES, summary="Acme wants SMS."))
    assert (kept.new, kept.changed, kept.left_out, dict(kept.lead_of)) == (("fellow:c1",), (), (), {"c1": "fellow:c1"})
    fields = lead(place).fields
    assert fields["company_name"] == "Acme GmbH"
    assert fields["products_discussed"] == "Messaging"
    assert fields["urgency_level"] == 4
    assert fields["ae_name"] == "Vera Stone"
    # What the playbook has no field for is not kept.
    assert "sentiment" not in fields


def test_the_lead_is_scored_by_the_playbooks_own_rules(place):
    from leadloop.flows.place.playbook_folder import read_playbook
    from leadloop.leads.one_lead import OneLeadReader
    from leadloop.playbook import Playbook

    keep(place, make_call(*LINES))
    playbook: Playbook = read_playbook("b2b_calls").playbook
    values, rejects = OneLeadReader(playbook.scoring_schema).read(lead(place).fields)
    assert rejects == []
    assert values["call_at"].isoformat() == "2026-01-20T15:00:00"
    assert values["call_minutes"] == 30


def test_the_same_call_again_changes_nothing(place):
    keep(place, make_call(*LINES))
    again = keep(place, make_call(*LINES, updated_hours=3.0))
    assert (again.new, again.changed, again.unchanged) == ((), (), ("fellow:c1",))
    assert len(versions(place)) == 1
    assert [len(one.versions) for one in tell_of(place, "b2b_calls", "fellow:c1")] == [1, 1]


def test_an_edit_makes_one_version_more_and_what_others_know_of_the_lead_stays(place):
    keep(place, make_call(*LINES))
    held = lead(place)
    place.store.leads.record("b2b_calls", [LeadRecord("fellow:c1", {**held.fields, "industry": "SaaS"}, held.at)])
    kept = keep(place, make_call(*LINES, summary="They decided.", updated_hours=300.0))
    assert kept.changed == ("fellow:c1",)
    assert len(versions(place)) == 3
    now = lead(place)
    assert now.at == START + timedelta(hours=300)
    assert now.fields["industry"] == "SaaS"
    assert now.fields["call_notes"].startswith("They decided.")


def test_what_was_written_long_after_a_call_is_in_no_version_of_before(place):
    """A call of months ago comes in for the first time, with a summary that somebody wrote when all was over."""
    keep(place, make_call(*LINES, summary="They signed with us!", updated_hours=2_000.0))
    first, second = versions(place)
    assert first.at == START + timedelta(minutes=30)
    assert "signed" not in first.fields["call_notes"]
    assert second.at == START + timedelta(hours=2_000)
    assert "signed" in second.fields["call_notes"]
    assert place.store.leads.as_of("b2b_calls", "fellow:c1", START + timedelta(days=20)).version == 1


def test_notes_of_the_same_day_are_of_the_call(place):
    keep(place, make_call(*LINES, summary="They liked it.", updated_hours=2.0))
    [only] = versions(place)
    assert only.at == START + timedelta(hours=2)
    assert "liked" in only.fields["call_notes"]


def test_what_a_call_does_not_say_any_more_goes(place):
    keep(place, make_call(*LINES))
    keep(place, make_call("Vera Stone: Hello.", "Jane Miller: Hello there.", updated_hours=3.0))
    assert "products_discussed" not in lead(place).fields
    assert lead(place).fields["company_name"] == "Acme GmbH"


def test_calls_among_ourselves_make_no_lead_and_say_why(place):
    kept = keep(place, make_call(title="Pipeline review", people=(VERA,)))
    assert kept.new == ()
    [left] = kept.left_out
    assert (left.call_id, left.because) == ("c1", "only our own people were invited")
    assert place.store.leads.count("b2b_calls") == 0


def test_a_lead_that_was_erased_does_not_come_back(place):
    keep(place, make_call(*LINES))
    place.store.erasures.erase_person(who="ada", email=JANE.email)
    assert lead(place) is None
    kept = keep(place, make_call(*LINES))
    assert [one.because for one in kept.left_out] == ["it was erased"]
    assert lead(place) is None


def test_calls_of_one_company_are_leads_of_their_own_and_share_the_company(place):
    follow_up = make_call(id="c2", title="Acme: follow-up", people=(), start=START + timedelta(days=7))
    other = make_call(id="c3", title="Zenith intro", people=(), start=START + timedelta(days=8))
    kept = keep(place, make_call(*LINES), follow_up, other)
    assert kept.new == ("fellow:c1", "fellow:c2", "fellow:c3")
    assert (kept.joined, kept.doubtful) == (1, 0)
    known = companies(place)
    assert known["c1"] == known["c2"] != known["c3"]
    # The domain was known by then.
    assert lead(place, "c2").fields["domain"] == "acme.example"


def test_a_domain_that_became_known_later_is_not_put_into_an_earlier_call(place):
    keep(place, make_call(id="c2", title="Acme: intro", people=(), start=START - timedelta(days=7)), make_call(*LINES))
    assert companies(place)["c1"] == companies(place)["c2"]
    assert "domain" not in lead(place, "c2").fields


def test_a_call_whose_company_changes_is_matched_anew(place):
    keep(place, make_call(*LINES), make_call(*LINES, id="c2", start=START + timedelta(days=1)))
    assert companies(place)["c1"] == companies(place)["c2"]
    pat = Person("pat@zenith.example")
    keep(
        place,
        make_call(
            *LINES, id="c2", title="Zenith", people=(VERA, pat), start=START + timedelta(days=1), updated_hours=9.0
        ),
    )
    assert companies(place)["c1"] != companies(place)["c2"]
    [told] = [one for one in tell_of(place, "b2b_calls", "fellow:c2") if one.record.kind == "company"]
    was, now = told.versions
    assert (was.fields["domain"], now.fields["domain"]) == ("acme.example", "zenith.example")


def test_two_namesakes_are_put_on_the_review_list_and_a_person_decides(place):
    one, other = Person("a@apex-systems.example"), Person("b@apexhq.example")
    keep(
        place,
        make_call(title="Apex Systems", people=(VERA, one)),
        make_call(id="c2", title="Apex Systems Inc", people=(VERA, other), start=START + timedelta(days=1)),
        make_call(id="c3", title="Apex Systems: follow-up", people=(), start=START + timedelta(days=2)),
    )
    assert len(set(companies(place).values())) == 3
    first, second = list_matches(place, "b2b_calls")
    assert first.match.reasons == ("the same name", "several of that name")
    assert "apex-systems.example" in first.one
    accept_match(place, first.match.id)
    reject_match(place, second.match.id)
    known = companies(place)
    assert known["c1"] == known["c3"] != known["c2"]
    assert list_matches(place, "b2b_calls") == []
    undo_match(place, first.match.id)
    assert len(set(companies(place).values())) == 3
    assert [row.action for row in place.store.audit.page().items] == ["accept match", "reject match", "undo match"]


def test_all_is_stored_with_what_the_caller_stores_or_nothing_is(place):
    def begin_and_stop():
        with place.store.transaction():
            keep(place, make_call(*LINES))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        begin_and_stop()
    assert place.store.leads.count("b2b_calls") == 0
    assert place.store.identity.records("b2b_calls") == []


def test_without_a_word_on_who_we_are_nothing_is_kept(tmp_path):
    with pytest.raises(LeadLoopError, match="own_domains  is not set"):
        keep(Workspace(tmp_path), make_call(*LINES))
    kept = keep(Workspace(tmp_path), make_call(*LINES), own=OwnCompany(domains=("dialtone.example",)))
    assert kept.new == ("fellow:c1",)


def test_a_playbook_that_is_not_there_is_refused(place):
    with pytest.raises(PlaybookError, match="does not exist"):
        keep_calls(place, "nowhere", [make_call(*LINES)], source="fellow")


def test_a_copy_of_the_playbook_may_have_more_fields_and_listen_for_other_words(place, tmp_path):
    from leadloop.flows.place.packaged import copy_playbook

    copy = copy_playbook("b2b_calls", tmp_path / "mine")
    toml = copy / "playbook.toml"
    toml.write_text(toml.read_text() + '\n[fields.sentiment]\ntype = "number"\nuse = false\n')
    (copy / "calls.toml").write_text('products = ["CRM"]')
    keep_calls(
        place, str(copy), [make_call("Vera Stone: Hi.", "Jane Miller: We love HubSpot, it is great.")], source="fellow"
    )
    fields = lead(place).fields
    assert fields["products_discussed"] == "CRM"
    assert fields["sentiment"] > 5


def test_leads_that_came_by_file_are_matched_with_calls(place):
    keep(place, make_call(*LINES))
    rows = [
        LeadRecord("F-1", {"company_name": "ACME", "domain": "https://www.acme.example"}),
        LeadRecord("F-2", {"company_name": "Zenith Ltd"}),
    ]
    place.store.leads.record("b2b_calls", rows, source="import")
    done = match_leads(place, "b2b_calls")
    assert (done.joined, done.doubtful) == (1, 0)
    records = {one.lead_id: one.entity for one in place.store.identity.records("b2b_calls") if one.kind == "company"}
    assert records["F-1"] == records["fellow:c1"] != records["F-2"]
    assert match_leads(place, "b2b_calls").joined == 0
    [told] = [one for one in tell_of(place, "b2b_calls", "F-1") if one.record.kind == "company"]
    assert told.with_leads == ("fellow:c1",)


def test_a_call_without_times_is_kept_as_of_now(place):
    keep(place, replace(make_call(*LINES, start=None), turns=()))
    assert lead(place).fields["company_name"] == "Acme GmbH"


def test_half_a_sign_in_what_a_source_sends_stops_nothing(place):
    odd = Person("", "J\ud83dane")
    kept = keep(
        place,
        make_call(
            "Vera Stone: Hi.", "J\ud83dane: We need SMS.", title="Acme \ud83d <> Dialtone", people=(VERA, odd, JANE)
        ),
    )
    assert kept.new == ("fellow:c1",)
    assert lead(place).fields["products_discussed"] == "Messaging"
