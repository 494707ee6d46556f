"""Which steps run: those picked by name, line and tag, and what they capture from."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import NamedTuple

from runner.engine.plan.steps import Step
from runner.language.model import (
    Collection,
)


class Selection(NamedTuple):
    """What the command line picks. `names` are full names or globs, `lines` are (file, line); both unite."""

    names: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    tags: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()

    @property
    def picks(self) -> bool:
        return bool(self.names or self.lines or self.tags)


#: The selection of a command line that picks nothing: all requests.
EVERYTHING = Selection()


def select(steps: list[Step], collection: Collection, selection: Selection) -> set[str]:
    """Full names of the steps to run: those picked, and what they capture from."""
    allowed = [step for step in steps if not step.tags & selection.excluded]
    if not selection.picks:
        return {step.name for step in allowed}
    picked = [step for step in allowed if _picked(step, steps, collection, selection)]
    chosen = {step.name for step in picked}
    order = {step.name: number for number, step in enumerate(steps)}
    waiting = list(picked)
    while waiting:
        step = waiting.pop()
        for name in step.reads():
            source = _source(name, allowed, order, step)
            if source is not None and source.name not in chosen:
                chosen.add(source.name)
                waiting.append(source)
    return chosen


def _source(name: str, steps: list[Step], order: Mapping[str, int], reader: Step) -> Step | None:
    """The nearest request before `reader` that captures a name."""
    before = (step for step in steps if order[step.name] < order[reader.name])
    captures = [step for step in before if any(capture.name == name for capture in step.spec.captures)]
    return captures[-1] if captures else None


def _picked(step: Step, steps: list[Step], collection: Collection, selection: Selection) -> bool:
    if selection.tags and not step.tags & selection.tags:
        return False
    if not selection.names and not selection.lines:
        return True
    return any(_named(step, steps, name) for name in selection.names) or any(
        _same_file(collection.source.path, path) and _on_line(step, line) for path, line in selection.lines
    )


def _named(step: Step, steps: list[Step], name: str) -> bool:
    if step.name == name or step.name.startswith(name + " / "):
        return True
    if any(other.name == name or other.name.startswith(name + " / ") for other in steps):
        return False  # an exact name, but another one
    return fnmatch.fnmatchcase(step.name, name)


def _same_file(path: str, wanted: str) -> bool:
    wanted = wanted.removeprefix("./")
    return path == wanted or path.endswith("/" + wanted)


def _on_line(step: Step, line: int) -> bool:
    span = step.spec.span
    text = span.source.text[span.start : step.spec.end].rstrip()  # YAML ends it where the next one begins
    return span.line <= line <= span.line + text.count("\n")
