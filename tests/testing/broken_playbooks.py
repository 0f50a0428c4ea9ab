"""Playbooks that each break one promise, made from one that keeps them all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.conftest import write_playbook
from tests.leads_for_tests import PLAYBOOK

from leadloop.leads import Field, LeadSchema
from leadloop.playbook import Playbook, render_playbook

QUICK = replace(PLAYBOOK, training=replace(PLAYBOOK.training, learners=("logistic regression",), trials=1))
SOUND = replace(
    QUICK,
    schema=LeadSchema(tuple(replace(field, required=field.name == "id") for field in QUICK.schema.fields)),
)
README = "# tiny\n\nPredicts whether a lead is **won**.\n"
HEAD = "import polars as pl\nfrom leadloop.features.functions import feature\n\n\n"


def feature(name: str, reads: str, gives: str) -> str:
    return f'@feature(reads=["{reads}"])\ndef {name}():\n    "Something about a lead."\n    return {gives}\n'


def with_fields(playbook: Playbook, *fields: Field) -> Playbook:
    return replace(playbook, schema=LeadSchema((*playbook.schema.fields, *fields), playbook.schema.moments))


def lay(folder: Path, playbook: Playbook = SOUND, *, readme: str = README, **files: str) -> Path:
    """The playbook in a folder with a README and Python files beside it."""
    write_playbook(folder, render_playbook(playbook))
    if readme:
        (folder / "README.md").write_text(readme, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder
