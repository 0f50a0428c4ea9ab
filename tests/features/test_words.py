from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from leadloop.features.terms import Corpus
from leadloop.features.text import TextBlock
from leadloop.features.words import Words

DRAW = np.random.default_rng(0)
WORDS = np.array(["please", "team", "thanks", "product", "office", "monday", "question", "account"])
WON = (DRAW.random(600) < 0.4).astype(float)
TEXTS = [
    " ".join([*DRAW.choice(WORDS, 4), *(["budget"] if DRAW.random() < (0.7 if won else 0.2) else [])]) for won in WON
]
CELLS = pl.Series("message", TEXTS)
FOLDS = np.arange(600) % 5


def fit(cells: pl.Series, won: np.ndarray, folds: np.ndarray) -> tuple[TextBlock, np.ndarray]:
    """The words of a field alone, and what they say of the training texts."""
    block, values = TextBlock.fit(cells.to_frame(), cells.name, won, folds)
    only = tuple(column.name for column in block.columns if "its words" in column.name)
    return replace(block, kept=only), values[:, [column.name in only for column in block.columns]]


@pytest.fixture(scope="module")
def fitted():
    return fit(CELLS, WON, FOLDS)


def test_words_that_came_before_a_win_speak_for_the_next_one(fitted):
    block, _ = fitted
    (with_it,), (without,), (nothing,) = block.values(
        pl.DataFrame({"message": ["our budget please", "question please", "xyzzy"]})
    )
    assert with_it > without
    assert nothing == 0.0


def test_a_missing_text_is_missing(fitted):
    block, _ = fitted
    assert np.isnan(block.values(pl.DataFrame({"message": [None]}, schema={"message": pl.String}))).all()


def test_a_training_text_never_sees_its_own_outcome():
    """Texts of noise: judged by other folds they know nothing, judged by their own they would seem to know much."""
    draw = np.random.default_rng(1)
    noise = pl.Series("message", [" ".join(f"w{n}" for n in draw.integers(0, 60, 12)) for _ in range(800)])
    won = (draw.random(800) < 0.5).astype(float)
    block, apart = fit(noise, won, np.arange(800) % 5)
    own = block.values(noise.to_frame())[:, 0]

    def auc(values: np.ndarray) -> float:
        ranks = np.argsort(np.argsort(values))
        return float((ranks[won == 1].mean() - ranks[won == 0].mean()) / 800 + 0.5)

    assert auc(own) > 0.65
    assert auc(apart[:, 0]) == pytest.approx(0.5, abs=0.06)


def test_a_text_alone_has_the_value_that_it_has_among_others(fitted):
    block, _ = fitted
    together = block.values(CELLS.to_frame())
    assert all(block.values(CELLS[n : n + 1].to_frame())[0, 0] == together[n, 0] for n in range(0, 600, 41))


def test_the_telling_word_is_the_one_that_says_most(fitted):
    block, _ = fitted
    assert block.telling_word("please, our budget", 1.0) == "budget"
    assert block.telling_word("xyzzy", 1.0) == ""


def test_words_that_stand_together_say_more_than_each_alone():
    """Both texts hold the same words; only which of them follow one another tells won from lost."""
    won = (np.arange(400) % 2).astype(float)
    texts = pl.Series("note", ["not now, interested" if one else "now not interested" for one in won])
    block, apart = fit(texts, won, np.arange(400) % 4)
    assert apart[won == 1].min() > apart[won == 0].max()
    assert block.telling_word("sorry, not interested", -1.0) == "not interested"


def test_too_few_outcomes_teach_nothing_about_words():
    block, values = fit(CELLS[:50], WON[:50], FOLDS[:50])
    assert block.columns == ()
    assert values.shape == (50, 0)


def test_it_goes_through_plain_values_and_back(fitted):
    block, _ = fitted
    again = TextBlock.from_state(block.state())
    assert again.values(CELLS.to_frame()).tolist() == block.values(CELLS.to_frame()).tolist()
    with pytest.raises(ValueError, match="do not match"):
        Words.from_state({**block.words.state(), "worth": [1.0]})


def test_what_words_are_worth_is_what_scikit_learn_finds(fitted):
    from sklearn.linear_model import LogisticRegression

    from leadloop.features.words import STRENGTH

    block, _ = fitted
    found = block.words.terms.weigh_corpus(Corpus.of(TEXTS, pairs=True))
    design = np.zeros((600, len(block.words.terms.terms)))
    design[found.rows, found.terms] = found.weights
    peer = LogisticRegression(C=STRENGTH, tol=1e-9, max_iter=5_000).fit(design, WON)
    assert block.words.worth == pytest.approx(peer.coef_[0], abs=1e-4)
