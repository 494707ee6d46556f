"""The crew: how many flows are under way at once, who computes, what becomes of cookies and faults, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.engine.overlap import Together
from runner.runtime.crew import Crew, Work
from runner.runtime.transport import CookieJar

#: In seconds; a test that waits this long has failed.
DEADLINE = 20.0
URL = "http://h/"


class Run:
    """Flows that each wish for their own number; granting it means to wait at a gate of that number."""

    def __init__(self, count: int) -> None:
        self.lock = threading.Lock()
        self.jar = CookieJar()
        self.gates = [threading.Event() for _ in range(count)]
        self.moved = threading.Condition()
        self.here: set[int] = set()
        self.most = 0
        self.ended: list[int] = []
        self.computing = 0
        self.news = False
        self.wish = Together((self.flow(number) for number in range(count)), count, lambda: self.news)
        self.work = Work(self.wish, self.lock, self.grant, self.jar)

    def flow(self, number: int) -> Any:
        for _ in range(2):
            self.computing += 1
            assert self.computing == 1, "one flow computes at a time"
            self.computing -= 1
            yield number
        self.ended.append(number)

    def grant(self, number: int, jar: CookieJar) -> None:
        with self.moved:
            self.here.add(number)
            self.most = max(self.most, len(self.here))
            self.moved.notify_all()
        seen = "|".join(name for name, _ in jar.pairs(URL))
        jar.store(URL, [f"c{number}=1", f"seen={seen}"])
        assert self.gates[number].wait(DEADLINE)
        with self.moved:
            self.here.discard(number)
            self.moved.notify_all()

    def open(self, *numbers: int) -> None:
        for number in numbers or range(len(self.gates)):
            self.gates[number].set()

    def until(self, holds: Callable[[set[int]], bool]) -> None:
        with self.moved:
            assert self.moved.wait_for(lambda: holds(self.here), DEADLINE), self.here

    def wait(self) -> None:
        with self.lock:
            self.work.wait()


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_no_more_than_its_size(size: int) -> None:
    """As many flows are under way as the crew has hands, whoever asks for them, and all of them end."""
    crew, runs = Crew(size), [Run(5), Run(5)]
    for run in runs:
        crew.take_on(run.work)
        run.open()
    for run in runs:
        run.wait()
        assert sorted(run.ended) == [0, 1, 2, 3, 4]
        assert run.wish.is_over
    assert all(run.most <= size for run in runs)


def test_one_hand_takes_them_one_by_one() -> None:
    """A crew of one drives flows in their order, each to its end."""
    run = Run(4)
    run.open()
    Crew(1).take_on(run.work)
    run.wait()
    assert (run.ended, run.most) == ([0, 1, 2, 3], 1)


def test_flows_begin_when_a_hand_is_free() -> None:
    """A long run is not there all at once."""
    run = Run(5)
    Crew(2).take_on(run.work)
    run.until(lambda here: here == {0, 1})
    assert not run.wish.all_begun
    run.open(1)
    run.until(lambda here: here == {0, 2})
    run.open()
    run.wait()
    assert run.wish.is_over


def test_news_is_waited_for() -> None:
    """Whoever wished goes on as soon as there is news, though flows are under way."""
    run = Run(2)
    Crew(2).take_on(run.work)
    run.until(lambda here: here == {0, 1})
    run.news = True
    run.wait()
    assert run.ended == []
    run.news = False
    run.open()
    run.wait()
    assert sorted(run.ended) == [0, 1]


def test_cookies_are_kept_in_order_when_all_have_ended() -> None:
    """Each flow sees the cookies from before all of them and its own; afterwards the last flow's value counts."""
    run = Run(3)
    run.jar.store(URL, ["before=1"])
    Crew(3).take_on(run.work)
    run.until(lambda here: here == {0, 1, 2})
    run.open(2)
    run.until(lambda here: here == {0, 1})
    assert run.jar.header(URL) == "before=1"
    run.open()
    run.wait()
    cookies = dict(run.jar.pairs(URL))
    assert {"before", "c0", "c1", "c2", "seen"} == set(cookies)
    assert cookies["seen"] == "before|c2|seen"


def test_an_error_of_a_flow_is_raised_where_it_is_waited_for() -> None:
    """What is a fault of ours does not vanish with its thread."""

    def broken() -> Iterator[Any]:
        yield 0
        raise ZeroDivisionError("ours")

    run = Run(1)
    run.work = Work(Together(iter([broken()]), 1, lambda: False), run.lock, run.grant, run.jar)
    run.open()
    Crew(2).take_on(run.work)
    with pytest.raises(ZeroDivisionError, match="ours"):
        run.wait()


def test_what_is_left_goes_no_further() -> None:
    """When a work is left nobody begins, nobody goes on, and nobody waits; cookies of what had ended are kept."""
    run = Run(4)
    Crew(2).take_on(run.work)
    run.until(lambda here: here == {0, 1})
    run.open(0)
    run.until(lambda here: here == {1, 2})
    waiting = threading.Thread(target=run.wait, daemon=True)
    waiting.start()
    with run.lock:
        run.work.leave()
    waiting.join(DEADLINE)
    assert not waiting.is_alive()
    assert "c0=1" in str(run.jar.header(URL))
    run.open()
    run.until(lambda here: not here)
    with run.lock:
        assert (run.ended, run.wish.all_begun) == ([0], False)
        assert next(run.wish.begin() or iter(())) == 3


def test_nothing_to_do() -> None:
    """A wish without flows is granted at once."""
    run = Run(0)
    Crew(3).take_on(run.work)
    run.work.drive_one()
    run.wait()
    assert run.wish.is_over
