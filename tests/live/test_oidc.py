"""The token step against oidc-provider, a certified server, with tokens that live four seconds."""

from __future__ import annotations

import math
from typing import Any


def of(server: Any, path: str) -> list[dict[str, Any]]:
    """What arrived at `path`, in order."""
    return [entry for entry in server.get("/seen") if entry["path"].startswith(path)]


def test_one_token_serves_all_requests(live: Any, oidc: Any) -> None:
    """The secret goes in the form; the token is fetched once and sent with every request."""
    live.collection("oidc.yaml", base=oidc.url)
    assert [entry["status"] for entry in of(oidc, "/api/")] == [200, 200]
    assert [(entry["status"], entry["authorization"]) for entry in of(oidc, "/token")] == [(200, False)]


def test_basic_client_authentication_is_form_encoded(live: Any, oidc: Any) -> None:
    """A client id with a colon and a secret with reserved characters pass (RFC 6749, section 2.3.1)."""
    said = live.collection("oidc_basic.yaml", "--verbose", base=oidc.url)
    assert [(entry["status"], entry["authorization"]) for entry in of(oidc, "/token")] == [(200, True)]
    assert "p@ss w+rd%:/~" not in said
    assert "p%40ss+w%2Brd%25%3A%2F~" not in said


def test_basic_client_authentication_can_fail_as_well(live: Any, oidc: Any) -> None:
    """A wrong secret is refused in this manner, too."""
    live.collection("oidc_basic.yaml", base=oidc.url, secret="p@ss w+rd%:/", expect=5)
    assert of(oidc, "/api/") == []


def test_a_wrong_secret_is_an_auth_failure(live: Any, oidc: Any) -> None:
    """The server's words are shown, no request that needs the token is sent, and the exit code is 5."""
    said = live.collection("oidc.yaml", base=oidc.url, secret="not-the-secret", expect=5)
    assert "invalid_client" in said
    assert "client authentication failed" in said
    assert f"{oidc.url}/token" in said
    assert "401" in said
    assert "not-the-secret" not in said
    assert of(oidc, "/api/") == []
    assert len(of(oidc, "/token")) == 1


def test_an_auth_failure_stops_only_what_needs_the_token(live: Any, oidc: Any) -> None:
    """A request with `auth: none` is sent all the same; the exit code stays 5."""
    text = """\
base_url: "{{base}}"
auth: {type: oauth2, token_url: "{{base}}/token", client_id: post, client_secret: not-the-secret}
requests:
  - {name: Needs it, url: /api/one}
  - {name: Needs none, url: /api/two, auth: none, assert: [status: 401]}
"""
    live.text(text, base=oidc.url, expect=5)
    assert [entry["path"] for entry in of(oidc, "/api/")] == ["/api/two"]


def test_a_token_endpoint_that_is_not_there(live: Any, oidc: Any) -> None:
    """A token endpoint that answers 404 is an auth failure, too."""
    text = """\
auth: {type: oauth2, token_url: "{{base}}/nowhere", client_id: post, client_secret: some-secret}
requests: [{name: One, url: "{{base}}/api/one"}]
"""
    said = live.text(text, base=oidc.url, expect=5)
    assert "404" in said
    assert of(oidc, "/api/") == []


def test_a_run_outlives_its_tokens(live: Any, oidc: Any) -> None:
    """Tokens are renewed before they expire: no request fails, and none is fetched needlessly.

    A token is used for half its life at least, so the number of fetches follows from how long the run took.
    """
    live.collection("oidc_outlives.yaml", base=oidc.url)
    calls, fetches = of(oidc, "/api/"), of(oidc, "/token")
    assert [entry["status"] for entry in calls] == [200] * 14
    assert {entry["status"] for entry in fetches} == {200}
    lasted = calls[-1]["at"] - fetches[0]["at"]
    assert lasted > 12
    assert 3 < len(fetches) <= math.ceil(lasted / 2) + 1


def test_a_shorter_leeway_needs_fewer_tokens(live: Any, oidc: Any) -> None:
    """`leeway: 1s` on a token of four seconds makes it serve for three."""
    text = """\
base_url: "{{base}}/api"
auth: {type: oauth2, token_url: "{{base}}/token", client_id: post, client_secret: s3cr3t~post, leeway: 1s}
requests:
  - {name: At once, url: /1}
  - {name: Later, url: /2, delay: 500ms}
  - {name: In the next life, url: /3, delay: 4s}
"""
    live.text(text, base=oidc.url)
    assert [entry["status"] for entry in of(oidc, "/api/")] == [200, 200, 200]
    assert len(of(oidc, "/token")) == 2


def test_a_withdrawn_token_is_fetched_anew_once(live: Any, oidc: Any) -> None:
    """After a 401 from the API the token is fetched again and the request is sent again, once."""
    text = """\
base_url: "{{base}}/api"
auth: {type: oauth2, token_url: "{{base}}/token", client_id: post, client_secret: s3cr3t~post, leeway: 0}
requests:
  - {name: Withdraw, method: POST, url: /withdraw}
  - {name: Again, url: /again, assert: [body.client: post]}
"""
    live.text(text, base=oidc.url)
    assert [entry["status"] for entry in of(oidc, "/api/again")] == [401, 200]
    assert len(of(oidc, "/token")) == 2


def test_a_token_that_is_refused_though_new_is_no_loop(live: Any, oidc: Any) -> None:
    """A 401 for a token fetched for this very request is the answer, not a reason to ask again."""
    text = """\
auth: {type: oauth2, token_url: "{{base}}/token", client_id: post, client_secret: s3cr3t~post, prefix: Wrong}
requests: [{name: Refused, url: "{{base}}/api/one"}]
"""
    live.text(text, base=oidc.url, expect=1)
    assert [entry["status"] for entry in of(oidc, "/api/")] == [401]
    assert len(of(oidc, "/token")) == 1


def test_many_collections_share_one_token(live: Any, oidc: Any) -> None:
    """Files of the same identity, run side by side, fetch one token."""
    text = """\
auth: {type: oauth2, token_url: "{{base}}/token", client_id: post, client_secret: s3cr3t~post}
requests:
  - {name: One, url: "{{base}}/api/one"}
  - {name: Two, url: "{{base}}/api/two"}
"""
    for number in range(8):
        (live.place / f"collection{number}.yaml").write_text(text, "utf-8")
    live.file(".", "-j", "8", cwd=live.place, base=oidc.url)
    assert [entry["status"] for entry in of(oidc, "/api/")] == [200] * 16
    assert len(of(oidc, "/token")) == 1
