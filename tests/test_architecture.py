"""What docs/architecture.md says of the house is so: its files and functions are there, and its journeys follow the imports."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from reference.house import PAGE, SOURCE, floors, graph, journeys, stands_on  # noqa: E402

JOURNEYS = journeys()
STEPS = [(title, number) for title, steps in JOURNEYS.items() for number in range(len(steps))]


def reaches(start, end):
    """Whether a module imports another, by however many hands."""
    return start == end or graph().chain_exists(importer=start, imported=end)


def test_there_are_four_journeys_and_each_goes_somewhere():
    assert len(JOURNEYS) == 4
    assert all(len(steps) >= 5 for steps in JOURNEYS.values())


@pytest.mark.parametrize(("title", "number"), STEPS)
def test_a_step_is_in_the_file_that_is_named_and_the_journey_leads_there(title, number):
    first, step = JOURNEYS[title][0], JOURNEYS[title][number]
    tree = ast.parse((SOURCE / step.place).read_text(encoding="utf-8"))
    assert step.name in {getattr(node, "name", None) for node in tree.body}
    assert reaches(first.module, step.module), f"{first.module} does not come to {step.module}"


def test_every_file_that_the_page_names_is_there():
    named = re.findall(r"`([\w/]+(?:\.py|/))`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 30
    missing = [one for one in named if not (SOURCE / one).exists() and not (ROOT / one).exists()]
    assert missing == []


def test_the_floors_that_are_drawn_are_those_of_the_imports_and_every_room_is_on_one():
    drawn = floors()
    rooms = {room for layer in drawn for room in layer}
    there = {path.stem for path in SOURCE.glob("*.py")} | {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert rooms == there - {"__init__", "__main__"}
    for number, layer in enumerate(drawn):
        below = {room for lower in drawn[number + 1 :] for room in lower}
        for room in layer:
            assert set(stands_on(room)) <= below, f"{room} imports from its own floor or from above"
