"""Bruno's scripts: JavaScript with chai, which is never run. What they mean is for a translator to say.

This is the one place where it is asked: `translated` gives what a script comes to, and what of it is left. Nothing is
translated so far; what is left stands as a comment beside its request, and is told as a loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.formats.bruno.nodes import Script
from runner.formats.draft import Comment

_NOTHING: Mapping[str, Any] = {}
_SETS = re.compile(r"bru\.set(?:Env|GlobalEnv|Collection|Request)?Var\(\s*(['\"`])(.*?)\1")


class Translation(NamedTuple):
    """What a script comes to, as parts of a request, and the code of which there is no translation."""

    rest: str = ""
    variables: Mapping[str, Any] = _NOTHING
    capture: Mapping[str, Any] = _NOTHING
    asserts: tuple[Any, ...] = ()


def translated(script: Script) -> Translation:
    """What a script means."""
    return Translation(script.code)


def names_set(script: Script) -> Iterator[str]:
    """The names of variables that a script gives a value."""
    return (match[2] for match in _SETS.finditer(script.code))


def comment(script: Script, rest: str) -> Comment:
    """The rest of a script at its place."""
    lines = rest.strip("\n").split("\n")
    return Comment("\n".join([f"Bruno's {script.phase} script, of which this has no translation:", *lines]))
