"""A stream that does not change is left alone, and one that does is cut where it did."""

import numpy as np
import pytest

from leadloop.monitoring.streams import FEWEST_AROUND, Adwin, find_break


def cuts(figures, delta=1e-5):
    detector = Adwin(delta=delta, look_every=16)
    return [cut for cut in map(detector.add, figures) if cut]


def surprises(draw, count, off=0.0):
    """How much more outcomes surprise than the probabilities of their leads say; `off` is added to the real log-odds."""
    said = draw.beta(1, 5, count)
    real = 1 / (1 + np.exp(-(np.log(said / (1 - said)) + off)))
    won = draw.random(count) < real
    loss = np.where(won, -np.log(said), -np.log1p(-said))
    return (loss + said * np.log(said) + (1 - said) * np.log1p(-said)).tolist()


def test_a_stream_without_change_is_left_alone():
    assert sum(bool(cuts(surprises(np.random.default_rng(seed), 3_000))) for seed in range(25)) == 0


@pytest.mark.long
def test_of_four_hundred_quiet_streams_hardly_any_is_cut():
    found = sum(bool(cuts(surprises(np.random.default_rng(seed), 5_000))) for seed in range(400))
    print(f"{found} of 400 quiet streams of 5,000 outcomes were cut")
    assert found <= 2


@pytest.mark.parametrize("seed", range(4))
def test_a_change_is_found_soon_and_where_it_was(seed):
    draw = np.random.default_rng(seed)
    found = cuts(surprises(draw, 2_000) + surprises(draw, 1_500, off=1.5))
    assert found
    assert 1_700 < found[0].at < 2_400
    assert found[0].seen_at < 2_900
    assert found[0].after > found[0].before


def test_the_window_remembers_what_it_holds():
    detector = Adwin()
    figures = np.random.default_rng(0).normal(5, 1, 1_000)
    for figure in figures:
        detector.add(figure)
    assert detector.count == 1_000
    assert detector.mean == pytest.approx(figures.mean())
    assert len(detector._buckets) < 60


def test_a_stream_without_change_has_no_break():
    found = [find_break(np.array(surprises(np.random.default_rng(seed), 5_000))) for seed in range(200)]
    assert sum(one is not None for one in found) <= 4


@pytest.mark.parametrize("seed", range(4))
def test_a_break_is_found_with_fewer_leads_than_a_window_needs(seed):
    draw = np.random.default_rng(seed)
    figures = surprises(draw, 6_000) + surprises(draw, 500, off=1.2)
    found = find_break(np.array(figures))
    assert found is not None
    assert 5_800 < found.at < 6_200
    assert found.after > found.before


def test_a_stream_that_gets_better_has_no_break_and_a_short_one_cannot_have_any():
    draw = np.random.default_rng(1)
    assert find_break(draw.normal(np.repeat([1.0, 0.0], 2_000), 1.0)) is None
    assert find_break(np.repeat([0.0, 1.0], FEWEST_AROUND - 1)) is None
    assert find_break(np.zeros(5_000)) is None
