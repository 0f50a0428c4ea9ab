"""Trials: settings that are tried one after the other, by one worker or by several that share a database.

Every trial has a slot, from 0 up to the number wanted. A worker takes the lowest slot that is free, and what it tries depends
on the slot alone and on the trials before it: slot 0 has the usual settings, every other draws from a seed of its own. So
the same leads and seed give the same trials to the bit, and a search that was killed and goes on gives them too.

Workers that share a database agree without a leader. The database numbers trials as they begin; whoever has the higher number
waits until those with lower ones have chosen their slots (Lamport's bakery, 1974), so no slot is taken twice. A worker shows that
it lives by counting up a number beside its trial. Where that number has stood still for a while, by the watch of whoever looks,
the worker is taken for dead, its trial is failed, and its slot is free again. No two clocks are ever compared.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

BEAT_SECONDS = 5.0
"""How often a worker shows that it lives."""
DEAD_AFTER_SECONDS = 60.0
"""How long a worker may be silent before its trial is given to another."""

_PAUSE_SECONDS = 0.1
_FIRST_AT_RANDOM = 8
_SLOT, _BEAT = "slot", "beat"


@dataclass(frozen=True)
class Sharing:
    """What a worker needs in order to share trials with others: a clock that only runs forward (seconds), and a way to wait."""

    clock: Callable[[], float]
    pause: Callable[[float], None]


@dataclass(frozen=True)
class Storage:
    """Where trials are kept: a database (an SQLAlchemy address), and the name of the search in it.

    Another playbook or other leads must have another name. Without `sharing`, nobody else uses the database meanwhile.
    """

    address: str
    study: str
    sharing: Sharing | None = None


class Trials:
    """The trials of one learner's search: those that were made, and the next to make."""

    def __init__(
        self, name: str, usual: Mapping[str, Any], wanted: int, *, seed: int, storage: Storage | None = None
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.usual, self.wanted, self.seed = usual, wanted, seed
        self.sharing = storage.sharing if storage else None
        self._heard: dict[int, tuple[int, float]] = {}
        self._study = optuna.create_study(
            storage=_open(storage) if storage else None,
            study_name=f"{storage.study}/{name}" if storage else None,
            load_if_exists=True,
            direction="minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=max(4, wanted // 5)),
        )
        if self.sharing is None:
            for trial in self._in("RUNNING"):
                self._give_up(trial.number)  # of a training that was killed: nobody else is here

    @property
    def made(self) -> int:
        """How many of the wanted trials are done, by whomever."""
        return len({trial.user_attrs.get(_SLOT) for trial in self._in("COMPLETE", "PRUNED")} - {None})

    @property
    def best(self) -> optuna.trial.FrozenTrial:
        """The trial with the least log-loss, the earliest of several."""
        done = [trial for trial in self._in("COMPLETE") if _SLOT in trial.user_attrs]
        return min(done, key=lambda trial: (trial.value, trial.user_attrs[_SLOT]))

    @property
    def others(self) -> int:
        """How many trials are being made now."""
        return len(self._in("RUNNING"))

    @contextmanager
    def making_one(self) -> Iterator[optuna.Trial | None]:
        """Make the next trial: others see that it is being made, and by someone who lives, until the block ends.

        None where all slots are taken, be it by trials that are still being made. What happens to a trial after it was given
        to another worker counts no more: the block just ends.
        """
        import optuna

        if not self._free(self._in("RUNNING", "COMPLETE", "PRUNED")):
            yield None
            return
        trial = self._study.ask()
        with self._shown(trial), suppress(optuna.exceptions.UpdateFinishedTrialError):
            slot = self._take_slot(trial)
            if slot is None:
                self._give_up(trial.number)
                yield None
                return
            self._study.sampler = _sampler(self.seed + 7919 * slot, self.usual if slot == 0 else {})
            try:
                yield trial
            except KeyboardInterrupt:
                self._give_up(trial.number)  # so that nobody waits for it
                raise

    def wait(self) -> None:
        """Wait a moment for trials of other workers, and free the slots of workers that have died."""
        assert self.sharing is not None
        self.sharing.pause(_PAUSE_SECONDS)
        self._bury()

    def end(self, trial: optuna.Trial, value: float | None) -> None:
        """Note what a trial came to; None where it was broken off."""
        import optuna

        state = optuna.trial.TrialState.PRUNED if value is None else None
        # One that was taken for dead is finished already, and another worker makes it anew.
        self._study.tell(trial, value, state=state, skip_if_finished=True)

    def _in(self, *states: str) -> list[optuna.trial.FrozenTrial]:
        import optuna

        return self._study.get_trials(deepcopy=False, states=tuple(optuna.trial.TrialState[state] for state in states))

    def _free(self, taken: list[optuna.trial.FrozenTrial]) -> list[int]:
        slots = {trial.user_attrs.get(_SLOT) for trial in taken}
        return [slot for slot in range(self.wanted) if slot not in slots]

    def _take_slot(self, trial: optuna.Trial) -> int | None:
        """The lowest slot that no trial with a lower number has; None where there is none."""
        while True:
            before = [one for one in self._in("RUNNING", "COMPLETE", "PRUNED") if one.number < trial.number]
            if self.sharing is None or all(_SLOT in one.user_attrs for one in before):
                break
            self.wait()
        free = self._free(before)
        if not free:
            return None
        trial.set_user_attr(_SLOT, free[0])
        return free[0]

    @contextmanager
    def _shown(self, trial: optuna.Trial) -> Iterator[None]:
        """Show others that whoever makes this trial lives."""
        if self.sharing is None:
            yield
            return
        ended = Event()
        beating = Thread(target=_beat, args=(trial, ended), daemon=True)
        beating.start()
        try:
            yield
        finally:
            ended.set()
            beating.join()

    def _bury(self) -> None:
        """Give up the trials of workers that have shown no life for too long."""
        assert self.sharing is not None
        now = self.sharing.clock()
        running = {trial.number: int(trial.user_attrs.get(_BEAT, 0)) for trial in self._in("RUNNING")}
        self._heard = {
            number: self._heard[number] if self._heard.get(number, (-1, 0.0))[0] == beat else (beat, now)
            for number, beat in running.items()
        }
        for number, (_, since) in self._heard.items():
            if now - since > DEAD_AFTER_SECONDS:
                self._give_up(number)

    def _give_up(self, number: int) -> None:
        import optuna

        self._study.tell(number, state=optuna.trial.TrialState.FAIL, skip_if_finished=True)


def _beat(trial: optuna.Trial, ended: Event) -> None:
    """Count up beside a trial until it has ended. A beat that fails is no harm: there will be another."""
    beat = 0
    while not ended.is_set():
        beat += 1
        with suppress(Exception):
            trial.set_user_attr(_BEAT, beat)
        ended.wait(BEAT_SECONDS)


def _open(storage: Storage) -> optuna.storages.BaseStorage:
    import optuna

    # Another worker may be writing: SQLite answers at once that it is busy, unless told to wait.
    waiting: dict[str, Any] = {"connect_args": {"timeout": 60}} if storage.address.startswith("sqlite") else {}
    return optuna.storages.RDBStorage(storage.address, engine_kwargs={**waiting, "pool_pre_ping": True})


def _sampler(seed: int, fixed: Mapping[str, Any]) -> optuna.samplers.BaseSampler:
    import optuna

    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_FIRST_AT_RANDOM)
    if not fixed:
        return sampler
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # it has been one since 2020
        return optuna.samplers.PartialFixedSampler(dict(fixed), sampler)
