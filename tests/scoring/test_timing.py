from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.scoring.members import LinearModel, no_terms
from leadloop.scoring.timing import Timing, horizon_column

DAYS = np.array([0.0, 1.0, 5.0, 20.0, 80.0])
HAZARD = np.array([0.0, 0.1, 0.6, 1.5, 4.0])
SAME = Timing(DAYS, HAZARD, no_terms(), (7, 30))
BY_LEAD = replace(
    SAME,
    pace=LinearModel(
        0.0, np.array([0, 1]), np.array([0, 0]), np.zeros(2), np.full(2, -9.0), np.full(2, 9.0), np.zeros(2), np.ones(2),
        np.array([0.5, 0.3]),
    ),
)  # fmt: skip


@given(
    st.floats(-5, 5),
    st.floats(-5, 5),
    st.floats(0.001, 0.999),
    st.lists(st.integers(1, 500), min_size=1, max_size=6, unique=True),
    st.sampled_from([None, 10.0, 80.0, 365.0]),
)
def test_the_chance_of_being_won_rises_with_time_and_never_passes_the_probability(value, margin, chance, days, within):
    timing = replace(BY_LEAD, horizons=tuple(sorted(days)), within_days=within)
    told = timing.columns(np.array([[value]], dtype=np.float32), np.array([margin]), np.array([chance]))
    along = [float(told[horizon_column(day)][0]) for day in timing.horizons]
    assert along == sorted(along)
    assert along[0] >= 0
    assert along[-1] <= chance
    if within and timing.horizons[-1] >= within:
        assert along[-1] == chance
    span = [float(told[name][0]) for name in ("days_to_win_low", "days_to_win", "days_to_win_high")]
    seen = [day for day in span if not np.isnan(day)]
    assert seen == sorted(seen)
    assert span[: len(seen)] == seen  # what lies beyond all that was seen comes last


@given(st.floats(0.05, 20.0), st.floats(0.01, 0.99), st.sampled_from([None, 10.0, 80.0]))
def test_the_day_of_a_share_is_the_day_by_which_that_share_is_won(speed, share, within):
    timing = replace(SAME, within_days=within)
    day = timing.day_of(np.array([speed]), share)
    if not np.isnan(day[0]):
        assert timing.won_by(np.array([speed]), day)[0] == pytest.approx(share, abs=1e-6)
    else:
        assert timing.won_by(np.array([speed]), np.array([1e9]))[0] < share


def test_a_lead_is_told_alone_what_it_is_told_among_others():
    draw = np.random.default_rng(1)
    matrix, margins = draw.normal(size=(50, 1)).astype(np.float32), draw.normal(size=50)
    chances = draw.random(50)
    together = BY_LEAD.columns(matrix, margins, chances)
    for name, values in together.items():
        alone = [BY_LEAD.columns(matrix[[row]], margins[[row]], chances[[row]])[name][0] for row in range(50)]
        np.testing.assert_array_equal(values, alone)


def test_a_timing_read_back_says_the_same():
    back = Timing.from_arrays(BY_LEAD.arrays(), BY_LEAD.state())
    assert (back.kind, back.horizons, back.within_days) == ("by lead", (7, 30), None)
    matrix, margins = np.array([[0.3]], dtype=np.float32), np.array([0.7])
    np.testing.assert_array_equal(back.speeds(matrix, margins), BY_LEAD.speeds(matrix, margins))
    assert Timing.from_arrays(SAME.arrays(), SAME.state()).kind == "the same for all"


@pytest.mark.parametrize("wrong", [DAYS[::-1], DAYS[:3]])
def test_a_curve_that_does_not_rise_is_not_read(wrong):
    with pytest.raises(ValueError, match="does not rise"):
        Timing.from_arrays(SAME.arrays() | {"days": wrong}, SAME.state())
