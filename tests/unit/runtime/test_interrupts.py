"""Ctrl-C reaches a run only where it waits, and teardown at the second time only."""

from __future__ import annotations

import signal

import pytest

from runner.runtime.interrupts import Interrupts


def test_a_signal_while_nobody_waits() -> None:
    """It is held back until somebody waits, and counted."""
    interrupts = Interrupts()
    interrupts.handler(2, None)
    assert interrupts.count == 1
    with pytest.raises(KeyboardInterrupt), interrupts.waiting():
        pytest.fail("the wait begins with the interrupt")
    with interrupts.waiting():
        pass


def test_a_signal_while_somebody_waits() -> None:
    """It is raised at once, and not again when the wait is over."""
    interrupts = Interrupts()
    with pytest.raises(KeyboardInterrupt), interrupts.waiting():
        interrupts.handler(2, None)
    interrupts.handler(2, None)
    assert interrupts.count == 2


def test_what_must_end() -> None:
    """The first signal is held back till it has; the second is raised."""
    interrupts = Interrupts()
    with interrupts.waiting(True):
        interrupts.handler(2, None)
    with pytest.raises(KeyboardInterrupt), interrupts.waiting(True):
        interrupts.handler(2, None)
    assert interrupts.count == 2


def test_after_the_first() -> None:
    """Once a run has been interrupted, the next signal is raised in what must end, too."""
    interrupts = Interrupts()
    with pytest.raises(KeyboardInterrupt), interrupts.waiting():
        interrupts.handler(2, None)
    with pytest.raises(KeyboardInterrupt), interrupts.waiting(True):
        interrupts.handler(2, None)


def test_listening() -> None:
    """Where nobody has made arrangements, Ctrl-C comes here, and goes back to where it was."""
    interrupts = Interrupts()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with interrupts.listening():
            assert signal.getsignal(signal.SIGINT) == interrupts.handler
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        own = signal.signal(signal.SIGINT, signal.SIG_IGN)
        assert own is signal.default_int_handler
        with interrupts.listening():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
