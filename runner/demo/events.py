"""Server-Sent Events: a stream of ticks, for `max_events`. What it answers is listed in the head of `server`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import count

from runner.demo.messages import Call, Reply, Route, json_reply

#: Milliseconds between two events: the default and the most.
_PAUSE, _LONGEST_PAUSE = 20, 5_000


class Events:
    """The routes; `stopping` is set when the server stops, so that no stream goes on."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def routes(self) -> list[Route]:
        return [Route("GET", "/events", self._events)]

    def _events(self, call: Call) -> Reply:
        given = dict(call.query)
        most, pause = _number(given.get("count", "0")), _number(given.get("pause", str(_PAUSE)))
        if most is None or pause is None or pause > _LONGEST_PAUSE:
            return json_reply({"error": f"count is a number, pause is 0 to {_LONGEST_PAUSE} milliseconds"}, 400)
        headers = (("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-store"))
        return Reply(200, b"", headers, self._ticks(most, pause / 1000))

    def _ticks(self, most: int, pause: float) -> Iterator[bytes]:
        """As many ticks as are wanted, 0 for no end, then a farewell."""
        yield b": welcome\nretry: 3000\n\n"
        for number in count(1) if most == 0 else range(1, most + 1):
            if self._stopping.wait(pause):
                return
            data = json.dumps({"number": number, "square": number * number})
            yield f"event: tick\nid: {number}\ndata: {data}\n\n".encode()
        yield b"data: that is all,\ndata: goodbye\n\n"


def _number(text: str) -> int | None:
    return int(text) if len(text) < 10 and text.isascii() and text.isdigit() else None
