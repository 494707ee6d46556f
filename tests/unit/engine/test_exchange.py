"""The response document: what each of its keys holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.exchange import (
    Exchange,
    Peer,
    Redirect,
    Request,
    Response,
    ResponseDocument,
    Token,
    charset,
    decode_text,
    parse_set_cookie,
)
from runner.language.model import RESPONSE_KEYS
from runner.language.values import equal


def document(response: Response, request: Request | None = None) -> ResponseDocument:
    return Exchange(request or Request("GET", "http://h"), response, 0.0614).view({"user": 1})


def test_every_key_of_the_document() -> None:
    """The document holds the exchange under the keys of the contract."""
    response = Response(
        201,
        "Created",
        (("Content-Type", "application/json"), ("X-A", "1"), ("x-a", "2")),
        b'{"id": 1}',
        "http://h/final",
        "HTTP/2",
        (Redirect(302, "http://h/first"),),
        ("a=1; Path=/; HttpOnly", "b=2; Max-Age=5"),
        Peer("10.0.0.1"),
    )
    request = Request("POST", "http://h/first", (("X-B", "3"),), b'{"n": 1.10}')
    assert document(response, request).complete() == {
        "status": 201,
        "reason": "Created",
        "headers": {"content-type": "application/json", "x-a": "1, 2"},
        "cookies": {"a": "1", "b": "2"},
        "set_cookies": [
            {"name": "a", "value": "1", "path": "/", "httponly": True},
            {"name": "b", "value": "2", "max_age": "5"},
        ],
        "body": {"id": 1},
        "text": '{"id": 1}',
        "bytes": b'{"id": 1}',
        "size": 9,
        "elapsed_ms": 61,
        "url": "http://h/final",
        "redirects": [{"status": 302, "url": "http://h/first"}],
        "http_version": "HTTP/2",
        "remote_ip": "10.0.0.1",
        "tls": None,
        "events": [],
        "request": {"method": "POST", "url": "http://h/first", "headers": {"x-b": "3"}, "body": {"n": 1.1}},
        "vars": {"user": 1},
    }
    assert set(document(response).complete()) == set(RESPONSE_KEYS)


def test_a_key_that_is_not_there() -> None:
    """Other keys are missing, as in any mapping."""
    with pytest.raises(KeyError):
        document(Response(200))["nope"]
    assert document(Response(200)).get("nope", 5) == 5


@pytest.mark.parametrize(
    ("content", "content_type", "body", "fault"),
    [
        (b'{"a": true}', "text/plain", {"a": True}, ""),
        (b" 5 ", "", 5, ""),
        (b"null", "application/json", None, ""),
        (b"", "application/json", None, "the body is empty"),
        (b" \n", "application/json", None, "the body is empty"),
        (b"<html>", "text/html", None, "body is not JSON: line 1, column 1: expecting value"),
        (b'{"a":\n x}', "application/json", None, "body is not JSON: line 2, column 2: expecting value"),
        (b"\xef\xbb\xbf{}", "application/json", {}, ""),
        (
            "é".encode("utf-16"),
            "application/json; charset=utf-16",
            None,
            "body is not JSON: line 1, column 1: expecting value",
        ),
        ('"é"'.encode("latin-1"), 'application/json; charset="ISO-8859-1"', "é", ""),
        ('{"a": "é"}'.encode("utf-16"), "application/json", {"a": "é"}, ""),
        (b"\xfe\xff" + "7".encode("utf-16-be"), "text/plain; charset=utf-8", 7, ""),
        (b"\xff\xfe", "application/json", None, "the body is empty"),
        (b"[" * 100_000, "application/json", None, "body is not JSON: it is nested too deep"),
        (b"[" * 250 + b"]" * 250, "application/json", None, "body is not JSON: it is nested too deep"),
        (b"NaN", "application/json", None, "body is not JSON: NaN is not JSON"),
    ],
)
def test_body_is_parsed_whenever_the_text_is_json(content: bytes, content_type: str, body: Any, fault: str) -> None:
    """Whatever the content type says; else `body` is null, and why is remembered."""
    found = document(Response(200, headers=(("Content-Type", content_type),), content=content))
    assert equal(found["body"], body)
    assert found.body_fault == fault


def test_many_values_are_not_many_levels() -> None:
    """A wide body of thousands of objects is parsed as it is."""
    assert len(document(Response(200, content=b"[" + b",".join([b'{"a":[1]}'] * 5_000) + b"]"))["body"]) == 5_000


@given(st.binary(max_size=60), st.text(max_size=30))
def test_any_bytes_make_a_document(content: bytes, content_type: str) -> None:
    """Whatever a server sends, every key can be read."""
    response = Response(200, headers=(("Content-Type", content_type),), content=content, set_cookies=(content_type,))
    assert set(document(response).complete()) == set(RESPONSE_KEYS)


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        (None, "utf-8"),
        ("text/html", "utf-8"),
        ("text/html; charset=latin-1", "iso8859-1"),
        ('text/html; a=b; CHARSET="UTF-16"', "utf-16"),
        ("text/html; charset=nobody-knows", "utf-8"),
        ("text/html; charset=", "utf-8"),
        ("text/html; charset=a\0b", "utf-8"),
    ],
)
def test_the_charset_of_a_content_type(content_type: str | None, name: str) -> None:
    """UTF-8 where none is named, or one that nobody knows."""
    assert charset(content_type) == name


@pytest.mark.parametrize(
    ("content_type", "text"), [("text/x; charset=hex", "\ufffd"), ("text/x; charset=rot13", "\ufffd"), ("", "\ufffd")]
)
def test_bytes_that_fit_no_charset(content_type: str, text: str) -> None:
    """What cannot be decoded becomes U+FFFD; codecs that are none for text are not used."""
    assert decode_text(b"\xff", content_type) == text


@pytest.mark.parametrize(
    ("header", "cookie"),
    [
        ("a=b", {"name": "a", "value": "b"}),
        ("a=b=c; Secure", {"name": "a", "value": "b=c", "secure": True}),
        ('a="b c"; SameSite=Lax;', {"name": "a", "value": "b c", "samesite": "Lax"}),
        ('a="b\\"\\054"', {"name": "a", "value": 'b",'}),
        ("a=", {"name": "a", "value": ""}),
        ("a", None),
        ("=b", None),
        ("", None),
    ],
)
def test_set_cookie_headers(header: str, cookie: Any) -> None:
    """A cookie with its attributes, or none."""
    assert parse_set_cookie(header) == cookie


def test_a_request_body_that_is_no_json_is_text() -> None:
    """`request.body` is parsed like `body`, and stays text where it is none; null without a body."""
    assert document(Response(200), Request("POST", "http://h", (), b"a=1"))["request"]["body"] == "a=1"
    assert document(Response(200))["request"]["body"] is None


def test_a_token_does_not_show_itself() -> None:
    """The repr of a token holds no value."""
    assert "sentinel" not in repr(Token("sentinel", 5.0))
