"""The plain corner: small routes for trying out one thing at a time, none of which needs a token of `entra`.

Its fixed credentials are in `credentials`. What each route answers is listed in the head of `server`.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from runner.demo.credentials import API_KEY, BASIC_PASSWORD, BASIC_USER, BEARER_TOKEN
from runner.demo.messages import BODILESS, REASONS, Call, Reply, Route, json_reply
from runner.demo.tokens import Claims, Mint, TokenRefused

#: The longest `/delay`, in milliseconds, and the longest chain of `/redirect`.
_LONGEST_DELAY, _LONGEST_CHAIN = 5_000, 50

_HTML = """<!doctype html>
<html lang="en"><head><title>Demo</title></head><body><h1>Hello, Ada</h1></body></html>
"""


class Corner:
    """The routes; `stopping` is set when the server stops, so that nothing waits for a delay."""

    def __init__(self, mint: Mint, stopping: threading.Event) -> None:
        self._mint = mint
        self._stopping = stopping

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/health", lambda call: json_reply({"status": "ok"})),
            Route("*", "/echo", _echo),
            Route("*", "/echo/{rest*}", _echo),
            Route("*", "/status/{code}", _status),
            Route("GET", "/cookies", lambda call: json_reply({"cookies": _cookies(call)})),
            Route("GET", "/cookies/set", _set_cookies),
            Route("GET", "/redirect/{count}", _redirect),
            Route("GET", "/delay/{milliseconds}", self._delay),
            Route("GET", "/basic", _basic),
            Route("GET", "/bearer", self._bearer),
            Route("POST", "/login", _login),
            Route("GET", "/key", _key),
            Route("GET", "/text", lambda call: _text("Hello, Ada\n", "text/plain; charset=utf-8")),
            Route("GET", "/html", lambda call: _text(_HTML, "text/html; charset=utf-8")),
            Route("GET", "/invalid-json", lambda call: _text('{"name": "Ada",}', "application/json")),
        ]

    def _delay(self, call: Call, milliseconds: str) -> Reply:
        wait = _number(milliseconds)
        if wait is None or wait > _LONGEST_DELAY:
            return _bad(f"a delay is 0 to {_LONGEST_DELAY} milliseconds")
        self._stopping.wait(wait / 1000)
        return json_reply({"delayed_ms": wait})

    def _bearer(self, call: Call) -> Reply:
        token = call.credentials("bearer")
        if token == BEARER_TOKEN:
            return json_reply({"authenticated": True, "claims": None})
        try:
            claims: Claims | None = self._mint.read(token) if token else None
        except TokenRefused:
            # RFC 6750 § 3.1: a token that was given and is no good has an error code of its own.
            return _unauthorized('Bearer realm="demo", error="invalid_token"')
        if claims is None:
            return _unauthorized('Bearer realm="demo"')
        return json_reply({"authenticated": True, "claims": claims})


def lost(call: Call) -> Reply:
    """The answer to a path that nobody has."""
    return json_reply({"error": f"nothing is at {call.path}"}, 404)


def refused(call: Call, allowed: str) -> Reply:
    """The answer to a method that a path does not take."""
    return json_reply({"error": f"{call.method} is not allowed here"}, 405, ("Allow", allowed))


def _echo(call: Call, rest: str = "") -> Reply:
    form = call.form
    return json_reply(
        {
            "method": call.method,
            "url": call.url,
            "path": call.path,
            "query": _gathered(call.query),
            "headers": dict(call.headers),
            "body": _parsed(call.body),
            "form": None if form is None else _gathered(form),
        }
    )


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Values by name; a name that comes more than once has the list of its values."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in lists.items()}


def _parsed(body: bytes) -> Any:
    """The body as JSON if it is JSON that can be written again (Python reads NaN too), else as text."""
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text) if text else None
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return text
    return value


def _status(call: Call, code: str) -> Reply:
    number = _number(code)
    if number is None or not 200 <= number <= 599:
        return _bad("a final status is 200 to 599")
    if number in BODILESS:
        return Reply(number)
    return json_reply({"status": number, "reason": REASONS.get(number, "")}, number)


def _cookies(call: Call) -> dict[str, str]:
    try:
        jar: SimpleCookie = SimpleCookie(call.headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _set_cookies(call: Call) -> Reply:
    # Encoded: a cookie may hold no control character, space, comma or semicolon (RFC 6265 § 4.1).
    pairs = ((quote(name, safe=""), quote(value, safe="")) for name, value in call.query)
    cookies = (("Set-Cookie", f"{name}={value}; Path=/; HttpOnly") for name, value in pairs)
    return Reply(302, b"", (("Location", "/cookies"), *cookies))


def _redirect(call: Call, count: str) -> Reply:
    left = _number(count)
    if left is None or left > _LONGEST_CHAIN:
        return _bad(f"a chain has 0 to {_LONGEST_CHAIN} redirects")
    if left == 0:
        return json_reply({"arrived": True})
    return Reply(302, b"", (("Location", f"/redirect/{left - 1}"),))


def _basic(call: Call) -> Reply:
    try:
        given = base64.b64decode(call.credentials("basic") or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    if given != f"{BASIC_USER}:{BASIC_PASSWORD}":
        return _unauthorized('Basic realm="demo", charset="UTF-8"')
    return json_reply({"authenticated": True, "user": BASIC_USER})


def _login(call: Call) -> Reply:
    """A login of its own kind, as many APIs have one: a name and a password for a token."""
    given = _parsed(call.body)
    if given != {"user": BASIC_USER, "password": BASIC_PASSWORD}:
        return json_reply({"error": "wrong user or password"}, 403)
    return json_reply({"token": BEARER_TOKEN, "valid_for": "10 minutes", "seconds": 600})


def _key(call: Call) -> Reply:
    places = {
        "header": call.headers.get("x-api-key"),
        "query": dict(call.query).get("api_key"),
        "cookie": _cookies(call).get("api_key"),
    }
    place = next((place for place, value in places.items() if value == API_KEY), None)
    if place is None:
        return _unauthorized('ApiKey realm="demo", name="X-Api-Key"')
    return json_reply({"authenticated": True, "in": place})


def _unauthorized(challenge: str) -> Reply:
    return json_reply({"error": "unauthorized"}, 401, ("WWW-Authenticate", challenge))


def _bad(message: str) -> Reply:
    return json_reply({"error": message}, 400)


def _text(text: str, content_type: str) -> Reply:
    return Reply(200, text.encode(), (("Content-Type", content_type),))


def _number(text: str) -> int | None:
    return int(text) if len(text) < 10 and text.isascii() and text.isdigit() else None
