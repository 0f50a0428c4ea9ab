"""The courier: takes messages from the store as they fall due, and sends each until it arrived or is given up.

It runs as a thread of a worker, beside the jobs: a training of an hour keeps no message waiting. Killed, it loses nothing; a
message that was under way is free again when its hold lapses, and is sent again under its own name.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from leadloop import __version__
from leadloop.errors import LeadLoopError, StoreError, StoreUnavailable, tell_briefly
from leadloop.flows.notify.endpoints import own_origins
from leadloop.flows.notify.signing_key import read_key
from leadloop.flows.place.workspace import Workspace
from leadloop.notify.delivery import LIMITS, Attempt, deliver
from leadloop.notify.messages import lead_data, write_message
from leadloop.notify.schedule import PAUSES, judge
from leadloop.notify.signature import mark_of, secret_of
from leadloop.outbound.requests import Limits, Outside

if TYPE_CHECKING:
    from leadloop.store.webhooks import Message, Webhook

AT_ONCE, AT_ONCE_EACH = 16, 2
"""So many messages are under way at a time, and so many to one address: one that hangs keeps no other waiting."""
_LOOK_SECONDS = 1.0
_AWAY_SECONDS = 5.0


@dataclass
class Courier:
    """Delivers the messages of one workspace. `pauses` and `limits` are those of the documents; tests take shorter ones."""

    place: Workspace
    holder: str
    limits: Limits = LIMITS
    pauses: Sequence[float] = PAUSES
    tell: Callable[[str], None] = lambda text: None
    outside: Outside | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    look_seconds: float = _LOOK_SECONDS

    def __post_init__(self) -> None:
        origins = own_origins(self.place)
        self._outside = self.outside or Outside(f"LeadLoop/{__version__}", self.limits, origins)
        self._hold = 2 * self.limits.seconds + 10
        self._dice = random.Random(self.holder)
        self._trouble = ""
        self.sent: Counter[str] = Counter()

    def run(self, *, until_idle: bool = False) -> Counter[str]:
        """Deliver until `stopping` is set, or until nothing is due; says what became of how many attempts."""
        under_way: dict[Future[Attempt | None], tuple[Message, Webhook]] = {}
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="courier") as pool:
            while not self.stopping.is_set():
                try:
                    self._fill(pool, under_way)
                    if under_way:
                        done, _ = wait(under_way, timeout=self.look_seconds, return_when=FIRST_COMPLETED)
                        for one in done:
                            self._conclude(*under_way.pop(one), one.result())
                    elif until_idle and not self.place.store.webhooks.due():
                        return self.sent
                    else:
                        self.stopping.wait(self.look_seconds)
                    self._trouble = ""
                except StoreUnavailable as error:
                    self._complain(tell_briefly(error.problems))
                    self.stopping.wait(_AWAY_SECONDS)
            # What is under way ends within its time; what came of it is written down, the rest is given back.
            for one in wait(under_way).done:
                with suppress(StoreError):
                    self._conclude(*under_way[one], one.result())
        with suppress(StoreError):
            self.place.store.webhooks.release(self.holder)
        return self.sent

    def _fill(self, pool: ThreadPoolExecutor, under_way: dict[Future[Attempt | None], tuple[Message, Webhook]]) -> None:
        free = AT_ONCE - len(under_way)
        if free <= 0:
            return
        busy = Counter(webhook.id for _, webhook in under_way.values())
        room = {name: AT_ONCE_EACH - count for name, count in busy.items()}
        store = self.place.store.webhooks
        taken = store.claim(self.holder, seconds=self._hold, room=room, usual=AT_ONCE_EACH, most=free)
        if not taken:
            return
        webhooks = {one.id: one for one in store.all()}
        for message in taken:
            webhook = webhooks.get(message.webhook)
            if webhook is not None:
                under_way[pool.submit(self._send, message, webhook)] = (message, webhook)

    def _send(self, message: Message, webhook: Webhook) -> Attempt | None:
        """One attempt; None where there is nothing to be told any more."""
        try:
            secrets = self._secrets(webhook)
            body = self._body(message, webhook)
        except StoreUnavailable as error:
            return Attempt(None, tell_briefly(error.problems), 0.0)
        except (LeadLoopError, ValueError) as error:
            why = tell_briefly(error.problems) if isinstance(error, LeadLoopError) else str(error)
            return Attempt(None, why, 0.0)
        except Exception as error:  # a mistake about one message costs one attempt of it, and not the courier
            return Attempt(None, f"a mistake was made ({type(error).__name__})", 0.0)
        if body is None:
            return None
        url, now = webhook.url, time.time()
        try:
            return deliver(self._outside, url, message.message, body, secrets, now=now, limits=self.limits)
        except Exception as error:
            return Attempt(None, f"a mistake was made ({type(error).__name__})", 0.0)

    def _secrets(self, webhook: Webhook) -> list[str]:
        key = read_key(self.place)
        if mark_of(key) != webhook.key_mark:
            from leadloop.errors import Problem

            what = "is not the one that this webhook's secret was made with"
            raise LeadLoopError("webhooks", Problem("webhooks.key", what, "bring it back, or rotate the secret"))
        salts = [webhook.salt]
        if webhook.old_salt and webhook.old_until and webhook.old_until > datetime.now(UTC):
            salts.append(webhook.old_salt)
        return [secret_of(key, salt) for salt in salts]

    def _body(self, message: Message, webhook: Webhook) -> bytes | None:
        data = dict(message.said)
        if message.score_id is not None:
            score = self.place.store.webhooks.score(message.score_id)
            if score is None:
                return None
            data = {"playbook": message.playbook, **lead_data(score, data, webhook.fields)}
        return write_message(message.type, message.created_at, data)

    def _conclude(self, message: Message, webhook: Webhook, attempt: Attempt | None) -> None:
        from leadloop.store.webhooks import DROPPED, GIVEN_UP, SENT

        store = self.place.store.webhooks
        if attempt is None:
            store.end(message, DROPPED, status=None, error="the score is gone", seconds=0.0)
            self.sent["dropped"] += 1
            return
        verdict = judge(
            attempt.status,
            attempts=message.attempts,
            chance=self._dice.random(),
            retry_after=attempt.retry_after,
            pauses=self.pauses,
        )
        told = {"status": attempt.status, "error": attempt.error, "seconds": attempt.seconds}
        self.sent[verdict.what] += 1
        if verdict.what == "sent":
            store.end(message, SENT, **told)  # type: ignore[arg-type]
        elif verdict.what == "gone":
            with self.place.store.transaction():
                store.end(message, DROPPED, **told)  # type: ignore[arg-type]
                dropped = store.turn_off(webhook.id, "the receiver answered 410: it wants nothing more")
            self.tell(f"Webhook {webhook.id} is off: its receiver wants nothing more ({dropped} messages dropped).")
        elif verdict.what == "given up":
            store.end(message, GIVEN_UP, **told)  # type: ignore[arg-type]
            self.tell(f"Message {message.id} for webhook {webhook.id} was given up after {message.attempts} attempts.")
        else:
            with self.place.store.transaction():
                store.put_off(message, after=verdict.after, **told)  # type: ignore[arg-type]
                if verdict.rest:
                    until = datetime.fromtimestamp(time.time() + verdict.rest, UTC)
                    store.change(webhook.id, paused_until=until)

    def _complain(self, why: str) -> None:
        if why != self._trouble:
            self._trouble = why
            self.tell(f"Messages wait: {why}.")


def start_courier(place: Workspace, holder: str, tell: Callable[[str], None]) -> tuple[Courier, threading.Thread]:
    """Start a courier in a thread of this process; set `stopping` and join the thread to end it."""
    courier = Courier(place, f"{holder}:courier"[-255:], tell=tell)
    thread = threading.Thread(target=courier.run, name="courier", daemon=True)
    thread.start()
    return courier, thread


def deliver_now(place: Workspace, holder: str, *, limits: Limits | None = None) -> Counter[str]:
    """Deliver all that is due, here and now; says what became of how many attempts."""
    courier = Courier(place, holder)
    if limits is not None:
        courier = replace(courier, limits=limits)
    return courier.run(until_idle=True)
