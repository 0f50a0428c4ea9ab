import re

import numpy as np
import pytest
from benchmarks.actions import LOANS, histories_of, load_loans, measure_world, write
from benchmarks.public_data import find_data, why_absent

from leadloop.recommend.histories import decisions_of
from leadloop.recommend.settings import RecommenderSettings
from leadloop.simulate.actions.log import draw_log


def test_a_synthetic_log_is_read_as_it_was_drawn():
    log = draw_log(200, seed=1)
    histories = histories_of(log)
    decisions = decisions_of(histories, within_days=60)
    assert len(decisions) == len(log.lead)  # nobody acts on a lead that was won
    assert decisions.action.tolist() == log.action.tolist()
    last = np.append(np.diff(log.lead) == 1, True)
    assert (decisions.won[last] == np.isfinite(log.won_at)).all()


def test_tables_go_between_their_comments(tmp_path):
    import datetime

    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- actions world: start -->\nold\n<!-- actions world: end -->\n")
    write(page, "world", "| new |", datetime.date(2026, 11, 22))
    assert "| new |" in page.read_text()
    assert "old" not in page.read_text()


@pytest.mark.long
def test_the_loan_log_is_read_whole():
    path = find_data(LOANS)
    if path is None:
        pytest.skip(why_absent(LOANS))
    histories = load_loans(path)
    assert (histories.leads, len(histories.lead)) == (13_087, 164_509)
    assert np.isfinite(histories.won_at).sum() == 2_246


@pytest.mark.world
def test_what_is_recommended_has_four_fifths_of_the_gain_that_is_possible():
    settings = RecommenderSettings(competitors=("popularity", "Markov chain", "gradient boosting"), within_days=60)
    said = measure_world(settings, 40_000)
    print(said)
    gain = re.search(r"has (-?\d+)% of the gain", said)
    assert gain is not None
    assert int(gain[1]) >= 80
