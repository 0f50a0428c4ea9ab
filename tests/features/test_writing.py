import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.features.tokens import Vocabulary
from leadloop.features.writing import STATISTICS, _count_characters, describe_writing

NAMES = [name for name, *_ in STATISTICS]


def described(*texts: str) -> list[dict[str, float]]:
    table = describe_writing(texts, [text.lower() for text in texts], Vocabulary([]).encode(texts))
    return [dict(zip(NAMES, row.tolist(), strict=True)) for row in table]


def test_counts_are_on_a_log_scale_and_shares_are_not():
    figures, other = described("CALL me? http://x.com and www.y.com!!\r\nTel 12", "ABcd, 12 éÉ!")
    assert figures["question marks (log)"] == pytest.approx(0.6931, abs=1e-4)
    assert figures["exclamation marks (log)"] == pytest.approx(1.0986, abs=1e-4)
    assert figures["links (log)"] == pytest.approx(1.0986, abs=1e-4)
    assert figures["line breaks (log)"] == pytest.approx(0.6931, abs=1e-4)
    assert figures["digits (log)"] == pytest.approx(1.0986, abs=1e-4)
    assert other["share of capitals"] == pytest.approx(3 / 6)


def test_a_text_without_words_has_zeros_and_no_error():
    nothing, figure = described("?", "1")
    assert nothing["mean word length"] == 0.0
    assert figure["share of capitals"] == 0.0


@given(st.lists(st.text(st.characters(max_codepoint=127)) | st.text()))
def test_the_fast_count_of_plain_letters_agrees_with_asking_every_character(texts):
    slow = [
        [
            sum(map(str.isupper, text)),
            sum(map(str.isalpha, text)),
            sum(map(str.isdecimal, text)),
            sum(map(str.isalnum, text)) + text.count("_"),
        ]
        for text in texts
    ]
    assert _count_characters(texts).tolist() == slow


@given(st.text())
def test_any_text_is_described_with_finite_figures(text):
    assert all(0 <= value < sys.float_info.max for value in described(text)[0].values())
