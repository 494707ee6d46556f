"""Diffs of structures: what is shown of two values, and how much of it."""

from __future__ import annotations

import pytest

from runner.reporters.words import diff


def test_only_what_differs_is_shown_with_what_stands_around_it() -> None:
    """Two lines before and after each difference, whatever the order of keys."""
    expected = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7}
    assert diff(expected, {**dict(reversed(expected.items())), "d": "x"}) == [
        '   "b": 2,', '   "c": 3,', '-  "d": 4,', '+  "d": "x",', '   "e": 5,', '   "f": 6,',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "actual", "shown"),
    [
        ([], [], []),
        ([1], [1], []),
        ([1], [1, 1], [" [", "+  1,", "   1", " ]"]),
        ({}, {"a": 1}, ["-{}", "+{", '+  "a": 1', "+}"]),
        ("--a", "++a", ['-"--a"', '+"++a"']),
    ],
)
def test_small_ones(expected: object, actual: object, shown: list[str]) -> None:
    """What one is a part of the other, and what is equal."""
    assert diff(expected, actual) == shown


def test_a_long_one_is_cut() -> None:
    """At most two dozen lines, and how many more there are; a difference far below is found all the same."""
    long = list(range(100_000))
    assert diff(long, [*long[:90_000], "x", *long[90_001:]])[2:4] == ["-  90000,", '+  "x",']
    assert diff(long, [str(number) for number in long])[-1] == "… 3,975 more lines"
