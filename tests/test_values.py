"""Values stay as they were made: whoever holds a playbook, a model or a score can rely on nobody changing it meanwhile."""

import dataclasses
import importlib
import inspect
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
ROOMS = sorted(path.stem for path in (SOURCE / "leadloop").iterdir() if (path / "__init__.py").exists())
# What is no value but a place where something is gathered, and by whom.
GATHERED = {
    "leadloop.api.scoring.live._Reading": "the leads of one request, by the function that reads them",
    "leadloop.api.scoring.live._Row": "a lead of a request, which arms and stand-ins may hand on to another version",
    "leadloop.api.measures.standing.Standing": "what is shown of the present, each part replaced as a whole",
    "leadloop.enrich.manners._Host": "when a host may be asked again",
    "leadloop.flows.enrich.enrich._Told": "what providers told of one company, one after the other",
    "leadloop.flows.experiments.planning._Found": "what is known of a playbook, looked up as it is asked for",
    "leadloop.flows.play.play._Playing": "a play on its way, week after week",
    "leadloop.flows.notify.courier.Courier": "somebody at work: its messages, and who is to be left in peace",
    "leadloop.monitoring.streams.Adwin": "a detector, which a stream runs through",
    "leadloop.monitoring.streams._Bucket": "a part of what it remembers",
    "leadloop.scoring.trees.answers.CounterList": "counters, tree after tree",
    "leadloop.testing.fellow.library.Library": "what the local Fellow holds, which people edit",
    "leadloop.testing.fellow.quirks.Quirks": "switches, which tests turn while it runs",
    "leadloop.testing.fellow.subscriptions.Delivery": "an event on its way, attempt after attempt",
    "leadloop.testing.fellow.subscriptions.Subscription": "an address, which may be switched off",
}


def dataclasses_in(room: str) -> list[type]:
    paths = sorted((SOURCE / "leadloop" / room).rglob("*.py"))
    names = [".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    found = []
    for module in map(importlib.import_module, names):
        classes = [
            each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__
        ]
        found += [each for each in classes if "__dataclass_params__" in vars(each)]
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_value_cannot_be_changed_once_it_is_made(room):
    changeable = {
        f"{each.__module__}.{each.__qualname__}"
        for each in dataclasses_in(room)
        if not each.__dataclass_params__.frozen  # type: ignore[attr-defined]
    }
    assert changeable == {name for name in GATHERED if name.startswith(f"leadloop.{room}.")}


def test_values_are_looked_for_where_they_are():
    assert sum(len(dataclasses_in(room)) for room in ROOMS) > 200
    assert all(dataclasses.is_dataclass(each) for each in dataclasses_in("scoring"))
