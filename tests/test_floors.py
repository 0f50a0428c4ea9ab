"""The lower floors only compute: no disk, no network, no clock, and no dice but the ones they are handed."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "leadloop"
COMPUTING_ROOMS = {
    *("errors", "leads", "playbook", "features", "scoring", "learning"),
    *("experiments", "monitoring", "recommend", "simulate"),
}

# What is refused, and what it reaches for. A name covers everything under it.
REFUSED = {
    **dict.fromkeys(["open", "io.open", "os", "pathlib", "shutil", "tempfile", "glob", "fileinput"], "disk"),
    **dict.fromkeys(["sqlite3", "dbm", "subprocess", "numpy.fromfile", "numpy.loadtxt", "numpy.memmap"], "disk"),
    **dict.fromkeys(["polars.read_csv", "polars.read_parquet", "polars.read_ndjson", "polars.read_excel"], "disk"),
    **dict.fromkeys(["polars.scan_csv", "polars.scan_parquet", "polars.scan_ndjson"], "disk"),
    **dict.fromkeys(["socket", "ssl", "http", "urllib.request", "requests", "httpx", "httpx2"], "network"),
    **dict.fromkeys(["time", "datetime.datetime.now", "datetime.datetime.utcnow"], "clock"),
    **dict.fromkeys(["datetime.datetime.today", "datetime.date.today"], "clock"),
    **dict.fromkeys(["random", "numpy.random", "secrets", "uuid.uuid1", "uuid.uuid4"], "dice"),
}
# Parts of the above that only compute.
COMPUTES = {"os.PathLike", "pathlib.PurePath", "pathlib.PurePosixPath"}
COMPUTES |= {"numpy.random.Generator", "numpy.random.BitGenerator"}
# These compute where they are given a seed, and roll dice of their own where they are not.
SEEDED = {"random.Random", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.SeedSequence"}
SEEDED |= {"numpy.random.PCG64", "numpy.random.PCG64DXSM", "numpy.random.Philox"}
# Methods that touch the disk, whatever they are called on.
DISK_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "tofile"}
DISK_METHODS |= {"sink_csv", "sink_parquet", "sink_ndjson", "sink_ipc"}


class Reader(ast.NodeVisitor):
    """Reads a source and notes every place that reaches for something it was not handed."""

    def __init__(self, tree: ast.Module) -> None:
        self.offences: list[str] = []
        self.full_names = {"open": "open"}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    package = name.name.split(".")[0]
                    self.full_names[name.asname or package] = name.name if name.asname else package
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for name in node.names:
                    self.full_names[name.asname or name.name] = f"{node.module}.{name.name}"
        self.visit(tree)

    def full_name(self, node: ast.AST) -> str | None:
        """What a name stands for: `t.sleep` is `time.sleep` after `import time as t`, else None."""
        if isinstance(node, ast.Attribute):
            owner = self.full_name(node.value)
            return owner and f"{owner}.{node.attr}"
        return self.full_names.get(node.id) if isinstance(node, ast.Name) else None

    def visit_Call(self, node: ast.Call) -> None:
        name = self.full_name(node.func)
        if name in SEEDED:
            seeds = [*node.args, *(keyword.value for keyword in node.keywords)]
            if not seeds or (isinstance(seeds[0], ast.Constant) and seeds[0].value is None):
                self.offences.append(f"line {node.lineno}: {name} without a seed (dice)")
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name | ast.Attribute) -> None:
        name = self.full_name(node)
        if name is None or name in SEEDED or name in COMPUTES or not isinstance(node.ctx, ast.Load):
            return
        for root, reaches_for in REFUSED.items():
            if f"{name}.".startswith(f"{root}."):
                self.offences.append(f"line {node.lineno}: {name} ({reaches_for})")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if self.full_name(node) is not None:
            self.visit_Name(node)
            return
        if node.attr in DISK_METHODS:
            self.offences.append(f"line {node.lineno}: .{node.attr} (disk)")
        self.generic_visit(node)


def offences(source: str) -> list[str]:
    return Reader(ast.parse(source)).offences


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("rows = open('leads.csv').read()", "line 1: open (disk)"),
        ("from pathlib import Path\nfolder = Path('x')", "line 2: pathlib.Path (disk)"),
        ("def f(path): return path.read_text()", "line 1: .read_text (disk)"),
        ("import os.path\nos.path.exists('x')", "line 2: os.path.exists (disk)"),
        ("import polars as pl\npl.scan_csv(x)", "line 2: polars.scan_csv (disk)"),
        ("import urllib.request\nurllib.request.urlopen(x)", "line 2: urllib.request.urlopen (network)"),
        ("from datetime import datetime as d\nd.now()", "line 2: datetime.datetime.now (clock)"),
        ("import datetime\ndatetime.date.today()", "line 2: datetime.date.today (clock)"),
        ("def f():\n    import time as t\n    return t.perf_counter()", "line 3: time.perf_counter (clock)"),
        ("from time import monotonic\ndef f(clock=monotonic): ...", "line 2: time.monotonic (clock)"),
        ("import random\nrandom.shuffle(x)", "line 2: random.shuffle (dice)"),
        ("import numpy as np\nnp.random.normal(size=3)", "line 2: numpy.random.normal (dice)"),
        ("import numpy as np\nnp.random.seed(0)", "line 2: numpy.random.seed (dice)"),
        ("import numpy as np\nnp.random.default_rng()", "line 2: numpy.random.default_rng without a seed (dice)"),
        ("import random\nrandom.Random(None)", "line 2: random.Random without a seed (dice)"),
    ],
)
def test_reaching_for_what_was_not_handed_in_is_noticed(source, expected):
    assert offences(source) == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\ndef f(rng: np.random.Generator): return rng.normal(size=3)",
        "import numpy as np\nrng = np.random.default_rng(seed)",
        "import random\nrng = random.Random(7)\nrng.shuffle(x)",
        "from datetime import datetime, timedelta\ndef f(now: datetime): return now - timedelta(days=3)",
        "from datetime import time\nopens_at = time(9)",
        "import io\nnp.load(io.BytesIO(content), allow_pickle=False)",
        "def f(time, random): return time + random",
        "class Leads:\n    open: int\n    def share(self): return self.open / 2",
    ],
)
def test_computing_with_what_was_handed_in_is_fine(source):
    assert offences(source) == []


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0].removesuffix(".py") in COMPUTING_ROOMS
    ],
    ids=lambda path: path.relative_to(SOURCE).as_posix(),
)
def test_a_lower_floor_only_computes(path):
    assert offences(path.read_text(encoding="utf-8")) == []
