"""What following fed-back outcomes gains between trainings: the bank leads in time order, five blocks, each by its own version.

    python -m benchmarks.recalibration FOLDER

Each block of a tenth of the leads is predicted by a version trained on everything before it, as in the accuracy benchmark, and
its outcomes are then told batch by batch: by the day of the week that the file gives (a new day whenever that changes), and
every so many leads. What is said of a lead is moved by the batches before its own alone. Versions are kept in the folder, so
that a second run takes seconds.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.accuracy import ours
from benchmarks.accuracy.protocols import SETS, Leads, load_text
from benchmarks.public_data import find_data, why_absent
from leadloop.learning.evaluation import area_under_curve, calibration_error, log_loss
from leadloop.learning.recalibration import follow_outcomes


def batches_of(leads: Leads) -> Mapping[str, np.ndarray]:
    """The batches in which outcomes are told: a number a lead, by the name of the way."""
    day, month = np.array(leads.column("day_of_week")), np.array(leads.column("month"))
    new_day = np.cumsum(np.concatenate([[False], (day[1:] != day[:-1]) | (month[1:] != month[:-1])]))
    order = {name: place for place, name in enumerate(("mon", "tue", "wed", "thu", "fri"))}
    place = np.array([order[name] for name in day])
    new_week = np.cumsum(np.concatenate([[False], (np.diff(place) < 0) | (month[1:] != month[:-1])]))
    count = np.arange(len(leads))
    return {"calendar day": new_day, "100 leads": count // 100, "300 leads": count // 300, "calendar week": new_week}


def main() -> None:
    """Train what is missing, follow, and print a line for each way to tell outcomes."""
    folder = Path(sys.argv[1])
    data_set = next(one for one in SETS if one.name == "bank")
    files = [path for name in data_set.files if (path := find_data(name)) is not None]
    if len(files) < len(data_set.files):
        sys.exit(why_absent(data_set.files[0]))
    leads = data_set.read(*(load_text(file) for file in files))
    drafted = ours.draft(data_set, leads, files, folder / "drafted")
    blocks = data_set.split(leads)
    said = []
    for number, block in enumerate(blocks):
        own = folder / f"b{number}"
        if not (own / "scores.csv").exists():
            ours.write_files(own, drafted, leads, block, None)
            subprocess.run(
                [sys.executable, "-m", "benchmarks.accuracy.ours", str(own)], check=True, capture_output=True
            )
        said.append(ours.read_probabilities(own))
    outcomes = [leads.won[block.test].astype(float) for block in blocks]
    print(f"{'outcomes told by':16}{'AUC':>8}{'log-loss':>10}{'calibration error':>20}")
    _tell("never", said, outcomes)
    for name, batches in batches_of(leads).items():
        moved = [
            follow_outcomes(given, won, batches[block.test]).probabilities
            for given, won, block in zip(said, outcomes, blocks, strict=True)
        ]
        _tell(name, moved, outcomes)


def _tell(name: str, said: list[np.ndarray], outcomes: list[np.ndarray]) -> None:
    figures = [
        np.mean([measure(won, given) for won, given in zip(outcomes, said, strict=True)])
        for measure in (area_under_curve, log_loss, calibration_error)
    ]
    print(f"{name:16}{figures[0]:8.4f}{figures[1]:10.4f}{figures[2]:20.4f}")


if __name__ == "__main__":
    main()
