"""Discover: seek derived features on the training part of past leads, and write into the playbook what proved itself."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import tomlkit

from leadloop.errors import PlaybookError, Problem
from leadloop.flows.place.packaged import FILE, find_playbook, is_packaged
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.training.training_part import read_training_part
from leadloop.learning.discovery import Discovery, discover_features
from leadloop.playbook import Derived, Playbook, parse_playbook
from leadloop.playbook.rendering import derived_tables


@dataclass(frozen=True)
class Discovered:
    """What a search for derived features found, and the playbook's file where they were written into it."""

    playbook: Playbook
    """The playbook as it was before."""
    discovery: Discovery
    """The features with their evidence, and what was tried."""
    written: Path | None
    """The file that now declares them; None where nothing was written."""


def discover(
    playbook: Path | str,
    data: Path | str,
    *,
    outcomes: Path | str | None = None,
    events: Path | str | None = None,
    target: str = "",
    write: bool = False,
    tick: Tick = lambda stage: None,
) -> Discovered:
    """Seek features that two fields make together and that later leads confirm; with `write`, add them to the playbook.

    Only fields that are known when leads are scored are read, and the test part of the leads is never looked at. What is
    found for one of several targets (`target`; by default the main one) is a feature of all of them. Raises
    what `train` raises; what is written reads back as the same playbook with the features added.
    """
    place = find_playbook(playbook) or Path(playbook)
    if write and is_packaged(place):
        cure = f"leadloop playbooks copy {playbook} my_{playbook}"
        raise PlaybookError(str(playbook), Problem(str(place), "belongs to a package, which must not change", cure))
    part = read_training_part(playbook, data, outcomes, events=events, target=target, tick=tick)
    discovery = discover_features(
        part.found.playbook,
        part.labelled,
        fields=part.fields,
        functions=part.found.functions,
        tick=tick,
    )
    written = None
    if write and discovery.proposals:
        written = place / FILE if place.is_dir() else place
        add_derived(written, tuple(replace(found.derived, because=found.because) for found in discovery.proposals))
    return Discovered(part.found.playbook, discovery, written)


def add_derived(file: Path, features: tuple[Derived, ...]) -> None:
    """Add derived features at the end of a playbook's file; whatever else stands in it stays as it is.

    Raises PlaybookError, and changes nothing, where the file would not be sound with them.
    """
    text = file.read_text(encoding="utf-8-sig")
    tables = tomlkit.document()
    tables["derived"] = derived_tables(features)
    longer = f"{text.rstrip()}\n\n{tomlkit.dumps(tables)}"
    parse_playbook(longer, subject=str(file))
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(longer, encoding="utf-8")
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
