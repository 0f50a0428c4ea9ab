"""What becomes of scores: matured quality, an estimate before outcomes are known, and drift. It only computes."""

from leadloop.monitoring.check import Check, QualityPoint
from leadloop.monitoring.drift import DriftLevel, DriftReport, FieldDrift, SchemaChange, ShiftedPart, StreamAlarm
from leadloop.monitoring.estimate import EstimatedMeasure, QualityEstimate
from leadloop.monitoring.quality import MEASURES, BandQuality, PromiseGroup, QualityReport

__all__ = [
    "MEASURES",
    "BandQuality",
    "Check",
    "DriftLevel",
    "DriftReport",
    "EstimatedMeasure",
    "FieldDrift",
    "PromiseGroup",
    "QualityEstimate",
    "QualityPoint",
    "QualityReport",
    "SchemaChange",
    "ShiftedPart",
    "StreamAlarm",
]
