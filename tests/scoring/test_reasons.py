import numpy as np
import polars as pl
import pytest

from leadloop.features import FeatureSet
from leadloop.features.text import TextBlock
from leadloop.scoring.reasons import ReasonWriter, write_reasons

TEXTS = ["we want voice AI", "how are you", "pay is $30 an hour", "a team of 40"] * 20
PHRASES = {"voice AI": ("voice ai",), "next_step": ("follow-up",)}


@pytest.fixture(scope="module")
def features() -> FeatureSet:
    data = pl.DataFrame({"Notes": [*TEXTS, "book a follow-up"]})
    return FeatureSet((TextBlock.fit(data, "Notes", phrases=PHRASES, finds=("salary", "employees"))[0],))


def sentence(features: FeatureSet, text: str, column: str) -> str:
    """The reason where one column does it all."""
    data = pl.DataFrame({"Notes": [text]})
    contributions = np.array([[float(held.name == column) for held in features.columns]])
    written = ReasonWriter(features).write(data, features.matrix(data), contributions, np.ones((1, 1)), None)
    return written[0][0].sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("VoiceAI, please", "Notes mentions voice AI"),
        ("nothing new", "Notes does not mention voice AI"),
        ("not interested in voice AI", "Notes says no to voice AI"),
    ],
)
def test_a_reason_says_whether_a_text_is_for_a_topic_against_it_or_silent(features, text, said):
    # In training nobody said no, so that there is no column of noes to tell it.
    assert not [column for column in features.columns if "says no to voice AI" in column.name]
    assert sentence(features, text, "Notes mentions voice AI") == said


def test_the_name_of_a_list_is_said_in_words(features):
    assert sentence(features, "a follow up", "Notes mentions next_step") == "Notes mentions next step"


def test_a_reason_quotes_the_fact_that_a_text_states(features):
    hourly = sentence(features, "pay is $30 an hour", "Notes, salary from (a year, log)")
    assert hourly == "Notes offers a salary from 62,400"
    assert sentence(features, "hello", "Notes, employees named (log)") == "Notes names no number of employees"
    assert sentence(features, "a team of 40", "Notes, employees named (log)") == "Notes speaks of 40 employees"


@pytest.mark.parametrize(
    ("most", "said"),
    [
        (None, ["source +4", "budget -3", "note +2", "visits -1", "city +0.5"]),
        (2, ["source +4", "budget -3", "note +2", "visits -1"]),
        (1, ["source +4", "budget -3"]),
    ],
)
def test_reasons_come_strongest_first_so_many_each_way_and_what_moves_nothing_is_none(most, said):
    fields = ["visits", "source", "phone", "budget", "city", "note"]
    points = np.array([[-1.0, 4.0, 0.0, -3.0, 0.5, 2.0], [0.0] * 6])
    ours, nobody = write_reasons(fields, points, most, lambda field, row: f"{fields[field]} of lead {row}")
    assert [f"{reason.field} {reason.points:+g}" for reason in ours] == said
    assert ours[0].sentence == "source of lead 0"
    assert nobody == ()
