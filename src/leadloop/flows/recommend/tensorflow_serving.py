"""The network in TensorFlow's own form, for those who run TensorFlow Serving."""

from __future__ import annotations

import json
from pathlib import Path

from leadloop.errors import LeadLoopError, Problem
from leadloop.recommend.competition import Competition
from leadloop.recommend.recommender import Recommender

VERSION = "1"
CONFIG = "models.config"


def export_for_tensorflow(result: Competition, recommender: Recommender, folder: Path, *, name: str) -> Path:
    """Write the network as a SavedModel, with the configuration that TensorFlow Serving reads, and answer the folder.

    `models.config` names the model; `recommender.json` holds the names behind the codes and the calibrator, since the model
    reads codes and gives margins. Start the server with `--model_config_file=models.config`. The folder must be empty or new.
    Raises LeadLoopError where the network did not take part.
    """
    trained = result.beside.get("network")
    if trained is None:
        problem = Problem("--tensorflow", "the network did not take part", 'pip install "leadloop[recommender]"')
        raise LeadLoopError("recommender", problem)
    folder = folder.expanduser().absolute()
    if folder.exists() and any(folder.iterdir()):
        raise LeadLoopError("recommender", Problem(str(folder), "is not empty", "name a new folder"))
    model = folder / name / VERSION
    model.parent.mkdir(parents=True, exist_ok=True)
    trained.model.export(str(model), verbose=False)
    (folder / CONFIG).write_text(
        "model_config_list {\n"
        "  config {\n"
        f'    name: "{name}"\n'
        f'    base_path: "/models/{name}"\n'
        '    model_platform: "tensorflow"\n'
        "  }\n"
        "}\n",
        encoding="utf-8",
    )
    (folder / "recommender.json").write_text(
        json.dumps(recommender.state(), ensure_ascii=False, indent=1), encoding="utf-8"
    )
    return folder
