"""What exported scripts do about captures, URLs that may be relative, and cookies."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest

from runner.formats import curl, postman, python
from runner.formats.exported import Exported

Export = Callable[..., Exported]

JOB = """
base_url: https://x.test/v1
requests:
  - {name: Start, method: POST, url: /jobs, capture: {job: headers.Location}}
  - {name: Wait, url: "{{job}}"}
"""
OPAQUE = """
requests:
  - {name: A, url: "https://x.test/", capture: {last: "body.items[-1].id", all: "body.items[?ok].id"}}
  - {name: B, url: "https://x.test/b"}
  - {name: C, url: "https://x.test/{{all}}", assert: ["body.id == vars.all"]}
  - {name: D, url: "https://x.test/{{all}}"}
"""
COOKIES = """
requests:
  - {name: A, url: "https://x.test/login"}
  - {name: B, url: "https://x.test/b", cookies: {theme: dark, session: null}}
"""


@pytest.fixture
def exported(plan: Callable[..., Any]) -> Export:
    """`exported(python, text)`: what a format makes of a file."""

    def of(module: Any, text: str) -> Exported:
        made: Exported = module.dump(plan(text, any_environment=True))
        if module is python:
            ast.parse(made.text)
        return made

    return of


def losses(made: Exported) -> list[str]:
    return [loss.what for loss in made.losses]


def test_a_captured_url_is_joined_to_its_base(exported: Export) -> None:
    """Whether a captured URL is a whole one is seen when the script runs; nothing is lost."""
    made = exported(python, JOB)
    assert 'client.get(whole("https://x.test/v1", str(job)))' in made.text
    assert losses(made) == []
    made = exported(curl, JOB)
    assert '"$(whole https://x.test/v1 "$job")"' in made.text
    assert losses(made) == []


def test_a_captured_url_in_postman(exported: Export) -> None:
    """Postman joins nothing: a captured URL is taken for a whole one, which is told."""
    assert losses(exported(postman, JOB)) == ["the URL"]


def test_a_header_is_captured_with_curl(exported: Export) -> None:
    """A header of the last answer is taken from the file that curl writes it to."""
    made = exported(curl, JOB)
    assert (
        'curl -sS --fail-with-body -X POST https://x.test/v1/jobs -L -D "$headers"\njob=$(header location)\n'
        in made.text
    )
    assert "response=" not in made.text
    assert "headers=$(mktemp)\n" in made.text


def test_the_functions_that_a_script_needs(exported: Export) -> None:
    """A script brings along what it uses, and no more."""
    made = exported(curl, "requests: [{name: A, url: 'https://x.test/'}]").text
    assert not any(word in made for word in ("mktemp", "whole", "header()", "trap"))
    made = exported(python, "requests: [{name: A, url: 'https://x.test/', cookies: {a: b}}]").text
    assert "def " not in made
    assert 'headers={"Cookie": "a=b"}' in made


@pytest.mark.parametrize(
    ("module", "asks"),
    [(python, '    all = os.environ["all"]  # what body.items[?ok].id gives: write it\n'), (curl, ': "${all:?captured by A}"\n')],
    ids=["python", "curl"],
)  # fmt: skip
def test_a_capture_that_is_not_taken(exported: Export, module: Any, asks: str) -> None:
    """It is asked for where it is used first, and not before the request that would give it; it is a loss."""
    made = exported(module, OPAQUE)
    assert made.text.count(asks) == 1
    assert made.text.index("# B") < made.text.index(asks) < made.text.index("# C")
    assert "the capture 'all'" in losses(made)


def test_an_assertion_over_what_is_not_captured(exported: Export) -> None:
    """A comparison with a capture that the script does not take is lost with it."""
    source = (
        "requests: [{name: A, url: 'https://x.test/', capture: {all: 'body[?ok]'}, assert: ['body.id == vars.all']}]"
    )
    made = exported(python, source)
    assert "os.environ" not in made.text
    assert losses(made) == ["the capture 'all'", "an assertion"]


def test_cookies_in_python(exported: Export) -> None:
    """A request's cookies go over those of the client, and null holds one back."""
    made = exported(python, COOKIES)
    assert 'cookies(client, "https://x.test/b", {"theme": "dark", "session": None})' in made.text
    assert losses(made) == []


def test_cookies_with_curl(exported: Export) -> None:
    """Where a file speaks of cookies, the commands share a jar; where none does, there is none, and no loss."""
    made = exported(curl, COOKIES)
    assert made.text.count('-b "$jar" -c "$jar"') == 2
    assert losses(made) == ["the cookie 'session: null'"]
    made = exported(curl, COOKIES.replace(", cookies: {theme: dark, session: null}", ""))
    assert ("$jar" in made.text, losses(made)) == (False, [])
    judged = COOKIES.replace("cookies: {theme: dark, session: null}", "assert: ['cookies.a == `1`']")
    assert '-b "$jar"' in exported(curl, judged).text


def test_cookies_where_requests_overlap(exported: Export) -> None:
    """What holds of cookies only where neighbours are sent together is no assertion of a script."""
    source = """
        overlap: true
        requests:
          - {name: A, url: "https://x.test/set"}
          - {name: B, url: "https://x.test/", assert: [{body.cookies: {}}, {status: 200}]}
          - {name: C, url: "https://x.test/", method: POST, assert: [body.headers.cookie: a=b]}
    """
    made = exported(python, source)
    assert losses(made) == ["'overlap'", "an assertion"]
    assert "    # assert body.cookies\n" in made.text
    assert 'assert body["headers"]["cookie"] == "a=b"' in made.text


@pytest.mark.parametrize("source", [JOB, COOKIES])
def test_an_import_reads_them_back(exported: Export, source: str) -> None:
    """The functions and files of an exported script are no loss of its import, which sends the same."""
    from runner.formats.draft import Choices, Foreign

    imported = curl.load(Foreign("x", exported(curl, source).text), Choices())
    assert imported.losses == []
    first, second = imported.collection["requests"][-2:]
    if source == JOB:
        assert first["capture"] == {"job": "headers.location"}
        assert second["url"].startswith("{{starts_with(to_string(job), 'http')")
    else:
        assert (second["cookies"], "headers" in second) == ({"theme": "dark"}, False)
