"""Every feature that the playbook of B2B calls is known for: what it makes of leads written by hand."""

from __future__ import annotations

import polars as pl
import pytest

from leadloop.features.functions import FunctionsBlock
from leadloop.features.one_lead import prepare_for_one
from leadloop.features.outline import outline_features
from leadloop.flows.feature_list import list_features
from leadloop.flows.place.playbook_folder import read_playbook

FOUND = read_playbook("b2b_calls")
FUNCTIONS = FunctionsBlock.of(FOUND.functions, FOUND.playbook)
LEAD = {"lead_id": "1", "call_at": "2025-03-04 10:30", "company_name": "Vexmorilo Example Ltd"}
UNKNOWN = None


def read(**cells: str) -> pl.DataFrame:
    schema = FOUND.playbook.scoring_schema
    reading = schema.read(pl.DataFrame({name: [cell] for name, cell in {**LEAD, **cells}.items()}))
    assert not reading.rejects, reading.rejects
    return reading.leads.data


def value(feature: str, **cells: str) -> float | None:
    """What a feature is for a lead with these cells; None where it is not known."""
    names = [column.name for column in FUNCTIONS.columns]
    number = float(FUNCTIONS.values(read(**cells))[0, names.index(feature)])
    return None if number != number else round(number, 4)


def notes(text: str) -> dict[str, str]:
    return {"call_notes": text}


def site(text: str) -> dict[str, str]:
    return {"website_text": text}


TABLE = [
    # --- the company ---
    ("high_value_industry", {"industry": "SaaS"}, 1),
    ("high_value_industry", {"industry": " financial services"}, 1),
    ("high_value_industry", {"industry": "Nonprofit"}, 0),
    ("high_value_industry", {}, UNKNOWN),
    ("phone_industry", {"industry": "Contact Center"}, 1),
    ("phone_industry", {"industry": "SaaS"}, 0),
    ("enterprise", {"employees": "1000"}, 1),
    ("enterprise", {"employees": "999"}, 0),
    ("enterprise", {"employees": "1,001-5,000"}, 1),
    ("enterprise", {"employees": "N/A"}, UNKNOWN),
    ("small_business", {"employees": "49"}, 1),
    ("small_business", {"employees": "50"}, 0),
    ("small_business", {"employees": "11-50"}, 1),
    ("revenue_known", {"revenue": "$10M-50M"}, 1),
    ("revenue_known", {"revenue": "unknown"}, 0),
    ("funding_rounds", {"funding_stage": "Series B"}, 3),
    ("funding_rounds", {"funding_stage": "bootstrapped"}, 0),
    ("funding_rounds", {"funding_stage": "a rich uncle"}, UNKNOWN),
    ("uses_a_crm", {"tech_stack": "Salesforce; AWS"}, 1),
    ("uses_a_crm", {"tech_stack": "Excel"}, 0),
    ("runs_in_the_cloud", {"tech_stack": "HubSpot; Kubernetes"}, 1),
    ("runs_in_the_cloud", {"tech_stack": "Excel"}, 0),
    ("has_another_provider", {"tech_stack": "Another CPaaS"}, 1),
    ("has_another_provider", {"tech_stack": "Salesforce"}, 0),
    ("uses_old_tools", {"tech_stack": "PHP; Excel"}, 1),
    ("uses_old_tools", {"tech_stack": "GCP"}, 0),
    ("tools_named", {"tech_stack": "Salesforce; AWS; PHP"}, 3),
    ("tools_named", {"tech_stack": "abacus"}, 0),
    ("tools_named", {}, UNKNOWN),
    ("competition_words", {"description": "Competes on price."}, 1),
    ("competition_words", {"description": "An online shop for clinics."}, 0),
    ("growth_words", {"description": "Fast growing. Expanding to new markets."}, 3),
    ("growth_words", {"description": "Not hiring."}, 0),
    ("settled_words", {"description": "Family owned."}, 1),
    ("settled_words", {"description": "Fast growing."}, 0),
    ("site_authentication", site("Log in with your password."), 1),
    ("site_authentication", site("Read our blog."), 0),
    ("site_authentication", {}, UNKNOWN),
    ("site_transactions", site("Pay online by card."), 1),
    ("site_transactions", site("Millions of transactions a day."), 0),
    ("site_communication", site("Chat with us around the clock."), 1),
    ("site_communication", site("Careers."), 0),
    ("site_platform", site("One platform for the whole team."), 1),
    ("site_platform", site("Careers."), 0),
    ("site_scale", site("Trusted by thousands of customers worldwide."), 1),
    ("site_scale", site("Careers."), 0),
    ("site_signals", site("Log in. Checkout. Live chat. A platform. Worldwide."), 5),
    ("site_signals", site("Sign in. Read our API reference."), 1),
    ("site_signals", site("Log in, sign in, your account."), 1),
    ("site_signals", {}, UNKNOWN),
    ("voice_ai_words", {"description": "Conversational AI for clinics.", **site("Meet our voice bot.")}, 2),
    ("voice_ai_words", {"description": "Deliveries."}, 0),
    ("voice_ai_words", {"description": "Voice bots. No chatbots."}, 1),
    ("voice_ai_words", {}, UNKNOWN),
    ("ai_industry", {"description": "Uses machine learning."}, 1),
    ("ai_industry", {"industry": "Artificial Intelligence"}, 1),
    ("ai_industry", {"industry": "Travel", "description": "Bookings."}, 0),
    ("phone_business_words", {"description": "Outsourced phone support."}, 1),
    ("phone_business_words", {"description": "Machines."}, 0),
    ("developer_resources", site("Developers: get your API key."), 1),
    ("developer_resources", site("Careers."), 0),
    (
        "strategic_score",
        {"industry": "SaaS", "employees": "200", "funding_stage": "Series A", "description": "Growing. AI."}
        | site("Log in. Checkout."),
        9,
    ),
    ("strategic_score", {"industry": "Nonprofit", "employees": "10"}, 0),
    ("strategic_score", {"industry": "SaaS"}, 2),
    ("strategic_score", {"employees": "50"}, 2),
    ("strategic_score", {"employees": "5001"}, 0),
    ("strategic_score", {"funding_stage": "Series C"}, 1.5),
    ("strategic_score", {"funding_stage": "Seed"}, 0),
    ("strategic_score", site("Worldwide."), 0.25),
    ("strategic_score", {}, 0),
    # --- products ---
    ("voice_ai_mentions", notes("Showed Voice AI. They liked the voice bot."), 2),
    ("voice_ai_mentions", {"products_discussed": "Voice AI; Voice"}, 1),
    ("voice_ai_mentions", notes("Not interested in Voice AI."), 0),
    ("voice_ai_mentions", {"products_discussed": "Voice AI", **notes("Voice AI came up.")}, 2),
    ("voice_ai_mentions", {}, UNKNOWN),
    ("voice_mentions", notes("SIP trunking and the Voice API came up."), 2),
    ("voice_mentions", notes("Voice AI came up."), 0),
    ("messaging_mentions", notes("They send SMS."), 1),
    ("messaging_mentions", notes("No SMS, please."), 0),
    ("verify_mentions", notes("2FA codes for log-ins."), 1),
    ("verify_mentions", notes("We verified the invoice."), 0),
    ("wireless_mentions", notes("IoT SIM cards and eSIM data plans."), 2),
    ("wireless_mentions", notes("Camera was off."), 0),
    ("voice_ai_interest", notes("They want Voice AI for their hotline."), 1),
    ("voice_ai_interest", notes("I gave an overview of Voice AI."), 0),
    ("voice_ai_interest", notes("Not interested in Voice AI."), -1),
    ("voice_ai_interest", notes("Voice AI is out of scope for them."), -1),
    ("voice_interest", notes("They are looking for SIP trunking."), 1),
    ("voice_interest", notes("They are looking for Voice AI."), 0),
    ("messaging_interest", notes("Key need: SMS."), 1),
    ("messaging_interest", notes("They do not need SMS."), -1),
    ("verify_interest", notes("They would like phone verification."), 1),
    ("verify_interest", notes("No need for 2FA."), -1),
    ("wireless_interest", notes("They would use eSIM data plans."), 1),
    ("wireless_interest", notes("They tried eSIM data plans and dropped it."), -1),
    ("products_named", {"products_discussed": "Voice AI; Verify", **notes("They asked about SMS.")}, 3),
    ("products_named", notes("Small talk."), 0),
    ("products_named", {}, UNKNOWN),
    ("voice_ai_first", notes("Voice AI first, then SMS."), 1),
    ("voice_ai_first", notes("SMS first, then Voice AI."), 0),
    ("voice_first", notes("SIP trunking, then SMS."), 1),
    ("voice_first", notes("Voice AI, then SIP trunking."), 0),
    ("messaging_first", notes("No Voice AI. SMS, then Verify API."), 1),
    ("messaging_first", notes("Nothing of the kind."), 0),
    ("verify_first", notes("One-time passcodes, then SMS."), 1),
    ("verify_first", notes("SMS, then one-time passcodes."), 0),
    ("wireless_first", notes("IoT, then SMS."), 1),
    ("wireless_first", notes("SMS, then IoT."), 0),
    # --- the call ---
    ("urgency_words", notes("Very urgent, they want to go live ASAP."), 3),
    ("urgency_words", notes("It is not urgent."), 0),
    ("timeline", notes("Hard deadline in three weeks."), 3),
    ("timeline", notes("They decide this quarter."), 2),
    ("timeline", notes("No rush, maybe next year."), 1),
    ("timeline", notes("We talked about the weather."), UNKNOWN),
    ("pricing_asked", notes("They asked for a quote."), 1),
    ("pricing_asked", notes("I explained our pricing model."), 0),
    ("follow_up_scheduled", notes("Next meeting booked for Friday."), 1),
    ("follow_up_scheduled", notes("Will send the deck, they come back if there is interest."), -1),
    ("follow_up_scheduled", notes("Not a fit right now, no next step."), -2),
    ("follow_up_scheduled", notes("We talked about the weather."), 0),
    ("follow_up_scheduled", {}, UNKNOWN),
    ("technical_questions", notes("Asked how webhooks retry. Questions about rate limits."), 2),
    ("technical_questions", notes("I explained our webhooks."), 0),
    ("technical_depth", notes("The REST API, a sandbox, and latency."), 3),
    ("technical_depth", notes("The price."), 0),
    ("business_need", notes("Their biggest problem is long queues."), 2),
    ("business_need", notes("Small talk."), 0),
    ("use_cases", notes("They book appointments and send reminders."), 2),
    ("use_cases", notes("Small talk."), 0),
    ("volume", notes("Over two million minutes a month."), 1),
    ("volume", notes("Only a handful of calls a day."), -1),
    ("volume", notes("Small talk."), 0),
    ("money", notes("Budget is approved."), 1),
    ("money", notes("There is no budget for it."), -1),
    ("money", notes("Small talk."), 0),
    ("authority", notes("She is the decision maker."), 1),
    ("authority", notes("He has to run it by the boss."), -1),
    ("authority", notes("Small talk."), 0),
    ("vendor", notes("They are unhappy with Fauxtel and want to leave."), 1),
    ("vendor", notes("They just renewed with Fauxtel."), -2),
    ("vendor", notes("Small talk."), 0),
    ("price_objection", notes("They found it too expensive."), 1),
    ("price_objection", notes("They asked for a quote."), 0),
    ("positive_signals", notes("Asked for a quote. Budget is approved. It is urgent."), 3),
    ("positive_signals", notes("Next meeting booked for Friday."), 1),
    ("positive_signals", notes("Asked how webhooks retry."), 1),
    ("positive_signals", notes("They asked about our holidays."), 0),
    ("positive_signals", notes("She is the decision maker. They want to switch away from Fauxtel."), 2),
    ("positive_signals", notes("Small talk."), 0),
    ("positive_signals", {}, UNKNOWN),
    ("negative_signals", notes("Too expensive. No budget. No rush."), 3),
    ("negative_signals", notes("No next step. They will read the material. He has no say. Locked in."), 4),
    ("negative_signals", notes("Small talk."), 0),
    ("negative_signals", {}, UNKNOWN),
    ("note_length", notes("one two three"), 1.3863),
    ("note_length", notes("one"), 0.6931),
    ("action_items", notes("Action item: send the recap."), 2),
    ("action_items", notes("Small talk."), 0),
    ("action_items", notes("Will send the contract; to do: ask legal."), 2),
    ("action_items", {}, UNKNOWN),
    ("sentiment", notes("A great, pleasant call, very engaged."), 8),
    ("sentiment", notes("A terrible, frustrated call."), 2.5),
    ("sentiment", notes("We met."), 5),
    ("sentiment", notes("They are not happy."), 3.3333),
    ("sentiment", {}, UNKNOWN),
    (
        "engagement_score",
        {"urgency_level": "4", **notes("Next meeting booked. Asked for a quote. Asked how webhooks retry.")},
        7.5,
    ),
    ("engagement_score", {"urgency_level": "4"}, 2),
    ("engagement_score", {"urgency_level": "9"}, 2.5),
    ("engagement_score", notes("Next meeting booked."), 3),
    ("engagement_score", notes("Next meeting booked. No next step."), 0),
    ("engagement_score", notes("They asked for a quote."), 1.5),
    ("engagement_score", notes("They book appointments and send reminders."), 1.5),
    ("engagement_score", notes("Small talk."), 0),
    ("cut_short", {"call_minutes": "11"}, 1),
    ("cut_short", {"call_minutes": "12"}, 0),
]


@pytest.mark.parametrize(("feature", "cells", "expected"), TABLE)
def test_a_feature_says_what_a_person_would(feature, cells, expected):
    assert value(feature, **cells) == expected


@pytest.mark.parametrize(("feature", "cells", "expected"), TABLE)
def test_a_feature_of_one_lead_is_that_of_many(feature, cells, expected):
    del expected
    lead = read(**cells)
    names = [column.name for column in FUNCTIONS.columns]
    place = names.index(feature)
    many = FUNCTIONS.values(pl.concat([lead] * 6))[:, place]
    assert many.tobytes() == FUNCTIONS.values(lead)[:, place].repeat(6).tobytes()


def test_every_feature_has_an_example_that_another_value_would_fail():
    ours = {function.__name__ for function in FOUND.features}
    assert ours == {feature for feature, _, _ in TABLE}
    for feature in ours:
        assert len({expected for name, _, expected in TABLE if name == feature}) > 1, feature


COLUMNS = [
    ("industry = VALUE", {"industry": "SaaS"}, "SaaS"),
    ("industry is not given", {"industry": "N/A"}, "not given"),
    ("employees, log", {"employees": "99"}, "4.605"),
    ("employees, log", {"employees": "50-100"}, "4.273"),
    ("employees, log", {}, "unknown"),
    ("employees is exact", {"employees": "99"}, "1"),
    ("employees is exact", {"employees": "50-100"}, "0"),
    ("revenue", {"revenue": "$5-10M"}, "15.77"),
    ("revenue", {"revenue": "$1B+"}, "21.42"),
    ("revenue", {"revenue": "unknown"}, "unknown"),
    ("funding_stage = VALUE", {"funding_stage": "Series A"}, "Series A"),
    ("urgency_level", {"urgency_level": "4"}, "4"),
    ("urgency_level", {"urgency_level": "?"}, "unknown"),
    ("call_minutes", {"call_minutes": "31"}, "31"),
    ("call_notes, words (log)", notes("one two three"), "1.386"),
    ("call_notes, its words (log-odds)", notes("one two three"), "one two three"),
]


@pytest.mark.parametrize(("column", "cells", "example"), COLUMNS)
def test_a_column_of_a_field_shows_what_is_read_of_it(column, cells, example):
    reading = FOUND.playbook.scoring_schema.read(pl.DataFrame({k: [v] for k, v in {**LEAD, **cells}.items()}))
    (told,) = [one for one in outline_features(FOUND.playbook, FOUND.functions, reading.leads) if one.name == column]
    assert told.example == example


CONTRACT = {
    # --- the company ---
    "industry": ["industry = VALUE"],
    "high-value industry": ["high_value_industry"],
    "size as a number": ["employees, log"],
    "enterprise flag": ["enterprise"],
    "small-business flag": ["small_business"],
    "revenue known": ["revenue_known"],
    "size of revenue": ["revenue"],
    "funding stage": ["funding_stage = VALUE", "funding_rounds"],
    "tech stack": ["uses_a_crm", "runs_in_the_cloud", "has_another_provider", "uses_old_tools", "tools_named"],
    "competition words": ["competition_words"],
    "growth words": ["growth_words"],
    "website: authentication": ["site_authentication"],
    "website: transactions": ["site_transactions"],
    "website: communication": ["site_communication"],
    "website: platform": ["site_platform"],
    "website: scale": ["site_scale"],
    "website signals, total": ["site_signals"],
    "Voice AI words": ["voice_ai_words"],
    "AI industry": ["ai_industry"],
    "API and developer resources": ["developer_resources"],
    # --- the call ---
    "mentions of Voice AI": ["voice_ai_mentions"],
    "mentions of Voice": ["voice_mentions"],
    "mentions of Messaging": ["messaging_mentions"],
    "mentions of Verify": ["verify_mentions"],
    "mentions of Wireless": ["wireless_mentions"],
    "how many products": ["products_named"],
    "which product is first": ["voice_ai_first", "voice_first", "messaging_first", "verify_first", "wireless_first"],
    "urgency words": ["urgency_words"],
    "urgency level": ["urgency_level"],
    "timelines": ["timeline"],
    "positive progression signals": ["positive_signals"],
    "negative progression signals": ["negative_signals"],
    "pricing asked": ["pricing_asked"],
    "next meeting, follow-up scheduled": ["follow_up_scheduled"],
    "technical questions": ["technical_questions"],
    "technical depth": ["technical_depth"],
    "business need": ["business_need"],
    "use cases": ["use_cases"],
    "note length": ["note_length"],
    "action items": ["action_items"],
    "sentiment 0-10": ["sentiment"],
    "strategic score": ["strategic_score"],
    "engagement score": ["engagement_score"],
}
"""What is asked of a company and of a call, in the words of whoever asked, and where it is found."""


@pytest.mark.parametrize("asked", CONTRACT)
def test_what_was_asked_for_is_listed_and_has_examples(asked):
    listed = {one.name for one in list_features("b2b_calls").features}
    tried = {feature for feature, _, _ in TABLE} | {column for column, _, _ in COLUMNS}
    for column in CONTRACT[asked]:
        assert column in listed
        assert column in tried


def test_features_number_at_least_twenty_of_the_company_and_fifteen_of_the_call():
    fields = {"industry", "employees", "revenue", "description", "funding_stage", "tech_stack", "website_text"}
    company = [one for one in FOUND.features if set(one.reads) <= fields]
    assert len(company) >= 20
    assert len(FOUND.features) - len(company) >= 15


def test_scores_that_add_things_up_stay_between_0_and_10():
    best = {
        "industry": "SaaS", "employees": "200", "funding_stage": "Series A", "urgency_level": "5",
        "description": "Growing AI company.", **site("Log in. Checkout. Live chat. A platform. Worldwide."),
        **notes(
            "Great! " * 60 + "Next meeting booked. Asked for a quote. Asked how webhooks retry. Questions about rate limits. "
            "Asked about the SDK. They book appointments and send reminders."
        ),
    }  # fmt: skip
    told = {name: value(name, **best) for name in ("strategic_score", "engagement_score", "sentiment")}
    assert told == {"strategic_score": 9.75, "engagement_score": 10, "sentiment": pytest.approx(9.8, abs=0.15)}
    assert value("sentiment", **notes("Terrible. " * 60)) == pytest.approx(0.2, abs=0.15)


def test_one_lead_needs_no_query_engine():
    """Each function is sure to be right in plain Python: one lead is then scored in a fraction of a millisecond."""
    types = dict(FUNCTIONS.types) | {column.name: "reading" for text in FUNCTIONS.texts for column in text.columns}
    slow = [kept.name for kept in FUNCTIONS.functions if prepare_for_one(kept.tree, types) is None]
    assert slow == []


@pytest.mark.parametrize(
    ("text", "middle"),
    [
        ("$10M-50M", 22_360_680),
        ("$5-10M", 7_071_068),
        ("$498,047,516", 498_047_516),
        ("$10.0M", 10_000_000),
        ("9962591", 9_962_591),
    ],
)
def test_revenue_is_read_as_money_however_it_is_written(text, middle):
    assert read(revenue=text)["revenue"][0] == pytest.approx(middle)


def test_what_is_known_after_the_call_is_no_feature():
    assert not {"progressed", "progressed_at", "voice_ai_fit"} & set(FUNCTIONS.reads)
    assert not {"progressed", "progressed_at", "voice_ai_fit"} & {
        field.name for field in FOUND.playbook.scoring_schema.fields
    }
