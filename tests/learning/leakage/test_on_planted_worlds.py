"""The audit counted: of 100 leaks planted in made-up files at least 95% are found, and of 100 clean files few are refused.

TEST_WORLDS says how many. Every file is drawn from its own seed: 1,000 to 4,000 leads, 4 to 50% won, two dozen honest
fields of all kinds. The honest ones are as awkward as real ones: segments that convert at 90%, answers that lost leads often
skip, a base rate and an index that climb together, a field introduced half-way, counts over 7 and 30 days, first and last names.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from leadloop.learning.leakage import Finding, audit_fields

WORLDS = int(os.environ.get("TEST_WORLDS", "100"))
WORDS = ("hello", "we", "need", "demo", "for", "our", "team", "please", "call", "pricing", "support", "week", "budget")


@dataclass
class World:
    """A file of leads: typed columns, what they hold, who was won, and their order in time."""

    columns: dict[str, pl.Series]
    kinds: dict[str, str]
    won: np.ndarray
    order: np.ndarray | None
    random: np.random.Generator

    def add(self, name: str, kind: str, values: object) -> None:
        self.columns[name] = pl.Series(name, values)
        self.kinds[name] = kind

    def audit(self) -> dict[str, Finding]:
        findings = audit_fields(pl.DataFrame(self.columns), self.won.astype(int), kinds=self.kinds, order=self.order)
        return {finding.field: finding for finding in findings}


def keep(values: object, filled: np.ndarray) -> pl.Series:
    """The values where filled, missing elsewhere."""
    return pl.select(pl.when(pl.Series(filled)).then(pl.Series(values))).to_series()


def clean_world(seed: int) -> World:
    """An honest file: everything in it was known when the lead came in."""
    random = np.random.default_rng(seed)
    leads = int(random.integers(1_000, 4_000))
    time = np.sort(random.random(leads))
    fit, interest, answers = random.normal(size=(3, leads))
    partner = random.random(leads) < random.uniform(0.01, 0.08)
    drift = random.choice([0.0, 1.5])
    chance = (
        random.uniform(0.8, 1.4) * fit
        + random.uniform(0.5, 2.5) * interest
        + random.uniform(0.5, 1.5) * answers
        + drift * (time - 0.5)
    )
    chance = chance + random.uniform(3.0, 6.0) * partner
    cut = np.quantile(chance + random.logistic(size=leads), 1 - random.uniform(0.04, 0.5))
    won = chance + random.logistic(size=leads) > cut
    world = World({}, {}, won, time if random.random() < 0.8 else None, random)

    def pick(score: np.ndarray, names: list[str]) -> np.ndarray:
        edges = np.quantile(score, np.linspace(0, 1, len(names) + 1)[1:-1])
        return np.array(names, dtype=object)[np.searchsorted(edges, score)]

    def noisy(signal: np.ndarray, noise: float) -> np.ndarray:
        return signal + noise * random.normal(size=leads)

    everyone = np.ones(leads, dtype=bool)
    world.add("Lead Number", "id", 600_000 + np.arange(leads))
    world.add("First Name", "category", pick(random.random(leads), ["Ada", "Ben", "Cleo", "Dan", "Eve"]))
    world.add("Last Name", "category", pick(random.random(leads), ["Ames", "Bell", "Cole", "Dean"]))
    world.add(
        "Company Email", "email", [f"p{n}@{d}.example" for n, d in enumerate(pick(fit, ["mail", "firm", "corp"]))]
    )
    world.add("Phone", "phone", keep(np.array([f"+1555{n:06d}" for n in range(leads)]), random.random(leads) < 0.7))
    source = pick(noisy(interest, 2), ["Google", "Direct", "Chat", "Organic"])
    source[partner] = "Reference"
    world.add("Lead Source", "category", source)
    origin = np.where(
        partner & (random.random(leads) < 0.8), "Add Form", pick(random.random(leads), ["API", "Landing"])
    )
    world.add("Lead Origin", "category", origin)
    # Lost leads skip questions more often: filled for up to a third fewer of them.
    kept = (random.random(leads) < 0.95) & ((answers > -0.3) | (random.random(leads) < random.uniform(0.1, 0.9)))
    world.add(
        "What is your current occupation",
        "category",
        keep(pick(noisy(fit, 1.5), ["Student", "Employed", "None"]), kept),
    )
    world.add("marital_status", "category", pick(random.random(leads), ["single", "married"]))
    world.add("Time Spent on Website", "number", np.exp(noisy(interest, random.uniform(0.1, 1.0))).round(2))
    thirty = random.poisson(np.exp(0.3 * interest + 1))
    world.add("visits_30d", "number", thirty)
    world.add("visits_7d", "number", random.binomial(thirty, 0.4))
    low = random.gamma(2, 100, leads).round()
    world.add("min_price", "money", low)
    world.add("max_price", "money", low + random.gamma(2, 50, leads).round())
    world.add("credit_score", "number", (650 + 60 * noisy(fit, 0.8)).round())
    world.add("consumer.price.idx", "number", (92 + 3 * np.floor(time * 12) / 12 + drift).round(3))
    late = time > random.uniform(0.3, 0.7)
    world.add("utm_campaign", "category", keep(pick(noisy(fit, 2), ["spring", "autumn", "brand"]), late))
    world.add(
        "previous_outcome", "category", keep(pick(noisy(fit, 1), ["failure", "success"]), random.random(leads) < 0.2)
    )
    employees = np.exp(3 + noisy(fit, 1)).round().astype(int) + 1
    world.add("employees", "employees", [{"low": int(n), "high": int(2 * n)} for n in employees])
    created = pl.Series(time * 3.15e13 + 1.6e15).cast(pl.Int64).cast(pl.Datetime("us"))
    world.add("created_at", "time", created)
    world.add("birth_date", "time", pl.Series(random.random(leads) * 1e15).cast(pl.Int64).cast(pl.Datetime("us")))
    world.add("opted_in", "boolean", noisy(answers, 2) > 0)
    world.add("agreed_to_terms", "boolean", everyone)
    word = (random.random((leads, 12)) ** (1 - 0.05 * np.clip(interest, -3, 3))[:, None] * len(WORDS)).astype(int)
    world.add(
        "message", "text", keep(np.array([" ".join(WORDS[w] for w in row) for row in word]), random.random(leads) < 0.9)
    )
    world.add(
        "website", "url", [f"https://www.{'shop' if n % 3 else 'blog'}{n % 40}.example/{n}" for n in range(leads)]
    )
    return world


def plant_filled_after(world: World) -> str:
    """Filled for nearly all won leads and for few others, with values that say nothing."""
    share = world.random.uniform(0.8, 1.0)
    filled = np.where(
        world.won, world.random.random(len(world.won)) < share, world.random.random(len(world.won)) < 0.05
    )
    world.add("region_code", "category", keep(world.random.choice(["a", "b", "c"], len(world.won)), filled))
    return "region_code"


def plant_filled_for_few(world: World) -> str:
    """Filled for a fifth of the won leads and nobody else."""
    filled = world.won & (world.random.random(len(world.won)) < world.random.uniform(0.2, 0.4))
    world.add("stock", "number", keep(world.random.normal(size=len(world.won)), filled))
    return "stock"


def plant_filled_for_lost(world: World) -> str:
    """Filled for most lost leads and hardly a won one."""
    filled = np.where(world.won, world.random.random(len(world.won)) < 0.02, world.random.random(len(world.won)) < 0.7)
    world.add("remark_code", "category", keep(world.random.choice(["x", "y"], len(world.won)), filled))
    return "remark_code"


def plant_noisy_copy(world: World) -> str:
    """The outcome under another name, wrong for 2%."""
    copy = world.won ^ (world.random.random(len(world.won)) < 0.02)
    world.add("segment_b", "category", np.where(copy, "north", "south"))
    return "segment_b"


def plant_renamed_copy(world: World) -> str:
    """Values of which some are only ever given to won leads, and most others to lost ones."""
    random, leads = world.random, len(world.won)
    sure = random.random(leads) < 0.6
    value = np.where(sure & world.won, random.choice(["p", "q"], leads), random.choice(["r", "s", "t"], leads))
    world.add("group_name", "category", value)
    return "group_name"


def plant_numeric_copy(world: World) -> str:
    """A number that is larger for won leads, with some noise."""
    world.add("units", "number", 100 * world.won + world.random.normal(0, world.random.uniform(5, 35), len(world.won)))
    return "units"


def plant_amount(world: World) -> str:
    """An amount that is 0 for everybody but won leads."""
    world.add("spend", "money", np.where(world.won, world.random.gamma(2, 100, len(world.won)).round(2) + 1, 0.0))
    return "spend"


def plant_time_when_won(world: World) -> str:
    """A time that is set only when the lead is won, some days after it came in."""
    days = (world.random.exponential(20, len(world.won)) * 86_400e6).astype(np.int64)
    when = (world.columns["created_at"].to_physical() + pl.Series(days)).cast(pl.Datetime("us"))
    world.add("milestone", "time", keep(when, world.won))
    return "milestone"


def plant_words(world: World) -> str:
    """Notes in which won leads' texts nearly always hold a word of the outcome."""
    said = np.where(world.won & (world.random.random(len(world.won)) < 0.95), "contract arrived", "spoke to them")
    filler = world.random.choice(["today", "on monday", "again", "by phone"], len(world.won))
    world.add("text_b", "text", [f"{a} {b}" for a, b in zip(filler, said, strict=True)])
    return "text_b"


def plant_call_length(world: World) -> str:
    """How long the call was: longer where it went well, under an honest name for it."""
    world.add("Call Duration", "number", np.exp(world.random.normal(5 + 0.8 * world.won, 1)).round())
    return "Call Duration"


def plant_last_activity(world: World) -> str:
    """The last thing that happened, up to the day of the export."""
    random, leads = world.random, len(world.won)
    value = np.where(
        random.random(leads) < np.where(world.won, 0.55, 0.3), "SMS sent", random.choice(["opened", "chat"], leads)
    )
    world.add("LastActivityType", "category", value)
    return "LastActivityType"


def plant_later_count(world: World) -> str:
    """A count that was taken again when the file was made."""
    world.add("comments_at_request", "number", world.random.poisson(3, len(world.won)))
    later = world.columns["comments_at_request"].to_numpy() + world.random.poisson(1 + world.won)
    world.add("comments_at_retrieval", "number", later)
    return "comments_at_retrieval"


PLANTS = (
    plant_filled_after,
    plant_filled_for_few,
    plant_filled_for_lost,
    plant_noisy_copy,
    plant_renamed_copy,
    plant_numeric_copy,
    plant_amount,
    plant_time_when_won,
    plant_words,
    plant_call_length,
    plant_last_activity,
    plant_later_count,
)


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def clean_findings() -> list[dict[str, Finding]]:
    return [clean_world(seed).audit() for seed in range(WORLDS)]


def test_at_most_one_clean_file_in_a_hundred_is_refused(clean_findings: list[dict[str, Finding]]) -> None:
    refused = [
        (seed, field, finding.evidence)
        for seed, found in enumerate(clean_findings)
        for field, finding in found.items()
        if finding.severity == "blocks"
    ]
    assert len({seed for seed, _, _ in refused}) <= WORLDS // 100, refused


def test_in_a_clean_file_only_a_field_of_outstanding_strength_gets_a_warning(
    clean_findings: list[dict[str, Finding]],
) -> None:
    warned = Counter(
        (field, finding.kind)
        for found in clean_findings
        for field, finding in found.items()
        if finding.kind != "acts_as_calendar" and finding.statistics["auc"] < 0.8
    )
    assert warned.total() <= WORLDS // 100, warned


def test_an_index_that_climbs_with_the_base_rate_is_never_called_a_leak(
    clean_findings: list[dict[str, Finding]],
) -> None:
    kinds = Counter(found["consumer.price.idx"].kind for found in clean_findings if "consumer.price.idx" in found)
    assert set(kinds) == {"acts_as_calendar"}


def test_nineteen_of_twenty_planted_leaks_are_refused() -> None:
    missed = Counter()
    for seed in range(WORLDS):
        world = clean_world(10_000 + seed)
        plant = PLANTS[seed % len(PLANTS)]
        field = plant(world)
        found = world.audit()
        if field not in found or found[field].severity != "blocks":
            missed[plant.__name__] += 1
    assert missed.total() <= WORLDS // 20, missed


def test_a_planted_leak_taints_no_honest_field() -> None:
    tainted = Counter()
    for seed in range(0, WORLDS, 4):
        world = clean_world(20_000 + seed)
        field = PLANTS[(seed // 4) % len(PLANTS)](world)
        tainted.update(name for name, it in world.audit().items() if name != field and it.severity == "blocks")
    assert tainted.total() <= 1, tainted
