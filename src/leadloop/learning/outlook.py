"""The outlook: how long choosing settings still takes, judged by what the trials so far took."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_DOUBT = 0.1
"""The plan itself counts as much as trials that cost this share of it."""
_FIT = 1
"""The best settings of a learner are fitted to all leads in the end, which takes about as long as a trial."""


@dataclass(frozen=True)
class Plan:
    """How many trials a learner makes (0: it has nothing to choose), and the CPU seconds that each should take."""

    trials: int
    seconds_each: float


class Outlook:
    """Follows the searches of all learners. `spent` gives the CPU seconds used so far, `passed` the seconds by the clock.

    What a trial takes is the mean of those that were made here; for a learner that has made none yet, what was planned for it,
    times how far the others' plans were off. One trial is believed little: the first of all also loads a library. What is said
    is time by the clock, which on a busy machine is a multiple of the CPU time.

    >>> clock = iter([0.0, 4.0, 8.0])
    >>> outlook = Outlook({"trees": Plan(3, 1.0), "lines": Plan(5, 0.5)}, lambda: next(clock))
    >>> outlook.tried("trees", 1)  # 4 s where 1 s was planned: 2 + 1 of 4 s are left, and 5 + 1 of somewhat under 2 s
    'about 21 s left'
    >>> outlook.tried("trees", 2)
    'about 18 s left'
    """

    def __init__(
        self, plans: Mapping[str, Plan], spent: Callable[[], float], passed: Callable[[], float] | None = None
    ) -> None:
        self._plans, self._spent = {name: plan for name, plan in plans.items() if plan.trials}, spent
        self._passed = passed or (lambda: self._before)
        self._first: float = spent()
        self._before: float = self._first
        self._began = self._passed()
        self._seconds = dict.fromkeys(self._plans, 0.0)
        self._here = dict.fromkeys(self._plans, 0)
        self._made = dict.fromkeys(self._plans, 0)
        self._over: set[str] = set()

    def tried(self, name: str, made: int) -> str:
        """Note that a trial of this learner has just been made, so that `made` are done; says how long all still takes.

        Learners have their turns one after the other: the ones before this are through, whatever they did not try.
        """
        now = self._spent()
        self._seconds[name] += now - self._before
        self._before = now
        self._here[name] += 1
        self._made[name] = made
        names = list(self._plans)
        self._over = set(names[: names.index(name)])
        return f"about {spell_seconds(self.seconds_left() * self._pace)} left"

    @property
    def _pace(self) -> float:
        """Seconds by the clock that a CPU second takes here."""
        spent = self._before - self._first
        return max(1.0, (self._passed() - self._began) / spent) if spent > 1 else 1.0

    def seconds_left(self) -> float:
        """CPU seconds until every learner has made its trials, and the best of each is fitted."""
        planned = sum(self._here[name] * plan.seconds_each for name, plan in self._plans.items())
        believed = _DOUBT * sum(plan.trials * plan.seconds_each for plan in self._plans.values())
        off = (sum(self._seconds.values()) + believed) / (planned + believed) if planned else 1.0
        total = 0.0
        for name, plan in self._plans.items():
            each = self._seconds[name] / self._here[name] if self._here[name] else plan.seconds_each * off
            rest = 0 if name in self._over else plan.trials - self._made[name]
            total += (rest + _FIT) * each
        return total


def spell_seconds(seconds: float) -> str:
    """A duration as people say it.

    >>> spell_seconds(0.4), spell_seconds(43.2), spell_seconds(100), spell_seconds(4000)
    ('1 s', '43 s', '2 min', '1 h 7 min')
    """
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
