"""The playbooks whose leads are kept: those that are served, and those that are only declared and have no version yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import to_thread

from leadloop.api.wire.problems import Refusal
from leadloop.api.wire.unknown_names import NO_FIELD, suggest_name
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.packaged import FILE, find_playbook, list_packaged
from leadloop.flows.place.playbook_folder import playbook_name
from leadloop.leads import LeadSchema
from leadloop.leads.names import FieldNames
from leadloop.leads.one_lead import OneLeadReader
from leadloop.playbook import Playbook

if TYPE_CHECKING:
    from leadloop.api.requests.routes import Call

LEAD_ID = "lead_id"
_LONGEST_ID = 255
T = TypeVar("T")


class Declared:
    """A playbook as it says what a lead is, whether or not anything scores its leads."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self._names = FieldNames.of(playbook.schema.fields)
        now = {one.name for one in playbook.scoring_schema.fields}
        # What becomes known later cannot be asked for when a lead comes in.
        fields = tuple(replace(one, required=one.required and one.name in now) for one in playbook.schema.fields)
        self._reader = OneLeadReader(LeadSchema(fields, playbook.schema.moments))

    @property
    def contact_fields(self) -> list[str]:
        """The fields that hold somebody's address or number."""
        return [one.name for one in self.playbook.schema.fields if one.type in ("email", "phone")]

    def read(self, given: Any, where: str, *, longest: int) -> tuple[str, dict[str, Any], list[Problem]]:
        """A lead's identifier and its fields by their own names, as they were given; and every mistake.

        What is blank is left out: a record says all that is known of a lead. Later fields (a premium, known at the outcome) may
        be given too; scoring never reads them. Texts have at most `longest` bytes.
        """
        if not isinstance(given, dict):
            return "", {}, [Problem(where, "is not an object", "send an object with a field each")]
        own = self.playbook.lead_id
        fields: dict[str, Any] = {}
        problems: list[Problem] = []
        lead_id: Any = None
        for name, value in given.items():
            field = self._names.find(name)
            if field is None and name == LEAD_ID and not own:
                lead_id = value
            elif field is None:
                problems.append(self._explain_unknown(name, where, len(problems)))
            elif field in fields:
                problems.append(Problem(f"{where}.{name}", f"is {field}, which is given already", "give it once"))
            else:
                fields[field] = value
                if isinstance(value, str) and len(value.encode()) > longest:
                    problems.append(Problem(f"{where}.{name}", f"has more than {longest:,} bytes", "shorten it"))
        fields = {name: value for name, value in fields.items() if value is not None and value != ""}
        values, rejects = self._reader.read(fields)
        problems += [Problem(f"{where}.{one.field}", one.reason, "") for one in rejects if one.field != own]
        lead_id = values.get(own) if own else lead_id
        if isinstance(lead_id, int | float) and not isinstance(lead_id, bool):
            lead_id = str(lead_id)  # as scoring names it
        named = own or LEAD_ID
        if not isinstance(lead_id, str) or not lead_id.strip():
            problems.append(Problem(f"{where}.{named}", "names no lead", "give its identifier"))
            return "", fields, problems
        if len(lead_id) > _LONGEST_ID or "\0" in lead_id:
            problems.append(Problem(f"{where}.{named}", "is no identifier", f"give 1 to {_LONGEST_ID} signs of text"))
        return lead_id, fields, problems

    def known_when_scored(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Those fields of a lead that are known at the moment at which leads are scored."""
        scoring = self.playbook.scoring_schema
        return {name: value for name, value in fields.items() if name in scoring}

    def _explain_unknown(self, name: str, where: str, told: int) -> Problem:
        fields = self.playbook.schema.by_name
        if name in fields and fields[name].made_from:
            source = fields[name].made_from
            return Problem(f"{where}.{name}", f"is made from {source}", f"give {source} instead")
        mend = suggest_name(name, (one.name for one in fields.values() if not one.made_from), told=told)
        return Problem(f"{where}.{name}", f"is no field of {self.playbook.name}", mend or NO_FIELD)


async def declared(call: Call, name: str) -> Declared:
    """The playbook of this name; raises Refusal (404) where it is neither served nor known here, 503 where it cannot be read."""
    served = call.service.versions.served.get(name)
    return served.declared if served is not None else await to_thread.run_sync(lambda: _from_disk(call, name))


def file_of(call: Call, name: str) -> Path | None:
    """Where the playbook of this name lies: as the settings name it, else, where it is served, under its name in the workspace or
    here, else in a package; None where it is nowhere.
    """
    named = {playbook_name(source): source for source in call.service.settings.playbooks}
    sources: list[Path | str] = [named[name]] if name in named else []
    if not sources and name in call.service.versions.served:
        sources = [call.service.workspace.root / name, name]
    elif not sources and name in _packaged():
        sources = [name]
    place = next((found for source in sources if (found := find_playbook(source)) is not None), None)
    return place / FILE if place is not None and place.is_dir() else place


def _packaged() -> list[str]:
    return [one.name for one in list_packaged() if one.folder]


def _from_disk(call: Call, name: str) -> Declared:
    """The playbook as it lies in its folder."""
    file = file_of(call, name)
    if file is None:
        named = [playbook_name(source) for source in call.service.settings.playbooks]
        known = ", ".join(sorted({*call.service.versions.served, *named, *_packaged()}))
        raise Refusal(404, Problem("playbook", f"“{name[:60]}” is not known here", f"playbooks here are: {known}"))
    return read_anew(_read, name, file)


def read_anew(read: Callable[[Path, int], T], name: str, file: Path) -> T:
    """What `read` makes of a playbook's file as it was last changed; raises Refusal (503) where it cannot be read."""
    try:
        return read(file, file.stat().st_mtime_ns)
    except (LeadLoopError, OSError):
        problem = Problem(name, "cannot be read from its folder", "see `leadloop check`")
        raise Refusal(503, problem, headers={"Retry-After": "30"}) from None


@lru_cache(maxsize=32)
def _read(file: Path, changed: int) -> Declared:
    """The playbook of a file that was last changed then."""
    from leadloop.flows.place.playbook_folder import read_playbook

    return Declared(read_playbook(file).playbook)
