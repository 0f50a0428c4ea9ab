"""Bodies: what is no JSON, or could be read in two ways, is refused and never a server's mistake."""

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.api.wire.json_body import read_json
from leadloop.api.wire.problems import Refusal


def refusal(body, deepest=32):
    with pytest.raises(Refusal) as refused:
        read_json(body, deepest=deepest)
    return refused.value


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "no JSON"),
        (b"{", 400, "no JSON"),
        (b'{"a": NaN}', 400, "NaN"),
        (b'{"a": -Infinity}', 400, "-Infinity"),
        (b'{"a": 1e400}', 422, "too large"),
        (b'{"a": 123456789012345678901234567890}', 422, "too large"),
        (b'{"a": ' + b"9" * 6_000 + b"}", 422, "too large"),
        (b'{"a": 1, "a": 2}', 422, "twice"),
        (b'{"a": [{"b": 1, "b": 2}]}', 422, "twice"),
        (b'{"a": "\\ud800"}', 422, "half a character"),
        (b'{"\\udfff": 1}', 422, "half a character"),
        (b"\xff\xfe{}", 400, "UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, 422, "nested"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 422, "nested"),
    ],
)
def test_odd_bodies_are_refused_with_a_reason(body, status, said):
    told = refusal(body)
    assert told.status == status
    assert said in str(told.problems[0])


def test_the_deepest_that_is_allowed_is_read_and_one_more_is_not():
    nest = lambda depth: b"[" * depth + b"]" * depth  # noqa: E731
    assert read_json(nest(32), deepest=32) == json.loads(nest(32))
    assert refusal(nest(33)).status == 422


def test_brackets_in_texts_are_not_nesting():
    body = json.dumps({"notes": "[{" * 500 + '\\"'}).encode()
    assert read_json(body, deepest=3) == json.loads(body)


def test_a_whole_character_written_as_two_halves_is_read():
    assert read_json(b'{"a": "\\ud83d\\ude00"}', deepest=32) == {"a": "\U0001f600"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_sound_json_is_read_as_python_reads_it(value):
    body = json.dumps(value).encode()
    assert read_json(body, deepest=100) == json.loads(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(Refusal):
        read_json(body, deepest=10)


@pytest.mark.parametrize(
    "body",
    [b'[{"' * 40 + b'\\"' * 499_000, b'{"a": "' * 40 + b"\\" * 900_000, b'["' * 333_000, b'"' * 900_000 + b"[" * 50],
)
def test_no_body_takes_long_whatever_stands_in_it(body):
    began = time.process_time()
    with pytest.raises(Refusal):
        read_json(body, deepest=32)
    assert time.process_time() - began < 3


def test_brackets_in_texts_are_no_depth_whatever_else_the_texts_hold():
    text = "[{" * 60 + '\\" \\\\ ' + "}]" * 60
    body = json.dumps({"a": [text, {"b": text}]}).encode()
    assert read_json(body, deepest=3) == {"a": [text, {"b": text}]}
    with pytest.raises(Refusal):
        read_json(body, deepest=2)
