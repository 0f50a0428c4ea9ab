"""A field with a direction: whatever the leads say, no learner lets the score fall (or rise) as the field rises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.features import FeatureColumn
from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.learners import LEARNERS, Examples, Task
from leadloop.scoring.calibrator import logistic

COLUMNS = (
    FeatureColumn("visits", "visits", direction=1),
    FeatureColumn("days silent", "days silent", direction=-1),
    FeatureColumn("wants a call", "wants a call", binary=True, direction=1),
    FeatureColumn("noise", "noise"),
    FeatureColumn("source", "source", levels=6),
)
PLACES = {0: 1, 1: -1, 2: 1}


def make_contrary(count: int = 1_500, seed: int = 0, missing: float = 0.15) -> Examples:
    """Leads that go against every direction somewhere: visits help up to a point and then harm, silence is a wave, and
    those who want a call buy less."""
    draw = np.random.default_rng(seed)
    visits, silent, noise = draw.normal(size=(3, count))
    wants, source = draw.integers(0, 2, count), draw.integers(0, 6, count)
    truth = 1.5 * visits - 1.2 * visits**2 * (visits > 0.5) + np.sin(2 * silent) - 0.6 * wants + 0.4 * (source % 2)
    matrix = np.column_stack([visits, silent, wants, noise, source]).astype(np.float32)
    matrix[:, :4][draw.random((count, 4)) < missing] = np.nan
    return Examples(matrix, (draw.random(count) < logistic(truth - 0.3)).astype(float))


def settings_of(name: str, native: int) -> dict[str, float | int | str]:
    chosen = dict(LEARNERS[name]().usual(Task(1_500, categories=True)))
    if "native_categories" in chosen:
        chosen["native_categories"] = native
        chosen["rounds"] = 80
    return chosen


CASES = [
    pytest.param((name, native, missing), id=f"{name}{', categories' * native}{', nothing missing' * (not missing)}")
    for name, learner in LEARNERS.items()
    for native in ((0, 1) if "native_categories" in learner().usual(Task(categories=True)) else (0,))
    for missing in (0.15, 0.0)
]


@pytest.fixture(scope="module", params=CASES)
def member(request):
    name, native, missing = request.param
    return LEARNERS[name]().fit(make_contrary(missing=missing), COLUMNS, settings_of(name, native), seed=3)


def climb(member, rows: np.ndarray, place: int, values: np.ndarray) -> np.ndarray:
    """The margins of rows as one column takes these values in turn: shape (rows, values)."""
    matrix = np.repeat(rows, len(values), axis=0)
    matrix[:, place] = np.tile(values, len(rows))
    return member.margins(matrix).reshape(len(rows), len(values))


@pytest.mark.parametrize("place", PLACES)
def test_no_served_margin_moves_against_the_direction(member, place):
    rows = make_contrary(200, seed=5).matrix
    values = np.array([0, 1]) if place == 2 else np.sort(np.random.default_rng(1).normal(0, 1.5, 80))
    moves = np.diff(climb(member, rows, place, values.astype(np.float32)), axis=1) * PLACES[place]
    assert moves.min() >= 0


number = st.floats(-30, 30, width=32)
anything = st.one_of(number, st.just(float("nan")))


@settings(max_examples=60, deadline=None)
@given(
    row=st.tuples(anything, anything, st.sampled_from([0.0, 1.0, float("nan")]), anything, st.integers(0, 5)),
    place=st.sampled_from([0, 1]),
    ends=st.tuples(number, number),
)
def test_no_lead_whatsoever_is_marked_down_for_more(member, row, place, ends):
    values = np.sort(np.array(ends, np.float32))
    lower, upper = climb(member, np.array([row], np.float32), place, values)[0] * PLACES[place]
    assert lower <= upper


def test_what_the_leads_say_within_the_direction_is_still_learned(member):
    new = make_contrary(3_000, seed=9)
    assert area_under_curve(new.positive, member.margins(new.matrix)) > 0.55
    middle = np.zeros((1, 5), np.float32)
    visits = climb(member, middle, 0, np.array([-1.5, 0.4], np.float32))[0]
    assert visits[1] > visits[0] + 0.1  # thresholds drawn at random find little of it


def test_contributions_still_add_up(member):
    rows = make_contrary(200, seed=6).matrix
    said = member.contributions(rows)
    assert said.sum(axis=1) + member.expected == pytest.approx(member.margins(rows), abs=1e-5)


def test_without_a_direction_the_same_leads_do_move_it_the_other_way():
    free = tuple(FeatureColumn(column.name, column.field, levels=column.levels) for column in COLUMNS)
    for name in LEARNERS:
        if name.endswith("SMOTE"):
            continue  # a straight line cannot turn
        member = LEARNERS[name]().fit(make_contrary(), free, settings_of(name, 0), seed=3)
        rows = make_contrary(50, seed=5).matrix
        assert np.diff(climb(member, rows, 0, np.array([0.5, 2.5], np.float32))).mean() < 0, name
