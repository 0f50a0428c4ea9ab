import pytest

from leadloop.errors import LeadLoopError
from leadloop.flows.place.duration import read_seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), (" 1.5 H ", 5400), ("1", 1), (20.0, 20), (1e6, 1e6)],
)
def test_a_time_is_a_number_of_seconds_or_has_a_unit(said, seconds):
    assert read_seconds(said, "here") == seconds


@pytest.mark.parametrize(
    "said", ["", "0", "0.5", "-5", "5d", "m", "nan", "inf", "1h30m", "277h47m", "1e3 s", float("nan"), 2e6]
)
def test_what_is_no_time_is_refused_with_how_to_write_one(said):
    with pytest.raises(LeadLoopError, match=r"here  “.*” is no time from 1 second up; write seconds, as in 90"):
        read_seconds(said, "here")
