"""How much evidence is enough: every threshold of the leakage audit in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds of the audit. `docs/decisions/leakage-evidence.md` tells how far each can move on real data.

    AUCs are within stretches of time; gaps are differences of fill shares; odds are times the odds of other leads of
    the same time, at the cautious end of a 95% interval; z counts standard errors.
    """

    sure_z: float = 4.0
    """Chance is ruled out: 1 in 16,000, a field; a file has tens to hundreds of them."""

    auc_blocks: float = 0.90
    """One field alone that good is not met among honest fields of leads."""
    auc_blocks_low: float = 0.85
    """... and the lower end of its interval, for files with few outcomes."""
    auc_warns: float = 0.80
    """Worth a look where the other fields of the file are far weaker."""
    outlying: float = 3.0
    """Robust standard deviations (of the probit of AUC) from the file's median field."""

    gap_blocks: float = 0.50
    gap_warns: float = 0.40
    filled_rate: float = 0.90
    filled_odds: float = 30.0
    """A field filled for (nearly) nobody but won leads, be it for few of them; or but lost leads (1 / 30)."""

    pure_share: float = 0.25
    pure_odds: float = 20.0
    """Values that nearly always mean one outcome and hold a quarter of it ..."""
    pure_odds_alone: float = 100.0
    """... or hold little of it, without exceptions, over many leads."""

    telling_auc: float = 0.53
    telling_gap: float = 0.06
    telling_z: float = 3.0
    """What a field with a telling name must show in the data to be blocked; few fields have one, so chance has few draws."""
    possible_auc: float = 0.60
    possible_gap: float = 0.20
    """What a field with a possible name must show to be mentioned."""

    pair_blocks: float = 0.90
    pair_blocks_low: float = 0.85
    pair_warns: float = 0.80
    """What two fields together must reach that alone are not blocked ..."""
    pair_gain: float = 1.2
    pair_gain_warns: float = 1.5
    """... and how many times (in probits of AUC) what two fields of their strength reach that do not know of each other."""

    changed_rate: float = 0.95
    changed_odds: float = 20.0
    changed_share: float = 0.25
    """Values nearly all of whose leads were changed after the outcome, at these odds; of single values only where they
    hold this share of those leads."""
    changed_blocks: float = 0.20
    changed_warns: float = 0.02
    """The share of a field's values that its own edit time shows to be later than the outcome."""

    twins_warn: float = 0.01
    twins_block: float = 0.05
    accounts_block: float = 0.20
    """The share of test leads with a twin among the training leads: the same row or person, or only the same account."""
    twins_kappa: float = 0.30
    """How much more often than by chance twins must end alike (0 is chance, 1 is always)."""

    twin_follows: float = 0.95
    twin_changed: float = 0.01
    family: int = 3
    """Proven twins with one mark ("at retrieval") that make the mark itself proof."""

    link_telling: float = 0.75
    link_alone: float = 0.90
    """AUC with which a field tells what was changed later, with a telling name (blocks) and without (warns)."""

    edits_ratio: float = 1.55
    edits_z: float = 5.0

    later_share: float = 0.95
    always_later: float = 0.99
    later_gap: float = 0.10

    calendar_share: float = 0.80
    calendar_auc: float = 0.57
    """Without regard to time; within stretches of time at most half of it may be left."""
