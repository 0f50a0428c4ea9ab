import pytest
from tests.ingest.calls.calls_for_tests import OWN, listen, make_call, read_lines

from leadloop.ingest.calls import understand
from leadloop.ingest.calls.mood import read_mood


def mood_class(number: float, least: float) -> str:
    return "good" if number > least else "bad" if number < -least else "neither"


@pytest.mark.parametrize("part", ["built", "kept"])
def test_the_mood_of_labelled_sentences_is_told_better_than_by_a_well_known_reader_of_moods(part, capsys):
    """The words were collected with one part in view. The other was written before, and looked at once: 68 of 70."""
    vader = pytest.importorskip("vaderSentiment.vaderSentiment", reason="vaderSentiment is not installed")
    rows = list(read_lines("moods.tsv", part))
    other = vader.SentimentIntensityAnalyzer()
    right = sum(mood_class(read_mood(text), 0.1) == mood for mood, text in rows)
    theirs = sum(mood_class(other.polarity_scores(text)["compound"], 0.05) == mood for mood, text in rows)
    with capsys.disabled():
        print(f"\nmoods, {part}: {right} of {len(rows)} sentences; VADER {theirs}")
    assert len(rows) == 70
    assert right / len(rows) >= 0.9
    assert right > theirs


def test_what_denies_a_word_turns_it_round_and_what_stands_before_it_makes_it_stronger_or_weaker():
    assert read_mood("It is good.") > 0 > read_mood("It is not good.")
    assert read_mood("It is very good.") > read_mood("It is good.") > read_mood("It is somewhat good.")
    assert read_mood("It is bad.") < 0 < read_mood("It is not bad.")
    assert read_mood("It was slow, but now it is great.") > read_mood("It is great, but it was slow.")
    assert abs(read_mood("Is that a problem?")) < abs(read_mood("That is a problem."))


def test_our_own_words_do_not_count():
    ours = "Vera Stone: That is great, amazing, I love it, fantastic!"
    glum = "Jane Miller: We are unhappy with it. The calls keep dropping and that is a nightmare."
    read = understand(make_call(ours, glum), own=OWN, words=listen())
    assert read.sentiment < 4
    assert (
        read.sentiment == understand(make_call(glum, ours.replace("great", "bad")), own=OWN, words=listen()).sentiment
    )


def test_nothing_is_said_of_the_mood_of_people_who_cannot_be_told_from_ours_or_hardly_spoke():
    assert understand(make_call("Speaker 1: That is really great and nice."), own=OWN).sentiment is None
    assert understand(make_call("Vera Stone: Hello there.", "Jane Miller: Great."), own=OWN).sentiment is None


def test_a_calm_call_is_in_the_middle():
    read = understand(make_call("Vera Stone: Hi.", "Jane Miller: We have about forty agents in Denver."), own=OWN)
    assert read.sentiment == 5
