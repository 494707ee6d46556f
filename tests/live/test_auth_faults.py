"""Token endpoints that fail: one line says where, which status and in what words; nothing that needs the token is sent."""

from __future__ import annotations

import re
from typing import Any

import pytest

SECRET = "s3cr3t~that/nobody+sees"
TEXT = """\
auth: {type: oauth2, token_url: "{{base}}{{path}}", client_id: one, client_secret: "{{env.S}}", client_auth: "{{how}}"}
defaults: {timeout: 2s}
requests:
  - {name: Needs it, url: "{{base}}/api/one"}
  - {name: Needs it as well, url: "{{base}}/api/two"}
"""


def run(live: Any, faulty: Any, path: str, how: str = "post") -> tuple[str, list[str]]:
    """Fails with exit code 5; gives what was said, each exchange with it, and the paths that were asked for."""
    said = live.text(TEXT, "--verbose", base=faulty.url, path=path, how=how, env={"S": SECRET}, expect=5)
    assert SECRET not in said
    return said, [entry["path"] for entry in faulty.get("/seen")]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/json/400", 400, "invalid_grant: The grant is used up."),
        ("/json/401", 401, "invalid_client: The client is not known here."),
        ("/json/403", 403, "unauthorized_client: This client may not use the grant."),
        ("/html/400", 400, "Blocked by the gateway"),
        ("/html/401", 401, "Blocked by the gateway"),
        ("/html/403", 403, "Blocked by the gateway"),
        ("/empty/400", 400, "empty"),
        ("/empty/401", 401, "empty"),
        ("/empty/403", 403, "empty"),
        ("/two-lines", 400, "invalid_request: AADSTS900144: it lacks a field. Trace ID: t-1 Correlation ID: c-1"),
        ("/broken", 500, "Internal Server Error"),
        ("/nowhere", 404, "nothing here"),
        ("/no-token", 200, "access_token"),
        ("/number-as-token", 200, "access_token"),
        ("/error-in-200", 200, "invalid_scope: The scope is not known."),
        ("/text-in-200", 200, "welcome"),
        ("/empty-in-200", 200, "empty"),
        ("/redirect", 307, "redirect to"),
    ],
)
def test_an_answer_without_a_token(live: Any, faulty: Any, path: str, status: int, words: str) -> None:
    """The URL, the status and the server's words are shown; the endpoint is asked once, the API never."""
    said, asked = run(live, faulty, path)
    begins = f"POST {faulty.url}{path} answered {status}"
    assert [line for line in said.splitlines() if line.strip().startswith(begins) and words in line], said
    assert "not-to-be-shown" not in said
    assert asked == [path]


@pytest.mark.parametrize("how", ["post", "basic", "basic_raw"])
def test_a_server_that_repeats_what_it_got(live: Any, faulty: Any, how: str) -> None:
    """Credentials in the server's own words are masked, in every form in which they were sent."""
    said, asked = run(live, faulty, "/echo", how)
    assert re.search(r"answered 400: invalid_client: client +(one )?came with +(\*\*\* )?and", said)
    assert "Basic b25l" not in said
    assert asked == ["/echo"]


@pytest.mark.parametrize("path", ["/hang", "/close"])
def test_no_answer_at_all(live: Any, faulty: Any, path: str) -> None:
    """A token endpoint that hangs or hangs up is an auth failure that names it."""
    said, asked = run(live, faulty, path)
    assert [line for line in said.splitlines() if f"{faulty.url}{path}" in line]
    assert {"/hang": "within 2 s", "/close": "closed"}[path] in said.replace("2s", "2 s")
    assert set(asked) == {path}


def test_nobody_listens(live: Any, faulty: Any, free_port: int) -> None:
    """A token endpoint that cannot be reached is an auth failure that names it."""
    text = TEXT.replace("{{base}}{{path}}", f"http://127.0.0.1:{free_port}/token")
    said = live.text(text, base=faulty.url, how="post", env={"S": SECRET}, expect=5)
    assert f"http://127.0.0.1:{free_port}/token" in said
    assert "refused" in said.lower()
    assert faulty.get("/seen") == []
