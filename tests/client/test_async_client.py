"""The client to be awaited, asking a real service."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.api.service_for_tests import LEAD
from tests.client.faulty_proxy_for_tests import SWALLOW, answer

from leadloop.client import AsyncClient, Client, Event, NotUnderstood, Unavailable, UnscoredLead

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_it_answers_as_the_other_one_does(running, client, new_id):
    leads = [{**LEAD, "id": new_id(), "visits": number % 20} for number in range(130)]
    leads[101] = {"visits": "many"}

    async def stream():
        for lead in leads:
            yield lead

    async def ask():
        async with AsyncClient(running.url, running.keys["admin"]) as other:
            await other.keep_leads("tiny", leads[:50])
            listed = [one async for one in other.score_many("tiny", leads)]
            streamed = [one async for one in other.score_many("tiny", stream(), at_once=20)]
            together = await asyncio.gather(*(other.score("tiny", lead) for lead in leads[:40]))
            kept = {one.lead_id async for one in other.leads("tiny", page_size=9)}
            with pytest.raises(NotUnderstood):
                await other.score("tiny", {"visits": "many"})
            return listed, streamed, together, kept, await other.models("tiny"), repr(other)

    listed, streamed, together, kept, models, shown = asyncio.run(ask())
    wanted = list(client.score_many("tiny", leads))

    def said(cards):
        return [(one.index, one.problems if isinstance(one, UnscoredLead) else one.score) for one in cards]

    assert said(listed) == said(streamed) == said(wanted)
    assert [one.score for one in together] == [one.score for one in wanted[:40]]
    assert {lead["id"] for lead in leads[:50]} <= kept
    assert models == client.models("tiny")
    assert shown == f"AsyncClient('{running.url}')"


def test_it_asks_again_and_what_it_tells_is_stored_once(running, proxy, client, new_id):
    lead_id = new_id()
    proxy.faults.extend([SWALLOW, answer(503), SWALLOW])

    async def tell():
        async with AsyncClient(proxy.url, running.keys["admin"]) as other:
            return await other.tell_events("tiny", [Event(lead_id, "called", NOW)])

    (kept,) = asyncio.run(tell())
    assert kept.new
    assert len(proxy.seen) == 4
    assert len(list(client.events("tiny", lead_id=lead_id))) == 1


def test_it_may_be_cancelled_while_it_waits(running, proxy):
    proxy.faults.extend([answer(503, "Retry-After: 20")] * 5)

    async def ask():
        async with AsyncClient(proxy.url, running.keys["admin"]) as other:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(other.score("tiny", LEAD), 0.5)

    asyncio.run(ask())
    assert len(proxy.seen) == 1


def test_where_nobody_listens_it_says_so(proxy):
    proxy.close()

    async def ask():
        async with AsyncClient(proxy.url, retries=0) as other:
            await other.ready()

    with pytest.raises(Unavailable):
        asyncio.run(ask())
    with Client(proxy.url, retries=0) as other, pytest.raises(Unavailable):
        other.ready()
