"""What goes on the wire and where redirects lead, with plain values and no I/O."""

from __future__ import annotations

import pytest

from runner.engine.exchange import Request
from runner.errors import TransportError
from runner.runtime.transport.wire import Address, complete_headers, follow, locate, same_origin


@pytest.mark.parametrize(
    ("url", "address", "target"),
    [
        ("http://Example.COM", Address("http", "example.com", 80, "example.com"), "/"),
        ("HTTPS://a:443?x", Address("https", "a", 443, "a"), "/?x"),
        ("https://a:80/", Address("https", "a", 80, "a:80"), "/"),
        ("http://a:/b", Address("http", "a", 80, "a"), "/b"),
        ("http://[::1]:8080/#x", Address("http", "[::1]", 8080, "[::1]:8080"), "/"),
        (
            "http://bücher.example/ö x",
            Address("http", "xn--bcher-kva.example", 80, "xn--bcher-kva.example"),
            None,
        ),
        ("http://under_score.a./%zz", Address("http", "under_score.a.", 80, "under_score.a."), "/%zz"),
    ],
)
def test_locate(url: str, address: Address, target: str | None) -> None:
    """Host and scheme fold case, usual ports go, the target stays; only what may not travel is encoded."""
    assert locate(url) == (address, "/%C3%B6%20x" if target is None else target)


@pytest.mark.parametrize(
    "url",
    ["", "a/b", "http:/a", "http://?x", "http://a b/", "http://a..b/", "http://a:0/", "http://[1::2", "//a/"],
)
def test_bad_urls_are_named(url: str) -> None:
    """A URL that leads nowhere is an error that shows it."""
    with pytest.raises(TransportError) as caught:
        locate(url)
    assert caught.value.kind == "url"
    assert f"'{url}'" in caught.value.message


@pytest.mark.parametrize(
    ("first", "other", "same"),
    [
        ("http://a/x", "http://A:80/y", True),
        ("http://a", "https://a", True),
        ("https://a", "http://a", False),
        ("http://a:8080", "https://a", False),
        ("http://a", "https://a:8443", False),
        ("http://a", "http://b.a", False),
        ("http://a", "http://a:81", False),
    ],
)
def test_same_origin(first: str, other: str, same: bool) -> None:
    """Scheme, host and port decide, and http:80 may become the https:443 of the same host."""
    assert same_origin(locate(first)[0], locate(other)[0]) is same


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (302, "PUT", "PUT"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "DELETE", "DELETE"),
    ],
)
def test_method_after_a_redirect(status: int, method: str, expected: str) -> None:
    """RFC 9110 § 15.4: the body goes exactly where the method stays."""
    request = Request(method, "http://a/", (("Content-Type", "x/y"), ("X", "1")), b"body")
    after = follow(request, request, status, "/b")
    assert (after.method, after.url) == (expected, "http://a/b")
    kept = expected == method
    assert after.body == (b"body" if kept else None)
    assert (after.header("content-type") is not None) is kept
    assert after.header("x") == "1"


def test_https_upgrade_keeps_credentials() -> None:
    """http to https of one host is the same origin; the way down to http is not."""
    own = (("Authorization", "x"), ("Host", "v.example"))
    up = Request("GET", "http://a/", own)
    assert follow(up, up, 302, "https://a/").headers == own
    down = Request("GET", "https://a/", own)
    assert follow(down, down, 302, "http://a/").headers == ()


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("http://b/?k=1&x=%2F&%6B=2&y", "http://b/?x=%2F&y"),
        ("http://b/?k=1", "http://b/"),
        ("http://b/?k=1#f?k=1", "http://b/#f?k=1"),
        ("http://b/?kk=1", "http://b/?kk=1"),
        ("/?k=1", "http://a/?k=1"),
    ],
)
def test_secret_query_entries_stay(location: str, url: str) -> None:
    """Entries of secret names are taken out for another origin, however they are encoded; others stay."""
    request = Request("GET", "http://a/?k=1", secret_query=frozenset({"k"}))
    assert follow(request, request, 302, location).url == url


def test_cookies_are_one_header() -> None:
    """The jar's cookies join the request's own in one header; its own win by name."""
    request = Request("GET", "http://a/", (("cookie", "a=1"), ("X", "1"), ("Cookie", "b=2")))
    headers = complete_headers(request, locate(request.url)[0], (), [("b", "jar"), ("c", "jar")])
    assert headers == (("Host", "a"), ("X", "1"), ("Cookie", "a=1; b=2; c=jar"))
