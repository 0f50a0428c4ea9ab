import numpy as np
import pytest

from leadloop.scoring.members import HINGE, MISSING, STRAIGHT, LinearModel, PriorModel

MODEL = LinearModel(
    intercept=-1.0,
    column=np.array([0, 0, 0, 1]),
    term=np.array([STRAIGHT, MISSING, HINGE, STRAIGHT]),
    knot=np.array([0.0, 0.0, 5.0, 0.0]),
    low=np.array([0.0, 0.0, 0.0, -1.0]),
    high=np.array([10.0, 1.0, 10.0, 1.0]),
    centre=np.array([4.0, 0.1, 1.0, 0.0]),
    scale=np.array([2.0, 0.5, 1.0, 1.0]),
    weight=np.array([1.0, -0.5, 0.25, 3.0]),
)


def test_a_linear_model_adds_its_terms():
    matrix = np.array([[8.0, 0.5]], dtype=np.float32)
    by_hand = -1.0 + (8 - 4) / 2 * 1.0 + (0 - 0.1) / 0.5 * -0.5 + (3 - 1) / 1 * 0.25 + 0.5 * 3.0
    assert MODEL.margins(matrix)[0] == pytest.approx(by_hand)


def test_a_missing_value_counts_as_average_and_says_so_in_its_own_term():
    matrix = np.array([[np.nan, 0.0]], dtype=np.float32)
    assert MODEL.margins(matrix)[0] == pytest.approx(-1.0 + (1 - 0.1) / 0.5 * -0.5)


def test_a_value_far_outside_counts_as_the_fence():
    inside, outside = (np.array([[value, 0.0]], dtype=np.float32) for value in (10.0, 1e6))
    assert MODEL.margins(inside) == MODEL.margins(outside)


def test_contributions_add_up_to_the_margin_and_come_by_column():
    matrix = np.random.default_rng(0).normal(5, 4, (50, 3)).astype(np.float32)
    matrix[::7, 0] = np.nan
    contributions = MODEL.contributions(matrix)
    assert contributions.shape == (50, 3)
    assert MODEL.expected + contributions.sum(axis=1) == pytest.approx(MODEL.margins(matrix))
    assert not contributions[:, 2].any()


def test_a_row_alone_gets_the_very_bits_that_it_gets_in_a_batch():
    matrix = np.random.default_rng(1).normal(5, 4, (200, 2)).astype(np.float32)
    together = MODEL.margins(matrix)
    assert [MODEL.margins(matrix[row : row + 1])[0] for row in range(200)] == together.tolist()


def test_members_survive_being_written_down_as_arrays():
    matrix = np.ones((3, 2), dtype=np.float32)
    assert LinearModel.from_arrays(MODEL.arrays()).margins(matrix).tolist() == MODEL.margins(matrix).tolist()
    assert PriorModel.from_arrays(PriorModel(0.3).arrays()) == PriorModel(0.3)


GATED = LinearModel(**{**vars(MODEL), "gate": np.array([-1, 1, 1, -1])})


def test_a_term_with_a_gate_counts_only_where_the_gate_is_open():
    shut, opened = (np.array([[8.0, gate]], dtype=np.float32) for gate in (0.0, 1.0))
    assert GATED.margins(shut)[0] == pytest.approx(-1.0 + (8 - 4) / 2)
    assert GATED.margins(opened)[0] == pytest.approx(MODEL.margins(opened)[0])
    assert GATED.expected + GATED.contributions(opened).sum() == pytest.approx(GATED.margins(opened)[0])


def test_gates_survive_being_written_down_and_models_without_any_stay_as_they_were_saved():
    matrix = np.array([[8.0, 0.0], [np.nan, 1.0]], dtype=np.float32)
    assert LinearModel.from_arrays(GATED.arrays()).margins(matrix).tolist() == GATED.margins(matrix).tolist()
    assert "gate" not in MODEL.arrays()


@pytest.mark.parametrize(
    ("name", "value"), [("weight", np.ones(3)), ("column", np.array([1, 0, 0, 1])), ("scale", np.zeros(4))]
)
def test_arrays_that_make_no_linear_model_are_refused(name, value):
    with pytest.raises(ValueError, match="linear model"):
        LinearModel.from_arrays({**MODEL.arrays(), name: value})
