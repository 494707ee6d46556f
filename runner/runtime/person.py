"""Whoever sits at the terminal: shown what to do, sent to the browser, awaited when it comes back.

For grants that ask a person to sign in. Everything goes to standard error, so that what a command prints stays clean.
This file knows no OAuth: it shows lines, opens a page and hands back what came.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from runner.diagnostics import escape
from runner.engine.exchange import Ask, Listen, Redirected
from runner.errors import AuthError

#: Seconds between two looks at whether the run was interrupted.
_LOOK = 0.2
#: What is opened in a browser: it would also open files, run scripts and take flags.
_PAGES = ("http://", "https://")
_NO = ("", "0", "false")


class Person:
    """Shows lines on standard error and opens pages. `shown` masks secrets; `ended` says whether the run is over."""

    def __init__(self, shown: Callable[[str], str], ended: Callable[[], bool]) -> None:
        self._shown = shown
        self._ended = ended

    def ask(self, ask: Ask) -> None:
        """Shows what is to be done, and opens the page in a browser where there is one.

        Raises:
            AuthError: nobody is there to see it.
        """
        _expect_somebody()
        wipe = "\r\x1b[2K" if sys.stderr.isatty() else ""
        lines = [escape(self._shown(line)) for line in ask.lines]  # a server chose their words
        print(wipe + "\n".join(lines), file=sys.stderr, flush=True)
        if ask.url.lower().startswith(_PAGES) and _has_browser():
            threading.Thread(target=_open, args=(ask.url,), daemon=True).start()

    def listen(self, listen: Listen) -> Redirected:
        """Waits for the browser to come back to a loopback address.

        Raises:
            AuthError: nothing can listen there, nobody is there, or nobody came in time.
        """
        _expect_somebody()
        from runner.runtime.loopback import Answers, listening

        def first(answers: Answers) -> dict[str, str]:
            over = monotonic() + listen.seconds
            while monotonic() < over:
                if self._ended():
                    raise AuthError("the run ended before anybody signed in")
                try:
                    return answers.get(timeout=_LOOK)
                except queue.Empty:
                    continue
            raise AuthError(f"nobody signed in within {listen.seconds / 60:.0f} minutes", hint="run it again")

        with listening(listen) as (redirect_uri, answers):
            self.ask(listen.ask(redirect_uri))
            return Redirected(redirect_uri, first(answers))


def _expect_somebody() -> None:
    """A job of a CI system would wait in vain until the server's patience ends, unless a browser is arranged for it.

    Elsewhere somebody may read what goes into a pipe.

    Raises:
        AuthError: nobody is there.
    """
    in_ci = os.environ.get("CI", "").lower() not in _NO
    if in_ci and not os.environ.get("BROWSER") and not (sys.stdin and sys.stdin.isatty()):
        hint = "take a grant that asks nobody, such as client_credentials, or bring along a token that was kept on disk"
        raise AuthError("a person has to sign in, and nobody is there: CI is set, and there is no terminal", hint=hint)


def _has_browser() -> bool:
    """Whether there is a graphical browser: on a server `webbrowser` would start one in this very terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    """Opens a page from a process of its own: what a browser prints does not get into our output, nor our Ctrl-C to it.

    Python's `-I` keeps a file named `webbrowser.py` in the working folder out.
    """
    import subprocess

    nothing = subprocess.DEVNULL
    command = [sys.executable, "-I", "-m", "webbrowser", url]
    with suppress(OSError):  # no interpreter to start: the page was shown, too
        subprocess.run(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True, check=False)
