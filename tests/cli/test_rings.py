"""Nothing of a request stays in memory in a ring of objects, where only a search for garbage would find it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import runner
from runner.demo import DemoServer

Write = Callable[[str, str], Path]

#: What goes differently ways through the engine and the transport; each is sent for every row.
REQUESTS = {
    "a get": "url: /echo",
    "a post": 'url: /echo, json: {a: "{{item}}"}, assert: [body.body.a: 7], capture: {a: body.body.a}',
    "a failure": 'url: /echo, assert: [status: 201, "length(body.query.*[?@]) == `1`"]',
    "a redirect": "url: /redirect/2",
    "cookies": "url: /cookies/set",
    "not found": "url: /nothing",
    "too late": "url: /delay/2000, timeout: 20ms",
    "too large": "url: /echo, max_body: 10",
    "tried again": "url: /status/503, retry: {attempts: 2, delay: 1ms}",
    "pages": "url: /pages/links, paginate: {items: body.items, next: body.next}",
    "a token": "url: /v1.0/users, auth: {type: oauth2, token_url: '{{api}}/t/oauth2/v2.0/token', client_id: a, client_secret: b}",
    "nobody listens": 'url: "http://127.0.0.1:1/"',
    "cannot be built": 'url: "/{{jwt(item)}}"',
    "a body that is no JSON": "url: /invalid-json, assert: [body.a: 1]",
    "events": "url: /events, max_events: 2",
    "digest": "url: /echo, auth: {type: digest, username: a, password: b}",
}

#: Without an answer: contextlib of Python 3.13 puts the exception into a ring with its frames; there is no body in it.
UNANSWERED = {"too late", "nobody listens"} if sys.version_info >= (3, 13) else set()


class Everything:
    """A listener that wants all and keeps nothing."""

    wants_exchanges = True

    def __call__(self, event: runner.Event) -> None:
        pass


@pytest.mark.parametrize("name", sorted(REQUESTS.keys() - UNANSWERED))
def test_no_ring_for_each_request(server: DemoServer, write: Write, name: str) -> None:
    """What a run leaves to be searched for does not grow with its requests: bodies go as soon as they are judged."""

    def left(count: int) -> int:
        rows = ", ".join(f"r{number}" for number in range(count))
        text = f"requests: [{{name: R, for_each: [{rows}], {REQUESTS[name]}}}]\n"
        path = write("rings.yaml", f"base_url: {server.url}\nvariables: {{api: {server.url}}}\n{text}")
        gc.collect()
        gc.disable()
        try:
            result = runner.run([str(path)], listeners=[Everything()])
            assert len(result.steps) == count
            return gc.collect()
        finally:
            gc.enable()

    left(1)
    few = left(2)
    assert left(12) - few < 20  # a result and a fault each, which the run itself holds
