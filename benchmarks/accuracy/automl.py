"""FLAML and AutoGluon: tools that choose and tune models by themselves, within a time limit, on one thread.

    PYTHON benchmarks/accuracy/automl.py flaml FOLDER SECONDS

runs in an environment of its own (`make peers`), where LeadLoop is not installed, so it imports nothing of ours. Both are
told to minimise log-loss, by which probabilities are judged. AutoGluon also gets the texts, which it knows how to read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

SEED = 0


def read(folder: Path) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """The leads to learn from, who of them was won, and the leads to predict; categories the same in both."""
    kinds = json.loads((folder / "kinds.json").read_text(encoding="utf-8"))
    types = {name: "float64" if kind == "number" else "object" for name, kind in kinds.items()}
    train, test = (
        pd.read_csv(folder / name, dtype=types, keep_default_na=False, na_values=[""])
        for name in ("train.csv", "test.csv")
    )
    won = train.pop("won")
    for name, kind in kinds.items():
        if kind == "category":
            categories = pd.CategoricalDtype(sorted(train[name].dropna().unique()))
            train[name], test[name] = train[name].astype(categories), test[name].astype(categories)
    return train, won, test


def flaml(folder: Path, seconds: float) -> list[float]:
    """FLAML's AutoML with its own choice of models."""
    from flaml import AutoML

    train, won, test = read(folder)
    texts = [name for name in train.columns if train[name].dtype == object]
    train, test = train.drop(columns=texts), test.drop(columns=texts)
    model = AutoML()
    model.fit(train, won, task="classification", metric="log_loss", time_budget=seconds, n_jobs=1, seed=SEED, verbose=0)
    return list(model.predict_proba(test)[:, 1])


def autogluon(folder: Path, seconds: float, presets: str = "medium_quality") -> list[float]:
    """AutoGluon's tabular predictor with one of its presets."""
    from autogluon.tabular import TabularPredictor

    train, won, test = read(folder)
    predictor = TabularPredictor("won", eval_metric="log_loss", path=str(folder / presets), verbosity=0)
    predictor.fit(
        train.assign(won=won), time_limit=seconds, presets=presets, num_cpus=1, num_gpus=0, save_bag_folds=True
    )
    return list(predictor.predict_proba(test)[1])


def main() -> None:
    """Run one tool on the tables of one folder."""
    method, folder, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    if method == "flaml":
        probabilities = flaml(folder, seconds)
    else:
        presets = {"autogluon": "medium_quality", "autogluon_good": "good_quality"}[method]
        probabilities = autogluon(folder, seconds, presets)
    (folder / "probabilities.csv").write_text("".join(f"{value:.17g}\n" for value in probabilities), encoding="utf-8")


if __name__ == "__main__":
    main()
