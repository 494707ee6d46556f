"""Grants and discovery by the letter of their RFCs' examples, and device codes in the shape of Entra ID."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

import pytest


def of(server: Any, path: str) -> list[dict[str, Any]]:
    """What arrived at `path`, in order."""
    return [entry for entry in server.get("/seen") if entry["path"].startswith(path)]


# ---------------------------------------------------------------- token_exchange (RFC 8693)

EXCHANGE = """\
secrets: {secret: long-secure-random-secret, subject: accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC}
auth:
  type: oauth2
  grant: token_exchange
  token_url: "{{base}}/as/token.oauth2"
  client_id: rs08
  client_secret: "{{secret}}"
  client_auth: basic
  subject_token: "{{subject}}"
  resource: https://backend.example.com/api
requests: [{name: One, url: "{{base}}/api/one"}, {name: Two, url: "{{base}}/api/two"}]
"""


def test_the_example_of_token_exchange(live: Any, faulty: Any) -> None:
    """The form is that of RFC 8693 § 2.3; `expires_in` counts, though the JWT's own end was years ago."""
    said = live.text(EXCHANGE, "--verbose", base=faulty.url)
    (fetch,) = of(faulty, "/as/")
    assert fetch["authorization"] == "Basic cnMwODpsb25nLXNlY3VyZS1yYW5kb20tc2VjcmV0"
    assert sorted(fetch["form"]) == [
        ["grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"],
        ["resource", "https://backend.example.com/api"],
        ["subject_token", "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC"],
        ["subject_token_type", "urn:ietf:params:oauth:token-type:access_token"],
    ]
    sent = {call["authorization"] for call in of(faulty, "/api/")}
    assert len(sent) == 1
    for secret in ("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC", "cnMwODpsb25n", sent.pop().split(".")[2]):
        assert secret not in said


def test_an_exchange_for_several_places(live: Any, faulty: Any) -> None:
    """Lists of `audience` and `resource` are repeated (§ 2.1); short names of types are made URNs; `extra` goes along."""
    text = EXCHANGE.replace(
        "  resource: https://backend.example.com/api\n",
        "  resource: [https://a.example.com, https://b.example.com]\n"
        "  audience: [one, two]\n"
        "  subject_token_type: jwt\n"
        "  extra: {requested_token_type: urn:ietf:params:oauth:token-type:access_token, more: [x, y]}\n",
    )
    live.text(text, base=faulty.url)
    (fetch,) = of(faulty, "/as/")
    values: dict[str, list[str]] = {}
    for name, value in fetch["form"]:
        values.setdefault(name, []).append(value)
    assert values["resource"] == ["https://a.example.com", "https://b.example.com"]
    assert values["audience"] == ["one", "two"]
    assert values["subject_token_type"] == ["urn:ietf:params:oauth:token-type:jwt"]
    assert values["requested_token_type"] == ["urn:ietf:params:oauth:token-type:access_token"]
    assert values["more"] == ["x", "y"]


# ---------------------------------------------------------------- jwt_bearer (RFC 7523)

BEARER = """\
auth:
  type: oauth2
  grant: jwt_bearer
  token_url: "{{base}}/token.oauth2"
  client_id: "{{client}}"
  private_key: signer.pem
  key_id: "16"
  subject: mike@example.com
requests: [{name: One, url: "{{base}}/api/one"}]
"""
KEYS = {
    "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    "RS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_an_assertion_of_ones_own(live: Any, faulty: Any, algorithm: str) -> None:
    """The JWT says who asks, for whom and where (RFC 7523 § 3), and openssl finds its RSA signature right."""
    subprocess.run(["openssl", "genpkey", *KEYS[algorithm], "-out", "signer.pem"], cwd=live.place, check=True)
    said = live.text(BEARER, "--verbose", base=faulty.url, client="service@example.com")
    (fetch,) = of(faulty, "/token.oauth2")
    form = dict(fetch["form"])
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert "client_secret" not in form
    assert form["assertion"] not in said
    signed, _, signature = form["assertion"].rpartition(".")
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in signed.split("."))
    assert (header["alg"], header["kid"], claims["sub"]) == (algorithm, "16", "mike@example.com")
    if algorithm == "RS256":
        (live.place / "signature").write_bytes(base64.urlsafe_b64decode(signature + "=="))
        words = ["openssl", "dgst", "-sha256", "-prverify", "signer.pem", "-signature", "signature"]
        subprocess.run(words, input=signed.encode(), cwd=live.place, check=True, capture_output=True)


def test_an_assertion_that_is_refused(live: Any, faulty: Any) -> None:
    """Of a JWT by another issuer the server's words are shown, and nothing is sent."""
    subprocess.run(["openssl", "genpkey", *KEYS["ES256"], "-out", "signer.pem"], cwd=live.place, check=True)
    said = live.text(BEARER, base=faulty.url, client="nobody@example.com", expect=5)
    assert "invalid_grant: iss is nobody@example.com" in said
    assert of(faulty, "/api/") == []


# ---------------------------------------------------------------- discovery

DISCOVERED = """\
auth: {type: oauth2, issuer: "{{base}}/{{issuer}}", client_id: one, client_secret: "{{env.S}}"}
requests: [{name: One, url: "{{base}}/api/one"}]
"""
SECRET = {"S": "a-secret-of-the-tests"}
FIRST = "/.well-known/openid-configuration"
SECOND = "/.well-known/oauth-authorization-server"


@pytest.mark.parametrize("issuer", ["oidc", "oidc/"])
def test_the_document_of_openid_connect(live: Any, faulty: Any, issuer: str) -> None:
    """OpenID Connect's document comes first, and appends to the issuer's path; a last slash is none."""
    live.text(DISCOVERED, base=faulty.url, issuer=issuer, env=SECRET)
    assert [entry["path"] for entry in faulty.get("/seen")] == [f"/oidc{FIRST}", "/token", "/api/one"]


def test_the_document_of_rfc_8414(live: Any, faulty: Any) -> None:
    """Where that is not there, RFC 8414's is asked for, which stands before the issuer's path (§ 3.1)."""
    live.text(DISCOVERED, base=faulty.url, issuer="tenant/one", env=SECRET)
    asked = [f"/tenant/one{FIRST}", f"{SECOND}/tenant/one", "/token", "/api/one"]
    assert [entry["path"] for entry in faulty.get("/seen")] == asked


def test_one_discovery_serves_a_run(live: Any, faulty: Any) -> None:
    """Eight files of one identity read the document once."""
    for number in range(8):
        (live.place / f"collection{number}.yaml").write_text(DISCOVERED, "utf-8")
    live.file(".", "-j", "8", cwd=live.place, env=SECRET, base=faulty.url, issuer="oidc")
    assert len(of(faulty, "/oidc/")) == 1


@pytest.mark.parametrize(
    ("issuer", "place", "words"),
    [
        ("nowhere", f"/nowhere{FIRST}", "404"),
        ("of-another", f"/of-another{FIRST}", "another issuer"),
        ("no-json", f"/no-json{FIRST}", "200"),
        ("broken-first", f"/broken-first{FIRST}", "500"),
        ("no-endpoint", "/no-endpoint", "token endpoint"),
    ],
)
def test_a_discovery_that_fails(live: Any, faulty: Any, issuer: str, place: str, words: str) -> None:
    """One line names the document's URL and what is wrong with it; no token is asked for, nothing is sent."""
    said = live.text(DISCOVERED, base=faulty.url, issuer=issuer, env=SECRET, expect=5)
    assert [line for line in said.splitlines() if faulty.url + place in line and words in line], said
    assert of(faulty, "/token") == []
    assert of(faulty, "/api/") == []


# ---------------------------------------------------------------- device_code as Entra ID answers

DEVICE = """\
auth:
  {type: oauth2, grant: device_code, device_url: "{{base}}/entra/devicecode", token_url: "{{base}}/entra/token",
   client_id: "{{client}}", scope: user.read, cache: memory}
requests: [{name: One, url: "{{base}}/api/one"}]
"""


def test_entra_shows_a_page_and_a_code(live: Any, faulty: Any) -> None:
    """No `verification_uri_complete`, numbers as text; the polls keep the interval, and `slow_down` adds five seconds."""
    run = live.started(DEVICE, base=faulty.url, client="patient")
    assert run.wait_for(r"(http://\S+)") == f"{faulty.url}/microsoft.com/devicelogin"
    assert run.wait_for(r"code: (\S+)") == "FJC3SWK2K"
    said = run.finish()
    polls = of(faulty, "/entra/token")
    assert len(polls) == 3
    assert polls[1]["at"] - polls[0]["at"] > 0.9
    assert polls[2]["at"] - polls[1]["at"] > 5.9
    assert dict(polls[0]["form"])["grant_type"] == "urn:ietf:params:oauth:grant-type:device_code"
    assert "device-code-of-patient" not in said
    (call,) = of(faulty, "/api/")
    assert call["authorization"] == "Bearer a-device-token"


@pytest.mark.parametrize(
    ("client", "error"),
    [("declined", "authorization_declined"), ("expired", "expired_token"), ("bad-code", "bad_verification_code")],
)
def test_a_device_code_that_comes_to_nothing(live: Any, faulty: Any, client: str, error: str) -> None:
    """Entra's own errors end the polls, in one line with the server's words."""
    said = live.text(DEVICE, base=faulty.url, client=client, expect=5)
    wanted = f"{error}: AADSTS70000: {error} it is. Trace ID: t-1 Correlation ID: c-1"
    assert [line for line in said.splitlines() if wanted in line and f"{faulty.url}/entra/token" in line], said
    assert f"device-code-of-{client}" not in said
    assert of(faulty, "/api/") == []
