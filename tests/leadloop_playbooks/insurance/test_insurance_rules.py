"""The six dimensions, one at a time and together."""

from __future__ import annotations

import polars as pl
import pytest

from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.scoring import RuleScorer

FOUND = read_playbook("insurance")
SCORER = RuleScorer.of(FOUND.playbook, FOUND.rules)
# Nothing speaks for this lead: it came at night at the weekend.
WORST = {"lead_id": "1", "created_at": "2025-03-09 02:00", "insurance_type": "auto"}
DIMENSIONS = {
    "contact_details": {
        "email": "ada@example.com",
        "phone": "(212) 555-0100",
        "full_name": "Ada Lovelace",
        "address": "1 Sample Street",
        "zip_code": "10001",
    },
    "intent": {"form_completed": "yes", "quote_requested": "yes"},
    "engagement": {"pages_viewed": "3", "time_on_site": "120", "return_visit": "yes"},
    "timing": {"created_at": "2025-03-07 17:59"},
    "source_quality": {"source": "Partner"},
    "agent": {"agent_response_time": "1", "agent_conversion_rate": "0.125", "agent_rating": "4"},
}
POINTS = {"contact_details": 20, "intent": 25, "engagement": 20, "timing": 10, "source_quality": 10, "agent": 15}


def score(**cells: str) -> float:
    reading = SCORER.schema.read(pl.DataFrame({name: [cell] for name, cell in {**WORST, **cells}.items()}))
    assert not reading.rejects
    return float(SCORER.score(reading.leads)[0].score)


def test_six_dimensions_are_worth_100_points():
    assert {rule.__name__: rule.points for rule in FOUND.rules} == POINTS
    assert sum(POINTS.values()) == 100


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_dimension_alone_gives_its_points(dimension):
    assert score(**DIMENSIONS[dimension]) == pytest.approx(POINTS[dimension])


def test_nothing_gives_0_and_everything_100():
    assert score() == 0
    everything = {name: cell for cells in DIMENSIONS.values() for name, cell in cells.items()}
    assert score(**everything) == 100


@pytest.mark.parametrize(
    ("cells", "points"),
    [
        ({"email": "ada@example.com", "phone": "(212) 555-0100"}, 8),
        ({"quote_requested": "yes"}, 16.67),
        ({"form_completed": "yes"}, 8.33),
        ({"pages_viewed": "3", "time_on_site": "119"}, 6.67),
        ({"pages_viewed": "2", "time_on_site": "120"}, 6.67),
        ({"source": "organic"}, 5),
        ({"source": "facebook"}, 0),
        ({"created_at": "2025-03-07 07:59"}, 0),
        ({"created_at": "2025-03-07 18:00"}, 0),
        ({"agent_response_time": "1.1", "agent_conversion_rate": "0.2", "agent_rating": "3.9"}, 5),
    ],
)
def test_part_of_a_dimension_gives_part_of_its_points(cells, points):
    assert score(**cells) == pytest.approx(points, abs=0.051)  # scores have one decimal


def test_a_lead_scored_by_rules_says_so_and_has_its_quality_level():
    everything = {name: cell for cells in DIMENSIONS.values() for name, cell in cells.items()}
    reading = SCORER.schema.read(pl.DataFrame({**WORST, **everything}))
    (card,) = SCORER.score(reading.leads)
    assert (card.method, card.degraded, card.probability) == ("rules", True, None)
    assert (card.band, card.route, card.segment) == ("high", "respond_within_30_minutes", "pc")
