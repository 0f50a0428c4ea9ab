from dataclasses import replace

import polars as pl
from tests.leads_for_tests import FIELDS, PLAYBOOK, make_leads

from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.learning.candidates import LEAST_LEADS, find_candidates
from leadloop.scoring.counterfactuals import Candidates


def actionable(*names, fields=FIELDS):
    marked = tuple(replace(field, actionable=field.name in names) for field in fields)
    return replace(PLAYBOOK, schema=LeadSchema(marked))


def options(candidates):
    return {field.name: [option.value for option in field.options] for field in candidates.fields}


def said(candidates):
    return {field.name: [option.says for option in field.options] for field in candidates.fields}


def contacts(**columns):
    fields = tuple(Field(name, name.split("_")[0], "intake", actionable=True) for name in columns)
    frame = pl.DataFrame(columns)
    return replace(PLAYBOOK, schema=LeadSchema(fields)), LeadFrame(
        LeadSchema(fields), frame, frame.to_series().to_numpy()
    )


def test_only_actionable_fields_that_scores_read_are_offered():
    leads, _, _ = make_leads(300)
    found = find_candidates(actionable("source", "opted_out", "noise"), leads, ("source", "opted_out"))
    assert set(options(found)) == {"source", "opted_out"}
    assert find_candidates(PLAYBOOK, leads, ("source",)).fields == ()


def test_values_are_those_that_enough_leads_held():
    leads, _, _ = make_leads(600)
    rare = leads.data.with_columns(
        source=pl.when(pl.int_range(pl.len()) < LEAST_LEADS - 1).then(pl.lit("Fair")).otherwise("source")
    )
    names = ("source", "visits", "opted_out")
    offered = options(find_candidates(actionable(*names), replace(leads, data=rare), names))
    assert sorted(offered["source"]) == ["Chat", "Google", "Reference"]
    assert offered["opted_out"] == [True, False]
    held = rare["visits"].drop_nulls()
    assert set(offered["visits"]) <= set(held.to_list())
    assert offered["visits"] == sorted(offered["visits"])
    assert held.quantile(0.04) <= min(offered["visits"])
    assert max(offered["visits"]) <= held.quantile(0.96)


def test_a_level_is_written_as_leads_mostly_write_it():
    leads, _, _ = make_leads(400)
    mixed = leads.data.with_columns(source=pl.Series(["google", "Google", "Google", "Chat"] * 100))
    found = find_candidates(actionable("source"), replace(leads, data=mixed), ("source",))
    assert options(found)["source"] == ["Google", "Chat"]
    assert said(found)["source"][0] == "source “Google”"


def test_contact_details_are_offered_as_stand_ins_and_never_as_somebody_s_own():
    playbook, leads = contacts(
        email=[f"{name}@{domain}" for name in ("ann.lee", "bob.ray") for domain in ("acme.com", "gmail.com")] * 10,
        phone=["+33 1 70 18 99 00"] * 40,
        url=["https://acme.com"] * 40,
    )
    found = find_candidates(playbook, leads, ("email", "phone", "url"))
    assert options(found) == {
        "email": ["jane.doe@company.example", "jane.doe@gmail.com"],
        "phone": ["+44 20 7946 0123"],
        "url": ["https://company.example"],
    }
    assert said(found)["email"] == ["a business e-mail address", "an e-mail address"]
    assert "acme" not in str(found.state())


def test_a_field_that_hardly_any_lead_filled_in_is_not_offered():
    playbook, leads = contacts(phone=["020 7946 0000"] * (LEAST_LEADS - 1) + [None] * 30)
    assert find_candidates(playbook, leads, ("phone",)).fields == ()


def test_two_fields_of_one_kind_are_told_apart():
    playbook, leads = contacts(phone=["020 7946 0000"] * 40, phone_mobile=["020 7946 0000"] * 40)
    assert said(find_candidates(playbook, leads, ("phone", "phone_mobile"))) == {
        "phone": ["a phone number (phone)"],
        "phone_mobile": ["a phone number (phone_mobile)"],
    }


def test_they_survive_being_written_down():
    leads, _, _ = make_leads(300)
    found = find_candidates(actionable("source", "visits", "phone"), leads, ("source", "visits", "phone"))
    assert Candidates.from_state(found.state()) == found
