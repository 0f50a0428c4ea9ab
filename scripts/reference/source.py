"""What the source says: definitions, attributes and signatures as they are written."""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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
