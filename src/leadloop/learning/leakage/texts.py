"""What free text gives away: words that only won leads' texts hold, and edits made later ("EDIT: thanks!")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.learning.leakage.levels import as_text
from leadloop.learning.leakage.rows import AuditRows
from leadloop.learning.leakage.separation import NOTHING, Separation, separation

_MOST_TEXTS = 20_000
_HEAD, _TAIL = 5_000, 1_000
_FEWEST_TEXTS = 10
_WORD = r"[\p{L}\p{N}']{2,}"
_EDIT = r"(?i)\b(?:edit|edited|update|updated|upd)\b\s*#?\d*\s*[:\-\])!*]"


@dataclass(frozen=True, slots=True)
class TextMeasure:
    """How well the words of a text field alone tell won leads from others, and the words that tell most."""

    words: Separation
    telling: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EditMeasure:
    """Texts with a mark of a later edit: how many, their share of won leads, that of the other texts, and the difference
    in standard errors within stretches of time."""

    texts: int
    rate: float
    rate_of_others: float
    z: float


NO_EDITS = EditMeasure(0, 0.0, 0.0, 0.0)


def measure_words(values: pl.Series, rows: AuditRows) -> TextMeasure:
    """Score each text by the words in it, as learnt from the other folds, and compare within stretches of time.

    A word counts once a text, from ten texts on; its weight is the difference of its log-shares among won and other
    texts (naive Bayes), where that is two standard errors from none. At most 20,000 texts are read, 6,000 letters each.
    """
    text = _ends(values)
    known = np.flatnonzero((text.is_not_null() & (text != "")).fill_null(False).to_numpy())
    if len(known) > _MOST_TEXTS:
        # Evenly through the sample, which is in the file's order and holds won and other leads in its own proportion.
        known = known[np.linspace(0, len(known) - 1, _MOST_TEXTS).astype(np.int64)]
    won, block, fold = rows.positive[known], rows.block[known], rows.fold[known]
    if len(known) < 2 * _FEWEST_TEXTS or not won.any() or won.all():
        return TextMeasure(NOTHING, ())
    pairs = (
        pl.DataFrame({"text": np.arange(len(known)), "word": text[known].str.to_lowercase().str.extract_all(_WORD)})
        .explode("word", keep_nulls=False, empty_as_null=False)
        .unique()
        .with_columns(texts=pl.len().over("word"))
        .filter(pl.col("texts") >= _FEWEST_TEXTS)
        .with_columns(number=pl.col("word").rank("dense") - 1)
        .sort("text", "number")
    )
    if pairs.is_empty():
        return TextMeasure(NOTHING, ())
    place, number = pairs["text"].to_numpy(), pairs["number"].to_numpy().astype(np.int64)
    words = pairs.select("number", "word").unique().sort("number")["word"].to_list()
    score = np.zeros(len(known))
    for part in range(int(fold.max()) + 1):
        weight, sure = _word_weights(number, won[place], fold[place] != part, won[fold != part], len(words))
        weight[np.abs(sure) < 2] = 0.0
        here = fold[place] == part
        score += np.bincount(place[here], weights=weight[number[here]], minlength=len(known))
    _, sure = _word_weights(number, won[place], np.ones(len(place), dtype=bool), won, len(words))
    most = np.argsort(-sure, kind="stable")[:3]
    return TextMeasure(separation(score, won, block), tuple(words[index] for index in most if sure[index] > 2))


def measure_edits(values: pl.Series, rows: AuditRows) -> EditMeasure:
    """Compare texts that carry a mark such as "EDIT:" or "[update 2]" with the other texts."""
    text = _ends(values)
    known = text.is_not_null().to_numpy()
    edited = text.str.contains(_EDIT).fill_null(False).to_numpy()
    if not edited.any() or edited[known].all():
        return NO_EDITS
    apart = separation(edited[known].astype(float), rows.positive[known], rows.block[known])
    rate, others = float(rows.positive[edited].mean()), float(rows.positive[known & ~edited].mean())
    return EditMeasure(int(edited.sum()), rows.rate(rate), rows.rate(others), apart.z)


def _ends(values: pl.Series) -> pl.Series:
    """The beginning and the end of each text, where greetings and later additions stand."""
    text = as_text(values)
    whole = text.str.slice(0, _HEAD)
    return pl.select(
        pl.when(text.str.len_chars() > _HEAD)
        .then(pl.concat_str(whole, pl.lit(" "), text.str.tail(_TAIL)))
        .otherwise(whole)
    ).to_series()


def _word_weights(
    number: np.ndarray, won: np.ndarray, taken: np.ndarray, outcome: np.ndarray, words: int
) -> tuple[np.ndarray, np.ndarray]:
    """The log-ratio of each word's share among won and other texts, and the same in standard errors."""
    with_won = np.bincount(number[taken & won], minlength=words) + 0.5
    with_other = np.bincount(number[taken & ~won], minlength=words) + 0.5
    ratio = np.log(with_won / (outcome.sum() + 1)) - np.log(with_other / ((~outcome).sum() + 1))
    return ratio, ratio / np.sqrt(1 / with_won + 1 / with_other)
