"""The recommender on public logs and on a world whose truth is known.

    python -m benchmarks.actions
    python -m benchmarks.actions --part world --write

Four parts: `loans` (BPI Challenge 2012: what is done next, and which loans are approved), `mails` (Hillstrom: a policy from an
experiment), `world` (the true value of what is recommended) and `speed`. `--write` puts the tables into docs/benchmarks.md;
nobody edits them by hand.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.measured_page import write_measured
from benchmarks.public_data import find_data, why_absent
from leadloop.flows.recommend.effects import weigh_evidence
from leadloop.recommend.competition import Competition, compete
from leadloop.recommend.histories import Histories, Vocabulary, next_decisions
from leadloop.recommend.measures import MEASURES, draw_leads, measure_auc
from leadloop.recommend.settings import NetworkSettings, RecommenderSettings
from leadloop.recommend.splitting import Split, split_in_time
from leadloop.simulate.actions.log import DAY, ActionLog, draw_log, work
from leadloop.simulate.actions.world import ACTIONS, LOGGING, RESULTS, SEGMENTS, State, best_fixed, best_value, value_of

LOANS, MAILS = "bpic2012_loan_events.csv.gz", "hillstrom_email_experiment.csv.gz"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
SEED = 20120930
PREFIXES = (1, 2, 3, 4, 6, 8, 10, 15, 20, 25)
_ENDS = ("A_APPROVED", "A_REGISTERED", "A_ACTIVATED", "A_DECLINED", "A_CANCELLED", "O_ACCEPTED", "O_DECLINED")
ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
TRAITS = ("recency", "history_segment", "mens", "womens", "zip_code", "newbie", "channel")


def load_loans(path: Path) -> Histories:
    """The loan log: every completed activity is an action, a loan is won when it is approved."""
    events = (
        pl.read_csv(path, infer_schema_length=0)
        .with_columns(
            pl.col("Activity").str.strip_chars(),
            pl.col("end_time").str.strip_chars_end("Z").str.to_datetime(format="%Y-%m-%dT%H:%M:%S%.f", strict=True),
            pl.col("AMOUNT_REQ").cast(pl.Float64),
        )
        .with_row_index("row")
        .with_columns((pl.col("end_time").dt.timestamp("us") / 1e6).alias("at"))
        .with_columns(pl.col("at").min().over("Case ID").alias("begun"))
        .sort("begun", "Case ID", "at", "row")
    )
    lead = events.select(pl.col("Case ID").rle_id()).to_series().to_numpy().astype(np.int64)
    cases = events.group_by("Case ID", maintain_order=True).agg(
        pl.col("AMOUNT_REQ").first(),
        pl.col("at").filter(pl.col("Activity") == "A_APPROVED").min().alias("won"),
        pl.col("at").filter(pl.col("Activity").is_in(["A_DECLINED", "A_CANCELLED"])).min().alias("lost"),
    )
    bands = [f"{int(amount // 5000)}" for amount in cases["AMOUNT_REQ"]]
    kinds = sorted(events["Activity"].unique().to_list())
    vocabulary = Vocabulary.of(kinds, [], kinds, {"amount": sorted(set(bands))})
    rows = events.height
    return Histories(
        vocabulary,
        lead,
        events["at"].to_numpy(),
        vocabulary.code_kinds(events["Activity"].to_list()),
        np.full(rows, 2),
        vocabulary.code_actions(events["Activity"].to_list()),
        np.full(rows, np.nan),
        vocabulary.code_traits([{"amount": band} for band in bands]),
        cases["won"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        cases["lost"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        np.full(cases.height, float(events["at"].max())),  # type: ignore[arg-type]
    )


def measure_loans(path: Path, settings: RecommenderSettings, every: int = 1) -> str:
    """What is done next with a loan, and which loans are approved, by how much of the case is known."""
    histories = load_loans(path)
    histories = histories.take(np.arange(0, histories.leads, every))
    split = split_in_time(histories, within_days=10_000, at_last_event=True)
    begun = time.monotonic()
    result = compete(histories, split, settings, seed=SEED, tick=say)
    lines = [*_head(result, split, time.monotonic() - begun), "", *_outcomes(result, histories, split)]
    return "\n".join(lines)


def _outcomes(result: Competition, histories: Histories, split: Split) -> list[str]:
    """The AUC of approval by the length of the prefix; prefixes after which the end is known are left out."""
    test = split.test
    ended = np.isin(histories.kind, histories.vocabulary.code_kinds(_ENDS))
    before = np.concatenate([[0], np.cumsum(ended)])
    open_yet = before[test.row] == before[histories.starts[test.lead]]
    length = test.row - histories.starts[test.lead]
    known = np.isfinite(test.won) & open_yet
    names = [one.competitor.name for one in result.entered]
    lines = [
        "Will the loan be approved? AUC by the number of events that are known (95 %), while the end is still open:",
        "",
        f"| events known | cases | approved | {' | '.join(names)} |",
        f"|---|---|---|{'---|' * len(names)}",
    ]
    foreseen = [one.competitor.foresee(histories, test) for one in result.entered]
    chances = [(following * won).sum(axis=1) for following, won in foreseen]
    for prefix in (*PREFIXES, 0):
        rows = np.flatnonzero(known & ((length == prefix) if prefix else (length > 0)))
        won = test.won[rows]
        if min(won.sum(), len(won) - won.sum()) < 20:
            continue
        drawn = draw_leads(test.lead[rows], SEED)
        cells = [str(measure_auc(chance[rows], won, test.lead[rows], drawn)) for chance in chances]
        said = str(prefix) if prefix else "any"
        lines.append(f"| {said} | {len(rows):,} | {won.mean():.1%} | {' | '.join(cells)} |")
    return lines


def load_mails(path: Path) -> Histories:
    """The experiment: one mail or none for each customer, drawn by lot; a visit is a win. The order is drawn too."""
    table = pl.read_csv(path, schema_overrides={"spend": pl.Float64, "history": pl.Float64})
    customers = table.sample(fraction=1.0, shuffle=True, seed=SEED)
    traits = [{name: str(row[name]) for name in TRAITS} for row in customers.select(TRAITS).iter_rows(named=True)]
    levels = {name: sorted({one[name] for one in traits}) for name in TRAITS}
    vocabulary = Vocabulary.of(ARMS, [], ARMS, levels)
    count = customers.height
    at = np.arange(count) * 60.0 + 1.2e9
    taken = customers["segment"].to_list()
    won = customers["visit"].to_numpy() == 1
    return Histories(
        vocabulary, np.arange(count), at, vocabulary.code_kinds(taken), np.full(count, 2), vocabulary.code_actions(taken),
        np.full(count, 1 / 3), vocabulary.code_traits(traits), np.where(won, at + 1, np.nan), np.where(won, np.nan, at + 1),
        np.full(count, at[-1] + 2),
    )  # fmt: skip


def measure_mails(path: Path, settings: RecommenderSettings) -> str:
    """What the recommended mails would bring on customers that nothing was learned from."""
    histories = load_mails(path)
    split = split_in_time(histories, within_days=14)
    begun = time.monotonic()
    result = compete(histories, split, settings, seed=SEED, tick=say)
    served = weigh_evidence(result.recommender, histories, split.choose, split.test)
    lines = [*_head(result, split, time.monotonic() - begun), "", "| policy | visits a customer (95 %) |", "|---|---|"]
    lines += [
        f"| {row['policy']} | {row['value']:.4f} ({row['low']:.4f} to {row['high']:.4f}) |"
        for row in served.evidence.table
    ]
    return "\n".join([*lines, "", *(f"- {one}" for one in served.evidence.said)])


def histories_of(log: ActionLog) -> Histories:
    """A log of the synthetic world as histories."""
    vocabulary = Vocabulary.of(ACTIONS, RESULTS, ACTIONS, {"segment": SEGMENTS})
    until = np.full(len(log.segment), float(log.ended_at.max()))
    return Histories(
        vocabulary, log.lead, log.at, log.action + 2, log.result + 3, log.action, log.propensity,
        (log.segment + 2)[:, None], log.won_at, np.where(np.isnan(log.won_at), log.ended_at, np.nan), until,
    )  # fmt: skip


def measure_world(settings: RecommenderSettings, leads: int, worked: int = 4000) -> str:
    """The true value of what is recommended, beside the log, the best single action and the optimum."""
    histories = histories_of(draw_log(leads, seed=SEED))
    split = split_in_time(histories, within_days=settings.within_days)
    begun = time.monotonic()
    result = compete(histories, split, settings, seed=SEED, tick=say)
    served = weigh_evidence(result.recommender, histories, split.choose, split.test)
    seconds = time.monotonic() - begun
    logged, (single, fixed), optimum = value_of(LOGGING), best_fixed(), best_value()
    ours = _work_as_recommended(served, worked)
    gain = (ours - logged) / (optimum - logged)
    rows = [
        ("as it was done (by lot)", logged),
        (f"best single action ({single})", fixed),
        ("as recommended", ours),
        ("optimum", optimum),
    ]
    lines = [*_head(result, split, seconds), "", "| way to choose | leads won, in truth |", "|---|---|"]
    lines += [f"| {name} | {value:.4f} |" for name, value in rows]
    lines += [
        "",
        f"What is recommended has {gain:.0%} of the gain that is possible over the log (asked: at least 80 %).",
    ]
    return "\n".join([*lines, *(f"- {one}" for one in served.evidence.said)])


def _work_as_recommended(served: object, leads: int) -> float:
    """The true value of a recommender: new leads are worked step for step as it says."""
    from leadloop.recommend.recommender import Recommender

    assert isinstance(served, Recommender)
    told: list[list[tuple[float, int, int]]] = [[] for _ in range(leads)]

    def choose(here: np.ndarray, state: State, step: int, moment: np.ndarray) -> np.ndarray:
        events = _events_of(told, here)
        known = Histories(
            served.vocabulary, *events, (state.segment + 2)[:, None], *(np.full(len(here), np.nan) for _ in range(2)),
            moment,
        )  # fmt: skip
        worth = served.foresee(known, next_decisions(known, moment)).worth
        return served.preferences(worth).argmax(axis=1)

    return _worked(leads, choose, told)


def _events_of(told: list[list[tuple[float, int, int]]], here: np.ndarray) -> tuple[np.ndarray, ...]:
    rows = [(number, *event) for number, lead in enumerate(here) for event in told[lead]]
    table = np.array(rows, dtype=float).reshape(-1, 4)
    action, result = table[:, 2].astype(int), table[:, 3].astype(int)
    return table[:, 0].astype(int), table[:, 1], action + 2, result + 3, action, np.full(len(table), np.nan)


def _worked(leads: int, choose: object, told: list[list[tuple[float, int, int]]]) -> float:
    return work(leads, np.random.default_rng(SEED + 1), choose, told).true_value  # type: ignore[arg-type]


def measure_speed(settings: RecommenderSettings, leads: int = 20_000) -> str:
    """How long training, one lead, and opening take, and how large the model is; each competitor by itself."""
    histories = histories_of(draw_log(leads, seed=SEED))
    split = split_in_time(histories, within_days=settings.within_days)
    lines = [
        f"{leads:,} leads with {len(histories.lead):,} actions.",
        "",
        "| competitor | training, s | CPU, s | one lead, p50 / p99 ms | with why | saved, MB |",
        "|---|---|---|---|---|---|",
    ]
    from dataclasses import replace

    from leadloop.recommend.reasons import why_each

    one = histories.take(np.array([int(np.argmax(np.bincount(histories.lead)))]))
    now = next_decisions(one, float(one.at[-1]) + DAY)
    for name in settings.competitors:
        begun, cpu = time.monotonic(), time.process_time()
        result = compete(histories, split, replace(settings, competitors=(name,)), seed=SEED, tick=say)
        seconds, cpu = time.monotonic() - begun, time.process_time() - cpu
        if not result.entered:
            continue
        served = result.recommender
        spent, explained = [], []
        for _ in range(200):
            begun = time.perf_counter()
            served.foresee(one, now)
            spent.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            why_each(served, one, now)
            explained.append(time.perf_counter() - begun)
        size = sum(map(len, served.files().values())) + sum(one.nbytes for one in served.arrays().values())
        quick, slow = (1000 * float(np.quantile(spent, part)) for part in (0.5, 0.99))
        why = 1000 * float(np.quantile(explained, 0.5))
        lines.append(
            f"| {name} | {seconds:.0f} | {cpu:.0f} | {quick:.2f} / {slow:.2f} | {why:.2f} | {size / 1e6:.2f} |"
        )
    return "\n".join(lines)


def _head(result: Competition, split: Split, seconds: float) -> list[str]:
    parts = ", ".join(f"{name} {len(getattr(split, name)):,}" for name in ("train", "stop", "choose", "test"))
    names = [name for name in MEASURES if any(name in one.measures for one in result.entered)]
    lines = [
        f"Decisions in the order of time: {parts}. All learned, chosen and measured in {seconds:.0f} s.",
        "",
        f"| competitor | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for one in result.entered:
        cells = [str(one.measures[name]) if name in one.measures else "-" for name in names]
        lines.append(f"| {one.competitor.name} | {' | '.join(cells)} |")
    lines += ["", f"Served: {result.following} for what is done next, {result.winning} for what comes of it.", ""]
    return [*lines, *(f"- {one}" for one in result.notes)]


def say(stage: str) -> None:
    """Progress, beside the answer."""
    print(stage, file=sys.stderr, flush=True)


def write(page: Path, name: str, text: str, day: datetime.date) -> None:
    """Put a part's tables between its two comments."""
    write_measured(page, f"actions {name}", text, f"python -m benchmarks.actions --part {name}", day)


def main() -> int:
    """Print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--part", choices=("loans", "mails", "world", "speed"), help="one part alone")
    parser.add_argument(
        "--leads", type=int, default=0, help="how many leads the synthetic log has (world 40,000, speed 20,000)"
    )
    parser.add_argument("--epochs", type=int, default=100, help="how long the network may learn")
    parser.add_argument("--every", type=int, default=1, help="read every so many-th loan alone, for a quick look")
    parser.add_argument("--without-network", action="store_true")
    asked = parser.parse_args()
    network = NetworkSettings(epochs=asked.epochs)
    base = RecommenderSettings(network=network)
    names = tuple(one for one in base.competitors if one != "network" or not asked.without_network)
    settings = RecommenderSettings(network=network, competitors=names, within_days=60)
    loans, mails = find_data(LOANS), find_data(MAILS)
    parts = {
        "loans": lambda: measure_loans(loans, settings, asked.every) if loans else None,
        "mails": lambda: measure_mails(mails, settings) if mails else None,
        "world": lambda: measure_world(settings, asked.leads or 40_000),
        "speed": lambda: measure_speed(settings, asked.leads or 20_000),
    }
    for name, take in parts.items():
        if asked.part not in (None, name):
            continue
        text = take()
        if text is None:
            print(why_absent(LOANS if name == "loans" else MAILS))
            continue
        print(f"\n## {name}\n\n{text}", flush=True)
        if asked.write:
            write(PAGE, name, text, datetime.datetime.now(datetime.UTC).date())
    return 0


if __name__ == "__main__":
    sys.exit(main())
