"""Text: what it costs to read notes of 300 words, for one lead and in bulk, beside other ways to find the same phrases.

    python -m benchmarks.text

The notes are made up from a seed; sixty lists of phrases are looked for in them (`benchmarks.notes`). Times are CPU seconds of
one thread, and all ways take turns within a round, of which the least counts, so that a busy machine slows none of them alone.
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

import numpy as np
import polars as pl

from benchmarks.notes import PHRASES, make_notes
from leadloop.features.phrases import PhraseLists
from leadloop.features.text import TextBlock
from leadloop.features.word_forms import word_forms

ROUNDS = 5
FINDS = ("budget", "timeline", "employees", "meeting", "pricing", "actions", "questions")
Way = Callable[[list[str]], object]


def ways_of(notes: list[str]) -> dict[str, tuple[Way, int]]:
    """Each way to read texts, and on how many texts it is timed in bulk."""
    won = (np.random.default_rng(1).random(len(notes)) < 0.3).astype(float)
    data = pl.DataFrame({"notes": notes})

    def block(**asked: object) -> Way:
        made, _ = TextBlock.fit(data, "notes", won, phrases=PHRASES, **asked)  # type: ignore[arg-type]
        return lambda texts: made.values(pl.DataFrame({"notes": texts}))

    lists = PhraseLists.from_mapping(PHRASES)
    first = {
        re.findall(r"\w+", phrase.lower())[0]: number
        for number, phrases in enumerate(lists.phrases)
        for phrase in phrases
    }
    one_word = {form: number for word, number in first.items() for form in word_forms(word)}
    patterns = [
        re.compile(r"\b" + r"\W+".join(map(re.escape, re.findall(r"\w+", phrase))) + r"\b", re.IGNORECASE)
        for phrases in lists.phrases
        for phrase in phrases
    ]
    frame = pl.DataFrame({"word": list(one_word), "list": list(one_word.values())})

    def tight(texts: list[str]) -> list[Counter[int]]:
        """Words and one look-up each, no more: phrases of one word, no noes, no figures."""
        split = re.compile(r"\w+").findall
        return [Counter(one_word[word] for word in split(text.lower()) if word in one_word) for text in texts]

    def joined(texts: list[str]) -> pl.DataFrame:
        """The same by Polars, for all texts at once."""
        words = pl.DataFrame({"text": texts}).with_row_index()
        split = words.select("index", pl.col("text").str.to_lowercase().str.extract_all(r"\w+").alias("word"))
        return split.explode("word").join(frame, on="word").group_by("index", "list").len()

    count = len(notes)
    return {
        "everything: writing, 60 lists, log-odds of words": (block(), count),
        "  and 100 terms by TF-IDF": (block(terms=100), count),
        f"  and {len(FINDS)} kinds of facts": (block(finds=FINDS), count // 2),
        "a pattern a phrase, phrases alone": (lambda texts: [[len(p.findall(t)) for p in patterns] for t in texts], 60),
        "limit: words and a look-up each, Python": (tight, count),
        "limit: words and a join, Polars": (joined, count),
    }


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=2_000, help="how many notes")
    notes = make_notes(parser.parse_args().notes)
    words = np.mean([len(note.split()) for note in notes])
    print(f"{len(notes):,} notes of {words:.0f} words, {len(PHRASES)} lists of phrases")
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, one thread"
    )
    ways = ways_of(notes)
    bulk, one = dict.fromkeys(ways, float("inf")), dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, (way, count) in ways.items():
            bulk[name] = min(bulk[name], _seconds(way, notes[:count]) / count)
            for note in notes[:40]:
                one[name] = min(one[name], _seconds(way, [note]))
    print(f"\n{'':52} rows/s in bulk   us for one row")
    for name in ways:
        print(f"{name:52} {1 / bulk[name]:14,.0f} {one[name] * 1e6:16,.0f}")


def _seconds(way: Way, texts: list[str]) -> float:
    start = time.process_time()
    way(texts)
    return time.process_time() - start


if __name__ == "__main__":
    main()
