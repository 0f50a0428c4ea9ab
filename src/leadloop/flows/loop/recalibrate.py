"""Recalibration: between trainings, a version's probabilities follow the newest outcomes as a patch release, under guardrails.

Its models stay; its probabilities are moved along one line in log-odds (`learning.recalibration`). What comes of it is a version
of its own, with a folder, a card and a row in the audit log, and going back is going back to the version before. It refuses

- while another version is on its way into service, or a source of outcomes is doubted (what is held does not count);
- with too few outcomes that became known since the last time: no outcome moves anything twice;
- unless following them batch by batch would surely have gained, and the line learned from the older three quarters is better on
  the newest quarter;
- to move further than a bound, in one step or altogether: what asks for more asks for a training.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from leadloop.errors import Problem, VersionMissing
from leadloop.flows.loop.rules import LoopRules, read_rules
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.kept_test import FILE as KEPT_TEST
from leadloop.flows.training.reference_file import FILE as REFERENCE
from leadloop.flows.training.version_record import name_version
from leadloop.flows.watch.family import family_of, line_of, read_family
from leadloop.flows.watch.logged_leads import Watched, watch_playbook
from leadloop.learning.recalibration import MOST_SHIFT, SLOPES, follow_outcomes, judge_recalibration
from leadloop.monitoring.reference import Reference, refer_to_field
from leadloop.registry import ModelVersion
from leadloop.registry.artefacts import pack
from leadloop.scoring.calibrator import log_odds
from leadloop.scoring.moved import move, move_playbook
from leadloop.scoring.trained import TrainedPlaybook

if TYPE_CHECKING:
    from leadloop.store import PromotionRecord

_PAST = timedelta(weeks=26)
_NEWEST = 0.25
_FEWEST_NEWEST = 10
MOST_ALTOGETHER = 2 * MOST_SHIFT
"""All recalibrations of one training move log-odds by no more than this."""
SLOPES_ALTOGETHER = (0.5, 2.0)


@dataclass(frozen=True)
class Evidence:
    """What became of leads since the version in service was calibrated, in the order in which it became known."""

    probabilities: np.ndarray
    """What the version in service says of each."""
    outcomes: np.ndarray
    known_at: pl.Series
    lead_ids: pl.Series

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def fingerprint(self) -> str:
        """Changes with any lead or outcome."""
        digest = hashlib.sha256("\0".join(self.lead_ids.to_list()).encode())
        digest.update(self.outcomes.tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Recalibrated:
    """What came of a recalibration, or why nothing did."""

    accepted: bool
    """Whether probabilities should be moved."""
    reason: str
    """Why, or why not."""
    outcomes: int
    """By how many outcomes it was decided."""
    shift: float = 0.0
    """What is added to log-odds in this step."""
    slope: float = 1.0
    """What they are multiplied by before that."""
    version: ModelVersion | None = None
    """The version that was made; none where nothing was, or nothing was to be."""
    promotion: PromotionRecord | None = None
    """Its going into service; none where it did not."""

    def as_json(self) -> dict[str, Any]:
        """It as plain values."""
        return {
            "accepted": self.accepted,
            "reason": self.reason,
            "outcomes": self.outcomes,
            "shift": self.shift,
            "slope": self.slope,
            "version": self.version.id if self.version else None,
            "release": self.version.release if self.version else None,
            "in_service": self.promotion is not None,
        }


def recalibrate(
    place: Workspace,
    playbook: str,
    *,
    who: str = "",
    made_by: str = "",
    save: bool = True,
    promote: bool = True,
    rules: LoopRules | None = None,
    now: datetime | None = None,
    tick: Callable[[str], None] = lambda stage: None,
) -> Recalibrated:
    """Let the version in service follow the newest outcomes: make a patch release of it, and put that in service.

    Without `save` it is only said what would be done; without `promote` the version is made and waits. Raises VersionMissing
    where nothing is in service, and StoreConflict where somebody changes what serves meanwhile: the new version then waits too.
    """
    who = who or place.who()
    rules = rules or read_rules(place.root, playbook)
    registry = place.registry
    champion = registry.champion(playbook)
    if champion is None:
        raise VersionMissing(playbook, Problem("champion", "no version is in service", "train one first"))
    version = registry.find(playbook, champion)
    rollout = place.store.rollouts.current(playbook)
    if rollout is not None:
        return Recalibrated(False, f"{rollout.model_version} is on its way into service", 0)
    tick("reading what became of leads")
    now = now or place.store.now()
    watched = watch_playbook(place, playbook)
    evidence = read_evidence(watched, version, now)
    decision, report = decide(evidence, version, rules)
    if not decision.accepted or not save:
        return decision
    tick("saving the recalibrated version")
    made = make_patch(place, version, evidence, decision, report, made_by=made_by or who)
    if not promote:
        return replace(decision, version=made)
    return replace(decision, version=made, promotion=finish_recalibration(place, made, who=who))


def finish_recalibration(place: Workspace, made: ModelVersion, *, who: str) -> PromotionRecord | None:
    """Put a recalibrated version in service; None where it is already, or where what it was made of serves no more.

    Raises StoreConflict where somebody changes what serves meanwhile.
    """
    if made.recalibration is None or place.registry.champion(made.playbook) != made.parent:
        return None
    told = dict(made.recalibration)
    why = f"recalibrated: {told['reason']}"
    return place.registry.promote(
        made.playbook, made.id, who=who, why=why[:2000], evidence=told, instead_of=made.parent
    )


def read_evidence(watched: Watched, version: ModelVersion, now: datetime) -> Evidence:
    """What became known of leads since a version was calibrated last, by any with its models; held sources do not count."""
    window = timedelta(days=watched.within_days or 0.0)
    leads = read_family(watched, version, now - _PAST - window, now, now)
    known = pl.col("at") + window if watched.within_days else pl.col("decided_at")
    leads = leads.with_columns(known.alias("known_at")).filter(
        pl.col("outcome").is_not_null() & pl.col("probability").is_not_null() & pl.col("known_at").is_not_null()
    )
    since = calibrated_until(watched, version)
    if since is not None:
        leads = leads.filter(pl.col("known_at") > since)
    held = watched.store.quarantine.held(watched.name)
    if held and watched.playbook.events is None:
        told = watched.store.outcomes.sources(watched.name, watched.playbook.target.name)
        doubted = [lead_id for lead_id, source in told.items() if source in held]
        leads = leads.filter(~pl.col("lead_id").is_in(doubted))
    leads = leads.sort("known_at", "id")
    return Evidence(leads["probability"].to_numpy(), leads["outcome"].to_numpy(), leads["known_at"], leads["lead_id"])


def calibrated_until(watched: Watched, version: ModelVersion) -> datetime | None:
    """The moment up to which outcomes moved any version with these models; none where none did."""
    told = [one.recalibration["until"] for one in family_of(watched, version) if one.recalibration]
    return max((datetime.fromisoformat(str(one)) for one in told), default=None)


def decide(evidence: Evidence, version: ModelVersion, rules: LoopRules) -> tuple[Recalibrated, dict[str, Any]]:
    """Whether the outcomes move a version's probabilities, and everything that was looked at."""
    count = len(evidence)
    if count < rules.recalibrate_outcomes:
        few = f"{count:,} outcomes became known since, and {rules.recalibrate_outcomes:,} are the least"
        return Recalibrated(False, few, count), {}
    said, outcomes = evidence.probabilities, evidence.outcomes
    days = evidence.known_at.dt.date().rank("dense").to_numpy()
    judged = judge_recalibration(said, outcomes, days)
    report: dict[str, Any] = {
        "outcomes": count,
        "won": float(outcomes.sum()),
        "promised": float(said.mean()),
        "log_loss_before": judged.loss_before,
        "log_loss_after": judged.loss_after,
        "gain": judged.gain,
        "gain_low": judged.gain_low,
    }
    if not judged.accepted:
        return Recalibrated(False, judged.reason, count, judged.shift, judged.slope), report
    cut = count - int(count * _NEWEST)
    newest = outcomes[cut:]
    if min(newest.sum(), len(newest) - newest.sum()) < _FEWEST_NEWEST:
        return Recalibrated(False, f"too few of the {len(newest):,} newest outcomes differ", count), report
    older = follow_outcomes(said[:cut], outcomes[:cut], days[:cut])
    slope, shift = _bounded(older.slope, older.shift)
    before, after = _loss(said[cut:], newest), _loss(move(said[cut:], slope, shift), newest)
    report |= {"newest_outcomes": len(newest), "newest_before": before, "newest_after": after}
    if not after < before:
        why = f"on the {len(newest):,} newest outcomes it would have been no better: log-loss {before:.4f}, then {after:.4f}"
        return Recalibrated(False, why, count, judged.shift, judged.slope), report
    its_slope, its_shift = line_of(version)
    whole_slope, whole_shift = judged.slope * its_slope, judged.slope * its_shift + judged.shift
    if abs(whole_shift) > MOST_ALTOGETHER or not SLOPES_ALTOGETHER[0] <= whole_slope <= SLOPES_ALTOGETHER[1]:
        why = f"it would lie {whole_shift:+.2f} log-odds from what was trained, with slope {whole_slope:.2f}: a training is due"
        return Recalibrated(False, why, count, judged.shift, judged.slope), report
    why = f"{judged.reason}; on the newest {len(newest):,} log-loss {before:.4f}, then {after:.4f}"
    return Recalibrated(True, why, count, judged.shift, judged.slope), report


def make_patch(
    place: Workspace,
    version: ModelVersion,
    evidence: Evidence,
    decision: Recalibrated,
    report: dict[str, Any],
    *,
    made_by: str,
) -> ModelVersion:
    """Save the version that a version becomes by a recalibration: its files, but for what is said in probabilities."""
    registry = place.registry
    files = version.read_files(registry.folder(version.playbook, version.id))
    trained = registry.load(version)
    made_at = place.now()
    identity = name_version(made_at, version.configuration, evidence.fingerprint)
    moved = move_playbook(trained, slope=decision.slope, shift=decision.shift, version=identity)
    its_slope, its_shift = line_of(version)
    told = {
        **report,
        "base": version.trained_id,
        "of": version.id,
        "trained_at": version.trained_at,
        "slope": decision.slope * its_slope,
        "shift": decision.slope * its_shift + decision.shift,
        "step_slope": decision.slope,
        "step_shift": decision.shift,
        "since": str(evidence.known_at.min()),
        "until": str(evidence.known_at.max()),
        "fingerprint": evidence.fingerprint,
        "reason": decision.reason,
    }
    changed = replace(
        version,
        id=identity,
        release=_release(registry.versions(version.playbook), version),
        created_at=made_at,
        created_by=made_by,
        parent=version.id,
        data={**version.data, "recalibration": told},
        files={},
    )
    return registry.save(changed, {**files, **_changed_files(files, trained, moved, decision, evidence)})


def _changed_files(
    files: dict[str, bytes],
    trained: TrainedPlaybook,
    moved: TrainedPlaybook,
    decision: Recalibrated,
    evidence: Evidence,
) -> dict[str, bytes]:
    probes = {}
    for number, name in enumerate(trained.models):
        with np.load(
            io.BytesIO(files[f"target_{number}_probe.npz" if number else "probe.npz"]), allow_pickle=False
        ) as kept:
            probes[name] = kept["matrix"]
    packed = pack(moved, probes)
    own = {name: content for name, content in packed.items() if name in ("model.json", "probe.npz")}
    own |= {name: content for name, content in packed.items() if name.startswith("venn_abers")}
    said: dict[str, np.ndarray] | None = None
    if KEPT_TEST in files:
        said = _move_test_leads(files[KEPT_TEST], moved, decision)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **said)
        own[KEPT_TEST] = buffer.getvalue()
    if REFERENCE in files:
        own[REFERENCE] = _move_reference(files[REFERENCE], said, float(evidence.outcomes.mean()))
    return own


def _move_test_leads(content: bytes, moved: TrainedPlaybook, decision: Recalibrated) -> dict[str, np.ndarray]:
    """The kept test leads of the main target as the moved version says them; scores are those of its map."""
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    for name in ("0_probability", "0_probability_low", "0_probability_high"):
        arrays[name] = move(arrays[name], decision.slope, decision.shift)
    if moved.composition is None:
        arrays["0_score"] = moved.blend.scores(arrays["0_probability"])
    return arrays


def _move_reference(content: bytes, said: dict[str, np.ndarray] | None, rate: float) -> bytes:
    """The reference with what the moved version says, and with the share of leads that is won by now."""
    reference = Reference.from_state(json.loads(content))
    if said is not None and reference.scores:
        confidence = 1 - (said["0_probability_high"] - said["0_probability_low"])
        values = {"probability": said["0_probability"], "confidence": confidence}
        told = []
        for one in reference.scores:
            alone = np.zeros(len(values[one.name]), dtype=np.int64)
            new = refer_to_field(pl.Series(values[one.name]), one.name, one.kind, alone)
            told.append(replace(new, clumping=one.clumping, stretches=one.stretches))
        reference = replace(reference, scores=tuple(told))
    state = replace(reference, rate=rate).state()
    return json.dumps(state, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _release(versions: list[ModelVersion], version: ModelVersion) -> str:
    """The next patch release of what a version belongs to."""
    family, _, _ = version.release.rpartition(".")
    taken = [int(one.release.rpartition(".")[2]) for one in versions if one.release.rpartition(".")[0] == family]
    return f"{family}.{max(taken, default=0) + 1}"


def _bounded(slope: float, shift: float) -> tuple[float, float]:
    return float(np.clip(slope, *SLOPES)), float(np.clip(shift, -MOST_SHIFT, MOST_SHIFT))


def _loss(said: np.ndarray, outcomes: np.ndarray) -> float:
    margins = log_odds(said)
    return float(np.mean(outcomes * np.logaddexp(0.0, -margins) + (1 - outcomes) * np.logaddexp(0.0, margins)))
