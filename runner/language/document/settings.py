"""Scalar settings: what each wants in words, and the function that reads its value or gives None.

Used when a file is read, and again when a template gives the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runner.language.document.words import YAML_11_BOOLEANS
from runner.language.values import duration, size


class SettingRule(NamedTuple):
    """A scalar setting: what it wants in words, and the function that gives its value or None."""

    wanted: str
    read: Callable[[Any], Any]


def read_timeout(value: Any) -> float | None:
    """A positive duration in seconds."""
    seconds = duration(value)
    return seconds if seconds else None


def read_redirects(value: Any) -> int | None:
    """How many redirects to follow."""
    if isinstance(value, bool):
        return 10 if value else 0
    return value if isinstance(value, int) and value >= 0 else None


def read_verify(value: Any) -> bool | str | None:
    """true, false or the path of a CA file."""
    if isinstance(value, str):
        return value if value and value.lower() not in YAML_11_BOOLEANS else None
    return value if isinstance(value, bool) else None


SETTINGS: Mapping[str, SettingRule] = {
    "timeout": SettingRule("a duration such as 500ms, 10s or 2m", read_timeout),
    "delay": SettingRule("a duration such as 500ms, 10s or 2m", duration),
    "follow_redirects": SettingRule("true, false or a number", read_redirects),
    "verify": SettingRule("true, false or a CA file", read_verify),
    "max_body": SettingRule("a size such as 10MB, or a number of bytes", size),
}
