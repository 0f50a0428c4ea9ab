from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.timed_leads_for_tests import make_timed_cells

from leadloop.ingest.draft import draft_playbook
from leadloop.ingest.value_and_horizons import find_value
from leadloop.leads import Field

WON = np.array([1.0, 0.0, 0.0, np.nan] * 30)


def found(amounts: list[float | None], kind: str = "money") -> str:
    values = pl.DataFrame({"amount": amounts * 30}, schema={"amount": pl.Float64})
    return find_value(values, {"amount": Field("amount", kind, "outcome")}, WON)[0]


def test_money_that_only_won_leads_have_is_what_they_brought():
    assert found([250.0, None, None, None]) == "amount"
    assert found([250.0, 0.0, 0.0, 0.0]) == "amount"


@pytest.mark.parametrize(
    "amounts",
    [[250.0, 250.0, None, None], [None, 250.0, None, None], [0.0, None, None, None], [250.0, -1.0, None, None]],
)
def test_money_that_others_have_too_or_won_leads_have_not_is_left_alone(amounts):
    assert found(amounts) == ""


def test_a_plain_number_may_be_anything():
    assert found([250.0, None, None, None], "number") == ""


def test_of_two_amounts_a_person_must_choose():
    values = pl.DataFrame({"first": [1.0, None, None, None] * 30, "second": [2.0, None, None, None] * 30})
    fields = {name: Field(name, "money", "outcome") for name in values.columns}
    assert find_value(values, fields, WON) == ("", "")


def test_a_draft_proposes_the_amount_and_the_days_and_marks_both_as_guesses():
    cells, _ = make_timed_cells(600, 3)
    won = pl.col("stage") == "won"
    cells = cells.select("id", "came", "visits", "plan", pl.col("amount").replace("", None),
                         pl.when(won).then("ended").alias("won date"))  # fmt: skip
    drafted = draft_playbook("deals", cells.columns, cells, rows=600, target="won date").playbook
    target = drafted.target
    assert (target.at, target.value, target.horizons) == ("won date", "amount", (7, 30, 90))
    assert drafted.schema["amount"].known_at == "outcome"
    assert {guess.split(":")[0] for guess in target.guess} == {"filled", "value", "horizons"}
