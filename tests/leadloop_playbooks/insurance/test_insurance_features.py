"""Every feature that the insurance playbook is known for: what it makes of leads written by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.features import FeatureSet
from leadloop.features.outline import outline_features
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.simulate import WORLDS

FOUND = read_playbook("insurance")
LEAD = {"lead_id": "1", "created_at": "2025-03-04 10:30", "insurance_type": "auto"}
"""What no request lacks: car insurance, on a Tuesday morning in March."""


def value(column: str, **cells: str) -> str:
    """What a column is for a lead with these cells."""
    schema = FOUND.playbook.scoring_schema
    reading = schema.read(pl.DataFrame({name: [cell] for name, cell in {**LEAD, **cells}.items()}))
    assert not reading.rejects, reading.rejects
    outlined = {one.name: one for one in outline_features(FOUND.playbook, FOUND.functions, reading.leads)}
    return outlined[column].example


FULL = {
    "email": "ada@example.com",
    "phone": "(212) 555-0100",
    "full_name": "Ada Lovelace",
    "address": "1 Sample Street",
    "zip_code": "10001",
}
TABLE = [
    # contact completeness
    ("email is given", {"email": "ada@example.com"}, "1"),
    ("email is given", {}, "0"),
    ("phone is given", {"phone": "(212) 555-0100"}, "1"),
    ("phone is given", {"phone": "N/A"}, "0"),
    ("has_full_name", {"full_name": "Ada LOVELACE"}, "1"),
    ("has_full_name", {"full_name": "Ada"}, "0"),
    ("has_full_name", {}, "0"),
    ("has_address", {"address": "1 Sample Street"}, "1"),
    ("has_address", {}, "0"),
    ("has_zip_code", {"zip_code": "10001"}, "1"),
    ("has_zip_code", {}, "0"),
    ("contact_completeness", FULL, "1"),
    ("contact_completeness", {"email": "ada@example.com", "zip_code": "10001"}, "0.4"),
    ("contact_completeness", {}, "0"),
    ("email is free mail", {"email": "ada@gmail.com"}, "1"),
    ("email is free mail", {"email": "ada@lovelace-engines.com"}, "0"),
    ("email is free mail", {}, "unknown"),
    # engagement
    ("form_completed", {"form_completed": "true"}, "1"),
    ("form_completed", {"form_completed": "false"}, "0"),
    ("quote_requested", {"quote_requested": "yes"}, "1"),
    ("quote_requested", {}, "unknown"),
    ("pages_viewed", {"pages_viewed": "7"}, "7"),
    ("pages_viewed", {}, "unknown"),
    ("time_on_site", {"time_on_site": "240"}, "240"),
    ("time_on_site", {"time_on_site": "0"}, "0"),
    ("return_visit", {"return_visit": "false"}, "0"),
    ("return_visit", {"return_visit": "true"}, "1"),
    ("mobile", {"mobile": "true"}, "1"),
    ("mobile", {"mobile": "no"}, "0"),
    ("source_engagement", {"source": "Referral"}, "3"),
    ("source_engagement", {"source": "google_ads"}, "2"),
    ("source_engagement", {"source": "facebook"}, "1"),
    ("source_engagement", {"source": "a poster"}, "unknown"),
    ("seconds_per_page", {"pages_viewed": "4", "time_on_site": "200"}, "3.932"),
    ("can_be_called_about_a_quote", {"phone": "(212) 555-0100", "quote_requested": "true"}, "1"),
    ("can_be_called_about_a_quote", {"quote_requested": "true"}, "0"),
    # time
    ("created_at, hour", {"created_at": "2025-03-04 17:59"}, "17"),
    ("created_at, hour", {"created_at": "2025-03-04 00:00"}, "0"),
    ("created_at, weekday", {"created_at": "2025-03-09 12:00"}, "7"),
    ("created_at, weekday", {"created_at": "2025-03-10 12:00"}, "1"),
    ("created_at, weekend", {"created_at": "2025-03-08 12:00"}, "1"),
    ("created_at, weekend", {"created_at": "2025-03-07 12:00"}, "0"),
    ("created_at, business hours", {"created_at": "2025-03-07 17:59"}, "1"),
    ("created_at, business hours", {"created_at": "2025-03-07 18:00"}, "0"),
    ("created_at, business hours", {"created_at": "2025-03-08 12:00"}, "0"),
    ("created_at, month", {"created_at": "2025-11-04 12:00"}, "11"),
    ("created_at, month", {"created_at": "2025-01-31 12:00"}, "1"),
    ("created_at, quarter", {"created_at": "2025-11-04 12:00"}, "4"),
    ("created_at, quarter", {"created_at": "2025-03-31 23:59"}, "1"),
    ("created_at, quarter", {"created_at": "2025-04-01 00:00"}, "2"),
    ("open_enrolment", {"insurance_type": "Health", "created_at": "2025-11-01 00:00"}, "1"),
    ("open_enrolment", {"insurance_type": "health", "created_at": "2026-01-15 23:59"}, "1"),
    ("open_enrolment", {"insurance_type": "health", "created_at": "2026-01-16 00:00"}, "0"),
    ("open_enrolment", {"insurance_type": "auto", "created_at": "2025-11-01 00:00"}, "0"),
    # agent
    ("agent_response_time", {"agent_response_time": "2.5"}, "2.5"),
    ("agent_response_time", {}, "unknown"),
    ("agent_conversion_rate", {"agent_conversion_rate": "0.125"}, "0.125"),
    ("agent_conversion_rate", {}, "unknown"),
    ("agent_rating", {"agent_rating": "4.3"}, "4.3"),
    ("agent_rating", {}, "unknown"),
    # categories: what each column looks at
    ("source = VALUE", {"source": "referral"}, "referral"),
    ("source = VALUE", {}, "not given"),
    ("insurance_type = VALUE", {"insurance_type": "life"}, "life"),
    ("insurance_type = VALUE", {}, "auto"),
    ("state_code = VALUE", {"state": "north  carolina"}, "NC"),
    ("state_code = VALUE", {"state": "nc"}, "NC"),
    ("state_code = VALUE", {"state": "Unknown"}, "not given"),
    ("state_code = VALUE", {"state": "Ontario"}, "not given"),
    ("browser = VALUE", {"browser": "Firefox"}, "Firefox"),
    ("browser = VALUE", {}, "not given"),
    ("utm_source = VALUE", {"utm_source": "google"}, "google"),
    ("utm_source = VALUE", {}, "not given"),
    ("utm_medium = VALUE", {"utm_medium": "cpc"}, "cpc"),
    ("utm_medium = VALUE", {}, "not given"),
    ("utm_campaign = VALUE", {"utm_campaign": "brand"}, "brand"),
    ("utm_campaign = VALUE", {}, "not given"),
    ("email_domain = VALUE", {"email": "Ada@Mail.Example.com"}, "mail.example.com"),
]


@pytest.mark.parametrize("field", ["lead_id", "created_at", "insurance_type"])
def test_a_request_without_what_is_required_is_refused_by_name(field):
    schema = FOUND.playbook.scoring_schema
    reading = schema.read(pl.DataFrame({name: ["" if name == field else cell] for name, cell in LEAD.items()}))
    assert [(one.field, one.reason) for one in reading.rejects] == [(field, "is required and has no value")]
    assert [one.where for one in schema.explain_missing([name for name in schema.by_name if name != field])] == [field]


PROMISED = {
    "contact": [
        "email is given",
        "phone is given",
        "has_full_name",
        "has_address",
        "has_zip_code",
        "contact_completeness",
    ],
    "engagement": [
        *("form_completed", "quote_requested", "pages_viewed", "time_on_site", "return_visit", "mobile"),
        "source_engagement",
    ],
    "time": [f"created_at, {part}" for part in ("hour", "weekday", "weekend", "business hours", "month", "quarter")],
    "free-mail address": ["email is free mail"],
    "agent": ["agent_response_time", "agent_conversion_rate", "agent_rating"],
    "categories": [
        f"{field} = VALUE"
        for field in ("source", "insurance_type", "state_code", "browser", "utm_source", "utm_medium", "utm_campaign")
    ],
}
"""What a request is known by, and the columns that say it."""


@pytest.mark.parametrize("promised", PROMISED)
def test_everything_a_request_is_known_by_has_its_columns_each_tried_with_two_values_or_more(promised):
    tried = {column: {expected for name, _, expected in TABLE if name == column} for column in PROMISED[promised]}
    assert {column: values for column, values in tried.items() if len(values) < 2} == {}


def test_the_command_lists_everything_that_a_request_is_known_by():
    listed = CliRunner().invoke(app, ["features", "insurance", "--json"])
    assert listed.exit_code == 0
    names = {one["name"] for one in json.loads(listed.stdout)}
    assert {column for columns in PROMISED.values() for column in columns} <= names


def test_fields_are_a_hundred_columns_and_more_once_they_meet_leads():
    (made,) = WORLDS["insurance"].stream(
        1_500, 1_500, seed=3, start=datetime(2025, 1, 6, tzinfo=UTC), leads_per_day=14.0
    )
    leads = FOUND.playbook.scoring_schema.read(made.leads).leads
    won = (made.outcomes["converted"] == "Yes").fill_null(False).cast(float).to_numpy()
    features, matrix = FeatureSet.fit(FOUND.playbook, leads, won, functions=FOUND.functions)
    assert len(features.columns) == matrix.shape[1] >= 100
    known = ~np.isnan(matrix)
    differing = [len(np.unique(matrix[known[:, place], place])) > 1 for place in range(matrix.shape[1])]
    assert sum(differing) >= 100  # nor are they there for the number alone


@pytest.mark.parametrize(("column", "cells", "expected"), TABLE, ids=lambda one: str(one)[:40])
def test_each_feature_is_what_it_says(column, cells, expected):
    assert value(column, **cells) == expected


@pytest.mark.parametrize("field", ["source", "insurance_type", "state_code", "browser", "utm_source", "utm_campaign"])
def test_frequent_values_get_a_column_each_that_is_1_for_them_alone(field):
    draw = np.random.default_rng(1)
    values = {"state_code": ("state", ["TX", "Texas", "CA", "Ohio"])}.get(field, (field, ["a", "b", "c"]))
    cells = pl.DataFrame(
        {
            "lead_id": [str(number) for number in range(300)],
            "created_at": [f"2025-03-{1 + number % 28:02d} 10:00" for number in range(300)],
            "insurance_type": ["auto"] * 300,
            values[0]: draw.choice(values[1], 300),
        }
    )
    leads = FOUND.playbook.scoring_schema.read(cells).leads
    features, matrix = FeatureSet.fit(
        FOUND.playbook, leads, (draw.random(300) < 0.3).astype(float), functions=FOUND.functions
    )
    names = [column.name for column in features.columns]
    held = leads.data[field].str.to_lowercase()
    for level in held.unique():
        column = matrix[:, names.index(f"{field} = {level}")]
        assert column.tolist() == (held == level).cast(float).to_list()


@pytest.mark.parametrize(
    ("kind", "vertical"),
    [
        ("auto", "pc"),
        ("Home", "pc"),
        ("health", "health"),
        ("COMMERCIAL", "commercial"),
        ("life", None),
        ("renters", None),
        ("boat", None),
    ],
)
def test_each_type_of_insurance_belongs_to_its_vertical_and_all_others_to_none(kind, vertical):
    reading = FOUND.playbook.scoring_schema.read(pl.DataFrame({**LEAD, "insurance_type": [kind]}))
    assert reading.leads.data["vertical"].to_list() == [vertical]


@pytest.mark.parametrize(
    ("score", "level", "route"),
    [
        (100.0, "high", "respond_within_30_minutes"),
        (80.0, "high", "respond_within_30_minutes"),
        (79.99, "medium", "respond_within_4_hours"),
        (60.0, "medium", "respond_within_4_hours"),
        (59.99, "low", "respond_within_24_hours"),
        (40.0, "low", "respond_within_24_hours"),
        (39.99, "very_low", "archive"),
        (0.0, "very_low", "archive"),
    ],
)
def test_each_score_has_its_quality_level_and_its_response_time(score, level, route):
    policy = FOUND.playbook.policy
    assert (policy.band(score), policy.route(score)) == (level, route)
