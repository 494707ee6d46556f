"""The second provider: codes of a person who is signed in, and the identity of a job in place of a secret."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from runner.demo.credentials import CLIENT_ID, READER_CLIENT_ID

VERIFIER = "a-verifier"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "http://127.0.0.1:1/cb"


def authorize(client, **changed):
    good = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": BACK,
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return client.ask("GET", f"/sso/authorize?{urlencode(good | changed)}")


def came_back(answer):
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def token(client, **form):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.ask("POST", "/sso/token", headers=headers, body=urlencode(form).encode())


def by_code(client, **changed):
    good = {"client_id": CLIENT_ID, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return token(client, grant_type="authorization_code", **(good | changed))


def test_a_code_is_good_once(client):
    """Back with state and code, which gives a token for the demo API, once."""
    back = came_back(authorize(client))
    assert back["state"] == "s"
    answer = by_code(client, code=back["code"])
    assert client.ask("GET", "/bearer", token=answer.body["access_token"]).body["claims"]["aud"] == "api://demo"
    assert by_code(client, code=back["code"]).body == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changed", [{"code_verifier": "other"}, {"redirect_uri": f"{BACK}2"}, {"client_id": READER_CLIENT_ID}], ids=str
)
def test_a_code_of_somebody_else(client, changed):
    """Another verifier, redirect or client gets nothing."""
    assert by_code(client, code=came_back(authorize(client))["code"], **changed).status == 400


@pytest.mark.parametrize("changed", [{"redirect_uri": "http://h/cb"}, {"redirect_uri": "http://["}, {"client_id": "x"}])
def test_nobody_is_sent_elsewhere(client, changed):
    """A client or an address that is not known is told so, and not redirected."""
    assert authorize(client, **changed).status == 400


@pytest.mark.parametrize("changed", [{"response_type": "token"}, {"code_challenge_method": "plain"}])
def test_without_pkce(client, changed):
    """What is wrong with the rest goes back to the client."""
    assert came_back(authorize(client, **changed)) == {"error": "invalid_request", "state": "s"}


def test_the_identity_of_a_job(client):
    """It takes the place of the client's secret, for its own client alone."""
    job = client.ask("GET", f"/sso/job?client_id={CLIENT_ID}").body["value"]
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = {"grant_type": "client_credentials", "client_assertion_type": kind, "client_assertion": job}
    assert token(client, client_id=CLIENT_ID, **form).status == 200
    for changed in ({"client_id": READER_CLIENT_ID}, {"client_assertion": "x"}, {"client_assertion_type": "y"}):
        assert token(client, **{"client_id": CLIENT_ID, **form, **changed}).body == {"error": "invalid_grant"}
    assert token(client, grant_type="password").body == {"error": "unsupported_grant_type"}
    assert client.ask("GET", "/sso/job").status == 400
