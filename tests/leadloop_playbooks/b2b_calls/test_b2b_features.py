"""Every feature that the playbook of B2B calls is known for: what it makes of leads written by hand."""

from __future__ import annotations

import polars as pl
import pytest

from leadloop.features.functions import FunctionsBlock
from leadloop.features.outline import outline_features
from leadloop.flows.playbook_folder import read_playbook

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
    ("voice_ai_words", {"description": "Conversational AI for clinics.", **site("Meet our voice bot.")}, 2),
    ("voice_ai_words", {"description": "Deliveries."}, 0),
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
    # --- products ---
    ("voice_ai_mentions", notes("Showed Voice AI. They liked the voice bot."), 2),
    ("voice_ai_mentions", {"products_discussed": "Voice AI; Voice"}, 1),
    ("voice_ai_mentions", notes("Not interested in Voice AI."), 0),
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
    ("products_named", {}, 0),
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
    ("positive_signals", notes("Small talk."), 0),
    ("negative_signals", notes("Too expensive. No budget. No rush."), 3),
    ("negative_signals", notes("Small talk."), 0),
    ("note_length", notes("one two three"), 1.3863),
    ("note_length", notes("one"), 0.6931),
    ("action_items", notes("Action item: send the recap."), 2),
    ("action_items", notes("Small talk."), 0),
    ("sentiment", notes("A great, pleasant call, very engaged."), 8),
    ("sentiment", notes("A terrible, frustrated call."), 2.5),
    ("sentiment", notes("We met."), 5),
    ("sentiment", notes("They are not happy."), 3.3333),
    (
        "engagement_score",
        {"urgency_level": "4", **notes("Next meeting booked. Asked for a quote. Asked how webhooks retry.")},
        7.5,
    ),
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
        assert len({expected for name, _, expected in TABLE if name == feature}) > 1 or feature == "tools_named"


def test_what_the_contract_names_has_a_column():
    lead = read(
        **{**dict.fromkeys(["industry", "funding_stage", "lead_source"], "x"), "employees": "5", "revenue": "5"}
    )
    columns = {
        one.name
        for one in outline_features(
            FOUND.playbook,
            FOUND.functions,
            FOUND.playbook.scoring_schema.read(pl.DataFrame({name: [cell] for name, cell in LEAD.items()})).leads,
        )
    }
    assert lead.height == 1
    named = {
        "industry = VALUE", "industry, outcome rate", "employees, log", "employees is exact", "revenue", "funding_stage = VALUE",
        "urgency_level", "call_minutes", "call_notes, words (log)", "call_notes, its words (log-odds)",
    }  # fmt: skip
    assert named <= columns
    company = TABLE.index(("voice_ai_mentions", notes("Showed Voice AI. They liked the voice bot."), 2))
    assert len({feature for feature, _, _ in TABLE[:company]}) >= 20
    assert len({feature for feature, _, _ in TABLE[company:]}) >= 15


@pytest.mark.parametrize(
    ("text", "middle"),
    [("$10M-50M", 22_360_680), ("$498,047,516", 498_047_516), ("$10.0M", 10_000_000), ("9962591", 9_962_591)],
)
def test_revenue_is_read_as_money_however_it_is_written(text, middle):
    assert read(revenue=text)["revenue"][0] == pytest.approx(middle)


def test_what_is_known_after_the_call_is_no_feature():
    assert not {"progressed", "progressed_at", "closed_at", "voice_ai_fit"} & set(FUNCTIONS.reads)
    assert not {"progressed", "progressed_at", "closed_at", "voice_ai_fit"} & {
        field.name for field in FOUND.playbook.scoring_schema.fields
    }
