"""The crew: how many flows are under way at once, in which order their events are told, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.engine.events import StepStarted
from runner.errors import Ended
from runner.runtime.crew import Crew, Work

#: In seconds; a test that waits this long has failed.
DEADLINE = 20.0


class Gates:
    """Flows that stop at a gate of their own, and how many were seen at their gates at once."""

    def __init__(self, count: int) -> None:
        self.gates = [threading.Event() for _ in range(count)]
        self.lock = threading.Lock()
        self.here: set[int] = set()
        self.most = 0
        self.moved = threading.Condition(self.lock)

    def flow(self, number: int) -> Any:
        yield StepStarted("c", f"{number} begins")
        with self.lock:
            self.here.add(number)
            self.most = max(self.most, len(self.here))
            self.moved.notify_all()
        assert self.gates[number].wait(DEADLINE)
        with self.lock:
            self.here.discard(number)
            self.moved.notify_all()
        yield StepStarted("c", f"{number} ends")
        return number

    def flows(self) -> Iterator[Any]:
        return (self.flow(number) for number in range(len(self.gates)))

    def until(self, holds: Callable[[set[int]], bool]) -> None:
        with self.lock:
            assert self.moved.wait_for(lambda: holds(self.here), DEADLINE), self.here


def drive(flow: Any) -> Any:
    value = yield from flow
    return value


def names(told: Any) -> tuple[list[str], list[Any]]:
    """All events of a work by name, and what its flows returned."""
    events = []
    while True:
        try:
            events.append(next(told).name)
        except StopIteration as done:
            return events, done.value


def test_events_are_told_flow_by_flow() -> None:
    """However flows end, their events come in the order of the flows, and so does what they return."""
    gates = Gates(3)
    crew = Crew(3, threading.Event())
    work = crew.take_on(gates.flows(), 3, drive)
    gates.until(lambda here: here == {0, 1, 2})
    for number in (2, 1, 0):
        gates.gates[number].set()
    events, values = names(work.told())
    assert events == [f"{number} {what}" for number in range(3) for what in ("begins", "ends")]
    assert values == [0, 1, 2]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_more_than_its_size(size: int) -> None:
    """As many flows are under way as the crew has hands, whoever asks for them."""
    first, second = Gates(4), Gates(4)
    crew = Crew(size, threading.Event())
    works = [crew.take_on(gates.flows(), 4, drive) for gates in (first, second)]
    for gate in (*first.gates, *second.gates):
        gate.set()
    assert [names(work.told())[1] for work in works] == [[0, 1, 2, 3]] * 2
    assert first.most <= size
    assert second.most <= size


def test_flows_are_made_when_they_begin() -> None:
    """A long run is not there all at once: the next flow is taken when a hand is free."""
    gates = Gates(5)
    made: list[int] = []

    def flows() -> Iterator[Any]:
        for number in range(5):
            made.append(number)
            yield gates.flow(number)

    crew = Crew(2, threading.Event())
    work = crew.take_on(flows(), 5, drive)
    gates.until(lambda here: len(here) == 2)
    assert made == [0, 1]
    for gate in gates.gates:
        gate.set()
    assert names(work.told())[1] == [0, 1, 2, 3, 4]


def test_an_error_of_a_flow_is_raised_where_it_is_waited_for() -> None:
    """What is a fault of ours does not vanish with its thread."""

    def broken() -> Any:
        yield StepStarted("c", "begins")
        raise ZeroDivisionError("ours")

    told = Crew(2, threading.Event()).take_on(iter([broken()]), 1, drive).told()
    assert next(told).name == "begins"
    with pytest.raises(ZeroDivisionError, match="ours"):
        next(told)


def test_the_run_ends() -> None:
    """When the run has ended nobody begins, nobody waits, and what was not told is there to be asked for."""
    ended = threading.Event()
    gates = Gates(3)
    crew = Crew(2, ended)
    work = crew.take_on(gates.flows(), 3, drive)
    gates.until(lambda here: here == {0, 1})
    told = work.told()
    assert next(told).name == "0 begins"
    ended.set()
    gates.gates[1].set()
    gates.until(lambda here: 1 not in here)
    with pytest.raises(Ended):
        names(told)
    first, second = work.left()
    assert first == ()
    assert second[0].name == "1 begins"
    gates.gates[0].set()


def test_a_flow_gives_up() -> None:
    """A flow that learns of the end stays under way; whoever waits for it learns of it, too."""
    ended = threading.Event()

    def giving_up() -> Any:
        yield StepStarted("c", "begins")
        assert ended.wait(DEADLINE)
        raise Ended

    told = Crew(1, ended).take_on(iter([giving_up()]), 1, drive).told()
    assert next(told).name == "begins"
    ended.set()
    with pytest.raises(Ended):
        next(told)


def test_nothing_to_do() -> None:
    """A work without flows is done at once."""
    work = Work(iter(()), drive, threading.Event())
    assert work.begin() is None
    assert names(work.told()) == ([], [])
