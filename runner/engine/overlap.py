"""`overlap`: which neighbouring steps may be under way at the same time, and the wish to have them so.

    steps ──runs──▶ (a, b, c) (d) (e, f) …      each run waits for the one before it

A step joins the run before it if it is safe and uses no capture of that run. Whatever else a step is, it runs alone.
This file knows no thread and runs nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any, NamedTuple

from runner.engine.plan import Step

#: RFC 9110 § 9.2.1, but for TRACE: these change nothing, so their order does not matter.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Together(NamedTuple):
    """The wish to run `number` flows at the same time. Answered with what they return, in their order.

    Each is started in turn and sees the cookies that were there before all of them; theirs are kept afterwards. Only
    one of them computes at a time: they share what they know.
    """

    flows: Iterator[Generator[Any, Any, Any]]
    number: int


def runs(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """Steps in their order, those together that may overlap. Takes no more from `steps` than one beyond a run."""
    run: list[Step] = []
    captured: set[str] = set()
    for step in steps:
        alone = not may_overlap(step)
        if run and (alone or captured & step.reads()):
            yield tuple(run)
            run, captured = [], set()
        if alone:
            yield (step,)
            continue
        run.append(step)
        captured.update(capture.name for capture in step.spec.captures)
    if run:
        yield tuple(run)


def may_overlap(step: Step) -> bool:
    """Whether a step changes nothing and waits for nothing; one that is skipped does not matter at all."""
    spec = step.spec
    if step.skip:
        return True
    method = spec.method or ("GET" if spec.body is None else "POST")
    return method in _SAFE and spec.delay is None and spec.poll is None
