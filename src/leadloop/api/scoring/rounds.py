"""Rounds: requests that wait at the same time are scored together, since many leads cost little more than one.

A round takes everybody who waits for the same version, scores their leads as one table, and gives each their own answer. It is
done between two looks at the network, in the very thread that looks: another thread would take turns with it at every step, and
either would wait for the other most of the time. Nobody waits for company: who is alone is a round.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from leadloop.api.scoring.live import Asked, LiveScoring, Scored, Unscored
from leadloop.api.served.versions import Served

MOST_LEADS = 32
"""A round takes no more leads than this, so that the network is looked at again soon."""
FEW_LEADS = 8
"""A request of more leads is scored in a thread of its own: it would keep everybody else waiting."""

Answers = list[Scored | Unscored]


class _Waiting(NamedTuple):
    served: Served
    explain: bool
    asked: Asked
    answers: asyncio.Future[Answers]


class Rounds:
    """Who waits to be scored."""

    def __init__(self, live: LiveScoring) -> None:
        self.live = live
        self._waiting: deque[_Waiting] = deque()

    async def score(
        self, served: Served, leads: Sequence[Any], *, explain: bool, request_id: str, noted: bool = True
    ) -> Answers:
        """What is said of each lead; raises what goes wrong with these, and never what goes wrong with others."""
        return await self.score_asked(served, Asked(leads, request_id, noted), explain=explain)

    async def score_asked(self, served: Served, asked: Asked, *, explain: bool) -> Answers:
        """The same for a request that may say more, as which test its leads take part in."""
        loop = asyncio.get_running_loop()
        answers: asyncio.Future[Answers] = loop.create_future()
        self._waiting.append(_Waiting(served, explain, asked, answers))
        if len(self._waiting) == 1:
            # What has come over the network by now is read first, and joins.
            loop.call_soon(self._score_waiting, loop)
        return await answers

    def _score_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        first, others = self._waiting[0], deque[_Waiting]()
        together: list[_Waiting] = []
        leads = 0
        for one in self._waiting:
            joins = one.served is first.served and one.explain == first.explain
            if joins and (not together or leads + len(one.asked.leads) <= MOST_LEADS):
                together.append(one)
                leads += len(one.asked.leads)
            else:
                others.append(one)
        self._waiting = others
        if others:
            loop.call_soon(self._score_waiting, loop)
        self._answer([one for one in together if not one.answers.done()])

    def _answer(self, together: list[_Waiting]) -> None:
        if not together:
            return
        try:
            said = self.live.score_together(
                together[0].served, [one.asked for one in together], explain=together[0].explain
            )
        except Exception as error:  # whatever it is, it belongs to one of them, and the others are answered
            if len(together) == 1:
                together[0].answers.set_exception(error)
                return
            for one in together:
                self._answer([one])
            return
        for one, answers in zip(together, said, strict=True):
            one.answers.set_result(answers)
