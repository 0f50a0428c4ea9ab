import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.features.tokens import STATISTICS, count_characters, describe_writing, split_words

NAMES = [name for name, *_ in STATISTICS]


def described(text: str) -> dict[str, float]:
    lowered = text.lower()
    return dict(zip(NAMES, describe_writing(text, lowered, split_words(lowered)), strict=True))


def test_a_full_stop_within_a_number_ends_no_sentence():
    assert split_words("costs 3.5 euros. good").ends == {3}


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("...", 0),
        ("hello", 1),
        ("hello. ", 1),
        ("one. two", 2),
        ("one!? two?", 2),
        ("你好。再见", 2),
        ("first paragraph\n\nsecond", 2),
        ("one line\nand the same sentence", 1),
    ],
)
def test_sentences_are_counted_by_their_ends(text, sentences):
    assert split_words(text).sentences == sentences


def test_counts_are_on_a_log_scale_and_shares_are_not():
    figures = described("CALL me? http://x.com and www.y.com!!\r\nTel 12")
    assert figures["question marks (log)"] == pytest.approx(0.6931, abs=1e-4)
    assert figures["exclamation marks (log)"] == pytest.approx(1.0986, abs=1e-4)
    assert figures["links (log)"] == pytest.approx(1.0986, abs=1e-4)
    assert figures["line breaks (log)"] == pytest.approx(0.6931, abs=1e-4)
    assert figures["digits (log)"] == pytest.approx(1.0986, abs=1e-4)
    assert described("ABcd, 12 éÉ!")["share of capitals"] == pytest.approx(3 / 6)


def test_a_text_without_words_has_zeros_and_no_error():
    assert described("?")["mean word length"] == 0.0
    assert described("1")["share of capitals"] == 0.0


@given(st.text(st.characters(max_codepoint=127)))
def test_the_fast_count_of_plain_letters_agrees_with_asking_every_character(text):
    slow = (sum(map(str.isupper, text)), sum(map(str.isalpha, text)), sum(map(str.isdecimal, text)))
    assert count_characters(text) == slow


@given(st.text())
def test_any_text_is_described_with_finite_figures(text):
    assert all(0 <= value < sys.float_info.max for value in described(text).values())
