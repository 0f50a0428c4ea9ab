"""A version as MLflow serves it: MLflow calls this module with the folder of the version's own files.

Serving needs MLflow and LeadLoop's base install. The files are those of the registry, checked against their manifest before
they are read; nothing in them is a pickle, and none of them is code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from leadloop.errors import DataError
from leadloop.flows.scoring.file_batch import round_scores
from leadloop.flows.scoring.score import read_columns
from leadloop.leads import Field
from leadloop.registry import ModelVersion
from leadloop.registry.artefacts import unpack
from leadloop.scoring import TrainedPlaybook

if TYPE_CHECKING:
    import pandas
    from mlflow.models import ModelSignature

# A made-up lead, so that whoever calls the model sees what a request looks like. Nobody's data.
_EXAMPLES: Mapping[str, Any] = {
    "number": 3.0,
    "money": "1200",
    "employees": "51-200",
    "category": "example",
    "text": "Please call me next week.",
    "boolean": "yes",
    "time": "2026-01-05 09:30:00",
    "email": "ada@example.com",
    "phone": "+44 20 7946 0000",
    "url": "https://www.example.com",
    "id": "example-1",
}


class ServedVersion:
    """A version that answers as MLflow asks: a frame of leads in, a frame of scores out."""

    def __init__(self, trained: TrainedPlaybook) -> None:
        self.trained = trained

    def predict(self, model_input: pandas.DataFrame, params: Mapping[str, Any] | None = None) -> pandas.DataFrame:
        """A row of scores for each lead, in order, with the columns and digits that `leadloop score` writes.

        Raises MlflowException (HTTP 400 when served) with every mistake of every lead at once; no lead is scored then.
        """
        import pandas
        from mlflow.exceptions import MlflowException
        from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

        names = list(model_input.columns)
        values = ([None if _is_missing(value) else value for value in model_input[name].tolist()] for name in names)
        try:
            leads = read_columns(self.trained, dict(zip(names, values, strict=True)), len(model_input))
        except DataError as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from None
        return pandas.DataFrame(round_scores(self.trained.score_table(leads)).to_dict(as_series=False))


def _load_pyfunc(path: str) -> ServedVersion:
    """Load the version in this folder; MLflow calls this by its name. Raises VersionError where any byte has changed."""
    folder = Path(path)
    version = ModelVersion.read(folder)
    return ServedVersion(unpack(version.read_files(folder), version.id))


def describe_columns(trained: TrainedPlaybook) -> ModelSignature:
    """What goes in and comes out, as MLflow writes it down.

    Every field that the version reads is a column that must be there (its values may be missing), as `leadloop score` has
    it: MLflow drops columns that it does not know, and a misspelt one would be scored as missing. The lead's identifier may
    be left out.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    kinds: Mapping[Any, DataType] = {pl.Float64: DataType.double, pl.Int64: DataType.long, pl.Boolean: DataType.boolean}
    leads = trained.schema.read(pl.DataFrame(make_example(trained))).leads
    scores = trained.score_table(leads)
    return ModelSignature(
        inputs=Schema(
            [
                ColSpec(
                    DataType.double if _is_plain_number(field) else DataType.string,
                    field.name,
                    required=field.name != trained.playbook.lead_id,
                )
                for field in trained.schema.fields
            ]
        ),
        outputs=Schema([ColSpec(kinds.get(kind, DataType.string), name) for name, kind in scores.schema.items()]),
    )


def make_example(trained: TrainedPlaybook) -> dict[str, list[Any]]:
    """A made-up lead with a value for every field that the version reads, as columns."""
    lead: dict[str, list[Any]] = {}
    for field in trained.schema.fields:
        value = _EXAMPLES[field.type]
        if field.type == "time" and field.formats and "%" in field.formats[0]:
            from datetime import datetime

            value = datetime.fromisoformat(value).strftime(field.formats[0])
        lead[field.name] = [value if _is_plain_number(field) or field.type != "number" else str(value)]
    rejects = trained.schema.read(pl.DataFrame(lead)).rejects
    return {**lead, **{reject.field: [None] for reject in rejects}}


def _is_plain_number(field: Field) -> bool:
    """Whether cells of a field are numbers and nothing else; in others a text may stand for "not given", say."""
    return field.type == "number" and not field.missing and not field.formats


def _is_missing(value: Any) -> bool:
    """Whether pandas means "no value": None, NaN, NaT or NA, none of which equals itself for sure."""
    return value is None or value != value or type(value).__name__ in ("NAType", "NaTType")
