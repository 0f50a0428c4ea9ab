"""The house as it is: its floors drawn from the contract of imports and the import graph, its journeys from the page of them."""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "leadloop"
PAGE = ROOT / "docs" / "architecture.md"
WIDTH, ROW, GAP = 1000, 78, 8
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1c1c28}.name{font:600 14px ui-monospace,monospace}"
    ".small{font-size:11px;fill:#5a5a6a}"
    "rect{fill:#eef0fb;stroke:#c4c9ea}.step{fill:#fff}path{stroke:#6a70b0;fill:none;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#e6e6f0}.small{fill:#a8a8b8}rect{fill:#23253a;stroke:#44486e}.step{fill:#191a26}}"
)
_STEP = re.compile(r"^\d+\. `(?P<place>[\w/]+\.py)`, `(?P<name>\w+)`: (?P<said>.+)$")


@dataclass(frozen=True)
class Step:
    """One step of a journey: the file under src/leadloop, the function or class in it, and what happens there."""

    place: str
    name: str
    said: str

    @property
    def module(self) -> str:
        """The module's full name."""
        return "leadloop." + self.place.removesuffix(".py").replace("/", ".")

    @property
    def room(self) -> str:
        """The room that it is in."""
        return self.place.split("/")[0].removesuffix(".py")


def floors() -> list[list[str]]:
    """The rooms of each floor that are built, the top floor first, as the contract of imports orders them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = next(one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    built = [[room.strip(" ()") for room in layer.split("|")] for layer in contract["layers"]]
    return [rooms for layer in built if (rooms := [room for room in layer if room != "__main__" and _source_of(room)])]


@cache
def graph() -> grimp.ImportGraph:
    """What imports what in the whole package, imports inside functions included."""
    return grimp.build_graph("leadloop")


def stands_on(room: str) -> list[str]:
    """The rooms that a room imports from."""
    return sorted(other for layer in floors() for other in layer if other != room and _imports_directly(room, other))


def journeys() -> dict[str, list[Step]]:
    """The journeys that the page tells, by their titles, a step each numbered line."""
    told: dict[str, list[Step]] = {}
    title = ""
    for line in _joined(PAGE.read_text(encoding="utf-8").splitlines()):
        if line.startswith("### "):
            title = line.removeprefix("### ")
        elif found := _STEP.match(line):
            told.setdefault(title, []).append(Step(found["place"], found["name"], found["said"]))
    return told


def draw_floors() -> str:
    """The floors, one above the other, each room with what it is for and the rooms that it stands on."""
    layers = floors()
    height = len(layers) * (ROW + GAP) + GAP
    parts = []
    for number, rooms in enumerate(layers):
        top = GAP + number * (ROW + GAP)
        width = (WIDTH - GAP) / len(rooms)
        for place, room in enumerate(rooms):
            parts += _draw_room(room, GAP + place * width, top, width - GAP)
    return _svg(height, parts, "The floors of LeadLoop: each imports only from floors below it")


def draw_journeys() -> str:
    """The journeys side by side, a box a step, from the top down."""
    told = journeys()
    width = (WIDTH - GAP) / len(told)
    tallest, parts = 0.0, []
    for number, (title, steps) in enumerate(told.items()):
        left, top = GAP + number * width, 30.0
        parts.append(f"<text x='{left:.0f}' y='18' class='name'>{escape(title)}</text>")
        for place, step in enumerate(steps):
            lines = _wrapped(step.said, width - 3 * GAP)
            tall = 36.0 + 14 * len(lines)
            if place:
                middle = left + (width - GAP) / 2
                parts.append(f"<path d='M{middle:.0f} {top - 10:.0f}v8m-4 -4l4 4l4 -4'/>")
            parts.append(
                f"<rect class='step' x='{left:.0f}' y='{top:.0f}' width='{width - GAP:.0f}' height='{tall:.0f}' rx='5'/>"
            )
            parts.append(
                f"<text x='{left + GAP:.0f}' y='{top + 16:.0f}' class='name' style='font-size:12px'>{escape(step.name)}</text>"
            )
            parts.append(f"<text x='{left + GAP:.0f}' y='{top + 30:.0f}' class='small'>{escape(step.place)}</text>")
            parts += [
                f"<text x='{left + GAP:.0f}' y='{top + 45 + 14 * line:.0f}' style='font-size:11.5px'>{escape(text)}</text>"
                for line, text in enumerate(lines)
            ]
            top += tall + 14
        tallest = max(tallest, top)
    return _svg(tallest, parts, "The journeys of a lead through LeadLoop, from the file to the answer and back")


def _draw_room(room: str, left: float, top: float, width: float) -> Iterator[str]:
    yield f"<rect x='{left:.0f}' y='{top}' width='{width:.0f}' height='{ROW}' rx='6'/>"
    yield f"<text x='{left + 12:.0f}' y='{top + 22}' class='name'>{room}</text>"
    below = ", ".join(stands_on(room))
    on = _wrapped(f"stands on {below}" if below else "stands on nothing", width - 24, 5.6)[:2]
    for number, line in enumerate(_wrapped(_meaning(room), width - 24, 6.6)[: 4 - len(on)]):
        yield f"<text x='{left + 12:.0f}' y='{top + 40 + 15 * number}'>{escape(line)}</text>"
    for number, line in enumerate(reversed(on)):
        yield f"<text x='{left + 12:.0f}' y='{top + ROW - 8 - 13 * number}' class='small'>{escape(line)}</text>"


def _svg(height: float, parts: Sequence[str], title: str) -> str:
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height:.0f}' role='img' aria-label='{escape(title)}'>"
    return "\n".join([head, f"<title>{escape(title)}</title><style>{_STYLE}</style>", *parts, "</svg>\n"])


def _wrapped(text: str, width: float, sign: float = 5.9) -> list[str]:
    return textwrap.wrap(text.replace("`", ""), max(12, int(width / sign)))


def _source_of(room: str) -> Path | None:
    return next((one for one in (SOURCE / room / "__init__.py", SOURCE / f"{room}.py") if one.is_file()), None)


def _meaning(room: str) -> str:
    source = _source_of(room)
    assert source is not None
    said = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split()).split(". ")[0].rstrip(".")


def _imports_directly(room: str, other: str) -> bool:
    return any(
        target == f"leadloop.{other}" or target.startswith(f"leadloop.{other}.")
        for module in graph().modules
        if module == f"leadloop.{room}" or module.startswith(f"leadloop.{room}.")
        for target in graph().find_modules_directly_imported_by(module)
    )


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Lines of a list whose sentences run on, each as one."""
    held = ""
    for line in lines:
        if held and line.startswith("   "):
            held += " " + line.strip()
            continue
        if held:
            yield held
        held = line if re.match(r"\d+\. ", line) else ""
        if not held:
            yield line
    if held:
        yield held
