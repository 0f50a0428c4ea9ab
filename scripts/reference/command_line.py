"""The page of every command."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from reference.markdown import code, page, table


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
    words = {
        str: "text",
        list[str]: "text, repeatable",
        Path: "a path",
        int: "a number",
        float: "a number",
        datetime: "a day, or a day and a time",
    }
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
