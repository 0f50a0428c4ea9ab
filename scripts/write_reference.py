"""Write docs/reference/ from the code: commands, settings, features, the Python API, errors, drawings of the house.

Nothing on those pages is written by hand. After a change of a command, a setting or a docstring:

    .venv/bin/python scripts/write_reference.py

With --check nothing is written; what is out of date is named, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from reference.command_line import command_line
from reference.features import features
from reference.figures import errors, measures, scored_leads
from reference.house import draw_floors, draw_journeys
from reference.markdown import page
from reference.packaged_playbooks import our_playbooks, packaged_playbook
from reference.playbook_settings import playbook_settings
from reference.python_api import python_api
from reference.service import service, settings

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "docs" / "reference"


def index() -> str:
    return page(
        "Reference",
        "These pages are written from the code itself by `scripts/write_reference.py`, and a test sees that they are up "
        "to date.",
        "- [The command line](command-line.md): every command with its arguments, options and examples\n"
        "- [Playbook settings](playbook.md): every key of `playbook.toml`\n"
        "- [Fields and features](features.md): what each type of field becomes\n"
        + "".join(
            f"- [Playbook: {name}](playbooks/{name}.md): its features, levels and rules\n" for name in our_playbooks()
        )
        + "- [Settings](settings.md): every setting of `leadloop.toml` and the environment\n"
        "- [The service](service.md): every route, who may use it, and how it refuses\n"
        "- [Columns of a scored file](scored-leads.md): what `leadloop score` writes\n"
        "- [Measures in a report](measures.md): what the figures mean\n"
        "- [From Python](python.md): functions and classes\n"
        "- [Errors](errors.md): what is raised, and when",
    )


PAGES = {
    "index.md": index,
    "command-line.md": command_line,
    "playbook.md": playbook_settings,
    "features.md": features,
    "settings.md": settings,
    "service.md": service,
    "scored-leads.md": scored_leads,
    "measures.md": measures,
    "python.md": python_api,
    "errors.md": errors,
    "floors.svg": draw_floors,
    "journeys.svg": draw_journeys,
}


def write_pages() -> dict[str, str]:
    """Every page of the reference by its name, as it should be."""
    pages = {name: make() for name, make in PAGES.items()}
    return pages | {f"playbooks/{name}.md": packaged_playbook(name) for name in our_playbooks()}


def find_stale(wanted: Mapping[str, str]) -> list[str]:
    """The pages on disk that differ from what they should be, that are missing, or that should not be there."""
    files = [path for kind in ("*.md", "*.svg") for path in PLACE.rglob(kind)]
    there = {path.relative_to(PLACE).as_posix(): path.read_text(encoding="utf-8") for path in files}
    return sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a page is out of date")
    wanted = write_pages()
    if parser.parse_args().check:
        stale = find_stale(wanted)
        for name in stale:
            print(f"docs/reference/{name} is out of date; run scripts/write_reference.py", file=sys.stderr)
        return 1 if stale else 0
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in find_stale(wanted):
        if name in wanted:
            (PLACE / name).parent.mkdir(exist_ok=True)
            (PLACE / name).write_text(wanted[name], encoding="utf-8")
        else:
            (PLACE / name).unlink()
        print(f"wrote docs/reference/{name}" if name in wanted else f"removed docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
