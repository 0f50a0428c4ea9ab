"""The tables as Markdown, and their place between two comments in the documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.figures import Difference, Figures

START, END = "<!-- accuracy: start -->", "<!-- accuracy: end -->"

TITLES = {
    "leadloop": "**LeadLoop**",
    "base_rate": "base rate, for comparison",
    "logistic_regression": "logistic regression",
    "logistic_regression_without_calendar": "logistic regression without the columns of the economy",
    "random_forest": "random forest",
    "hist_gradient_boosting": "HistGradientBoosting",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
    "catboost": "CatBoost",
    "flaml": "FLAML",
    "autogluon": "AutoGluon, medium quality",
    "autogluon_good": "AutoGluon, good quality",
}


@dataclass(frozen=True)
class Section:
    """What came of one set: its heading, the protocol, the leads in words, a row a method, and remarks at the end."""

    title: str
    protocol: str
    leads: str
    rows: Mapping[str, Figures]
    remarks: tuple[str, ...]


def render(section: Section) -> str:
    """One set as a heading, a sentence, a table and remarks.

    >>> figures = Figures(0.75, 0.4, 0.1, 0.02, 2.5, 2.0, 40, 1.26, Difference(-0.01, -0.02, 0.004), None)
    >>> print(render(Section("Leads", "Newest 30%.", "10 leads.", {"lightgbm": figures}, ("Made now.",))))
    ### Leads
    <BLANKLINE>
    Newest 30%. 10 leads.
    <BLANKLINE>
    | method | AUC | log-loss | ...
    |---|---|---|...
    | LightGBM | 0.750 | 0.400 | 0.100 | 0.020 | 2.50 | 2.00 | 40 | 1.3 | -0.010 (-0.020 to +0.004) | - |
    <BLANKLINE>
    Made now.
    """
    head = (
        "method",
        "AUC",
        "log-loss",
        "Brier",
        "calibration error",
        "lift at 10%",
        "lift at 20%",
        "won in the best 20%",
        "CPU s",
        "AUC against LeadLoop (95%)",
        "log-loss against LeadLoop (95%)",
    )
    lines = [f"### {section.title}", "", f"{section.protocol} {section.leads}", ""]
    lines += [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for method, row in section.rows.items():
        cells = (
            TITLES.get(method, method),
            f"{row.auc:.3f}",
            f"{row.log_loss:.3f}",
            f"{row.brier:.3f}",
            f"{row.calibration_error:.3f}",
            f"{row.lift_10:.2f}",
            f"{row.lift_20:.2f}",
            f"{row.found_20:,}",
            f"{row.cpu_seconds:.1f}",
            _shown(row.auc_difference),
            _shown(row.log_loss_difference),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *section.remarks])


def _shown(difference: Difference | None) -> str:
    if difference is None:
        return "-"
    return f"{difference.value:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"


def write(page: Path, sections: Mapping[str, str], order: tuple[str, ...]) -> None:
    """Put rendered sections between the two comments of a page; sections of other sets stay as they are.

    `sections` maps a heading to its section, `order` gives all headings as they are to follow one another. Raises
    ValueError where the page does not have both comments, once each and in order; nothing is written then.
    """
    text = page.read_text(encoding="utf-8")
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise ValueError(f"{page}: needs the lines {START} and {END}, once each and in this order")
    before, rest = text.split(START)
    held, after = rest.split(END)
    parts = {match[1]: match[0].strip() for match in re.finditer(r"^### (.+)\n(?:(?!### ).*\n?)*", held, re.MULTILINE)}
    parts.update(sections)
    known = [title for title in order if title in parts]
    body = "\n\n".join(parts[title].strip() for title in [*known, *(title for title in parts if title not in known)])
    page.write_text(f"{before}{START}\n\n{body}\n\n{END}{after}", encoding="utf-8")
