import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.features.terms import Corpus, Terms
from leadloop.features.tokens import Vocabulary

WORDS = ("pizza", "please", "family", "hungry", "college", "rent", "week", "a", "42")


def fit(texts: list[list[str]], most: int, *, pairs: bool = False) -> Terms:
    return Terms.fit(Corpus.of([" ".join(words) for words in texts], pairs=pairs), most)


def weights(terms: Terms, texts: list[list[str]], *, pairs: bool = False) -> np.ndarray:
    vocabulary = Vocabulary(["another", *terms.words])
    tokens = vocabulary.encode([" ".join(words) for words in texts])
    matrix = np.zeros((len(texts), len(terms.terms)))
    found = terms.weigh(tokens, terms.places_in(vocabulary))
    matrix[found.rows, found.terms] = found.weights
    counted = terms.weigh_corpus(Corpus.of([" ".join(words) for words in texts], pairs=pairs))
    # Each text's terms come in the same order, so that sums are the same to the last bit.
    order = np.argsort(found.rows, kind="stable")
    assert all(np.array_equal(one[order], other) for one, other in zip(found, counted, strict=True))
    return matrix


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=30), min_size=12, max_size=60))
def test_weights_are_those_of_scikit_learn(texts):
    sklearn = pytest.importorskip("sklearn.feature_extraction.text", reason="needs the train extra")
    terms = fit(texts, 100)
    if not terms.terms:
        return
    oracle = sklearn.TfidfVectorizer(sublinear_tf=True, vocabulary=list(terms.terms))
    expected = oracle.fit_transform([" ".join(words) for words in texts]).toarray()
    np.testing.assert_allclose(weights(terms, texts), expected, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=30), min_size=12, max_size=60))
def test_words_and_pairs_of_words_weigh_together_what_they_do_in_scikit_learn(texts):
    sklearn = pytest.importorskip("sklearn.feature_extraction.text", reason="needs the train extra")
    terms = fit(texts, 100, pairs=True)
    if not terms.terms:
        return
    oracle = sklearn.TfidfVectorizer(
        sublinear_tf=True, vocabulary=list(terms.terms), ngram_range=(1, 2), token_pattern=r"\w+"
    )
    expected = oracle.fit_transform([" ".join(words) for words in texts]).toarray()
    np.testing.assert_allclose(weights(terms, texts, pairs=True), expected, atol=1e-12)


def test_pairs_may_hold_single_letters_but_neither_rare_words_nor_numbers():
    texts = ["I don't pay 100 dollars"] * 5 + ["they pay rent"] * 4 + ["another"] * 10
    found = fit([[text] for text in texts], 100, pairs=True)
    assert found.terms == ("dollars", "don", "pay", "don t", "i don", "t pay")


def test_the_last_word_of_a_text_makes_no_pair_with_the_first_of_the_next():
    terms = Terms(("rent", "rent pizza"), (1.0, 1.0))
    vocabulary = Vocabulary(terms.words)
    found = terms.weigh(vocabulary.encode(["rent", "pizza", "rent, pizza"]), terms.places_in(vocabulary))
    assert list(zip(found.rows.tolist(), found.terms.tolist(), strict=True)) == [(0, 0), (2, 0), (2, 1)]


def test_terms_are_neither_rare_nor_in_most_texts_nor_numbers_nor_single_letters():
    texts = [["the", "pizza", "2012", "x"] for _ in range(5)] + [["the", "rent"] for _ in range(4)] + [["the"]] * 11
    assert fit(texts, 100).terms == ("pizza",)


def test_the_terms_kept_are_those_whose_weight_varies_most():
    texts = [["pizza"], ["rent"]] * 10 + [["pizza", "rent", "please"]] * 5
    chosen = fit([*texts, *[["other"]] * 30], 2)
    assert chosen.terms == ("pizza", "rent")


def test_too_few_texts_give_no_terms():
    assert fit([["pizza"]] * 4, 100).terms == ()
    assert fit([], 100).terms == ()


def test_a_vocabulary_survives_json():
    terms = fit([["pizza"], ["rent"]] * 10 + [["other"]] * 5, 10)
    assert Terms.from_state(json.loads(json.dumps(terms.state()))) == terms


def test_a_vocabulary_whose_weights_do_not_match_is_refused():
    with pytest.raises(ValueError, match="do not match"):
        Terms.from_state({"terms": ["pizza", "rent"], "weights": [1.0]})


def test_taking_some_texts_of_a_corpus_is_counting_those_alone():
    texts = ["pizza please", "rent", "pizza pizza", "please rent please"] * 10
    some = np.array([0, 3, 4, 6, 11, 13, 17, 30, 31, 38])
    for pairs in (False, True):
        taken = Corpus.of(texts, pairs=pairs).take(some)
        alone = Corpus.of([texts[place] for place in some], pairs=pairs)
        assert Terms.fit(taken, 9) == Terms.fit(alone, 9)


def test_a_corpus_without_its_pairs_is_one_of_words_alone():
    texts = ["pizza please", "rent", "pizza pizza", "please rent please"] * 10
    assert Terms.fit(Corpus.of(texts, pairs=True).without_pairs(), 9) == Terms.fit(Corpus.of(texts), 9)


def test_a_saved_vocabulary_must_hold_words_before_pairs():
    with pytest.raises(ValueError, match="behind a pair"):
        Terms.from_state({"terms": ["pay it", "rent"], "weights": [1.0, 1.0]})
