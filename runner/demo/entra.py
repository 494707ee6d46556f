"""The token endpoint `POST /{tenant}/oauth2/v2.0/token`, shaped like the v2.0 endpoint of Microsoft Entra ID.

One grant, client_credentials (RFC 6749 § 4.4), with the secret in the form or as HTTP Basic (§ 2.3.1). The
checks run in the order of `_CHECKS`; the first that finds a fault names a row of `_FAULTS`, the answer.
Status, `error`, number and wording are those that Entra gives, because error reporting is judged by them:
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote_plus

from runner.demo.credentials import APPS, DEMO_API, GRAPH, TENANT, TENANT_ID
from runner.demo.messages import Call, Reply, Route, json_reply
from runner.demo.tokens import Mint

#: What may stand before `/.default` in a scope, and the audience that it gives.
_AUDIENCES = {GRAPH: GRAPH, "00000003-0000-0000-c000-000000000000": GRAPH, DEMO_API: DEMO_API}
_NO_STORE = (("Cache-Control", "no-store, no-cache"), ("Pragma", "no-cache"))


class Fault(NamedTuple):
    """A row of the error table; `text` is filled from the `Ask`."""

    status: int
    error: str
    code: int
    text: str


_FAULTS = {
    "parameter": Fault(
        400, "invalid_request", 900144, "The request body must contain the following parameter: '{detail}'."
    ),
    "tenant": Fault(
        400,
        "invalid_request",
        90002,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
        "the correct cloud.",
    ),
    "grant": Fault(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '{detail}'."),
    "app": Fault(
        400,
        "unauthorized_client",
        700016,
        "Application with identifier '{client_id}' was not found in the directory 'Contoso'. You may have "
        "sent your authentication request to the wrong tenant.",
    ),
    "twice": Fault(400, "invalid_request", 90023, "The client authenticates in more than one way."),
    "no secret": Fault(
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    "secret": Fault(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
        "value, not the client secret ID, for a secret added to app '{client_id}'.",
    ),
    "scope": Fault(
        400,
        "invalid_scope",
        70011,
        "The provided request must include a 'scope' input parameter. The provided value for the input "
        "parameter 'scope' is not valid. The scope {detail} is not valid.",
    ),
    "resource": Fault(
        400,
        "invalid_resource",
        500011,
        "The resource principal named {detail} was not found in the tenant named Contoso.",
    ),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a client sent, Basic already taken apart; `basic` says whether it tried to authenticate so."""

    tenant: str
    fields: Mapping[str, str]
    basic: bool
    client_id: str
    secret: str

    @property
    def resource(self) -> str:
        return self.fields.get("scope", "").removesuffix("/.default")


#: The name of a fault and its detail, or None.
Finding = tuple[str, str] | None


def _parameters(ask: Ask) -> Finding:
    given = {**ask.fields, "client_id": ask.client_id}
    missing = (name for name in ("grant_type", "client_id", "scope") if not given.get(name))
    return next((("parameter", name) for name in missing), None)


def _tenant(ask: Ask) -> Finding:
    return None if ask.tenant.lower() in (TENANT, TENANT_ID) else ("tenant", "")


def _grant(ask: Ask) -> Finding:
    grant = ask.fields["grant_type"]
    return None if grant == "client_credentials" else ("grant", grant)


def _app(ask: Ask) -> Finding:
    return None if ask.client_id in APPS else ("app", "")


def _secret(ask: Ask) -> Finding:
    if ask.basic and "client_secret" in ask.fields:
        return "twice", ""  # RFC 6749 § 2.3: not more than one method in a request
    if not ask.secret:
        return "no secret", ""
    return None if ask.secret == APPS[ask.client_id].secret else ("secret", "")


def _scope(ask: Ask) -> Finding:
    scope = ask.fields["scope"]
    if " " in scope or not scope.endswith("/.default"):
        return "scope", scope
    return None if ask.resource in _AUDIENCES else ("resource", ask.resource)


_CHECKS: tuple[Callable[[Ask], Finding], ...] = (_parameters, _tenant, _grant, _app, _secret, _scope)


class Entra:
    """The token endpoint over a mint."""

    def __init__(self, mint: Mint) -> None:
        self._mint = mint

    def routes(self) -> list[Route]:
        return [Route("POST", "/{tenant}/oauth2/v2.0/token", self.token)]

    def token(self, call: Call, tenant: str) -> Reply:
        """A token, or the first fault that a check finds."""
        ask = _read(call, tenant)
        findings = (check(ask) for check in _CHECKS)
        finding = next((found for found in findings if found), None)
        if finding:
            return _refusal(_FAULTS[finding[0]], ask, finding[1], call)
        lifetime = self._mint.lifetime
        access_token = self._mint.issue(APPS[ask.client_id], _AUDIENCES[ask.resource])
        answer = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime}
        return json_reply({**answer, "access_token": access_token}, 200, *_NO_STORE)


def _read(call: Call, tenant: str) -> Ask:
    fields = dict(call.form or ())
    encoded = call.credentials("basic")
    if encoded is None:
        return Ask(tenant, fields, False, fields.get("client_id", ""), fields.get("client_secret", ""))
    client_id, secret = _basic(encoded)
    return Ask(tenant, fields, True, client_id, secret)


def _basic(encoded: str) -> tuple[str, str]:
    """Id and secret; each was form-encoded before they were joined (RFC 6749 § 2.3.1)."""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _refusal(fault: Fault, ask: Ask, detail: str, call: Call) -> Reply:
    text = fault.text.format(tenant=ask.tenant, client_id=ask.client_id, detail=detail)
    trace = str(uuid.uuid4())
    correlation = call.headers.get("client-request-id") or str(uuid.uuid4())
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    ids = (f"Trace ID: {trace}", f"Correlation ID: {correlation}", f"Timestamp: {now}")
    body = {
        "error": fault.error,
        "error_description": "\r\n".join((f"AADSTS{fault.code}: {text}", *ids)),
        "error_codes": [fault.code],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={fault.code}",
    }
    # RFC 6749 § 5.2: a client that tried the Authorization header is told its scheme.
    challenge = (("WWW-Authenticate", 'Basic realm="demo"'),) if ask.basic and fault.status == 401 else ()
    return json_reply(body, fault.status, *_NO_STORE, *challenge)
