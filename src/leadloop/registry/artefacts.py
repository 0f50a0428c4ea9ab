"""A trained playbook as files, and back. Numbers, texts and ONNX graphs only: loading runs no code from a version.

Whoever calls `unpack` has checked the bytes against the manifest before. A self-check follows: a few made-up rows (quantiles
of the training columns, nobody's data) must get the answers that they got when the version was saved, from the models of all
leads and from those of every segment.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from leadloop.errors import Problem, VersionError
from leadloop.features import FeatureSet
from leadloop.playbook import parse_playbook, render_playbook
from leadloop.scoring import Blend, TrainedPlaybook
from leadloop.scoring.calibrator import calibrator_from_state
from leadloop.scoring.composition import Composition
from leadloop.scoring.counterfactuals import Candidates
from leadloop.scoring.members import LinearModel, Member, PriorModel
from leadloop.scoring.novelty import Novelty
from leadloop.scoring.score_map import ScoreMap
from leadloop.scoring.target_model import TargetModel
from leadloop.scoring.timing import Timing
from leadloop.scoring.tree_member import TreeMember
from leadloop.scoring.venn_abers import VennAbers
from leadloop.scoring.worth import Worth

_MEMBERS: Mapping[str, Callable[[Mapping[str, np.ndarray]], Member]] = {
    PriorModel.kind: PriorModel.from_arrays,
    LinearModel.kind: LinearModel.from_arrays,
    TreeMember.kind: TreeMember.from_arrays,
}
_GRAPH = "onnx"
_CLOSE = 1e-5
# Versions saved before these were learned are without them.
_NOVELTY, _CANDIDATES = "novelty.json", "candidates.json"
_TARGETS = "targets.json"


def pack(trained: TrainedPlaybook, probes: np.ndarray | Mapping[str, np.ndarray]) -> dict[str, bytes]:
    """The files of a trained playbook by name.

    `probes` holds a few rows of each target's feature matrix for the self-check (`make_probe`), by target; one matrix will do
    for a version of one target. Files of further targets begin with `target_1_` and so on; `targets.json` lists them.
    """
    main, *others = trained.models.values()
    rows = probes if isinstance(probes, Mapping) else {main.name: probes}
    beside = {"timing": trained.timing, "worth": trained.worth}
    files = {
        "playbook.toml": render_playbook(trained.playbook).encode(),
        **_pack_model(main, rows[main.name], {name: part for name, part in beside.items() if part is not None}),
        **{
            name: _json(part.state())
            for name, part in ((_NOVELTY, trained.novelty), (_CANDIDATES, trained.candidates))
            if part is not None
        },
    }
    if others:
        for number, model in enumerate(others, start=1):
            packed = _pack_model(model, rows[model.name], {})
            files |= {f"{_prefix(number)}{name}": content for name, content in packed.items()}
        said = {"others": [model.name for model in others]}
        files[_TARGETS] = _json(
            {**said, "score": trained.composition.state() if trained.composition is not None else None}
        )
    return files


def _prefix(number: int) -> str:
    return f"target_{number}_"


def _pack_model(target: TargetModel, probe: np.ndarray, beside: Mapping[str, Timing | Worth]) -> dict[str, bytes]:
    """The files of what predicts one target."""
    blend = target.blend
    blends = {"": blend, **target.segments}
    margins = np.stack([one.margins(probe) for one in blends.values()])
    answers = _answer(list(blends.values()), margins)
    files = {
        "features.json": _json(target.features.state()),
        "probe.npz": _npz({"matrix": probe, "margins": margins[0], "margins_of_each": margins, "answers": answers}),
    }
    members = list({id(member): member for one in blends.values() for member in one.members}.values())
    kinds = []
    for number, member in enumerate(members):
        arrays = member.arrays()
        if _GRAPH in arrays:
            files[f"member_{number}.onnx"] = arrays.pop(_GRAPH).tobytes()
        files[f"member_{number}.npz"] = _npz(arrays)
        kinds.append(member.kind)
    places = {id(member): number for number, member in enumerate(members)}
    described = []
    for number, (segment, one) in enumerate(blends.items()):
        table = f"venn_abers_{number}.npz" if number else "venn_abers.npz"
        files[table] = _npz(one.venn_abers.arrays())
        heard = [places[id(member)] for member in one.members]
        described.append(
            {
                "segment": segment,
                "heard": heard,
                "weights": one.weights,
                "calibrator": one.calibrator.state(),
                "intervals": table,
                "doubt": one.doubt,
            }
        )
    model = {"members": kinds, "blends": described, "score_map": blend.score_map.state()}
    for name, part in beside.items():
        files[f"{name}.npz"] = _npz(part.arrays())
        model[name] = part.state()
    files["model.json"] = _json(model)
    return files


def unpack(files: Mapping[str, bytes], version: str) -> TrainedPlaybook:
    """The trained playbook that these files hold; raises VersionError where they do not hold a working one."""
    try:
        playbook = parse_playbook(files["playbook.toml"].decode(), subject=f"{version}/playbook.toml")
        main, said, wrong = _unpack_model(playbook.target.name, files)
        others, composition = [], None
        if _TARGETS in files:
            told = json.loads(files[_TARGETS])
            for number, name in enumerate(told["others"], start=1):
                prefix = _prefix(number)
                own = {key.removeprefix(prefix): held for key, held in files.items() if key.startswith(prefix)}
                model, _, also_wrong = _unpack_model(str(name), own)
                others.append(model)
                wrong = np.concatenate([wrong, also_wrong])
            composition = Composition.from_state(told["score"]) if told["score"] is not None else None
        if [model.name for model in others] != [target.name for target in playbook.more_targets]:
            raise ValueError("its targets are not those of its playbook")
        if (composition is not None) != playbook.is_composed:
            raise ValueError("its score is not the one that its playbook asks for")
        timing = Timing.from_arrays(_arrays(files["timing.npz"]), said["timing"]) if "timing" in said else None
        worth = Worth.from_arrays(_arrays(files["worth.npz"]), said["worth"]) if "worth" in said else None
        trained = TrainedPlaybook(
            playbook,
            main.features,
            main.blend,
            version,
            main.segments,
            timing,
            worth,
            novelty=Novelty.from_state(json.loads(files[_NOVELTY])) if _NOVELTY in files else None,
            candidates=Candidates.from_state(json.loads(files[_CANDIDATES])) if _CANDIDATES in files else None,
            others=tuple(others),
            composition=composition,
        )
    except VersionError as error:
        raise VersionError(version, error.problems) from error
    except Exception as error:  # readers of damaged files raise whatever they like: of zip, of JSON, of NumPy
        said_of_it = f"cannot be read: {error or type(error).__name__}"
        raise VersionError(version, Problem("files", said_of_it, "train again")) from error
    if wrong.any():
        raise VersionError(
            version,
            Problem(
                "self-check",
                f"{int(wrong.sum())} of {len(wrong)} probe rows get another answer than when the version was saved",
                "use the library versions that its manifest names, or train again",
            ),
        )
    return trained


def _unpack_model(name: str, files: Mapping[str, bytes]) -> tuple[TargetModel, Mapping[str, Any], np.ndarray]:
    """What predicts one target, all of its `model.json`, and which of its probe rows get another answer than when saved."""
    model = json.loads(files["model.json"])
    members = []
    for number, kind in enumerate(model["members"]):
        arrays = _arrays(files[f"member_{number}.npz"])
        if f"member_{number}.onnx" in files:
            arrays[_GRAPH] = np.frombuffer(files[f"member_{number}.onnx"], dtype=np.uint8)
        members.append(_MEMBERS[kind](arrays))
    score_map = ScoreMap.from_state(model["score_map"])
    blends = {
        str(said["segment"]): Blend(
            tuple(members[place] for place in said["heard"]),
            tuple(float(weight) for weight in said["weights"]),
            calibrator_from_state(said["calibrator"]),
            VennAbers.from_arrays(_arrays(files[said["intervals"]])),
            score_map,
            float(said.get("doubt", 0.0)),  # versions saved before it was measured are without it
        )
        for said in model["blends"]
    }
    features = FeatureSet.from_state(json.loads(files["features.json"]))
    probe = _arrays(files["probe.npz"])
    wrong = _find_wrong(blends, probe)
    if len(features.columns) != probe["matrix"].shape[1]:
        wrong[:] = True
    blend = blends.pop("")
    return TargetModel(name, features, blend, blends), model, wrong


def _answer(blends: Sequence[Blend], margins: np.ndarray) -> np.ndarray:
    """The probability that each blend makes of its margins, and the ends of its interval: (blends, 3, rows)."""
    answers = []
    for blend, said in zip(blends, margins, strict=True):
        probabilities = blend.probabilities(said)
        answers.append(np.stack([probabilities, *blend.intervals(said, probabilities)]))
    return np.stack(answers)


def _find_wrong(blends: Mapping[str, Blend], probe: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which rows of the probe get another answer than when the version was saved, from any of its blends.

    What follows margins is asked of those that were saved: an interval goes in steps, and a margin's last digit may lie on the
    other side of one.
    """
    if "answers" not in probe:  # older versions tell of the models of all leads only
        wrong: np.ndarray = ~(np.abs(blends[""].margins(probe["matrix"]) - probe["margins"]) <= _CLOSE)
        return wrong
    each, saved = list(blends.values()), probe["margins_of_each"]
    margins = np.stack([blend.margins(probe["matrix"]) for blend in each])
    same: np.ndarray = (np.abs(margins - saved) <= _CLOSE).all(axis=0)
    same &= (np.abs(_answer(each, saved) - probe["answers"]) <= _CLOSE).all(axis=(0, 1))
    return ~same


def make_probe(matrix: np.ndarray, rows: int = 16) -> np.ndarray:
    """Made-up rows for the self-check: row i holds every column's quantile i; the last is missing throughout."""
    with np.errstate(invalid="ignore"):
        filled = np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)
        probe = np.nanquantile(filled, np.linspace(0, 1, rows - 1), axis=0)
    return np.vstack([probe, np.full((1, matrix.shape[1]), np.nan)]).astype(np.float32)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=list).encode()


def _npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
