"""One lead that waits is read as a table of one row is."""

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadloop.leads import Field, LeadSchema
from leadloop.leads.one_lead import OneLeadReader

PLACEHOLDERS = ("Select", "n/a", "999", "-")
FIELDS = tuple(
    Field(f"{kind}{' with placeholders' if missing else ''}", kind, "intake", missing=missing)
    for kind in ("number", "money", "employees", "category", "text", "boolean", "time", "email", "phone", "url", "id")
    for missing in ((), PLACEHOLDERS)
)
MADE = (
    Field("line", "category", "intake", groups_of="category", groups=(("pc", ("Auto", "home")),)),
    Field("domain", "category", "intake", domain_of="email"),
)
SCHEMA = LeadSchema((*FIELDS, Field("comma", "number", "intake", formats=("decimal_comma",)), *MADE))
READER = OneLeadReader(SCHEMA)

WRITTEN = st.sampled_from(
    [
        *(
            "",
            " ",
            "Select",
            "SELECT ",
            "n/a",
            "999",
            "999.0",
            "$999",
            "-",
            "0",
            "007",
            "12",
            "1,200",
            "1.234",
            "1.234,5",
        ),
        *("-3", "+4", "1e5", "$17,680,318", "12k", "EUR 1.5M", "50%", "201-500", "2-Oct", "10,001+", "about 30"),
        *("yes", "No", " TRUE", "t", "1.0", "Auto", " home", "life", "\x1cAuto\x1f", "\u00a0Auto", "Straße", "İ", "ΑΣ"),
        *("2024-02-29", "2024-02-30", "2024-02-29T08:30:00Z", "2024-02-29 08:30:00.123+01:00", "2024-02-29T08:30:60Z"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-29T24:00:00", "2024-02-29T08:30:00+99:00"),
        *("2024-02-29T08:30:00.123456", "Ada@Mail.Example.COM", "https://www.Example.org/a", "+44 20 7946 0000"),
        *("12.5", "-0.35", "0.1", "409", "0", "-0", "123456789012345.123456789012345", "9007199254740993"),
        *(
            "$36.6M",
            "$1,200.50",
            "7.1k",
            "$12,345,678",
            "007",
            "0.1b",
            "$0,123",
            "1,20",
            "$",
            "k",
            "3.K",
            "-$5",
            "$-5",
            "5$",
        ),
        *("Ada@Mail.Example.com ", "a b@c.d", "@x.y", "http://a@b.co:80/x?y", " WWW.Example.org ", "ftp://", "a@b.c\n"),
        *("\x00", "a" * 100, "é" * 100),
    ]
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.sampled_from([0, 1, 999, 999.0, -0.0, 5.0, 1e300, 5e-324])
    | st.floats(allow_nan=False, allow_infinity=False)
    | WRITTEN
    | st.text(max_size=30)
    | st.lists(st.integers(), max_size=2)
)


@pytest.mark.parametrize("name", [field.name for field in SCHEMA.fields if not field.made_from])
def test_what_is_read_from_one_lead_is_what_a_table_of_one_row_gives(name):
    @settings(max_examples=150, deadline=None)
    @given(VALUES)
    @example("  ")
    def holds(value):
        values, rejects = READER.read({name: value})
        cells = pl.DataFrame({name: pl.Series([value], strict=False)})
        table = SCHEMA.read(cells)
        assert [(one.field, one.reason) for one in rejects] == [(one.field, one.reason) for one in table.rejects]
        if not rejects:
            frame = READER.frame([values], [1])
            assert frame.data.equals(table.leads.data, null_equal=True)
            assert frame.data.schema == table.leads.data.schema

    holds()


def test_a_required_field_that_only_holds_a_placeholder_is_missing():
    schema = LeadSchema((Field("source", "category", "intake", required=True, missing=("Select",)),))
    for given_value in (None, "", " select "):
        _, (reject,) = OneLeadReader(schema).read({"source": given_value}, line=4)
        assert (reject.line, reject.reason) == (4, "is required and has no value")


def test_every_mistake_of_a_lead_is_told_at_once():
    _, rejects = READER.read({"number": "many", "time": "soon", "boolean": "perhaps", "text": {"a": 1}})
    assert [reject.field for reject in rejects] == ["number", "text", "boolean", "time"]
