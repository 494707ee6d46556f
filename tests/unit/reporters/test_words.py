"""Verdicts in words: one line or many, and differences of structures of any size."""

from __future__ import annotations

from typing import Any

import pytest

from runner.engine.results import Verdict
from runner.reporters.words import diff, failure_line, failure_lines, short, verdict_line


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"problem": "is not equal", "actual": (1,), "expected": (7,)}, "body.id is number 1, expected number 7"),
        ({"problem": "is not equal", "actual": ({},), "expected": ([],)}, "body.id differs"),
        ({"problem": "must give true or false, this is a number", "actual": (1,)},
         "body.id must give true or false, this is a number: 1"),
        ({"problem": "status is 404, and no assertion expects it"}, "status is 404, and no assertion expects it"),
        ({"problem": "is not equal", "actual": (1,), "expected": (2,), "message": "wrong\none"},
         "wrong\\none: body.id is number 1, expected number 2"),
    ],
)  # fmt: skip
def test_a_verdict_in_one_line(fields: dict[str, Any], line: str) -> None:
    """The expression with what was found, after the message that the file gives it."""
    assert verdict_line(Verdict(False, "body.id", **fields)) == line


def test_a_failure_in_one_line(made: Any) -> None:
    """The first verdict that does not hold and how many more there are, or the fault."""
    one = made.failed()
    many = one._replace(verdicts=(Verdict(True, "status"), *one.verdicts * 3))
    assert failure_line(many) == "body.id is number 1, expected number 7 (and 2 more)"
    assert failure_line(made.errored(message="no\nanswer")) == "no\\nanswer"
    assert failure_line(made.passed()) == ""


def test_the_body_can_be_left_out(made: Any) -> None:
    """Where the whole body is shown anyway, its beginning is not shown before it."""
    assert "response body:" in failure_lines(made.failed())
    assert "response body:" not in failure_lines(made.failed(), body=False)


def test_a_short_difference() -> None:
    """What differs, line by line, with the lines around it."""
    assert diff({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}) == [
        '   "a": 1,', '   "b": [', "     1,", "-    2", "+    3", "   ]", " }",
    ][1:]  # fmt: skip


def test_a_difference_of_large_structures() -> None:
    """Of structures with tens of thousands of lines the place where they begin to differ is shown."""
    expected = [{"id": number} for number in range(30_000)]
    actual = [*expected[:20_000], {"id": "x"}, *expected[20_001:]]
    lines = diff(expected, actual)
    assert lines[:3] == ["   },", "   {", '-    "id": 20000']
    assert '+    "id": "x"' in lines
    assert len(lines) == 6


def test_a_long_text_is_cut_before_it_is_looked_at() -> None:
    """Only the beginning of a text of megabytes is read."""
    assert short("\x1b" * 5_000_000, 8) == "\\x1b\\x1b… (5,000,000 characters)"
