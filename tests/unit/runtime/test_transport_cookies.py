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


def test_a_fork_goes_its_own_way() -> None:
    """A fork has the cookies that were there, keeps its own from the jar, and the jar can take them over later."""
    jar = CookieJar()
    jar.store("http://h/", ["a=1"])
    forks = [jar.fork(), jar.fork()]
    forks[0].store("http://h/", ["b=2", "a=3"])
    forks[1].without({"a"}).store("http://h/", ["b=4"])
    assert [fork.header("http://h/") for fork in forks] == ["a=3; b=2", "a=1; b=4"]
    assert jar.header("http://h/") == "a=1"
    for fork in forks:
        jar.join(fork.stored)
    assert jar.header("http://h/") == "a=3; b=4"


def test_a_fork_takes_cookies_away() -> None:
    """A cookie that ends in a fork ends in the jar that takes it over."""
    jar = CookieJar()
    jar.store("http://h/", ["a=1"])
    fork = jar.fork()
    fork.store("http://h/", ["a=; Max-Age=0"])
    assert fork.header("http://h/") is None
    jar.join(fork.stored)
    assert jar.header("http://h/") is None
