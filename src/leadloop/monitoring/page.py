"""A check as one HTML file: quality, its estimate and drift, with pictures; nothing from outside, no script."""

from __future__ import annotations

from leadloop.learning.report.escape import html_text
from leadloop.learning.report.marks import (
    WIDTH,
    Plot,
    box,
    disc,
    round_between,
    round_up,
    shorten,
    stroke,
    whisker,
    write,
)
from leadloop.learning.report.page import page_head, render_section, render_verdict
from leadloop.learning.report.parts import MOST_ROWS, Pictures, Section, Table, Words, cut
from leadloop.learning.report.picture import Picture
from leadloop.learning.report.words import Verdict
from leadloop.monitoring.check import Check
from leadloop.monitoring.drift import DriftReport, FieldDrift
from leadloop.monitoring.estimate import QualityEstimate
from leadloop.monitoring.quality import QualityReport
from leadloop.monitoring.words import say_share

_DRAWN = 6


def render_check(check: Check, *, synthetic: bool = False) -> str:
    """The page of a check; the same check gives the same bytes, and whatever comes from the data is shown as text."""
    pictures = {one.name: one for one in _pictures(check, synthetic)}
    sections = (
        _quality(check.quality, pictures),
        _estimate(check.estimate),
        _drift(check.drift, pictures),
        _history(check, pictures),
    )
    title = f"{check.playbook}: quality and drift · {check.model_version}"
    banner = ""
    if synthetic:
        title = f"Synthetic data · {title}"
        banner = '<div class="banner" role="note">Synthetic data <span>– it says nothing about real leads.</span></div>'
    links = "".join(f'<li><a href="#{one.key}">{html_text(one.key.capitalize())}</a></li>' for one in sections)
    return "\n".join(
        (
            *page_head(title),
            banner,
            '<header>\n<p class="eyebrow">LeadLoop watch report</p>',
            f"<h1>{html_text(check.playbook)}: quality and drift</h1>",
            f'<p class="meta">Version {html_text(check.model_version)} · {check.at:%Y-%m-%d %H:%M} UTC</p>',
            f'<div class="card alone" id="answer"><div>{render_verdict(judge_check(check))}',
            f'<p class="answer">{html_text(" ".join(tell_check(check)))}</p></div></div>\n</header>',
            f'<nav aria-label="Contents"><ul>{links}</ul></nav>',
            "<main>",
            *(render_section(one, pictures) for one in sections),
            "</main>",
            "<footer>Made by LeadLoop. This file is complete in itself: it loads nothing and runs nothing.</footer>",
            "</body>\n</html>\n",
        )
    )


def judge_check(check: Check) -> Verdict:
    """What is to be made of a check, in a few words."""
    if check.drift.is_alarm:
        return Verdict("stop", "Something changed: look at it, and train again", "")
    if check.drift.level == "noted":
        return Verdict("care", "Small changes, no alarm", "")
    if not check.quality.is_judged and not check.estimate.is_judged:
        return Verdict("care", "Too few leads to judge by", "")
    return Verdict("good", "Quiet: nothing changed that matters", "")


def tell_check(check: Check) -> list[str]:
    """A check in a few sentences."""
    said = []
    quality = check.quality
    area = quality.of("AUC")
    if area is not None:
        whose = f"version {quality.model_version}" if quality.model_version else "whatever served"
        said.append(
            f"Of leads scored from {quality.start:%Y-%m-%d} to before {quality.end:%Y-%m-%d} by {whose}, "
            f"{quality.matured:,} have an outcome: AUC {area.value:.3f} ({area.low:.3f} to {area.high:.3f}); "
            f"{say_share(quality.open_share)} are still open."
        )
    else:
        said.append(quality.note)
    expected = check.estimate.value("AUC")
    if expected is not None:
        said.append(f"Today an AUC of {expected:.3f} is to be expected; that is an estimate.")
    said += check.drift.reasons[:3]
    if check.drift.level == "quiet" and not check.drift.note:
        said.append("The newest leads look like those that the version learned from.")
    return [one for one in said if one]


def _quality(report: QualityReport, pictures: dict[str, Picture]) -> Section:
    whose = report.model_version or "whatever served"
    opening = (
        f"{report.scored:,} leads were scored from {report.start:%Y-%m-%d} to before {report.end:%Y-%m-%d} by {whose}; "
        f"{report.matured:,} have an outcome and {report.won:,} of them were won, {report.open:,} "
        f"({say_share(report.open_share)}) are still open"
        + (f", and nobody worked {report.not_worked:,}." if report.not_worked else ".")
    )
    parts: list[Words | Table | Pictures] = [Words(opening)]
    if report.note:
        parts.append(Words(report.note, warning=True))
    if report.measures:
        names = list(dict.fromkeys(name for one in report.measures for name in one.baselines))
        rows = tuple(
            (
                one.name,
                f"{one.value:.3f}",
                f"{one.low:.3f} to {one.high:.3f}",
                *(f"{one.baselines[name]:.3f}" if name in one.baselines else "" for name in names),
                one.meaning,
            )
            for one in report.measures
        )
        headings = ("measure", "value", "95% interval", *names, "what it says")
        parts.append(Table("On logged scores.", headings, rows, numeric=frozenset(range(1, 3 + len(names)))))
    if "promises" in pictures:
        parts.append(Pictures(("promises",), titled=True))
    if report.bands:
        bands = tuple(
            (
                one.band,
                f"{one.leads:,}",
                f"{one.won:,}",
                say_share(one.rate),
                f"{say_share(one.low)} to {say_share(one.high)}",
                say_share(one.promised) if one.promised == one.promised else "",
            )
            for one in report.bands
        )
        headings = ("band", "leads", "won", "share won", "95% interval", "promised")
        parts.append(Table("", headings, bands, numeric=frozenset({1, 2, 3, 4, 5}), names=frozenset({0})))
    return Section("quality", "Matured quality", tuple(parts))


def _estimate(report: QualityEstimate) -> Section:
    parts: list[Words | Table | Pictures] = []
    if report.note:
        parts.append(Words(report.note, warning=True))
    if report.measures:
        by = f"corrected by {report.calibrated_on:,} matured leads" if report.calibrated_on else "as they were given"
        parts.append(
            Words(
                f"{report.leads:,} leads scored from {report.start:%Y-%m-%d} on; {say_share(report.expected_rate)} of them "
                f"are to be expected to be won, by their probabilities {by}."
            )
        )
        rows = tuple(
            (
                one.name,
                f"{one.value:.3f}",
                f"{one.low:.3f} to {one.high:.3f}",
                "" if one.before is None else f"{one.before:.3f}",
            )
            for one in report.measures
        )
        headings = ("measure", "expected", "95% interval", "on the test leads")
        parts.append(Table("An estimate, not a measurement.", headings, rows, numeric=frozenset({1, 2, 3})))
    return Section("estimate", "Today, before outcomes are known: an estimate", tuple(parts))


def _drift(report: DriftReport, pictures: dict[str, Picture]) -> Section:
    parts: list[Words | Table | Pictures] = [
        Words(
            f"{report.leads:,} leads scored from {report.start:%Y-%m-%d} on, held against {report.reference_leads:,} that the "
            f"version {'learned from' if report.reference == 'training' else 'scored first'}."
        )
    ]
    parts += [Words(text, warning=report.is_alarm) for text in (report.note, *report.reasons) if text]
    if not report.reasons and not report.note:
        parts.append(
            Words("No field, no score and no outcome differs by more than chance and the usual ups and downs.")
        )
    drawn = [one.field for one in _most_changed(report)]
    parts += [Pictures((f"field-{place}",), titled=True) for place in range(len(drawn)) if f"field-{place}" in pictures]
    every = [one for one in (report.label, report.early, report.prediction, report.confidence) if one is not None]
    lines = tuple(_line(one) for one in (*every, *report.fields))
    if lines:
        headings = ("field", "level", "stability index", "chance", "KS", "Wasserstein", "not given", "before", "weight")
        table = Table(
            "Chance is after all fields were looked at; Wasserstein is in standard deviations; weight is the share "
            "in what moves scores.",
            headings,
            lines,
            numeric=frozenset(range(2, 9)),
            names=frozenset({0}),
        )
        parts += list(cut(table, MOST_ROWS, "field", "fields"))
    return Section("drift", "Drift", tuple(parts))


def _line(one: FieldDrift) -> tuple[str, ...]:
    return (
        one.field,
        one.level,
        f"{one.psi:.3f}",
        "< 0.001" if one.adjusted < 0.001 else f"{one.adjusted:.3f}",
        "" if one.ks is None else f"{one.ks:.2f}",
        "" if one.wasserstein is None else f"{one.wasserstein:.2f}",
        say_share(one.missing_now),
        say_share(one.missing_before),
        say_share(one.weight),
    )


def _history(check: Check, pictures: dict[str, Picture]) -> Section:
    points = check.before
    if not points:
        return Section("history", "History", (Words("This is the first check."),))
    rows = tuple(
        (
            f"{one.start:%Y-%m-%d} to {one.end:%Y-%m-%d}",
            one.model_version or "whatever served",
            f"{one.matured:,} of {one.scored:,}",
            *(
                f"{one.measures[name]:.3f}" if name in one.measures else ""
                for name in ("AUC", "log-loss", "accuracy", "F1")
            ),
            one.drift,
        )
        for one in points
    )
    headings = ("scored", "version", "with outcome", "AUC", "log-loss", "accuracy", "F1", "drift")
    table = Table("The newest first.", headings, rows, numeric=frozenset({2, 3, 4, 5, 6}))
    shown = (Pictures(("history",)),) if "history" in pictures else ()
    return Section("history", "History", (*shown, table))


# --------------------------------------------------------------------------------------------------------------- pictures


def _pictures(check: Check, synthetic: bool) -> list[Picture]:
    drawn = [_promises(check.quality), _over_time(check)]
    drawn += [_field(one, f"field-{place}") for place, one in enumerate(_most_changed(check.drift))]
    note = "synthetic data" if synthetic else ""
    return [
        Picture(one.name, one.title, one.caption, one.description, one.shapes, one.height, note) for one in drawn if one
    ]


def _most_changed(report: DriftReport) -> list[FieldDrift]:
    every = [one for one in (report.prediction, *report.fields) if one is not None and one.parts]
    changed = [one for one in every if one.level != "quiet"]
    return (changed or every)[:_DRAWN]


def _promises(report: QualityReport) -> Picture | None:
    groups = report.promises
    if len(groups) < 2:
        return None
    top = min(1.0, round_up(max(0.01, *(max(one.promised, one.high) for one in groups))))
    plot = Plot(top, top)
    shapes = [*plot.frame("probability promised", "share that was won"), plot.line([(0, 0), (top, top)], "chance")]
    for one in groups:
        across = plot.x(one.promised)
        shapes += [whisker(across, plot.y(one.low), plot.y(one.high)), disc(across, plot.y(one.rate), 4.5, "dot")]
    told = "; ".join(f"promised {say_share(one.promised)}, won {say_share(one.rate)}" for one in groups)
    caption = f"Leads in {len(groups)} groups by their probability; bars are 95% intervals. {report.matured:,} leads."
    return Picture("promises", "Did probabilities come true?", caption, f"{told}.", "".join(shapes), 318)


def _over_time(check: Check) -> Picture | None:
    points = [(f"{one.end:%Y-%m-%d}", one.measures["AUC"]) for one in reversed(check.before) if "AUC" in one.measures]
    now = check.quality.of("AUC")
    if now is not None:
        points.append((f"{check.quality.end:%Y-%m-%d}", now.value))
    if len(points) < 2:
        return None
    values = [value for _, value in points]
    heights = round_between(min(*values, 0.5), max(*values, 0.55))
    plot = Plot(len(points) - 1, heights[-1], heights[0])
    ends = {0: points[0][0], len(points) - 1: points[-1][0]}
    shapes = plot.frame(
        "scored before",
        "AUC by outcomes",
        rightward=lambda place: ends.get(round(place), ""),
        upward=lambda value: f"{value:.2f}",
        heights=heights,
        across_at=[0.0, float(len(points) - 1)],
    )
    shapes.append(plot.line(list(enumerate(values)), "curve"))
    shapes += [disc(plot.x(place), plot.y(value), 4.0, "dot") for place, value in enumerate(values)]
    told = ", ".join(f"{day} {value:.3f}" for day, value in points)
    return Picture(
        "history", "Quality over time", "AUC on matured outcomes, check by check.", told, "".join(shapes), 318
    )


def _field(one: FieldDrift, name: str) -> Picture:
    """The share of each value or range before (hollow track) and now (filled bar)."""
    parts = one.parts[:14]
    largest = max(0.01, *(max(part.before, part.now) for part in parts))
    shapes = []
    for place, part in enumerate(parts):
        top = 34 * place
        shapes += [
            write(0, top + 13, shorten(part.name, 38), "ink"),
            write(WIDTH, top + 13, f"{say_share(part.before)} → {say_share(part.now)}", "", "end"),
            box(0, top + 19, WIDTH, 7, "track"),
            box(0, top + 19, WIDTH * part.now / largest, 7, "bar"),
            stroke(WIDTH * part.before / largest, top + 16, WIDTH * part.before / largest, top + 29, "tick"),
        ]
    told = "; ".join(f"{part.name}: {say_share(part.before)} before, {say_share(part.now)} now" for part in parts)
    caption = f"Bars are shares of leads now, ticks what they were. Stability index {one.psi:.2f}, level {one.level}."
    return Picture(name, one.field, caption, told, "".join(shapes), 34 * len(parts) + 4)
