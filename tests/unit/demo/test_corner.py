"""The plain corner: what each route answers."""

from __future__ import annotations

import pytest

from runner.demo.credentials import API_KEY, BEARER_TOKEN


def test_health(client):
    """The server says that it is there."""
    assert client.ask("GET", "/health").body == {"status": "ok"}


def test_echo_of_a_query(client, server):
    """Echo shows method, URL, raw path, query and lower-case headers; a repeated name is a list."""
    body = client.ask("GET", "/echo/a%2Fb?x=1&y=2&y=3&z=", headers={"X-One": "Two"}).body
    assert body["method"] == "GET"
    assert body["url"] == f"{server.url}/echo/a%2Fb?x=1&y=2&y=3&z="
    assert body["path"] == "/echo/a%2Fb"
    assert body["query"] == {"x": "1", "y": ["2", "3"], "z": ""}
    assert body["headers"]["x-one"] == "Two"
    assert body["body"] is None
    assert body["form"] is None


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"n": 1}', {"n": 1}),
        (b"null", None),
        (b"plain \xc3\xa9", "plain é"),
        (b'"\\ud800"', "\ud800"),
        (b"NaN", "NaN"),
        (b"1e999", "1e999"),
        (b"[" * 100_000, "[" * 100_000),
        (b"\xff", "\ufffd"),
    ],
)
def test_echo_of_a_body(client, body, shown):
    """A body is shown as JSON when it is JSON, else as text, whatever bytes it has."""
    assert client.ask("POST", "/echo", body=body).body["body"] == shown


def test_echo_of_a_form(client):
    """The fields of a form are taken apart."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = client.ask("POST", "/echo", headers=headers, body=b"a=1+2&b=%26&b=").body
    assert body["form"] == {"a": "1 2", "b": ["&", ""]}
    assert body["body"] == "a=1+2&b=%26&b="


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_echo_takes_any_method(client, method):
    """Echo answers whatever the method is."""
    assert client.ask(method, "/echo").body["method"] == method


@pytest.mark.parametrize("status", [200, 201, 299, 302, 404, 418, 503, 599])
def test_status(client, status):
    """The status asked for comes back."""
    answer = client.ask("GET", f"/status/{status}")
    assert (answer.status, answer.body["status"]) == (status, status)


@pytest.mark.parametrize("status", [204, 304])
def test_status_without_a_body(client, status):
    """204 and 304 have no body, and the connection goes on."""
    answer = client.ask("GET", f"/status/{status}")
    assert (answer.status, answer.content) == (status, b"")
    assert client.ask("GET", "/health").status == 200


@pytest.mark.parametrize("path", ["/status/100", "/status/600", "/status/x", "/delay/5001", "/delay/-1",
                                  "/delay/9999999999", "/redirect/51"])  # fmt: skip
def test_bounds(client, path):
    """Numbers out of bounds are a 400."""
    assert client.ask("GET", path).status == 400


def test_cookies(client):
    """Cookies are set, encoded, on the way to /cookies, which shows what came."""
    answer = client.ask("GET", "/cookies/set?a=1&b=x%0d%0ay%3B")
    assert (answer.status, answer.headers["Location"]) == (302, "/cookies")
    assert answer.headers.get_all("Set-Cookie") == [
        "a=1; Path=/; HttpOnly",
        "b=x%0D%0Ay%3B; Path=/; HttpOnly",
    ]
    assert client.ask("GET", "/cookies", headers={"Cookie": "a=1; b=2"}).body == {"cookies": {"a": "1", "b": "2"}}
    assert client.ask("GET", "/cookies").body == {"cookies": {}}


def test_redirects(client):
    """A redirect counts down to an answer."""
    answer = client.ask("GET", "/redirect/2")
    assert (answer.status, answer.headers["Location"]) == (302, "/redirect/1")
    assert client.ask("GET", "/redirect/0").body == {"arrived": True}


def test_delay(client):
    """A delay says how long it was."""
    assert client.ask("GET", "/delay/1").body == {"delayed_ms": 1}


@pytest.mark.parametrize(("pair", "status"), [("ada:lovelace-1815", 200), ("ada:wrong", 401), ("", 401)])
def test_basic(client, pair, status):
    """One user with one password is let in; all others are challenged."""
    answer = client.ask("GET", "/basic", basic=pair)
    assert answer.status == status
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_bearer(client):
    """The fixed token and tokens of the token endpoint are let in, whatever their audience."""
    assert client.ask("GET", "/bearer", token=BEARER_TOKEN).body == {"authenticated": True, "claims": None}
    token = client.token(scope="api://demo/.default")
    assert client.ask("GET", "/bearer", token=token).body["claims"]["aud"] == "api://demo"


def test_bearer_refused(client):
    """No token is challenged; a bad one is told so (RFC 6750 § 3.1)."""
    assert client.ask("GET", "/bearer").headers["WWW-Authenticate"] == 'Bearer realm="demo"'
    assert "invalid_token" in client.ask("GET", "/bearer", token="x").headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("path", "headers", "place"),
    [
        ("/key", {"X-Api-Key": API_KEY}, "header"),
        (f"/key?api_key={API_KEY}", {}, "query"),
        ("/key", {"Cookie": f"api_key={API_KEY}"}, "cookie"),
    ],
)
def test_key(client, path, headers, place):
    """The key is taken from a header, the query or a cookie."""
    assert client.ask("GET", path, headers=headers).body == {"authenticated": True, "in": place}


def test_wrong_key(client):
    """A wrong key is a 401."""
    assert client.ask("GET", "/key?api_key=x").status == 401


@pytest.mark.parametrize(
    ("path", "content_type", "start"),
    [
        ("/text", "text/plain; charset=utf-8", b"Hello"),
        ("/html", "text/html; charset=utf-8", b"<!doctype html>"),
        ("/invalid-json", "application/json", b'{"name"'),
    ],
)
def test_other_bodies(client, path, content_type, start):
    """There is text, HTML, and JSON that is none."""
    answer = client.ask("GET", path)
    assert answer.headers["Content-Type"] == content_type
    assert answer.content.startswith(start)
    with pytest.raises(ValueError, match=r"Expecting|Illegal"):
        answer.body  # noqa: B018


def test_nothing_there(client):
    """An unknown path is a 404 that names it, a wrong method a 405 that names the good one."""
    assert client.ask("GET", "/nothing").body == {"error": "nothing is at /nothing"}
    answer = client.ask("POST", "/health", body={})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")
