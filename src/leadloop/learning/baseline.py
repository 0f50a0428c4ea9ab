"""What a model has to beat: the playbook's own rules, made to say probabilities as honestly as they can."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.scoring.calibrator import Calibrator
from leadloop.scoring.members import Member


@dataclass(frozen=True)
class Baseline:
    """The rules alone: a model of their points, and a calibrator that was fitted on what they said of held-out leads."""

    member: Member
    calibrator: Calibrator

    def probabilities(self, matrix: np.ndarray) -> np.ndarray:
        """The probability of each lead, a row of features each."""
        return self.calibrator.probabilities(self.member.margins(matrix))
