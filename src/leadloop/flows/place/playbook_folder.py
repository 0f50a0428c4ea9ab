"""A playbook as it lies on disk: `playbook.toml`, and Python files beside it for what needs an `if`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from leadloop.errors import PlaybookError, Problem
from leadloop.features.functions import FeatureFunction
from leadloop.features.rules import RuleFunction
from leadloop.flows.place.packaged import FILE, find_playbook, packaged_names
from leadloop.learning.aftermath import EventsFunction
from leadloop.learning.labels import LabelFunction
from leadloop.learning.learners import Learner
from leadloop.playbook import Playbook, parse_playbook
from leadloop.playbook.check import find_list_problems
from leadloop.playbook.parsing import read_name
from leadloop.playbook.phrase_file import Lists, parse_phrases

_LARGEST = 8 << 20


@dataclass(frozen=True)
class PlaybookFolder:
    """A playbook read from disk, with the functions it names."""

    folder: Path
    """Where it lies."""
    playbook: Playbook
    """What it declares."""
    features: tuple[FeatureFunction, ...]
    """The feature functions that it names."""
    rules: tuple[RuleFunction, ...]
    """The rules that it names."""
    label: LabelFunction | None
    """The function that says who won, where the main target names one."""
    learners: Mapping[str, Learner]
    """The learners beside the playbook that `[training] learners` names, by the name that stands there."""
    makes: Mapping[str, EventsFunction] = field(default_factory=dict)
    """The functions that make fields of events, by the field that each makes."""
    other_labels: Mapping[str, LabelFunction] = field(default_factory=dict)
    """The functions that further targets name, by the targets' names."""

    def label_of(self, target: str) -> LabelFunction | None:
        """The function that says who won, where this target names one."""
        return self.label if target == self.playbook.target.name else self.other_labels.get(target)

    @property
    def functions(self) -> tuple[FeatureFunction, ...]:
        """Every function that makes a column: features, then rules."""
        return (*self.features, *self.rules)

    @property
    def rule_points(self) -> Mapping[str, float]:
        """The points of each rule, by its column."""
        return {rule.__name__: rule.points for rule in self.rules}


def read_playbook(path: Path | str) -> PlaybookFolder:
    """Read a playbook from its folder (or from its `playbook.toml`), else the packaged one of this name.

    Raises PlaybookError with every mistake at once, those of the Python files beside it included.
    """
    file, text = _read_file(path)
    subject = str(path)
    playbook = parse_playbook(text, subject=subject)
    problems: list[Problem] = []
    playbook = _with_phrase_files(playbook, file.parent, problems)
    if not problems:  # a file that could not be read may hold the list that a field names
        problems += find_list_problems(playbook)
    modules = _Modules(file.parent, problems)
    features = [_marked(modules, name, "features", "reads", "@feature(reads=[...])") for name in playbook.features]
    rules = [_marked(modules, name, "rules", "points", "@rule(points=..., reads=[...])") for name in playbook.rules]
    labels = {
        target.name: modules.find(target.label, f"targets.{target.name}.label")
        for target in playbook.targets
        if target.label
    }
    made = playbook.events.makes if playbook.events else ()
    makes = {name.partition(":")[2]: modules.find(name, "events.makes") for name in made}
    learners = {name: _learner(modules, name) for name in playbook.training.learners if ":" in name}
    if problems:
        raise PlaybookError(subject, problems)
    label = labels.pop(playbook.target.name, None)
    return PlaybookFolder(file.parent, playbook, tuple(features), tuple(rules), label, learners, makes, labels)


def playbook_name(playbook: Path | str) -> str:
    """The name of a playbook, from its name or from its folder.

    Nothing but the name is looked at, and no Python beside the playbook runs: what scores is a version, and not the folder, which
    somebody may be editing. Raises PlaybookError where there is a file that tells none.
    """
    if find_playbook(playbook) is None and Path(playbook).suffix != ".toml":
        return str(playbook)
    _, text = _read_file(playbook)
    return read_name(text, subject=str(playbook))


def _read_file(path: Path | str) -> tuple[Path, str]:
    """The file of a playbook, and what stands in it."""
    place = find_playbook(path) or Path(path)
    file = place / FILE if place.is_dir() else place
    subject = str(path)
    if not file.is_file():
        cure = "make a playbook with `leadloop draft leads.csv --target COLUMN`"
        if Path(path).name == subject:  # a bare name, which may have been meant for a packaged playbook
            cure += f"; {packaged_names()}"
        raise PlaybookError(subject, Problem(FILE if place.is_dir() else "file", "does not exist", cure))
    if file.stat().st_size > _LARGEST:
        raise PlaybookError(subject, Problem(FILE, "is larger than any playbook can be", "is it the data file?"))
    try:
        return file, file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PlaybookError(subject, Problem(FILE, "is not UTF-8 text", "save it as UTF-8")) from None
    except OSError as error:
        raise PlaybookError(
            subject, Problem(FILE, f"cannot be read: {error.strerror}", "see who may read it")
        ) from None


def _with_phrase_files(playbook: Playbook, folder: Path, problems: list[Problem]) -> Playbook:
    """The playbook with the lists of its phrase files as its own, so that whoever keeps it keeps them too."""
    lists, came_from = dict(playbook.phrases), {name: FILE for name, _ in playbook.phrases}
    for file in playbook.phrase_files:
        found, wrong = _read_phrase_file(folder, file)
        problems += wrong
        for name, phrases in found:
            if name in lists:
                problems.append(
                    Problem(file, f"holds a list “{name}”, as {came_from[name]} does", "give one of them another name")
                )
            lists[name], came_from[name] = phrases, file
    return replace(playbook, phrases=tuple(lists.items()), phrase_files=())


def _read_phrase_file(folder: Path, file: str) -> tuple[Lists, list[Problem]]:
    path = folder / file
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return (), [Problem("phrase_files", f"names {file}, which does not exist", f"create {file}")]
    if path.stat().st_size > _LARGEST:
        return (), [Problem(file, "is larger than any list of phrases can be", "is it another file?")]
    try:
        return parse_phrases(path.read_text(encoding="utf-8-sig"), file)
    except UnicodeDecodeError:
        return (), [Problem(file, "is not UTF-8 text", "save it as UTF-8")]
    except OSError as error:
        return (), [Problem(file, f"cannot be read: {error.strerror}", "see who may read it")]


def _marked(modules: _Modules, name: str, where: str, mark: str, decorator: str) -> Any:
    found = modules.find(name, where)
    if found is not None and not hasattr(found, mark):
        modules.problems.append(Problem(f"{where}.{name}", "is a plain function", f"put {decorator} above it"))
    return found


def _learner(modules: _Modules, name: str) -> Any:
    """The learner that "file:Class" names, made ready."""
    found = modules.find(name, "training.learners")
    if found is None:
        return None
    wanted = ("name", "cost", "start", "usual", "suggest", "judge", "fit")
    lacks = [part for part in wanted if not hasattr(found, part)]
    if lacks:
        said = f"lacks {', '.join(lacks)}"
        modules.problems.append(Problem(f"training.learners.{name}", said, "see `leadloop.learning.learners.Learner`"))
        return None
    return found()


class _Modules:
    """The Python files of a playbook's folder, each run once."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        self.folder, self.problems = folder, problems
        self.loaded: dict[str, ModuleType | None] = {}

    def find(self, reference: str, where: str) -> Any:
        """The function that "file:function" names; None, with a problem noted, where there is none."""
        file, _, name = reference.partition(":")
        module = self._load(file, where)
        if module is None:
            return None
        found: Callable[..., Any] | None = getattr(module, name, None)
        if not callable(found):
            self.problems.append(Problem(f"{where}.{reference}", f"{file}.py has no function {name}", "check the name"))
            return None
        return found

    def _load(self, file: str, where: str) -> ModuleType | None:
        if file in self.loaded:
            return self.loaded[file]
        path = self.folder / f"{file}.py"
        module: ModuleType | None = None
        if not path.is_file():
            self.problems.append(Problem(where, f"names {file}.py, which does not exist", f"create {path.name}"))
        else:
            spec = importlib.util.spec_from_file_location(f"_leadloop_playbook_{self.folder.name}_{file}", path)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            try:
                # Compiled here and not by the loader: its cache takes a file that was changed within a second for the old.
                exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
            except (
                Exception,
                SystemExit,
            ) as error:  # whatever a person's file may raise is their mistake to be told of
                line = _line_in(error, path)
                self.problems.append(Problem(f"{path.name}{line}", f"{type(error).__name__}: {error}", "mend the file"))
                module = None
        self.loaded[file] = module
        return module


def _line_in(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno}"
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}" if line else ""
