"""Digest against httpbin, which computes every response for itself."""

from __future__ import annotations

from typing import Any

import pytest

#: httpbin's algorithms; SHA-512 is not registered, but it is what httpbin has.
ALGORITHMS = ["MD5", "SHA-256", "SHA-512"]
#: With any other word than these two httpbin offers both.
QOPS = ["auth", "auth-int", "both"]

ACCEPTED = """\
base_url: "{{base}}/digest-auth"
auth: {type: digest, username: ada, password: "{{env.PASSWORD}}"}
requests:
  - {name: First, url: "{{path}}", assert: [status: 200, body.user: ada, "contains(request.headers.authorization, 'nc=00000001')"]}
  - {name: Ahead, url: "{{path}}", assert: [status: 200, "contains(request.headers.authorization, 'nc=00000002')"]}
"""


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("qop", QOPS)
def test_every_qop_and_algorithm(live: Any, httpbin: Any, qop: str, algorithm: str) -> None:
    """The challenge is answered, and the next request carries its credentials at once, with the next count."""
    env = {"PASSWORD": "open-sesame"}
    said = live.text(ACCEPTED, "--verbose", env=env, base=httpbin.url, path=f"/{qop}/ada/open-sesame/{algorithm}")
    assert "open-sesame" not in said


def test_the_challenge_without_algorithm_in_the_path(live: Any, httpbin: Any) -> None:
    """httpbin's plain address speaks MD5."""
    live.text(ACCEPTED, env={"PASSWORD": "open-sesame"}, base=httpbin.url, path="/auth/ada/open-sesame")


def test_a_nonce_that_becomes_stale(live: Any, httpbin: Any) -> None:
    """httpbin lets a nonce live for one request: the second one is answered anew and passes."""
    text = ACCEPTED.replace("nc=00000002", "nc=00000001")
    live.text(text, env={"PASSWORD": "open-sesame"}, base=httpbin.url, path="/auth/ada/open-sesame/SHA-256/1")


def test_a_wrong_password_fails_the_request(live: Any, httpbin: Any) -> None:
    """The 401 stands as a failed request, no auth fault; what was sent as proof stays unsaid."""
    text = """\
    base_url: "{{base}}/digest-auth"
    auth: {type: digest, username: ada, password: "{{env.PASSWORD}}"}
    requests:
      - {name: Refused, url: /auth/ada/open-sesame/SHA-256}
      - {name: Again, url: /auth/ada/open-sesame/SHA-256}
      - {name: Expected, url: /auth/ada/open-sesame/MD5, assert: [status: 401]}
    """
    said = live.text(text, "--verbose", env={"PASSWORD": "not-the-right-one"}, expect=1, base=httpbin.url)
    assert "401" in said
    assert "not-the-right-one" not in said
    assert 'response="***"' in said


def test_a_challenge_behind_a_redirect(live: Any, httpbin: Any) -> None:
    """A redirect within the origin leads to a challenge, which is answered where it was given."""
    text = """\
    base_url: "{{base}}"
    auth: {type: digest, username: ada, password: "{{env.PASSWORD}}"}
    requests:
      - name: Behind
        url: /redirect-to?url=/digest-auth/auth/ada/open-sesame
        assert: [status: 200, body.authenticated: true]
    """
    live.text(text, env={"PASSWORD": "open-sesame"}, base=httpbin.url)


def test_basic_is_no_digest(live: Any, httpbin: Any) -> None:
    """A server that asks for Basic gets no answer: its 401 stands."""
    text = """\
    base_url: "{{base}}"
    auth: {type: digest, username: ada, password: "{{env.PASSWORD}}"}
    requests:
      - {name: Basic, url: /basic-auth/ada/open-sesame, assert: [status: 401]}
    """
    live.text(text, env={"PASSWORD": "open-sesame"}, base=httpbin.url)
