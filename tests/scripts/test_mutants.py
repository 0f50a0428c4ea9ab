"""Mistakes made on purpose: which are left out, which are drawn, which tests are asked, and what is kept of the answers."""

from __future__ import annotations

import doctest
import importlib
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from scripts.mutants import choice, matter, mutant, results, watched
from scripts.mutants.choice import Test, choose, find_users, read_tests
from scripts.mutants.matter import find_regions, is_another_program, is_plausible, why_left_out
from scripts.mutants.mutant import Mutant
from scripts.mutants.results import Notebook, Result, Tally, count, rests_on
from scripts.mutants.sample import draw
from scripts.mutants.trial import Copy, FailsUnbroken, Verdict
from scripts.mutants.watched import by_file, find_test_files, what_counts

from leadloop.learning.evaluation.intervals import wilson_interval

ROOT = Path(__file__).parents[2]
OWN_PYTHON = ROOT / ".build" / "mutants" / "bin" / "python"

SUMS = "src/leadloop/scoring/sums.py"
USES = "src/leadloop/scoring/uses.py"


@pytest.mark.parametrize("module", [choice, matter, mutant, results, watched])
def test_the_examples_in_its_docstrings_are_true(module):
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


# What is left out


def reason_for(source: str, word: str) -> str | None:
    """Why a mistake where a word first stands in a source would be left out."""
    before = source[: source.index(word)]
    return why_left_out((before.count("\n") + 1, len(before.rpartition("\n")[2])), find_regions(source))


@pytest.mark.parametrize(
    ("source", "word", "why"),
    [
        ("def f(x: int | None): ...", "|", "annotation"),
        ("def f(*, x: int | None = 3): ...", "|", "annotation"),
        ("def f() -> int | None: ...", "|", "annotation"),
        ("class C:\n    x: int | None = 3", "|", "annotation"),
        ("naïve: 'größer' and int | None = 3", "|", "annotation"),
        ("if TYPE_CHECKING:\n    A = 3", "3", "for type checkers alone"),
        ("if TYPE_CHECKING:\n    A = 3", "TYPE", "for type checkers alone"),
        ("for a, b in zip(x, y, strict=True): ...", "True", "holds already"),
        ("raise ValueError(f'{n + 1} rows')", "+", "prose of an error"),
        ("problems.append(Problem('rows', f'{n + 1} of them', 'write fewer'))", "+", "prose of an error"),
        ("warnings.warn(f'{n + 1} rows')", "+", "prose of an error"),
    ],
)
def test_what_no_test_can_or_need_notice_is_left_out_and_the_reason_is_told(source, word, why):
    assert reason_for(source, word) == why


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def f(x: int = 3): ...", "3"),
        ("class C:\n    x: int = 3", "3"),
        ("if TYPE_CHECKING:\n    A = 3\nelse:\n    A = 4", "4"),
        ("f(strict=True)", "True"),
        ("zip(x[1:], y, strict=False)", "1"),
        ("if n > 3:\n    raise ValueError(f'{n} rows')", ">"),
        ("if n > 3:\n    raise ValueError(f'{n} rows')", "3"),
        ("raise RowError(n + 1)", "+"),
        ("said = f'{n + 1} rows'", "+"),
    ],
)
def test_what_is_computed_stays_in(source, word):
    assert reason_for(source, word) is None


def test_mistakes_that_any_test_would_notice_do_not_flatter_the_tests():
    assert is_plausible("core/ReplaceBinaryOperator_Mul_Div")
    assert is_plausible("core/ReplaceBinaryOperator_BitAnd_BitOr")
    assert is_plausible("core/ReplaceUnaryOperator_Delete_Not")
    assert is_plausible("core/AddNot")
    assert not is_plausible("core/ReplaceBinaryOperator_Mul_BitXor")
    assert not is_plausible("core/ReplaceUnaryOperator_Invert_Not")
    assert not is_plausible("core/RemoveDecorator")


def test_equal_words_may_be_one_object_so_whether_they_are_is_not_asked():
    assert not is_plausible("core/ReplaceComparisonOperator_Eq_Is")
    assert not is_plausible("core/ReplaceComparisonOperator_IsNot_NotEq")
    assert is_plausible("core/ReplaceComparisonOperator_Is_IsNot")


def test_a_mistake_that_leaves_no_program_is_none():
    assert not is_another_program("def f(a, *, b): ...", "def f(a, +, b): ...")
    assert not is_another_program("x = 3", None)
    assert not is_another_program("def f():\n    return 3", "def f():\n    return  3")
    assert not is_another_program("for x in y:\n    pass", "continue")
    assert is_another_program("def f():\n    return 3", "def f():\n    return 4")


# Which are drawn


def make_mutants(lines: int, *, module: str = SUMS) -> list[Mutant]:
    """In each line seven mistakes of arithmetic and one condition turned round."""
    signs = [f"core/ReplaceBinaryOperator_Add_{sign}" for sign in ("Sub", "Mul", "Div", "Mod", "Pow", "FloorDiv")]
    return [
        Mutant(module, line, 4, operator, line) for line in range(1, lines + 1) for operator in (*signs, "core/AddNot")
    ]


def make_source(lines: int) -> str:
    return "".join(f"x = a + b if c{number} else d\n" for number in range(lines))


def test_never_two_mistakes_are_drawn_in_one_line_and_in_the_end_every_line_has_one():
    drawn = list(draw(make_mutants(50), {SUMS: make_source(50)}, seed=1))
    assert sorted(each.line for each in drawn) == list(range(1, 51))


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_list_and_another_seed_draws_others():
    mutants, sources = make_mutants(50), {SUMS: make_source(50)}
    shuffled = random.Random(3).sample(mutants, len(mutants))
    assert list(draw(shuffled, sources, seed=1)) == list(draw(mutants, sources, seed=1))
    assert list(draw(mutants, sources, seed=2)) != list(draw(mutants, sources, seed=1))


def test_in_a_line_each_kind_of_mistake_has_the_same_chance_however_many_signs_could_change():
    drawn = list(draw(make_mutants(400), {SUMS: make_source(400)}, seed=1))
    kinds = Counter(each.family for each in drawn)
    assert set(kinds) == {"ReplaceBinaryOperator", "AddNot"}
    assert 160 < kinds["AddNot"] < 240
    assert len({each.operator for each in drawn}) == 7


def test_a_change_elsewhere_leaves_the_sample_as_it_was():
    source = make_source(50)
    before = list(draw(make_mutants(50), {SUMS: source}, seed=1))[:10]
    after = list(draw(make_mutants(51), {SUMS: f"new = a + b\n{source}"}, seed=1))[:12]
    assert {each.line + 1 for each in before} <= {each.line for each in after}
    operators = {each.line: each.operator for each in after}
    assert all(operators[each.line + 1] == each.operator for each in before)


# Which tests are asked

SOURCES = {
    SUMS: "MOST = 3\n\n\ndef add(a, b):\n    return a + b\n\n\ndef halve(a):\n    return a / 2\n",
    USES: "from leadloop.scoring.sums import MOST\n\n\ndef few(n):\n    return n < MOST\n",
}
ADDS = Mutant(SUMS, 5, 13, "core/ReplaceBinaryOperator_Add_Sub", 0)
MOST = Mutant(SUMS, 1, 7, "core/NumberReplacer", 0)


def make_test(name: str, seconds: float = 1.0, *, reaches: dict[str, set[int]], **fixtures: float) -> Test:
    return Test(name, seconds, {module: frozenset(lines) for module, lines in reaches.items()}, fixtures)


def names_of(mistake: Mutant, *tests: Test, at_most: float = 90.0) -> list[str]:
    return [test.name for test in choose(mistake, tests, SOURCES, at_most=at_most).tests]


def test_only_tests_that_call_the_broken_function_are_asked():
    calls = make_test("tests/scoring/test_sums.py::test_adds", reaches={SUMS: {4}})
    calls_another = make_test("tests/scoring/test_sums.py::test_halves", reaches={SUMS: {8}})
    calls_nothing = make_test("tests/scoring/test_sums.py::test_text", reaches={})
    assert names_of(ADDS, calls, calls_another, calls_nothing) == [calls.name]


def test_the_files_own_tests_and_examples_come_first_then_its_floors_and_the_quick_before_the_slow():
    reaches = {SUMS: {4}}
    tests = [
        make_test("tests/properties/test_points.py::test_any", 0.1, reaches=reaches),
        make_test("tests/scoring/test_uses.py::test_slow", 9.0, reaches=reaches),
        make_test("tests/scoring/test_uses.py::test_quick", 0.5, reaches=reaches),
        make_test("tests/scoring/test_sums.py::test_adds", 5.0, reaches=reaches),
        make_test(f"{SUMS}::leadloop.scoring.sums.add", 0.2, reaches=reaches),
    ]
    assert names_of(ADDS, *tests) == [tests[number].name for number in (4, 3, 2, 1, 0)]


def test_tests_beyond_the_files_own_are_asked_while_there_is_time_and_the_rest_is_counted():
    reaches = {SUMS: {4}}
    own = make_test("tests/scoring/test_sums.py::test_adds", 100.0, reaches=reaches)
    quick = make_test("tests/scoring/test_uses.py::test_quick", 20.0, reaches=reaches)
    slow = make_test("tests/scoring/test_uses.py::test_slow", 30.0, reaches=reaches)
    chosen = choose(ADDS, [slow, quick, own], SOURCES, at_most=125.0)
    assert [test.name for test in chosen.tests] == [own.name, quick.name]
    assert (chosen.seconds, chosen.left_out) == (120.0, 1)


def test_a_fixture_that_several_tests_share_is_paid_for_once():
    reaches = {SUMS: {4}}
    tests = [make_test(f"tests/scoring/test_uses.py::test_{n}", 1.0, reaches=reaches, trained=40.0) for n in range(3)]
    assert choose(ADDS, tests, SOURCES, at_most=90.0).seconds == 43.0


def test_a_line_outside_functions_is_asked_of_tests_that_use_its_module_or_one_that_imports_it():
    own = make_test("tests/scoring/test_sums.py::test_halves", reaches={SUMS: {8}})
    users = make_test("tests/scoring/test_uses.py::test_few", reaches={USES: {4}})
    neither = make_test("tests/scoring/test_other.py::test_other", reaches={"src/leadloop/scoring/other.py": {1}})
    frozen = make_test("tests/test_values.py::test_a_value_cannot_be_changed_once_it_is_made[scoring]", reaches={})
    another = make_test("tests/test_values.py::test_a_value_cannot_be_changed_once_it_is_made[learning]", reaches={})
    assert set(names_of(MOST, own, users, neither, frozen, another)) == {own.name, users.name, frozen.name}
    assert names_of(ADDS, frozen) == []


@pytest.mark.parametrize(
    ("line", "uses"),
    [
        ("import leadloop.scoring.sums", True),
        ("from leadloop.scoring import sums", True),
        ("from leadloop.scoring.sums import add", True),
        ("from leadloop.scoring import sums_of_trees", False),
        ("from leadloop.learning.sums import add", False),
    ],
)
def test_whoever_imports_a_module_or_a_name_out_of_it_uses_it(line, uses):
    assert (USES in find_users(SUMS, {SUMS: "", USES: line})) == uses


def test_a_test_reaches_what_its_fixtures_reach_and_one_that_was_skipped_is_not_asked():
    noted = {
        "tests": {
            "a": {"seconds": 1.0, "outcome": "passed", "reaches": {SUMS: [4]}, "fixtures": ["f::trained", "f::gone"]},
            "b": {"seconds": 1.0, "outcome": "skipped", "reaches": {SUMS: [4]}, "fixtures": []},
        },
        "fixtures": {"f::trained": {"seconds": 9.0, "reaches": {SUMS: [8], USES: [4]}}},
    }
    (read,) = read_tests(noted)
    assert read == make_test("a", reaches={SUMS: {4, 8}, USES: {4}}, **{"f::trained": 9.0})


def test_test_files_are_run_again_where_they_or_what_they_share_or_the_package_has_changed():
    files = {SUMS: "1", "tests/a/test_x.py": "2", "tests/a/test_y.py": "3", "tests/a/conftest.py": "4"}
    before = what_counts("tests/a/test_x.py", files)
    assert what_counts("tests/a/test_x.py", files | {"tests/a/test_y.py": "other"}) == before
    for name in (SUMS, "tests/a/test_x.py", "tests/a/conftest.py"):
        assert what_counts("tests/a/test_x.py", files | {name: "other"}) != before


def test_files_with_tests_and_files_with_examples_are_found():
    files = {SUMS: '"""Adds.\n\n>>> add(1, 1)\n2\n"""', USES: "", "tests/scoring/trees/test_a.py": "", "tests/b.py": ""}
    assert find_test_files(["tests/scoring", "src/leadloop/scoring"], files) == ["tests/scoring/trees/test_a.py", SUMS]


def test_what_was_noted_is_kept_for_each_file_with_the_fixtures_that_it_uses():
    one = {"seconds": 1.0, "outcome": "passed", "reaches": {}, "fixtures": ["::shared"]}
    other = one | {"fixtures": []}
    shared = {"seconds": 9.0, "reaches": {SUMS: [8]}}
    parts = by_file({"tests": {"x.py::a": one, "y.py::b": other}, "fixtures": {"::shared": shared}})
    assert parts == {
        "x.py": {"tests": {"x.py::a": one}, "fixtures": {"::shared": shared}},
        "y.py": {"tests": {"y.py::b": other}, "fixtures": {}},
    }


# What is kept

FILES = {SUMS: "a + b", "tests/scoring/test_sums.py": "1", "tests/scoring/test_uses.py": "2"}


def make_result(verdict: Verdict, files: dict[str, str] = FILES) -> Result:
    return Result(ADDS, verdict, rests_on(verdict, files), "-a + b\n+a - b")


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path):
    result = make_result(Verdict(True, "tests/scoring/test_sums.py::test_adds", 2.0))
    Notebook(tmp_path / "kept" / "results.jsonl").add(result)
    with (tmp_path / "kept" / "results.jsonl").open("a") as file:
        file.write('{"mutant": {"module": "src/lea')
    notebook = Notebook(tmp_path / "kept" / "results.jsonl")
    assert notebook.find(ADDS, FILES) == result
    assert notebook.find(MOST, FILES) is None


@pytest.mark.parametrize(
    ("changed", "caught_still_holds", "missed_still_holds"),
    [
        ("tests/scoring/test_sums.py", False, False),
        ("tests/scoring/test_uses.py", True, False),
        ("tests/scoring/test_new.py", True, False),
        (SUMS, False, False),
    ],
)
def test_after_new_tests_only_what_got_by_is_tried_again(tmp_path, changed, caught_still_holds, missed_still_holds):
    for verdict, still_holds in [
        (Verdict(True, "tests/scoring/test_sums.py::test_adds[3]", 2.0), caught_still_holds),
        (Verdict(False, "4 tests pass", 2.0), missed_still_holds),
    ]:
        notebook = Notebook(tmp_path / f"{verdict.caught}.jsonl")
        notebook.add(make_result(verdict))
        assert (notebook.find(ADDS, FILES | {changed: "other"}) is not None) == still_holds


def test_what_was_caught_by_time_rests_on_all_tests():
    result = make_result(Verdict(True, "the time", 60.0))
    assert result.of != rests_on(result.verdict, FILES | {"tests/scoring/test_uses.py": "other"})


def test_a_floor_has_its_share_and_the_interval_that_reports_give_too():
    caught, missed = make_result(Verdict(True, "the time", 1.0)), make_result(Verdict(False, "no test", 1.0))
    tally = count("scoring", [caught, caught, caught, missed])
    assert (tally.tried, tally.caught, tally.share) == (4, 3, 0.75)
    assert tally.interval == pytest.approx(wilson_interval(3, 4))
    assert count("registry", [caught]) == Tally("registry", 0, 0)


# For real: a checkout of two modules

PYPROJECT = """
[tool.pytest.ini_options]
pythonpath = [".", "src"]
addopts = ["--doctest-modules", "--import-mode=importlib", "-ra"]
markers = ["long: takes long", "large: reads much", "world: trains"]
"""
TESTS = """
import time

import pytest

from leadloop.scoring.sums import add, halve


@pytest.fixture(scope="module")
def four():
    return add(2, 2)


def test_four_is_four(four):
    assert four == 4


def test_four_is_even(four):
    assert four % 2 == 0


def test_half_of_two_is_one():
    assert halve(2) == 1


@pytest.mark.long
def test_that_takes_long():
    time.sleep(60)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    texts = {name: text for name, text in SOURCES.items() if name == SUMS}
    texts |= {"src/leadloop/__init__.py": "", "src/leadloop/scoring/__init__.py": "", "pyproject.toml": PYPROJECT}
    texts |= {"tests/scoring/test_sums.py": TESTS, ".git/HEAD": "ref", ".venv/large": "large"}
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    plugins = root / "scripts" / "mutants"
    plugins.mkdir(parents=True)
    for name in ("__init__.py", "reach.py", "properties.py"):
        (plugins / name).write_bytes((ROOT / "scripts" / "mutants" / name).read_bytes())
    return root


needs_posix = pytest.mark.skipif(os.name != "posix", reason="ends the tests' processes as POSIX systems do")


@needs_posix
@pytest.mark.long
def test_in_a_copy_the_line_is_broken_the_tests_that_reach_it_run_and_the_checkout_stays_as_it_was(checkout, tmp_path):
    copy = Copy.of(checkout, tmp_path / "copy", Path(sys.executable))
    assert not (copy.place / ".git").exists()
    assert not (copy.place / ".venv").exists()

    tests = read_tests(copy.watch(["tests/scoring"]))
    assert {test.name.partition("::")[2]: set(test.reaches.get(SUMS, ())) for test in tests} == {
        "test_four_is_four": {4},
        "test_four_is_even": {4},  # by the fixture, which was made before
        "test_half_of_two_is_one": {8},
    }

    names = [test.name for test in choose(ADDS, tests, SOURCES, at_most=90.0).tests]
    assert len(names) == 2
    differs = SOURCES[SUMS].replace("a + b", "a - b")
    caught = copy.judge(ADDS, differs, names, within=60.0)
    assert caught.caught
    assert re.fullmatch(r"tests/scoring/test_sums.py::test_four_is_(four|even)", caught.by) is not None
    same = SOURCES[SUMS].replace("a + b", "a * b")
    assert not copy.judge(ADDS, same, names, within=60.0).caught
    endless = SOURCES[SUMS].replace("return a + b", "while True: pass")
    assert copy.judge(ADDS, endless, names, within=5.0) == Verdict(True, "the time", pytest.approx(5.0, abs=4.0))
    unreadable = SOURCES[SUMS].replace("MOST = 3", "MOST = 3 / 0")
    assert copy.judge(MOST, unreadable, names, within=60.0).caught

    for place in (checkout, copy.place):
        assert (place / SUMS).read_text(encoding="utf-8") == SOURCES[SUMS]


@needs_posix
@pytest.mark.long
def test_tests_that_fail_with_nothing_broken_are_told_at_once(checkout, tmp_path):
    (checkout / SUMS).write_text(SOURCES[SUMS].replace("a + b", "a - b"), encoding="utf-8")
    with pytest.raises(FailsUnbroken, match="test_four_is_four"):
        Copy.of(checkout, tmp_path / "copy", Path(sys.executable)).watch(["tests/scoring"])


@needs_posix
@pytest.mark.long
def test_a_test_that_fails_only_when_it_is_watched_is_not_asked(checkout, tmp_path):
    shy = "import sys\n\n\ndef test_alone():\n    assert sys.gettrace() is None\n"
    (checkout / "tests" / "scoring" / "test_shy.py").write_text(shy, encoding="utf-8")
    copy = Copy.of(checkout, tmp_path / "copy", Path(sys.executable))
    noted = copy.watch(["tests/scoring"])
    assert "tests/scoring/test_shy.py::test_alone" in noted["tests"]
    assert {test.file for test in read_tests(noted)} == {"tests/scoring/test_sums.py"}

    # Of a file whose tests all take long none runs, and nothing is wrong with that.
    long = "import pytest\n\n\n@pytest.mark.long\ndef test_long(): ...\n"
    (copy.place / "tests" / "scoring" / "test_long.py").write_text(long, encoding="utf-8")
    assert copy.watch(["tests/scoring/test_long.py"])["tests"] == {}


def test_the_plugins_for_the_tests_environment_need_nothing_of_cosmic_ray():
    for name in ("choice", "matter", "mutant", "reach", "results", "sample", "trial", "watched"):
        importlib.import_module(f"scripts.mutants.{name}")
    assert "cosmic_ray" not in sys.modules


@pytest.mark.skipif(not OWN_PYTHON.exists(), reason="Cosmic Ray is not here; `make mutants` brings it")
def test_cosmic_rays_operators_find_the_mistakes_of_a_source_and_make_them():
    ask = f"""
from collections import Counter
from scripts.mutants.operators import list_mutants, mutate

source = "def f(a: int | None, *, b: int = 3):\\n    return a + b\\n"
left_out = Counter()
found = list_mutants({SUMS!r}, source, left_out)
print(dict(left_out))
for each in found:
    print(each.line, each.operator.partition("/")[2], repr(mutate(source, each)))
"""
    said = subprocess.run([OWN_PYTHON, "-c", ask], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    first, *mistakes = said.splitlines()
    assert set(eval(first)) == {"annotation"}
    made = {line for line in mistakes if not line.endswith(" None")}
    assert r"2 ReplaceBinaryOperator_Add_Sub 'def f(a: int | None, *, b: int = 3):\n    return a - b\n'" in made
    assert r"1 NumberReplacer 'def f(a: int | None, *, b: int = 4):\n    return a + b\n'" in made
    assert all("int | None, *, b" in line for line in made), made
