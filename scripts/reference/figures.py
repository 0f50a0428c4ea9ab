"""The pages of the columns of a scored file, of the measures of a report, and of errors."""

from __future__ import annotations

import inspect

from reference.markdown import code, page, prose, table
from reference.python_api import api_entry
from reference.source import attributes_of


def scored_leads() -> str:
    from leadloop.scoring import ScoreCard

    cards = {one.name: one for one in attributes_of(ScoreCard)}
    if nameless := [name for name, one in cards.items() if not one.meaning]:
        raise SystemExit(f"ScoreCard.{nameless[0]} has no meaning; write a text below it")
    shown = {"won_within": "won_within_30_days"}
    rows = [(code(shown.get(name, name)), one.meaning) for name, one in cards.items() if name != "reasons"]
    rows.sort(key=lambda row: row[0] == code("starts_at"))
    for name in ("reasons_up", "reasons_down"):
        meaning = (inspect.getdoc(getattr(ScoreCard, name)) or "").rstrip(".")
        rows.append((code(name), f"{meaning}; at most three, each with its points, separated by semicolons."))
    return page(
        "Columns of a scored file",
        "`leadloop score` writes a row a lead, in the order of the file that it read. With `--no-reasons` `starts_at`, "
        "`reasons_up` and `reasons_down` are left out; with `--keep-columns` the lead's own columns stand in front, and one "
        "of the same name as a column below gets “ (lead)” behind it.",
        table(("column", "meaning"), rows),
        "## The rejects file",
        "Rows that cannot be read are written to a file beside the output, a line for each mistake.",
        table(
            ("column", "meaning"),
            [
                ("`line`", "The line of the row in the file that was read."),
                ("`field`", "The field that could not be read; empty where the row as a whole could not."),
                ("`value`", "What stood there, its first 60 characters."),
                ("`reason`", "Why it could not be read."),
            ],
        ),
    )


def measures() -> str:
    from leadloop.learning.evaluation import measures_for
    from leadloop.playbook import Policy

    rows = [
        (name, f"{meaning[0].upper()}{meaning[1:]}.", "higher" if higher else "smaller", code(function.__name__))
        for name, (function, higher, meaning) in measures_for(Policy().capacity).items()
    ]
    rows = [(name, meaning, better) for name, meaning, better, _ in rows]
    return page(
        "Measures in a report",
        "Every measure is taken on the test leads, which nothing was learned from, and comes with a 95% interval and with "
        "what the baselines reach on the same leads. The 20% in lift and gain is the playbook's `capacity`.",
        table(("measure", "meaning", "better is"), rows),
        "## Baselines",
        "- **majority**: every lead gets the commoner outcome.\n- **prior**: every lead gets the average rate of the "
        "training leads.\n- **rules**: the playbook's own rules, where it has some.",
    )


def errors() -> str:
    from leadloop import errors as home

    def below(kind: type[Exception]) -> list[type[Exception]]:
        """A kind of error and those that are special cases of it, each after what it is a case of."""
        return [kind, *(one for special in kind.__subclasses__() for one in below(special))]

    own = [kind for kind in below(home.LeadLoopError) if kind.__module__ == home.__name__]
    parts = [prose(home.__doc__ or ""), "The command line prints them and exits with 2. All are in `leadloop.errors`."]
    rows = [(code(kind.__name__), (inspect.getdoc(kind) or "").split("\n\n")[0]) for kind in own]
    parts.append(table(("error", "raised when"), rows))
    for kind in (home.LeadLoopError, home.Problem):
        parts += api_entry(kind, "leadloop")
    return page("Errors", *parts)
