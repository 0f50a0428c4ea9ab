"""Tuning: which settings serve held-out leads best, found by trying, and trying near what went well.

Settings are proposed by a tree-structured Parzen estimator (Bergstra et al. 2011), as Optuna has it; trials that fall behind
the median of the others after a fold are broken off. The first trial of every learner has its usual settings, so a search
can only gain. Every proposal draws from a seed of its own: the same leads and seed give the same settings to the bit, and
a search that was killed goes on, from a storage that outlived it, as if nothing had happened. Where several workers share the
trials, what each proposes depends on which trials of the others were done by then, and that differs from time to time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from leadloop.learning.learners import Examples, Fold, Learner, Settings, Task, held_out_log_loss
from leadloop.learning.outlook import Outlook, Plan
from leadloop.learning.trials import Storage, Trials

if TYPE_CHECKING:
    import optuna

HALF_LIVES = (0.0, 1.0, 0.5, 0.25)
"""How fast leads fade, as shares of the training leads (0: not at all), where they stand in time order."""

_CELLS = 1e6
_AFTERWARDS = 2
"""The best settings are tried once more, and then fitted to all leads."""
_HAIR = 1e-9
_FAR = 3
_GRACE = 60.0
"""CPU seconds that any search may take beyond that: what importing libraries costs must not change what is found."""


@dataclass(frozen=True)
class Budget:
    """How much a search may try: `trials` settings a learner, about `seconds` of CPU for all learners together.

    The seconds are turned into a number of trials by the size of the leads, not by a clock. `spent` gives the CPU seconds
    used so far; a search that runs far over (three times the seconds and a minute) is broken off all the same, and says so.
    """

    trials: int
    seconds: float
    spent: Callable[[], float]
    passed: Callable[[], float] | None = None


@dataclass(frozen=True)
class Search:
    """What a search found: the settings, under them a margin (log-odds) for every held-out lead, fold after fold, and the
    log-loss after each round for learners that go in rounds; `trials` counts those made, `cut` says that time ran out."""

    settings: Settings
    margins: np.ndarray
    curve: np.ndarray
    trials: int
    cut: bool = False


def search_settings(
    learner: Learner,
    folds: Sequence[Fold],
    *,
    fading: bool,
    seed: int,
    budget: Budget,
    share: float = 1.0,
    storage: Storage | None = None,
    outlook: Outlook | None = None,
    tick: Callable[[str], None] = lambda said: None,
) -> Search:
    """Choose settings for a learner by log-loss on the held-out leads of the folds.

    With `fading` it is tried how much newer leads should count more; they must stand in time order then. `share` is the
    learner's part of the budget (`share_out`). `storage` keeps the trials: a search of the same name goes on where the last
    one ended, and several workers may share its trials; each then ends with the best of them all. `outlook` hears of every
    trial, so that `tick` can be told how long the searches still take.
    """
    trier = _Trier(learner, folds, seed)
    task = Task.of(max(len(fold.train) for fold in folds), folds[-1].columns)
    usual = dict(learner.usual(task))
    if not usual:
        margins, curve, _ = trier.try_settings({}, None)
        return Search({}, margins, curve, 1)
    if fading:
        usual["half_life"] = 0.5
    wanted = plan_trials(learner, folds, budget, share).trials
    trials = Trials(learner.name, usual, wanted, seed=seed, storage=storage)
    made, cut = trials.made, False
    while made < wanted:
        cut = made > 0 and budget.spent() > _FAR * budget.seconds + _GRACE
        if cut:
            break
        with trials.making_one() as trial:
            if trial is not None:
                _try_one(trier, trials, trial, task, fading)
        made = trials.made
        if trial is None:
            tick(f"choosing settings: {learner.name}, {made} of {wanted}, waiting for {trials.others} that others make")
            trials.wait()
        elif made:
            left = f", {outlook.tried(learner.name, made)}" if outlook else ""
            tick(f"choosing settings: {learner.name}, {made} of {wanted}, log-loss {trials.best.value:.4f}{left}")
    best = trials.best
    # Every parameter that Optuna knows is a setting, so what another process tried can be tried again.
    margins, curve, _ = trier.results.get(best.number) or trier.try_settings(best.params, None)
    rounds = {"rounds": int(np.argmin(curve)) + 1} if len(curve) else {}
    return Search({**best.params, **rounds}, margins, curve, made, cut)


class _Trier:
    """Tries settings on all folds, and keeps what came of each trial."""

    def __init__(self, learner: Learner, folds: Sequence[Fold], seed: int) -> None:
        self.learner, self.folds, self.seed = learner, folds, seed
        self.positive = np.concatenate([fold.held_out.positive for fold in folds])
        self.counts = np.concatenate([fold.held_out.counts for fold in folds])
        self.results: dict[int, tuple[np.ndarray, np.ndarray, float]] = {}

    def try_settings(self, settings: Settings, trial: optuna.Trial | None) -> tuple[np.ndarray, np.ndarray, float]:
        """Margins of all held-out leads, the curve of log-loss by rounds, and the log-loss; may raise TrialPruned."""
        judged, losses = [], []
        for number, fold in enumerate(self.folds):
            train, own = fade(fold.train, settings)
            said = self.learner.judge(replace(fold, train=train), own, seed=self.seed)
            judged.append(said)
            best = (
                float(said.curve.min())
                if len(said.curve)
                else held_out_log_loss(said.margins(0), fold.held_out.positive, fold.held_out.weight)
            )
            losses.append(best)
            if trial is not None and number < len(self.folds) - 1:
                trial.report(float(np.mean(losses)), number)
                if trial.should_prune():
                    import optuna

                    raise optuna.TrialPruned
        # One number of rounds for all folds: the one at which their log-loss together is least.
        curve = np.empty(0)
        if len(judged[0].curve):
            length = min(len(said.curve) for said in judged)
            sizes = [len(fold.held_out) for fold in self.folds]
            curve = np.average([said.curve[:length] for said in judged], axis=0, weights=sizes)
        rounds = int(np.argmin(curve)) + 1 if len(curve) else 0
        margins = [each.margins(rounds) for each in judged]
        loss = held_out_log_loss(np.concatenate(margins), self.positive, self.counts)
        by_lead = [fold.held_out.by_lead(some) for fold, some in zip(self.folds, margins, strict=True)]
        return np.concatenate(by_lead), curve, loss


def _try_one(trier: _Trier, trials: Trials, trial: optuna.Trial, task: Task, fading: bool) -> None:
    import optuna

    settings = dict(trier.learner.suggest(trial, task))
    if fading:
        settings["half_life"] = trial.suggest_categorical("half_life", HALF_LIVES)
    try:
        found = trier.try_settings(settings, trial)
    except optuna.TrialPruned:
        trials.end(trial, None)
    else:
        trier.results[trial.number] = found
        trials.end(trial, found[2])


def share_out(learners: Sequence[Learner], folds: Sequence[Fold], budget: Budget) -> list[float]:
    """The part of the budget that each learner may use: equal parts, but what the quick ones leave over goes to the slow.

    A learner whose trials are all paid for by less than an equal part takes no more than it needs. Learners with nothing to
    choose take nothing.
    """
    needs = [(budget.trials + _AFTERWARDS) * _seconds_each(one, folds) if one.usual() else 0.0 for one in learners]
    parts, left = [0.0] * len(learners), budget.seconds
    order = sorted(range(len(learners)), key=lambda place: needs[place])
    for waiting, place in zip(range(len(order), 0, -1), order, strict=True):
        parts[place] = min(needs[place], left / waiting)
        left -= parts[place]
    return [part / budget.seconds for part in parts]


def plan_trials(learner: Learner, folds: Sequence[Fold], budget: Budget, share: float) -> Plan:
    """How many trials a learner's share of the budget pays for, at least one, and what each should cost."""
    if not learner.usual():
        return Plan(0, 0.0)
    each = _seconds_each(learner, folds)
    return Plan(max(1, min(budget.trials, int(budget.seconds * share / each + _HAIR) - _AFTERWARDS)), each)


def _seconds_each(learner: Learner, folds: Sequence[Fold]) -> float:
    """About how many CPU seconds it takes to try one setting on all folds."""
    cells = sum(fold.train.matrix.size for fold in folds)
    return learner.cost * cells / _CELLS + learner.start * len(folds)


def fade(examples: Examples, settings: Settings) -> tuple[Examples, Settings]:
    """The examples as the settings let them fade, and the settings that are the learner's own."""
    own = {name: value for name, value in settings.items() if name != "half_life"}
    return examples.fading(float(settings.get("half_life", 0.0))), own
