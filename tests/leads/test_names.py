"""The names of fields outside."""

from leadloop.leads import Field
from leadloop.leads.names import FieldNames


def test_a_field_is_found_by_its_name_its_aliases_and_any_way_of_writing_them():
    names = FieldNames.of(
        [Field("Lead Source", "category", "intake", aliases=("origin",)), Field("visits", "number", "intake")]
    )
    for name in ("Lead Source", "lead_source", "LeadSource", "origin", "ORIGIN"):
        assert names.find(name) == "Lead Source"
    assert names.find("visit") is None


def test_a_field_that_goes_by_a_name_outright_has_it_before_one_that_resembles_it():
    names = FieldNames.of([Field("a_b", "text", "intake"), Field("ab", "text", "intake")])
    assert (names.find("a_b"), names.find("ab")) == ("a_b", "ab")


def test_nobody_can_give_a_field_that_is_made_from_another():
    fields = [Field("source", "category", "intake"), Field("kind", "category", "intake", groups_of="source")]
    assert FieldNames.of(fields).find("kind") is None
