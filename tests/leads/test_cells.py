"""What is noted of a value reads as the value itself did."""

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.leads.test_one_lead import FIELDS, VALUES

from leadloop.leads import Field, LeadSchema
from leadloop.leads.cells import write_cell, write_moment
from leadloop.leads.one_lead import OneLeadReader

TIMES = tuple(
    Field(f"time {form}", "time", "intake", formats=(form,)) for form in ("iso", "unix", "unix_ms", "%d/%m/%Y")
)
COMMAS = tuple(Field(f"{kind} comma", kind, "intake", formats=("decimal_comma",)) for kind in ("number", "money"))
SCHEMA = LeadSchema((*FIELDS, *COMMAS, *TIMES))
READER = OneLeadReader(SCHEMA)


@pytest.mark.parametrize("name", [field.name for field in SCHEMA.fields])
def test_a_value_that_was_read_is_read_from_its_text_as_the_very_same(name):
    @settings(max_examples=100, deadline=None)
    @given(VALUES)
    def holds(value):
        read, rejects = READER.read({name: value})
        beyond_counting = name.startswith("employees") and isinstance(value, float) and not 1e-9 < abs(value) < 1e20
        if rejects or beyond_counting:
            return
        written = write_cell(value, SCHEMA[name])
        assert written is None or isinstance(written, str)
        again = SCHEMA.read(pl.DataFrame({name: pl.Series([written], dtype=pl.String)}))
        assert not again.rejects
        assert again.leads.data.equals(READER.frame([read], [1]).data, null_equal=True)

    holds()


@given(st.datetimes(datetime(1900, 1, 1), datetime(2090, 1, 1)))
@pytest.mark.parametrize(
    "formats", [(), ("iso",), ("unix",), ("unix_ms",), ("%d/%m/%Y", "iso"), ("%Y%m%d %H:%M:%S%.f",)]
)
def test_a_moment_is_noted_so_that_its_field_reads_it_to_the_microsecond(formats, moment):
    field = Field("came", "time", "intake", formats=formats)
    written = write_moment(moment, field)
    assert LeadSchema((field,)).read(pl.DataFrame({"came": [written]})).leads.data["came"][0] == moment


def test_a_field_that_only_knows_days_is_given_no_moment_rather_than_a_wrong_one():
    assert write_moment(datetime(2026, 3, 2, 9, 30), Field("came", "time", "intake", formats=("%d/%m/%Y",))) is None
