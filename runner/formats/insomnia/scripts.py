"""Insomnia's scripts: JavaScript with chai, which is never run.

This is the one place where they are looked at. Nothing is translated so far: a script stands as a comment beside its
request or in its folder, and is told as a loss. A translator of them is to be asked here.
"""

from __future__ import annotations

from collections.abc import Iterable

from runner.formats.draft import Comment, Data
from runner.formats.insomnia.context import Context
from runner.formats.insomnia.nodes import Script


def put(scripts: Iterable[Script], made: Data, context: Context, place: str) -> None:
    """Puts scripts into the request or group that they belong to."""
    for script in scripts:
        made[_comment(script)] = None
        why = "scripts are not run, and this one is not translated"
        context.lose(place, f"a script: {script.phase}", why, "it is kept as a comment at its place")


def _comment(script: Script) -> Comment:
    lines = script.code.strip("\n").split("\n")
    return Comment("\n".join([f"Insomnia's {script.phase} script, of which this has no translation:", *lines]))
