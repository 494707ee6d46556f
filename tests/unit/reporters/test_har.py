"""HAR: entries, their times, cookies and bodies."""

from __future__ import annotations

import base64
import json
from typing import Any

from runner.engine.events import TokenFinished
from runner.engine.exchange import Exchange, Peer, Redirect, Request, Timing
from runner.engine.results import Outcome, TokenResult


def entries(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["log"]["entries"]
    return found


def test_an_entry(report: Any, made: Any) -> None:
    """Request, response, start and time of an exchange; the name of the request is the comment."""
    exchange = made.exchange_of(b'{"id":1}', sent=b'{"a":1}')
    (entry,) = entries(report("har", [made.passed("Make it", exchange)]))
    assert (entry["comment"], entry["_outcome"], entry["pageref"]) == ("Make it", "passed", "page_1")
    assert (entry["startedDateTime"], entry["time"]) == ("2023-11-14T22:13:20.250Z", 250.0)
    assert entry["timings"] == {"send": 0, "wait": 250.0, "receive": 0}
    assert entry["request"]["queryString"] == [{"name": "a", "value": "1"}]
    assert entry["request"]["postData"]["text"] == '{"a":1}'
    assert entry["response"]["content"] == {"size": 8, "mimeType": "application/json", "text": '{"id":1}'}


def test_earlier_exchanges_and_those_of_the_token(report: Any, made: Any) -> None:
    """What was refused before a token was renewed is there, and the token's exchange, in the order of the wire."""
    refused, token = made.exchange_of(b"no", "text/plain", 401), made.exchange_of(b'{"access_token": "***"}')
    events = made.events_of([made.passed()._replace(earlier=(refused,))])
    events.insert(2, TokenFinished(TokenResult("password", "POST", "u", Outcome.PASSED, 1, exchanges=(token,))))
    found = entries(report("har", events=events))
    assert [(entry["comment"], entry["response"]["status"]) for entry in found] == [
        ("token: password", 200),
        ("R", 401),
        ("R", 200),
    ]


def test_a_request_without_an_answer(report: Any, made: Any) -> None:
    """It has the status 0, as browsers write it, and the fault."""
    step = made.errored(unanswered=Request("PUT", "http://api.test/x"))._replace(elapsed=1.5)
    (entry,) = entries(report("har", [step]))
    assert (entry["response"]["status"], entry["response"]["_error"]) == (0, "connection refused")
    assert (entry["request"]["method"], entry["time"]) == ("PUT", 1500.0)


def test_bytes_are_base64(report: Any, made: Any) -> None:
    """What is no text is encoded and says so, in the request too."""
    body = bytes(range(256))
    exchange = made.exchange_of(body, "image/png", sent=body)
    (entry,) = entries(report("har", [made.passed(exchange=exchange)]))
    for place in (entry["response"]["content"], entry["request"]["postData"]):
        assert (base64.b64decode(place["text"]), place["encoding"]) == (body, "base64")


def test_cookies(report: Any, made: Any) -> None:
    """Cookies that were sent and that were set are listed, with their attributes."""
    request = Request("GET", "http://api.test/", (("Cookie", "a=1; b=x=y"),))
    exchange = made.exchange_of(request=request)
    response = exchange.response._replace(set_cookies=("s=1; Path=/; HttpOnly; Secure; SameSite=Lax",))
    (entry,) = entries(report("har", [made.passed(exchange=exchange._replace(response=response))]))
    assert entry["request"]["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "x=y"}]
    assert entry["response"]["cookies"] == [
        {"name": "s", "value": "1", "path": "/", "httpOnly": True, "secure": True, "sameSite": "Lax"}
    ]


def test_the_address_of_the_server(report: Any, made: Any) -> None:
    """It is named where it is known."""
    exchange = made.exchange_of()
    known = exchange._replace(response=exchange.response._replace(peer=Peer("::1")))
    first, second = entries(report("har", [made.passed(exchange=exchange), made.passed(exchange=known)]))
    assert "serverIPAddress" not in first
    assert second["serverIPAddress"] == "::1"


def test_redirects(report: Any, made: Any) -> None:
    """Redirects that were followed are named."""
    exchange = made.exchange_of()
    response = exchange.response._replace(redirects=(Redirect(302, "http://api.test/from"),))
    (entry,) = entries(report("har", [made.passed(exchange=exchange._replace(response=response))]))
    assert entry["_redirects"] == [{"status": 302, "url": "http://api.test/from"}]


def test_times_of_the_phases(report: Any, made: Any) -> None:
    """Where an exchange tells what its time went to, the phases add up to the time; TLS is a part of `connect`."""
    base = made.exchange_of()
    new = Exchange(base.request, base.response, 0.25, base.started, Timing(0.01, 0.02, 0.03, 0.001, 0.1, 0.05))
    kept = Exchange(base.request, base.response, 0.25, base.started, Timing(send=0.001, wait=0.2, receive=0.049))
    first, second = (
        entry["timings"] for entry in entries(report("har", [made.passed("A", new), made.passed("B", kept)]))
    )
    assert first == {
        "blocked": 39.0,
        "dns": 10.0,
        "connect": 50.0,
        "ssl": 30.0,
        "send": 1.0,
        "wait": 100.0,
        "receive": 50.0,
    }
    assert second == {"blocked": 0, "dns": -1, "connect": -1, "ssl": -1, "send": 1.0, "wait": 200.0, "receive": 49.0}
