"""Features: what a model sees of a lead. One definition serves training, one live lead, and a million rows."""

from leadloop.features.block import Block, FeatureColumn
from leadloop.features.feature_set import FeatureSet

__all__ = ["Block", "FeatureColumn", "FeatureSet"]
