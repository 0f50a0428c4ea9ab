import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.errors import VersionError
from leadloop.registry import Promotion
from leadloop.registry.history import in_service, read_history, record


def step(version, action="promote", why="it is better", **changes):
    facts = {"at": "2024-01-01T00:00:00Z", "who": "ann", "previous": "", "evidence": {"AUC": {"value": 0.7}}}
    return Promotion(action=action, version=version, why=why, **facts | changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.jsonl"


def test_there_is_no_history_before_the_first_change(path):
    assert read_history(path) == ()


@given(st.lists(st.text(max_size=8), max_size=4))
def test_whatever_a_person_gives_as_reason_is_kept_to_the_letter(tmp_path_factory, reasons):
    path = tmp_path_factory.mktemp("history") / "history.jsonl"
    steps = [step(f"v{number}", why=why) for number, why in enumerate(reasons)]
    for one in steps:
        record(path, one)
    assert list(read_history(path)) == steps
    assert path.exists() == bool(steps)


def test_history_is_only_ever_added_to_and_a_person_can_read_it(path):
    before = b""
    for number, why in enumerate(["größer — “besser”", "two\nlines", "argument \udcff that was not UTF-8"]):
        record(path, step(f"v{number}", why=why))
        after = path.read_bytes()
        assert after.startswith(before)
        assert after.count(b"\n") == number + 1
        before = after
    assert "größer — “besser”" in before.decode()
    assert read_history(path)[-1].why == "argument \udcff that was not UTF-8"


WHY = 'ein „}“ und \\ und " und größer'


@pytest.mark.parametrize("ended", [False, True], ids=["the last line", "closed off by a later one"])
def test_a_record_torn_at_any_byte_counts_whole_or_not_at_all(path, ended):
    record(path, step("a"))
    whole = len(path.read_bytes())
    record(path, step("b", why=WHY, evidence={"x": {"y": {}}}))
    content = path.read_bytes()
    for length in range(whole, len(content) + 1):
        path.write_bytes(content[:length])
        if ended:
            record(path, step("c"))
        # The record is whole as soon as its brace is there: its line end adds nothing.
        expected = ["a", *["b"] * (length >= len(content) - 1), *["c"] * ended]
        assert [one.version for one in read_history(path)] == expected, content[whole:length]


def test_every_damaged_line_is_named(path):
    for version in "abcd":
        record(path, step(version))
    lines = path.read_bytes().split(b"\n")
    lines[1] = b"\xff\xfe nonsense"
    lines[2] = lines[2].replace(b'"promote"', b'"pause"')
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(VersionError) as refused:
        read_history(path)
    assert [(problem.where, problem.what) for problem in refused.value.problems] == [
        ("line 2", "cannot be read"),
        ("line 3", "cannot be read"),
    ]
    assert "history.jsonl" in refused.value.subject


@pytest.mark.parametrize(
    "line",
    [
        "null",
        "[]",
        "{}",
        '"promote"',
        json.dumps(
            {"at": 1, "who": "", "action": "promote", "version": "a", "previous": "", "why": "", "evidence": {}}
        ),
        json.dumps({"at": "", "who": "", "action": "promote", "version": 3, "previous": "", "why": "", "evidence": {}}),
        json.dumps(
            {"at": "", "who": "", "action": "promote", "version": "a", "previous": "", "why": "", "evidence": 0}
        ),
        json.dumps({"at": "", "who": "", "action": "promote", "version": "a", "previous": "", "why": ""}),
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_change_is_refused(path, line):
    path.write_text(line + "\n")
    with pytest.raises(VersionError, match="line 1"):
        read_history(path)


def test_going_back_twice_goes_back_two_versions():
    steps = [step("a"), step("b"), step("c"), step("b", "rollback"), step("a", "rollback")]
    assert [in_service(steps[:length])[-1] for length in range(1, 6)] == ["a", "b", "c", "b", "a"]


def test_a_version_that_was_rolled_back_can_serve_again_and_be_rolled_back_again():
    steps = [step("a"), step("b"), step("a", "rollback"), step("b"), step("a", "rollback")]
    assert [in_service(steps[:length])[-1] for length in range(1, 6)] == ["a", "b", "a", "b", "a"]
