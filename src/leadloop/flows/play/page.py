"""A play as one HTML file: what the loop did week by week, beside the truth and beside the same world without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadloop.flows.play.weeks import PlayedWeeks, Week
from leadloop.learning.report.escape import html_text
from leadloop.learning.report.marks import Plot, path, round_between, write
from leadloop.learning.report.page import page_head, render_section, render_verdict
from leadloop.learning.report.parts import Pictures, Section, Table, Words
from leadloop.learning.report.picture import Picture
from leadloop.learning.report.words import Verdict

_NOTE = "synthetic data"
_OPACITIES = (0.14, 0.32, 0.5, 0.68, 0.86)
"""One version after the other, from light to dark and again."""


def render_play(play: PlayedWeeks) -> str:
    """The page of a play; the same play gives the same bytes."""
    pictures = {one.name: one for one in draw_play(play)}
    sections = (_course(play), _promise(play), _weeks(play))
    links = "".join(f'<li><a href="#{one.key}">{html_text(one.title)}</a></li>' for one in sections)
    return "\n".join(
        (
            *page_head("Synthetic data · The loop in a world that changes"),
            '<div class="banner" role="note">Synthetic data <span>– made by a simulator, so that the truth is known; it says '
            "nothing about real leads.</span></div>",
            '<header>\n<p class="eyebrow">LeadLoop play</p>',
            "<h1>The loop in a world that changes</h1>",
            f'<p class="meta">{len(play.weeks)} weeks, {play.leads:,} leads, seed {play.seed}; the world changes in week '
            f"{play.change_week}</p>",
            f'<div class="card alone" id="answer"><div>{render_verdict(judge_play(play))}',
            f'<p class="answer">{html_text(" ".join(tell_play(play)))}</p></div></div>\n</header>',
            f'<nav aria-label="Contents"><ul>{links}</ul></nav>',
            "<main>",
            *(render_section(one, pictures) for one in sections),
            "</main>",
            "<footer>Made by LeadLoop. This file is complete in itself: it loads nothing and runs nothing.</footer>",
            "</body>\n</html>\n",
        )
    )


def judge_play(play: PlayedWeeks) -> Verdict:
    """What the play shows, in a few words."""
    kept = play.keeps_promise
    if all(kept.values()):
        return Verdict("good", "The loop kept its promise", "")
    missed = ", ".join(name for name, held in kept.items() if not held)
    return Verdict("care", f"Not kept: {missed}", "")


def tell_play(play: PlayedWeeks) -> list[str]:
    """A play in a few sentences."""
    days = play.days_to_detect
    if days is None:
        said = ["The loop never noticed that the world had changed."]
    else:
        when = f"{abs(days):.0f} days {'after' if days >= 0 else 'before'}"
        said = [
            f"The world changed on {play.changes:%Y-%m-%d}. All leads of the first week after that had ended by "
            f"{play.evidence:%Y-%m-%d}, and the loop noticed {when} that."
        ]
    alarms = f"{play.false_alarms} false alarms" if play.false_alarms != 1 else "1 false alarm"
    said.append(f"Before the change it raised {alarms if play.false_alarms else 'no false alarm'}.")
    said.append(
        f"It trained {play.versions} versions, put {play.promotions} of them in service, and took {play.rollbacks} back on trial."
    )
    if play.won_back is not None:
        said.append(
            f"In the last two weeks the first version's AUC would have been {play.lost:.3f} lower than had nothing changed; "
            f"{play.won_back:.0%} of that was won back."
        )
    return said


def _course(play: PlayedWeeks) -> Section:
    words = Words(
        "Every lead was scored by the service as it came, outcomes were told when they came about, and the loop did the rest by "
        "itself. “Without the loop” is the first version on the same leads. The truth is the probability that the simulated "
        "world itself draws outcomes from; neither version nor loop ever sees it."
    )
    return Section(
        "course",
        "What happened",
        (words, Pictures(("auc", "error")), Pictures(("shares", "missed"))),
    )


def _promise(play: PlayedWeeks) -> Section:
    days = play.days_to_detect
    found = {
        "noticed in time": "never" if days is None else f"{days:+.0f} days from the evidence (14 at most)",
        "no false alarm": f"{play.false_alarms} in {play.change_week - 1} quiet weeks",
        "promoted": f"{play.promotions} of {play.versions} versions",
        "won back": "nothing was lost"
        if play.won_back is None
        else f"{play.won_back:.0%} of the lost AUC (80% at least)",
    }
    rows = tuple((name, "yes" if held else "no", found[name]) for name, held in play.keeps_promise.items())
    table = Table("What the loop promises, and what it did here.", ("promise", "kept", "seen"), rows)
    alarms = tuple((f"{one.at:%Y-%m-%d}", one.trigger, one.said) for one in play.alarms)
    parts: list[Words | Table | Pictures] = [table]
    if alarms:
        parts.append(Table("Every alarm that called for a training.", ("day", "alarm", "why"), alarms))
    return Section("promise", "What it promises", tuple(parts))


def _weeks(play: PlayedWeeks) -> Section:
    done = tuple(
        (
            _named(one, play),
            f"{one.leads:,}",
            _figure(one.estimate),
            _figure(one.matured),
            one.drift,
            ", ".join(one.triggers),
            ", ".join(one.trained),
            one.in_service,
            one.trial,
        )
        for one in play.weeks
    )
    true = tuple(
        (
            _named(one, play),
            *(f"{value:.3f}" for value in (one.auc_truth, one.auc_with, one.auc_without)),
            *(f"{value:.3f}" for value in (one.error_with, one.error_without)),
            *(f"{value:.1f}" for value in (one.regret_with, one.regret_without)),
            ", ".join(f"{name} {share:.0%}" for name, share in one.shares.items()),
        )
        for one in play.weeks
    )
    knew = Table(
        "What the loop knew and did. The estimate is of the week's scores before they ended; matured is of the newest that had.",
        ("week", "leads", "estimated AUC", "matured AUC", "drift", "triggers", "trained", "in service", "on trial"),
        done,
        numeric=frozenset({1, 2, 3}),
    )
    beside = Table(
        "Beside the truth. Off by is the mean distance of the probabilities from the true ones; sales missed are those that "
        "working the truly best fifth would have won.",
        (
            "week",
            "AUC of the truth",
            "with the loop",
            "without",
            "off by",
            "without",
            "sales missed",
            "without",
            "who scored",
        ),
        true,
        numeric=frozenset(range(1, 8)),
    )
    return Section("weeks", "Week by week", (knew, beside))


def _named(week: Week, play: PlayedWeeks) -> str:
    return f"{week.week} (change)" if week.week == play.change_week else f"{week.week}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


# ---------------------------------------------------------------------------------------------------------------- pictures


def draw_play(play: PlayedWeeks) -> list[Picture]:
    """The pictures of a play."""
    return [
        _lines(
            play,
            "auc",
            "How well scores rank",
            "AUC against the truth",
            (("truth", "chance", lambda one: one.auc_truth),
             ("with the loop", "curve", lambda one: one.auc_with),
             ("without", "curve third", lambda one: one.auc_without)),
        ),
        _lines(
            play,
            "error",
            "How far probabilities are off",
            "mean distance from the true probability",
            (("with the loop", "curve", lambda one: one.error_with),
             ("without", "curve third", lambda one: one.error_without)),
        ),
        _shares(play),
        _lines(
            play,
            "missed",
            "What it costs",
            "sales missed a week",
            (("with the loop", "curve", lambda one: one.regret_with),
             ("without", "curve third", lambda one: one.regret_without)),
        ),
    ]  # fmt: skip


_Line = tuple[str, str, Callable[[Week], float]]


def _lines(play: PlayedWeeks, name: str, title: str, up: str, lines: Sequence[_Line]) -> Picture:
    weeks = play.weeks
    values = [value(one) for _, _, value in lines for one in weeks]
    heights = round_between(min(values), max(max(values), min(values) + 1e-6))
    heights.append(2 * heights[-1] - heights[-2])  # room for words above the lines
    plot = Plot(max(1, len(weeks) - 1), heights[-1], heights[0])
    digits = 2 if heights[1] - heights[0] < 0.99 else 0
    shapes = _frame(plot, play, up, heights, lambda value: f"{value:.{digits}f}")
    told = []
    for label, kind, value in lines:
        points = [(float(place), value(one)) for place, one in enumerate(weeks)]
        shapes.append(plot.line(points, kind))
        told.append(f"{label}: {', '.join(f'{each:.3g}' for _, each in points)}")
    caption = "; ".join(f"{_HOW[kind]} {label}" for label, kind, _ in lines)
    return Picture(
        name,
        title,
        f"{caption.capitalize()}. Week by week; synthetic leads.",
        "; ".join(told),
        "".join(shapes),
        318,
        _NOTE,
    )


_HOW = {"curve": "solid:", "curve third": "dotted:", "chance": "dashed:"}


def _frame(
    plot: Plot, play: PlayedWeeks, up: str, heights: Sequence[float], upward: Callable[[float], str]
) -> list[str]:
    last = len(play.weeks)
    ticks = sorted({1, play.change_week, last})
    shapes = plot.frame(
        "week",
        up,
        rightward=lambda place: f"{place + 1:.0f}",
        upward=upward,
        heights=heights,
        across_at=[float(week - 1) for week in ticks if week <= last],
    )
    if 1 <= play.change_week <= last:
        shapes += plot.mark(float(play.change_week - 1), "the world changes", at_top=True)
    return shapes


def _shares(play: PlayedWeeks) -> Picture:
    weeks = play.weeks
    plot = Plot(max(1, len(weeks) - 1), 1.0)
    shapes = plot.frame(
        "week",
        "share of leads that each version scored",
        rightward=lambda place: f"{place + 1:.0f}",
        heights=[0.0, 0.25, 0.5, 0.75, 1.0],
        across_at=[float(week - 1) for week in sorted({1, play.change_week, len(weeks)}) if week <= len(weeks)],
    )
    names = sorted({name for one in weeks for name in one.shares}, key=lambda name: int(name.removeprefix("v")))
    below = [0.0] * len(weeks)
    told = []
    for number, name in enumerate(names):
        above = [base + one.shares.get(name, 0.0) for base, one in zip(below, weeks, strict=True)]
        outline = [(plot.x(place), plot.y(value)) for place, value in enumerate(above)]
        outline += [(plot.x(place), plot.y(value)) for place, value in reversed(list(enumerate(below)))]
        shapes.append(f'<g opacity="{_OPACITIES[number % len(_OPACITIES)]}">{path(outline, "bar", closed=True)}</g>')
        most = max(range(len(weeks)), key=lambda place: weeks[place].shares.get(name, 0.0))
        if weeks[most].shares.get(name, 0.0) >= 0.2:
            across = min(max(plot.x(most), plot.left + 12), plot.right - 12)
            shapes.append(write(across, plot.y((below[most] + above[most]) / 2) + 4, name, "ink", "middle"))
        told.append(f"{name}: {', '.join(f'{one.shares.get(name, 0.0):.0%}' for one in weeks)}")
        below = above
    if 1 <= play.change_week <= len(weeks):
        shapes += plot.mark(float(play.change_week - 1), "the world changes", at_top=True)
    caption = "Which version scored the leads of each week: from one to the next step by step. Synthetic leads."
    return Picture("shares", "Who scores", caption, "; ".join(told), "".join(shapes), 318, _NOTE)
