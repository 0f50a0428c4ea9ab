"""Score: new leads with the version in service; the good rows are scored, the others are written down with their reason."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.flows.place.packaged import find_playbook
from leadloop.flows.place.playbook_folder import playbook_name, read_playbook
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.scoring.file_batch import Manner, set_absent_times
from leadloop.flows.scoring.hands import find_hands
from leadloop.flows.scoring.pace import Pace
from leadloop.flows.scoring.unlike_training import FileTally
from leadloop.flows.training.field_points import field_points
from leadloop.ingest.databases import is_address
from leadloop.ingest.tables import open_table
from leadloop.ingest.writers import Writer, open_writer
from leadloop.leads import LeadFrame, Reject
from leadloop.registry import CHAMPION, InService
from leadloop.scoring import RuleScorer, ScoreCard, Scorer, TrainedPlaybook

_BATCH_ROWS = 20_000
_log = logging.getLogger(__name__)

Tick = Callable[[str], None]
Far = Callable[[str, float], None]


@dataclass(frozen=True)
class Scored:
    """What a scoring run did: how many leads went where, and what was left out."""

    version: str
    """The version that scored."""
    rows: int
    """How many rows the file has."""
    scored: int
    """How many of them were scored."""
    rejected: int
    """How many could not be read."""
    rejects_file: Path | None
    """Where the rejected rows were written; None where there were none."""
    routes: Mapping[str, int]
    """How many leads went to each route."""
    unread: tuple[str, ...]
    """Columns of the file that the version does not read."""
    absent: tuple[str, ...]
    """Fields that the file has no column for, and that count as not given everywhere."""
    notes: tuple[str, ...]
    """What a person should know about how the file was read."""
    synthetic: bool
    """Whether the version was trained on synthetic leads."""
    by_rules: bool
    """Whether rules scored, since no version is in service yet."""
    unlike: str = ""
    """How the leads, all together, differ from those of the training; empty where they do not differ much."""


def load(
    playbook: str, version: str = "champion", *, workspace: Workspace | Path | str | None = None
) -> TrainedPlaybook:
    """The trained playbook in service, or the version of this id or release; every file is checked before it is read.

    `playbook` is the playbook's name. Where the database is away, the version that was last known to be in service is loaded, and
    a warning is logged that says so. Raises VersionError where there is no such version, or where it is damaged.
    """
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    registry, name = place.registry, playbook_name(playbook)
    if version == CHAMPION and (doubt := registry.in_service(name).doubt):
        _log.warning("Note: %s", doubt)
    return registry.load(registry.find(name, version))


def load_scorer(
    playbook: str, version: str = "champion", *, workspace: Workspace | Path | str | None = None
) -> TrainedPlaybook | RuleScorer:
    """The version in service; where none is yet, the playbook's own rules, if `playbook` is a folder (or a packaged one) that
    has some.

    A version that was named, or is damaged, is never replaced by rules. Raises VersionError where nothing can score.
    """
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    name = playbook_name(playbook)
    if version == CHAMPION and find_playbook(playbook) and place.registry.in_service(name) == InService(None):
        found = read_playbook(playbook)
        if found.rules:
            return RuleScorer.of(found.playbook, found.rules)
    return load(name, version, workspace=place)


def score_leads(trained: Scorer, rows: Sequence[Mapping[str, Any]], *, now: datetime | None = None) -> list[ScoreCard]:
    """Score leads given as dictionaries, a field each; fields that are not given count as missing.

    Where the playbook says so (`absent = "now"` under `[order]`), a lead without its own time is scored as of `now`, which is
    the clock's time unless given. Raises DataError with every mistake of every lead at once.
    """
    return trained.score(set_absent_times(trained, read_rows(trained, rows), now or datetime.now(UTC)))


def read_rows(trained: Scorer, rows: Sequence[Mapping[str, Any]]) -> LeadFrame:
    """Leads given as dictionaries as the version reads them; raises DataError with every mistake of every lead at once."""
    names = dict.fromkeys(name for row in rows for name in row)
    return read_columns(trained, {name: [row.get(name) for row in rows] for name in names}, len(rows))


def read_columns(trained: Scorer, columns: Mapping[str, list[Any]], count: int) -> LeadFrame:
    """So many leads from the values of each field; raises DataError with every mistake of every lead at once."""
    problems = [
        Problem(f"lead {number}", "is empty", "give at least one field")
        for number in range(1, count + 1)
        if all(values[number - 1] is None for values in columns.values())
    ]
    if not problems:
        reading = trained.schema.read(pl.DataFrame({name: _series(name, values) for name, values in columns.items()}))
        problems = [Problem(f"lead {r.line}, {r.field}", f"“{r.value}” {r.reason}") for r in reading.rejects]
        if not problems:
            return reading.leads
    raise DataError("leads", problems)


def _series(name: str, values: list[Any]) -> pl.Series:
    """Values of one field as a column; values of several types become text, which every field can read."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) > 1 and not kinds <= {int, float}:
        return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
    return pl.Series(name, values, strict=False)


def score(
    playbook: str,
    data: Path | str,
    to: Path | str,
    *,
    rejects_to: Path | str | None = None,
    version: str = "champion",
    workspace: Workspace | Path | str | None = None,
    reasons: bool = True,
    keep_columns: bool = False,
    allow_missing_columns: bool = False,
    delimiter: str | None = None,
    encoding: str | None = None,
    format: str | None = None,
    output_format: str | None = None,
    formulas: Literal["escape", "keep"] = "escape",
    workers: int = 1,
    dask: str = "",
    tick: Tick = lambda stage: None,
    far: Far = lambda note, share: None,
) -> Scored:
    """Score a file of leads into another, batch by batch, in memory that does not grow with the file.

    `data` and `to` may be "-" for standard input and output, or addresses of tables in databases (`sqlite:///crm.db#leads`).
    Rows that cannot be read go to `rejects_to` (by default beside the output, ending in `.rejects.csv`) with their line and every
    reason. With `keep_columns` the lead's own columns are written too. `workers` processes score at a time, or those of the Dask
    scheduler at the address `dask`; what is written is the same, to the last bit. `tick` is told how far it is, `far` also as a
    share from 0 to 1.

    Raises DataError where the file lacks a column that scoring reads (unless `allow_missing_columns`: the field then
    counts as missing everywhere), VersionError where no version is in service. Where `playbook` is a folder with rules of its
    own and no version is in service yet, the rules score, and every lead says so (`method` is `rules`).
    """
    trained = load_scorer(playbook, version, workspace=workspace)
    beside = Path(rejects_to) if rejects_to else rejects_beside(to)
    table = open_table(data, format=format, delimiter=delimiter, encoding=encoding)
    missing = [
        one for one in trained.schema.explain_missing(table.columns) if one.where != trained.playbook.dated_when_scored
    ]
    if missing and not allow_missing_columns:
        cure = "what new leads never have is known too late: say so in known_at and train again; or pass --allow-missing-columns"
        without = Problem("columns", "without them scores would be guesses", cure)
        raise DataError(table.source, [*_with_points(missing, trained, workspace), without])
    manner = Manner(reasons, keep_columns, datetime.now(UTC))
    read = set(trained.schema.locate(table.columns).values())
    counts: Counter[str] = Counter()
    rows = scored = rejected = 0
    tally, pace = FileTally(trained), Pace()
    with ExitStack() as files:
        writer = files.enter_context(open_writer(to, format=output_format, formulas=formulas))
        hands = files.enter_context(find_hands(trained, manner, workspace, workers=workers, dask=dask))
        rejecter: Writer | None = None
        for done in hands(table.batches(_BATCH_ROWS)):
            rows += done.rows
            if done.rejects:
                rejecter = rejecter or files.enter_context(open_writer(beside))
                rejecter.write(rejects_table(done.rejects))
                rejected += len({reject.line for reject in done.rejects})
            tally.add(done.counted)
            writer.write(done.scores)
            scored += done.scores.height
            counts.update(done.scores["route"].to_list())
            note = f"{rows:,} rows read, {scored:,} scored; {pace.describe(rows, done.share_read)}"
            tick(note)
            far(note, done.share_read)
    return Scored(
        trained.version,
        rows,
        scored,
        rejected,
        beside if rejected else None,
        dict(counts),
        tuple(name for name in table.columns if name not in read),
        tuple(problem.where for problem in missing),
        table.notes,
        trained.playbook.synthetic,
        isinstance(trained, RuleScorer),
        tally.describe(),
    )


def _with_points(
    missing: Sequence[Problem], trained: Scorer, workspace: Workspace | Path | str | None
) -> list[Problem]:
    """What is said of missing columns, with how many points each moves scores by, as the version's report has it."""
    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    points = field_points(place.registry, trained.playbook.name, trained.version)
    return [
        replace(one, what=f"{one.what}, and it moves scores by {points[one.where]:.1f} points on average")
        if one.where in points
        else one
        for one in missing
    ]


def rejects_beside(to: Path | str) -> Path:
    """Where rejected rows are written down: beside the output, or in the current folder where that is a stream or a database."""
    if str(to) == "-" or is_address(to):
        return Path("rejects.csv")
    place = Path(to)
    return place.with_name(f"{place.name.split('.')[0]}.rejects.csv")


def rejects_table(rejects: Sequence[Reject]) -> pl.DataFrame:
    """Rejected rows as a table: line, field, value and reason."""
    return pl.DataFrame(
        {
            "line": [reject.line for reject in rejects],
            "field": [reject.field for reject in rejects],
            "value": [reject.value for reject in rejects],
            "reason": [reject.reason for reject in rejects],
        }
    )
