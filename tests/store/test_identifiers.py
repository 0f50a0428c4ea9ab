import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.store.identifiers import ERASED, Marks, plain_email, plain_phone

MARKS = Marks(b"secret")
ANN = Marks(
    b"secret",
    person=MARKS.of_contact(plain_email("ann@example.com"), plain_phone("+49 151 234 567 89")),
    leads=MARKS.of_lead("b2b", "L-1"),
)


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "ann@example.com"},
        {"email": " ANN@Example.Com "},
        {"phone": "0151 23456789"},
        {"phone": "+49 (0)151/234-567-89"},
        {"phone": 4915123456789},
        {"phone": 15123456789.0},
        {"contacts": [{"mail": "ann@example.com"}]},
    ],
)
def test_a_lead_is_a_persons_where_a_field_is_their_address_or_number(fields):
    assert ANN.names(fields, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "joann@example.com"},
        {"email": "ann@example.com.au"},
        {"notes": "ask ann@example.com"},
        {"phone": "0151 23456780"},
        {"phone": "49"},
        {"employees": 15123},
        {"yes": True},
        {},
    ],
)
def test_a_lead_is_not_a_persons_for_something_alike_or_a_mention(fields):
    assert not ANN.names(fields, None)


def test_only_contact_fields_count_where_they_are_named():
    assert not ANN.names({"owner": "ann@example.com", "email": "bob@example.com"}, ["email"])
    assert ANN.names({"owner": "bob@example.com", "email": "ann@example.com"}, ["email"])


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("write to Ann@Example.com.", f"write to {ERASED}."),
        ("<ann@example.com>; joann@example.com", f"<{ERASED}>; joann@example.com"),
        ("call 0151 234 567 89 on 2026-01-02", f"call {ERASED} on 2026-01-02"),
        ("call 2026-01-02 0151 23456789", f"call 2026-01-02 {ERASED}"),
        ({"to": ["ann@example.com", 4915123456789, 7]}, {"to": [ERASED, ERASED, 7]}),
        ([{"lead_id": "L-1", "why": "Ann asked"}, {"lead_id": "L-2"}], [{"erased": True}, {"lead_id": "L-2"}]),
        ({"leadId": "L-1", "a": 1}, {"erased": True}),
        ({"lead_ids": ["L-1", "L-2"]}, {"lead_ids": ["L-2"]}),
        ({"ann@example.com": 1}, {ERASED: 1}),
        ({"name": "L-1", "n": 1.5, "yes": True, "none": None}, {"name": "L-1", "n": 1.5, "yes": True, "none": None}),
    ],
)
def test_a_persons_address_and_number_are_blotted_out_wherever_they_stand(value, clean):
    assert ANN.redact(value) == clean


WORDS = st.text("ab @.1-\n", max_size=20)
PLAIN = st.none() | st.booleans() | st.integers(-9, 999_999) | st.floats(-1e3, 1e3) | WORDS
NESTED = st.recursive(PLAIN, lambda some: st.lists(some) | st.dictionaries(WORDS, some), max_leaves=10)


@settings(max_examples=50, deadline=None)
@given(NESTED)
def test_what_mentions_nobody_comes_back_equal(value):
    assert ANN.redact(value) == value


@settings(max_examples=50, deadline=None)
@given(before=st.text("ab @.0+-(\n", max_size=30), after=st.text("ab @0-\n", max_size=30))
def test_an_address_between_spaces_is_always_found(before, after):
    text = f"{before} ann@example.com {after}"
    assert "ann@example.com" not in ANN.redact(text)
    assert len(ANN.redact(text)) <= len(text)


@pytest.mark.parametrize("sign", ["a", "@", "1", "a@", "1 ", "+", ".", "1234567 ", "a.b@c."])
def test_a_long_text_takes_linear_time(sign):
    started = time.process_time()
    ANN.redact((sign * 100_000)[:100_000])
    assert time.process_time() - started < 3


def test_marks_tell_nothing_in_logs():
    assert "secret" not in repr(ANN)
