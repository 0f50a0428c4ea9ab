"""What stands in a training report, section by section, before it becomes a page or Markdown.

Both are made from this one outline, so that they say the same.
"""

from __future__ import annotations

from leadloop.learning.report.capacity import capacity_section
from leadloop.learning.report.champion import champion_section
from leadloop.learning.report.composed import composed_section
from leadloop.learning.report.dependence import dependence_section
from leadloop.learning.report.drift import drift_section
from leadloop.learning.report.importance import importance_section
from leadloop.learning.report.learning_curves import learning_parts
from leadloop.learning.report.parts import MOST_ROWS, Pictures, Section, Table, Words, cut
from leadloop.learning.report.report import Part, TrainingReport
from leadloop.learning.report.segments import segments_section
from leadloop.learning.report.slices import slices_section
from leadloop.learning.report.timing import timing_section
from leadloop.learning.report.words import (
    beside,
    change_of_base_rate,
    count,
    figure,
    maybe_open,
    number,
    percent,
    promised,
    rate,
    sentence,
    span,
    trusted_fields,
    where,
)
from leadloop.learning.report.worth import worth_section

__all__ = ["MOST_ROWS", "Pictures", "Section", "Table", "Words", "outline"]

_GRAVITY = {"blocks": "blocks training", "warns": "worth a look"}


def outline(report: TrainingReport) -> tuple[Section, ...]:
    """Every section of the report after its opening answer, in reading order."""
    sections = (
        composed_section(report),
        _quality(report),
        champion_section(report),
        capacity_section(report),
        _order(report),
        _calibration(report),
        _bands(report),
        timing_section(report),
        worth_section(report),
        slices_section(report),
        segments_section(report),
        importance_section(report),
        dependence_section(report),
        _data(report),
        drift_section(report),
        _learners(report),
        _leakage(report),
        _left_out(report),
        _guesses(report),
        _making(report),
    )
    return tuple(section for section in sections if section is not None)


def _quality(report: TrainingReport) -> Section:
    baselines = tuple(dict.fromkeys(name for measure in report.measures for name in measure.baselines))
    rows = tuple(
        (
            measure.name,
            figure(measure, measure.value),
            span(measure),
            *(figure(measure, measure.baselines.get(name, float("nan"))) for name in baselines),
            beside(measure),
            measure.meaning + ("" if measure.higher_is_better else "; smaller is better"),
        )
        for measure in report.measures
    )
    return Section(
        "quality",
        "How good, and compared with what",
        (
            Words(
                "A score has to beat what costs nothing: the majority (every lead gets the commoner outcome), the prior "
                "(every lead gets the average rate), and rules where there are some. A baseline counts as beaten when it "
                "lies outside the 95% interval."
                if baselines
                else "No baseline was measured for this version."
            ),
            Table(
                where(report),
                ("measure", "scores", "95% interval", *baselines, "beside the baselines", "what it means"),
                rows,
                numeric=frozenset(range(1, 3 + len(baselines))),
            ),
        ),
    )


def _order(report: TrainingReport) -> Section:
    return Section("order", "How well won leads are told from lost ones", (Pictures(("roc", "precision-recall")),))


def _calibration(report: TrainingReport) -> Section:
    both = promised(report)
    words = []
    if both is not None:
        words.append(
            Words(f"On the whole, {rate(both[0])} of the test leads were promised to convert, and {rate(both[1])} did.")
        )
    if report.calibration:
        words.append(Words(sentence(f"Calibration: {report.calibration}")))
    if report.interval_note:
        words.append(Words(sentence(f"Intervals of single leads: {report.interval_note}")))
    words += _coverage(report)
    groups = Table(
        where(report),
        ("group", "leads", "promised", "won", "95% interval"),
        tuple(
            (
                str(place),
                count(leads),
                percent(mean, 1),
                percent(observed, 1),
                f"{percent(low, 1)} to {percent(high, 1)}",
            )
            for place, (mean, observed, low, high, leads) in enumerate(report.curves.calibration, start=1)
        ),
        numeric=frozenset(range(1, 5)),
        folded="The numbers in the picture",
    )
    return Section(
        "calibration",
        "Calibration: whether a probability means what it says",
        (Pictures(("calibration",), tuple(words)), groups),
    )


def _coverage(report: TrainingReport) -> list[Words]:
    """How well the intervals of single leads held, beside what chance allows."""
    held = report.coverage
    if held is None or not held.groups:
        return []
    text = (
        f"In {held.held} of {count(held.groups, 'group')} of test leads of like probability, the share that was won lies "
        f"within the mean interval ({percent(held.share)}; 95% interval {percent(held.low)} to {percent(held.high)}). With "
        f"probabilities that are exactly right it would be {number(held.expected, 1)} of them on average, and between "
        f"{held.expected_low} and {held.expected_high} in 95 of 100 such files: a group is won by chance, too."
    )
    if held.held < held.expected_low:
        return [Words(f"{text} That is fewer than chance explains: these intervals are too narrow.", warning=True)]
    return [Words(text)]


def _bands(report: TrainingReport) -> Section:
    rows = tuple(
        (
            band.name,
            number(band.lowest, 0),
            band.route,
            count(band.leads),
            percent(band.share, 1),
            percent(band.wanted_share),
            percent(band.observed, 1) if band.leads else "–",
            f"{percent(band.low, 1)} to {percent(band.high, 1)}" if band.leads else "–",
            percent(band.probability, 1) if band.leads else "–",
        )
        for band in report.bands
    )
    headings = ("band", "score from", "route", "leads", "share", "wanted", "won", "95% interval", "promised")
    return Section(
        "bands",
        "Bands: as many leads as wanted, and as many won as promised",
        (
            Pictures(
                ("bands",),
                (
                    Words("A band is a range of scores, and each band has a route: what happens to its leads."),
                    *_whose_bands(report),
                    *_misplaced(report),
                ),
            ),
            Table(where(report), headings, rows, numeric=frozenset({1, 3, 4, 5, 6, 7, 8}), names=frozenset({0, 2})),
        ),
    )


def _whose_bands(report: TrainingReport) -> tuple[Words, ...]:
    if report.score is None:
        return ()
    said = f"Bands go by the composed score; what was won and promised here is “{report.target}”."
    return (Words(said),)


def _misplaced(report: TrainingReport) -> tuple[Words, ...]:
    """Bands that held far from their share of the test leads, or less often won than the band below."""
    words = []
    for band in report.bands:
        if abs(band.share - band.wanted_share) > max(0.05, 0.3 * band.wanted_share):
            words.append(
                Words(
                    f"“{band.name}” held {percent(band.share)} of the test leads instead of {percent(band.wanted_share)}: "
                    "newer leads score differently from those the bands were set on.",
                    warning=True,
                )
            )
    for upper, lower in zip(report.bands, report.bands[1:], strict=False):
        if upper.leads and lower.leads and upper.observed < lower.observed:
            words.append(
                Words(
                    f"“{lower.name}” was won more often than “{upper.name}” above it: the order failed here.",
                    warning=True,
                )
            )
    return tuple(words)


def _data(report: TrainingReport) -> Section:
    data, split = report.data, report.split
    rows = (
        ("read", count(data.rows), "–", "lines of the sources"),
        ("rejected", count(data.rejected), "–", "could not be read as a lead"),
        *(
            (("repeated", count(data.copies), "–", "the same lead again in every field, kept once"),)
            if data.copies
            else ()
        ),
        ("still open", count(data.open), "–", "no outcome yet, so nothing to learn from"),
        ("used", count(data.used), rate(data.base_rate), "leads with an outcome"),
        _part("learned from", split.train),
        _part("tested on", split.test),
    )
    changed = change_of_base_rate(report) or maybe_open(report)
    sources = ", ".join(data.sources) or "unnamed"
    return Section(
        "data",
        "The leads and how they were split",
        (
            Words(sentence(f"From {sources}. {sentence(split.how)}")),
            *((Words(changed, warning=True),) if changed else ()),
            Table("", ("leads", "count", "won", "which"), rows, numeric=frozenset({1, 2})),
        ),
    )


def _part(name: str, part: Part) -> tuple[str, ...]:
    span = " to ".join(end for end in (part.first, part.last) if end)
    return name, count(part.leads), rate(part.base_rate), f"{count(part.positives)} won{f'; {span}' if span else ''}"


def _learners(report: TrainingReport) -> Section:
    rows = tuple(
        (
            line.name,
            percent(line.weight),
            number(line.auc),
            number(line.log_loss),
            f"{number(line.cpu_seconds, 1)} s",
            line.note,
        )
        for line in report.members
    )
    train = report.split.train
    caption = f"Measured on held-out parts of the {count(train.leads, 'training lead')}, never on the test leads."
    if report.synthetic:
        caption = f"Synthetic data. {caption}"
    table = Table(
        caption, ("learner", "weight", "AUC", "log-loss", "CPU time", "note"), rows, numeric=frozenset({1, 2, 3, 4})
    )
    return Section(
        "learners",
        "The learners that competed",
        (
            *((Words(report.judged),) if report.judged else ()),
            *((table,) if rows else (Words("Only one learner was tried, so none had to compete."),)),
            *learning_parts(report),
        ),
    )


def _leakage(report: TrainingReport) -> Section:
    title = "Leakage: fields that may give the outcome away"
    words = Words(
        "Leakage is a field that knows the outcome because it is filled in afterwards. It makes a test look splendid and is "
        "empty when a new lead comes in."
    )
    if not report.findings:
        return Section("leakage", title, (words, Words("Every field was checked; none was found.")))
    rows = tuple(
        (
            line.field,
            line.kind.replace("_", " "),
            _GRAVITY.get(line.severity, line.severity),
            line.evidence,
            line.treatment + (f", because: {line.because}" if line.because else ""),
        )
        for line in report.findings
    )
    trusted = trusted_fields(report)
    warnings = []
    if trusted:
        named = ", ".join(f"“{name}”" for name in trusted)
        warnings.append(
            Words(
                f"In use on somebody's word: {named}. If that was wrong, the figures above are too good.", warning=True
            )
        )
    table = Table("", ("field", "what", "how grave", "evidence", "treatment"), rows, names=frozenset({0}))
    return Section("leakage", title, (words, *warnings, table))


def _left_out(report: TrainingReport) -> Section:
    title = "What was left out, and why"
    rows = tuple((line.field, line.reason) for line in report.left_out)
    if not rows:
        return Section("left-out", title, (Words("Nothing: every field is read by a feature."),))
    table = Table("", ("field", "reason"), rows, names=frozenset({0}))
    return Section("left-out", title, cut(table, MOST_ROWS, "field", "fields"))


def _guesses(report: TrainingReport) -> Section:
    title = "Guesses that nobody confirmed"
    if not report.guesses:
        return Section("guesses", title, (Words("None."),))
    table = Table("", ("field", "guess"), report.guesses, names=frozenset({0}))
    words = Words(
        "The draft guessed these from the data. Confirm or correct them in the playbook; a wrong guess can spoil the scores."
    )
    return Section("guesses", title, (words, *cut(table, MOST_ROWS, "guess", "guesses")))


def _making(report: TrainingReport) -> Section:
    total = report.seconds.get("total", sum(report.seconds.values()))
    rows = [
        ("playbook", report.playbook),
        ("target", report.target),
        *((("further targets", ", ".join(other.target for other in report.others)),) if report.others else ()),
        ("version", report.version),
        ("made at", report.made_at),
        ("data fingerprint", report.data.fingerprint),
        ("time", _time(report, total)),
        ("peak memory", f"{number(report.peak_memory_mb, 0)} MB"),
        *((name, value) for name, value in report.environment.items()),
    ]
    return Section(
        "making",
        "How it was made",
        (*(Words(sentence(note)) for note in report.notes), Table("", ("what", "value"), tuple(rows))),
    )


def _time(report: TrainingReport, total: float) -> str:
    """How long it took by the clock, how much of that was computing, and the stages that took longest by the clock."""
    text = f"{number(total, 1)} s by the clock"
    if "CPU" in report.seconds:
        text += f", {number(report.seconds['CPU'], 1)} s of the processor"
    stages = {name: seconds for name, seconds in report.seconds.items() if name not in ("total", "CPU")}
    longest = ", ".join(f"{name} {number(seconds, 1)} s" for name, seconds in stages.items())
    return f"{text}; longest by the clock: {longest}" if longest else text
