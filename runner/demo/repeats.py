"""What has to be asked more than once: a route that fails at first, jobs that take their time, lists in pages.

Nothing here depends on a clock: a job is done when it has been asked for often enough. What each route answers is
listed in the head of `server`.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from runner.demo.messages import Call, Reply, Route, json_reply

#: How often a job is asked for until it is done, and how many jobs are remembered.
_ASKS, _MOST_JOBS = 3, 1_000
#: The list that is given out in pages.
_NUMBERS, _PAGE = range(1, 13), 5
_PAGES = -(-len(_NUMBERS) // _PAGE)
#: The most failures of one name, and the most names, that are counted.
_MOST_FAILURES, _MOST_NAMES = 100, 1_000


class Repeats:
    """The routes, and what they remember."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: Counter[str] = Counter()
        self._jobs: dict[str, int] = {}
        self._ids = itertools.count(1)

    def routes(self) -> list[Route]:
        pages = [Route("GET", f"/pages/{kind}", _pages(reply)) for kind, reply in _KINDS.items()]
        return [
            Route("*", "/flaky/{name}", self._flaky),
            Route("POST", "/jobs", self._start),
            Route("GET", "/jobs/{number}", self._job),
            *pages,
        ]

    def _flaky(self, call: Call, name: str) -> Reply:
        asked = dict(call.query)
        times, status = _number(asked.get("times"), 2), _number(asked.get("status"), 503)
        after = asked.get("after", "")
        if not (0 <= times <= _MOST_FAILURES and 400 <= status <= 599 and after.isascii() and after.isprintable()):
            return json_reply({"error": f"at most {_MOST_FAILURES} times, and a status from 400 to 599"}, 400)
        with self._lock:
            failed = self._failures.pop(f"{name}?{call.query_string}", 0)
            if failed < times and len(self._failures) < _MOST_NAMES:
                self._failures[f"{name}?{call.query_string}"] = failed + 1
        if failed == times:
            return json_reply({"attempt": failed + 1})
        headers = (("Retry-After", after),) if after else ()
        return json_reply({"error": "not now", "attempt": failed + 1}, status, *headers)

    def _start(self, call: Call) -> Reply:
        with self._lock:
            number = str(next(self._ids))
            self._jobs[number] = 0
            if len(self._jobs) > _MOST_JOBS:
                del self._jobs[next(iter(self._jobs))]
        return json_reply({"id": number, "state": "queued"}, 202, ("Location", f"/jobs/{number}"))

    def _job(self, call: Call, number: str) -> Reply:
        with self._lock:
            if number not in self._jobs:
                return json_reply({"error": f"no job {number}"}, 404)
            self._jobs[number] += 1
            done = self._jobs[number] >= _ASKS
        return json_reply({"id": number, "state": "done" if done else "running", "result": 42 if done else None})


#: Gives a page out of its number, its items, and the URL of the page after it, if there is one.
Page = Callable[[int, list[dict[str, int]], str | None], Reply]


def _pages(reply: Page) -> Callable[[Call], Reply]:
    def answer(call: Call) -> Reply:
        number = _number(dict(call.query).get("page"), 1)
        if not 1 <= number <= _PAGES:
            return json_reply({"error": f"pages go from 1 to {_PAGES}"}, 404)
        items = [{"n": n} for n in _NUMBERS[(number - 1) * _PAGE : number * _PAGE]]
        following = f"{call.origin}{call.path}?page={number + 1}" if number < _PAGES else None
        return reply(number, items, following)

    return answer


def _in_link(number: int, items: list[Any], following: str | None) -> Reply:
    """RFC 8288, as GitHub has it."""
    first = (following or "?page=0").rpartition("=")[0]
    links = [f'<{following}>; rel="next"'] if following else []
    return json_reply(items, 200, ("Link", ", ".join([*links, f'<{first}={_PAGES}>; rel="last"'])))


def _in_header(number: int, items: list[Any], following: str | None) -> Reply:
    return json_reply({"data": items}, 200, *((("Next-Page", following),) if following else ()))


def _in_body(number: int, items: list[Any], following: str | None) -> Reply:
    return json_reply({"items": items, "next": following})


def _counted(number: int, items: list[Any], following: str | None) -> Reply:
    return json_reply({"items": items, "page": number, "pages": _PAGES})


_KINDS: dict[str, Page] = {"link": _in_link, "header": _in_header, "body": _in_body, "number": _counted}


def _number(text: str | None, default: int) -> int:
    """A small number of the query; -1 for what is none."""
    if text is None:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
