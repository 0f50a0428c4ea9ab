"""Requests that wait at the same time are scored together, and each gets the answer that it would get alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.api.service_for_tests import LEAD, open_service
from tests.conftest import TrainedWorkspace

from leadloop.api.scoring.live import Asked, LiveScoring, Scored, Unscored
from leadloop.api.scoring.rounds import FEW_LEADS, MOST_LEADS, Rounds
from leadloop.api.service import Service

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LEADS = [{**LEAD, "id": f"L{number}", "visits": number % 9} for number in range(60)]


@pytest.fixture(scope="module")
def service(workspace: TrainedWorkspace) -> Service:
    made = open_service(workspace.root, cache_ttl_minutes=0.0)
    made.live.clock = lambda: NOW
    made.versions.refresh()
    return made


class _Watched(LiveScoring):
    """Notes how many leads came at a time, and stumbles over one of them."""

    def __init__(self, service: Service, stumbles_over: str = "") -> None:
        super().__init__(service.settings, service.live.log, service.metrics, service.live.clock)
        self.rounds: list[tuple[str, bool, int]] = []
        self.stumbles_over = stumbles_over

    def score_together(
        self, served: Any, requests: Sequence[Asked], *, explain: bool = True
    ) -> list[list[Scored | Unscored]]:
        leads = [lead for one in requests for lead in one.leads]
        self.rounds.append((served.version, explain, len(leads)))
        if any(lead.get("id") == self.stumbles_over for lead in leads):
            raise ZeroDivisionError(self.stumbles_over)
        return super().score_together(served, requests, explain=explain)


def ask_all(live: LiveScoring, asked: Sequence[tuple[Any, Sequence[Any], bool]]) -> list[Any]:
    """What each request is answered, or what it raises, when all come at once."""

    async def together() -> list[Any]:
        rounds = Rounds(live)
        calls = (rounds.score(served, leads, explain=why, request_id="r") for served, leads, why in asked)
        return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(together())


def test_each_gets_what_it_would_get_alone(service):
    served = service.versions.get("tiny")
    requests = [[lead] for lead in LEADS[:20]] + [[LEADS[0], {"no such field": 1}, LEADS[1]], [{"visits": "many"}]]
    said = ask_all(service.live, [(served, leads, True) for leads in requests])
    assert said == [service.live.score(served, leads) for leads in requests]
    assert [isinstance(one, Scored) for one in said[-2]] == [True, False, True]
    assert isinstance(said[-1][0], Unscored)


def test_those_who_wait_are_scored_in_one_go_up_to_a_number_of_leads(service):
    live, served = _Watched(service), service.versions.get("tiny")
    ask_all(live, [(served, [lead], False) for lead in LEADS])
    assert [leads for *_, leads in live.rounds] == [MOST_LEADS, len(LEADS) - MOST_LEADS]


def test_a_request_that_is_alone_waits_for_nobody(service):
    live, served = _Watched(service), service.versions.get("tiny")
    ask_all(live, [(served, LEADS[:FEW_LEADS], True)])
    assert [leads for *_, leads in live.rounds] == [FEW_LEADS]


def test_no_round_mixes_versions_nor_those_who_want_reasons_with_those_who_do_not(service, workspace):
    other = open_service(workspace.root)
    other.versions.refresh()
    first, second = service.versions.get("tiny"), other.versions.get("tiny")
    live = _Watched(service)
    kinds = [(first, True), (second, True), (first, False)]
    said = ask_all(live, [(*kinds[place % 3][:1], [lead], kinds[place % 3][1]) for place, lead in enumerate(LEADS[:9])])
    assert [leads for *_, leads in live.rounds] == [3, 3, 3]
    assert [one[0].served for one in said] == [kinds[place % 3][0] for place in range(9)]
    assert [bool(one[0].card.reasons) for one in said] == [kinds[place % 3][1] for place in range(9)]


def test_a_lead_that_we_stumble_over_spoils_no_other_request(service):
    live, served = _Watched(service, stumbles_over="L3"), service.versions.get("tiny")
    said = ask_all(live, [(served, [lead], True) for lead in LEADS[:6]])
    assert isinstance(said[3], ZeroDivisionError)
    assert [one[0].given_id for place, one in enumerate(said) if place != 3] == ["L0", "L1", "L2", "L4", "L5"]


def test_who_has_gone_is_not_scored(service):
    live, served = _Watched(service), service.versions.get("tiny")

    async def leave() -> list[Any]:
        rounds = Rounds(live)
        calls = [
            asyncio.ensure_future(rounds.score(served, [lead], explain=True, request_id="r")) for lead in LEADS[:3]
        ]
        await asyncio.sleep(0)
        calls[1].cancel()
        return await asyncio.gather(*calls, return_exceptions=True)

    said = asyncio.run(leave())
    assert isinstance(said[1], asyncio.CancelledError)
    assert [one[0].given_id for one in (said[0], said[2])] == ["L0", "L2"]
