"""Arguments of a query: every kind, and every mistake at once."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from leadloop.api.wire.arguments import PAGE, Query, read_arguments, read_moment, write_moment
from leadloop.api.wire.problems import Refusal

DECLARED = {
    **PAGE,
    "explain": Query(True, "Whether."),
    "days": Query(30, "How many.", low=1, high=90),
    "as_of": Query(None, "When.", "moment"),
}


def test_what_is_not_given_has_its_default():
    assert read_arguments(DECLARED, QueryParams("")) == {
        "after": None, "limit": 100, "explain": True, "days": 30, "as_of": None,
    }  # fmt: skip


def test_each_kind_is_read():
    said = read_arguments(DECLARED, QueryParams("explain=FALSE&days=90&as_of=2026-01-05T10:00:00Z&after=x"))
    assert (said["explain"], said["days"], said["after"]) == (False, 90, "x")
    assert said["as_of"] == datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_a_zone_whose_plus_became_a_blank_is_still_a_zone():
    said = read_arguments(DECLARED, QueryParams("as_of=2026-01-05T12:00:00+02:00"))
    assert said["as_of"] == datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_every_mistake_is_told_at_once():
    with pytest.raises(Refusal) as refused:
        read_arguments(DECLARED, QueryParams("explain=perhaps&days=91&as_of=2026-01-05&limt=3&limit=1&limit=2&after="))
    told = {problem.where: problem for problem in refused.value.problems}
    assert set(told) == {f"query {name}" for name in ("explain", "days", "as_of", "limt", "limit", "after")}
    assert told["query limt"].mend == "did you mean limit?"
    assert told["query days"].mend == "give a whole number from 1 to 90"


@pytest.mark.parametrize("text", ["-1", "1.0", "１", "1e3", "", "9" * 30])
def test_only_plain_digits_are_a_whole_number(text):
    with pytest.raises(Refusal):
        read_arguments(DECLARED, QueryParams({"days": text}))


@given(
    st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2200, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_a_moment_is_read_as_it_was_written_in_any_zone(naive, minutes):
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_moment(moment.isoformat()) == moment
    assert read_moment(write_moment(moment)) == moment


@pytest.mark.parametrize(
    "text",
    ["2026-01-05", "2026-01-05T10:00:00", "2026-W01-1T10:00:00Z", "20260105T100000Z", "0001-01-01T00:00:00Z", "now"],
)
def test_what_leaves_the_moment_open_is_no_moment(text):
    assert read_moment(text) is None
