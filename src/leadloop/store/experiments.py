"""Experiments: tests with their variants and states, which leads each may have, and which lead saw which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from math import isclose
from typing import Any

from sqlalchemy import Connection, func, select, update

from leadloop.errors import Problem, StoreConflict, StoreError
from leadloop.store.connections import Connections
from leadloop.store.experiment_tables import ALLOCATIONS, GROUPS
from leadloop.store.exposures import Exposure, Exposures
from leadloop.store.paging import Page, read_page
from leadloop.store.tables import EXPOSURES, TESTS, VARIANTS

PLANNED, RUNNING, PAUSED, COMPLETED, CANCELLED = "planned", "running", "paused", "completed", "cancelled"
STATES = (PLANNED, RUNNING, PAUSED, COMPLETED, CANCELLED)
"""What a test can be. A paused one keeps its leads and takes part in no score; a cancelled one has no result."""
UNITS = ("lead", "account", "user", "rep")
"""Who is put into a variant, and stays there."""
_LOCK = 6


@dataclass(frozen=True, slots=True)
class Variant:
    """One arm of a test, with what was last worked out for it."""

    variant_name: str
    """Its name."""
    model_version: str
    """The version that its leads are scored with."""
    traffic_percentage: float
    """The share of leads that it gets, in percent."""
    is_control: bool = False
    """Whether the others are compared with it."""
    policy: str = ""
    """The fingerprint of the policy that goes with it; empty for the version's own."""
    is_active: bool = True
    """Whether it still gets leads."""
    sample_size: int = 0
    """How many leads it had when this was last worked out."""
    conversion_rate: float | None = None
    """The share of them that was won."""
    avg_score: float | None = None
    """Their mean score."""
    confidence_interval_lower: float | None = None
    """The lower end of what is known of the difference from the control."""
    confidence_interval_upper: float | None = None
    """Its upper end."""
    statistical_significance: float | None = None
    """The p-value of the difference."""


@dataclass(frozen=True, slots=True)
class AbTest:
    """One test of several variants."""

    id: int
    """Its number."""
    playbook: str
    """The playbook whose leads it is about."""
    test_name: str
    """Its name, unique among the running ones."""
    salt: str
    """What leads are shuffled with."""
    target: str
    """The target that counts as a conversion."""
    start_date: datetime
    """Since when it runs; while it is planned, when it was planned."""
    end_date: datetime | None
    """When it was stopped; none while it was not."""
    winner: str | None
    """The variant that won, where one did."""
    variants: tuple[Variant, ...]
    """Its arms, in the order in which they were given."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else was settled beforehand."""
    state: str = RUNNING
    """One of STATES."""
    unit: str = "lead"
    """Who is put into a variant: one of UNITS."""
    unit_field: str = ""
    """The field of a lead that names its unit; empty for the lead itself, or where whoever asks for a score names it."""
    group: str = ""
    """The group of tests of which no two have the same units."""
    group_salt: str = ""
    """What units are shuffled with to be dealt out among the tests of the group."""
    part: tuple[float, float] = (0.0, 100.0)
    """The part of the group's units that the test has, from a percentage up to another."""
    holdout: float = 0.0
    """The percentage of all units that no test of the group ever gets."""

    @property
    def control(self) -> Variant:
        """The variant that the others are compared with."""
        return next(variant for variant in self.variants if variant.is_control)

    def variant(self, name: str) -> Variant | None:
        """The variant of this name; none where it has none."""
        return next((variant for variant in self.variants if variant.variant_name == name), None)

    def ramp_percent(self, now: datetime) -> float:
        """The share of its part of the units that takes part at a moment, in percent: its ramp's last step until then."""
        taken = [step for step in self.settings.get("ramp", ()) if datetime.fromisoformat(step["at"]) <= now]
        return float(taken[-1]["percent"]) if taken else 100.0 if not self.settings.get("ramp") else 0.0


_COLUMNS = tuple(one.name for one in fields(Variant))
_RESULTS = _COLUMNS[_COLUMNS.index("sample_size") :]


class Experiments:
    """The tests of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.exposures = Exposures(connections)

    def start(
        self,
        playbook: str,
        test_name: str,
        variants: Sequence[Variant],
        *,
        target: str,
        settings: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> AbTest:
        """Plan a test and begin it at once: `plan` and `begin` in one transaction, with what either raises."""
        with self._connections.write():
            planned = self.plan(playbook, test_name, variants, target=target, settings=settings, **more)
            return self.begin(planned)

    def plan(
        self,
        playbook: str,
        test_name: str,
        variants: Sequence[Variant],
        *,
        target: str,
        settings: Mapping[str, Any] | None = None,
        unit: str = "lead",
        unit_field: str = "",
        group: str = "",
        part: float | None = None,
        holdout: float | None = None,
    ) -> AbTest:
        """Write down a test that does not run yet.

        `part` is the percentage of the group's units that it shall have, by default all; `holdout` the percentage of all units
        that no test of the group ever gets. Raises StoreError with everything that is wrong, and
        StoreConflict where one of this name is planned or runs.
        """
        problems = _problems(variants) + _unit_problems(unit, part, holdout)
        if problems:
            raise StoreError("test", problems)
        now = self._connections.now()
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            self._group(connection, playbook, group, unit, unit_field, holdout)
            number = connection.execute(
                self._connections.insert(TESTS)
                .values(
                    playbook=playbook,
                    test_name=test_name,
                    running_name=test_name,
                    salt=self._connections.random_bytes(16).hex(),
                    target=target,
                    settings={**(settings or {}), **({} if part is None else {"part": part})},
                    start_date=now,
                    state=PLANNED,
                    unit=unit,
                    unit_field=unit_field,
                    exclusive_group=group,
                )
                .on_conflict_do_nothing(index_elements=["playbook", "running_name"])
                .returning(TESTS.c.id)
            ).scalar_one_or_none()
            if number is None:
                raise StoreConflict(
                    "test",
                    Problem(
                        "test_name", "is the name of a test that is planned or runs", "stop that one, or name another"
                    ),
                )
            moments = {"start_date": None, "created_at": now, "updated_at": now}
            connection.execute(
                VARIANTS.insert(),
                [
                    {name: getattr(variant, name) for name in _COLUMNS}
                    | {"test_id": number, "test_name": test_name, **moments}
                    for variant in variants
                ],
            )
            found = self.get(int(number))
        assert found is not None
        return found

    def begin(self, test: AbTest) -> AbTest:
        """Let a planned test run, or a paused one go on. Each of its units gets the variant that it had, and always will.

        Raises StoreConflict where it is neither, and where its units would be another test's too.
        """
        now = self._connections.now()
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            held = self._require(test, PLANNED, PAUSED)
            values: dict[str, Any] = {"state": RUNNING}
            if held.state == PLANNED:
                part = self._free_part(connection, held)
                settings = dict(held.settings)
                if steps := settings.pop("ramp_plan", None):
                    settings["ramp"] = [
                        {"at": (now + timedelta(days=step["after_days"])).isoformat(), "percent": step["percent"]}
                        for step in steps
                    ]
                values |= {"start_date": now, "part_from": part[0], "part_to": part[1], "settings": settings}
                connection.execute(
                    update(VARIANTS).where(VARIANTS.c.test_id == test.id).values(start_date=now, updated_at=now)
                )
                shares = {variant.variant_name: variant.traffic_percentage / 100 for variant in held.variants}
                self._note_shares(connection, test.id, shares, {"why": "begun"})
            connection.execute(update(TESTS).where(TESTS.c.id == test.id).values(values))
            return self._again(test)

    def pause(self, test: AbTest) -> AbTest:
        """Let a test take no part in scoring until it goes on; its units stay its own. Raises StoreConflict unless it runs."""
        return self._change(test, RUNNING, state=PAUSED)

    def ramp(self, test: AbTest, percent: float) -> AbTest:
        """Let this share of its units take part from now on; those who do already stay, each in its variant.

        Raises StoreConflict unless it runs or is paused, and StoreError for a share that is not larger than the one now: units
        that saw a variant would lose it.
        """
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            held, now = self._require(test, RUNNING, PAUSED), self._connections.now()
            if not 0 < percent <= 100 or percent < held.ramp_percent(now):
                mend = f"give more than {held.ramp_percent(now):g} and at most 100; to stop it for a while, pause it"
                raise StoreError(test.test_name, Problem("percent", f"is {percent:g}", mend))
            past = [step for step in held.settings.get("ramp", ()) if datetime.fromisoformat(step["at"]) <= now]
            settings = {**held.settings, "ramp": [*past, {"at": now.isoformat(), "percent": percent}]}
            return self._change(test, RUNNING, PAUSED, settings=settings)

    def allocate(self, test: AbTest, shares: Mapping[str, float], *, evidence: Mapping[str, Any]) -> AbTest:
        """Deal units that are new from now on out by other shares (each 0 to 1, together 1), on the record.

        Raises StoreConflict unless it runs, and StoreError for shares that are not of its variants.
        """
        names = {variant.variant_name for variant in test.variants}
        if set(shares) != names or not isclose(sum(shares.values()), 1, abs_tol=1e-9) or min(shares.values()) < 0:
            raise StoreError(test.test_name, Problem("shares", "are none", "give each variant one, together 1"))
        now = self._connections.now()
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            self._require(test, RUNNING)
            for name, share in shares.items():
                mine = VARIANTS.c.test_id == test.id, VARIANTS.c.variant_name == name
                values = {"traffic_percentage": share * 100, "updated_at": now}
                connection.execute(update(VARIANTS).where(*mine).values(values))
            self._note_shares(connection, test.id, shares, evidence)
            return self._again(test)

    def allocations(self, test: AbTest) -> tuple[tuple[datetime, Mapping[str, float], Mapping[str, Any]], ...]:
        """How a test's shares were dealt out, oldest first: since when, the shares, and on what evidence."""
        query = select(ALLOCATIONS).where(ALLOCATIONS.c.test_id == test.id).order_by(ALLOCATIONS.c.id)
        with self._connections.read() as connection:
            return tuple((row.at, row.shares, row.evidence) for row in connection.execute(query))

    def holdout(self, playbook: str, group: str = "") -> float:
        """The percentage of a group's units that no test ever gets."""
        query = select(GROUPS.c.holdout).where(GROUPS.c.playbook == playbook, GROUPS.c.name == group)
        with self._connections.read() as connection:
            return float(connection.execute(query).scalar_one_or_none() or 0.0)

    def _note_shares(
        self, connection: Connection, number: int, shares: Mapping[str, float], evidence: Mapping[str, Any]
    ) -> None:
        values = {"test_id": number, "at": self._connections.now(), "shares": dict(shares), "evidence": dict(evidence)}
        connection.execute(ALLOCATIONS.insert().values(values))

    def _group(
        self, connection: Connection, playbook: str, name: str, unit: str, unit_field: str, holdout: float | None
    ) -> None:
        """See that the group of tests is there, and deals out units of this kind."""
        mine = GROUPS.c.playbook == playbook, GROUPS.c.name == name
        row = connection.execute(select(GROUPS).where(*mine)).first()
        if row is None:
            connection.execute(
                GROUPS.insert().values(
                    playbook=playbook,
                    name=name,
                    salt=self._connections.random_bytes(16).hex(),
                    unit=unit,
                    unit_field=unit_field,
                    holdout=holdout or 0.0,
                    created_at=self._connections.now(),
                )
            )
            return
        same = (row.unit, row.unit_field) == (unit, unit_field) and holdout in (None, row.holdout)
        if same:
            return
        if others := [one.test_name for one in self._open(playbook) if one.group == name]:
            what = f"deals out {row.unit}s ({row.unit_field or 'by their id'}) with a hold-out of {row.holdout:g} %"
            mend = f"plan it like {', '.join(others)}, or stop that first"
            raise StoreConflict("test", Problem(f"group “{name}”", what, mend))
        values = {"unit": unit, "unit_field": unit_field, **({} if holdout is None else {"holdout": holdout})}
        connection.execute(update(GROUPS).where(*mine).values(values))

    def _open(self, playbook: str) -> tuple[AbTest, ...]:
        """The tests whose units are taken: those that run or are paused."""
        query = select(TESTS).where(TESTS.c.playbook == playbook, TESTS.c.state.in_((RUNNING, PAUSED)))
        with self._connections.read() as connection:
            return tuple(self._test(row) for row in connection.execute(query.order_by(TESTS.c.id)).all())

    def _free_part(self, connection: Connection, test: AbTest) -> tuple[float, float]:
        """The part of its group's units that a test gets; raises StoreConflict where there is none."""
        others = self._open(test.playbook)
        stranger = next((one for one in others if one.group != test.group), None)
        if stranger is not None:
            what = f"“{stranger.test_name}” of the group “{stranger.group}” runs, and a lead is scored by one version"
            mend = f"stop it first, or plan both in one group with a part each (--group {stranger.group or 'NAME'} --part 50)"
            raise StoreConflict("test", Problem("group", what, mend))
        wanted = float(test.settings.get("part", 100.0))
        taken = sorted(one.part for one in others)
        begin = 0.0
        for low, high in [*taken, (100.0, 100.0)]:
            if low - begin >= wanted - 1e-9:
                return begin, min(begin + wanted, low)
            begin = max(begin, high)
        names = ", ".join(f"“{one.test_name}” has {one.part[1] - one.part[0]:g} %" for one in others)
        what = f"has no {wanted:g} % of its units left: {names}"
        raise StoreConflict("test", Problem(f"group “{test.group}”", what, "stop that one, or plan a smaller part"))

    def _require(self, test: AbTest, *states: str) -> AbTest:
        """The test as it is now; raises StoreConflict where it is in none of these states."""
        held = self._again(test)
        if held.state not in states:
            known = {PLANNED: "start it", PAUSED: "resume it", RUNNING: "it runs already"}
            mend = known.get(held.state, "plan a new one")
            raise StoreConflict(test.test_name, Problem("test", f"is {held.state}", mend))
        return held

    def _again(self, test: AbTest) -> AbTest:
        found = self.get(test.id)
        assert found is not None
        return found

    def _change(self, test: AbTest, *states: str, **values: Any) -> AbTest:
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            self._require(test, *states)
            connection.execute(update(TESTS).where(TESTS.c.id == test.id).values(values))
            return self._again(test)

    def get(self, number: int) -> AbTest | None:
        """A test by its number."""
        with self._connections.read() as connection:
            row = connection.execute(select(TESTS).where(TESTS.c.id == number)).first()
            return None if row is None else self._test(row)

    def named(self, playbook: str, test_name: str) -> AbTest | None:
        """The test of this name: the one that is planned or runs, else the last one that did."""
        query = select(TESTS).where(TESTS.c.playbook == playbook, TESTS.c.test_name == test_name)
        with self._connections.read() as connection:
            row = connection.execute(query.order_by(TESTS.c.id.desc()).limit(1)).first()
            return None if row is None else self._test(row)

    def running(self, playbook: str) -> tuple[AbTest, ...]:
        """The tests that run, the oldest first."""
        return tuple(one for one in self._open(playbook) if one.state == RUNNING)

    def unended(self, playbook: str) -> tuple[AbTest, ...]:
        """The tests that are planned, run or are paused, the oldest first."""
        query = select(TESTS).where(TESTS.c.playbook == playbook, TESTS.c.end_date.is_(None)).order_by(TESTS.c.id)
        with self._connections.read() as connection:
            return tuple(self._test(row) for row in connection.execute(query).all())

    def last_won(self) -> tuple[AbTest, ...]:
        """Of each playbook, the last test that ended with a winner."""
        newest = select(func.max(TESTS.c.id)).where(TESTS.c.winner.is_not(None)).group_by(TESTS.c.playbook)
        with self._connections.read() as connection:
            return tuple(
                self._test(row) for row in connection.execute(select(TESTS).where(TESTS.c.id.in_(newest))).all()
            )

    def every_running(self) -> tuple[AbTest, ...]:
        """The tests of all playbooks that run, the oldest first."""
        query = select(TESTS).where(TESTS.c.state == RUNNING).order_by(TESTS.c.id)
        with self._connections.read() as connection:
            return tuple(self._test(row) for row in connection.execute(query).all())

    def page(
        self, playbook: str, *, state: str | None = None, after: str | None = None, limit: int = 100
    ) -> Page[AbTest]:
        """Every test, or those in one state, the newest first."""
        query = select(TESTS).where(TESTS.c.playbook == playbook)
        if state is not None:
            query = query.where(TESTS.c.state == state)
        return read_page(
            self._connections, "tests", query, TESTS.c.id, self._test, after=after, limit=limit, newest_first=True
        )

    def expose(
        self, test: AbTest, lead_id: str, variant_name: str, *, unit: str = "", propensity: float | None = None
    ) -> str:
        """Note that a lead sees a variant, and answer which one it sees: the one that was noted first stays.

        Raises StoreError where the test was stopped, or has no such variant.
        """
        if variant_name not in {variant.variant_name for variant in test.variants}:
            raise StoreError(test.test_name, Problem("variant", "is none of this test's", "name one of them"))
        with self._connections.write() as connection:
            runs = select(TESTS.c.id).where(TESTS.c.id == test.id, TESTS.c.end_date.is_(None))
            if connection.execute(runs).first() is None:
                raise StoreError(test.test_name, Problem("test", "was stopped", "serve what won"))
            exposure = Exposure(test.id, lead_id, variant_name, self._connections.now(), unit, propensity)
            self.exposures.add(test.playbook, [exposure])
            seen = self.seen_by(test, lead_id)
        return variant_name if seen is None else seen

    def seen_by(self, test: AbTest, lead_id: str) -> str | None:
        """The variant that a lead sees; none where it has not seen any."""
        query = select(EXPOSURES.c.variant_name).where(EXPOSURES.c.test_id == test.id, EXPOSURES.c.lead_id == lead_id)
        with self._connections.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def of_lead(self, playbook: str, lead_id: str) -> tuple[tuple[str, str, datetime], ...]:
        """The tests that a lead was in, each with the variant that it saw and when it did first."""
        query = (
            select(TESTS.c.test_name, EXPOSURES.c.variant_name, EXPOSURES.c.at)
            .join(TESTS, TESTS.c.id == EXPOSURES.c.test_id)
            .where(EXPOSURES.c.playbook == playbook, EXPOSURES.c.lead_id == lead_id)
            .order_by(EXPOSURES.c.id)
        )
        with self._connections.read() as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(query))

    def note_results(self, test: AbTest, results: Sequence[Variant]) -> None:
        """Keep what was worked out for each variant (its sample size and all that follows)."""
        now = self._connections.now()
        with self._connections.write() as connection:
            for variant in results:
                connection.execute(
                    update(VARIANTS)
                    .where(VARIANTS.c.test_id == test.id, VARIANTS.c.variant_name == variant.variant_name)
                    .values({name: getattr(variant, name) for name in _RESULTS} | {"updated_at": now})
                )

    def stop(self, test: AbTest, *, winner: str | None = None, cancelled: bool = False) -> AbTest:
        """End a test; raises StoreConflict where it was ended before, and StoreError where it has no such variant."""
        if winner is not None and test.variant(winner) is None:
            raise StoreError(test.test_name, Problem("winner", "is none of this test's variants", "name one of them"))
        now = self._connections.now()
        with self._connections.write() as connection:
            self._connections.lock(connection, _LOCK)
            done = connection.execute(
                update(TESTS)
                .where(TESTS.c.id == test.id, TESTS.c.end_date.is_(None))
                .values(end_date=now, winner=winner, running_name=None, state=CANCELLED if cancelled else COMPLETED)
            )
            if not done.rowcount:
                raise StoreConflict(test.test_name, Problem("test", "was stopped before", "see its results"))
            connection.execute(
                update(VARIANTS)
                .where(VARIANTS.c.test_id == test.id)
                .values(is_active=False, end_date=now, updated_at=now)
            )
            return self._again(test)

    def _test(self, row: Any) -> AbTest:
        query = select(VARIANTS).where(VARIANTS.c.test_id == row.id).order_by(VARIANTS.c.id)
        with self._connections.read() as connection:
            variants = tuple(
                Variant(**{name: getattr(variant, name) for name in _COLUMNS}) for variant in connection.execute(query)
            )
            mine = GROUPS.c.playbook == row.playbook, GROUPS.c.name == row.exclusive_group
            group = connection.execute(select(GROUPS).where(*mine)).first()
        return AbTest(
            row.id,
            row.playbook,
            row.test_name,
            row.salt,
            row.target,
            row.start_date,
            row.end_date,
            row.winner,
            variants,
            row.settings,
            row.state,
            row.unit,
            row.unit_field,
            row.exclusive_group,
            group.salt if group else "",
            (row.part_from, row.part_to),
            group.holdout if group else 0.0,
        )


def _unit_problems(unit: str, part: float | None, holdout: float | None) -> list[Problem]:
    problems = []
    if unit not in UNITS:
        problems.append(Problem("unit", f"is “{unit[:40]}”", f"take {', '.join(UNITS)}"))
    if holdout is not None and not 0 <= holdout < 100:
        problems.append(Problem("holdout", f"is {holdout:g} %", "give 0 to less than 100"))
    if part is not None and not 0 < part <= 100:
        problems.append(Problem("part", f"is {part:g} %", "give more than 0 and at most 100"))
    return problems


def _problems(variants: Sequence[Variant]) -> list[Problem]:
    problems = []
    names = [variant.variant_name for variant in variants]
    if len(variants) < 2:
        problems.append(Problem("variants", f"are {len(variants)}", "name two or more"))
    if len(set(names)) < len(names):
        problems.append(Problem("variants", "share a name", "give each its own"))
    if (controls := sum(variant.is_control for variant in variants)) != 1:
        problems.append(Problem("is_control", f"holds for {controls} variants", "let it hold for exactly one"))
    total = sum(variant.traffic_percentage for variant in variants)
    if any(not 0 < variant.traffic_percentage < 100 for variant in variants) or not isclose(total, 100, abs_tol=1e-6):
        problems.append(Problem("traffic_percentage", f"adds up to {total:g}", "let shares above 0 add up to 100"))
    return problems
