"""Exact numbers, typed equality, and how values become text."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.language.values import (
    as_text,
    dump_json,
    duration,
    equal,
    kind,
    number,
    parse_json,
    show,
    signed_duration,
    size,
)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
number_like = st.text(alphabet="0123456789+-.eE_x ", max_size=12)


def as_json_number(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and text == text.strip()
    return value if usable and not math.isinf(value) else None


@given(number_like | st.integers().map(str) | st.floats(allow_nan=False).map(json.dumps))
def test_a_number_is_what_json_calls_one(text: str) -> None:
    """`number` reads exactly the texts that JSON reads as finite numbers, and gives their value and type."""
    found, wanted = number(text), as_json_number(text)
    assert (found is None) == (wanted is None)
    assert found == wanted
    assert isinstance(found, int) == isinstance(wanted, int)


@given(st.from_regex(r"\A-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?\Z"))
def test_a_number_keeps_its_spelling(text: str) -> None:
    """Put into text, a number is spelled as it was written, be it read from YAML or from JSON."""
    found = number(text)
    assert as_text(found) == text
    if text != "-0":
        assert as_text(parse_json(text)) == text


@pytest.mark.parametrize(
    "text", ["1e999", "-1e999", "0123", "0x1F", "1_000", "12:30", ".5", "5.", "+5", "", "NaN", "٣"]
)
def test_what_is_no_number_of_json_is_none(text: str) -> None:
    """Octal, hexadecimal, grouped, overflowing and other spellings are no numbers."""
    assert number(text) is None


def test_integers_stay_exact_at_any_length() -> None:
    """An integer beyond a float's reach keeps every digit, also through arithmetic equality."""
    digits = "9" * 400
    assert as_text(number(digits)) == digits
    assert not equal(number("9007199254740993"), number("9007199254740992"))


@given(values, values)
def test_equality_is_symmetric(left: Any, right: Any) -> None:
    """The order of the two sides does not matter."""
    assert equal(left, right) == equal(right, left)


@given(values)
def test_equality_survives_json(value: Any) -> None:
    """A value equals itself, and itself after a trip through JSON."""
    assert equal(value, value)
    if "Infinity" not in json.dumps(value):
        assert equal(parse_json(json.dumps(value)), value)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (True, 1, False),
        (False, 0, False),
        (None, False, False),
        (None, 0, False),
        (1, 1.0, True),
        (1, "1", False),
        ([1, [True]], [1, [1]], False),
        ([1, [True]], [1.0, [True]], True),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1, 2], [2, 1], False),
        ([], {}, False),
        ("", None, False),
        (0, -0.0, True),
    ],
)
def test_equality_is_deep_and_typed(left: Any, right: Any, same: bool) -> None:
    """`true` is not `1` at any depth, `1` is `1.0`, and text is no number."""
    assert equal(left, right) is same
    assert equal(right, left) is same


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (2.5, "2.5"),
        ([1, "é"], '[1,"é"]'),
        ({"a": None}, '{"a":null}'),
    ],
)
def test_values_within_text(value: Any, text: str) -> None:
    """Text stands as it is, truth values and structures as compact JSON."""
    assert as_text(value) == text


@pytest.mark.parametrize("value", [None, b"bytes", {"a": [b"bytes"]}, float("inf")])
def test_null_and_bytes_cannot_stand_within_text(value: Any) -> None:
    """Null never becomes an empty text, and bytes have no text of their own."""
    with pytest.raises(ValueError, match=r"null|bytes|JSON"):
        as_text(value if not isinstance(value, float) else [value])


@given(values)
def test_dump_json_is_json(value: Any) -> None:
    """What is dumped reads back as the same value."""
    if "Infinity" not in json.dumps(value):
        assert equal(parse_json(dump_json(value)), value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html>", "line 1, column 1"),
        ("{\n 'a': 1}", "line 2, column 2"),
        ("NaN", "NaN is not JSON"),
        ("Infinity", "Infinity is not JSON"),
        ("[" * 100_000, "nested too deep"),
        ('{"a": 1} x', "extra data"),
    ],
)
def test_what_is_not_json_says_where(text: str, message: str) -> None:
    """Bad JSON is a ValueError with line and column, however bad."""
    with pytest.raises(ValueError, match=message):
        parse_json(text)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (number("-0"), "number"),
        (number("1.10"), "number"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
        (b"", "bytes"),
    ],
)
def test_kinds_are_those_of_json(value: Any, name: str) -> None:
    """Each value has the name of its JSON type."""
    assert kind(value) == name


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("it's", "'it\\'s'"),
        (None, "null"),
        (True, "true"),
        (number("1.10"), "1.10"),
        (b"abc", "3 bytes"),
        ([b"ab"], '["2 bytes"]'),
    ],
)
def test_values_in_messages(value: Any, shown: str) -> None:
    """Text is quoted, numbers as written, bytes only counted."""
    assert show(value) == shown


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("500ms", 0.5),
        ("10s", 10.0),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("7d", 604800.0),
        ("1.5s", 1.5),
        (3, 3.0),
        (0.25, 0.25),
        (0, 0.0),
        ("10", None),
        ("10 s", None),
        ("-1s", None),
        (-1, None),
        ("1w", None),
        ("", None),
        (True, None),
        (None, None),
        ([1], None),
        (10**400, None),
    ],
)
def test_durations(value: Any, seconds: float | None) -> None:
    """`500ms`, `10s`, `2m`, `1h`, `7d` or a number of seconds, never negative."""
    assert duration(value) == seconds


def test_dates_may_be_moved_back() -> None:
    """A duration with a sign is for arithmetic with dates."""
    assert signed_duration("-7d") == -604800.0


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("10MB", 10_000_000),
        ("64kB", 64_000),
        ("1.5 GB", 1_500_000_000),
        (512, 512),
        ("5B", 5),
        ("10", None),
        (-1, None),
        (1.5, None),
        (True, None),
        ("MB", None),
    ],
)
def test_sizes(value: Any, count: int | None) -> None:
    """`10MB` in decimal units, or a whole number of bytes."""
    assert size(value) == count
