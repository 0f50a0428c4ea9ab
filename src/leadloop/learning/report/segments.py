"""Segments: which of them are scored by a model of their own, and what that is worth on leads nobody had seen."""

from __future__ import annotations

from leadloop.learning.report.parts import Section, Table, Words
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.words import count, number, percent, where


def segments_section(report: TrainingReport) -> Section | None:
    """What was decided for each segment, on held-out training leads, and how it did on the test leads; None without any."""
    if not report.segments:
        return None
    own = [line.segment for line in report.segments if line.serves]
    rows = tuple(
        (
            line.segment,
            count(line.leads),
            count(round(line.positives)),
            f"own ({percent(line.share)})" if line.serves else "of all leads",
            "–" if line.gain != line.gain else f"{line.gain:+.4f} ({line.low:+.4f} to {line.high:+.4f})",
            line.reason,
            count(line.test_leads),
            number(line.test_loss),
            number(line.test_loss_pooled),
        )
        for line in report.segments
    )
    headings = (
        "segment", "training leads", "won", "scored by the model", "gain", "why",
        "test leads", "log-loss", "by the model of all leads",
    )  # fmt: skip
    said = (
        "A segment is scored by a model of its own only where that predicted held-out blocks of training leads better than "
        "the model of all leads by more than chance explains; the percentage is how much its own models are heard beside "
        "those of all leads. The gain is how far log-loss fell, with its 90% interval."
    )
    outcome = f"{', '.join(own)}: of their own." if own else "No segment is better off with a model of its own."
    table = Table(where(report), headings, rows, numeric=frozenset({1, 2, 6, 7, 8}), names=frozenset({0}))
    return Section("segments", "Segments, and which have models of their own", (Words(said), Words(outcome), table))
