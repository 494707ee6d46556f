"""The cookie jar against the rules of RFC 6265."""

from __future__ import annotations

import pytest

from runner.runtime.transport import CookieJar


@pytest.mark.parametrize(
    ("setter", "cookie", "url", "sent"),
    [
        ("http://a.example/", "x=1", "http://a.example/y", True),
        ("http://a.example/", "x=1", "http://b.a.example/", False),
        ("http://a.example/", "x=1; Domain=.A.example", "http://b.a.example/", True),
        ("http://b.a.example/", "x=1; Domain=a.example", "http://a.example/", True),
        ("http://a.example/", "x=1; Domain=b.example", "http://b.example/", False),
        ("http://a.example/", "x=1; Domain=example", "http://a.example/", False),
        ("http://localhost/", "x=1; Domain=localhost", "http://localhost:99/", True),
        ("http://1.2.3.4/", "x=1; Domain=3.4", "http://1.2.3.4/", False),
        ("http://a.example/b/c", "x=1", "http://a.example/b/d", True),
        ("http://a.example/b/c", "x=1", "http://a.example/bd", False),
        ("http://a.example/", "x=1; Path=/b", "http://a.example/b", True),
        ("http://a.example/", "x=1; Path=/b", "http://a.example/bc", False),
        ("http://a.example/b/c", "x=1; Path=b", "http://a.example/b/", True),
        ("https://a.example/", "x=1; Secure", "http://a.example/", False),
        ("https://a.example/", "x=1; Secure", "https://a.example/", True),
        ("http://127.0.0.1:8/", "x=1; secure", "http://127.0.0.1:8/", True),
        ("http://a.example/", "x=1; Max-Age=0", "http://a.example/", False),
        (
            "http://a.example/",
            "x=1; Max-Age=99; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "http://a.example/",
            True,
        ),
        ("http://a.example/", "x=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT", "http://a.example/", False),
        ("http://a.example/", "x=1; Expires=never", "http://a.example/", True),
        ("http://a.example/", "x", "http://a.example/", False),
        ("http://a.example/", "=1", "http://a.example/", False),
    ],
)
def test_where_a_cookie_goes(setter: str, cookie: str, url: str, sent: bool) -> None:
    """Domain, path, Secure and age decide which requests a cookie goes with."""
    jar = CookieJar()
    jar.store(setter, [cookie])
    assert jar.header(url) == ("x=1" if sent else None)


def test_longer_paths_first() -> None:
    """Cookies of longer paths come first, then the older ones; a new value takes the old one's place."""
    jar = CookieJar()
    jar.store("http://a/b/c", ["p=1; Path=/", "q=2", "r=3; Path=/", 's="4 5"; Path=/b', "p=9; Path=/"])
    assert jar.header("http://a/b/c") == 'q=2; s="4 5"; p=9; r=3'


def test_a_cookie_is_removed_by_an_old_date() -> None:
    """A cookie that is set again with a past date is gone."""
    jar = CookieJar()
    jar.store("http://a/", ["x=1"])
    jar.store("http://a/", ["x=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
    assert jar.header("http://a/") is None


def test_held_back() -> None:
    """A view without a name sends the others, and stores into the same jar."""
    jar = CookieJar()
    jar.store("http://a/", ["x=1", "y=2"])
    view = jar.without(["x"])
    assert view.header("http://a/") == "y=2"
    view.store("http://a/", ["z=3"])
    assert jar.header("http://a/") == "x=1; y=2; z=3"


def test_values_beyond_ascii() -> None:
    """A value that is not ASCII comes back as it was set."""
    jar = CookieJar()
    jar.store("http://a/", ["x=é日"])
    assert jar.header("http://a/" + "b" * 70_000) == "x=é日"
