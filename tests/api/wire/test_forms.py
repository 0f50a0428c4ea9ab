"""Forms: what is read is what is described."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.api.wire.forms import Entry, Form

FORM = Form(
    (
        Entry("lead_id", "id", required=True),
        Entry("kind", choices=("view", "rate")),
        Entry("rating", "number", low=0, high=100),
        Entry("count", "whole", low=0),
        Entry("reached", "flag"),
        Entry("at", "moment"),
        Entry("address", "address"),
        Entry("details", "object"),
        Entry("said", most=10),
    )
)


def test_a_whole_form_is_read_and_its_schema_names_every_field():
    given = {
        "lead_id": 7, "kind": "rate", "rating": 99.5, "count": 3, "reached": False, "at": "2026-01-05T10:00:00Z",
        "address": "2001:DB8::1", "details": {"a": 1}, "said": "hello",
    }  # fmt: skip
    values, problems = FORM.read(given)
    assert problems == []
    assert (values["lead_id"], values["address"], values["reached"]) == ("7", "2001:db8::1", False)
    assert list(FORM.schema["required"]) == ["lead_id"]
    assert set(FORM.schema["properties"]) == set(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lead_id", True), ("lead_id", ""), ("lead_id", []), ("kind", "look"), ("rating", True), ("rating", 100.5),
        ("rating", "7"), ("count", 1.5), ("count", -1), ("reached", 0), ("reached", "yes"), ("at", 1767607200),
        ("address", "300.1.1.1"), ("details", "x"), ("said", "x" * 11), ("said", "a\0b"), ("siad", "x"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_of_its_kind_is_refused_at_its_place(name, value):
    _, problems = FORM.read({"lead_id": "a", name: value}, "rows[3]")
    assert [problem.where for problem in problems] == [f"rows[3].{name}"]
    assert problems[0].what
    assert problems[0].mend


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    )
)
def test_whatever_json_holds_is_read_or_refused(value):
    FORM.read(value)
    for one in FORM.entries:
        values, problems = FORM.read({"lead_id": "a", one.name: value})
        assert problems or one.name in values
