"""Tuning: which settings serve held-out leads best, found by trying, and trying near what went well.

Settings are proposed by a tree-structured Parzen estimator (Bergstra et al. 2011), as Optuna has it; trials that fall behind
the median of the others after a fold are broken off. The first trial of every learner has its usual settings, so a search
can only gain. Every proposal draws from a seed of its own: the same leads and seed give the same settings to the bit, and
a search that was killed goes on, from a storage that outlived it, as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from leadloop.learning.learners import Examples, Fold, Learner, Settings, Task, held_out_log_loss

if TYPE_CHECKING:
    import optuna

HALF_LIVES = (0.0, 1.0, 0.5, 0.25)
"""How fast leads fade, as shares of the training leads (0: not at all), where they stand in time order."""

_FIRST_AT_RANDOM = 8
_CELLS = 1e6
_AFTERWARDS = 2
"""The best settings are tried once more, and then fitted to all leads."""
_HAIR = 1e-9


@dataclass(frozen=True)
class Budget:
    """How much a search may try: `trials` settings a learner, about `seconds` of CPU for all learners together.

    The seconds are turned into a number of trials by the size of the leads, not by a clock. `spent` gives the CPU seconds
    used so far; a search that runs far over (three times the seconds) is broken off all the same, and says so.
    """

    trials: int
    seconds: float
    spent: Callable[[], float]


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
    in_time_order: bool,
    seed: int,
    budget: Budget,
    share: float = 1.0,
    storage: str = "",
    study: str = "",
    tick: Callable[[str], None] = lambda said: None,
) -> Search:
    """Choose settings for a learner by log-loss on the held-out leads of the folds.

    `share` is the learner's part of the budget (`share_out`). `storage` names a database (an SQLAlchemy address) that keeps
    the trials under the name `study`: a search with the same name goes on where the last one ended, and several processes
    share its trials.
    """
    trier = _Trier(learner, folds, seed)
    task = Task.of(max(len(fold.train) for fold in folds), folds[-1].columns)
    usual = dict(learner.usual(task))
    if not usual:
        margins, curve, _ = trier.try_settings({}, None)
        return Search({}, margins, curve, 1)
    if in_time_order:
        usual["half_life"] = 0.5
    wanted = _affordable(learner, folds, budget, share)
    found = _open_study(storage, f"{study}/{learner.name}", wanted)
    made = 0
    cut = False
    while (made := _finished(found)) < wanted:
        cut = made > 0 and budget.spent() > 3 * budget.seconds
        if cut:
            break
        found.sampler = _sampler(seed + 7919 * made)
        if made == 0 and not _waiting(found):
            found.enqueue_trial(usual)
        trial = found.ask()
        _try_one(trier, found, trial, task, in_time_order)
        tick(f"choosing settings: {learner.name}, {made + 1} of {wanted}, log-loss {_best(found):.4f}")
    best = found.best_trial
    # Every parameter that Optuna knows is a setting, so what another process tried can be tried again.
    margins, curve, _ = trier.results.get(best.number) or trier.try_settings(best.params, None)
    rounds = {"rounds": int(np.argmin(curve)) + 1} if len(curve) else {}
    return Search({**best.params, **rounds}, margins, curve, made, cut)


class _Trier:
    """Tries settings on all folds, and keeps what came of each trial."""

    def __init__(self, learner: Learner, folds: Sequence[Fold], seed: int) -> None:
        self.learner, self.folds, self.seed = learner, folds, seed
        self.positive = np.concatenate([fold.held_out.positive for fold in folds])
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
                else held_out_log_loss(said.margins(0), fold.held_out.positive)
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
        margins = np.concatenate([said.margins(rounds) for said in judged])
        return margins, curve, held_out_log_loss(margins, self.positive)


def _try_one(trier: _Trier, study: optuna.Study, trial: optuna.Trial, task: Task, in_time_order: bool) -> None:
    import optuna

    settings = dict(trier.learner.suggest(trial, task))
    if in_time_order:
        settings["half_life"] = trial.suggest_categorical("half_life", HALF_LIVES)
    try:
        found = trier.try_settings(settings, trial)
    except optuna.TrialPruned:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    else:
        trier.results[trial.number] = found
        study.tell(trial, found[2])


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


def _affordable(learner: Learner, folds: Sequence[Fold], budget: Budget, share: float) -> int:
    """How many trials a learner's share of the budget pays for, at least one."""
    paid = budget.seconds * share / _seconds_each(learner, folds)
    return max(1, min(budget.trials, int(paid + _HAIR) - _AFTERWARDS))


def _seconds_each(learner: Learner, folds: Sequence[Fold]) -> float:
    """About how many CPU seconds it takes to try one setting on all folds."""
    cells = sum(fold.train.matrix.size for fold in folds)
    return learner.cost * cells / _CELLS + learner.start * len(folds)


def _sampler(seed: int) -> optuna.samplers.BaseSampler:
    import optuna

    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=_FIRST_AT_RANDOM)


def _open_study(storage: str, name: str, wanted: int) -> optuna.Study:
    """The study of this name: a new one, or the one that was begun."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=storage or None,
        study_name=name if storage else None,
        load_if_exists=True,
        direction="minimize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=max(4, wanted // 5)),
    )


def _finished(study: optuna.Study) -> int:
    import optuna

    done = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    return len(study.get_trials(deepcopy=False, states=done))


def _waiting(study: optuna.Study) -> bool:
    import optuna

    return bool(study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,)))


def _best(study: optuna.Study) -> float:
    return float(study.best_value)


def fade(examples: Examples, settings: Settings) -> tuple[Examples, Settings]:
    """The examples as the settings let them fade, and the settings that are the learner's own."""
    own = {name: value for name, value in settings.items() if name != "half_life"}
    return examples.fading(float(settings.get("half_life", 0.0))), own
