"""Ask gbstats, statsmodels and SciPy what `leadloop.experiments` computes, and keep their answers for the tests.

    make oracles

Runs in an environment of its own (.build/oracles): gbstats, GrowthBook's engine, holds on to old versions of NumPy and pandas.
Cases are made from a seed. Each file in tests/experiments/oracles/ says which versions answered; the tests read them without any
of the three.
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

from scripts.oracles import by_gbstats, by_scipy, by_statsmodels

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "experiments" / "oracles"
ORACLES = {
    "gbstats": (by_gbstats.FAMILIES, ("gbstats", "numpy", "scipy")),
    "statsmodels": (by_statsmodels.FAMILIES, ("statsmodels", "numpy", "scipy")),
    "scipy": (by_scipy.FAMILIES, ("scipy", "numpy")),
}


def main() -> int:
    """Write every oracle's answers; says what was written."""
    warnings.simplefilter("ignore")
    for name, (families, packages) in ORACLES.items():
        lines = [f'"versions": {json.dumps({package: version(package) for package in packages})}']
        for family, make in families.items():
            cases = [compact(case) for case in make()]
            lines.append(
                f'"{family}": [\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]"
            )
            print(f"{name:12} {family:24} {len(cases):4} cases")
        (FOLDER / f"{name}.json").write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")
    return 0


def compact(value: object) -> object:
    """The same with numbers cut to eleven digits that matter."""
    if isinstance(value, dict):
        return {name: compact(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [compact(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    return float(f"{value:.11g}") if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
