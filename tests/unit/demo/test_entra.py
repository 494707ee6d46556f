"""The token endpoint: the token it gives, and each fault as Entra words it."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote_plus

import pytest

from runner.demo.credentials import (
    CLIENT_ID,
    READER_CLIENT_ID,
    READER_CLIENT_SECRET,
    TENANT_ID,
)


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def test_success_has_the_fields_of_entra(client):
    """A good request gets a bearer token with its lifetime as a number, and nothing may store the answer."""
    answer = client.ask_token()
    assert answer.status == 200
    assert answer.body.keys() == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert answer.body["token_type"] == "Bearer"
    assert answer.body["expires_in"] == answer.body["ext_expires_in"] == 60
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_token_is_a_jwt(client):
    """The access token has a JWT's header and the claims of an application's token."""
    token = client.token()
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    claims = claims_of(token)
    assert header["typ"] == "JWT"
    assert header["alg"] == "HS256"
    assert claims["aud"] == "https://graph.microsoft.com"
    assert claims["appid"] == CLIENT_ID
    assert claims["tid"] == TENANT_ID
    assert claims["roles"] == ["User.Read.All", "User.ReadWrite.All"]
    assert claims["exp"] - claims["iat"] in (60, 61)


def test_every_token_is_another_one(client):
    """Two requests in the same second get two tokens, so that tests can tell a new one from an old one."""
    assert client.token() != client.token()


def test_the_tenant_may_be_given_by_its_id(client):
    """The directory's id and its domain name are the same tenant."""
    assert client.ask_token(tenant=TENANT_ID).status == 200


def test_secret_with_special_characters_in_the_form(client):
    """A secret of reserved characters survives the form encoding."""
    answer = client.ask_token(client_id=READER_CLIENT_ID, client_secret=READER_CLIENT_SECRET)
    assert claims_of(answer.body["access_token"])["roles"] == ["User.Read.All"]


def test_basic_is_form_encoded(client):
    """Id and secret in the Authorization header are decoded as RFC 6749 § 2.3.1 says."""
    pair = f"{quote_plus(READER_CLIENT_ID)}:{quote_plus(READER_CLIENT_SECRET)}"
    answer = client.ask_token(basic=pair, client_id=None, client_secret=None)
    assert answer.status == 200


def test_raw_basic_is_refused_with_a_challenge(client):
    """A secret put into Basic without encoding is a wrong one, and the answer names the scheme (§ 5.2)."""
    pair = f"{READER_CLIENT_ID}:{READER_CLIENT_SECRET}"
    answer = client.ask_token(basic=pair, client_id=None, client_secret=None)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("fields", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"client_id": None}, 400, "invalid_request", 900144),
        ({"tenant": "fabrikam.onmicrosoft.com"}, 400, "invalid_request", 90002),
        ({"grant_type": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"scope": "User.Read.All"}, 400, "invalid_scope", 70011),
        ({"scope": "https://graph.microsoft.com/.default openid"}, 400, "invalid_scope", 70011),
        ({"scope": "https://nothing.example/.default"}, 400, "invalid_resource", 500011),
        ({"basic": "a:b"}, 400, "unauthorized_client", 700016),
        ({"basic": f"{CLIENT_ID}:b"}, 400, "invalid_request", 90023),
    ],
)
def test_faults(client, fields, status, error, code):
    """Each fault has the status, the OAuth error and the number that Entra gives it."""
    answer = client.ask_token(**fields)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (status, error, [code])


def test_the_error_body_is_entras(client):
    """The description has number, trace, correlation and time on lines of their own; each is a field too."""
    body = client.ask_token(client_secret="wrong").body
    lines = body["error_description"].split("\r\n")
    assert lines[0].startswith("AADSTS7000215: Invalid client secret provided.")
    assert CLIENT_ID in lines[0]
    assert lines[1:] == [
        f"Trace ID: {body['trace_id']}",
        f"Correlation ID: {body['correlation_id']}",
        f"Timestamp: {body['timestamp']}",
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", body["timestamp"])
    assert body["error_uri"].endswith("/error?code=7000215")


def test_the_error_never_holds_the_secret(client):
    """What was sent as a secret does not come back."""
    assert b"wrong-and-telling" not in client.ask_token(client_secret="wrong-and-telling").content


def test_a_body_that_is_no_form_has_no_fields(client):
    """JSON is not read: the first parameter is missing."""
    answer = client.ask("POST", "/contoso.onmicrosoft.com/oauth2/v2.0/token", body={"grant_type": "x"})
    assert answer.body["error_codes"] == [900144]


def test_get_is_refused(client):
    """The token endpoint takes POST alone."""
    answer = client.ask("GET", "/contoso.onmicrosoft.com/oauth2/v2.0/token")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


def test_broken_basic_is_a_missing_client(client):
    """Credentials that are no base64 count as none."""
    headers = {"Authorization": "Basic %%%", "Content-Type": "application/x-www-form-urlencoded"}
    body = b"grant_type=client_credentials&scope=x"
    answer = client.ask("POST", f"/{TENANT_ID}/oauth2/v2.0/token", headers=headers, body=body)
    assert answer.body["error_codes"] == [900144]
