import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.features.terms import Terms

WORDS = ("pizza", "please", "family", "hungry", "college", "rent", "week", "a", "42")


def weights(terms: Terms, texts: list[list[str]]) -> np.ndarray:
    matrix = np.zeros((len(texts), len(terms.terms)))
    for row, words in enumerate(texts):
        for place, weight in terms.weigh(words):
            matrix[row, place] = weight
    return matrix


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=30), min_size=12, max_size=60))
def test_weights_are_those_of_scikit_learn(texts):
    sklearn = pytest.importorskip("sklearn.feature_extraction.text", reason="needs the train extra")
    terms = Terms.fit(texts, 100)
    if not terms.terms:
        return
    oracle = sklearn.TfidfVectorizer(sublinear_tf=True, vocabulary=list(terms.terms))
    expected = oracle.fit_transform([" ".join(words) for words in texts]).toarray()
    np.testing.assert_allclose(weights(terms, texts), expected, atol=1e-12)


def test_terms_are_neither_rare_nor_in_most_texts_nor_numbers_nor_single_letters():
    texts = [["the", "pizza", "2012", "x"] for _ in range(5)] + [["the", "rent"] for _ in range(4)] + [["the"]] * 11
    assert Terms.fit(texts, 100).terms == ("pizza",)


def test_the_terms_kept_are_those_whose_weight_varies_most():
    texts = [["pizza"], ["rent"]] * 10 + [["pizza", "rent", "please"]] * 5
    chosen = Terms.fit([*texts, *[["other"]] * 30], 2)
    assert chosen.terms == ("pizza", "rent")


def test_too_few_texts_give_no_terms():
    assert Terms.fit([["pizza"]] * 4, 100).terms == ()
    assert Terms.fit([], 100).terms == ()


def test_a_vocabulary_survives_json():
    terms = Terms.fit([["pizza"], ["rent"]] * 10 + [["other"]] * 5, 10)
    assert Terms.from_state(json.loads(json.dumps(terms.state()))) == terms


def test_a_vocabulary_whose_weights_do_not_match_is_refused():
    with pytest.raises(ValueError, match="do not match"):
        Terms.from_state({"terms": ["pizza", "rent"], "weights": [1.0]})
