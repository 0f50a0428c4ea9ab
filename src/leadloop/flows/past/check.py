"""Check: say everything that is wrong with a playbook, and what in it is still a guess."""

from __future__ import annotations

from pathlib import Path

from leadloop.flows.place.playbook_folder import PlaybookFolder, read_playbook
from leadloop.ingest.tables import open_table


def check(playbook: Path | str, data: Path | str | None = None) -> PlaybookFolder:
    """Read a playbook and everything it names; with `data`, also see that the file has the columns it declares.

    Raises PlaybookError or DataError with every mistake at once. What it returns is sound; its playbook's `guesses` are
    what a draft inferred and nobody has confirmed.

    >>> check("no/such/folder")
    Traceback (most recent call last):
    leadloop.errors.PlaybookError: no/such/folder: 1 problem
      file  does not exist; make a playbook with `leadloop draft leads.csv --target COLUMN`
    """
    found = read_playbook(playbook)
    if data is not None:
        require_columns(found, open_table(Path(data)).columns, str(data), training=True)
    return found


def require_columns(found: PlaybookFolder, columns: tuple[str, ...], subject: str, *, training: bool) -> None:
    """Raise DataError naming every declared field that a file has no column for.

    When scoring, fields that are not known yet at that moment need no column. The outcome of an optional target never does:
    without its column the target has no outcomes, and is left out.
    """
    from leadloop.errors import DataError

    playbook = found.playbook
    missing = playbook.schema.explain_missing(columns, None if training else playbook.scores_at)
    if playbook.outcomes_by:
        known = set(playbook.scoring_schema.by_name)
        missing = [problem for problem in missing if problem.where in known]
    spared = _optional_outcomes(found)
    missing = [problem for problem in missing if problem.where not in spared]
    if playbook.events:
        missing = [problem for problem in missing if problem.where not in playbook.events.made]
    if missing:
        raise DataError(subject, missing)


def _optional_outcomes(found: PlaybookFolder) -> frozenset[str]:
    """The fields that only optional targets take their outcomes from."""
    fields: dict[bool, set[str]] = {True: set(), False: set()}
    for target in found.playbook.targets:
        label = found.label_of(target.name)
        fields[target.optional] |= target.columns | set(label().meta.root_names() if label else ())
    later = {field.name for field in found.playbook.schema.fields} - set(found.playbook.scoring_schema.by_name)
    return frozenset((fields[True] - fields[False]) & later)
