"""A small store, for trying out what makes something, uses it and takes it away again. No token needed."""

from __future__ import annotations

import itertools
import json
import threading
from typing import Any

from runner.demo.messages import Call, Reply, Route, json_reply

#: A server that runs for days keeps so many things, and forgets the oldest.
_MOST = 1_000


class Things:
    """The routes, and what was made; ids count from 1 and are not used again."""

    def __init__(self) -> None:
        self._kept: dict[int, dict[str, Any]] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/things", self._make),
            Route("GET", "/things/{number}", self._read),
            Route("DELETE", "/things/{number}", self._delete),
        ]

    def _make(self, call: Call) -> Reply:
        try:
            given = json.loads(call.body)
            json.dumps(given, allow_nan=False)  # Python reads numbers that JSON cannot write
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            return json_reply({"error": "a thing is a JSON object"}, 400)
        with self._lock:
            made = {**given, "id": next(self._ids)}
            self._kept[made["id"]] = made
            if len(self._kept) > _MOST:
                del self._kept[next(iter(self._kept))]
        return json_reply(made, 201)

    def _read(self, call: Call, number: str) -> Reply:
        thing = self._kept.get(_id(number))
        return _unknown(number) if thing is None else json_reply(thing)

    def _delete(self, call: Call, number: str) -> Reply:
        with self._lock:
            thing = self._kept.pop(_id(number), None)
        return _unknown(number) if thing is None else Reply(204)


def _id(number: str) -> int:
    return int(number) if len(number) < 10 and number.isascii() and number.isdigit() else 0


def _unknown(number: str) -> Reply:
    return json_reply({"error": f"there is no thing {number}"}, 404)
