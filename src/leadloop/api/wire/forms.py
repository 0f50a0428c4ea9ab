"""Forms: the fields that an item of a body may have, read with every mistake at once, and described by the same declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal

from leadloop.api.wire.arguments import read_moment
from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.shapes import ANY, FLAG, NUMBER, TEXT, WHOLE, array, maybe, record
from leadloop.api.wire.unknown_names import suggest_name
from leadloop.errors import Problem

if TYPE_CHECKING:
    from leadloop.api.requests.routes import Call

Kind = Literal["text", "texts", "id", "text or number", "number", "whole", "flag", "moment", "address", "object"]

_SCHEMAS: Mapping[Kind, dict[str, Any]] = {
    "text": TEXT,
    "texts": array(TEXT),
    "id": {"anyOf": [TEXT, WHOLE]},
    "text or number": {"anyOf": [TEXT, NUMBER]},
    "number": NUMBER,
    "whole": WHOLE,
    "flag": FLAG,
    "moment": {"type": "string", "format": "date-time"},
    "address": TEXT,
    "object": {"type": "object", "additionalProperties": ANY},
}
_SAID: Mapping[Kind, str] = {
    "text": "text",
    "texts": "a list of texts",
    "id": "an identifier, as text or a whole number",
    "text or number": "text or a number",
    "number": "a number",
    "whole": "a whole number",
    "flag": "true or false",
    "moment": "a time with its zone, as in 2026-01-05T10:00:00Z",
    "address": "an IP address",
    "object": "an object",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a form."""

    name: str
    kind: Kind = "text"
    required: bool = False
    low: float | None = None
    high: float | None = None
    most: int | None = 255
    """How many signs a text may have; None: as many as a body may hold."""
    choices: tuple[str, ...] = ()
    """The only texts that are taken; empty: any."""

    @property
    def schema(self) -> dict[str, Any]:
        """Its schema."""
        shape = dict(_SCHEMAS[self.kind])
        limits = {"minimum": self.low, "maximum": self.high, "enum": list(self.choices) or None}
        shape |= {name: value for name, value in limits.items() if value is not None}
        if self.kind == "text" and not self.choices:
            shape |= {"minLength": 1} if self.required or self.most else {}
            shape |= {"maxLength": self.most} if self.most else {}
        return shape if self.required else maybe(shape)

    def read(self, value: Any) -> tuple[Any, str, str]:
        """The value as it is meant, what is wrong with it (empty where nothing is), and how to mend it."""
        meant = _READERS[self.kind](value)
        if meant is None:
            return None, f"is not {_SAID[self.kind]}", f"give {_SAID[self.kind]}"
        if isinstance(meant, str):
            if self.choices and meant not in self.choices:
                return None, f"is “{meant[:40]}”", f"give one of {', '.join(self.choices)}"
            if self.most and not 0 < len(meant) <= self.most:
                return None, f"has {len(meant):,} signs", f"give 1 to {self.most:,}"
            if "\0" in meant:
                return None, "holds a sign that is no text", "leave the zero sign out"
        elif isinstance(meant, int | float) and not isinstance(meant, bool):
            low, high = self.low, self.high
            if (low is not None and meant < low) or (high is not None and meant > high):
                span = f"from {low:g} to {high:g}" if high is not None else f"of {low:g} or more"
                return None, f"is {meant:g}", f"give a number {span}"
        return meant, "", ""


@dataclass(frozen=True)
class Form:
    """The fields that an object may have."""

    entries: tuple[Entry, ...]

    @property
    def schema(self) -> dict[str, Any]:
        """Its schema."""
        required = {one.name: one.schema for one in self.entries if one.required}
        return record(required, {one.name: one.schema for one in self.entries if not one.required})

    def read(self, given: Any, where: str = "") -> tuple[dict[str, Any], list[Problem]]:
        """The value of every field, None where it was not given, and every mistake; `where` is the place of the object.

        >>> form = Form((Entry("user_rating", "number", low=0, high=100), Entry("lead_id", "id", required=True)))
        >>> form.read({"lead_id": 7, "user_rating": 90})
        ({'user_rating': 90, 'lead_id': '7'}, [])
        >>> for problem in form.read({"user_rating": 101, "lead": 7}, "feedback[0]")[1]:
        ...     print(problem)
        feedback[0].user_rating  is 101; give a number from 0 to 100
        feedback[0].lead_id  is required; give it
        feedback[0].lead  is not read here; did you mean lead_id?
        """
        before = f"{where}." if where else ""
        if not isinstance(given, dict):
            return {}, [Problem(where or "body", "is no object", "send an object with a field each")]
        values: dict[str, Any] = {}
        problems = []
        for one in self.entries:
            value, wrong, mend = given.get(one.name), "", ""
            if value is None:
                wrong, mend = ("is required", "give it") if one.required else ("", "")
            else:
                value, wrong, mend = one.read(value)
            values[one.name] = value
            if wrong:
                problems.append(Problem(before + one.name, wrong, mend))
        return values, problems + explain_unknown(given, [one.name for one in self.entries], before)


def explain_unknown(given: Mapping[str, Any], known: Sequence[str], before: str = "") -> list[Problem]:
    """A problem for every name that is not read, with the nearest that is."""
    problems: list[Problem] = []
    for name in given:
        if name not in known:
            mend = suggest_name(name, known, told=len(problems)) or f"known are {', '.join(known)}"
            problems.append(Problem(before + name, "is not read here", mend))
    return problems


async def read_form(call: Call, form: Form) -> dict[str, Any]:
    """The body of a request as a form; raises Refusal with every mistake at once."""
    values, problems = form.read(await call.json())
    if problems:
        raise Refusal(422, problems)
    return values


async def read_list(call: Call, name: str, others: Form) -> tuple[list[Any], dict[str, Any], list[Problem]]:
    """The items of a body, what else it says, and what is wrong with that.

    Raises Refusal where there are no items, or more than `max_batch_size`.
    """
    body = dict(await call.json())
    items, most = body.pop(name, None), call.service.settings.max_batch_size
    said, problems = others.read(body)
    if not isinstance(items, list) or not items:
        raise Refusal(422, [Problem(name, "is no list with something in it", "send at least one"), *problems])
    if len(items) > most:
        raise Refusal(413, Problem(name, f"are {len(items):,}, and at most {most:,} are read at once", "send fewer"))
    return items, said, problems


async def read_forms(call: Call, name: str, form: Form, others: Form) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The items of a body, each read as a form, and what else it says; raises Refusal with every mistake of all of them."""
    items, said, problems = await read_list(call, name, others)
    rows = []
    for place, item in enumerate(items):
        values, wrong = form.read(item, f"{name}[{place}]")
        rows.append(values)
        problems += wrong
    if problems:
        raise Refusal(422, problems)
    return rows, said


NO_MORE = Form(())
"""What a body of items may say besides them: nothing."""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> list[str] | None:
    return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else None


def _text_or_number(value: Any) -> str | float | None:
    return value if isinstance(value, str) else _number(value)


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _address(value: Any) -> str | None:
    try:
        return str(ip_address(value)) if isinstance(value, str) else None
    except ValueError:
        return None


_READERS: Mapping[Kind, Any] = {
    "text": _text,
    "texts": _texts,
    "id": _id,
    "text or number": _text_or_number,
    "number": _number,
    "whole": _whole,
    "flag": _flag,
    "moment": lambda value: read_moment(value) if isinstance(value, str) else None,
    "address": _address,
    "object": lambda value: value if isinstance(value, dict) else None,
}
