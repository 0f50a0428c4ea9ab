"""What features and rules in Python may ask of a text."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from leadloop.errors import PlaybookError
from leadloop.features import FeatureSet
from leadloop.features.functions import FunctionsBlock, feature, sample
from leadloop.features.readings import (
    first_mention,
    found,
    join_readings,
    mentions,
    mentions_together,
    plan_reading,
    says_no_to,
    written,
)
from leadloop.features.rules import rule
from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.playbook import Playbook, Target
from leadloop.scoring import RuleScorer

LISTS = {
    "voice": ("voice", "!voice AI"),
    "voice AI": ("voice AI", "voice bot"),
    "interest": ("want", "need", "looking for"),
    "SMS": ("SMS", "text messages"),
    "SMS with pictures": ("MMS",),
}
SCHEMA = LeadSchema(
    (
        Field("notes", "text", "intake", phrases=()),
        Field("came", "time", "intake"),
        Field("size", "number", "intake"),
        Field("won", "category", "outcome"),
    ),
    ("intake", "outcome"),
)


def read(expression: pl.Expr, *texts: str | None) -> list[float | None]:
    def asked() -> pl.Expr:
        return expression

    block = FunctionsBlock.fit([feature(reads=["notes"])(asked)], SCHEMA, "intake", LISTS)
    values = block.values(sample(notes=texts))[:, 0]
    again = FunctionsBlock.from_state(json.loads(json.dumps(block.state())))
    assert again.values(sample(notes=texts)).tobytes() == block.values(sample(notes=texts)).tobytes()
    return [None if value != value else float(value) for value in values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("voice, and voice again", 2),
        ("no voice", 0),
        ("voice AI", 0),
        ("voices and voice AI", 1),
        ("", 0),
        (None, None),
    ],
)
def test_how_often_a_list_is_mentioned(text, expected):
    assert read(mentions("notes", "voice"), text) == [expected]


@pytest.mark.parametrize(("text", "expected"), [("no SMS, no text messages", 2), ("SMS", 0), (None, None)])
def test_how_often_a_text_says_no(text, expected):
    assert read(says_no_to("notes", "SMS"), text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SMS first", 1),
        ("Well, they asked for SMS. SMS!", 5),
        ("No SMS. But text messages", 4),
        ("no SMS", None),
        ("nothing", None),
        (None, None),
    ],
)
def test_which_word_is_the_first_to_mention_a_list(text, expected):
    assert read(first_mention("notes", "SMS"), text) == [expected]


def test_the_words_of_each_text_are_counted_from_its_own_beginning():
    texts = ["one two three SMS", "SMS", None, "one. SMS"]
    assert read(first_mention("notes", "SMS"), *texts) == [4, 1, None, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They want SMS. We need SMS, want SMS.", 2),
        ("They want more. SMS was shown.", 0),
        ("- want SMS\n- want voice", 1),
        ("They want no SMS", 0),
        ("They do not want SMS", 0),
        ("", 0),
        (None, None),
    ],
)
def test_how_many_sentences_mention_two_lists(text, expected):
    assert read(mentions_together("notes", "SMS", "interest"), text) == [expected]


def test_sentences_of_one_text_are_none_of_the_next():
    texts = ["want", "SMS", "want SMS", None, "SMS. want SMS"]
    assert read(mentions_together("notes", "SMS", "interest"), *texts) == [0, 0, 1, None, 1]


def test_a_list_whose_name_looks_like_two_is_meant_itself():
    assert read(mentions("notes", "SMS with pictures"), "MMS and SMS") == [1]


def test_facts_and_figures_of_a_text_can_be_read():
    assert read(found("notes", "next meeting is set"), "Demo booked for Friday.", "Nothing.") == [1, None]
    assert read(written("notes", "words (log)"), "one two") == [pytest.approx(np.log(3), rel=1e-6)]


def test_days_are_counted_from_the_leads_own_time():
    @feature(reads=["notes"])
    def haste():
        return found("notes", "days to act (log)")

    block = FunctionsBlock.fit([haste], SCHEMA, "intake", LISTS, "came")
    assert block.reads == ("notes", "came")
    from datetime import datetime

    came = [datetime.fromisoformat("2025-03-03T09:00"), datetime.fromisoformat("2025-03-28T09:00")]
    values = block.values(pl.DataFrame({"notes": ["by end of Q1", "by end of Q1"], "came": came}))[:, 0]
    assert np.expm1(values).round().tolist() == [28, 3]


@pytest.mark.parametrize(
    ("expression", "reads", "what"),
    [
        (mentions("notes", "voyce"), ["notes"], "for the phrases “voyce”, and there is no such list"),
        (says_no_to("notes", "fax"), ["notes"], "there is no such list"),
        (first_mention("notes", "fax"), ["notes"], "there is no such list"),
        (mentions_together("notes", "SMS", "fax"), ["notes"], "there is no such list"),
        (found("notes", "mood"), ["notes"], "asks notes for “mood”, which is not read from texts"),
        (mentions("notes", "SMS") + pl.col("size"), ["size"], "reads “notes mentions SMS” without saying so"),
        (mentions("size", "SMS"), ["size"], "reads “size mentions SMS” without saying so"),
        (mentions("notes", "SMS"), ["notes", "size"], "says that it reads “size” and does not"),
    ],
)
def test_what_cannot_be_read_is_refused(expression, reads, what):
    def asked():
        return expression

    with pytest.raises(PlaybookError) as refused:
        FunctionsBlock.fit([feature(reads=reads)(asked)], SCHEMA, "intake", LISTS)
    (problem,) = refused.value.problems
    assert what in problem.what


def test_a_misspelt_list_is_told_from_its_neighbour():
    with pytest.raises(PlaybookError, match="did you mean “voice AI”"):
        read(mentions("notes", "voice AL"), "x")


@feature(reads=["notes"])
def asks():
    return mentions_together("notes", "SMS", "interest")


@feature(reads=["notes"])
def refuses():
    return says_no_to("notes", "voice AI")


@rule(points=10, reads=["notes"])
def wants_voice_ai():
    """Wants Voice AI."""
    return mentions_together("notes", "voice AI", "interest") > 0


PLAYBOOK = Playbook("calls", SCHEMA, "intake", Target("won", "won", ("yes",)), phrases=tuple(LISTS.items()))
TEXTS = [
    "They want SMS, no voice AI.",
    "They need voice AI! SMS too?",
    None,
    "nothing at all",
    "want SMS. need SMS",
] * 8


def leads(count: int = len(TEXTS)) -> LeadFrame:
    data = pl.DataFrame(
        {
            "notes": TEXTS[:count],
            "came": pl.Series([None] * count, dtype=pl.Datetime("us")),
            "size": [float(number) for number in range(count)],
            "won": ["yes", "no", "no", "no"] * (count // 4),
        }
    )
    return LeadFrame(SCHEMA, data, pl.Series(range(1, count + 1)))


def fit(playbook: Playbook = PLAYBOOK) -> FeatureSet:
    frame = leads()
    won = (frame.data["won"] == "yes").to_numpy().astype(float)
    return FeatureSet.fit(playbook, frame, won, functions=[asks, refuses])[0]


def test_a_text_that_functions_ask_of_gives_what_it_gives_alone():
    playbook = replace(
        PLAYBOOK, schema=LeadSchema((replace(SCHEMA["notes"], phrases=None), *SCHEMA.fields[1:]), SCHEMA.moments)
    )
    features, data = fit(playbook), leads().data
    apart = np.hstack([block.values(data) for block in features.blocks])
    assert features.matrix(data).tobytes() == apart.astype(np.float32).tobytes()
    one = np.vstack([features.matrix(data[row : row + 1]) for row in range(data.height)])
    assert features.matrix(data).tobytes() == one.tobytes()


def test_a_field_has_columns_for_the_lists_that_it_names_and_functions_may_ask_for_any():
    names = [column.name for column in fit().columns]
    assert {"asks", "refuses"} <= set(names)
    assert not [name for name in names if name.startswith(("notes mentions", "notes says no"))]
    named = replace(SCHEMA["notes"], phrases=("SMS",))
    playbook = replace(PLAYBOOK, schema=LeadSchema((named, *SCHEMA.fields[1:]), SCHEMA.moments))
    names = [column.name for column in fit(playbook).columns]
    assert [name for name in names if "mentions" in name] == ["notes mentions SMS"]


def test_rules_may_ask_too_and_give_their_reason():
    scorer = RuleScorer.of(PLAYBOOK, [wants_voice_ai])
    first, second = scorer.score(LeadFrame(SCHEMA, leads().data[:2], pl.Series([1, 2])))
    assert (first.score, second.score) == (0, 100)
    assert second.reasons[0].sentence == "Wants Voice AI: yes"


def test_two_ways_to_read_one_text_are_not_joined():
    one = plan_reading("notes", ["notes mentions SMS"], LISTS, "")
    other = plan_reading("notes", ["notes mentions SMS"], {"SMS": ("fax",)}, "")
    assert one is not None
    assert other is not None
    with pytest.raises(ValueError, match="in different ways"):
        join_readings(one, other)
