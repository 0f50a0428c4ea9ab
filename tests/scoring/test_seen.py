"""What training saw of one field, and how much a value beyond it surprises."""

import numpy as np
import polars as pl
import pytest

from leadloop.scoring.seen import FEW, SeenField, Tail, signed_log

TAIL = Tail(start=2.0, share=0.05, excess=0.5)
EXPECTED = -np.log(0.05)


def test_a_number_far_out_surprises_more_the_further_it_lies_in_units_of_how_far_others_lay():
    # -log of the chance that an exponential tail reaches as far: its share, and the distance over its mean.
    assert TAIL.surprises(np.array([4.0, 6.0, 12.0]), leads=20) == pytest.approx(
        [4.0 + EXPECTED, 8.0 + EXPECTED, 20.0 + EXPECTED]
    )


def test_a_number_beyond_all_that_were_seen_surprises_at_least_as_much_as_one_lead_in_all_of_them():
    assert TAIL.surprises(np.array([2.0, 2.1]), leads=999).tolist() == pytest.approx([np.log(1000)] * 2)


def test_a_tail_that_nobody_lay_in_has_the_share_of_one_more_lead():
    nobody = Tail(start=0.0, share=0.0, excess=1.0)
    assert nobody.surprises(np.array([3.0]), leads=99).tolist() == pytest.approx([3.0 + np.log(100)])


def test_numbers_that_were_all_alike_still_have_a_tail_of_some_width():
    alike = Tail(start=0.0, share=1.0, excess=0.0)
    assert alike.surprises(np.array([0.01]), leads=2).tolist() == pytest.approx([10.0])


VISITS = SeenField(
    "visits", "number", leads=999, missing=0, edges=(1.0, 3.0), low=0.0, high=10.0, above=Tail(1.0, 0.05, 0.5),
    below=Tail(0.0, 0.05, 0.5),
)  # fmt: skip


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_lead_alone_surprises_as_much_as_among_many(count):
    values = [0.0, 1.0, 1.5, 3.0, 10.0, 1000.0, -50.0, None]
    for value, step in zip(values, [0, 0, 1, 1, 2, 2, 0, 3], strict=True):
        steps, surprises = VISITS.look(pl.Series([value] * count, dtype=pl.Float64))
        assert steps.tolist() == [step] * count
        expected = {
            1000.0: (signed_log(np.array([1000.0]))[0] - 1.0) / 0.5 + EXPECTED,
            -50.0: signed_log(np.array([50.0]))[0] / 0.5 + EXPECTED,
            None: np.log(2000.0),
        }.get(value, 0.0)
        assert surprises.tolist() == pytest.approx([expected] * count)


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_level_that_was_never_seen_surprises_less_where_levels_were_often_new(count):
    for newcomers, surprise in ((0.5, np.log(2)), (0.0, np.log(2000.0))):
        city = SeenField("city", "category", 999, 10, levels=("paris", "lyon"), common=1, newcomers=newcomers)
        for value, step, expected in (("Paris", 0, 0.0), ("Lyon", 1, 0.0), ("Oslo", 1, surprise), (None, 2, 0.0)):
            steps, surprises = city.look(pl.Series([value] * count, dtype=pl.String))
            assert steps.tolist() == [step] * count
            assert surprises.tolist() == pytest.approx([expected] * count)
