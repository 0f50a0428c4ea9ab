"""A real experiment: Hillstrom's e-mails, 64,000 customers in three arms drawn by lot, read by `leadloop.experiments`.

    python -m benchmarks.experiment
    python -m benchmarks.experiment --write

Prints what each e-mail changed in visits, purchases and spending, and what policies learnt on one half of the customers would
bring on the other half, evaluated from the log. `--write` puts the tables into docs/benchmarks.md; nobody edits them by hand.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.measured_page import write_measured
from benchmarks.public_data import find_data, why_absent
from leadloop.experiments import (
    AmountTally,
    Analysis,
    ArmTally,
    ConversionTally,
    Effect,
    Metric,
    Policy,
    PolicyDifference,
    PolicyLog,
    PolicyValue,
    Rules,
    analyse,
    compare_policies,
    evaluate_policy,
)
from leadloop.experiments.wording import change

FILE = "hillstrom_email_experiment.csv.gz"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
METRICS = (
    Metric(name="visit", kind="conversion", role="decision"),
    Metric(name="conversion", kind="conversion"),
    Metric(name="spend", kind="amount", unit="USD"),
)
DAYS = 14.0
"""Visits, purchases and spending were counted for two weeks after the mail."""
SEED = 20080320


@dataclass(frozen=True)
class Targeting:
    """What policies would bring on the half that nothing was learnt on."""

    units: int
    values: tuple[PolicyValue, ...]
    differences: tuple[PolicyDifference, ...]


def load(path: Path) -> pl.DataFrame:
    """The customers, in the order of the file."""
    return pl.read_csv(path, schema_overrides={"spend": pl.Float64, "history": pl.Float64})


def analyse_mails(customers: pl.DataFrame) -> Analysis:
    """The experiment as it would be read after its two weeks, once."""
    arms = []
    for name in ARMS:
        part = customers.filter(pl.col("segment") == name)
        spent = part["spend"].to_numpy()
        arms.append(
            ArmTally(
                name=name,
                share=1 / 3,
                units=part.height,
                is_control=name == ARMS[0],
                metrics={
                    "visit": ConversionTally(units=part.height, conversions=int(part["visit"].sum())),
                    "conversion": ConversionTally(units=part.height, conversions=int(part["conversion"].sum())),
                    "spend": AmountTally(units=part.height, amounts=spent[spent != 0]),
                },
            )
        )
    return analyse(arms, METRICS, Rules(reading="at_end"), days_run=DAYS, seed=SEED)


def evaluate_targeting(customers: pl.DataFrame) -> Targeting:
    """Learn on one half what each mail brings whom, and evaluate on the other half the policies that follow from it."""
    halves = np.random.default_rng(SEED).permutation(customers.height) % 2 == 0
    x = _features(customers).to_numpy().astype(np.float64)
    taken = customers["segment"].replace_strict(dict(zip(ARMS, range(3), strict=True))).to_numpy()
    visit = customers["visit"].to_numpy().astype(np.float64)
    log = PolicyLog(taken=taken[~halves], propensity=np.full(int((~halves).sum()), 1 / 3), reward=visit[~halves])
    policies = [Policy.always(f"{name} to all", arm, log.units, 3) for arm, name in enumerate(ARMS)]
    expected = {}
    for name in ("logistic regression", "boosted trees"):
        expected[name] = _expect(name, x[halves], taken[halves], visit[halves], x[~halves])
        policies.append(Policy.choosing(f"learnt: {name} an arm", expected[name].argmax(axis=1), 3))
    model = expected["logistic regression"]
    values = tuple(
        evaluate_policy(log, policy, estimator=estimator, expected=model)
        for policy in policies
        for estimator in ("ips", "snips", "doubly_robust")
    )
    best = policies[1]
    differences = tuple(
        compare_policies(log, policy, best, estimator="doubly_robust", expected=model)
        for policy in policies
        if policy is not best
    )
    return Targeting(log.units, values, differences)


def _features(customers: pl.DataFrame) -> pl.DataFrame:
    """What is known of each customer before the mail, as numbers."""
    return customers.select(
        "recency",
        pl.col("history").log(),
        "mens",
        "womens",
        "newbie",
        *((pl.col("zip_code") == name).cast(pl.Int8).alias(name) for name in ("Surburban", "Urban")),
        *((pl.col("channel") == name).cast(pl.Int8).alias(name) for name in ("Web", "Multichannel")),
    )


def _expect(name: str, x: np.ndarray, taken: np.ndarray, visit: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The probability of a visit of each new customer under each arm, from a model an arm."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    columns = []
    for arm in range(3):
        model = (
            make_pipeline(StandardScaler(), LogisticRegression())
            if name == "logistic regression"
            else HistGradientBoostingClassifier(random_state=SEED, early_stopping=False, max_iter=100)
        )
        with threadpool_limits(1):
            columns.append(model.fit(x[taken == arm], visit[taken == arm]).predict_proba(new)[:, 1])
    return np.column_stack(columns)


def render(analysis: Analysis, targeting: Targeting) -> str:
    """Both as Markdown."""
    units = ", ".join(f"{name} {count:,}" for name, count in analysis.ratio.units.items())
    split = "as planned" if analysis.ratio.passed else "wrong"
    lines = [
        f"Customers: {units}; the split is {split} (p = {analysis.ratio.p_value:.2f}).",
        "",
        "| mail | metric | control | mail | difference (95%) | relative (95%) | p, corrected | method |",
        "|---|---|---|---|---|---|---|---|",
        *(_effect_row(effect) for effect in analysis.effects),
        "",
        *(f"- {one.arm}: **{one.decision}**. {one.because}" for one in analysis.verdicts),
        "",
        f"Policies learnt on one half, evaluated on the {targeting.units:,} customers of the other (visits per customer, 95%):",
        "",
        "| policy | inverse propensity | self-normalised | doubly robust |",
        "|---|---|---|---|",
    ]
    by_policy: dict[str, list[str]] = {}
    for value in targeting.values:
        by_policy.setdefault(value.policy, []).append(f"{value.value:.4f} ({value.low:.4f} to {value.high:.4f})")
    lines += [f"| {policy} | {' | '.join(cells)} |" for policy, cells in by_policy.items()]
    lines += ["", *(f"- {one.said[0].upper()}{one.said[1:]}" for one in targeting.differences)]
    return "\n".join(lines)


def _effect_row(effect: Effect) -> str:
    reading, metric = effect.deciding, effect.metric
    scale = 100 if metric.kind == "conversion" else 1
    sign = "%" if metric.kind == "conversion" else " USD"
    relative = (
        "-"
        if reading.relative_lift_low is None or reading.relative_lift_high is None
        else f"{effect.relative_lift:+.0%} ({reading.relative_lift_low:+.0%} to {reading.relative_lift_high:+.0%})"
    )
    p_value = "< 0.0001" if effect.p_value_corrected < 0.0001 else f"{effect.p_value_corrected:.4f}"
    return (
        f"| {effect.arm} | {metric.name} | {scale * effect.control_value:.3g}{sign} | {scale * effect.arm_value:.3g}{sign} | "
        f"{change(effect.difference_absolute, metric)} ({change(reading.difference_absolute_low, metric)} to "
        f"{change(reading.difference_absolute_high, metric)}) | {relative} | {p_value} | {reading.method} |"
    )


def write(page: Path, text: str, day: datetime.date) -> None:
    """Put the tables between their two comments."""
    write_measured(page, "experiment", text, "python -m benchmarks.experiment", day)


def main() -> int:
    """Print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    asked = parser.parse_args()
    path = find_data(FILE)
    if path is None:
        print(why_absent(FILE))
        return 0
    customers = load(path)
    text = render(analyse_mails(customers), evaluate_targeting(customers))
    print(text)
    if asked.write:
        write(PAGE, text, datetime.datetime.now(datetime.UTC).date())
    return 0


if __name__ == "__main__":
    sys.exit(main())
