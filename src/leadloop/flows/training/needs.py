"""What training needs beside the base install."""

from __future__ import annotations

from importlib import metadata

from leadloop.errors import DependencyMissing, Problem

_NEEDED = (
    ("sklearn", ("scikit-learn",)),
    ("lightgbm", ("lightgbm",)),
    ("xgboost", ("xgboost-cpu", "xgboost")),
    ("catboost", ("catboost",)),
    ("lifelines", ("lifelines",)),
    ("imblearn", ("imbalanced-learn",)),
    ("optuna", ("optuna",)),
    ("onnx", ("onnx",)),
)


def require_learning() -> None:
    """Raise DependencyMissing, naming every library of the training extra that is not here."""
    problems = []
    for module, packages in _NEEDED:
        if not any(_is_installed(package) for package in packages):
            problems.append(
                Problem(module, "is not installed", "install the training extra: pip install 'leadloop[train]'")
            )
    if problems:
        raise DependencyMissing("training", problems)


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True
