"""The documentation does what it says: its commands and examples run, its links lead somewhere, its reference is current.

Every page is a story that is played in a folder of its own, in the order of its blocks:

- a ```console block runs each line that starts with `$ `; the lines below it must come out, apart from digits, and
  `...` stands for anything; `export NAME=value` holds for the rest of the page;
- a ```python, ```toml or ```text block with `title="path"` is what a reader types into that file (TOML is added to what is
  there);
- a ```python block without a title runs; a ```text block with `title="prints"` below it is what it prints.

A ```sh block is shown and not run: it needs a server of somebody's own. `<!-- test: served -->` above one says that from there to
the end of the page a service of the page's folder runs (and a worker, where it says `served with a worker`); what the page asks
at port 8000 is asked where it listens. `<!-- test: a local Fellow -->` says that a local Fellow runs from there on, in place of
the one at port 8765.
`<!-- test: refused -->` above a block says that its commands exit with 2.
Commands of `make` and `pip` are not run here: the gate runs them.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import tomlkit

import leadloop.cli
from leadloop.api.measures.logs import EventLog
from leadloop.api.service import make_service
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.worker import WorkersBeside
from leadloop.learning.leakage.finding import FINDING_KINDS
from leadloop.simulate import LEADS_PER_DAY, simulate_leads
from leadloop.testing.fellow import LocalFellow, Quirks
from tests.served_for_tests import serve
from tests.timed_leads_for_tests import make_timed_cells
from tests.two_targets_for_tests import make_two_cells

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*(path for path in DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
)
HOW_TO = [
    DOCS / "training-guide.md",
    *sorted(path for path in (DOCS / "how-to").glob("*.md") if path.name != "index.md"),
]
"""Pages that begin where the tutorial ends."""
SLOW = {
    *("bring-in-calls-from-fellow", "start-from-a-packaged-playbook", "learn-from-what-happened", "training-guide"),
    *("predict-several-things", "discover-features"),
}
"""Pages that train for longest, which `make test-long` plays."""

needs_posix = pytest.mark.skipif(os.name != "posix", reason="the pages are written for a POSIX shell")

PAST, NEW = 1_000, 200
START = datetime(2025, 1, 6, tzinfo=UTC)
# What readers type into files of their own.
OWN_MODULES = {"my_scoring", "shadow", "compare", "scoring", "receiver"}
SERVICE = "http://127.0.0.1:8000"
FELLOW = "http://127.0.0.1:8765"
# The outside programs that pages may use; anything else in a command is a mistake.
SHELL = {"cat", "gzip", "head"}


# ------------------------------------------------------------------------------------------------- what a page says


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    kind: str
    title: str
    text: str
    mark: str
    place: str


def blocks_of(text: str, name: str) -> Iterator[Block]:
    fence = re.compile(
        r"(?:^<!-- test: (?P<mark>[^>]+) -->\n+)?"
        r"^ *```(?P<kind>\w*)(?P<info>[^\n]*)\n(?P<text>.*?)^ *```$",
        flags=re.MULTILINE | re.DOTALL,
    )
    for found in fence.finditer(text):
        title = re.search(r'title="([^"]*)"', found["info"])
        line = text[: found.start("kind")].count("\n") + 1
        yield Block(
            found["kind"],
            title[1] if title else "",
            textwrap.dedent(found["text"]),
            found["mark"] or "",
            f"{name}, line {line}",
        )


def commands_of(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block with the lines that are shown below it."""
    command, shown = "", []
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        elif command:
            shown.append(line)
        else:
            raise AssertionError(f"{block.place}: a console block starts with a command, not with {line!r}")
    if command:
        yield command, shown


def stories_of(page: Path) -> list[list[Block]]:
    """The stories of a page: README.md tells one a section, any other page just one."""
    text, name = page.read_text(encoding="utf-8"), page.relative_to(ROOT).as_posix()
    blocks = list(blocks_of(text, name))
    if name != "README.md":
        return [blocks]
    starts = [text[: found.start()].count("\n") for found in re.finditer("^## ", text, flags=re.MULTILINE)]
    stories: list[list[Block]] = [[] for _ in range(len(starts) + 1)]
    for block in blocks:
        line = int(block.place.rpartition(" ")[2])
        stories[sum(start < line for start in starts)].append(block)
    return [story for story in stories if story]


# --------------------------------------------------------------------------------------------------- playing a page


def write_leads(folder: Path) -> None:
    """Small synthetic files with the names that the pages use."""
    past = simulate_leads(PAST, seed=7, start=START)
    new = simulate_leads(NEW, seed=7, start=START + timedelta(days=PAST / LEADS_PER_DAY))
    past.cells.write_csv(folder / "leads.csv")
    new.at_intake.write_csv(folder / "new.csv")
    new.at_intake.write_ndjson(folder / "new.jsonl")
    new.cells.select("Lead ID", "Converted").write_csv(folder / "new_outcomes.csv")
    later = simulate_leads(PAST, seed=8, start=START + timedelta(days=3))
    later.cells.write_csv(folder / "leads_newer.csv")
    row = pl.int_range(pl.len())
    messy = new.at_intake.with_columns(
        pl.when(row == 1).then(pl.lit("a lot")).otherwise("Pages Visited").alias("Pages Visited"),
        pl.when(row.is_in([1, 5])).then(pl.lit("10-Feb")).otherwise("Number of Employees").alias("Number of Employees"),
    )
    messy.write_csv(folder / "messy.csv")
    new.at_intake.drop("Country", "Message").write_csv(folder / "short.csv")
    won = past.cells.filter(pl.col("Converted") == "Yes")
    write_dated_leads(folder)
    make_two_cells(2 * PAST)[0].drop("number").write_csv(folder / "two_outcomes.csv")
    make_two_cells(NEW, seed=8)[0].drop("number", "moved_on", "fits").write_csv(folder / "two_new.csv")
    won.select("Lead ID", pl.col("Created Date").str.head(10).alias("Closed On")).write_csv(folder / "deals.csv")


def write_dated_leads(folder: Path) -> None:
    """Synthetic leads with days and amounts, under the names that the page on them uses."""
    names = {"id": "Lead ID", "came": "Created", "visits": "Pages Visited", "plan": "Plan"}
    ends = {"stage": "Stage", "ended": "Closed On", "amount": "Deal Value"}
    make_timed_cells(2 * PAST)[0].drop("noise").rename(names | ends).write_csv(folder / "closed_leads.csv")
    make_timed_cells(NEW, seed=8)[0].select(list(names)).rename(names).write_csv(folder / "open_leads.csv")


class Player:
    """Plays a story in a folder: types its files, runs its commands and its Python."""

    def __init__(self, folder: Path, shims: Path) -> None:
        self.folder, self.shims = folder, shims
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.printed = ""
        self.service, self.fellow = SERVICE, FELLOW

    def play(self, story: list[Block]) -> None:
        with contextlib.ExitStack() as served:
            for block in story:
                text = block.text.replace(SERVICE, self.service).replace(FELLOW, self.fellow)
                self.play_block(replace(block, text=text), served)

    def play_block(self, block: Block, served: contextlib.ExitStack) -> None:
        if block.kind == "sh" and block.mark.startswith("served"):
            service = make_service(Workspace(self.folder), read_settings(self.folder), log=EventLog("error", "json"))
            self.service = served.enter_context(serve(service))
            served.enter_context(WorkersBeside(service.workspace, int(block.mark == "served with a worker")))
        elif block.kind == "sh" and block.mark == "a local Fellow":
            local = LocalFellow(calls=60, quirks=Quirks(rate_limited=False))
            self.fellow = served.enter_context(local.serve()).url
        elif block.kind == "console":
            self.run_console(block)
        elif block.kind in ("toml", "python", "text") and block.title not in ("", "prints"):
            self.type_in(block)
        elif block.kind == "python":
            self.run_python(block)
        elif block.kind == "text" and block.title == "prints":
            require_shown(block.text.splitlines(), self.printed, block.place)

    def run_console(self, block: Block) -> None:
        for command, shown in commands_of(block):
            if command.split()[0] in ("make", "pip"):
                continue
            if command.startswith("export "):
                name, _, value = command.removeprefix("export ").partition("=")
                os.environ[name] = value
                continue
            code, told = self.run(command)
            wanted = 2 if block.mark == "refused" else 0
            assert code == wanted, f"{block.place}: `{command}` exits with {code}, not {wanted}:\n{told}"
            require_shown(shown, told, f"{block.place}: {command}")

    def run(self, command: str) -> tuple[int, str]:
        words = shlex.split(command, comments=True)
        if words[0] == "leadloop" and not {"|", ">", "<"} & set(words):
            return run_here(words)
        programs = {part.split()[0] for part in command.split("|")}
        assert programs <= SHELL | {"leadloop"}, f"pages use no other programs than {sorted(SHELL)}: {command}"
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self.shims}{os.pathsep}{os.environ['PATH']}"},
            # Apart, so that a line of one is not written into a line of the other.
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        return done.returncode, f"{done.stdout}\n{done.stderr}"

    def type_in(self, block: Block) -> None:
        path = self.folder / block.title
        if block.kind != "toml" or not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            return
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
        add_settings(document, tomlkit.parse(block.text).unwrap())
        path.write_text(tomlkit.dumps(document), encoding="utf-8")

    def run_python(self, block: Block) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block.text, block.place, "exec"), self.names)
        self.printed = out.getvalue()


def run_here(words: list[str]) -> tuple[int, str]:
    """Run the command line in this process: what it imports is imported once for all pages."""
    told = io.StringIO()
    before, sys.argv = sys.argv, words
    try:
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            leadloop.cli.main()
        code: Any = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv = before
    return code, told.getvalue()


def add_settings(table: Any, settings: dict[str, Any]) -> None:
    for key, value in settings.items():
        if isinstance(value, dict) and key in table:
            add_settings(table[key], value)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and key in table:
            table[key].extend(value)
        else:
            table[key] = value


def bare(line: str) -> str:
    """A line without what differs from run to run: digits, and how wide the columns are."""
    line = re.sub(r"v\d{8}_\d{6}_[0-9a-f]{8}", "VERSION", line)
    return " ".join(re.sub(r"\d[\d,.]*\d|\d", "0", line).replace(" %", "%").split())


def require_shown(shown: list[str], told: str, place: str) -> None:
    """Every line that a page shows was told, in this order."""
    lines = [bare(line) for line in told.splitlines()]
    after = 0
    for line in shown:
        if not line.strip() or line.strip() == "...":
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in bare(line).split("...")))
        at = next((number for number in range(after, len(lines)) if pattern.fullmatch(lines[number])), None)
        assert at is not None, f"{place}: shows a line that did not come out:\n{line}\n--- what came out:\n{told}"
        after = at + 1


@pytest.fixture(autouse=True)
def forget_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a page imports from its own folder, and what it exports, is gone before the next page."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before, exported = set(sys.modules), dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(exported)
    for name in {"features", "rules", "labels", *OWN_MODULES} - before:
        sys.modules.pop(name, None)


@pytest.fixture(scope="session")
def shims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the command `leadloop`, for pages that use it in a pipe."""
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "leadloop"
    source = shlex.quote(str(ROOT / "src"))
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH={source} exec {shlex.quote(sys.executable)} -m leadloop "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def after_tutorial(tmp_path_factory: pytest.TempPathFactory, shims: Path) -> Path:
    """The folder that a reader of the tutorial ends up with: where the how-to pages begin."""
    folder = tmp_path_factory.mktemp("tutorial")
    write_leads(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("LEADLOOP_WORKSPACE", raising=False)
        for story in stories_of(DOCS / "tutorial.md"):
            Player(folder, shims).play(story)
    return folder


@needs_posix
def test_the_tutorial_leads_from_a_file_to_scored_leads(after_tutorial):
    scored = pl.read_csv(after_tutorial / "scored.csv")
    assert scored.height == NEW
    assert scored["score"].is_between(0, 100).all()


@needs_posix
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.long] if page.stem in SLOW else [], id=page.stem) for page in HOW_TO],
)
def test_a_how_to_page_does_what_it_says(page, after_tutorial, shims, tmp_path, monkeypatch):
    folder = tmp_path / "work"
    shutil.copytree(after_tutorial, folder)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)  # as a Python that is started there
    monkeypatch.delenv("LEADLOOP_WORKSPACE", raising=False)
    for story in stories_of(page):
        assert story, f"{page.name} shows nothing that can be tried"
        Player(folder, shims).play(story)


@needs_posix
@pytest.mark.parametrize("number", range(len(stories_of(ROOT / "README.md"))))
def test_the_readme_does_what_it_says(number, shims, tmp_path, monkeypatch):
    write_leads(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADLOOP_WORKSPACE", raising=False)
    Player(tmp_path, shims).play(stories_of(ROOT / "README.md")[number])


def test_every_other_page_shows_commands_only_where_they_are_tried():
    tried = {DOCS / "tutorial.md", ROOT / "README.md", *HOW_TO}
    for page in set(PAGES) - tried:
        for block in blocks_of(page.read_text(encoding="utf-8"), page.name):
            if block.kind == "console":
                for command, _ in commands_of(block):
                    assert command.split()[0] in ("make", ".venv/bin/python"), f"{block.place}: {command} is not tried"


# ------------------------------------------------------------------------------------------------- links and pages


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors_of(page: Path) -> set[str]:
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page):
    text = without_code(page.read_text(encoding="utf-8"))
    for target in [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'(?:src|href)="([^"]+)"', text)]:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{page.name} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors_of(place), f"{page.name} links to {target}; no heading there is called that"


@pytest.mark.parametrize("folder", ["how-to", "reference", "decisions"])
def test_the_index_of_a_folder_links_every_page_in_it(folder):
    index = (DOCS / folder / "index.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    assert linked == {path.name for path in (DOCS / folder).glob("*.md")} - {"index.md"}


def test_the_reference_is_what_the_code_says():
    checked = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "write_reference.py"), "--check"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr


def test_every_kind_of_leak_is_explained_where_people_rule_on_it():
    text = (DOCS / "how-to" / "rule-on-a-leak.md").read_text(encoding="utf-8")
    assert [kind for kind in FINDING_KINDS if f"`{kind}`" not in text] == []


@needs_posix
def test_a_command_that_ends_otherwise_than_its_page_says_is_noticed(tmp_path, shims):
    player = Player(tmp_path, shims)
    refused = Block("console", "", "$ leadloop check nowhere\nnowhere: 1 problem\n", "refused", "page, line 1")
    player.play([refused])
    with pytest.raises(AssertionError, match="exits with 2, not 0"):
        player.play([replace(refused, mark="")])
    with pytest.raises(AssertionError, match="exits with 1, not 0"):
        player.play([replace(refused, text="$ cat nowhere | head\n$ cat nowhere\n", mark="")])


def test_a_shown_line_that_does_not_come_out_is_noticed():
    require_shown(
        ["Saved v20250101_000000_0a1b2c3d ...;", "", "12 rows"], "Saved v20261231_235959_ffffffff (a);\n7 rows", ""
    )
    with pytest.raises(AssertionError, match="did not come out"):
        require_shown(["8 rows", "Saved"], "Saved\n7 rows", "")
