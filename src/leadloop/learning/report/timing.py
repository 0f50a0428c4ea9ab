"""When leads are won: how good the days and chances by horizon are, and each band's promise along time beside what came."""

from __future__ import annotations

from leadloop.learning.evaluation.timing import TimingQuality
from leadloop.learning.report.marks import Plot, round_up
from leadloop.learning.report.parts import Pictures, Section, Table, Words
from leadloop.learning.report.picture import Picture, compose
from leadloop.learning.report.report import TrainingReport
from leadloop.learning.report.words import beside, count, figure, number, percent, rate, span

_MOST_CURVES = 4
_INTENDED = 0.8


def timing_section(report: TrainingReport) -> Section | None:
    """What can be said of times, and how far it holds; nothing where the playbook did not ask."""
    quality = report.timing
    if quality is None:
        return None
    parts: list[Words | Table | Pictures] = [_published(quality)]
    if quality.measures:
        parts += [_measures(report, quality), _horizons(report, quality), *_coverage(quality)]
    if timing_picture(report) is not None:
        parts.append(Pictures(("days",), (), titled=True))
    return Section("timing", "When leads are won", tuple(parts))


def _published(quality: TimingQuality) -> Words:
    if quality.published == "none":
        return Words(
            f"Scores of this version say nothing of when a lead is won: {quality.why}. Probabilities and scores are not "
            "touched by it.",
            warning=True,
        )
    always = (
        "The chance of being won within some days is the probability, times the share of won leads that are won by then: it "
        "rises with time and ends at most at the probability. Leads that are still open were followed until the newest time "
        "in the file and no further; lost leads are never won."
    )
    if quality.published == "the same for all":
        return Words(f"Every lead is told the same days, its own probability aside: {quality.why}. {always}")
    return Words(f"Days differ by lead. {always}")


def _measures(report: TrainingReport, quality: TimingQuality) -> Table:
    names = tuple(dict.fromkeys(name for measure in quality.measures for name in measure.baselines))
    rows = tuple(
        (
            measure.name,
            figure(measure, measure.value),
            span(measure),
            *(figure(measure, measure.baselines.get(name, float("nan"))) for name in names),
            beside(measure),
            measure.meaning + ("" if measure.higher_is_better else "; smaller is better"),
        )
        for measure in quality.measures
    )
    return Table(
        _where(report, quality),
        ("measure", "times", "95% interval", *names, "beside the baselines", "what it means"),
        rows,
        numeric=frozenset(range(1, 3 + len(names))),
    )


def _horizons(report: TrainingReport, quality: TimingQuality) -> Table:
    rows = tuple(
        (
            f"{line.days}",
            count(line.leads),
            rate(line.promised) if line.leads else "–",
            rate(line.observed) if line.leads else "–",
            f"{percent(line.low, 1)} to {percent(line.high, 1)}" if line.leads else "–",
            number(line.brier),
            number(line.without),
        )
        for line in quality.horizons
    )
    synthetic = "Synthetic data. " if report.synthetic else ""
    return Table(
        f"{synthetic}Test leads that were followed for so many days; where there are none, the chance could not be tested.",
        ("days", "leads", "promised", "won by then", "95% interval", "Brier score", "without features"),
        rows,
        numeric=frozenset(range(7)),
    )


def _coverage(quality: TimingQuality) -> tuple[Words, ...]:
    if quality.covered is None:
        return ()
    held, leads, low, high = quality.covered
    text = (
        f"Of {count(leads, 'won test lead')}, {percent(held / leads)} were won between the earliest and the latest day told "
        f"(95% interval {percent(low)} to {percent(high)}); {percent(_INTENDED)} is what is meant. Young leads are measured by "
        "the days that they could have had."
    )
    if high < _INTENDED:
        return (Words(f"{text} These spans are too narrow.", warning=True),)
    return (Words(text),)


def _where(report: TrainingReport, quality: TimingQuality) -> str:
    text = f"Test leads, those still open among them; {count(quality.dated)} won on a known day."
    return f"Synthetic data. {text}" if report.synthetic else text


def timing_picture(report: TrainingReport) -> Picture | None:
    """The chance of being won by each day, band by band, and the share that was."""
    quality = report.timing
    if quality is None or not quality.curves:
        return None
    curves = quality.curves[:_MOST_CURVES]
    last = max(curve.points[-1][0] for curve in curves)
    top = min(1.0, round_up(max(0.01, *(max(told, came) for curve in curves for _, told, came in curve.points))))
    plot = Plot(last, top)
    shapes = plot.frame(
        "days since the lead came in",
        "share won by then",
        rightward=lambda day: f"{day:g}",
        across_at=[round(last * part / 4) for part in range(5)],
    )
    for curve in curves:
        told = [(0.0, 0.0), *((day, share) for day, share, _ in curve.points)]
        came = [(0.0, 0.0), *((day, share) for day, _, share in curve.points)]
        shapes += [
            plot.line(came, "chance"),
            plot.line(told, "curve"),
            plot.label(*told[-1], curve.band, "strong", "end", shift=(-4, -6)),
        ]
    return compose(
        report,
        "days",
        "Won by each day, band by band",
        "Lines are what was promised, dashes what came; leads leave the count when they are no longer followed.",
        "; ".join(
            f"{curve.band}: promised {rate(curve.points[-1][1])} within {last:g} days, {rate(curve.points[-1][2])} came"
            for curve in curves
        )
        + ".",
        shapes,
        leads=_where(report, quality).removeprefix("Synthetic data. "),
    )
