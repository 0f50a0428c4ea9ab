"""The main job on real public data: draft and train, each set in a process of its own, and one table of what came of it.

    python -m benchmarks.main_job
    python -m benchmarks.main_job --only x_education

Nothing is tuned to these sets: every run is what `leadloop draft` and `leadloop train` do with their defaults. Sets that
are not on this machine are skipped, with a word on where to get them.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.public_data import find_data, why_absent

LATER = "known at the outcome"


@dataclass
class Outcome:
    """What came of one data set: figures are None where a step was not asked for."""

    name: str
    leads: int = 0
    test_leads: int = 0
    auc: float | None = None
    auc_low: float | None = None
    auc_high: float | None = None
    log_loss: float | None = None
    prior_log_loss: float | None = None
    calibration_error: float | None = None
    draft_seconds: float = 0.0
    train_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_mb: float = 0.0
    found: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One data set: its files, the fields that only the outcome fills, and how the main job is run on it."""

    name: str
    files: tuple[str, ...]
    leaks: frozenset[str]
    run: Callable[[Case, Path], Outcome]


def _prepare(case: Case, folder: Path) -> list[Path]:
    """The data files under plain names in a folder of their own (the names of playbooks come from them)."""
    paths = []
    for name in case.files:
        source = find_data(name)
        assert source is not None
        path = folder / f"{case.name}{'' if not paths else '_outcomes'}.csv"
        path.write_bytes(gzip.decompress(source.read_bytes()))
        paths.append(path)
    return paths


def _draft(case: Case, outcome: Outcome, data: Path, target: str, **more: object) -> Path:
    import leadloop

    started = time.perf_counter()
    drafted = leadloop.draft(data, target, to=data.parent / "playbook", **more)  # type: ignore[arg-type]
    outcome.draft_seconds = time.perf_counter() - started
    playbook = drafted.draft.playbook
    later = {f.name for f in playbook.schema.fields if not playbook.schema.is_known(f.name, playbook.scores_at)}
    later -= {playbook.target.column, playbook.target.at}
    outcome.found = sorted(case.leaks & later)
    outcome.not_found = sorted(case.leaks - later - {playbook.target.column, playbook.target.at})
    outcome.false_alarms = sorted(later - case.leaks)
    return drafted.folder


def _train(outcome: Outcome, playbook: Path, data: Path, **more: object) -> None:
    import leadloop

    started = time.perf_counter()
    result = leadloop.train(playbook, data, workspace=data.parent, **more)  # type: ignore[arg-type]
    outcome.train_seconds += time.perf_counter() - started
    report = result.report
    outcome.leads, outcome.test_leads = report.data.used, report.split.test.leads
    auc, loss = report.measure("AUC"), report.measure("log-loss")
    outcome.auc, outcome.auc_low, outcome.auc_high = auc.value, auc.low, auc.high
    outcome.log_loss, outcome.prior_log_loss = loss.value, loss.baselines["prior"]
    outcome.calibration_error = report.measure("calibration error").value
    outcome.cpu_seconds += report.seconds["CPU"]


def _x_education(case: Case, folder: Path) -> Outcome:
    """Oldest 70% to newest 30% by `Lead Number`, which is what the draft proposes by itself."""
    outcome = Outcome(case.name)
    (data,) = _prepare(case, folder)
    playbook = _draft(case, outcome, data, "Converted")
    _train(outcome, playbook, data)
    return outcome


def _bank(case: Case, folder: Path) -> Outcome:
    """Rolling origin: five test blocks of 10% from the middle of the file on, each trained on everything before it."""
    outcome = Outcome(case.name)
    (data,) = _prepare(case, folder)
    playbook = _draft(case, outcome, data, "y")
    settings = (playbook / "playbook.toml").read_text(encoding="utf-8")
    lines = data.read_bytes().splitlines(keepends=True)
    header, rows = lines[0], lines[1:]
    blocks = []
    for block in range(5):
        end = round(len(rows) * (0.6 + 0.1 * block))
        part = folder / f"until_{block}.csv"
        part.write_bytes(header + b"".join(rows[:end]))
        share = 0.1 / (0.6 + 0.1 * block)
        (playbook / "playbook.toml").write_text(
            settings.replace("test_share = 0.3", f"test_share = {share:.6f}"), encoding="utf-8"
        )
        _train(outcome, playbook, part, promote=False)
        blocks.append((outcome.auc, outcome.log_loss, outcome.calibration_error, outcome.prior_log_loss))
        outcome.notes.append(
            f"block {block + 1}: AUC {outcome.auc:.3f}, log-loss {outcome.log_loss:.3f}, {outcome.test_leads:,} test leads"
        )
    mean = [sum(figures) / len(blocks) for figures in zip(*blocks, strict=True)]
    outcome.auc, outcome.log_loss, outcome.calibration_error, outcome.prior_log_loss = mean
    outcome.auc_low = outcome.auc_high = None
    outcome.notes.append("the figures are means over the five blocks")
    return outcome


def _olist(case: Case, folder: Path) -> Outcome:
    """Two files, the second with the winners alone; then the trap: both joined beforehand into one."""
    import leadloop

    outcome = Outcome(case.name)
    leads, deals = _prepare(case, folder)
    playbook = _draft(case, outcome, leads, "", outcomes=deals, on="mql_id")
    _train(outcome, playbook, leads, outcomes=deals)
    won = {row["mql_id"]: row for row in csv.DictReader(io.StringIO(deals.read_text(encoding="utf-8")))}
    names = [name for name in next(iter(won.values())) if name != "mql_id"]
    joined = folder / "joined.csv"
    with joined.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        reader = csv.DictReader(io.StringIO(leads.read_text(encoding="utf-8")))
        writer.writerow([*(reader.fieldnames or ()), *names, "won"])
        for row in reader:
            deal = won.get(row["mql_id"])
            writer.writerow([*row.values(), *(deal[name] if deal else "" for name in names), int(deal is not None)])
    playbook = leadloop.draft(joined, "won", to=folder / "joined_playbook").draft.playbook
    trap = [name for name in names if playbook.schema.is_known(name, playbook.scores_at) and playbook.schema[name].use]
    outcome.notes.append(
        "joined beforehand into one file: every column of the deals is left out"
        if not trap
        else f"joined beforehand into one file: still usable are {', '.join(trap)}"
    )
    return outcome


def _raop(case: Case, folder: Path) -> Outcome:
    """Oldest 70% to newest 30% by the time of the request; text with line breaks inside quotes."""
    outcome = Outcome(case.name)
    (data,) = _prepare(case, folder)
    playbook = _draft(case, outcome, data, "requester_received_pizza")
    _train(outcome, playbook, data)
    return outcome


CASES = (
    Case(
        "x_education",
        ("x_education_leads.csv.gz",),
        frozenset(
            {
                "Tags",
                "Lead Quality",
                "Lead Profile",
                "Asymmetrique Activity Index",
                "Asymmetrique Profile Index",
                "Asymmetrique Activity Score",
                "Asymmetrique Profile Score",
                "Last Activity",
                "Last Notable Activity",
            }
        ),
        _x_education,
    ),
    Case("bank", ("bank-additional-full.csv.gz",), frozenset({"duration"}), _bank),
    Case(
        "olist",
        ("olist_marketing_qualified_leads_dataset.csv.gz", "olist_closed_deals_dataset.csv.gz"),
        frozenset(
            {
                "seller_id",
                "sdr_id",
                "sr_id",
                "won_date",
                "business_segment",
                "lead_type",
                "lead_behaviour_profile",
                "has_company",
                "has_gtin",
                "average_stock",
                "business_type",
                "declared_product_catalog_size",
                "declared_monthly_revenue",
            }
        ),
        _olist,
    ),
    Case(
        "raop",
        ("raop_requests.csv.gz",),
        frozenset(
            {
                "requester_user_flair",
                "giver_username_if_known",
                "request_text",
                "post_was_edited",
                "number_of_downvotes_of_request_at_retrieval",
                "number_of_upvotes_of_request_at_retrieval",
                "request_number_of_comments_at_retrieval",
                "requester_account_age_in_days_at_retrieval",
                "requester_days_since_first_post_on_raop_at_retrieval",
                "requester_number_of_comments_at_retrieval",
                "requester_number_of_comments_in_raop_at_retrieval",
                "requester_number_of_posts_at_retrieval",
                "requester_number_of_posts_on_raop_at_retrieval",
                "requester_upvotes_minus_downvotes_at_retrieval",
                "requester_upvotes_plus_downvotes_at_retrieval",
            }
        ),
        _raop,
    ),
)


def _run_here(case: Case) -> None:
    """Run one case in this process and print what came of it as JSON."""
    from leadloop.flows.place.stopwatch import peak_memory_mb

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        outcome = case.run(case, Path(folder))
    outcome.peak_memory_mb = peak_memory_mb()
    print(json.dumps(asdict(outcome)))


def _figure(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _print(outcomes: list[Outcome]) -> None:
    print()
    print("| data | leads | test | AUC (95%) | log-loss (prior) | calib. error | draft s | train s | CPU s | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for o in outcomes:
        interval = "" if o.auc_low is None else f" ({_figure(o.auc_low)} to {_figure(o.auc_high)})"
        print(
            f"| {o.name} | {o.leads:,} | {o.test_leads:,} | {_figure(o.auc)}{interval} | {_figure(o.log_loss)} "
            f"({_figure(o.prior_log_loss)}) | {_figure(o.calibration_error)} | {o.draft_seconds:.1f} | {o.train_seconds:.1f} "
            f"| {o.cpu_seconds:.1f} | {o.peak_memory_mb:,.0f} |"
        )
    print()
    for o in outcomes:
        total = len(o.found) + len(o.not_found)
        print(f"{o.name}: found {len(o.found)} of {total} fields that only the outcome fills", end="")
        print(f"; missed {', '.join(o.not_found)}" if o.not_found else "", end="")
        print(f"; false alarms: {', '.join(o.false_alarms)}" if o.false_alarms else "; no false alarm")
        for note in o.notes:
            print(f"  {note}")


def main() -> None:
    """Run every case whose data are here, each in a process of its own, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[case.name for case in CASES], action="append", help="run only this set")
    parser.add_argument("--here", choices=[case.name for case in CASES], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        _run_here(next(case for case in CASES if case.name == options.here))
        return
    outcomes, failed = [], False
    for case in CASES:
        if options.only and case.name not in options.only:
            continue
        absent = [name for name in case.files if find_data(name) is None]
        if absent:
            print(f"{case.name}: skipped: {why_absent(absent[0])}")
            continue
        print(f"{case.name}: running", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.main_job", "--here", case.name],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            failed = True
            print(f"{case.name}: failed\n{done.stderr[-3000:]}")
            continue
        outcomes.append(Outcome(**json.loads(done.stdout.splitlines()[-1])))
    if outcomes:
        _print(outcomes)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
