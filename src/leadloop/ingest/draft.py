"""The draft of a playbook from the cells of a table: every guess written down with its evidence, for a person to confirm.

Nothing is read from disk here: the caller hands in the cells, all of them or (of a large file) a sample spread over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl

from leadloop.errors import DataError, PlaybookError, Problem
from leadloop.ingest.column import Column, percent, quoted
from leadloop.ingest.crm_names import Meaning, find_meaning
from leadloop.ingest.field_types import Habits, TypeGuess, guess_type
from leadloop.ingest.field_types.numbers import with_comma
from leadloop.ingest.identifiers import Naming, find_group, find_lead_id
from leadloop.ingest.lead_order import OrderGuess, find_order
from leadloop.ingest.outcome import Outcome, find_column, find_outcome, find_outcome_in
from leadloop.ingest.placeholders import (
    Placeholder,
    describe,
    find_marks,
    find_placeholders,
    find_sentinel_times,
    find_sentinels,
)
from leadloop.ingest.value_and_horizons import find_horizons, find_value
from leadloop.leads import Field, LeadSchema
from leadloop.leads.missing import blank_placeholders
from leadloop.leads.missing import find_sentinels as sentinel_values
from leadloop.leads.values import cells_as_values
from leadloop.learning.leakage import Finding, audit_fields
from leadloop.playbook import Playbook, Target, Training
from leadloop.playbook.check import find_problems

_MOMENTS = ("intake", "outcome")
_FEWEST_TO_COMPARE = 10
_A_DAY = timedelta(days=1)
_MOSTLY = 0.5


@dataclass(frozen=True)
class Draft:
    """A drafted playbook, what the leakage audit found in the table, and notes on the table as a whole."""

    playbook: Playbook
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def draft_playbook(
    name: str,
    columns: Sequence[str],
    cells: pl.DataFrame,
    *,
    rows: int,
    target: str,
    outcome_columns: Sequence[str] = (),
    outcomes_by: str = "",
    positive: Sequence[str] = (),
    still_open: Sequence[str] = (),
    seed: int = 7,
) -> Draft:
    """Draft a playbook from a table of leads: what each column holds, what is missing, what is known too late to be used.

    `columns` are the table's columns in order, `cells` its rows in the order of the file: all `rows` of them, or a sample
    spread over the file. `target` names the column of outcomes, `positive` its values that mean won (guessed where it
    has two) and `still_open` those of leads that are still being worked (more are guessed by what they say).
    `outcome_columns` came from a separate file of outcomes that was joined by the field `outcomes_by`: without a `target` a
    lead with a row in that file is won. `seed` is for the audit's sample and folds.

    Every guess stands, with its evidence, in the `guess` of the field, the target or the order that it is about. Raises
    DataError where the target cannot be found or does not tell won from lost (`leadloop.ingest.outcome`), and where
    nothing is left to learn from; PlaybookError where the name is none.

    >>> import polars as pl
    >>> cells = pl.DataFrame({"Source": ["ads", "Select", "fair", "ads"] * 30, "Won": ["1", "0", "0", "0"] * 30})
    >>> draft = draft_playbook("fairs", cells.columns, cells, rows=120, target="won")
    >>> draft.playbook.target.positive, draft.playbook.schema["Source"].missing
    (('1',), ('Select',))
    """
    if cells.height == 0:
        raise DataError(name, Problem("rows", "there are none to draft from", "give a table that holds leads"))
    cells, copies = _without_copies(cells)
    present = [column for column in columns if column in cells.columns]
    outcomes = frozenset(outcome_columns)
    if outcomes_by:
        outcomes_by = find_column(outcomes_by, present, what="outcomes", option="--outcomes-by")
    the_target, target_field, won, notes = _outcome(cells, present, target, outcome_columns, positive, still_open)

    readable = [column for column in present if _is_readable(cells[column])]
    left_out = [column for column in present if column not in readable]
    others = [column for column in readable if target_field is None or column != target_field.name]
    sketches = _sketch_columns(cells, others)
    fields = {sketch.name: sketch.field for sketch in sketches.values()}
    if target_field is not None:
        fields[target_field.name] = target_field
    values = _read(cells, [fields[column] for column in readable])

    feature_values = values.select(others)
    known = {column: fields[column] for column in others}
    order = find_order(feature_values, known, won, outcomes=outcomes | {the_target.column})
    naming, group = _names(sketches, order, outcomes)
    known = _with_names(known, order, naming, group)
    known = _without_idle(known, sketches, values)
    known = _known_late(known, outcomes)
    known = _always_later(known, values, order)
    findings = _audit(values, known, won, order, outcomes, seed)
    known = _with_findings(known, findings)

    the_target = _with_value_and_horizons(the_target, values, known, won, order)
    known = _without_value(known, the_target)

    ordered = tuple(known[column] if column in known else fields[column] for column in readable)
    ordered = _with_domain(ordered, group)
    playbook = Playbook(
        name=name,
        description=f"Drafted from {rows:,} rows. Each `guess` awaits your word: correct what it says, then delete the line.",
        schema=LeadSchema(ordered, _MOMENTS),
        scores_at=_MOMENTS[0],
        target=the_target,
        training=Training(seed=seed),
        order=order.order,
        lead_id=naming.name or (outcomes_by if outcomes_by and outcomes_by in known else ""),
        group_by=group.name,
        outcomes_by=outcomes_by,
    )
    _refuse_unsound(playbook)
    all_notes = (
        *_sample_note(cells.height + copies, rows),
        *notes,
        *_left_out_note(left_out),
        *naming.notes,
        *_copies_note(copies, cells.height, naming),
        *order.notes,
        *_twin_rows_note(cells.select(readable), playbook),
        *_few_positives_note(playbook, won, cells.height, rows),
    )
    return Draft(playbook, findings, all_notes)


# The outcome.


def _outcome(
    cells: pl.DataFrame,
    columns: Sequence[str],
    target: str,
    outcome_columns: Sequence[str],
    positive: Sequence[str],
    still_open: Sequence[str],
) -> tuple[Target, Field | None, np.ndarray, tuple[str, ...]]:
    """The target, its field (None where it is one of the outcome columns), and the outcome of each row."""
    if target:
        column = find_column(target, columns, what="target", option="--target")
        found: Outcome = find_outcome(cells[column], positive, still_open)
        return found.target, found.field, found.won, found.notes
    if not outcome_columns:
        telling = [column for column in columns if (meaning := find_meaning(column)) and meaning.name == "converted"]
        mend = (
            f"name it: --target {telling[0]}"
            if telling
            else "name the column that says which leads were won: --target COLUMN"
        )
        raise DataError("target", Problem("target", "is not named", mend))
    the_target, won = find_outcome_in(cells, outcome_columns)
    return the_target, None, won, ()


def _is_readable(cells: pl.Series) -> bool:
    """Lists, objects and bytes have no place in a lead; a field for them would reject every row."""
    return not cells.dtype.is_nested() and cells.dtype not in (pl.Binary, pl.Object, pl.Duration)


# What each column holds.


@dataclass(frozen=True)
class _Sketch:
    """One column while it is drafted: its cells without placeholders, its type, its well-known meaning, its field."""

    column: Column
    type: TypeGuess
    meaning: Meaning | None
    field: Field

    @property
    def name(self) -> str:
        return self.field.name


def _sketch_columns(cells: pl.DataFrame, names: Sequence[str]) -> dict[str, _Sketch]:
    """Every column's placeholders and type; what the clear columns tell of the file decides the unclear ones."""
    whole = {name: Column(name, cells[name]) for name in names}
    marks = frozenset[str]().union(*(find_marks(column) for column in whole.values()))
    words = {name: find_placeholders(column, marks) for name, column in whole.items()}
    bare = {name: column.without([found.text for found in words[name]]) for name, column in whole.items()}
    meanings = {name: find_meaning(name) for name in names}
    likely = {name: meaning.types if meaning else () for name, meaning in meanings.items()}
    types = {name: guess_type(column, likely=likely[name]) for name, column in bare.items()}
    habits = _habits(types)
    for name, guess in types.items():
        if guess.open and habits != Habits():
            types[name] = guess_type(bare[name], likely=likely[name], habits=habits)
        if habits.decimal_comma:
            types[name] = with_comma(bare[name], types[name])
    return {name: _sketch(bare[name], types[name], meanings[name], words[name]) for name in names}


def _habits(types: Mapping[str, TypeGuess]) -> Habits:
    said = [guess.habit for guess in types.values()]
    first, second = said.count("day_first"), said.count("month_first")
    commas = "decimal_comma" in said
    # Who writes decimal commas writes the day first.
    day_first = (
        True if first and not second else False if second and not first else True if commas and not second else None
    )
    return Habits(day_first, commas)


def _sketch(column: Column, guess: TypeGuess, meaning: Meaning | None, words: tuple[Placeholder, ...]) -> _Sketch:
    among = tuple(
        Placeholder(text, int(column.rows[column.texts == text][0]), "a word among values that are none")
        for text in guess.missing
    )
    column = column.without(guess.missing)
    field = Field(column.name, guess.type, _MOMENTS[0], formats=guess.formats)
    sentinels: tuple[Placeholder, ...] = ()
    if guess.type in ("number", "money"):
        sentinels = find_sentinels(column, column.read(field).to_numpy())
    elif guess.type == "time":
        sentinels = find_sentinel_times(column, column.read(field))
    placeholders = (*words, *among, *sentinels)
    fits = meaning is not None and guess.type in meaning.types and column.filled > 0
    said = [*guess.evidence, *describe(placeholders)]
    if meaning is not None and fits:
        said.append(
            f"means: {meaning.name}, {f'as in {meaning.known_as}' if meaning.known_as else 'a usual name for it'}"
        )
        if meaning.unused:
            said.append(f"use: {meaning.unused}")
        if meaning.caution:
            said.append(f"caution: {meaning.caution}")
    field = replace(
        field,
        use=guess.use and not (fits and meaning is not None and meaning.unused),
        missing=tuple(found.text for found in placeholders),
        means=meaning.name if meaning is not None and fits else "",
        guess=tuple(said),
    )
    return _Sketch(column, guess, meaning if fits else None, field)


def _read(cells: pl.DataFrame, fields: Sequence[Field]) -> pl.DataFrame:
    """The cells as the fields' values, by the readers that training uses; null where one cannot be read."""
    found = []
    for field in fields:
        values = cells_as_values(blank_placeholders(cells[field.name], field), field).alias(field.name)
        empty = sentinel_values(values, field)
        found.append(values if empty is None else values.zip_with(~empty, pl.Series([None], dtype=values.dtype)))
    return pl.DataFrame(found)


# What is no feature.


def _names(sketches: Mapping[str, _Sketch], order: OrderGuess, outcomes: frozenset[str]) -> tuple[Naming, Naming]:
    """The column that names leads and the one that groups them."""
    columns = {name: sketch.column for name, sketch in sketches.items() if name not in outcomes}
    types = {name: sketch.type for name, sketch in sketches.items()}
    counter = order.order.field if order.order else ""
    naming = find_lead_id(columns, types, avoid=counter)
    return naming, find_group(columns, types, naming.name, tuple(outcomes))


def _with_names(fields: Mapping[str, Field], order: OrderGuess, naming: Naming, group: Naming) -> dict[str, Field]:
    """The fields with what their role in the playbook asks of them."""
    found = dict(fields)
    for role in (naming, group):
        if role.name:
            field = found[role.name]
            found[role.name] = replace(field, guess=(*field.guess, role.because))
    name = order.order.field if order.order else ""
    if name and found[name].type != "time":
        # A counter is ordered by its size, so it must be a number; as a feature it would only tell the date.
        said = tuple(line for line in found[name].guess if not line.startswith("id:"))
        why = "use: it orders the leads, and would only tell the date"
        found[name] = replace(found[name], type="number", use=False, guess=("number: counts the leads", *said, why))
    return found


def _with_domain(fields: tuple[Field, ...], group: Naming) -> tuple[Field, ...]:
    """The fields with the domain of the addresses that keep leads together: they make no feature, and their domain may."""
    mail = next((field for field in fields if field.name == group.name and field.type == "email"), None)
    name = f"{group.name} domain"
    if mail is None or not mail.use or any(field.name == name for field in fields):
        return fields
    why = f"domain_of: “{mail.name}” keeps leads of one address together and makes no feature; its domain does"
    domain = Field(name, "category", mail.known_at, domain_of=mail.name, guess=(why,))
    place = fields.index(mail) + 1
    return (*fields[:place], domain, *fields[place:])


def _without_idle(
    fields: Mapping[str, Field], sketches: Mapping[str, _Sketch], values: pl.DataFrame
) -> dict[str, Field]:
    """The fields with use = false for those that are empty, always the same, or the same as another."""
    found = dict(fields)
    seen: dict[tuple[object, ...], str] = {}
    for name, field in fields.items():
        why = ""
        column = sketches[name].column
        if column.filled == 0:
            why = "empty in every row" if not field.missing else f"nothing but {quoted(field.missing)}"
        elif column.distinct == 1 and column.filled == column.height:
            why = f"always {quoted(column.texts.to_list())}, {column.height:,} rows"
        else:
            print_of = _fingerprint(values[name])
            twin = seen.setdefault(print_of, name)
            if twin != name and field.type not in ("id",):
                why = f"the same as “{twin}” in every row"
        if why:
            found[name] = replace(field, use=False, guess=(*field.guess, f"use: {why}"))
    return found


def _fingerprint(values: pl.Series) -> tuple[object, ...]:
    """Equal for columns that hold the same values in the same rows."""
    hashes = values.hash(seed=11).to_numpy()
    places = np.arange(1, len(hashes) + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        return str(values.dtype), int(np.bitwise_xor.reduce(hashes * (2 * places + 1))), int((hashes * places).sum())


# What is known too late.


def _known_late(fields: Mapping[str, Field], outcomes: frozenset[str]) -> dict[str, Field]:
    """The fields with known_at = "outcome" for those that came with the outcomes, or whose name says so in a CRM."""
    found = dict(fields)
    for name, field in fields.items():
        meaning = find_meaning(name)
        if name in outcomes:
            why = "it comes from the file of outcomes, which tells what happened later"
        elif meaning is not None and meaning.later and field.means:
            why = f"by its name, {meaning.later}"
        else:
            continue
        found[name] = replace(field, known_at=_MOMENTS[1], guess=(*field.guess, f"known_at: {why}"))
    return found


def _always_later(fields: Mapping[str, Field], values: pl.DataFrame, order: OrderGuess) -> dict[str, Field]:
    """The fields with known_at = "outcome" for times that mostly lie after the lead's own, whatever their name."""
    name = order.order.field if order.order else ""
    if not name or fields[name].type != "time":
        return dict(fields)
    found, came = dict(fields), values[name]
    for other, field in fields.items():
        if other == name or field.type != "time" or field.known_at != _MOMENTS[0]:
            continue
        after = (values[other] - came).drop_nulls()
        late = int((after >= _A_DAY).sum())
        if len(after) < _FEWEST_TO_COMPARE or late <= _MOSTLY * len(after):
            continue
        why = (
            f"known_at: it lies a day or more after “{name}” in {late:,} of {len(after):,} leads that have it "
            f"({percent(late / len(after))}), so it was hardly known then; say “{_MOMENTS[0]}” if leads "
            "come with it (a wish, a plan)"
        )
        found[other] = replace(field, known_at=_MOMENTS[1], guess=(*field.guess, why))
    return found


def _audit(
    values: pl.DataFrame,
    fields: Mapping[str, Field],
    won: np.ndarray,
    order: OrderGuess,
    outcomes: frozenset[str],
    seed: int,
) -> tuple[Finding, ...]:
    """The leakage audit over every field that did not come with the outcomes, on the rows whose outcome is known."""
    kinds: dict[str, str] = {name: field.type for name, field in fields.items() if name not in outcomes}
    told = ~np.isnan(won)
    if not kinds or not 0 < np.nansum(won) < told.sum():
        return ()
    frame = _retyped(values.select(list(kinds)), fields).filter(pl.Series(told))
    position = None if order.position is None else order.position[told]
    return audit_fields(frame, won[told].astype(np.int64), kinds=kinds, order=position, seed=seed)


def _retyped(values: pl.DataFrame, fields: Mapping[str, Field]) -> pl.DataFrame:
    """The values of a counter that became a number after it was read as an identifier."""
    counters = [name for name in values.columns if fields[name].type == "number" and values[name].dtype == pl.String]
    return values.with_columns(pl.col(counters).cast(pl.Float64, strict=False)) if counters else values


def _with_findings(fields: Mapping[str, Field], findings: Sequence[Finding]) -> dict[str, Field]:
    """The fields with what the audit found: what blocks is known at the outcome, what warns is only said."""
    found = dict(fields)
    for finding in findings:
        field = found[finding.field]
        if finding.severity == "blocks":
            said = (*field.guess, f"known_at: {finding.evidence}")
            found[finding.field] = replace(field, known_at=_MOMENTS[1], guess=said)
        elif field.known_at == _MOMENTS[0]:
            found[finding.field] = replace(field, guess=(*field.guess, f"caution: {finding.evidence}"))
    return found


# What is asked beside the outcome.


def _with_value_and_horizons(
    target: Target, values: pl.DataFrame, fields: Mapping[str, Field], won: np.ndarray, order: OrderGuess
) -> Target:
    """The target with the amount of won leads and days to ask about, where the table has them."""
    value, why = find_value(values, fields, won)
    horizons = find_horizons(values, target, order.order)
    said = [why] if why else []
    if horizons:
        said.append(f"horizons: “{target.at}” tells when leads were won; ask about the days that matter to you")
    return replace(target, value=value, horizons=horizons, guess=(*target.guess, *said))


def _without_value(fields: Mapping[str, Field], target: Target) -> dict[str, Field]:
    """The fields with the amount of won leads known at the outcome."""
    found = dict(fields)
    if target.value and found[target.value].known_at != _MOMENTS[1]:
        field = found[target.value]
        why = "known_at: it is what won leads brought"
        found[target.value] = replace(field, known_at=_MOMENTS[1], guess=(*field.guess, why))
    return found


# What a person should know of the table as a whole.


def _without_copies(cells: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows without whole copies of others, where a column that else never repeats shows that they are the same leads."""
    plain = [name for name in cells.columns if _is_readable(cells[name])]
    first = (
        cells.select(pl.struct(plain).is_first_distinct()).to_series() if plain else pl.Series([True] * cells.height)
    )
    copies = int((~first).sum())
    kept = cells.filter(first)
    telling = any(kept[name].null_count() == 0 and kept[name].n_unique() == kept.height for name in plain)
    return (kept, copies) if copies and telling else (cells, 0)


def _copies_note(copies: int, height: int, naming: Naming) -> tuple[str, ...]:
    if not copies:
        return ()
    said = f"{copies:,} of {height + copies:,} rows are copies of another row in every cell"
    return (f"{said}; of each, training keeps one" if naming.name else f"{said}; leave them out of the file",)


def _sample_note(height: int, rows: int) -> tuple[str, ...]:
    return (f"looked at {height:,} of {rows:,} rows, spread over the file",) if height < rows else ()


def _left_out_note(left_out: Sequence[str]) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (f"left out {quoted(left_out, 10)}: lists and objects; give each of their parts a column to use it",)


def _twin_rows_note(cells: pl.DataFrame, playbook: Playbook) -> tuple[str, ...]:
    """How many rows are the same as another one but for the identifiers: they flatter a test that holds one of them."""
    order = playbook.order.field if playbook.order else ""
    fields = [
        field for field in playbook.schema.fields if field.type != "id" and field.name not in (order, playbook.lead_id)
    ]
    names = [field.name for field in fields]
    if sum(field.use and field.known_at == _MOMENTS[0] for field in fields) < _FEWEST_TO_COMPARE:
        return ()  # rows of few columns are alike without being the same lead
    repeats = cells.height - cells.select(pl.struct(names).hash(seed=11).n_unique()).item()
    if repeats < 0.01 * cells.height:
        return ()
    return (f"{repeats:,} of {cells.height:,} rows repeat another row in everything but identifiers",)


def _few_positives_note(playbook: Playbook, won: np.ndarray, height: int, rows: int) -> tuple[str, ...]:
    winners = int(np.nansum(won) * rows / height)
    least = playbook.training
    short = []
    if winners < least.min_positives:
        short.append(f"{winners:,} of {least.min_positives} won leads")
    if rows < least.min_leads:
        short.append(f"{rows:,} of {least.min_leads} leads")
    return (f"too few to train on: {' and '.join(short)}",) if short else ()


def _refuse_unsound(playbook: Playbook) -> None:
    """Refuse a draft that would not pass its own check, with the reason for each field where nothing is left to learn from."""
    problems = find_problems(playbook)
    if not problems:
        return
    nothing_left = [problem for problem in problems if problem.where == "fields"]
    if nothing_left and len(problems) == len(nothing_left):
        reasons = [
            Problem(
                field.name,
                next(
                    (line for line in reversed(field.guess) if line.startswith(("use:", "known_at:"))),
                    "is an identifier",
                ),
            )
            for field in playbook.schema.fields
        ]
        raise DataError(f"{playbook.name}: nothing is left to learn from", reasons)
    raise PlaybookError(playbook.name, problems)
