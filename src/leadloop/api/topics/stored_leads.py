"""Scoring leads that are kept: each as it holds now, and its score stored with it before anybody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from leadloop.api.requests.routes import Call
from leadloop.api.scoring.live import Scored, Unscored
from leadloop.api.scoring.score_rows import LoggedScore, exposure_of, row_of, store_rows
from leadloop.api.served.versions import Served
from leadloop.api.wire.problems import Refusal

if TYPE_CHECKING:
    from leadloop.store import LeadVersion, Store


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one lead that is kept."""

    lead_id: str
    answer: Scored | Unscored

    def scored(self) -> Scored:
        """Its score; raises Refusal with every reason where it has fields that the version in service cannot read."""
        if isinstance(self.answer, Unscored):
            raise Refusal(422, self.answer.problems)
        return self.answer


async def score_stored(
    call: Call, served: Served, lead_ids: Sequence[str], *, explain: bool = True
) -> list[Said | None]:
    """What is said of each lead, in order, None where it is not kept; when this returns, the scores are in the store.

    A caller who then reads the lead sees the score: it is the newest row of the score log, and there is no second copy of it.
    """

    def find(store: Store) -> list[LeadVersion | None]:
        return [store.leads.get(served.playbook, one) for one in lead_ids]

    held = [one for one in await call.look_up(find) if one is not None]
    leads = [served.declared.known_when_scored(one.fields) for one in held]
    answers = await call.score(served, leads, explain=explain, noted=False) if leads else []

    def note(store: Store) -> None:
        rows = [
            _row(call, one.lead_id, lead, answer, place)
            for place, (one, lead, answer) in enumerate(zip(held, leads, answers, strict=True))
            if isinstance(answer, Scored)
        ]
        if rows:
            store_rows(store, served.playbook, rows)

    await call.look_up(note)
    said = {one.lead_id: Said(one.lead_id, answer) for one, answer in zip(held, answers, strict=True)}
    return [said.get(one) for one in lead_ids]


def _row(call: Call, lead_id: str, lead: Any, answer: Scored, place: int) -> Any:
    logged = LoggedScore.of(answer, lead, call.ask.request_id, place, cached=False)
    score = replace(row_of(logged, token_hex(6)), lead_id=lead_id)
    return score, exposure_of(logged, score)
