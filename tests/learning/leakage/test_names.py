"""What a field's name says about when it was written."""

from __future__ import annotations

import pytest

from leadloop.learning.leakage.names import hint_in, name_words
from leadloop.learning.leakage.twin_names import closest_by_name

TELLING = {
    "known_later": (
        "Closed Lost Reason,closedate,Close Date,ConvertedDate,IsConverted,won_date,hs_is_closed_won,loss_reason,outcome,"
        "call outcome,Disposition,Unqualified Reason,days_to_close,converted_at,signed_at,duration,call_duration,"
        "Call Duration (s),talk_time_sec,Became a customer date,Recent conversion date"
    ),
    "state_at_export": (
        "Last Activity,Last Notable Activity,LastActivityDate,LastViewedDate,notes_last_contacted,Lead Status,LeadStatus,"
        "hs_lead_status,lifecyclestage,Lifecycle Stage,dealstage,Stage,Status,current_status,last_login"
    ),
    "judged_later": "Tags,Lead Quality,Lead Profile,Lead Score,Lead Grade,HubSpot Score,einstein_score,predicted_value",
    "edited_after": "LastModifiedDate,lastmodifieddate,updated_at,SystemModstamp,post_was_edited,date_modified,updatedAt",
    "later_snapshot": "comments_at_retrieval,status_at_export,karma at snapshot",
}
POSSIBLE = (
    "Owner Id,hubspot_owner_id,assigned_to,Rating,Asymmetrique Activity Index,vendor_index,calls_made,result,notes"
)
SILENT = (
    "First Name,Last Name,lastname,Company,Title,Industry,NumberOfEmployees,Annual Revenue,Lead Source,Lead Origin,"
    "createdate,Country,Billing State,Description,utm_source,Total Time Spent on Website,TotalVisits,marital_status,"
    "Page Views Per Visit,employment_status,credit_score,funding_stage,What is your current occupation,poutcome,"
    "current_insurer,current_premium,previous_outcome,prior status,last_purchase_amount,days_since_last_purchase,"
    "months_since_last_claim,home_owner,cons.price.idx,consumer_confidence_index,contact,preferred_contact_time,month,"
    "day_of_week,campaign,pdays,signed_up_at,signup_date,policy_start,policy_end,min_price,visits_7d,request_title,"
    "requester_number_of_posts_at_request,first_contact_date,landing_page_id,origin,request_text_edit_aware,default,"
    "A free copy of Mastering The Interview,Receive More Updates About Our Courses,email_opt_in,product_category,"
    "nickname,tenure,contract_type,deal_size"
)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in TELLING.items() for name in names.split(",")]
)
def test_a_telling_name_says_which_leak_it_would_be(kind: str, name: str) -> None:
    hint = hint_in(name)
    assert hint is not None
    assert (hint.kind, hint.telling) == (kind, True)


@pytest.mark.parametrize("name", POSSIBLE.split(","))
def test_an_ambiguous_name_is_only_possible(name: str) -> None:
    hint = hint_in(name)
    assert hint is not None
    assert not hint.telling


@pytest.mark.parametrize("name", SILENT.split(","))
def test_an_ordinary_name_says_nothing(name: str) -> None:
    assert hint_in(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Lead Source", "lead source"),
        ("lead_source", "lead source"),
        ("LeadSource", "lead source"),
        ("leadSource__c", "lead source"),
        ("hs_lastmodifieddate", "hs last modified date"),
        ("IDNumber", "id number"),
        ("emp.var.rate", "emp var rate"),
        ("lastname", "lastname"),
        ("Größe der Firma", "größe der firma"),
        ("visits7d", "visits 7 d"),
        ("!!", ""),
    ],
)
def test_words_come_apart_however_they_were_glued(name: str, words: str) -> None:
    assert " ".join(name_words(name)) == words


def test_twins_are_paired_by_the_nearest_name_and_only_in_one_direction() -> None:
    fields = [
        "number_of_comments_at_request",
        "number_of_comments_at_retrieval",
        "number_of_comments_in_forum_at_request",
        "number_of_comments_in_forum_at_retrieval",
        "request_number_of_comments_at_retrieval",
    ]
    pairs = closest_by_name(fields)
    assert pairs["number_of_comments_at_retrieval"] == ("number_of_comments_at_request", ("retrieval",))
    assert pairs["number_of_comments_in_forum_at_retrieval"] == (
        "number_of_comments_in_forum_at_request",
        ("retrieval",),
    )
    assert not set(pairs) & {"number_of_comments_at_request", "number_of_comments_in_forum_at_request"}


@pytest.mark.parametrize(
    "pair", ["min_price,max_price", "visits_7d,visits_30d", "start_date,end_of_lease", "city,country"]
)
def test_names_that_differ_by_something_other_than_time_are_no_twins(pair: str) -> None:
    assert closest_by_name(pair.split(",")) == {}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("Abschlussdatum", "known_later"), ("Absagegrund", "known_later"), ("Vertragsnummer", "known_later")),
        *(("Motif de perte", "known_later"), ("Fecha de cierre", "known_later"), ("Data chiusura", "known_later")),
        *(("Afsluitdatum", "known_later"), ("Letzte Aktivität", "state_at_export"), ("Geändert am", "edited_after")),
        *(
            ("Dernière visite", "state_at_export"),
            ("Actualizado el", "edited_after"),
            ("Laatste wijziging", "edited_after"),
        ),
    ],
)
def test_names_in_other_languages_say_it_too(name, kind):
    hint = hint_in(name)
    assert hint is not None
    assert (hint.kind, hint.telling) == (kind, True)


@pytest.mark.parametrize(
    "name", ["Schulabschluss", "Vertragsart", "Wunschtermin", "Motivo del contacto", "Persona", "Anzeige"]
)
def test_names_in_other_languages_that_are_known_at_intake_say_nothing(name):
    assert hint_in(name) is None
