"""`paginate`: which pages are asked for, what goes with them, how their items are joined, and where it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from runner.engine.exchange import Request
from runner.errors import TransportError

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Any]

PAGED = "url: http://h/items\npaginate: {next: body.next, items: body.items}"


def book(answer: Answer, *pages: tuple[list[Any], Any]) -> list[Any]:
    return [answer(200, {"items": items, "next": following}) for items, following in pages]


def test_items_are_joined(run: Run, one: One, answer: Answer) -> None:
    """Captures and assertions are judged once, on the last page, where `items` is the joined list."""
    text = one(PAGED + "\nassert: ['items == `[1, 2, 3]`', body.items: [3]]\ncapture: {all: items, last: 'items[-1]'}")
    ran = run(text, book(answer, ([1], "/items?p=2"), ([2], "http://h/items?p=3"), ([3], None)))
    assert (ran.outcomes, ran["R"].pages, ran["R"].attempts) == ({"R": "passed"}, 3, 3)
    assert ran.urls == ["http://h/items", "http://h/items?p=2", "http://h/items?p=3"]
    assert ran["R"].captured == ("all", "last")
    assert (ran["R"].url, ran["R"].path) == ("http://h/items", "/items")


@pytest.mark.parametrize("end", [None, False, ""])
def test_where_it_ends(run: Run, one: One, answer: Answer, end: Any) -> None:
    """Null, false and empty text end it."""
    ran = run(one(PAGED), book(answer, ([1], end)))
    assert (ran.outcomes, ran["R"].pages) == ({"R": "passed"}, 1)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("?p=2", "http://h/a/items?p=2"),
        ("more", "http://h/a/more"),
        ("/more", "http://h/more"),
        ("//i/more", "http://i/more"),
        ("https://h/more#part", "https://h/more"),
        ("../x?a=b c", "http://h/x?a=b c"),
    ],
)
def test_links_are_resolved(run: Run, one: One, answer: Answer, link: str, url: str) -> None:
    """A relative link is that of the page that holds it, wherever redirects have led; fragments are not sent."""
    text = one("url: http://first/items\npaginate: {next: body.next}")
    first = answer(200, {"next": link}, url="http://h/a/items")
    assert run(text, [first, answer(200, {})]).urls[1] == url


def test_a_status_of_an_error_ends_it(run: Run, one: One, answer: Answer) -> None:
    """An error page is the last one: it is judged, and its items are not looked for."""
    text = one(PAGED + "\nassert: {status: 404, 'length(items)': 1}")
    assert run(text, [*book(answer, ([1], "/2")), answer(404, {"next": "/3"})]).outcomes == {"R": "passed"}
    ran = run(one(PAGED), [*book(answer, ([1], "/2")), answer(500)])
    assert (ran.outcomes, ran["R"].pages, ran["R"].status) == ({"R": "failed"}, 2, 500)


def test_a_fault_is_an_error(run: Run, one: One, answer: Answer) -> None:
    """A page that cannot be had is an error of the request, unless `retry` gets it."""
    pages = book(answer, ([1], "/2"), ([2], None))
    replies = [pages[0], TransportError("reset", "gone"), answer(503), pages[1]]
    ran = run(one(PAGED), replies)
    assert (ran["R"].fault.kind, ran["R"].pages, ran["R"].unanswered.url) == ("reset", 2, "http://h/2")
    ran = run(one(PAGED + "\nretry: {}"), replies)
    assert (ran.outcomes, ran["R"].pages, ran["R"].attempts, ran.waits) == ({"R": "passed"}, 2, 4, [1.0, 2.0])


# --- without end ---------------------------------------------------------------------------------------------------


def endless(answer: Answer) -> Callable[[Request], Any]:
    count = iter(range(2, 10**6))
    return lambda request: answer(200, {"items": [0], "next": f"/items?p={next(count)}"})


def test_a_written_limit_ends_quietly(run: Run, one: One, answer: Answer) -> None:
    """`max_pages` is a wish, not a fault; also by a template."""
    for limit in ("3", "'{{n}}'"):
        text = one(
            f"url: http://h/items\nvariables: {{n: 3}}\npaginate: {{next: body.next, items: body.items, max_pages: {limit}}}"
        )
        ran = run(text + "    assert: {'length(items)': 3}\n", endless(answer))
        assert (ran.outcomes, ran["R"].pages) == ({"R": "passed"}, 3)


def test_the_default_limit_fails(run: Run, one: One, answer: Answer) -> None:
    """A thousand pages without an end is a fault that names `max_pages`."""
    ran = run(one(PAGED), endless(answer))
    verdict = ran["R"].verdicts[0]
    assert (str(ran["R"].outcome), ran["R"].exit_code, len(ran.sent)) == ("failed", 1, 1000)
    assert (verdict.subject, verdict.problem) == (
        "next",
        "leads on after 1000 pages: write 'max_pages' if there are more",
    )


@pytest.mark.parametrize("link", ["/items", "/items?p=2", "?p=2#again"])
def test_a_url_seen_before_fails(run: Run, one: One, answer: Answer, link: str) -> None:
    """A list that leads back into itself is told with the page and the URL."""
    ran = run(one(PAGED), book(answer, ([1], "/items?p=2"), ([2], link)))
    verdict = ran["R"].verdicts[0]
    assert (str(ran["R"].outcome), len(ran.sent)) == ("failed", 2)
    assert verdict.problem.startswith("leads to a page that was seen before: http://h/items")
    assert verdict.notes == ("in page 2",)


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        (7, "is number 7, not a URL"),
        (True, "is boolean true, not a URL"),
        (["/2"], "is an array, not a URL"),
        ("mailto:ada@h", "is not a URL of http or https"),
        ("http://[::1", "is not a URL of http or https"),
        ("http://h:99999/", "is not a URL of http or https"),
    ],
)
def test_what_is_no_url(run: Run, one: One, answer: Answer, link: Any, problem: str) -> None:
    """A link that leads nowhere fails the request at the place of `next`."""
    ran = run(one(PAGED), book(answer, ([1], link)))
    assert (str(ran["R"].outcome), ran["R"].verdicts[0].problem) == ("failed", problem)
    assert ran["R"].verdicts[0].span.line == 5


@pytest.mark.parametrize(
    ("items", "problem"),
    [(None, "is null, not a list"), ("x", "is string 'x', not a list"), ({"a": 1}, "is an object, not a list")],
)
def test_items_that_are_no_list(run: Run, one: One, answer: Answer, items: Any, problem: str) -> None:
    """The items of each page are a list; else the request fails and says in which page, and what is missing."""
    ran = run(one(PAGED), [*book(answer, ([1], "/2")), answer(200, {"items": items})])
    verdict = ran["R"].verdicts[0]
    assert (verdict.subject, verdict.problem, verdict.notes) == ("items", problem, ("in page 2",))
    ran = run(one(PAGED), [answer(200, "<html>")])
    assert ran["R"].verdicts[0].notes == ("body is not JSON: line 1, column 1: expecting value",)


@pytest.mark.parametrize("name", ["next", "items"])
def test_what_cannot_be_evaluated(run: Run, one: One, answer: Answer, name: str) -> None:
    """An expression that fails on a page fails the request, with function, argument and value."""
    other = "items: body.items" if name == "next" else "next: body.next"
    ran = run(one(f"url: http://h/\npaginate: {{{name}: length(body.x), {other}}}"), book(answer, ([1], None)))
    verdict = ran["R"].verdicts[0]
    assert verdict.subject == name
    assert verdict.problem.startswith("length() wants a string, array or object")


# --- what goes with a page -----------------------------------------------------------------------------------------


def test_headers_go_along_and_query_does_not(run: Run, one: One, answer: Answer) -> None:
    """Method, body and headers are those of the request; `query` is not added again."""
    text = one(PAGED + "\nmethod: QUERY\nquery: {size: 5}\nheaders: {X-A: b}\njson: {q: 1}")
    ran = run(text, book(answer, ([1], "/items?p=2"), ([2], None)))
    assert ran.urls == ["http://h/items?size=5", "http://h/items?p=2"]
    assert [(r.method, r.header("x-a"), json.loads(r.body)) for r in ran.sent] == [("QUERY", "b", {"q": 1})] * 2


SECRETS = """
secrets: {key: sesame-open, token: token-of-ada}
defaults:
  headers: {X-Key: "{{key}}", Authorization: "Bearer {{token}}", Cookie: a=b, X-Plain: plain, Host: h}
  query: {key: "{{key}}"}
"""


@pytest.mark.parametrize(
    ("first", "following", "home"),
    [
        ("http://h/", "/2", True),
        ("http://h/", "http://h:80/2", True),
        ("http://h/", "https://h/2", True),
        ("http://h/", "http://h:8080/2", False),
        ("http://h/", "https://h:8443/2", False),
        ("http://h/", "http://i/2", False),
        ("https://h/", "http://h/2", False),
        ("http://h:8080/", "https://h:8443/2", False),
    ],
)
def test_credentials_stay_at_their_origin(
    run: Run, one: One, answer: Answer, first: str, following: str, home: bool
) -> None:
    """At another scheme, host or port a page is asked for without secret headers, Authorization, Cookie and secret query entries."""
    text = one(f"url: {first}\npaginate: {{next: body.next}}", SECRETS)
    link = f"{following}?key=sesame-open&p=2"
    ran = run(text, [answer(200, {"next": link}, url=first), answer(200, {})])
    asked = ran.sent[1]
    names = {name.lower() for name, _ in asked.headers}
    assert names == ({"x-key", "authorization", "cookie", "x-plain", "host"} if home else {"x-plain"})
    assert parse_qs(urlsplit(asked.url).query) == ({"key": ["sesame-open"], "p": ["2"]} if home else {"p": ["2"]})


AUTHS = {
    "bearer": ("{type: bearer, token: token-of-ada}", "authorization"),
    "basic": ("{type: basic, username: ada, password: sesame}", "authorization"),
    "header": ("{type: api_key, name: X-Api-Key, value: sesame-open}", "x-api-key"),
    "cookie": ("{type: api_key, in: cookie, name: k, value: sesame-open}", "cookie"),
    "oauth2": (
        "{type: oauth2, token_url: https://login.test/token, client_id: a, client_secret: shhh}",
        "authorization",
    ),
}


@pytest.mark.parametrize("auth", AUTHS)
def test_auth_stays_at_its_origin(run: Run, one: One, answer: Answer, auth: str) -> None:
    """What `auth` adds goes to the pages of its origin, also after one of another origin."""
    declared, header = AUTHS[auth]
    text = one(f"url: http://h/\nauth: {declared}\npaginate: {{next: body.next}}")
    ran = run(text, [answer(200, {"next": link}) for link in ("/2", "http://i/3", "http://h/4", None)])
    assert [request.header(header) is not None for request in ran.sent] == [True, True, False, True]
    assert len({request.header(header) for request in ran.sent}) == 2
    assert len(ran.asked) == (auth == "oauth2")


def test_a_key_in_the_query_is_not_doubled(run: Run, one: One, answer: Answer) -> None:
    """A link that holds the key already is asked for with it once, and without it at another origin."""
    text = one(
        "url: http://h/?a=1\nauth: {type: api_key, in: query, name: key, value: sesame}\npaginate: {next: body.next}"
    )
    links = ("/2?key=sesame&p=2", "/3?p=3", "http://i/4?key=sesame&p=4", None)
    ran = run(text, [answer(200, {"next": link}) for link in links])
    assert ran.urls == [
        "http://h/?a=1&key=sesame", "http://h/2?p=2&key=sesame", "http://h/3?p=3&key=sesame", "http://i/4?p=4",
    ]  # fmt: skip


def test_a_refused_token_is_renewed_on_any_page(run: Run, one: One, answer: Answer) -> None:
    """A long list may outlive its token; another origin's refusal renews nothing."""
    text = one("url: http://h/\nauth: " + AUTHS["oauth2"][0] + "\npaginate: {next: body.next}\nassert: {status: 401}")
    pages = [answer(200, {"next": "/2"}), answer(401), answer(200, {"next": "http://i/3"}), answer(401)]
    ran = run(text, pages, login=[answer(200, {"access_token": f"token-{n}"}) for n in (1, 2)])
    assert [request.header("authorization") for request in ran.sent] == [
        "Bearer token-1",
        "Bearer token-1",
        "Bearer token-2",
        None,
    ]
    assert (ran.outcomes, ran["R"].pages) == ({"R": "passed"}, 3)


def test_a_redirect_leads_elsewhere(run: Run, one: One, answer: Answer) -> None:
    """A relative link on a page that a redirect led to is one of that other origin."""
    text = one("url: http://h/\nauth: " + AUTHS["bearer"][0] + "\npaginate: {next: body.next}")
    first = answer(200, {"next": "/2"}, url="http://i/1")
    ran = run(text, [first, answer(200, {})])
    assert [(request.url, request.header("authorization")) for request in ran.sent][1] == ("http://i/2", None)


# --- memory --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("keep", "kept"), [(True, 2), (False, 0)])
def test_bodies_of_earlier_pages_are_dropped(run: Run, one: One, answer: Answer, keep: bool, kept: int) -> None:
    """Only where somebody wants to see them are exchanges of earlier pages kept."""
    ran = run(one(PAGED), book(answer, ([1], "/2"), ([2], "/3"), ([3], None)), keep_exchanges=keep)
    assert (len(ran["R"].earlier), ran["R"].pages) == (kept, 3)


# --- other ways to the next page -----------------------------------------------------------------------------------


def test_a_link_header(run: Run, one: One, answer: Answer) -> None:
    """GitHub's Link header is taken apart by `match`."""
    following = """match(headers.link, '<([^>]*)>; rel="next"')[1]"""
    text = one(f"url: http://h/\npaginate:\n  next: {following}\n  items: body")
    first = answer(200, [1], {"Link": '<http://h/?page=1>; rel="prev", <http://h/?page=2>; rel="next"'})
    last = answer(200, [2], {"Link": '<http://h/?page=1>; rel="prev"'})
    ran = run(text + "    assert: {items: [1, 2]}\n", [first, last])
    assert ran.outcomes == {"R": "passed"}
    assert ran.urls == ["http://h/", "http://h/?page=2"]


def test_a_counter(run: Run, one: One, answer: Answer) -> None:
    """A URL can be made of numbers in the page."""
    following = "body.page < body.pages && join('', ['?page=', to_string(add(body.page, `1`))])"
    text = one(f'url: http://h/\npaginate: {{next: "{following}"}}')
    ran = run(text, [answer(200, {"page": n, "pages": 3}) for n in (1, 2, 3)])
    assert ran.urls == ["http://h/", "http://h/?page=2", "http://h/?page=3"]


def test_fail_fast(run: Run, answer: Answer) -> None:
    """Pages that go wrong stop the run."""
    text = "base_url: http://h\nrequests: [{name: A, url: /a, paginate: {next: body.next}}, {name: B, url: /b}]"
    assert run(text, [answer(200, {"next": 1})], fail_fast=True).outcomes == {"A": "failed", "B": "skipped"}
