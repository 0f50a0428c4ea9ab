"""The report of an experiment as one HTML file in plain words: nothing from outside, no script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leadloop.experiments import ConversionTally, tell
from leadloop.flows.experiments.counting import ACCEPTANCE
from leadloop.flows.experiments.pictures import Drawn, draw
from leadloop.flows.experiments.reading import Results, days_left, leads_a_day
from leadloop.learning.report.escape import html_text
from leadloop.learning.report.page import page_head

_TONES = {"deploy": "good", "rollback": "stop", "iterate": "care", None: "stop"}
_SAID = {
    "deploy": "Deploy",
    "rollback": "Roll back",
    "iterate": "Iterate: keep it running, or try something else",
    None: "No verdict: the split is not as it was meant",
}
_LINES = (
    ".arms .line{stroke:var(--model);stroke-width:2.5;fill:none}.arms .control{stroke:var(--mark);stroke-width:2.5;fill:none}"
    ".arms .dot{fill:var(--model)}.arms .axis{stroke:var(--muted);stroke-width:1}"
    ".arms .zero{stroke:var(--mark);stroke-width:1.5;stroke-dasharray:4 3}.arms .step2{stroke-dasharray:6 4}"
)


def write_page(results: Results, path: Path) -> Path:
    """Write the report into a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_page(results), encoding="utf-8")
    return path


def render_page(results: Results) -> str:
    """The whole report as a page; what comes from people (names of arms, of the experiment) is shown as text alone."""
    test = results.test
    title = f"{test.playbook}: {test.test_name} · experiment report"
    sections = [
        ("arms", "The arms", _arms(results)),
        *((one.name, one.title, _figure(one)) for one in draw(results)),
        ("differences-told", "The differences, one by one", _effects(results)),
        ("trust", "Can it be believed?", _trust(results)),
        ("settled", "What was settled beforehand", _settled(results)),
    ]
    links = "".join(f'<li><a href="#{key}">{html_text(name)}</a></li>' for key, name, _ in sections)
    return "\n".join(
        (
            *page_head(title, more_style=_LINES),
            _opening(results),
            f'<nav aria-label="Contents"><ul>{links}</ul></nav>',
            "<main>",
            *(
                f'<section aria-labelledby="{key}"><h2 id="{key}">{html_text(name)}</h2>{content}</section>'
                for key, name, content in sections
            ),
            "</main>",
            "<footer>Made by LeadLoop. This file is complete in itself: it loads nothing and runs nothing.</footer>",
            "</body>\n</html>\n",
        )
    )


def _opening(results: Results) -> str:
    test, verdict = results.test, results.analysis.verdict if results.analysis else None
    decision = verdict.decision if verdict else "iterate"
    words = _SAID[decision] if verdict else "Nobody has seen every arm yet"
    because = f"{verdict.because} {verdict.would_change}" if verdict else "Come back once leads have been scored."
    ended = f", ended {test.end_date:%Y-%m-%d}" if test.end_date else ""
    started = "planned" if test.state == "planned" else f"since {test.start_date:%Y-%m-%d}"
    return (
        f'<header><p class="eyebrow">LeadLoop experiment report</p><h1>{html_text(test.playbook)}: '
        f'{html_text(test.test_name)}</h1><p class="meta">{html_text(test.state)}, {started}{ended} · as of '
        f'{results.at:%Y-%m-%d %H:%M} UTC</p><div class="card alone" id="answer"><div>'
        f'<p class="verdict {_TONES[decision]}">{html_text(words)}</p>'
        f'<p class="answer">{html_text(because)}</p></div></div></header>'
    )


def _arms(results: Results) -> str:
    headings = (
        "Arm",
        "Scored by",
        "Units",
        "Matured",
        "Won",
        "Share won",
        "Taken up",
        "Mean score",
        "Revenue",
        "Best?",
    )
    rows = []
    for variant in results.test.variants:
        name = variant.variant_name
        arm, tally = results.arm(name), results.conversion(name)
        accepted = arm.tally.metrics[ACCEPTANCE]
        assert isinstance(accepted, ConversionTally)
        summaries = results.analysis.arms if results.analysis else ()
        best = next((one.chance_best for one in summaries if one.arm == name), None)
        policy = f", policy {variant.policy}" if variant.policy else ""
        rows.append(
            (
                f"{name}{' (control)' if variant.is_control else ''}",
                variant.model_version + policy,
                f"{arm.tally.units:,}",
                f"{tally.units:,}",
                f"{tally.conversions:,}",
                _share(results.rate(name)),
                _share(accepted.conversions / accepted.units if accepted.units else None),
                "" if arm.mean_score is None else f"{arm.mean_score:.1f}",
                f"{arm.revenue:,.0f}" if arm.revenue else "",
                "" if best is None else f"{best:.0%}",
            )
        )
    open_share = results.analysis.open_share if results.analysis else None
    still = (
        f"<p>{open_share:.0%} of the units are still open: their time is not over, and they do not count as won or lost.</p>"
        if open_share
        else ""
    )
    said = "“Best?” is the probability that the arm is the best of all."
    return f"{still}{_table(headings, rows)}<p>{said}</p>"


def _effects(results: Results) -> str:
    if results.analysis is None:
        return "<p>There is nothing to compare yet.</p>"
    told = "".join(f"<li>{html_text(' '.join((tell(one), *one.notes)))}</li>" for one in results.analysis.effects)
    notes = "".join(f"<p>{html_text(one)}</p>" for one in results.analysis.verdict.recommendations)
    return f"<ul>{told}</ul>{notes}"


def _trust(results: Results) -> str:
    parts = []
    if results.analysis is not None:
        ratio = results.analysis.ratio
        kind = "" if ratio.passed else ' class="warning"'
        parts.append(f"<p{kind}>{html_text(ratio.said)}</p>")
        parts += [f'<p class="warning">{html_text(one)}</p>' for one in results.analysis.verdict.notes]
    crossed = sum(one.crossed for one in results.arms)
    if crossed:
        what = f"{crossed:,} units were scored under another arm later; they count for the arm that they saw first."
        parts.append(f'<p class="warning">{what}</p>')
    pace, left = leads_a_day(results), days_left(results)
    if pace:
        parts.append(f"<p>{pace:,.1f} units came a day.</p>")
    if left is not None and results.test.end_date is None:
        parts.append(f"<p>At this pace it should know the smallest difference worth acting on in {left:,.0f} days.</p>")
    return "".join(parts) or "<p>Nothing speaks against it.</p>"


def _settled(results: Results) -> str:
    test, rules = results.test, results.test.settings.get("rules", {})
    lines = {
        "Decides": f"the target “{test.target}”",
        "Who is put into an arm": test.unit + (f" (field {test.unit_field})" if test.unit_field else ""),
        "Counts as known after": f"{float(test.settings.get('matures_after_days', 30)):g} days",
        "Read": "as often as one likes" if rules.get("reading") == "any_time" else "once, at the end",
        "A difference may be seen where there is none": _share(rules.get("alpha", 0.05)),
        "Least matured units of an arm": f"{rules.get('min_units', 100):,}",
        "Smallest difference": f"{rules['min_effect_absolute'] * 100:g} points"
        if rules.get("min_effect_absolute")
        else "",
        "Smallest difference in relation to the control": _share(rules.get("relative_lift")),
        "Must not get worse by more than": ", ".join(
            f"{name} {share:.0%}" for name, share in test.settings.get("guardrails", {}).items()
        ),
    }
    rows = [(name, value) for name, value in lines.items() if value]
    return _table(("What", "How"), rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{html_text(one)}</th>' for one in headings)
    body = "".join(
        f'<tr><th scope="row">{html_text(row[0])}</th>'
        + "".join(
            f'<td data-label="{html_text(name)}"{"" if cell else _EMPTY}>{html_text(cell)}</td>'
            for name, cell in zip(headings[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_EMPTY = ' class="empty"'


def _figure(picture: Drawn) -> str:
    return f"<figure>{picture.svg}<figcaption>{html_text(picture.caption)}</figcaption></figure>"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
