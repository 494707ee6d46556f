"""Requests as exporters see them: flattened, and without what is secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.formats.flat import Flat
from runner.formats.flat_plan import Repeated, expects_success, flat_steps
from runner.formats.symbols import CAPTURE, ENV, ROW, SECRET, VARIABLE, Computed, Ref, Text

JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


@pytest.fixture
def flats(plan: Callable[..., Any]) -> Callable[..., list[Flat]]:
    """`flats(text)`: the requests of a file."""

    def of(text: str, **options: Any) -> list[Flat]:
        found = flat_steps(plan(text, any_environment=True, **options))
        return [item.flat if isinstance(item, Repeated) else item for item in found]

    return of


def test_what_is_inherited(flats: Callable[..., list[Flat]]) -> None:
    """A request has what its groups and the collection give it, values in place of variables."""
    (made,) = flats(
        """
        base_url: https://x.test/v1/
        variables: {n: 1.10}
        defaults: {headers: {A: "{{n}}", B: b}, query: {q: [1, 2]}, timeout: 5s}
        requests:
          - {name: G, base_url: g, requests: [{name: R, url: "/r/{{n}}", headers: {b: null}, json: {n: "{{n}}"}}]}
        """
    )
    assert (made.name, made.method, made.url) == ("G / R", "POST", "https://x.test/v1/g/r/1.10")
    assert made.query == (("q", 1), ("q", 2))
    assert [name for name, _ in made.headers] == ["A"]
    assert made.body == {"n": 1.1}
    assert made.settings["timeout"] == 5


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{{env.X}}", Ref(ENV, "X")),
        ("{{s}}", Ref(SECRET, "s")),
        ("{{from_env}}", Ref(ENV, "Y")),
        ("{{taken.a[0]}}", Ref(CAPTURE, "taken", ("a", 0))),
        ("{{elsewhere}}", Ref(VARIABLE, "elsewhere")),
        ("a{{s}}b", Text(("a", Ref(SECRET, "s"), "b"))),
        ("{{upper(s)}}", Computed("upper(s)", (("s", Ref(SECRET, "s")),))),
        ("{{upper(plain)}}", "PLAIN"),
        ("{{data.x}}", Ref(ROW, "data", ("x",))),
        ("{{token}}", Ref(SECRET, "token")),
    ],
)
def test_what_a_run_alone_knows(flats: Callable[..., list[Flat]], written: str, expected: Any) -> None:
    """What is secret, or comes with the run, is a symbol; all else is a value."""
    made = flats(
        f"""
        variables: {{plain: plain, token: {JWT}}}
        secrets: {{s: hush, from_env: "{{{{env.Y}}}}"}}
        environments: {{e: {{elsewhere: 1}}}}
        requests:
          - {{name: A, url: "https://x.test", capture: {{taken: body}}}}
          - {{name: B, url: "https://x.test", headers: {{X: "{written}"}}}}
        """
    )
    assert made[1].headers == (("X", expected),)


def test_credentials_that_stand_in_the_file(flats: Callable[..., list[Flat]]) -> None:
    """What `check` warns of as a literal credential goes into no export."""
    (made,) = flats(
        f"""
        requests:
          - name: A
            url: https://x.test
            headers: {{Authorization: Bearer hush, X-Api-Key: hush, X-Other: "{JWT}", X-Plain: plain}}
            query: {{t: "{JWT}"}}
            proxy: http://me:hush@p.test
        """
    )
    assert made.headers == (
        ("Authorization", Text(("Bearer ", Ref(SECRET, "authorization")))),
        ("X-Api-Key", Ref(SECRET, "x_api_key")),
        ("X-Other", Ref(SECRET, "x_other")),
        ("X-Plain", "plain"),
    )
    assert made.query == (("t", Ref(SECRET, "t")),)
    assert made.settings["proxy"] == Ref(SECRET, "proxy")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", True),
        ("assert: [status: 200]", True),
        ("assert: [status: [200, 404]]", False),
        ("assert: ['status >= `400`']", False),
        ("assert: [body.a: 1]", True),
        ("snapshot: true", False),
    ],
)
def test_which_status_is_a_failure(flats: Callable[..., list[Flat]], more: str, expected: bool) -> None:
    """A status from 400 on is a failure unless something looks at it and allows it."""
    (made,) = flats(f"requests: [{{name: A, url: 'https://x.test'{', ' if more else ''}{more}}}]")
    assert expects_success(made) is expected


def test_a_url_that_may_be_whole(flats: Callable[..., list[Flat]]) -> None:
    """A URL that begins with a captured value has its base beside it: only a run knows whether it is a whole one."""
    first, second = flats(
        """
        base_url: https://x.test
        requests:
          - {name: A, url: /a, capture: {next: body.next}}
          - {name: B, url: "{{next}}"}
        """
    )
    assert (first.open_base, second.open_base) == (None, "https://x.test")
    assert second.url == Text((Ref(CAPTURE, "next"),))
