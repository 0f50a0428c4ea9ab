"""A drift says what it is when it is made, not when a world meets it."""

from datetime import datetime

import numpy as np
import pytest

from leadloop.simulate import Drift
from leadloop.simulate.drift import measure_change

DAY = datetime(2025, 6, 1)


@pytest.mark.parametrize(
    ("kind", "strength", "days", "word"),
    [
        ("weather", 1.0, 0, "no kind"),
        ("concept", 1.5, 0, "from 0 to 1"),
        ("covariate", -0.1, 0, "from 0 to 1"),
        ("base_rate", 5.0, 0, "from -4 to 4"),
        ("concept", float("nan"), 0, "from 0 to 1"),
        ("concept", 1.0, -1, "0 or more"),
        ("concept", 1.0, float("nan"), "0 or more"),
    ],
)
def test_a_drift_that_cannot_be_is_refused(kind, strength, days, word):
    with pytest.raises(ValueError, match=word):
        Drift(kind, DAY, strength, days)


def test_drifts_of_one_kind_add_up_and_shares_end_at_one():
    times = np.array(["2025-05-01", "2025-06-15", "2025-07-15"], dtype="datetime64[us]")
    change = measure_change(
        [
            Drift("concept", DAY, 0.7),
            Drift("concept", datetime(2025, 7, 1), 0.7),
            Drift("base_rate", DAY, 0.5),
            Drift("base_rate", datetime(2025, 7, 1), -2.0),
        ],
        times,
    )
    assert change.concept.tolist() == [0.0, 0.7, 1.0]
    assert change.base_rate.tolist() == [0.0, 0.5, -1.5]
    assert change.covariate.tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(change.turn, [1.0, -0.4, -1.0])
