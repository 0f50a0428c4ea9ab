import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.features.tokens import END, MARKS, Vocabulary, split_texts

ANY = Vocabulary(["call", "me", "é"])


def marks(text: str) -> str:
    """The marks of a text, with w for each word."""
    return "".join("w" if code not in map(ord, MARKS) else ".?,:/|"[code - 1] for code in ANY.encode([text]).codes)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", "|"),
        ("costs 3.5 euros. good", "wwww.w|"),
        ("1,000 calls, please: now", "www,w:w|"),
        ("voice - not SMS (yet)", "w,ww,w|"),
        ("two-factor", "ww|"),
        ("really? https://a.example/x?y=1", "w?w:wwwww|"),
        ("one\ntwo", "w/w|"),
        ("don’t – ever…", "ww,w.|"),
        ("a\x06b\x01c", "www|"),
        ("你好。再见", "w.w|"),
    ],
)
def test_marks_stand_where_they_part_what_is_said(text, seen):
    assert marks(text) == seen


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
    assert ANY.encode(["before", text, "after."]).sentences.tolist() == [1, sentences, 1]


@given(st.lists(st.text(), max_size=6))
def test_each_word_gets_the_code_that_a_dictionary_would_give_it(texts):
    tokens = split_texts(texts)
    vocabulary = Vocabulary([word for word in tokens[::2] if word != END])
    codes = vocabulary.encode(texts).codes
    shown = codes[(codes == 0) | (codes > len(MARKS)) | (codes == ord(END))]
    assert shown.tolist() == [ord(END) if word == END else vocabulary.index.get(word, 0) for word in tokens]


@given(st.lists(st.text(), max_size=6))
def test_a_text_alone_has_the_tokens_that_it_has_among_others(texts):
    together = ANY.encode(texts)
    alone = [ANY.encode([text]) for text in texts]
    assert together.codes.tolist() == [code for one in alone for code in one.codes.tolist()]
    assert together.words.tolist() == [int(one.words[0]) for one in alone]
    assert together.sentences.tolist() == [int(one.sentences[0]) for one in alone]
    assert together.rows.tolist() == [row for row, one in enumerate(alone) for _ in one.codes]


def test_a_text_of_megabytes_is_no_different():
    long = ANY.encode(["call me " * 400_000]).codes
    assert np.array_equal(long[:-1], np.tile(ANY.encode(["call me"]).codes[:-1], 400_000))


@pytest.mark.parametrize("words", [1_000, 20_000, 300_000])
def test_a_word_has_its_code_wherever_it_stands_in_a_text_of_any_length(words):
    """Of kilobytes, of more, and of megabytes, in any order: what was kept for one length does for another."""
    for text in ("call me " * (words // 2), "me"):
        codes = ANY.encode([text]).codes
        expected = [ANY["call"], ANY["me"]] * (words // 2) if " " in text else [ANY["me"]]
        assert codes.tolist() == [*expected, ord(END)]
