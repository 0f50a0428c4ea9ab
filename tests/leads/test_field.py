"""Fields, and the loose comparison of their names."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.leads import FIELD_TYPES, Field, FieldType
from leadloop.leads.field import normalise_name
from leadloop.leads.frame import DTYPES

quick = settings(deadline=None, max_examples=60)


@pytest.mark.parametrize(
    "spelling",
    ["Lead Source", "lead_source", "LeadSource", "LEAD-SOURCE", " lead source ", "Lead#Source", "LeadSource__c"],
)
def test_spellings_of_one_name_meet(spelling):
    assert normalise_name(spelling) == "leadsource"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Lead Source", "Lead Sources"), ("Région", "Region"), ("visits 1", "visits 2"), ("c", "__c"), ("abc", "ab")],
)
def test_different_names_stay_apart(one, other):
    assert normalise_name(one) != normalise_name(other)


def test_only_the_suffix_of_custom_fields_is_dropped_and_only_once():
    assert normalise_name("Budget__c__c") == "budgetc"
    assert normalise_name("__call") == "call"


@quick
@given(st.text())
def test_a_normal_name_stays_as_it_is(name):
    once = normalise_name(name)
    assert normalise_name(once) == once
    assert normalise_name(name.upper().casefold()) == normalise_name(name.upper())


def test_every_type_of_field_has_a_way_to_be_held():
    assert set(FIELD_TYPES) == set(get_args(FieldType)) == set(DTYPES)


def test_a_field_never_changes():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Field("visits", "number", "intake").name = "other"
