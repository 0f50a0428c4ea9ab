"""The libraries that most people would reach for, each used as its makers suggest and with its defaults, on one thread.

    python -m benchmarks.accuracy.peers lightgbm FOLDER

reads the prepared tables of a folder and writes a probability a lead to `probabilities.csv` there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.accuracy.prepared import Tables, read_tables

SEED = 0


def base_rate(tables: Tables) -> np.ndarray:
    """The share of won leads among those learned from, for everybody."""
    return np.full(tables.test.height, tables.won.mean())


def logistic_regression(tables: Tables) -> np.ndarray:
    """One-hot categories, scaled numbers with a mark where one is missing, and TF-IDF of the texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parts: list[tuple[Any, Any]] = []
    if numbers := tables.of("number"):
        prepare = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        parts.append(_both(prepare, tables.train[numbers].to_numpy(), tables.test[numbers].to_numpy()))
    if tables.of("category"):
        parts.append(_one_hot(tables))
    for name in tables.of("text"):
        texts = [frame[name].fill_null("").to_list() for frame in (tables.train, tables.test)]
        parts.append(_both(TfidfVectorizer(min_df=5, sublinear_tf=True), *texts))
    train, test = _side_by_side(parts)
    return _probabilities(LogisticRegression(max_iter=5_000).fit(train, tables.won), test)


def random_forest(tables: Tables) -> np.ndarray:
    """One-hot categories and numbers with the median where one is missing; 100 trees."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer

    parts: list[tuple[Any, Any]] = []
    if numbers := tables.of("number"):
        prepare = SimpleImputer(strategy="median", add_indicator=True)
        parts.append(_both(prepare, tables.train[numbers].to_numpy(), tables.test[numbers].to_numpy()))
    if tables.of("category"):
        parts.append(_one_hot(tables))
    train, test = _side_by_side(parts)
    return _probabilities(RandomForestClassifier(random_state=SEED).fit(train, tables.won), test)


def hist_gradient_boosting(tables: Tables) -> np.ndarray:
    """Native categories (beyond the 250 most frequent they count as missing, as it takes no more) and missing numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    train, test, categories = _coded(tables, most=250)
    model = HistGradientBoostingClassifier(categorical_features=categories, random_state=SEED)
    return _probabilities(model.fit(train, tables.won), test)


def lightgbm(tables: Tables) -> np.ndarray:
    """Native categories and missing values."""
    from lightgbm import LGBMClassifier

    train, test, categories = _coded(tables)
    model = LGBMClassifier(random_state=SEED, n_jobs=1, verbosity=-1)
    return _probabilities(model.fit(train, tables.won, categorical_feature=categories), test)


def xgboost(tables: Tables) -> np.ndarray:
    """Native categories and missing values."""
    from xgboost import XGBClassifier

    train, test, categories = _coded(tables)
    types = ["c" if column in categories else "q" for column in range(train.shape[1])]
    model = XGBClassifier(random_state=SEED, n_jobs=1, enable_categorical=True, feature_types=types)
    return _probabilities(model.fit(train, tables.won), test)


def catboost(tables: Tables) -> np.ndarray:
    """Native categories (missing is one of them) and missing numbers; 1,000 trees."""
    from catboost import CatBoostClassifier

    names = tables.of("number") + tables.of("category")
    first = len(tables.of("number"))
    cells = [
        frame.select(pl.col(tables.of("number")), pl.col(tables.of("category")).fill_null("(missing)"))
        for frame in (tables.train, tables.test)
    ]
    train, test = (
        np.array(list(zip(*(frame[name].to_list() for name in names), strict=True)), object) for frame in cells
    )
    for table in (train, test):
        table[:, :first] = np.where(np.equal(table[:, :first], None), np.nan, table[:, :first])
    model = CatBoostClassifier(random_seed=SEED, thread_count=1, verbose=False, allow_writing_files=False)
    return _probabilities(model.fit(train, tables.won, cat_features=list(range(first, len(names)))), test)


PEERS: dict[str, Callable[[Tables], np.ndarray]] = {
    "base_rate": base_rate,
    "logistic_regression": logistic_regression,
    "random_forest": random_forest,
    "hist_gradient_boosting": hist_gradient_boosting,
    "lightgbm": lightgbm,
    "xgboost": xgboost,
    "catboost": catboost,
}


def _both(prepare: Any, train: Any, test: Any) -> tuple[Any, Any]:
    return prepare.fit_transform(train), prepare.transform(test)


def _one_hot(tables: Tables) -> tuple[Any, Any]:
    from sklearn.preprocessing import OneHotEncoder

    cells = [frame[tables.of("category")].fill_null("(missing)").to_numpy() for frame in (tables.train, tables.test)]
    return _both(OneHotEncoder(handle_unknown="ignore"), *cells)


def _side_by_side(parts: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    from scipy.sparse import csr_matrix, hstack

    train, test = (hstack([csr_matrix(part) for part in side]).tocsr() for side in zip(*parts, strict=True))
    return train, test


def _coded(tables: Tables, most: int | None = None) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Numbers and the codes of categories as two matrices, and which columns are categories; not seen is missing."""
    names = tables.of("number") + tables.of("category")
    train, test = tables.train[names], tables.test[names]
    for name in tables.of("category"):
        counts = train[name].drop_nulls().value_counts().sort(["count", name], descending=[True, False])
        codes = {value: float(code) for code, value in enumerate(counts[name].head(most or counts.height))}
        train, test = (
            frame.with_columns(pl.col(name).replace_strict(codes, default=None, return_dtype=pl.Float64))
            for frame in (train, test)
        )
    first = len(tables.of("number"))
    matrices = (frame.cast(pl.Float64).fill_null(float("nan")).to_numpy() for frame in (train, test))
    return *matrices, list(range(first, len(names)))  # type: ignore[return-value]


def _probabilities(model: Any, test: Any) -> np.ndarray:
    return np.asarray(model.predict_proba(test)[:, 1])


def main() -> None:
    """Run one method on the tables of one folder."""
    method, folder = sys.argv[1], Path(sys.argv[2])
    probabilities = PEERS[method](read_tables(folder))
    np.savetxt(folder / "probabilities.csv", probabilities, fmt="%.17g")


if __name__ == "__main__":
    main()
