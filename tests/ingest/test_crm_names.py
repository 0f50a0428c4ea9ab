"""Well-known names of lead fields: Salesforce, HubSpot in both ways of writing, Marketo, Apollo."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from leadloop.ingest.crm_names import find_meaning
from leadloop.leads import FIELD_TYPES
from leadloop.leads.field import normalise_name

TABLE = tomllib.loads(files("leadloop.ingest").joinpath("crm_names.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("column", "meaning"),
    [
        ("LeadSource", "lead_source"),
        ("NumberOfEmployees", "employees"),
        ("HasOptedOutOfEmail", "opt_out"),
        ("hs_analytics_source", "lead_source"),
        ("Original Source", "lead_source"),
        ("hs_object_id", "lead_id"),
        ("Record ID", "lead_id"),
        ("Country/Region", "country"),
        ("numemployees", "employees"),
        ("firstName", "first_name"),
        ("Email Address", "email"),
        ("mktoName", "full_name"),
        ("# Employees", "employees"),
        ("Person Linkedin Url", "linkedin_url"),
        ("Company Name for Emails", "company_name"),
        ("e-mail", "email"),
        ("ZIP CODE", "postal_code"),
        ("utm_source", "utm_source"),
        ("gclid", "click_id"),
        ("Annual_Revenue__c", "annual_revenue"),
    ],
)
def test_common_names_are_known_however_they_are_written(column, meaning):
    assert find_meaning(column).name == meaning


@pytest.mark.parametrize(
    "column",
    [
        *("Status", "hs_lead_status", "Lead Status", "lifecyclestage", "Lifecycle Stage", "leadStatus", "Stage"),
        *("OwnerId", "hubspot_owner_id", "Contact owner", "LastModifiedDate", "lastmodifieddate", "Last Activity Date"),
        *("ConvertedDate", "closedate", "Close Date", "IsConverted", "Became a Customer Date", "ConvertedAccountId"),
        *(
            "notes_last_updated",
            "Last Contacted",
            "recent_deal_amount",
            "closed_lost_reason",
            "SystemModstamp",
            "Demoed",
        ),
    ],
)
def test_what_is_written_later_is_known_with_its_reason(column):
    assert find_meaning(column).later


@pytest.mark.parametrize(
    "column",
    [
        *(
            "CreatedDate",
            "createdate",
            "Create Date",
            "createdAt",
            "Email",
            "LeadSource",
            "Industry",
            "City",
            "Website",
        ),
        *("Job Title", "NumberOfEmployees", "AnnualRevenue", "message", "Phone", "utm_campaign", "HasOptedOutOfEmail"),
    ],
)
def test_what_is_known_at_intake_is_not_called_late(column):
    assert find_meaning(column).later == ""


@pytest.mark.parametrize("column", ["FirstName", "Last Name", "Name", "Salutation", "middleName", "Street Address"])
def test_names_and_addresses_of_persons_are_no_features(column):
    assert find_meaning(column).unused


def test_a_name_says_which_systems_use_it():
    assert find_meaning("numberofemployees").known_as == "Salesforce, HubSpot and Marketo"
    assert find_meaning("headcount").known_as == ""


@pytest.mark.parametrize("column", ["Shoe size", "TotalVisits", "Tags", "Lead Quality", "duration", "", "y"])
def test_other_names_mean_nothing(column):
    assert find_meaning(column) is None


@pytest.mark.parametrize("name", TABLE)
def test_every_entry_names_types_and_at_least_one_system_or_itself(name):
    entry = TABLE[name]
    assert set(entry["types"]) <= set(FIELD_TYPES)
    assert set(entry) <= {"types", "salesforce", "hubspot", "marketo", "apollo", "others", "later", "unused", "caution"}
    assert find_meaning(name).name == name


def test_no_name_is_claimed_by_two_entries():
    claims: dict[str, set[str]] = {}
    for name, entry in TABLE.items():
        for system in ("salesforce", "hubspot", "marketo", "apollo", "others"):
            for alias in [name, *entry.get(system, [])]:
                claims.setdefault(normalise_name(alias), set()).add(name)
    assert {alias: names for alias, names in claims.items() if len(names) > 1} == {}
