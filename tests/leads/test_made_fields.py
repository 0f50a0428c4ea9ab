from dataclasses import replace

import polars as pl
import pytest

from leadloop.leads import Field, LeadSchema

LINE = Field(
    "line", "category", "intake", groups_of="product", groups=(("pc", ("Auto", "home owners")), ("health", ("health",)))
)
SCHEMA = LeadSchema(
    (
        LINE,
        Field("product", "category", "intake", required=True, missing=("Select",)),
        Field("mail", "email", "intake"),
        Field("provider", "category", "intake", domain_of="mail"),
        Field("site", "url", "intake"),
        Field("host", "category", "intake", domain_of="site"),
    )
)


def read(**cells):
    return SCHEMA.read(pl.DataFrame(cells))


def test_values_fall_into_their_groups_without_regard_to_case_and_spacing():
    leads = read(product=["auto", " HOME  Owners", "Health", "life"]).leads
    assert leads.data["line"].to_list() == ["pc", "pc", "health", None]
    assert leads.data.columns == [field.name for field in SCHEMA.fields]


def test_a_placeholder_belongs_to_no_group_and_its_row_is_rejected_where_it_must_be_given():
    reading = read(product=["Select", "auto"])
    assert [(one.line, one.field) for one in reading.rejects] == [(1, "product")]
    assert reading.leads.data["line"].to_list() == ["pc"]


@pytest.mark.parametrize(
    ("mail", "provider"),
    [
        ("Ada@Example.COM ", "example.com"),
        ("a@mail.example.co.uk", "mail.example.co.uk"),
        ("call me", None),
        ("a@b", None),
        (None, None),
    ],
)
def test_the_domain_of_an_e_mail_address(mail, provider):
    leads = SCHEMA.read(pl.DataFrame({"product": ["auto"], "mail": pl.Series([mail], dtype=pl.String)})).leads
    assert leads.data["provider"].to_list() == [provider]


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("https://www.Example.org/a?b=c.d", "example.org"),
        ("shop.example.org:8080", "shop.example.org"),
        ("http://me@example.org", "example.org"),
        ("nowhere", None),
    ],
)
def test_the_domain_of_a_web_address(site, host):
    assert read(product=["auto"], site=[site]).leads.data["host"].to_list() == [host]


def test_a_made_field_needs_no_column_and_a_column_of_its_name_is_not_read():
    assert [problem.where for problem in SCHEMA.explain_missing(["mail", "site"])] == ["product"]
    assert read(product=["auto"], line=["something else"]).leads.data["line"].to_list() == ["pc"]
    assert "line" not in SCHEMA.locate(["product", "line"])


def test_a_schema_of_some_fields_keeps_what_they_are_made_from():
    some = SCHEMA.only(["provider"])
    assert [field.name for field in some.fields] == ["mail", "provider"]
    assert some.read(pl.DataFrame({"mail": ["a@example.net"]})).leads.data["provider"].to_list() == ["example.net"]


def test_no_rows_and_no_column_of_the_source_leave_the_field_unknown():
    assert read(product=pl.Series([], dtype=pl.String)).leads.data["line"].to_list() == []
    bare = LeadSchema((replace(SCHEMA["product"], required=False), LINE))
    assert bare.read(pl.DataFrame({"other": ["x"]})).leads.data["line"].to_list() == [None]
