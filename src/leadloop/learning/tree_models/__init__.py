"""From a trained model of any tree library to the frozen form that is saved and served, and from that to an ONNX graph.

Every library keeps its trees in its own way; what comes out here answers just as the library does, and explains itself exactly.
"""

from leadloop.learning.tree_models.catboost import catboost_rows, ensemble_from_catboost
from leadloop.learning.tree_models.forests import ensemble_from_forest
from leadloop.learning.tree_models.gradient_boosting import ensemble_from_gradient_boosting
from leadloop.learning.tree_models.lightgbm import ensemble_from_lightgbm
from leadloop.learning.tree_models.onnx import to_onnx
from leadloop.learning.tree_models.sets import SetList
from leadloop.learning.tree_models.stand_ins import StandIns
from leadloop.learning.tree_models.xgboost import ensemble_from_xgboost

__all__ = [
    "SetList",
    "StandIns",
    "catboost_rows",
    "ensemble_from_catboost",
    "ensemble_from_forest",
    "ensemble_from_gradient_boosting",
    "ensemble_from_lightgbm",
    "ensemble_from_xgboost",
    "to_onnx",
]
