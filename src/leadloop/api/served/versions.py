"""The versions in service, in memory: one a playbook, swapped by one reference, so that no answer is dropped or mixed.

A request takes hold of a version once and uses it to its end; who comes after gets the next one. Several processes need not talk
to one another: each looks into the registry every few seconds, and serves what is in service there. Where the database that says
so is away, the version that was last known to be in service is the right one until somebody can say otherwise: its answers are
not degraded, and `/readyz` says why one cannot be sure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from threading import RLock
from time import monotonic
from typing import Literal

from leadloop.api.served.playbooks import Declared
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.unknown_names import NO_FIELD, suggest_name
from leadloop.errors import LeadLoopError, Problem, VersionError, VersionMissing, tell_briefly
from leadloop.flows.place.packaged import find_playbook, list_packaged
from leadloop.flows.place.playbook_folder import playbook_name
from leadloop.flows.place.settings import Settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.models import doubt_version
from leadloop.leads import Field
from leadloop.leads.field import normalise_name
from leadloop.leads.names import FieldNames
from leadloop.leads.one_lead import OneLeadReader
from leadloop.leads.schema import LeadSchema
from leadloop.registry import CHAMPION, ModelVersion, Registry
from leadloop.registry.manifest import VERSION_ID
from leadloop.scoring import RuleScorer, ScoreCard, Scorer

NOTHING = (
    "no playbook has a saved version in this workspace: train one with `leadloop train`, "
    "or name the folder that has them with -w"
)
"""What is said where there is nothing to serve."""
_ANYWAY = "collect more outcomes, or put it in service all the same by `anyway`: PUT /v1/{playbook}/models/champion"
_RETRY_SECONDS = 30.0

Choice = Literal["first", "previous", "rules"]
Event = Callable[[str, Mapping[str, object]], None]
"""Told of what happens: a name, and facts about it."""


@dataclass(frozen=True, eq=False)
class Served:
    """A version in memory, ready to score."""

    playbook: str
    """The playbook's name."""
    scorer: Scorer
    """What scores."""
    record: ModelVersion | None
    """The version's manifest; None for rules."""
    choice: Choice
    """Whether it is the first choice, or what stands in for it."""
    loaded_at: str
    """When it was loaded, in UTC."""

    @property
    def version(self) -> str:
        """The version's id, or "rules"."""
        return self.scorer.version

    @property
    def degraded(self) -> bool:
        """Whether something else should be scoring."""
        return self.choice != "first"

    @cached_property
    def policy(self) -> str:
        """The fingerprint of the policy that bands and routes are taken from."""
        return self.scorer.playbook.policy.fingerprint

    @property
    def has_other_policy(self) -> bool:
        """Whether that is another than its version's own."""
        return self.record is not None and self.policy != self.record.policy_fingerprint

    @cached_property
    def reader(self) -> OneLeadReader:
        """What reads its leads."""
        return OneLeadReader(self.scorer.schema)

    @cached_property
    def _readers(self) -> dict[str, OneLeadReader | None]:
        return {}

    def reader_of(self, name: str) -> OneLeadReader | None:
        """What reads one field alone; None where no such field is known when leads are scored."""
        if name not in self._readers:
            known = self.scorer.playbook.scoring_schema
            self._readers[name] = OneLeadReader(LeadSchema((known[name],))) if name in known else None
        return self._readers[name]

    @cached_property
    def names(self) -> FieldNames:
        """The names that its leads' fields go by."""
        return FieldNames.of(self.scorer.playbook.scoring_schema.fields)

    def field_of(self, name: str) -> str | None:
        """The field that a name in a lead stands for; None where the playbook has none that is known when leads are scored."""
        return self.names.find(name)

    @cached_property
    def declared(self) -> Declared:
        """Its playbook, for leads that are kept."""
        return Declared(self.scorer.playbook)

    @cached_property
    def _every_field(self) -> Mapping[str, Field]:
        """All fields of the playbook by their plain names, those too that are not read when leads are scored."""
        return {normalise_name(one.name): one for one in reversed(self.scorer.playbook.schema.fields)}

    def explain_unknown(self, name: str, *, told: int = 0) -> Problem:
        """Why a name in a lead stands for no field; `told` mistakes of this lead were told before."""
        playbook = self.scorer.playbook
        one = self._every_field.get(normalise_name(name))
        if one is not None and one.made_from:
            return Problem(name, f"is made from {one.made_from}", f"give {one.made_from} instead")
        if one is not None:
            what = f"is known at {one.known_at}; leads are scored at {playbook.scores_at}"
            return Problem(name, what, "leave it out")
        mend = suggest_name(name, playbook.scoring_schema.by_name, told=told)
        return Problem(name, f"is no field of {playbook.name}", mend or NO_FIELD)


class ServedVersions:
    """The version that serves each playbook, kept in step with the registry."""

    def __init__(self, workspace: Workspace, settings: Settings, tell: Event = lambda name, facts: None) -> None:
        self.workspace, self.settings, self._tell = workspace, settings, tell
        self._served: Mapping[str, Served] = {}
        self._problems: Mapping[str, str] = {}
        self._failed: dict[tuple[str, str], tuple[float, str]] = {}
        self._rules: dict[str, RuleScorer | None] = {}
        self._lock = RLock()
        self._nothing = ""
        self._standing: Mapping[str, Served] = {}

    def let_stand(self, standing: Mapping[str, Served]) -> None:
        """Let these score in place of the version in service: what won an experiment and is no version, as the rules are."""
        self._standing = standing

    @property
    def served(self) -> Mapping[str, Served]:
        """What is in memory now, by playbook."""
        return self._served

    @property
    def problems(self) -> Mapping[str, str]:
        """What keeps the first choice from serving, by playbook; empty where all is well."""
        return self._problems

    @property
    def nothing(self) -> str:
        """What to do where there is nothing at all to serve; empty where there is something."""
        return self._nothing

    def look_for_any(self) -> str:
        """Look whether there is anything to serve, without loading it; what to do where there is not, else nothing."""
        return "" if self._wanted() else NOTHING

    def get(self, playbook: str) -> Served:
        """The version that serves a playbook; raises Refusal: 404 for one not served here, 503 where nothing can score."""
        served = self._standing.get(playbook) or self._served.get(playbook)
        if served is not None:
            return served
        if playbook in self._problems:
            problem = Problem(playbook, self._problems[playbook], "train a version and put it in service")
            raise Refusal(503, problem, headers={"Retry-After": "30"})
        known = ", ".join(sorted({*self._served, *self._problems})) or "none yet"
        raise Refusal(404, Problem("playbook", f"“{playbook}” is not served here", f"playbooks here are: {known}"))

    def refresh(self) -> None:
        """Look into the registry and load what is in service there, where it is not in memory yet.

        Nothing that goes wrong takes away what serves: the old version stays until another has been loaded, checked and tried.
        """
        with self._lock:
            wanted = self._wanted()
            if self._nothing != (nothing := "" if wanted else NOTHING):
                self._nothing = nothing
                if nothing:
                    self._tell("nothing to serve", {"workspace": str(self.workspace.root), "why": nothing})
            for name, source in wanted.items():
                try:
                    self._refresh(name, source, self.workspace.registry)
                except (LeadLoopError, OSError) as error:
                    self._note(name, _say(error))

    def reload(self, playbook: str, version: str, *, who: str, why: str, anyway: bool = False) -> Served:
        """Put a version in service, on the record, and serve it; the version in service is read from disk again.

        Raises VersionMissing where there is no such version, VersionError where it is damaged, StoreUnavailable where the
        database is away, and Refusal (409) where this server is pinned to another, or where its test leads do not show that
        it is better than chance (unless `anyway`). What served before goes on serving then.
        """

        def change(registry: Registry) -> str:
            found = registry.find(playbook, version)
            if registry.champion(playbook) != found.id:
                if not anyway and (doubt := doubt_version(found)):
                    raise Refusal(409, Problem("AUC", f"of {found.id} {doubt}", _ANYWAY))
                registry.promote(playbook, found.id, who=who, why=why, evidence={"metrics": dict(found.metrics)})
            return found.id

        return self._change(playbook, version, change)

    def rollback(self, playbook: str, *, who: str, why: str) -> Served:
        """Go back to the version that was in service before, on the record, and serve it. Refuses as `reload` does."""
        return self._change(
            playbook, "", lambda registry: str(registry.rollback(playbook, who=who, why=why).model_version)
        )

    def _change(self, playbook: str, version: str, change: Callable[[Registry], str]) -> Served:
        if self.settings.model_version != CHAMPION:
            pinned = f"this server serves model_version = {self.settings.model_version}"
            raise Refusal(409, Problem("version", pinned, "set model_version to champion to change it while it runs"))
        # A client may call a version anything, and this is logged.
        told = version if VERSION_ID.fullmatch(version) else "(by another name)"
        with self._lock:
            self.require(playbook)
            try:
                identity = change(self.workspace.registry)
                served = self._load(playbook, identity, "first")
            except VersionError:
                self._tell("version refused", {"playbook": playbook, "version": told})
                raise
            self._failed.pop((playbook, identity), None)
            self._swap(served)
            return served

    def require(self, playbook: str) -> None:
        """Raise Refusal (404) for a playbook that is not served here."""
        if playbook not in self._served and playbook not in self._problems:
            self.get(playbook)

    def _wanted(self) -> Mapping[str, str]:
        """The playbooks to serve by name, each with where it was named."""
        if self.settings.playbooks:
            return {playbook_name(source): source for source in self.settings.playbooks}
        names = list(self.workspace.registry.playbooks())
        if "rules" in self.settings.fallback:
            names += [one.name for one in list_packaged() if one.folder]
        return {name: name for name in dict.fromkeys(names)}

    def _refresh(self, name: str, source: str, registry: Registry) -> None:
        held = self._served.get(name)
        try:
            first, doubt = self._first_choice(name, registry)
        except (LeadLoopError, OSError) as error:
            first, why = "", _say(error)
        else:
            if held is not None and held.choice == "first" and held.version == first:
                self._note(name, doubt)
                return
            served, why = self._try(name, first, "first")
            if served is not None:
                self._swap(served, doubt)
                return
        if held is None:
            for choice in self.settings.fallback:
                served = self._stand_in(name, source, choice, first, registry)
                if served is not None:
                    self._swap(served)
                    break
        self._note(name, why)

    def _first_choice(self, name: str, registry: Registry) -> tuple[str, str]:
        """The version that should serve, and why that is in doubt (empty where it is not)."""
        wanted = self.settings.model_version
        if wanted == CHAMPION:
            standing = registry.in_service(name)
            if standing.version is None:
                what = standing.doubt or "has no version in service"
                raise VersionMissing(name, Problem(name, what, "train a version and put it in service"))
            return standing.version, standing.doubt
        return registry.find(name, wanted).id, ""

    def _stand_in(self, name: str, source: str, choice: str, first: str, registry: Registry) -> Served | None:
        if choice == "rules":
            rules = self._rules_of(name, source)
            return Served(name, rules, None, "rules", self.workspace.now()) if rules else None
        standing = registry.in_service(name)
        for identity in (standing.version, *standing.before):
            if identity and identity != first:
                served, _ = self._try(name, identity, "previous")
                if served is not None:
                    return served
        return None

    def _rules_of(self, name: str, source: str) -> RuleScorer | None:
        if name not in self._rules:
            from leadloop.flows.place.playbook_folder import read_playbook

            found = read_playbook(source) if find_playbook(source) else None
            self._rules[name] = RuleScorer.of(found.playbook, found.rules) if found and found.rules else None
        return self._rules[name]

    def _try(self, name: str, identity: str, choice: Choice) -> tuple[Served | None, str]:
        """The version, loaded; else why not. One that was refused is tried again only after a while: loading is work."""
        failed = self._failed.get((name, identity))
        if failed and monotonic() - failed[0] < _RETRY_SECONDS:
            return None, failed[1]
        try:
            return self._load(name, identity, choice), ""
        except (LeadLoopError, OSError) as error:
            why = _say(error)
            self._failed[name, identity] = (monotonic(), why)
            self._tell("version refused", {"playbook": name, "version": identity, "why": why})
            return None, why

    def _load(self, name: str, identity: str, choice: Choice) -> Served:
        registry = self.workspace.registry
        record = registry.find(name, identity)
        scorer = registry.load(record)
        served = Served(name, scorer, record, choice, self.workspace.now())
        warm_up(served)
        return served

    def _swap(self, served: Served, doubt: str = "") -> None:
        before = self._served.get(served.playbook)
        self._served = {**self._served, served.playbook: served}
        if not served.degraded:
            self._note(served.playbook, doubt)
        facts = {"playbook": served.playbook, "version": served.version, "before": before.version if before else ""}
        self._tell("version serves", {**facts, "choice": served.choice})

    def _note(self, name: str, problem: str) -> None:
        if self._problems.get(name, "") != problem:
            others = {key: value for key, value in self._problems.items() if key != name}
            self._problems = {**others, name: problem} if problem else others
            if problem and all(problem != why for _, why in self._failed.values()):  # those were told of as refused
                self._tell("playbook in trouble", {"playbook": name, "why": problem})


def warm_up(served: Served) -> ScoreCard:
    """Score a lead of which nothing is known, so that the first real one need not wait.

    Raises VersionError for a score that is none.
    """
    playbook = served.scorer.playbook
    reader = served.reader
    nothing = {one.name: None for one in reader.schema.fields}
    leads = reader.frame([nothing], [1])
    (card,) = served.scorer.score(leads)
    served.scorer.score_table(leads, explain=False)
    told = [card.score, *([] if card.probability is None else [card.probability])]
    if not all(isfinite(one) for one in told) or not 0 <= card.score <= 100:
        raise VersionError(
            served.version, Problem(playbook.name, "gives a score that is no number from 0 to 100", "train again")
        )
    return card


def _say(error: Exception) -> str:
    if isinstance(error, LeadLoopError):
        return tell_briefly(error.problems)
    return str(getattr(error, "strerror", None) or type(error).__name__)
