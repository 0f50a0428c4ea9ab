"""Which column names each lead, and which one says what leads belong together."""

from __future__ import annotations

import polars as pl

from leadloop.ingest.column import Column
from leadloop.ingest.field_types import guess_type
from leadloop.ingest.identifiers import find_group, find_lead_id

ROWS = 200


def looked_at(**texts: list[str]):
    columns = {name: Column(name, pl.Series(cells)) for name, cells in texts.items()}
    return columns, {name: guess_type(column) for name, column in columns.items()}


def codes(prefix: str, distinct: int = ROWS) -> list[str]:
    return [f"{prefix}{place % distinct:06d}x" for place in range(ROWS)]


def test_the_column_named_for_the_lead_is_its_id():
    found = find_lead_id(*looked_at(username=codes("u"), request_id=codes("r"), serial=codes("s")))
    assert (found.name, found.because) == ("request_id", "lead_id: every one of 200 rows has its own")


def test_the_first_of_equals_is_taken():
    assert find_lead_id(*looked_at(one=codes("a"), two=codes("b"))).name == "one"


def test_a_column_with_gaps_or_without_uniqueness_is_no_id():
    gaps = [code if place else "" for place, code in enumerate(codes("a"))]
    assert find_lead_id(*looked_at(lead_id=gaps)).name == ""
    assert find_lead_id(*looked_at(lead_id=codes("a", 50))).name == ""


def test_a_few_repeats_of_a_telling_id_are_reported():
    found = find_lead_id(*looked_at(lead_id=codes("a", 195)))
    assert found.name == "lead_id"
    assert found.notes == (
        "“lead_id”: 5 of 200 rows repeat the id of another row, such as “a000000x”, “a000001x”, “a000002x”",
    )


def test_a_counter_that_orders_the_leads_is_their_id_only_if_there_is_no_other():
    numbers = [str(1_000 + place * 3) for place in range(ROWS)]
    columns, types = looked_at(lead_number=numbers, key=codes("k"))
    assert find_lead_id(columns, types, avoid="lead_number").name == "key"
    del columns["key"]
    assert find_lead_id(columns, types, avoid="lead_number").name == "lead_number"


def test_an_account_that_comes_back_groups_its_leads():
    columns, types = looked_at(lead_id=codes("l"), account_id=codes("a", 60))
    found = find_group(columns, types, "lead_id", ())
    assert found.name == "account_id"
    assert "200 rows (100%) share a value with another row" in found.because


def test_e_mail_addresses_that_come_back_group_leads():
    addresses = [f"person{place % 120}@example.com" for place in range(ROWS)]
    columns, types = looked_at(email=addresses)
    assert find_group(columns, types, "", ()).name == "email"


def test_no_group_without_a_telling_name_or_without_repeats():
    columns, types = looked_at(owner=codes("o", 60), account_id=codes("a"), sdr_id=codes("s", 60))
    assert find_group(columns, types, "", ()).name == ""


def test_a_value_that_a_fifth_of_all_leads_share_groups_nothing():
    columns, types = looked_at(account_id=["main"] * 100 + codes("a")[:100])
    assert find_group(columns, types, "", ()).name == ""


def test_outcomes_never_group_leads():
    columns, types = looked_at(account_id=codes("a", 60))
    assert find_group(columns, types, "", ("account_id",)).name == ""
