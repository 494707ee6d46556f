"""Which steps run: those picked by name, line and tag, and what they capture from."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from runner.diagnostics import Span
from runner.engine.plan.steps import Step


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


def select(steps: list[Step], selection: Selection) -> set[str]:
    """Full names of the steps to run: those picked, what they capture from, and with them setup and teardown."""
    allowed = [step for step in steps if not step.tags & selection.excluded]
    if not selection.picks:
        return {step.name for step in allowed} if any(not step.part for step in allowed) else set()
    matches = [picked_by(name, steps) for name in selection.names]
    picked = [step for step in allowed if _picked(step, matches, selection)]
    if not picked:
        return set()
    chosen = {step.name for step in (*picked, *(step for step in allowed if step.part))}
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


def _picked(step: Step, matches: list[Callable[[Step], bool]], selection: Selection) -> bool:
    if selection.tags and not step.tags & selection.tags:
        return False
    if not selection.names and not selection.lines:
        return True
    return any(match(step) for match in matches) or any(on_line(step, path, line) for path, line in selection.lines)


def picked_by(name: str, steps: Iterable[Step]) -> Callable[[Step], bool]:
    """Whether a step has a name: that of a request or group where one has it exactly, else by glob."""

    def exactly(step: Step) -> bool:
        return step.name == name or step.name.startswith(name + " / ")

    if any(map(exactly, steps)):
        return exactly
    return lambda step: fnmatch.fnmatchcase(step.name, name)


def on_line(step: Step, path: str, line: int) -> bool:
    """Whether a line is one of a step's own, or that of the `include` which brings it in."""
    text = step.spec.span.source.text[step.spec.span.start : step.spec.end].rstrip()  # YAML ends it at the next one
    own = range(step.spec.span.line, step.spec.span.line + text.count("\n") + 1)
    if _same_file(step.spec.span, path) and line in own:
        return True
    includes = (group.include.span for group in step.groups if group.include is not None)
    return any(_same_file(span, path) and span.line == line for span in includes)


def unmatched(steps: Iterable[Step], selection: Selection) -> Iterator[str]:
    """The words of a selection that no step answers to."""
    known = list(steps)
    yield from (name for name in selection.names if not any(map(picked_by(name, known), known)))
    for path, line in selection.lines:
        if not any(on_line(step, path, line) for step in known):
            yield f"{path}:{line}"


def _same_file(span: Span, wanted: str) -> bool:
    path, wanted = span.source.path, wanted.removeprefix("./")
    return path == wanted or path.endswith("/" + wanted)
