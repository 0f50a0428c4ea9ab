"""The same job as most people would write it: pandas reads, a scikit-learn pipeline learns and predicts, pandas writes.

    python -m benchmarks.speed.pipeline learn PAST.csv OUTCOME MODEL COLUMN... [--text COLUMN]...
    python -m benchmarks.speed.pipeline score MODEL NEW.csv SCORED.csv

The model is an ensemble of logistic regression, a random forest and XGBoost, of medians and one-hot columns, with TF-IDF of the
texts. `score` prints the CPU seconds that it took, without those in which Python and its libraries started.
"""

from __future__ import annotations

import argparse
import time

import joblib
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier


def learn(past: str, outcome: str, model: str, columns: list[str], texts: list[str]) -> None:
    """Fit the pipeline and keep it as most people do."""
    table = pd.read_csv(past)
    leads = table[columns].assign(**{text: table[text].fillna("") for text in texts})
    numbers = [name for name in columns if pd.api.types.is_numeric_dtype(leads[name])]
    names = [name for name in columns if name not in numbers and name not in texts]
    leads[names] = leads[names].astype("object")
    prepare = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            (
                "names",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", min_frequency=10)
                ),
                names,
            ),
            *((text, TfidfVectorizer(max_features=200), text) for text in texts),
        ]
    )
    vote = VotingClassifier(
        [
            ("lines", LogisticRegression(max_iter=1000)),
            ("forest", RandomForestClassifier(100, random_state=1)),
            ("boosting", XGBClassifier(n_estimators=100, n_jobs=1, random_state=1)),
        ],
        voting="soft",
    )
    won = table[outcome].astype(str).str.lower().isin(["yes", "true", "1"])
    joblib.dump((make_pipeline(prepare, vote).fit(leads, won), columns, names, texts), model)


def score(model: str, new: str, to: str) -> float:
    """Score a file into another; the CPU seconds that it took."""
    pipeline, columns, names, texts = joblib.load(model)
    started = time.process_time()
    table = pd.read_csv(new)
    leads = table[columns].assign(**{text: table[text].fillna("") for text in texts})
    leads[names] = leads[names].astype("object")
    table["probability"] = pipeline.predict_proba(leads)[:, 1]
    table.to_csv(to, index=False)
    return time.process_time() - started


def main() -> None:
    """Learn, or score."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["learn", "score"])
    parser.add_argument("given", nargs="+")
    parser.add_argument("--text", action="append", default=[])
    told = parser.parse_args()
    if told.what == "learn":
        past, outcome, model, *columns = told.given
        learn(past, outcome, model, columns, told.text)
    else:
        print(score(*told.given))


if __name__ == "__main__":
    main()
