"""A training report as a real run makes it, from simulated scores whose true probabilities are known."""

from __future__ import annotations

import numpy as np

from leadloop.learning.evaluation import (
    Champion,
    Slice,
    compare_versions,
    decide_at_capacity,
    draw_curves,
    evaluate,
    evaluate_slices,
    measure_coverage,
    rate_over_time,
    slice_by_time,
    wilson_interval,
)
from leadloop.learning.report.report import (
    BandLine,
    DataSummary,
    Dependence,
    DependencePoint,
    Drift,
    FindingLine,
    ImportanceLine,
    LearningCurve,
    LeftOut,
    MemberLine,
    Part,
    SplitSummary,
    TrainingReport,
)

BANDS = (("hot", 80.0, 0.10, "call_today"), ("warm", 60.0, 0.20, "call_soon"))
BANDS += (("cool", 40.0, 0.30, "nurture"), ("cold", 0.0, 0.40, "no_action"))


def simulate_report(
    *,
    leads: int = 2772,
    skill: float = 1.3,
    base: float = -2.4,
    promise: float = 0.0,
    train_rate: float | None = None,
    rules: bool = True,
    seed: int = 7,
    draws: int = 100,
    **changes: object,
) -> TrainingReport:
    """A report on `leads` simulated test leads.

    `skill` is how much the scores know (0 nothing), `base` the log-odds of an average lead, `promise` what is wrongly added
    to the log-odds that are promised, `train_rate` the base rate of the training leads (as in the test leads if None).
    """
    dice = np.random.default_rng(seed)
    known, hidden = dice.normal(size=leads), dice.normal(size=leads)
    truth = 1 / (1 + np.exp(-(base + skill * known)))
    positive = (dice.random(leads) < truth).astype(float)
    promised = 1 / (1 + np.exp(-(base + promise + skill * known)))
    rate = float(positive.mean())
    train_rate = rate if train_rate is None else train_rate
    baselines = {"majority": np.zeros(leads), "prior": np.full(leads, train_rate)}
    if rules:
        baselines["rules"] = 1 / (1 + np.exp(-(base + 0.5 * skill * np.round(known) + 0.6 * hidden)))
    train = round(leads * 7 / 3)
    won = round(train_rate * train)
    last = 1 / (1 + np.exp(-(base + promise + 0.8 * skill * known + 0.3 * hidden)))
    options = {"capacity": 0.2, "seed": seed, "draws": draws}
    rounds = tuple(range(10, 301, 10))
    report = {
        "playbook": "online_courses",
        "target": "enrolled",
        "version": "online_courses-2026-05-04-3f9a1c",
        "made_at": "2026-05-04 09:12 UTC",
        "synthetic": False,
        "data": DataSummary(
            sources=("leads.csv",),
            fingerprint="9c1185a5c5e9fc54612808977ee8f548b2258d31",
            rows=leads + train + 131 + 4,
            rejected=4,
            open=131,
            used=leads + train,
            positives=int(positive.sum()) + won,
        ),
        "split": SplitSummary(
            kind="time",
            how="The oldest 70% were learned from, the newest 30% were kept back for the test",
            train=Part(train, won, "2025-01-02", "2025-11-20"),
            test=Part(leads, int(positive.sum()), "2025-11-20", "2026-03-31"),
        ),
        "capacity": 0.2,
        "measures": evaluate(positive, promised, baselines, capacity=0.2, seed=seed, draws=draws),
        "curves": draw_curves(positive, promised),
        "members": (
            MemberLine("prior", 0.0, 0.5, 0.402, 0.0),
            MemberLine("rules", 0.0, 0.664, 0.381, 0.1),
            MemberLine("logistic regression", 0.38, 0.781, 0.331, 3.2, "C = 0.3"),
            MemberLine("LightGBM", 0.62, 0.794, 0.326, 21.7, "120 trees of up to 15 leaves, learning rate 0.05"),
        ),
        "calibration": "slope and shift, fitted on 5,174 held-out training leads",
        "interval_note": "Venn-Abers, 0.031 wide in the middle; in 10 of 10 equal groups of test leads they overlap what "
        "happened",
        "importance": (
            ImportanceLine("Total Time Spent on Website", 14.2, "more raises the score", 12.9, 15.0, 1, 1, 13.8),
            ImportanceLine("Lead Origin", 9.7, "“Lead Add Form” raises it most, “API” lowers it most"),
            ImportanceLine(
                "What is your current occupation", 8.9, "“Working Professional” raises it most", 2.0, 9.4, 2, 9, 4.1
            ),
            ImportanceLine("What matters most to you in choosing a course", 4.3, ""),
            ImportanceLine("Lead Source", 3.8, "“Reference” raises it most, “Olark Chat” lowers it most"),
            ImportanceLine("Do Not Email", 1.2, "yes lowers the score"),
            ImportanceLine("Page Views Per Visit", 0.9, "goes both ways"),
            ImportanceLine("A free copy of Mastering The Interview", 0.04, ""),
        ),
        "bands": _bands(positive, promised),
        "findings": (
            FindingLine(
                "Lead Quality",
                "fill jump",
                "blocks",
                "filled in for 81% of won leads and 37% of lost ones; alone it separates them with AUC 0.86",
                "left out",
            ),
            FindingLine(
                "Last Activity",
                "time travel",
                "warns",
                "the name says that it changes after intake; “SMS Sent” is won 63% of the time",
                "left out",
            ),
            FindingLine(
                "Total Time Spent on Website",
                "too good",
                "warns",
                "alone it separates won from lost with AUC 0.73",
                "used",
                "it is counted before the lead is handed over (J. Doe, revenue operations)",
            ),
        ),
        "left_out": (
            LeftOut("Prospect ID", "an identifier: a different value on every line"),
            LeftOut("Magazine", "the same value on every line"),
            LeftOut("Lead Quality", "may give the outcome away"),
            LeftOut("Last Activity", "may give the outcome away"),
        ),
        "guesses": (
            ("Lead Number", "gives the order of time: the smaller, the older"),
            ("Specialization", "“Select” means missing"),
        ),
        "notes": (
            "Seven leads of the training part share an e-mail address with the test part and were left out of it",
        ),
        "seconds": {"read": 0.4, "audit": 2.1, "features": 3.9, "learners": 38.2, "evaluation": 1.6},
        "peak_memory_mb": 412.3,
        "environment": {"seed": "7", "python": "3.12.8", "leadloop": "0.1.0", "lightgbm": "4.7.0", "numpy": "2.4.6"},
        "decision": decide_at_capacity(positive, promised, **options),
        "slices": evaluate_slices(positive, promised, _slices(positive, known, dice)),
        "comparison": compare_versions(
            positive, promised, Champion("online_courses-v1.2.0", last, np.arange(leads) < leads // 5), **options
        ),
        "coverage": measure_coverage(positive, promised, promised * 0.9, promised * 1.1, seed=seed, draws=draws),
        "learning_curves": (
            LearningCurve(
                "LightGBM",
                "trees",
                rounds,
                tuple(0.326 + 0.08 * np.exp(-each / 30) + 0.00004 * max(0, each - 120) for each in rounds),
                120,
            ),
            LearningCurve("logistic regression", "passes", (1, 2, 5, 10, 20), (0.36, 0.345, 0.334, 0.331, 0.331)),
        ),
        "drift": Drift(
            over_time=rate_over_time(
                np.concatenate((dice.random(train) < np.linspace(1.25, 0.75, train) * train_rate, positive)).astype(
                    float
                ),
                lambda place: str(np.datetime64("2025-01-02") + 454 * place // (leads + train)),
            ),
            tested_from=0.7,
            telling=(
                ("Lead Source", 0.61, "“Google” was 31% of old leads and is 48% of new ones"),
                ("Page Views Per Visit", 0.55, "3.1 on average, was 2.4"),
            ),
            auc=(0.66, 0.64, 0.68),
        ),
        "dependence": (
            Dependence(
                "Total Time Spent on Website",
                tuple(
                    DependencePoint(f"{at:,}", float(at), 0.1 + at / 4000, 0.04, 0.2 + at / 3000, 0.01)
                    for at in range(0, 1600, 200)
                ),
                250,
                bars=tuple((100.0 * place, 100.0 * place + 100, 0.9 / 14) for place in range(14)),
                missing=DependencePoint("not given", float("nan"), 0.12, 0.05, 0.2, 0.1),
            ),
            Dependence(
                "Lead Source",
                (
                    DependencePoint("Google", float("nan"), 0.2, 0.05, 0.4, 0.7),
                    DependencePoint("Fair <b>&</b> Expo", float("nan"), 0.3, 0.1, 0.5, 0.3),
                ),
                250,
            ),
        ),
    }
    return TrainingReport(**(report | changes))  # type: ignore[arg-type]


def _slices(positive: np.ndarray, known: np.ndarray, dice: np.random.Generator) -> list[Slice]:
    """Six sources, one of which is won far less often than its scores promise; a field that is blank for some; and five
    stretches of time."""
    leads = len(positive)
    names = ("Google", "Direct Traffic", "Olark Chat", "Organic Search", "Reference", "Fair")
    source = dice.choice(6, leads, p=[0.35, 0.25, 0.2, 0.12, 0.07, 0.01])
    source[(source == 2) & (positive == 1) & (dice.random(leads) < 0.6)] = 0
    blank = dice.random(leads) < 0.2 + 0.1 * (known > 0)
    slices = [Slice("level", f"Lead Source: {name}", source == place) for place, name in enumerate(names)]
    slices += [
        Slice("filled", f"Specialization: {name}", side) for name, side in (("blank", blank), ("filled in", ~blank))
    ]
    return slices + slice_by_time(leads, lambda place: str(np.datetime64("2025-11-20") + 131 * place // leads))


def _bands(positive: np.ndarray, promised: np.ndarray) -> tuple[BandLine, ...]:
    order = np.argsort(-promised, kind="stable")
    edges = (np.cumsum([share for _, _, share, _ in BANDS])[:-1] * len(order) * 1.04).astype(int)
    lines = []
    for (name, lowest, wanted, route), inside in zip(BANDS, np.split(order, edges), strict=True):
        won = int(positive[inside].sum())
        low, high = wilson_interval(won, len(inside))
        share, observed = len(inside) / len(order), won / max(len(inside), 1)
        mean = float(promised[inside].mean())
        lines.append(BandLine(name, lowest, wanted, share, len(inside), mean, observed, low, high, route))
    return tuple(lines)
