"""The arms of the tests that run, in memory: several versions of a playbook at once, each ready to score its own leads.

What runs is read from the store every few seconds, by every process for itself. Where the store is away, what ran last goes on.
An arm whose version is missing or damaged is served by its control, or where that is it by the version in service; such leads are
counted, whoever looks after the service is told, and they are not written down as having seen the arm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any

from leadloop.api.served.versions import Event, Served, ServedVersions, warm_up
from leadloop.errors import LeadLoopError, StoreUnavailable, tell_briefly
from leadloop.flows.scoring.arms import RULES, Arm, Chosen, Running, by_playbook, is_adaptive, load_arm, running_of
from leadloop.flows.scoring.known_units import KnownUnits
from leadloop.flows.scoring.trial_arms import CANARY, running_of_rollout
from leadloop.registry import CHAMPION

if TYPE_CHECKING:
    from leadloop.store import Rollout, Store

_RETRY_SECONDS = 30.0
_SAME_MOMENT = timedelta(seconds=5)
"""A promotion within so much of the end of a test belongs to it."""


@dataclass(frozen=True, eq=False)
class Test:
    """A test that runs, with what scores each of its arms."""

    running: Running
    """The test."""
    served: Mapping[str, Served | None]
    """What scores each arm, by its name; None where its version is missing or damaged."""

    def serve(self, chosen: Chosen, champion: Served) -> tuple[Served, Chosen | None]:
        """What scores an arm's leads, and what is written down of it: nothing where its own version cannot."""
        own = self.served[chosen.arm.name]
        if own is not None:
            return own, chosen
        return self.served[self.running.control.name] or champion, None


@dataclass(frozen=True, eq=False)
class Shadow:
    """A version that scores too, seen by nobody."""

    rollout: int
    """The number of its rollout."""
    served: Served
    """What scores."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says of the test that its leads take part in."""

    test: str = ""
    """The only test that decides; empty for any that runs."""
    unit: str = ""
    """The unit, where the request names it."""


ANY = Asked()


class ServedArms:
    """The tests that run, kept in step with the store."""

    def __init__(
        self,
        versions: ServedVersions,
        store: Callable[[], Store],
        tell: Event = lambda name, facts: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._versions, self._store, self._tell, self._clock = versions, store, tell, clock
        self._tests: Mapping[str, tuple[Test, ...]] = {}
        self._loaded: dict[tuple[str, str, str], Served] = {}
        self._failed: dict[tuple[str, str, str], tuple[float, str]] = {}
        self._known: dict[int, KnownUnits] = {}
        self._shadows: Mapping[str, Shadow] = {}
        self._problem = ""
        self._lock = RLock()
        self.missing: Callable[[str, str, str], None] = lambda playbook, test, arm: None
        """Told of every lead whose arm could not score it: playbook, test and arm."""

    @property
    def problem(self) -> str:
        """Why it is not known what runs now; empty where it is."""
        return self._problem

    @property
    def unserved(self) -> Mapping[str, str]:
        """The arms that their control serves, as "playbook, test, arm", each with the reason."""
        return {
            f"{playbook}, {test.running.name}, {name}": self._why(playbook, test.running.arms[name])
            for playbook, tests in self._tests.items()
            for test in tests
            for name, served in test.served.items()
            if served is None
        }

    def of(self, playbook: str) -> tuple[Test, ...]:
        """The tests whose leads are this playbook's; empty as a rule."""
        return self._tests.get(playbook, ())

    def shadow_of(self, playbook: str) -> Shadow | None:
        """The version on trial that scores this playbook's leads too; none as a rule."""
        return self._shadows.get(playbook)

    def test(self, playbook: str, name: str) -> Test | None:
        """The test of this name; none where it does not run."""
        return next((test for test in self.of(playbook) if test.running.name == name), None)

    def refresh(self) -> None:
        """Look into the store, and load the versions of tests that run; what is away leaves everything as it was."""
        with self._lock:
            try:
                found = self._store().experiments.every_running()
                running = [running_of(test, self._clock(), self._units_of(test)) for test in found]
                rollouts = self._store().rollouts.going_on()
                standing = self._find_standing()
            except LeadLoopError as error:
                if not isinstance(error, StoreUnavailable):  # of that others tell
                    self._tell("experiments not read", {"why": tell_briefly(error.problems)})
                self._problem = tell_briefly(error.problems)
                return
            self._problem = ""
            # After the tests: a lead that takes part in one is scored by its arm.
            running += [
                running_of_rollout(one, served.version)
                for one in rollouts
                if one.state == CANARY and (served := self._versions.served.get(one.playbook)) is not None
            ]
            tests: dict[str, tuple[Test, ...]] = {}
            for playbook, some in by_playbook(running).items():
                tests[playbook] = tuple(Test(one, self._serve(playbook, one)) for one in some)
            won = {playbook: self._served(playbook, arm, one) for playbook, (one, arm) in standing.items()}
            self._versions.let_stand({playbook: served for playbook, served in won.items() if served is not None})
            shadows = self._find_shadows(rollouts)
            self._let_go(
                [*running, *(one for one, _ in standing.values())],
                {(one.served.playbook, one.served.version) for one in shadows.values()},
            )
            self._shadows = shadows
            before = {test.running.id: test for some in self._tests.values() for test in some}
            for test in (test for some in tests.values() for test in some):
                if test.running.id not in before:
                    facts = {"playbook": test.running.playbook, "experiment": test.running.name}
                    self._tell("experiment runs", {**facts, "arms": ", ".join(test.running.arms)})
            self._tests = tests

    def _find_standing(self) -> dict[str, tuple[Running, Arm]]:
        """By playbook, the arm that won its last test and that no version in service can stand for: rules, or another policy.

        It stands until somebody puts a version in service after the test.
        """
        store, found = self._store(), {}
        for test in store.experiments.last_won():
            winner = test.variant(test.winner or "")
            if winner is None or test.end_date is None or not (winner.policy or winner.model_version == RULES):
                continue
            champion = store.promotions.alias(test.playbook, CHAMPION)
            later = champion is not None and champion.since > test.end_date + _SAME_MOMENT
            other = champion is not None and winner.model_version not in (RULES, champion.model_version)
            if not later and not other:
                running = running_of(test, test.end_date)
                found[test.playbook] = running, running.arms[winner.variant_name]
        return found

    def choose(
        self, tests: tuple[Test, ...], champion: Served, lead: Mapping[str, Any], asked: Asked = ANY
    ) -> tuple[Served, Chosen | None]:
        """What scores a lead, given by the fields' own names, and the arm that is written down; None where it is in no test."""
        for test in tests:
            running = test.running
            if asked.test and running.name != asked.test:
                continue
            unit = self._unit(running, champion, lead, asked)
            chosen = running.choose(unit) if unit else None
            if chosen is not None:
                served, noted = test.serve(chosen, champion)
                if noted is None:
                    self.missing(running.playbook, running.name, chosen.arm.name)
                return served, noted
        return champion, None

    def _unit(self, running: Running, champion: Served, lead: Mapping[str, Any], asked: Asked) -> str:
        """Who is put into an arm; empty where that is not known, and the lead takes no part."""
        if running.unit == "lead":
            return self._value(champion, champion.scorer.playbook.lead_id, lead)
        if asked.unit and running.unit == "user":
            return asked.unit
        return self._value(champion, running.unit_field, lead)

    def _value(self, served: Served, name: str, lead: Mapping[str, Any]) -> str:
        """A field of a lead as it is read for scoring, so that 7 and "7" are one unit."""
        raw = lead.get(name) if name else None
        if raw is None:
            return ""
        reader = served.reader_of(name)
        if reader is None:
            return ""
        values, rejects = reader.read({name: raw})
        value = None if rejects else values[name]
        return "" if value is None else str(value)

    def _units_of(self, test: Any) -> KnownUnits | None:
        """The units of a test whose shares change, brought up to date."""
        if not is_adaptive(test):
            return None
        known = self._known.setdefault(test.id, KnownUnits([one.variant_name for one in test.variants]))
        fresh = list(self._store().experiments.exposures.since(test.id, known.last))
        if fresh:
            known.add((unit, variant) for _, unit, variant in fresh)
            known.last = fresh[-1][0]
        return known

    def _serve(self, playbook: str, running: Running) -> dict[str, Served | None]:
        return {name: self._served(playbook, arm, running) for name, arm in running.arms.items()}

    def _served(self, playbook: str, arm: Arm, running: Running) -> Served | None:
        champion = self._versions.served.get(playbook)
        if champion is not None and champion.record is not None and champion.version == arm.version:
            own = arm.policy in ("", champion.policy)
            if own and not champion.degraded:
                return champion  # one object, so that its leads are scored together with all others
        key = playbook, arm.version, arm.policy
        held = self._loaded.get(key)
        if held is not None:
            return held
        failed = self._failed.get(key)
        if failed and monotonic() - failed[0] < _RETRY_SECONDS:
            return None
        place = self._versions.workspace
        try:
            scorer = load_arm(place, playbook, arm, running.policies)
            record = None if arm.version == RULES else place.registry.find(playbook, arm.version)
            served = Served(playbook, scorer, record, "first", place.now())
            warm_up(served)
        except (LeadLoopError, OSError) as error:
            why = tell_briefly(error.problems) if isinstance(error, LeadLoopError) else type(error).__name__
            self._failed[key] = monotonic(), why
            facts = {"playbook": playbook, "experiment": arm.test, "arm": arm.name, "version": arm.version}
            self._tell("arm served by its control", {**facts, "why": why})
            return None
        self._failed.pop(key, None)
        self._loaded[key] = served
        return served

    def _why(self, playbook: str, arm: Arm) -> str:
        return self._failed.get((playbook, arm.version, arm.policy), (0.0, "is being loaded"))[1]

    def _find_shadows(self, rollouts: Iterable[Rollout]) -> dict[str, Shadow]:
        """What scores in the shadow of each playbook: in its canary too, for leads that the canary does not get."""
        found: dict[str, Shadow] = {}
        for one in rollouts:
            champion = self._versions.served.get(one.playbook)
            if champion is None or champion.version == one.model_version:
                continue
            running = running_of_rollout(one, champion.version)
            served = self._served(one.playbook, running.arms[CANARY], running)
            if served is not None:
                found[one.playbook] = Shadow(one.id, served)
        return found

    def _let_go(self, needed: Sequence[Running], shadows: Collection[tuple[str, str]]) -> None:
        """Forget versions and units that nothing needs any more."""
        arms = {(one.playbook, arm.version, arm.policy) for one in needed for arm in one.arms.values()}
        numbers = {one.id for one in needed}
        self._loaded = {key: one for key, one in self._loaded.items() if key in arms or key[:2] in shadows}
        self._failed = {key: one for key, one in self._failed.items() if key in arms or key[:2] in shadows}
        self._known = {number: one for number, one in self._known.items() if number in numbers}
