"""Which mistakes are left out because no test could, or none need, notice them; and those that any test would.

Left out because nothing that runs reads them: annotations (`from __future__ import annotations` keeps them as text), and
imports for type checkers alone.

Left out because they hold what is so already: `strict=True` of a `zip`. Where both sides have one length, which is what the word
insists on, nothing can tell whether it insists.

Left out because they are prose: what stands in the braces of an f-string of an error or a problem. Which error is raised, when
and where, is not prose and stays in.

Left out because the language leaves the answer open: `is` in the place of `==`, and the other way round. Two equal words are
the same object or not by how the interpreter keeps them.

Left out because they would flatter the tests: mistakes that fail wherever the line runs (`+` made `<<` raises on any
fraction, `~` made `not` on any array, and what has a decorator is of no use without it), and what is not Python any more.

Left out because it is no arithmetic: the bare `*` of a signature, which the operators take for a sign of multiplication.

Docstrings, other texts, `__all__` and imports need no rule: the operators change no text and no name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Place = tuple[int, int]
"""Line, from 1, and column, from 0, in characters."""


@dataclass(frozen=True)
class Region:
    """A stretch of a source, its end left out, in which mistakes do not matter, and why not."""

    start: Place
    end: Place
    why: str

    def __contains__(self, place: Place) -> bool:
        return self.start <= place < self.end


def find_regions(source: str) -> list[Region]:
    """The stretches of a module in which a mistake says nothing about the tests.

    >>> [region.why for region in find_regions("def double(x: int | None):\\n    return 2 * x")]
    ['annotation']
    """
    lines = source.splitlines(keepends=True)
    return [
        Region(_place(lines, node.lineno, node.col_offset), _place(lines, node.end_lineno, node.end_col_offset), why)
        for node, why in _find_nodes(ast.parse(source))
    ]


def why_left_out(place: Place, regions: list[Region]) -> str | None:
    """Why a mistake at this place does not matter, else None."""
    return next((region.why for region in regions if place in region), None)


def is_plausible(operator: str) -> bool:
    """Whether an operator makes mistakes that a person could make and that a test has to find.

    >>> is_plausible("core/ReplaceBinaryOperator_Add_Sub"), is_plausible("core/ReplaceBinaryOperator_Add_LShift")
    (True, False)
    >>> is_plausible("core/ReplaceComparisonOperator_Lt_LtE"), is_plausible("core/ReplaceComparisonOperator_Eq_Is")
    (True, False)
    """
    family, _, rest = operator.partition("/")[2].partition("_")
    if family == "ReplaceUnaryOperator":
        return rest.startswith("Delete_")
    if family in ("ReplaceBinaryOperator", "ReplaceComparisonOperator"):
        return any(set(rest.split("_")) <= alike for alike in _ALIKE)
    return family != "RemoveDecorator"


def is_another_program(source: str, mutated: str | None) -> bool:
    """Whether a mutated source still is Python, and not the same program in other words.

    >>> (
    ...     is_another_program("x = 2", "x = 3"),
    ...     is_another_program("x = 2", "x =  2"),
    ...     is_another_program("x = 2", "x = = 2"),
    ... )
    (True, False, False)
    """
    if mutated is None:
        return False
    try:
        changed = ast.parse(mutated)
        compile(mutated, "<mutant>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return ast.dump(changed) != ast.dump(ast.parse(source))


_ALIKE = (
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"BitOr", "BitAnd", "BitXor", "LShift", "RShift"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
)
_TELLS = {"Problem", "warn", "debug", "info", "warning", "error", "exception"}
"""Functions and methods whose words are read by a person and by nothing else."""


def _find_nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
                yield annotation, "annotation"
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from ((part, "for type checkers alone") for part in (node.test, *node.body))
            case ast.Raise():
                yield from _find_texts(node)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                if name in _TELLS:
                    yield from _find_texts(node)
                if name == "zip":
                    yield from ((word.value, "holds already") for word in node.keywords if word.arg == "strict")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns, "annotation"


def _find_texts(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    return ((part, "prose of an error") for part in ast.walk(node) if isinstance(part, ast.JoinedStr))


def _place(lines: list[str], line: int, column_in_bytes: int) -> Place:
    """The compiler counts a column in bytes, everyone else in characters."""
    return line, len(lines[line - 1].encode()[:column_in_bytes].decode())
