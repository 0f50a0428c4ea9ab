"""Write docs/reference/ from the code: commands, playbook settings, features, the Python API, scores, measures, errors.

Nothing on those pages is written by hand. After a change of a command, a setting or a docstring:

    .venv/bin/python scripts/write_reference.py

With --check nothing is written; what is out of date is named, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from leadloop.playbook import Playbook, Policy, Target

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by scripts/write_reference.py from the code: change the docstring there, not this page. -->"


# ---------------------------------------------------------------------------------------------- what the source says


def source_of(thing: Any) -> tuple[ast.ClassDef | ast.FunctionDef, str]:
    """The definition of a class or function in its source, and that source."""
    module = sys.modules[thing.__module__]
    text = Path(inspect.getfile(module)).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == thing.__name__:
            return node, text
    raise LookupError(f"{thing} is not defined at the top of {module.__name__}")


@dataclass(frozen=True)
class Attribute:
    """One attribute of a class as its source declares it."""

    name: str
    type: str
    default: str
    meaning: str


def attributes_of(thing: type) -> list[Attribute]:
    """The attributes of a dataclass with the text that stands below each."""
    node, text = source_of(thing)
    assert isinstance(node, ast.ClassDef)
    found = []
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        if statement.target.id.startswith("_"):
            continue
        meaning = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            meaning = " ".join(str(following.value.value).split())
        default = "" if statement.value is None else str(ast.get_source_segment(text, statement.value))
        kind = str(ast.get_source_segment(text, statement.annotation))
        found.append(Attribute(statement.target.id, kind, default, meaning))
    return found


def signature_of(node: ast.FunctionDef, text: str, *, owner: str = "") -> str:
    """A function's signature as its source writes it, one argument a line where it is long."""
    given = node.args

    def argument(arg: ast.arg, default: ast.expr | None) -> str:
        kind = f": {ast.get_source_segment(text, arg.annotation)}" if arg.annotation else ""
        if default is None:
            return arg.arg + kind
        return f"{arg.arg}{kind}{' = ' if kind else '='}{ast.get_source_segment(text, default)}"

    positional = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults)) + list(given.defaults)
    parts = [argument(arg, default) for arg, default in zip(positional, defaults, strict=True)]
    parts = [part for part in parts if part not in ("self", "cls")]
    if given.vararg:
        parts.append("*" + argument(given.vararg, None))
    elif given.kwonlyargs:
        parts.append("*")
    parts += [argument(arg, default) for arg, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    if given.kwarg:
        parts.append("**" + argument(given.kwarg, None))
    gives = f" -> {ast.get_source_segment(text, node.returns)}" if node.returns else ""
    name = f"{owner}.{node.name}" if owner else node.name
    line = f"{name}({', '.join(parts)}){gives}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" if part != "*" else "    *,\n" for part in parts) + f"){gives}"


# ------------------------------------------------------------------------------------------------- how pages are made


def prose(text: str) -> str:
    """A docstring as Markdown: examples in fences, paragraphs as they are."""
    blocks = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.lstrip().startswith(">>>"):
            if blocks and blocks[-1].startswith("```pycon"):
                blocks[-1] = blocks[-1][: -len("\n```")] + f"\n\n{paragraph}\n```"
            else:
                blocks.append(f"```pycon\n{paragraph}\n```")
        elif ">>>" in paragraph:
            words, _, example = paragraph.partition(">>>")
            blocks += [words.rstrip(), f"```pycon\n>>>{example}\n```"]
        else:
            blocks.append(" ".join(paragraph.split()) if not paragraph.startswith(("- ", "    ")) else paragraph)
    return "\n\n".join(blocks)


def cell(text: str) -> str:
    """A text as the cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """A text in backticks, empty where there is none."""
    return f"`{text}`" if text else ""


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    headings = list(headings)
    lines = [headings, ["---"] * len(headings), *[[cell(text) for text in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(title: str, *parts: str) -> str:
    """A page: its title, and the parts below it."""
    text = "\n\n".join([f"# {title}", NOTE, *(part.strip("\n") for part in parts if part.strip())]) + "\n"
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


# ----------------------------------------------------------------------------------------------------- command line


def command_line() -> str:
    from typer.main import get_command

    from leadloop.cli import app as home

    root: Any = get_command(home.app)
    codes = table(
        ("exit code", "meaning"),
        [
            ("`0`", "done"),
            (code(str(home.EXIT_REFUSED)), "something was refused; every reason is on standard error"),
            (code(str(home.EXIT_INTERRUPTED)), "stopped with Ctrl-C; nothing half-done was kept"),
        ],
    )
    parts = [
        "Answers go to standard output, progress and errors to standard error. Every command has `--help` (`-h`).",
        codes,
    ]
    own = [option for option in root.params if not option.hidden]
    parts += ["## leadloop", _options(own)]
    for path, command in _commands(root, ()):
        parts += _command(path, command)
    return page("The command line", *parts)


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))


def _command(path: tuple[str, ...], command: Any) -> list[str]:
    name = " ".join(("leadloop", *path))
    words, examples = _split_examples(inspect.cleandoc(command.help or ""))
    if hasattr(command, "commands"):
        return [f"## {name}", words]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    usage = " ".join([name, *(_usage(one) for one in arguments), "[OPTIONS]"])
    parts = [f"{'##' if len(path) == 1 else '###'} {name}", words, f"```text\n{usage}\n```"]
    if arguments:
        rows = [(code(_bare(one)), "required" if one.required else _default(one), one.help or "") for one in arguments]
        parts.append(table(("argument", "default", "meaning"), rows))
    if options:
        parts.append(_options(options))
    if not examples:
        raise SystemExit(f"{name} has no example; add one to its docstring")
    many = "Examples" if len(examples) > 1 else "Example"
    parts += [f"{many}:", "```sh\n" + "\n".join(examples) + "\n```"]
    return parts


def _split_examples(help: str) -> tuple[str, list[str]]:
    """A command's help without its examples, and these."""
    words, examples = [], []
    for paragraph in help.split("\n\n"):
        if match := re.fullmatch(r"Example: `(.+)`", paragraph.strip()):
            examples.append(match[1])
        elif paragraph.startswith("    "):
            examples += [line.strip() for line in paragraph.splitlines()]
        elif paragraph.strip() not in ("Examples:", "Example:"):
            words.append(" ".join(paragraph.split()))
    return "\n\n".join(words), examples


def _bare(argument: Any) -> str:
    return (argument.metavar or argument.name.upper()).strip("[]")


def _usage(argument: Any) -> str:
    return _bare(argument) if argument.required else f"[{_bare(argument)}]"


def _options(options: list[Any]) -> str:
    rows = [(_names(one), _takes(one), _default(one), one.help or "") for one in options]
    return table(("option", "takes", "default", "meaning"), rows)


def _names(option: Any) -> str:
    names = ", ".join(code(name) for name in option.opts)
    return names + (f" or {', '.join(code(name) for name in option.secondary_opts)}" if option.secondary_opts else "")


def _takes(option: Any) -> str:
    if getattr(option, "is_flag", False):
        return ""
    kind = option.type_descriptor.annotation
    if get_origin(kind) is Literal:
        return ", ".join(code(str(choice)) for choice in get_args(kind))
    words = {str: "text", list[str]: "text, repeatable", Path: "a path", int: "a number", float: "a number"}
    return words[kind]


def _default(option: Any) -> str:
    if option.required:
        return "required"
    value = option.default
    if value in (None, "", [], ()) or value is False or callable(value):
        return ""
    if value is True:
        return code(option.opts[0])
    return code(str(value))


# ------------------------------------------------------------------------------------------------ playbook settings


@dataclass
class Setting:
    """One key of a playbook as its reader asks for it."""

    key: str
    kind: str
    default: str
    limits: list[str] = field(default_factory=list)


SAMPLE = """
name = "sample"
[order]
{order}
[targets.won]
column = "Won"
positive = ["yes"]
[score]
won = 1
[training]
[bands.all]
lowest = 0
share = 1
[routes]
call = 0
[phrases]
price = ["how much"]
[fields.Created]
type = "time"
[fields.Won]
type = "boolean"
known_at = "outcome"
[fields.Visits]
type = "number"
[fields.Pages]
type = "number"
[[derived]]
kind = "ratio"
reads = ["Visits", "Pages"]
[[rulings]]
field = "Visits"
finding = "too_good_alone"
because = "counted before the first call"
"""
TIMED = """
[[history]]
of = ["Source"]
[fields.Source]
type = "category"
[fields.Id]
type = "id"
[fields.Grade]
type = "number"
known_at = "outcome"
[events]
lead = "Lead"
at = "At"
within_days = 30
makes = ["labels:Grade"]
[events.without]
Grade = 0
[events.fields.Lead]
type = "id"
[events.fields.At]
type = "time"
"""


def read_settings() -> dict[str, list[Setting]]:
    """Every key that the reader of playbooks asks for, by the table it stands in, found by letting it read a sample."""
    from leadloop.playbook import parsing, table_reader

    asked: dict[str, dict[str, Setting]] = {}

    def section(where: str) -> str:
        head, *rest = re.sub(r"\[\d+\]", "", where).split(".")
        if head == "events" and rest:
            return f"events.{rest[0]}"
        return head or "top"

    def note(reader: Any, key: str, kind: str, default: str, limits: Iterable[str] = ()) -> None:
        kept = asked.setdefault(section(reader.where), {}).setdefault(key, Setting(key, kind, default))
        if kept.default != default:  # the order of leads is read in one way by field and in another by rows
            kept.default += f' with `by = "field"`, {default or "none"} with `by = "rows"`'
        kept.limits += [limit for limit in limits if limit not in kept.limits]

    class Recorder(table_reader.TableReader):
        def text(self, key: str, default: str | None = None, *, choices: Iterable[str] = ()) -> str:
            choices = list(choices)
            shown = "required" if default is None else code(f'"{default}"') if default else ""
            note(self, key, "text", shown, [code(f'"{choice}"') for choice in choices])
            return super().text(key, default, choices=choices)

        def flag(self, key: str, default: bool) -> bool:
            note(self, key, "true or false", code(str(default).lower()))
            return super().flag(key, default)

        def number(self, key: str, default: float | None, *, low: float, high: float) -> float:
            shown = "required" if default is None else code(f"{default:g}" if default < 1e6 else f"{default:_.0f}")
            if default == 0:
                shown = ""
            note(self, key, "number", shown, [f"{low:,g} to {high:,g}" if high < 1e9 else f"at least {low:,g}"])
            return super().number(key, default, low=low, high=high)

        def whole(self, key: str, default: int, *, low: int, high: int) -> int:
            value = super().whole(key, default, low=low, high=high)
            asked[section(self.where)][key].kind = "whole number"
            if high >= 2**31 - 1:
                asked[section(self.where)][key].limits = [f"at least {low:,}"]
            return value

        def texts(self, key: str) -> tuple[str, ...]:
            note(self, key, "list of texts", "")
            return super().texts(key)

        def lists(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
            note(self, key, "table of lists of texts", "")
            return super().lists(key)

        def whole_numbers(self, key: str, *, low: int, high: int) -> tuple[int, ...]:
            note(self, key, "list of whole numbers", "", [f"{low:,} to {high:,}"])
            return super().whole_numbers(key, low=low, high=high)

    usual = parsing.TableReader
    parsing.TableReader = Recorder  # type: ignore[misc]
    try:
        parsing.parse_playbook('lead_id = "Id"\n' + SAMPLE.format(order='by = "field"\nfield = "Created"') + TIMED)
        parsing.parse_playbook(SAMPLE.format(order='by = "rows"'))
    finally:
        parsing.TableReader = usual  # type: ignore[misc]
    return {name: list(keys.values()) for name, keys in asked.items()}


def playbook_settings() -> str:
    from leadloop.leads import Field, LeadSchema
    from leadloop.playbook import (
        Band,
        Derived,
        Events,
        History,
        Order,
        Playbook,
        Policy,
        Route,
        Ruling,
        Target,
        Training,
    )

    settings = read_settings()
    meanings: dict[str, Mapping[str, str]] = {}
    for name, kinds in {
        "top": (Playbook, LeadSchema, Policy),
        "fields": (Field,),
        "targets": (Target,),
        "order": (Order,),
        "training": (Training,),
        "bands": (Band,),
        "derived": (Derived,),
        "history": (History,),
        "events": (Events,),
        "events.fields": (Field,),
        "rulings": (Ruling,),
    }.items():
        meanings[name] = {one.name: one.meaning for kind in kinds for one in attributes_of(kind)}
    # Where the TOML and the code disagree about what is usual, the TOML's reader decides.
    defaults = {("fields", "known_at"): "the first of `moments`", ("top", "scores_at"): "the first of `moments`"}
    defaults |= {("top", "moments"): code('["intake", "outcome"]')}
    # These choices are the moments of the sample; a playbook names its own.
    free = {("fields", "known_at"), ("top", "scores_at")}

    def rows(name: str) -> Iterator[tuple[str, str, str, str]]:
        places = list(meanings[name])
        for setting in sorted(settings[name], key=lambda one: places.index(one.key) if one.key in places else -1):
            meaning = meanings[name].get(setting.key, "")
            if not meaning:
                raise SystemExit(f"{name}.{setting.key} has no meaning; write a text below the attribute in the code")
            place = (name, setting.key)
            limits = [] if place in free else setting.limits
            kind = "one of `moments`" if place in free else setting.kind
            if limits and setting.kind == "text":
                kind = ", ".join(limits)
            elif limits:
                kind = f"{kind}, {limits[0]}"
            yield code(setting.key), kind, defaults.get(place, setting.default), meaning

    def settings_of(name: str) -> str:
        return table(("key", "takes", "default", "meaning"), rows(name))

    def opening(kind: type) -> str:
        return prose(inspect.getdoc(kind) or "")

    routes = table(
        ("key", "takes", "meaning"),
        [
            (
                "the route's name",
                f"number, {settings['routes'][0].limits[0]}",
                next(one.meaning for one in attributes_of(Route) if one.name == "lowest"),
            )
        ],
    )
    phrases = table(
        ("key", "takes", "meaning"),
        [
            (
                "the list's name",
                "list of texts",
                "Phrases of one word or several, in any case and any form of their words; after = as it stands.",
            )
        ],
    )
    weights = table(
        ("key", "takes", "meaning"),
        [("the target's name", "number above 0", "Its weight; what counts is each weight's share of all of them.")],
    )
    usual = Policy()
    bands = ", ".join(f"`{band.name}` from {band.lowest:g} with {band.share:.0%} of leads" for band in usual.bands)
    steps = ", ".join(f"`{route.name}` from {route.lowest:g}" for route in usual.routes)
    return page(
        "Playbook settings",
        "A playbook is a folder with a file `playbook.toml`. These are all its settings; one that is not listed here is "
        "refused. `leadloop check` names every mistake at once.",
        "## At the top",
        settings_of("top"),
        "## [order]",
        opening(Order),
        settings_of("order"),
        "## [targets.NAME]",
        opening(Target) + " The first target is the main one.",
        settings_of("targets"),
        "## [score]",
        next(one.meaning for one in attributes_of(Playbook) if one.name == "score"),
        weights,
        "See [Predict several things at once](../how-to/predict-several-things.md).",
        "## [fields.NAME]",
        opening(Field) + ' A name with blanks stands in quotes: `[fields."Lead Source"]`.',
        settings_of("fields"),
        "What each type becomes is told in [Fields and features](features.md).",
        "## [training]",
        opening(Training),
        settings_of("training"),
        "## [bands.NAME]",
        opening(Band),
        settings_of("bands"),
        f"Without bands of your own: {bands}.",
        "## [routes]",
        opening(Route),
        routes,
        f"Without routes of your own: {steps}.",
        "## [phrases]",
        next(one.meaning for one in attributes_of(Playbook) if one.name == "phrases"),
        phrases,
        "## [[derived]]",
        opening(Derived),
        settings_of("derived"),
        "`leadloop discover` proposes such features: see [Discover features](../how-to/discover-features.md).",
        "## [[history]]",
        opening(History),
        settings_of("history"),
        "## [events]",
        opening(Events),
        settings_of("events"),
        "Under `[events.without]` stand numbers by the fields that are made: "
        + meanings["events"]["without"][0].lower()
        + meanings["events"]["without"][1:],
        "Under `[events.fields.NAME]` stand the columns of an event:",
        settings_of("events.fields"),
        "See [Learn from what happened](../how-to/learn-from-what-happened.md).",
        "## [[rulings]]",
        opening(Ruling),
        settings_of("rulings"),
    )


# --------------------------------------------------------------------------------------------------------- features


def features() -> str:
    """What each type of field becomes: the blocks are fitted on a few leads, and their columns written down."""
    import numpy as np
    import polars as pl

    from leadloop.features import FeatureSet
    from leadloop.features.finds import FINDS
    from leadloop.leads import FIELD_TYPES, Field, LeadSchema
    from leadloop.leads.schema import _EXPECTED
    from leadloop.leads.values import FALSE_WORDS, TRUE_WORDS
    from leadloop.playbook import Playbook, Target

    few: dict[str, list[str]] = {
        "number": ["3", "8.5", "12"],
        "money": ["€ 1,200", "$5,000", "900"],
        "employees": ["12", "50-100", "1001+"],
        "category": ["Google", "Referral", "Chat"],
        "text": [
            "Please call me. How much is it?",
            "no budget yet, see https://a.example",
            "WE NEED 40 seats now!\nThanks",
        ],
        "boolean": ["yes", "no", "yes"],
        "time": ["2023-03-31 17:45", "2024-07-06 09:10", "2025-11-12 23:00"],
        "email": ["ada@example.com", "info@gmail.com", "x@mailinator.com"],
        "phone": ["+44 20 7946 0000", "555-0100", "12345678"],
        "url": ["https://a.example/x", "b.de", "c.io"],
        "id": ["L1", "L2", "L3"],
    }
    count = 240
    won = np.arange(count) % 4 == 0
    rows = []
    parts: list[str] = []
    told_before: dict[type, str] = {}
    for kind in FIELD_TYPES:
        name = kind.capitalize()
        schema = LeadSchema((Field(name, kind, "intake"), Field("Won", "boolean", "outcome")))
        playbook = Playbook("sample", schema, "intake", Target("won", column="Won", positive=("yes",)))
        values = [few[kind][row % 3] for row in range(count)]
        reading = schema.read(pl.DataFrame({name: values, "Won": ["yes" if one else "no" for one in won]}))
        if reading.rejects:
            raise SystemExit(f"the sample of {kind} cannot be read: {reading.rejects[0]}")
        made, _ = FeatureSet.fit(playbook, reading.leads, won.astype(float))
        rows.append((code(kind), _EXPECTED[kind], str(len(made.columns)) if made.columns else "none"))
        parts.append(f"## {kind}")
        if not made.blocks:
            parts.append("It names the lead and says nothing about it: no feature is made of it.")
            continue
        for block in made.blocks:
            told = told_before.setdefault(type(block), kind)
            parts.append(prose(inspect.getdoc(type(block)) or "") if told == kind else f"As [{told}](#{told}).")
        shown = [column.name for column in made.columns]
        more = f", and {len(shown) - 24} more" if len(shown) > 24 else ""
        parts.append(
            f"From a field “{name}” with {', '.join(code(' '.join(value.split())) for value in few[kind])}: "
            + ", ".join(code(column) for column in shown[:24])
            + f"{more}."
        )
        if kind == "text":
            listed = [
                (code(find.name), find.means, find.fact, ", ".join(code(one.name) for one in find.columns))
                for find in FINDS.values()
            ]
            parts.append(
                "Facts that `finds` may name, and their columns; all are missing where a text says nothing of the kind. Where "
                "a fact has a name, one more column says whether the text states it, as in `Text states a salary`:"
            )
            parts.append(table(("find", "what it looks for", "fact", "columns"), listed))
    opening = (
        "Every field that is used and known when leads are scored becomes one or more columns of numbers, by its type. "
        "The lists below are what training really makes of a small sample of each."
    )
    words = (
        f"Yes or no is read from {', '.join(code(word) for word in TRUE_WORDS)} and "
        f"{', '.join(code(word) for word in FALSE_WORDS)}, in any case."
    )
    from leadloop.features.derived import DerivedBlock
    from leadloop.features.functions import FunctionsBlock

    return page(
        "Fields and features",
        opening,
        table(("type", "a cell holds", "columns in the sample"), rows),
        words,
        *parts,
        "## Functions of your own",
        prose(inspect.getdoc(FunctionsBlock) or ""),
        "See [Add features and rules in Python](../how-to/add-features-and-rules-in-python.md).",
        "## Derived features",
        prose(inspect.getdoc(DerivedBlock) or ""),
        "They are declared under [`[[derived]]`](playbook.md#derived).",
    )


# -------------------------------------------------------------------------------------------------------- Python API


API = (
    (
        "The five things to do",
        ["leadloop:draft", "leadloop:check", "leadloop:train", "leadloop:score", "leadloop:explain"],
    ),
    (
        "Scoring leads one by one",
        ["leadloop:load", "leadloop:score_leads", "leadloop:ScoreCard", "leadloop:TargetScore", "leadloop:Reason"],
    ),
    (
        "Saved versions",
        [
            "leadloop:Workspace",
            "leadloop.flows.models:list_versions",
            "leadloop.flows.models:show_version",
            "leadloop.flows.models:promote",
            "leadloop.flows.models:rollback",
            "leadloop.flows.models:history",
            "leadloop.flows.models:list_aliases",
            "leadloop.flows.models:clear_alias",
            "leadloop.flows.models:prune",
        ],
    ),
    (
        "Asking a service",
        [
            f"leadloop.client:{name}"
            for name in (
                *("Client", "AsyncClient", "Card", "WonWithin", "UnscoredLead", "Outcome", "Event", "Feedback"),
                *("KeptLeads", "Kept", "FeedbackTaken", "KeptLead", "PastScore", "PastFeedback", "Models", "ModelLine"),
                *(
                    "InService",
                    "Readiness",
                    "PlaybookReady",
                    "DatabaseReady",
                    "ServiceProblem",
                    "NotAllowed",
                    "NotFound",
                ),
                *("NotUnderstood", "Conflict", "TooMany", "Unavailable", "NotPromised"),
            )
        ],
    ),
    ("What features are worth", ["leadloop.flows.ablate:ablate", "leadloop.flows.discover:discover"]),
    (
        "What comes back",
        [
            "leadloop.flows.draft:Drafted",
            "leadloop.flows.playbook_folder:PlaybookFolder",
            "leadloop.flows.train:TrainingResult",
            "leadloop.learning.report.report:TrainingReport",
            "leadloop.learning.evaluation:Measure",
            "leadloop.flows.ablate:Ablated",
            "leadloop.learning.ablation:Ablation",
            "leadloop.learning.ablation:AblationLine",
            "leadloop.flows.discover:Discovered",
            "leadloop.learning.discovery:Discovery",
            "leadloop.learning.discovery:Proposal",
            "leadloop.flows.score:Scored",
            "leadloop.flows.explain:Explanation",
            "leadloop.scoring.counterfactuals:Counterfactual",
            "leadloop.scoring.counterfactuals:Change",
            "leadloop.scoring:TrainedPlaybook",
            "leadloop.registry:ModelVersion",
            "leadloop.registry:InService",
            "leadloop.registry:Pruned",
            "leadloop.store:PromotionRecord",
            "leadloop.store:Alias",
        ],
    ),
    (
        "Packaged playbooks, features and promises",
        [
            "leadloop.flows.packaged:list_packaged",
            "leadloop.flows.packaged:copy_playbook",
            "leadloop.flows.feature_list:list_features",
            "leadloop.features.outline:FeatureOutline",
            "leadloop.testing.battery:check_playbook",
            "leadloop.testing.battery:try_playbook",
            "leadloop.testing.battery:Kept",
        ],
    ),
    (
        "For the Python files of a playbook",
        [
            "leadloop.features.functions:feature",
            "leadloop.features.rules:rule",
            "leadloop.features.functions:sample",
        ],
    ),
)


def python_api() -> str:
    import leadloop

    listed = {name.partition(":")[2] for _, names in API for name in names if name.startswith("leadloop:")}
    errors = {"LeadLoopError", "Problem"}  # these have a page of their own
    if forgotten := set(leadloop.__all__) - listed - errors:
        raise SystemExit(f"{', '.join(sorted(forgotten))} is public but in no part of the reference; add it to API")
    parts = [prose(leadloop.__doc__ or "")]
    for title, names in API:
        parts.append(f"## {title}")
        for name in names:
            home, _, word = name.partition(":")
            parts += _api_entry(getattr(importlib.import_module(home), word), home)
    parts += ["## Errors", "All of them are on a page of their own: [Errors](errors.md)."]
    return page("From Python", *parts)


def _api_entry(thing: Any, home: str) -> list[str]:
    node, text = source_of(thing)
    words = prose(ast.get_docstring(node) or "")
    # What stands in `leadloop` itself needs no import line of its own.
    where = [] if home == "leadloop" else [f"`from {home} import {thing.__name__}`"]
    if isinstance(node, ast.FunctionDef):
        return [f"### {thing.__name__}", *where, f"```python\n{signature_of(node, text)}\n```", words]
    parts = [f"### {thing.__name__}", *where, words]
    rows = [(code(one.name), code(one.type), code(one.default), one.meaning) for one in attributes_of(thing)]
    if rows:
        keep = [0, 1] + [place for place in (2, 3) if any(row[place] for row in rows)]
        headings = ("attribute", "type", "default", "meaning")
        parts.append(table([headings[place] for place in keep], [[row[place] for place in keep] for row in rows]))
    for inner in node.body:
        if not isinstance(inner, ast.FunctionDef) or inner.name.startswith("_"):
            continue
        marks = {ast.unparse(mark) for mark in inner.decorator_list}
        if "property" in marks or "cached_property" in marks:
            gives = ast.get_source_segment(text, inner.returns) if inner.returns else ""
            sentence = " ".join((ast.get_docstring(inner) or "").split())
            parts.append(f"- `.{inner.name}` gives `{gives}`: {sentence}")
        else:
            parts += [
                f"```python\n{signature_of(inner, text, owner=thing.__name__)}\n```",
                prose(ast.get_docstring(inner) or ""),
            ]
    return _joined_lists(parts)


def _joined_lists(parts: list[str]) -> list[str]:
    joined: list[str] = []
    for part in parts:
        if part.startswith("- ") and joined and joined[-1].startswith("- "):
            joined[-1] += f"\n{part}"
        else:
            joined.append(part)
    return joined


# ------------------------------------------------------------------------------------------------ scores and measures


def scored_leads() -> str:
    from leadloop.scoring import ScoreCard

    cards = {one.name: one for one in attributes_of(ScoreCard)}
    if nameless := [name for name, one in cards.items() if not one.meaning]:
        raise SystemExit(f"ScoreCard.{nameless[0]} has no meaning; write a text below it")
    shown = {"won_within": "won_within_30_days"}
    rows = [(code(shown.get(name, name)), one.meaning) for name, one in cards.items() if name != "reasons"]
    rows.sort(key=lambda row: row[0] == code("starts_at"))
    for name in ("reasons_up", "reasons_down"):
        meaning = (inspect.getdoc(getattr(ScoreCard, name)) or "").rstrip(".")
        rows.append((code(name), f"{meaning}; at most three, each with its points, separated by semicolons."))
    return page(
        "Columns of a scored file",
        "`leadloop score` writes a row a lead, in the order of the file that it read. With `--no-reasons` `starts_at`, "
        "`reasons_up` and `reasons_down` are left out; with `--keep-columns` the lead's own columns stand in front, and one "
        "of the same name as a column below gets “ (lead)” behind it.",
        table(("column", "meaning"), rows),
        "## The rejects file",
        "Rows that cannot be read are written to a file beside the output, a line for each mistake.",
        table(
            ("column", "meaning"),
            [
                ("`line`", "The line of the row in the file that was read."),
                ("`field`", "The field that could not be read; empty where the row as a whole could not."),
                ("`value`", "What stood there, its first 60 characters."),
                ("`reason`", "Why it could not be read."),
            ],
        ),
    )


def measures() -> str:
    from leadloop.learning.evaluation import measures_for
    from leadloop.playbook import Policy

    rows = [
        (name, f"{meaning[0].upper()}{meaning[1:]}.", "higher" if higher else "smaller", code(function.__name__))
        for name, (function, higher, meaning) in measures_for(Policy().capacity).items()
    ]
    rows = [(name, meaning, better) for name, meaning, better, _ in rows]
    return page(
        "Measures in a report",
        "Every measure is taken on the test leads, which nothing was learned from, and comes with a 95% interval and with "
        "what the baselines reach on the same leads. The 20% in lift and gain is the playbook's `capacity`.",
        table(("measure", "meaning", "better is"), rows),
        "## Baselines",
        "- **majority**: every lead gets the commoner outcome.\n- **prior**: every lead gets the average rate of the "
        "training leads.\n- **rules**: the playbook's own rules, where it has some.",
    )


def errors() -> str:
    from leadloop import errors as home

    kinds = [home.LeadLoopError, *home.LeadLoopError.__subclasses__()]
    own = [kind for kind in kinds if kind.__module__ == home.__name__]
    parts = [prose(home.__doc__ or ""), "The command line prints them and exits with 2. All are in `leadloop.errors`."]
    rows = [(code(kind.__name__), (inspect.getdoc(kind) or "").split("\n\n")[0]) for kind in own]
    parts.append(table(("error", "raised when"), rows))
    for kind in (home.LeadLoopError, home.Problem):
        parts += _api_entry(kind, "leadloop")
    return page("Errors", *parts)


# ------------------------------------------------------------------------------------------------------------- pages


def packaged_playbook(name: str) -> str:
    """The page of a playbook that comes with LeadLoop: what it predicts, its features, levels, routes and rules."""
    from leadloop.flows.feature_list import list_features
    from leadloop.flows.playbook_folder import read_playbook

    found, listed = read_playbook(name), list_features(name).features
    playbook = found.playbook
    policy = playbook.policy
    features = [
        (
            code(one.name),
            ", ".join(code(field) for field in one.reads),
            one.known_at,
            one.meaning + (" *" if one.fitted else ""),
            one.example,
        )
        for one in listed
    ]
    parts = [
        playbook.description,
        f"It predicts {' and '.join(code(target.name) for target in playbook.targets)} and scores at "
        f"{code(playbook.scores_at)}.{''.join(_outcome(target) for target in playbook.targets)}{_composed(playbook)}",
        "## Features",
        f"What `leadloop features {name}` tells. Of what is marked * the training leads decide: a word in capitals stands "
        "for what they hold, and what never differs is left out. Examples are those of one lead.",
        table(("feature", "reads", "known at", "meaning", "example"), features),
        "## Levels and routes",
        table(
            ("from a score of", "level", "about its share of leads"),
            [(f"{band.lowest:g}", code(band.name), f"{band.share:.0%}") for band in policy.bands],
        ),
        table(*_routes(policy)),
    ]
    if found.rules:
        from leadloop.features.functions import first_sentence

        rules = [(code(rule.__name__), f"{rule.points:g}", first_sentence(rule.__doc__ or "")) for rule in found.rules]
        parts += ["## Rules", "They score until there are outcomes to learn from, and are what a model must beat."]
        parts.append(table(("rule", "points", "meaning"), rules))
    return page(f"Playbook: {name}", *parts)


def _outcome(target: Target) -> str:
    """Where the outcome of a target stands."""
    if not target.column:
        return ""
    within = f", within {target.within_days:g} days" if target.within_days else ""
    missing = " (while too few leads have one, this target is left out)" if target.optional else ""
    return f" The outcome of {code(target.name)} stands in {code(target.column)}{within}{missing}."


def _composed(playbook: Playbook) -> str:
    """What the score is made of, where that is more than the main target."""
    if not playbook.is_composed:
        return ""
    parts = " and ".join(f"{weight:.0%} {code(name)}" for name, weight in playbook.weights.items())
    return f" The score is composed of {parts}."


def _routes(policy: Policy) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The routes, with what else they ask for and how urgent they are where any says so."""
    asks, urges = any(route.when for route in policy.routes), any(route.priority for route in policy.routes)
    head = ("from a score of", *(["and a score of"] if asks else []), "route", *(["priority"] if urges else []))
    rows = [
        (
            f"{route.lowest:g}",
            *([", ".join(f"{code(name)} from {least:g}" for name, least in route.when)] if asks else []),
            code(route.name),
            *([code(route.priority) if route.priority else ""] if urges else []),
        )
        for route in policy.routes
    ]
    return head, rows


def our_playbooks() -> list[str]:
    """The playbooks that come with LeadLoop, by name."""
    from leadloop.flows.packaged import list_packaged

    return [one.name for one in list_packaged() if one.module.startswith("leadloop_playbooks.")]


# ------------------------------------------------------------------------------------------------------- the service


def settings() -> str:
    from leadloop.flows.settings import _CHOICES, _RANGES, PREFIX, Settings

    rows = []
    for one in attributes_of(Settings):
        default = one.default if one.default != "()" else "`[]`"
        limits = ", ".join(code(choice) for choice in _CHOICES.get(one.name, ()))
        if one.name in _RANGES:
            low, high = _RANGES[one.name]
            limits = f"{low:g} to {high:,.0f}"
        shown = default if default.startswith("`") else code(default)
        rows.append((code(one.name), code(PREFIX + one.name.upper()), shown, limits, one.meaning))
    return page(
        "Settings",
        "Settings stand in `leadloop.toml` in the workspace, or in the environment, which wins; options of `leadloop serve` win "
        "over both. In the environment a list is separated by commas. A setting that is not known is refused by name.",
        '```toml\nport = 9000\nfallback = ["previous", "rules"]\n```',
        table(("setting", "variable", "default", "takes", "meaning"), rows),
    )


def service() -> str:
    from leadloop.api import health
    from leadloop.api.app import _DOCUMENTS, playbook_routes
    from leadloop.api.faces import calls, insurance, marketplace
    from leadloop.api.metrics import Metrics, metric_names
    from leadloop.api.problems import TITLES

    def listed(routes: Iterable[Any]) -> str:
        rows = []
        for one in routes:
            who, statuses = " or ".join(one.roles) or "anybody", ", ".join(map(str, one.statuses))
            rows.append((code(f"{one.method} {one.path}"), who, one.summary, statuses))
        return table(("route", "role", "what it is for", "refuses with"), rows)

    return page(
        "The service",
        "`leadloop serve` answers these routes. Once it runs, `/docs` shows them with examples to copy and with the fields of "
        "every playbook that it serves, and `/openapi.json` says the same to programs.",
        "## Any playbook",
        listed(playbook_routes({}, ())),
        "## Companies after a call",
        "The playbook is the setting `calls_playbook`.",
        listed(calls.ROUTES),
        "## Postings",
        "The playbook is the setting `marketplace_playbook`.",
        listed(marketplace.ROUTES),
        "## Insurance leads",
        "The playbook is the setting `insurance_playbook`.",
        listed(insurance.ROUTES),
        "## Operation",
        listed([*health.ROUTES, *_DOCUMENTS]),
        "## Refusals",
        "Whatever is refused is answered as `application/problem+json` (RFC 9457), with every mistake at once under "
        "`errors`, each with `where`, `what` and `how_to_mend`, and with the `request_id` that the log and the header "
        "`X-Request-ID` have too.",
        table(("status", "title"), [(code(str(status)), title) for status, title in TITLES.items()]),
        "## Measures",
        "`/metrics` shows these to Prometheus. No label holds anything of a lead.",
        table(("measure", "meaning"), [(code(name), meaning) for name, meaning in metric_names(Metrics())]),
    )


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
}


def write_pages() -> dict[str, str]:
    """Every page of the reference by its name, as it should be."""
    pages = {name: make() for name, make in PAGES.items()}
    return pages | {f"playbooks/{name}.md": packaged_playbook(name) for name in our_playbooks()}


def find_stale(wanted: Mapping[str, str]) -> list[str]:
    """The pages on disk that differ from what they should be, that are missing, or that should not be there."""
    there = {path.relative_to(PLACE).as_posix(): path.read_text(encoding="utf-8") for path in PLACE.rglob("*.md")}
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
