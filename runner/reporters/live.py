"""The last row of a terminal: what is under way and since when, drawn by a thread and wiped before each line.

It tells what `Progress` knows at that moment and keeps nothing; a terminal that does not take it is left alone.
"""

from __future__ import annotations

import threading
from typing import TextIO

from runner.diagnostics import Styler, escape, fitting, width_of
from runner.reporters.style import Marks, terminal_width
from runner.reporters.words import duration_words, size_words
from runner.runtime.progress import Progress, UnderWay

_EACH = 0.1
_WIPE = "\r\x1b[2K"
#: In seconds: a request that takes longer is told with its time.
_SLOW = 1.0
#: Cells of the bar of a download.
_BAR = 20


class Live:
    """Draws the row every tenth of a second from `begin` to `end`; all that is written in between goes through it."""

    def __init__(self, stream: TextIO, styler: Styler, marks: Marks, progress: Progress) -> None:
        self._stream = stream
        self._styler = styler
        self._marks = marks
        self.progress = progress
        self._total = 0
        self._drawn = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw_often, name="runner-live", daemon=True)

    def begin(self, total: int) -> None:
        """Starts to draw; `total` requests are expected."""
        self._total = total
        self._thread.start()

    def end(self) -> None:
        """Stops to draw, and wipes the row."""
        self._over.set()
        self._thread.join()
        self.write("")

    def write(self, text: str) -> None:
        """Writes text above the row."""
        with self._lock:
            self._stream.write(_WIPE + text if self._drawn else text)
            self._stream.flush()
            self._drawn = False

    def _draw_often(self) -> None:
        while not self._over.wait(_EACH):
            with self._lock:
                # Longer than the terminal is wide it would wrap, and wiping takes only the last row.
                row = self.row(terminal_width(self._stream) - 1)
                if not row:
                    continue
                try:
                    self._stream.write(_WIPE + self._styler("progress", row))
                    self._stream.flush()
                except OSError:
                    return  # the terminal went away: whoever writes the next line is told
                self._drawn = True

    def row(self, width: int) -> str:
        """What is under way, in words; nothing if nothing is. A long name gives way to what stands behind it."""
        under_way = self.progress.under_way()
        if not under_way:
            return ""
        longest = under_way[0]
        since = f" {duration_words(float(int(longest.seconds)))}" if longest.seconds >= _SLOW else ""
        came = f"  {self._bar(longest)}" if longest.received else ""
        more = f", and {len(under_way) - 1} more" if len(under_way) > 1 else ""
        done = f"{self.progress.done}/{self._total}  " if self._total > 1 else ""
        head, tail = f"  {self._marks.running} {done}", f" {self._marks.ellipsis}{since}{came}{more}"
        name = fitting(escape(longest.name), max(0, width - width_of(head + tail)))
        return fitting(head + name + tail, width)

    def _bar(self, download: UnderWay) -> str:
        """How far a download has come: a bar where its size is known, and the sizes."""
        came = size_words(download.received)
        if not download.announced:
            return came
        part = min(1.0, download.received / download.announced)
        bar = self._marks.done * round(part * _BAR)
        return f"{bar:{self._marks.left}<{_BAR}} {part:>4.0%}  {came} of {size_words(download.announced)}"
