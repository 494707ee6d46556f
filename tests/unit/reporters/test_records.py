"""json and ndjson: what is left out, shortened or escaped. `tests/golden/test_reports.py` holds the form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.reporters.records import dumps, moment


def request(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)["collections"][0]["requests"][0]
    return found


def test_a_long_value_is_shortened(report: Any, made: Any) -> None:
    """A value of more than some thousand characters is given by its beginning, under another name."""
    (found,) = request(report("json", [made.failed(actual=("x" * 5000,), expected=(["y"] * 2000,))]))["assertions"]
    assert "actual" not in found
    assert found["actual_shortened"].endswith("… (5,002 characters)")
    assert found["expected_shortened"].startswith('["y"')


def test_bytes_are_told_by_their_number(report: Any, made: Any) -> None:
    """Bytes, which JSON does not have, are given in words."""
    (found,) = request(report("json", [made.failed(actual=(b"abc",), expected=([b"d"],))]))["assertions"]
    assert (found["actual_shortened"], found["expected"]) == ("3 bytes", ["1 bytes"])


def test_null_is_told_from_nothing(report: Any, made: Any) -> None:
    """An actual null is null; where nothing was found there is no key."""
    (found,) = request(report("json", [made.failed(actual=(None,), expected=())]))["assertions"]
    assert found["actual"] is None
    assert "expected" not in found


@pytest.mark.parametrize("character", ["\x7f", "\x9b", "\u202e", "\u2028", "\ufeff", "\ud800", "\uffff", "\U000e0001"])
def test_what_a_terminal_would_obey_is_escaped(character: str) -> None:
    """Characters that JSON may hold as they are, but a terminal obeys or hides, are escaped; others are readable."""
    assert "ä 日" in dumps({"a": "ä 日"})
    text = dumps({"a": f"ä {character} 日"})
    assert character not in text
    assert json.loads(text) == {"a": f"ä {character} 日"}


def test_moments() -> None:
    """A moment is in UTC with milliseconds; one that is not known is null."""
    assert (moment(1_700_000_000.25), moment(0)) == ("2023-11-14T22:13:20.250Z", None)
