"""Models: see the saved versions of a workspace, put one in service, go back to the one before, and clean up."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from leadloop.errors import LeadLoopError, Problem, StoreError, VersionError
from leadloop.flows.mlflow_server import require_server
from leadloop.flows.place.playbook_folder import playbook_name
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.upkeep.promotions import find_changes
from leadloop.ingest.writers import open_writer
from leadloop.registry import CHAMPION, ModelVersion, Pruned

if TYPE_CHECKING:
    from leadloop.flows.mlflow_run import MlflowRun
    from leadloop.store import Alias, PromotionRecord

_MOST_DAYS = 36_500


@dataclass(frozen=True)
class VersionLine:
    """A saved version, and whether it is in service."""

    version: ModelVersion
    serves: bool
    doubt: str = ""
    """Why that is only what was last known; empty where the database says so."""
    apart: bool = False
    """Whether it was tested on other leads, or by other outcomes, than the version in service (or the newest one): their figures
    are then not to be compared."""


@dataclass(frozen=True)
class VersionPage:
    """A saved version with everything that is known of it."""

    version: ModelVersion
    serves: bool
    folder: Path
    promotions: tuple[PromotionRecord, ...]
    doubt: str = ""
    """Why that it serves is only what was last known, and no history is shown; empty where the database says so."""


def list_versions(playbook: str = "", *, workspace: Workspace | Path | str | None = None) -> list[VersionLine]:
    """Every saved version of a playbook (or of all), oldest first."""
    registry = _open(workspace).registry
    names = [playbook_name(playbook)] if playbook else registry.playbooks()
    lines = []
    for name in names:
        standing, versions = registry.in_service(name), registry.versions(name)
        measure = next((one for one in versions if one.id == standing.version), versions[-1] if versions else None)
        lines += [
            VersionLine(
                version,
                version.id == standing.version,
                standing.doubt,
                measure is not None and _tested_on(version) != _tested_on(measure),
            )
            for version in versions
        ]
    return lines


def _tested_on(version: ModelVersion) -> tuple[object, ...]:
    """What a version was tested on, as far as its manifest tells: the file, how many leads of it, and how they ended."""
    return version.target, *(version.data.get(name) for name in ("fingerprint", "used", "positives", "test", "split"))


def write_test_leads(
    playbook: str, version: str, to: Path | str, *, workspace: Workspace | Path | str | None = None
) -> int:
    """Write the test leads of a version with their outcome and what it said of them to a file; how many rows that are.

    Raises VersionError where there is no such version, or it was saved before its test leads were kept.
    """
    from leadloop.flows.training.kept_test import FILE, read_test_leads

    registry = _open(workspace).registry
    name = playbook_name(playbook)
    found = registry.find(name, version)
    if FILE not in found.files:
        problem = Problem(FILE, "is not there: the version was saved before test leads were kept", "train again")
        raise VersionError(found.id, problem)
    leads = read_test_leads(found.read_files(registry.folder(name, found.id))[FILE])
    with open_writer(to) as writer:
        writer.write(leads)
    return leads.height


def show_version(playbook: str, version: str, *, workspace: Workspace | Path | str | None = None) -> VersionPage:
    """One version with its history of promotions; raises VersionError where there is none of that name."""
    registry = _open(workspace).registry
    name = playbook_name(playbook)
    found = registry.find(name, version)
    standing = registry.in_service(name)
    steps = () if standing.doubt else registry.history(name, None)
    about = tuple(step for step in steps if found.id in (step.model_version, step.previous))
    return VersionPage(found, standing.version == found.id, registry.folder(name, found.id), about, standing.doubt)


def promote(
    playbook: str,
    version: str,
    *,
    alias: str = CHAMPION,
    why: str = "",
    anyway: bool = False,
    workspace: Workspace | Path | str | None = None,
) -> PromotionRecord:
    """Put a version in service, or give it another name, on the record.

    Raises VersionError where it is missing, damaged or in service already, or where its test leads do not show that it is
    better than chance (unless `anyway`; under another name than `champion` nobody is scored by it), and StoreUnavailable where
    the database is away.
    """
    place = _open(workspace)
    name = playbook_name(playbook)
    found = place.registry.find(name, version)
    if alias == CHAMPION and not anyway and (doubt := doubt_version(found)):
        cure = "collect more outcomes, or put it in service all the same with --anyway"
        raise VersionError(found.id, Problem("AUC", doubt, cure))
    evidence = {"metrics": dict(found.metrics)}
    return place.registry.promote(name, version, who=place.who(), why=why, alias=alias, evidence=evidence)


def doubt_version(version: ModelVersion) -> str:
    """Why nobody should be scored by a version: what its AUC is, where its test leads do not show that it is better than chance;
    empty where they do.
    """
    auc = version.metrics.get("AUC", {})
    value, low, high = (auc.get(name) for name in ("value", "low", "high"))
    if isinstance(low, int | float) and low > 0.5:
        return ""
    if isinstance(value, int | float) and isinstance(low, int | float) and isinstance(high, int | float):
        return f"is {value:.3f} ({low:.3f} to {high:.3f}) on the test leads: no better than chance, as far as they can tell"
    return "could not be measured: the test leads all ended alike"


def rollback(
    playbook: str, *, alias: str = CHAMPION, why: str = "", workspace: Workspace | Path | str | None = None
) -> PromotionRecord:
    """Go back to the version before, on the record; raises VersionError where there was none."""
    place = _open(workspace)
    return place.registry.rollback(playbook_name(playbook), who=place.who(), why=why, alias=alias)


def history(
    playbook: str, *, on: str = "", alias: str = CHAMPION, workspace: Workspace | Path | str | None = None
) -> tuple[PromotionRecord, ...]:
    """Every change of what is in service, oldest first; with `on` (a day or a moment) only what was in service then."""
    return find_changes(_open(workspace).registry, playbook_name(playbook), on=on, alias=alias)


def list_aliases(playbook: str, *, workspace: Workspace | Path | str | None = None) -> tuple[Alias, ...]:
    """Every name that stands for a version now: `champion` for the one in service, and those that people gave."""
    return _open(workspace).registry.aliases(playbook_name(playbook))


def clear_alias(
    playbook: str, alias: str, *, why: str = "", workspace: Workspace | Path | str | None = None
) -> PromotionRecord:
    """Take a name from the version that has it, on the record; raises VersionError where none has."""
    place = _open(workspace)
    return place.registry.clear(playbook_name(playbook), alias, who=place.who(), why=why)


def prune(
    playbook: str,
    keep: int,
    *,
    retention_days: float | None = None,
    dry_run: bool = False,
    who: str = "",
    workspace: Workspace | Path | str | None = None,
) -> Pruned:
    """Delete old versions but the `keep` newest, or only say which (`dry_run`).

    A version that has a name, that had one within `retention_days` (by default the setting `model_retention_days`), that a
    rollback would go back to, or that the setting `model_version` names stays in any case. Raises StoreUnavailable where the
    database cannot say what is in service; nothing is deleted then.
    """
    place = _open(workspace)
    name, settings = playbook_name(playbook), read_settings(place.root)
    days = settings.model_retention_days if retention_days is None else retention_days
    if not 0 <= days <= _MOST_DAYS:
        raise LeadLoopError("prune", Problem("retention days", f"are {days:g}", f"give 0 to {_MOST_DAYS:,}"))
    needed: dict[str, str] = {}
    # The setting may name none of this playbook; what the database does not say is refused below.
    with suppress(VersionError, StoreError):
        needed[place.registry.find(name, settings.model_version).id] = "the setting model_version"
    if place.has_store():
        for test in place.store.experiments.unended(name):
            needed |= {arm.model_version: f"the experiment {test.test_name}" for arm in test.variants}
    return place.registry.prune(
        name,
        keep=keep,
        unused_since=place.clock() - timedelta(days=days),
        who=who or place.who(),
        needed=needed,
        dry_run=dry_run,
    )


def log(playbook: str, version: str, *, workspace: Workspace | Path | str | None = None) -> MlflowRun:
    """Log a saved version to the MLflow server that LEADLOOP_MLFLOW_URI names; one that was logged before keeps its run.

    Raises LeadLoopError where that names no server, or where the server does not do what it is asked.
    """
    place = _open(workspace)
    name = playbook_name(playbook)
    server = require_server(name)
    from leadloop.flows.mlflow_run import log_version

    return log_version(place, place.registry.find(name, version), server)


def _open(workspace: Workspace | Path | str | None) -> Workspace:
    return workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
