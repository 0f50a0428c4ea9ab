"""What happens to a synthetic lead afterwards: the outcome, and two columns that are filled in later and so know it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.simulate.draws import as_texts, draw_codes_by, happens

_STATUS = as_texts(("New", "Working", "Contacted", "Qualified", "Unqualified", "Recycled"))
_STATUS_WEIGHTS = np.array([[16, 9, 22, 3, 34, 16], [0, 7, 9, 82, 0, 2]], dtype=float)  # Lost, won.
_ACTIVITY = as_texts(
    ("Email Opened", "Email Bounced", "Unsubscribed", "Call - No Answer", "Call Held", "Meeting Held", "Contract Sent")
)
_ACTIVITY_WEIGHTS = np.array([[38, 12, 9, 28, 10, 2.5, 0.5], [7, 0, 0, 2, 13, 33, 45]])
_ACTIVITY_SHARE = np.array([0.42, 0.96])


@dataclass(frozen=True)
class Aftermath:
    """Whether each lead of a block was won, and what the CRM shows on the day of the export."""

    won: np.ndarray
    won_text: np.ndarray
    status_text: np.ndarray
    activity_text: np.ndarray


def draw_aftermath(rng: np.random.Generator, probability: np.ndarray) -> Aftermath:
    """Outcomes drawn from their true probabilities, and what people note down once they know."""
    count = len(probability)
    won = happens(rng, probability, count)
    after = won.astype(np.int64)
    activity = _ACTIVITY[draw_codes_by(rng, _ACTIVITY_WEIGHTS, after)]
    activity[~happens(rng, _ACTIVITY_SHARE[after], count)] = None
    return Aftermath(
        won=won,
        won_text=np.where(won, "Yes", "No").astype(object),
        status_text=_STATUS[draw_codes_by(rng, _STATUS_WEIGHTS, after)],
        activity_text=activity,
    )
