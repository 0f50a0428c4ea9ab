"""The feature set: every block of a playbook, fitted on training leads, and the one matrix that models see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from leadloop.errors import PlaybookError, Problem, VersionError
from leadloop.features.block import Block, FeatureColumn
from leadloop.features.categories import CategoryBlock
from leadloop.features.contact import EmailBlock, PhoneBlock, UrlBlock
from leadloop.features.derived import DerivedBlock
from leadloop.features.functions import FeatureFunction, FunctionsBlock
from leadloop.features.history import HistoryBlock
from leadloop.features.numbers import BooleansBlock, EmployeesBlock, NumbersBlock
from leadloop.features.readings import join_readings
from leadloop.features.text import TextBlock
from leadloop.features.texts_together import Heard, TextsTogether
from leadloop.features.times import TimesBlock
from leadloop.leads import Field, LeadFrame
from leadloop.leads.field import sign_of
from leadloop.playbook import Playbook

if TYPE_CHECKING:
    BlockType = type[Block]

_TRAIN_AGAIN = "use the release of LeadLoop that wrote it, or train again"
_BLOCKS: dict[str, BlockType] = {
    block.kind: block
    for block in (
        NumbersBlock,
        BooleansBlock,
        EmployeesBlock,
        CategoryBlock,
        TextBlock,
        TimesBlock,
        EmailBlock,
        PhoneBlock,
        UrlBlock,
        FunctionsBlock,
        DerivedBlock,
        HistoryBlock,
    )
}


def usable_fields(playbook: Playbook) -> tuple[Field, ...]:
    """The fields that features may read: used, known when scoring, and neither an identifier nor the mere order of leads.

    A time stays in although it orders the leads: its weekday and hour say something, its place on the calendar is never
    looked at.
    """
    order = playbook.order.field if playbook.order else ""
    return tuple(
        field
        for field in playbook.scoring_schema.fields
        if field.use
        and field.type != "id"
        and field.name not in (playbook.lead_id, playbook.group_by)
        and not (field.name == order and field.type != "time")
    )


@dataclass(frozen=True)
class FeatureSet:
    """Fitted blocks, and the float32 matrix they make of leads: one row a lead, missing as NaN."""

    blocks: tuple[Block, ...]

    @classmethod
    def fit(
        cls,
        playbook: Playbook,
        leads: LeadFrame,
        positive: np.ndarray,
        folds: np.ndarray | None = None,
        *,
        fields: Sequence[Field] | None = None,
        functions: Sequence[FeatureFunction] = (),
        until: float = float("inf"),
    ) -> tuple[Self, np.ndarray]:
        """Fit every block on training leads; gives the set, and the matrix of the training leads themselves.

        `positive` holds 0 or 1 a lead, `folds` a fold number a lead: what a block learns from outcomes is, for each
        training lead, learned from the other folds. `fields` are the fields to use (all usable ones, if not given); `until`
        is the day since 1970 up to which outcomes are known.
        """
        if playbook.phrase_files:
            what = f"names {', '.join(playbook.phrase_files)}, which nobody has read"
            raise PlaybookError(playbook.name, Problem("phrase_files", what, "read the playbook from its folder"))
        data = leads.data
        fields = usable_fields(playbook) if fields is None else fields
        by_type: dict[str, list[Field]] = {}
        for field in fields:
            by_type.setdefault(field.type, []).append(field)
        times = by_type.get("time", [])
        order = playbook.order.field if playbook.order else ""
        lead_time = order if any(field.name == order for field in times) else ""
        fitted: list[tuple[Block, np.ndarray]] = []

        def keep(block: Block, values: np.ndarray | None = None) -> None:
            if block.columns:
                fitted.append((block, block.values(data) if values is None else values))

        if numbers := by_type.get("number", []) + by_type.get("money", []):
            keep(NumbersBlock.fit(data, numbers))
        if booleans := by_type.get("boolean"):
            keep(BooleansBlock.of(booleans))
        for field in by_type.get("employees", []):
            keep(EmployeesBlock(field.name, sign_of(field)))
        for field in by_type.get("category", []):
            keep(*CategoryBlock.fit(data[field.name], positive, folds))
        for field in by_type.get("text", []):
            fit = partial(TextBlock.fit, data, field.name, positive, folds, time=lead_time, densities=field.densities)
            lists = {name: phrases for name, phrases in playbook.phrases if field.looks_for(name)}
            keep(*fit(phrases=lists, terms=field.terms, finds=field.finds))
        if times:
            keep(TimesBlock.fit(data, times, lead_time))
        for field in by_type.get("email", []):
            keep(EmailBlock(field.name))
        for field in by_type.get("phone", []):
            keep(PhoneBlock(field.name))
        for field in by_type.get("url", []):
            keep(UrlBlock(field.name))
        if functions:
            keep(FunctionsBlock.of(functions, playbook))
        used = {field.name: field.type for field in fields}
        for derived in playbook.derived:
            if used.keys() >= set(derived.reads):
                keep(*DerivedBlock.fit(derived, used, data, positive, folds))
        for history in playbook.history:
            if used.keys() >= set(history.of):
                known_after = playbook.outcome_days
                keep(
                    *HistoryBlock.fit(history, used, data, positive, data[order], known_after=known_after, until=until)
                )
        matrix = np.hstack([values for _, values in fitted]) if fitted else np.empty((len(leads), 0), np.float32)
        return cls(tuple(block for block, _ in fitted)), np.ascontiguousarray(matrix, dtype=np.float32)

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        """Every column of the matrix, in order."""
        return tuple(column for block in self.blocks for column in block.columns)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Every field that some block reads, each once."""
        return tuple(dict.fromkeys(name for block in self.blocks for name in block.reads))

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The field that each group of columns is shown under, each once, in order of the columns."""
        return tuple(dict.fromkeys(column.field for column in self.columns))

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What the features written in Python are, in a few words, by their names; those without a description are not in it."""
        functions = [block for block in self.blocks if isinstance(block, FunctionsBlock)]
        return {name: label.rstrip(".") for block in functions for name, label in block.labels.items() if label}

    @cached_property
    def text_blocks(self) -> Mapping[str, TextBlock]:
        """The blocks of text fields, by their fields."""
        return {block.field: block for block in self.blocks if isinstance(block, TextBlock)}

    @cached_property
    def field_of_column(self) -> np.ndarray:
        """For each column, the position of its field in `fields`."""
        places = {name: place for place, name in enumerate(self.fields)}
        return np.array([places[column.field] for column in self.columns], dtype=np.int64)

    def matrix(self, data: pl.DataFrame) -> np.ndarray:
        """What a model sees of these leads: float32, shape (leads, columns)."""
        return self.read(data)[0]

    def read(self, data: pl.DataFrame) -> tuple[np.ndarray, dict[str, Heard]]:
        """The same, and by field what texts said, as far as that was kept (see `TextsTogether.read`)."""
        tables, said = self._texts_together.read(data)
        return self.assemble(data, tables, {}), {one.block.field: one for one in said}

    @cached_property
    def _texts_together(self) -> TextsTogether:
        return TextsTogether(self.readers)

    @cached_property
    def readers(self) -> tuple[TextBlock, ...]:
        """A block for each text field that makes every column that anybody asks for, functions among them."""
        readers = dict(self.text_blocks)
        for block in self.blocks:
            for text in block.texts if isinstance(block, FunctionsBlock) else ():
                readers[text.field] = join_readings(readers[text.field], text) if text.field in readers else text
        return tuple(readers.values())

    @cached_property
    def _places_in_readers(self) -> dict[int, np.ndarray | None]:
        """Which columns of its field's reader each block of a text asks for, by its identity; None where it asks for all."""
        columns = {one.field: [column.name for column in one.columns] for one in self.readers}
        texts = list(self.text_blocks.values())
        texts += [text for block in self.blocks if isinstance(block, FunctionsBlock) for text in block.texts]
        places: dict[int, np.ndarray | None] = {}
        for text in texts:
            held, names = columns[text.field], [column.name for column in text.columns]
            places[id(text)] = None if names == held else np.array([held.index(name) for name in names], dtype=np.int64)
        return places

    def assemble(self, data: pl.DataFrame, tables: Sequence[np.ndarray], made: dict[int, np.ndarray]) -> np.ndarray:
        """The matrix of these leads, given the table of each of the `readers`.

        `made` holds the columns of blocks that need not be made again, by the block's identity; those made here are added.
        """
        read = {one.field: table for one, table in zip(self.readers, tables, strict=True)}

        def asked(text: TextBlock) -> np.ndarray:
            places = self._places_in_readers[id(text)]
            table = read[text.field]
            return table if places is None else np.take(table, places, axis=1)

        parts = []
        for block in self.blocks:
            if isinstance(block, TextBlock):
                parts.append(asked(block))
                continue
            if id(block) not in made:
                if isinstance(block, FunctionsBlock):
                    made[id(block)] = block.values_of(data, [asked(text) for text in block.texts])
                else:
                    made[id(block)] = block.values(data)
            parts.append(made[id(block)])
        return np.hstack(parts)

    def state(self) -> list[dict[str, Any]]:
        """Everything that was fitted, as plain JSON values."""
        return [{"kind": block.kind, **block.state()} for block in self.blocks]

    @classmethod
    def from_state(cls, states: Sequence[Mapping[str, Any]]) -> Self:
        """The feature set that `states` describe; raises VersionError where it is not one."""
        blocks = []
        for number, state in enumerate(states):
            kind = state.get("kind")
            if kind not in _BLOCKS:
                raise VersionError("features", Problem(f"block {number}", f"is of unknown kind {kind!r}", _TRAIN_AGAIN))
            rest = {key: value for key, value in state.items() if key != "kind"}
            try:
                blocks.append(_BLOCKS[kind].from_state(rest))
            except (KeyError, TypeError, ValueError) as error:
                problem = Problem(f"block {number} ({kind})", f"cannot be read: {error}", _TRAIN_AGAIN)
                raise VersionError("features", problem) from None
        return cls(tuple(blocks))
