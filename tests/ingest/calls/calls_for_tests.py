"""What the tests of calls share: who we are, and calls that are quick to write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.ingest.calls import Call, CallWords, OwnCompany, Person, Turn, read_call_words

START = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)
OWN = OwnCompany(("Dialtone", "Dialtone Inc.", "Dialtone Telecom"), ("dialtone.example",), ("Vera Stone", "Omar Pratt"))
VERA = Person("vera@dialtone.example", "Vera Stone")
JANE = Person("jane.miller@acme.example")
_HERE = Path(__file__).parent


def read_lines(file: str, part: str) -> Iterator[list[str]]:
    """The rows of one part of a labelled file beside this one."""
    for line in (_HERE / file).read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if cells[0] == part:
            yield cells[1:]


def read_people(cell: str) -> tuple[Person, ...]:
    """People as in `Jane Miller <jane@acme.example>, ops@acme.example`."""
    people = []
    for one in filter(None, (part.strip() for part in cell.split(","))):
        name, found, address = one.partition("<")
        people.append(Person(address.rstrip(">").strip(), name.strip()) if found else Person(one))
    return tuple(people)


def listen() -> CallWords:
    """What the packaged playbook listens for."""
    found = read_playbook("b2b_calls")
    text = (found.folder / "calls.toml").read_text(encoding="utf-8")
    return read_call_words(text, dict(found.playbook.phrases), "b2b_calls")


def say(*lines: str, seconds: float = 10.0) -> tuple[Turn, ...]:
    """Turns from lines such as `Vera: Hello.`, each of so many seconds."""
    turns = []
    for number, line in enumerate(lines):
        speaker, _, text = line.partition(": ")
        turns.append(Turn(speaker, text, number * seconds, (number + 1) * seconds))
    return tuple(turns)


def make_call(
    *lines: str,
    id: str = "c1",
    title: str = "Intro call: Acme GmbH <> Dialtone",
    people: tuple[Person, ...] = (VERA, JANE),
    start: datetime | None = START,
    minutes: float = 30.0,
    updated_hours: float = 1.0,
    **more: object,
) -> Call:
    """A call with Jane of Acme, of half an hour, that the source last changed half an hour after it."""
    ended = start + timedelta(minutes=minutes) if start else None
    updated = start + timedelta(hours=updated_hours) if start else None
    return Call(id, title, start, ended, updated, people, say(*lines), **more)  # type: ignore[arg-type]
