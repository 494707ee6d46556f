"""`overlap`: which neighbouring steps may be under way at the same time, and the wish to have flows so.

    steps ──run_at──▶ (a, b, c) (d) (e, f) …      each run waits for the one before it

A step joins the run before it if it is safe and uses no capture of that run; the rows of a request are a run, too.
Whatever else a step is, it runs alone. This file knows no thread and runs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

from runner.engine.plan import Step

Flow = Generator[Any, Any, Any]

#: RFC 9110 § 9.2.1, but for TRACE: these change nothing, so their order does not matter.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Together:
    """The wish to have flows under way at the same time; they yield wishes, and no events.

    It is granted, with None, as soon as there is news, and wished again until all flows have ended. Flows are begun
    one by one, in their order; `number` is how many there are at most. Each sees the cookies that were there before all
    of them; theirs are kept when all have ended. Only one of them computes at a time, and not beside whoever wished for
    it: they share what they know.
    """

    __slots__ = ("_flows", "_has_news", "_under_way", "all_begun", "number")

    def __init__(self, flows: Iterator[Flow], number: int, has_news: Callable[[], bool]) -> None:
        self._flows = flows
        self._has_news = has_news
        self._under_way = 0
        self.number = number
        self.all_begun = False

    def begin(self) -> Flow | None:
        """The next flow; None when there is none."""
        flow = next(self._flows, None)
        if flow is None:
            self.all_begun = True
        else:
            self._under_way += 1
        return flow

    def end(self) -> None:
        """One of the flows has ended."""
        self._under_way -= 1

    @property
    def is_over(self) -> bool:
        """Whether all flows have ended."""
        return self.all_begun and not self._under_way

    @property
    def is_ready(self) -> bool:
        """Whether whoever wished for it can go on."""
        return self.is_over or self._has_news()


def run_at(steps: Sequence[Step], begin: int, depth: int) -> int:
    """Where the run ends that begins at a step, `depth` loops around it; `begin` itself if that step runs alone."""
    end = begin
    captured: set[str] = set()
    while end < len(steps) and may_overlap(steps[end], depth) and not captured & steps[end].reads():
        captured.update(capture.name for capture in steps[end].spec.captures)
        end += 1
    is_one_request = end - begin == 1 and len(steps[begin].loops) == depth
    return begin if is_one_request else end


def may_overlap(step: Step, depth: int) -> bool:
    """Whether a step changes nothing and waits for nothing; one that is skipped does not matter at all.

    Within a loop of a group its rows come one after the other, and so do setup and teardown.
    """
    inner = step.loops[depth:]
    if step.part or len(inner) > 1 or any(loop.of_group for loop in inner):
        return False
    spec = step.spec
    method = spec.method or ("GET" if spec.body is None else "POST")
    return bool(step.skip) or (method in _SAFE and spec.delay is None and spec.poll is None)
