"""Call-qualified B2B leads: what it costs to turn them into features, for one lead and in bulk, notes of 300 words included.

    python -m benchmarks.b2b

The leads are those of the simulated world of calls and the features those of the packaged playbook `b2b_calls`, for its main
target alone and for all its targets together; each note is lengthened by that of another lead to about 300 words, so that none
comes twice. Times are CPU seconds of one thread, the least of some rounds, so that a busy machine counts little.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"

import argparse
import platform
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl

from leadloop.features import FeatureSet
from leadloop.features.functions import FunctionsBlock
from leadloop.features.shared import SharedFeatures
from leadloop.features.text import TextBlock
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.leads import LeadFrame
from leadloop.simulate import WORLDS

ROUNDS = 7
LEARNED = 3_000


OUTCOMES = {"progression": "progressed", "voice_ai_fit": "voice_ai_fit"}


def fit_on_calls(leads: int) -> tuple[dict[str, FeatureSet], pl.DataFrame]:
    """The features of each target of the playbook, fitted on simulated calls, and later calls to try them on."""
    folder = read_playbook("b2b_calls")
    part = next(
        WORLDS["b2b_calls"].stream(LEARNED + leads, LEARNED + leads, seed=5, start=datetime(2025, 1, 6, tzinfo=UTC))
    )
    notes = part.leads["call_notes"]
    longer = part.leads.with_columns((notes + "\n" + notes.reverse().fill_null("Left a message.")).alias("call_notes"))
    frame = folder.playbook.scoring_schema.read(longer).leads
    learned = LeadFrame(frame.schema, frame.data[:LEARNED], frame.lines[:LEARNED])
    sets = {}
    for target in folder.playbook.targets:
        won = (part.outcomes[OUTCOMES[target.name]] == "Yes").to_numpy().astype(float)[:LEARNED]
        playbook = folder.playbook.aimed_at(target.name)
        sets[target.name], _ = FeatureSet.fit(
            playbook, learned, won, np.arange(LEARNED) % 5, functions=folder.functions
        )
    return sets, frame.data[LEARNED:].rechunk()


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=4_000, help="how many leads are scored in bulk")
    sets, data = fit_on_calls(parser.parse_args().leads)
    main_target, features = next(iter(sets.items()))
    words = np.mean([len(note.split()) for note in data["call_notes"].drop_nulls().to_list()])
    texts = sum(isinstance(block, TextBlock) for block in features.blocks)
    functions = sum(len(block.functions) for block in features.blocks if isinstance(block, FunctionsBlock))
    read = f"{texts} texts, {functions} functions, {len(features.columns)} columns"
    print(f"{data.height:,} leads, notes of {words:.0f} words, {read}")
    machine = platform.processor() or platform.machine()
    print(f"{machine}, Python {platform.python_version()}, Polars {pl.__version__}, one thread")
    notes = data["call_notes"].drop_nulls().to_list()
    split = re.compile(r"\w+").findall
    words_alone = _least(lambda: [Counter(split(note.lower())) for note in notes], ROUNDS) / len(notes)
    print(f"for comparison, the words of a note counted in Python: {words_alone * 1e6:.0f} microseconds")
    _measure(f"features of {main_target}", features.matrix, data)
    _measure(f"features of {' and '.join(sets)}", SharedFeatures(sets).matrices, data)


def _measure(name: str, work: Callable[[pl.DataFrame], object], data: pl.DataFrame) -> None:
    """Time the work in bulk and on single leads, and print both."""
    bulk = _least(lambda: work(data), ROUNDS) / data.height
    ones = [data[place : place + 1] for place in range(0, data.height, max(1, data.height // 200))]
    for one in ones[:20]:
        work(one)
    alone = sorted(_least(lambda one=one: work(one), 5) for one in ones)  # type: ignore[misc]
    print(f"{name}, in bulk: {1 / bulk:,.0f} rows/s, {bulk * 1e6:.0f} microseconds a row")
    middle, slow = alone[len(alone) // 2] * 1e6, alone[int(len(alone) * 0.95)] * 1e6
    print(f"{name}, one row: {middle:,.0f} microseconds, {slow:,.0f} for the slowest 5%")


def _least(work: Callable[[], object], rounds: int) -> float:
    """CPU seconds of the quickest round."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


if __name__ == "__main__":
    main()
