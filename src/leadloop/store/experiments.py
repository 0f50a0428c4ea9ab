"""Experiments: tests with their variants, which lead saw which, and what is counted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from math import isclose
from typing import Any

from sqlalchemy import and_, func, select, update

from leadloop.errors import Problem, StoreConflict, StoreError
from leadloop.store.connections import Connections
from leadloop.store.paging import Page, read_page
from leadloop.store.tables import EXPOSURES, OUTCOMES, SCORES, TESTS, VARIANTS


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
    """Since when it runs."""
    end_date: datetime | None
    """When it was stopped; none while it runs."""
    winner: str | None
    """The variant that won, where one did."""
    variants: tuple[Variant, ...]
    """Its arms, in the order in which they were given."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else was settled beforehand."""


@dataclass(frozen=True, slots=True)
class VariantTally:
    """What is counted of one variant: leads, never rows."""

    variant_name: str
    """The variant."""
    leads: int
    """Leads that saw it."""
    converted: int
    """Of these, leads whose last outcome since then is a conversion."""
    value: float
    """The sum of these outcomes."""
    scored: int
    """Leads that were scored since then."""
    mean_score: float | None
    """The mean of the first score that each of these was given since then."""


_COLUMNS = tuple(one.name for one in fields(Variant))
_RESULTS = _COLUMNS[_COLUMNS.index("sample_size") :]


class Experiments:
    """The tests of every playbook."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def start(
        self,
        playbook: str,
        test_name: str,
        variants: Sequence[Variant],
        *,
        target: str,
        settings: Mapping[str, Any] | None = None,
    ) -> AbTest:
        """Begin a test. Raises StoreError with everything that is wrong with its variants, and StoreConflict where one of this
        name runs.
        """
        if problems := _problems(variants):
            raise StoreError("test", problems)
        now = self._connections.now()
        with self._connections.write() as connection:
            number = connection.execute(
                self._connections.insert(TESTS)
                .values(
                    playbook=playbook,
                    test_name=test_name,
                    running_name=test_name,
                    salt=self._connections.random_bytes(16).hex(),
                    target=target,
                    settings=dict(settings or {}),
                    start_date=now,
                )
                .on_conflict_do_nothing(index_elements=["playbook", "running_name"])
                .returning(TESTS.c.id)
            ).scalar_one_or_none()
            if number is None:
                raise StoreConflict(
                    "test", Problem("test_name", "is the name of a test that runs", "stop that one, or name another")
                )
            moments = {"start_date": now, "created_at": now, "updated_at": now}
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

    def get(self, number: int) -> AbTest | None:
        """A test by its number."""
        with self._connections.read() as connection:
            row = connection.execute(select(TESTS).where(TESTS.c.id == number)).first()
            return None if row is None else self._test(row)

    def named(self, playbook: str, test_name: str) -> AbTest | None:
        """The test of this name: the one that runs, else the last one that did."""
        query = select(TESTS).where(TESTS.c.playbook == playbook, TESTS.c.test_name == test_name)
        with self._connections.read() as connection:
            row = connection.execute(query.order_by(TESTS.c.id.desc()).limit(1)).first()
            return None if row is None else self._test(row)

    def running(self, playbook: str) -> tuple[AbTest, ...]:
        """The tests that run, the oldest first."""
        query = select(TESTS).where(TESTS.c.playbook == playbook, TESTS.c.end_date.is_(None)).order_by(TESTS.c.id)
        with self._connections.read() as connection:
            return tuple(self._test(row) for row in connection.execute(query).all())

    def page(self, playbook: str, *, after: str | None = None, limit: int = 100) -> Page[AbTest]:
        """Every test, the newest first."""
        query = select(TESTS).where(TESTS.c.playbook == playbook)
        return read_page(
            self._connections, "tests", query, TESTS.c.id, self._test, after=after, limit=limit, newest_first=True
        )

    def expose(self, test: AbTest, lead_id: str, variant_name: str) -> str:
        """Note that a lead sees a variant, and answer which one it sees: the one that was noted first stays.

        Raises StoreError where the test was stopped, or has no such variant.
        """
        if variant_name not in {variant.variant_name for variant in test.variants}:
            raise StoreError(test.test_name, Problem("variant", "is none of this test's", "name one of them"))
        with self._connections.write() as connection:
            runs = select(TESTS.c.id).where(TESTS.c.id == test.id, TESTS.c.end_date.is_(None))
            if connection.execute(runs).first() is None:
                raise StoreError(test.test_name, Problem("test", "was stopped", "serve what won"))
            connection.execute(
                self._connections.insert(EXPOSURES)
                .values(
                    test_id=test.id,
                    playbook=test.playbook,
                    lead_id=lead_id,
                    variant_name=variant_name,
                    at=self._connections.now(),
                )
                .on_conflict_do_nothing(index_elements=["test_id", "lead_id"])
            )
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

    def tally(self, test: AbTest) -> tuple[VariantTally, ...]:
        """Count each variant's leads and conversions in the database; variants in the order of the test."""
        seen = EXPOSURES.c
        last = (
            select(seen.lead_id, func.max(OUTCOMES.c.id).label("last"))
            .join(
                OUTCOMES,
                and_(
                    OUTCOMES.c.playbook == seen.playbook,
                    OUTCOMES.c.lead_id == seen.lead_id,
                    OUTCOMES.c.target == test.target,
                    OUTCOMES.c.at >= seen.at,
                ),
            )
            .where(seen.test_id == test.id)
            .group_by(seen.lead_id)
            .subquery()
        )
        first = (
            select(seen.lead_id, func.min(SCORES.c.id).label("first"))
            .join(
                SCORES,
                and_(SCORES.c.playbook == seen.playbook, SCORES.c.lead_id == seen.lead_id, SCORES.c.at >= seen.at),
            )
            .where(seen.test_id == test.id)
            .group_by(seen.lead_id)
            .subquery()
        )
        won = OUTCOMES.c.value > 0
        query = (
            select(
                seen.variant_name,
                func.count(seen.id),
                func.count(OUTCOMES.c.id).filter(won),
                func.coalesce(func.sum(OUTCOMES.c.value).filter(won), 0.0),
                func.count(SCORES.c.id),
                func.avg(SCORES.c.score),
            )
            .select_from(EXPOSURES)
            .outerjoin(last, last.c.lead_id == seen.lead_id)
            .outerjoin(OUTCOMES, OUTCOMES.c.id == last.c.last)
            .outerjoin(first, first.c.lead_id == seen.lead_id)
            .outerjoin(SCORES, SCORES.c.id == first.c.first)
            .where(seen.test_id == test.id)
            .group_by(seen.variant_name)
        )
        with self._connections.read() as connection:
            counted = {row[0]: VariantTally(*row) for row in connection.execute(query)}
        names = [variant.variant_name for variant in test.variants]
        return tuple(counted.get(name, VariantTally(name, 0, 0, 0.0, 0, None)) for name in names)

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

    def stop(self, test: AbTest, *, winner: str | None = None) -> AbTest:
        """End a test; raises StoreConflict where it was ended before, and StoreError where it has no such variant."""
        if winner is not None and winner not in {variant.variant_name for variant in test.variants}:
            raise StoreError(test.test_name, Problem("winner", "is none of this test's variants", "name one of them"))
        now = self._connections.now()
        with self._connections.write() as connection:
            done = connection.execute(
                update(TESTS)
                .where(TESTS.c.id == test.id, TESTS.c.end_date.is_(None))
                .values(end_date=now, winner=winner, running_name=None)
            )
            if not done.rowcount:
                raise StoreConflict(test.test_name, Problem("test", "was stopped before", "see its results"))
            connection.execute(
                update(VARIANTS)
                .where(VARIANTS.c.test_id == test.id)
                .values(is_active=False, end_date=now, updated_at=now)
            )
            found = self.get(test.id)
        assert found is not None
        return found

    def _test(self, row: Any) -> AbTest:
        query = select(VARIANTS).where(VARIANTS.c.test_id == row.id).order_by(VARIANTS.c.id)
        with self._connections.read() as connection:
            variants = tuple(
                Variant(**{name: getattr(variant, name) for name in _COLUMNS}) for variant in connection.execute(query)
            )
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
        )


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
