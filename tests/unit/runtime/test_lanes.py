"""Flows on threads: told in order, and taken over after Ctrl-C. The flows are written by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from runner.engine.events import CollectionFinished, StepStarted
from runner.engine.exchange import Request, Send
from runner.engine.plan import Iterations, Plan
from runner.engine.results import CollectionResult
from runner.runtime.lanes import Drive, Lane, Schedule, SideBySide, at_ease

#: In seconds; a test that waits this long has failed.
DEADLINE = 20.0


def started(name: str, *, must_end: bool = False) -> StepStarted:
    return StepStarted("c", name, must_end)


def send(name: str) -> Send:
    return Send(Request("GET", f"http://h/{name}"))


def flow(*names: str, said: list[str]) -> Generator[Any, Any, None]:
    """Sends each name, and tells what came of it; those that end in `!` must end."""
    for name in names:
        yield started(name, must_end=name.endswith("!"))
        try:
            said.append(f"{name}: {(yield send(name))}")
        except KeyboardInterrupt:
            said.append(f"{name}: cut short")
        yield CollectionFinished(CollectionResult(name, ""))


class Server:
    """Answers what it is asked; what is in `held` only when it is let go."""

    def __init__(self, *held: str) -> None:
        self.held = {name: threading.Event() for name in held}
        self.asked: dict[str, threading.Event] = {name: threading.Event() for name in held}

    def __call__(self, wish: Any, jar: Any) -> str:
        name = wish.request.url.rpartition("/")[2]
        if name in self.held:
            self.asked[name].set()
            assert self.held[name].wait(DEADLINE)
        return "answered"


def drive(said: list[str], *names: str, server: Any = None, interrupted: Callable[[], None] = lambda: None) -> Drive:
    return Drive(flow(*names, said=said), server or Server(), lambda event: event, interrupted)


def names(events: Iterator[Any]) -> list[str]:
    return [event.name if isinstance(event, StepStarted) else f"{event.result.name} done" for event in events]


def test_one_at_a_time() -> None:
    """A drive gives a flow's events and grants its wishes."""
    said: list[str] = []
    one = drive(said, "a", "b")
    assert names(one.events(one.hold(), at_ease)) == ["a", "a done", "b", "b done"]
    assert (said, one.done) == (["a: answered", "b: answered"], True)


def test_interrupted_in_the_calling_thread() -> None:
    """An interrupt while a wish is granted goes into the flow, which goes on as it likes."""
    said: list[str] = []

    def server(wish: Any, jar: Any) -> str:
        if wish.request.url.endswith("/a"):
            raise KeyboardInterrupt
        return "answered"

    came: list[int] = []
    one = drive(said, "a", "b", server=server, interrupted=lambda: came.append(1))
    assert names(one.events(one.hold(), at_ease)) == ["a", "a done", "b", "b done"]
    assert (said, came) == (["a: cut short", "b: answered"], [1])


def on_a_worker(lane: Lane) -> threading.Thread:
    thread = threading.Thread(target=lane.run, daemon=True)
    thread.start()
    return thread


def test_taken_over() -> None:
    """Who takes over what waits for a server goes on at once; the worker's answer comes to nothing."""
    said: list[str] = []
    server = Server("b")
    lane = Lane(drive(said, "a", "b", "c", server=server))
    worker = on_a_worker(lane)
    assert server.asked["b"].wait(DEADLINE)
    lane.take(even_teardown=False)
    assert names(lane.events(at_ease)) == ["a", "a done", "b", "b done", "c", "c done"]
    assert said == ["a: answered", "b: cut short", "c: answered"]
    server.held["b"].set()
    worker.join(DEADLINE)
    assert not worker.is_alive()
    assert len(said) == 3
    assert lane.finished


def test_teardown_is_left_to_its_worker() -> None:
    """What must end is not taken over the first time, and the worker tells its end; the second time it is."""
    said: list[str] = []
    server = Server("b!")
    lane = Lane(drive(said, "a", "b!", server=server))
    on_a_worker(lane)
    assert server.asked["b!"].wait(DEADLINE)
    lane.take(even_teardown=False)
    server.held["b!"].set()
    assert names(lane.events(at_ease)) == ["a", "a done", "b!", "b! done"]
    assert said == ["a: answered", "b!: answered"]

    said = []
    server = Server("b!")
    lane = Lane(drive(said, "b!", server=server))
    worker = on_a_worker(lane)
    assert server.asked["b!"].wait(DEADLINE)
    lane.take(even_teardown=True)
    assert names(lane.events(at_ease)) == ["b!", "b! done"]
    assert said == ["b!: cut short"]
    server.held["b!"].set()
    worker.join(DEADLINE)


def test_taken_before_it_began() -> None:
    """A worker that comes late to a lane that was taken over does nothing."""
    said: list[str] = []
    lane = Lane(drive(said, "a"))
    lane.take(even_teardown=False)
    lane.run()
    assert said == []
    assert names(lane.events(at_ease)) == ["a", "a done"]


def test_a_fault_of_ours_comes_out() -> None:
    """What a flow raises on a worker is raised in the calling thread."""

    def broken() -> Generator[Any, Any, None]:
        yield started("a")
        raise ZeroDivisionError

    lane = Lane(Drive(broken(), Server(), lambda event: event, lambda: None))
    lane.run()
    with pytest.raises(ZeroDivisionError):
        list(lane.events(at_ease))


def test_side_by_side_in_order() -> None:
    """Lanes come in their order, however the threads are faster or slower."""
    said: list[str] = []
    server = Server("a")
    waiting = [drive(said, "c"), drive(said, "b"), drive(said, "a", server=server)]
    pool = SideBySide(lambda: waiting.pop() if waiting else None, 2)
    told: list[str] = []
    while (lane := pool.current(at_ease)) is not None:
        if not told:
            assert server.asked["a"].wait(DEADLINE)
            server.held["a"].set()
        told += names(lane.events(at_ease))
        pool.told()
    assert told == ["a", "a done", "b", "b done", "c", "c done"]


def test_stopped() -> None:
    """When it is stopped nothing more begins, what is under way is taken over, and nobody waits for the workers."""
    said: list[str] = []
    server = Server("a", "b")
    waiting = [drive(said, "c"), drive(said, "b", server=server), drive(said, "a", server=server)]
    pool = SideBySide(lambda: waiting.pop() if waiting else None, 2)
    for asked in server.asked.values():
        assert asked.wait(DEADLINE)
    pool.stop(even_teardown=False)
    told: list[str] = []
    while (lane := pool.current(at_ease)) is not None:
        told += names(lane.events(at_ease))
        pool.told()
    assert told == ["a", "a done", "b", "b done"]
    assert said == ["a: cut short", "b: cut short"]
    for held in server.held.values():
        held.set()


def test_a_fault_at_the_start_comes_out() -> None:
    """What goes wrong when a drive is made is raised in the calling thread."""

    def broken() -> Drive:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        SideBySide(broken, 1).current(at_ease)


def test_how_far_workers_are_ahead() -> None:
    """A thousand runs do not pile up while the first one is not told."""
    made: list[int] = []
    enough = threading.Event()

    def make() -> Drive | None:
        made.append(1)
        if len(made) >= 16:
            enough.set()
        return drive([], "a") if len(made) <= 1_000 else None

    pool = SideBySide(make, 1)
    assert enough.wait(DEADLINE)
    assert len(made) == 16
    count = 0
    while (lane := pool.current(at_ease)) is not None:
        list(lane.events(at_ease))
        pool.told()
        count += 1
    assert count == 1_000


# --- schedule ------------------------------------------------------------------------------------------------------


def test_schedule(plan: Callable[..., Plan]) -> None:
    """Every run of every plan in order; what has not begun comes as one run for each collection."""
    text = "name: %s\nrequests: [{name: A, url: http://h}]"
    first = plan(text % "one", iterations=Iterations(None, 3))
    second = plan(text % "two")
    third = plan(text % "three", iterations=Iterations(None, 2))
    schedule = Schedule([first, second, third])
    begun = [schedule.next(), schedule.next()]
    assert [run[1].title(run[0].collection.name) for run in begun if run] == ["one [0]", "one [1]"]
    left = [iteration.title(one.collection.name) for one, iteration in schedule.rest()]
    assert left == ["one [2]", "two", "three [0…1]"]
    while schedule.next() is not None:
        pass
    assert list(schedule.rest()) == []
