"""A second provider of tokens, `/sso`: a person who is signed in already, and the identity of a job.

The authorization code with PKCE (RFC 6749 § 4.1, RFC 7636, RFC 8252), and client_credentials with a client assertion
(RFC 7523 § 2.2), as CI systems and clusters make them. What each route answers is listed in the head of `server`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from runner.demo.credentials import APPS, DEMO_API
from runner.demo.messages import Call, Reply, Route, json_reply
from runner.demo.tokens import Mint, TokenRefused

#: For whom the identity of a job is made.
JOBS = "api://demo/jobs"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MOST_CODES = 1_000

_Form = Mapping[str, str]


class Code(NamedTuple):
    """What an authorization code was given for."""

    client_id: str
    redirect_uri: str
    challenge: str


class Sso:
    """The routes, and the codes that were not used yet."""

    def __init__(self, mint: Mint) -> None:
        self._mint = mint
        self._lock = threading.Lock()
        self._codes: dict[str, Code] = {}
        self._grants = {"authorization_code": self._by_code, "client_credentials": self._by_assertion}

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/sso/authorize", self._authorize),
            Route("POST", "/sso/token", self._token),
            Route("GET", "/sso/job", self._job),
        ]

    def _authorize(self, call: Call) -> Reply:
        asked = dict(call.query)
        code = Code(asked.get("client_id", ""), asked.get("redirect_uri", ""), asked.get("code_challenge", ""))
        if code.client_id not in APPS or _host(code.redirect_uri) not in _LOOPBACK:
            return json_reply({"error": "invalid_request"}, 400)  # RFC 6749 § 4.1.2.1: nobody is sent anywhere
        state = {"state": asked["state"]} if "state" in asked else {}
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return _back(code.redirect_uri, {"error": "invalid_request", **state})
        name = secrets.token_urlsafe(16)
        with self._lock:
            if len(self._codes) >= _MOST_CODES:
                self._codes.clear()
            self._codes[name] = code
        return _back(code.redirect_uri, {"code": name, **state})

    def _token(self, call: Call) -> Reply:
        form = dict(call.form or ())
        grant = self._grants.get(form.get("grant_type", ""))
        if grant is None:
            return json_reply({"error": "unsupported_grant_type"}, 400)
        client_id = grant(form)
        if client_id is None:
            return json_reply({"error": "invalid_grant"}, 400)
        token = self._mint.issue(APPS[client_id], DEMO_API)
        return json_reply({"access_token": token, "token_type": "Bearer", "expires_in": self._mint.lifetime})

    def _by_code(self, form: _Form) -> str | None:
        """The client of a code that was given for this very redirect and verifier; it is good once."""
        with self._lock:
            code = self._codes.pop(form.get("code", ""), None)
        if code is None or code != Code(form.get("client_id", ""), form.get("redirect_uri", ""), _challenge(form)):
            return None
        return code.client_id

    def _by_assertion(self, form: _Form) -> str | None:
        """The client whose job an assertion is about."""
        if form.get("client_assertion_type") != _ASSERTION:
            return None
        try:
            claims = self._mint.read(form.get("client_assertion", ""), JOBS)
        except TokenRefused:
            return None
        return form["client_id"] if form.get("client_id") == claims["appid"] else None

    def _job(self, call: Call) -> Reply:
        client_id = dict(call.query).get("client_id", "")
        if client_id not in APPS:
            return json_reply({"error": "unauthorized_client"}, 400)
        return json_reply({"value": self._mint.issue(APPS[client_id], JOBS)})


def _challenge(form: _Form) -> str:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _back(redirect_uri: str, answer: _Form) -> Reply:
    joint = "&" if "?" in redirect_uri else "?"
    return Reply(302, b"", (("Location", f"{redirect_uri}{joint}{urlencode(answer)}"),))
