from time import perf_counter

import numpy as np
import polars as pl
import pytest

from leadloop.features.text import TextBlock

REQUESTS = pl.Series(
    "request",
    ["Could I get a pizza? My kids are hungry!", "Need a demo of the voice product.", None, "No pizza, no demo. Thanks"]
    * 10
    + ["we want pricing and a call", "how much is pizza", "just browsing at http://x.com", "thanks\nfor nothing"] * 5,
)
PHRASES = {"price": ("price", "pricing", "how much"), "demo": ("demo",), "fax": ("fax machine",)}


@pytest.fixture(scope="module")
def block() -> TextBlock:
    return TextBlock.fit(REQUESTS, phrases=PHRASES)


def column(block: TextBlock, name: str, *texts: str | None) -> list[float]:
    names = [held.name for held in block.columns]
    values = block.values(pl.DataFrame({"request": pl.Series(texts, dtype=pl.String)}))
    return values[:, names.index(name)].tolist()


def test_a_missing_text_is_missing_in_every_column(block):
    values = block.values(pl.DataFrame({"request": [None, "pizza"]}, schema={"request": pl.String}))
    assert np.isnan(values[0]).all()
    assert not np.isnan(values[1]).any()


def test_phrases_are_counted_by_list_and_denials_apart(block):
    assert column(block, "request uses phrases: demo", "a demo, two demos", "no demo", "hello") == [2, 0, 0]
    assert column(block, "request denies phrases: demo", "a demo, two demos", "no demo", "hello") == [0, 1, 0]


def test_terms_say_what_a_text_mentions(block):
    held = {one.name: one for one in block.columns}["request mentions: pizza"]
    assert (held.says, held.says_not) == ("mentions “pizza”", "does not mention “pizza”")
    with_pizza, without = column(block, held.name, "PIZZA", "a salad")
    assert with_pizza == 1.0
    assert without == 0.0


def test_columns_that_never_change_in_training_are_left_out(block):
    names = [held.name for held in block.columns]
    assert "request uses phrases: fax" not in names
    assert "request denies phrases: price" not in names
    assert "request, links (log)" in names


def test_a_field_that_is_always_the_same_or_never_given_has_no_columns():
    assert TextBlock.fit(pl.Series("note", ["same text"] * 40)).columns == ()
    assert TextBlock.fit(pl.Series("note", [None] * 40, dtype=pl.String)).columns == ()


def test_every_column_has_a_name_of_its_own(block):
    names = [held.name for held in block.columns]
    assert len(set(names)) == len(names) == block.values(REQUESTS.to_frame()).shape[1]


def test_a_saved_block_with_columns_that_it_cannot_make_is_refused(block):
    with pytest.raises(ValueError, match="not columns"):
        TextBlock.from_state({**block.state(), "kept": ["request, mood"]})


def test_phrases_find_the_same_as_scikit_learn_counts_words():
    sklearn = pytest.importorskip("sklearn.feature_extraction.text", reason="needs the train extra")
    texts = REQUESTS.drop_nulls()
    block = TextBlock.fit(REQUESTS)
    oracle = sklearn.TfidfVectorizer(sublinear_tf=True, vocabulary=list(block.terms.terms)).fit(texts.to_list())
    places = [place for place, held in enumerate(block.columns) if " mentions: " in held.name]
    expected = oracle.transform(texts.to_list()).toarray()
    np.testing.assert_allclose(block.values(texts.to_frame())[:, places], expected, atol=1e-7)


HOSTILE = {
    "one endless word": "a",
    "full stops": ".",
    "full stops and blanks": ". ",
    "empty paragraphs": "\n \n",
    "half a paragraph": "\n" + " " * 50,
    "links": "https://www.",
    "noes": "don't ",
    "phrase starts": "how ",
    "overlapping phrases": "how much ",
    "capitals that grow in lower case": "İ",
    "full-width marks": "？",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_take_time_in_proportion_to_their_length(block, piece):
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length] + "x"
        data = pl.DataFrame({"request": [text]})
        best = float("inf")
        for _ in range(3):
            start = perf_counter()
            block.values(data)
            best = min(best, perf_counter() - start)
        return best

    # Quadratic time would take sixteen times as long for four times the text; a busy machine must not fail the test.
    assert seconds(400_000) < 10 * max(seconds(100_000), 0.005)
