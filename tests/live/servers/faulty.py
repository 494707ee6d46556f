"""Token endpoints that follow an RFC's example to the letter, and such that fail in every manner; and an API behind them.

python faulty.py PORT       GET /seen tells what arrived, DELETE /seen forgets it

PLAIN is the table of answers that are the same each time, ASKED that of answers that look at the request.
`{base}` stands for this server's own address.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

seen: list[dict[str, Any]] = []
never = threading.Event()


class Answer(NamedTuple):
    """A response; a body that is no text is sent as JSON."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = MappingProxyType({})


class Asked(NamedTuple):
    """What arrived: the whole URL, and the form's fields in their order, repeated ones too."""

    url: str
    form: list[tuple[str, str]]
    authorization: str

    def field(self, name: str) -> str:
        return dict(self.form).get(name, "")


HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = "<!doctype html><html><head><title>Blocked</title></head><body><h1>Blocked by the gateway</h1></body></html>"
DESCRIPTIONS = {
    400: ("invalid_grant", "The grant is used up."),
    401: ("invalid_client", "The client is not known here."),
    403: ("unauthorized_client", "This client may not use the grant."),
}
GOOD = {"access_token": "a-good-token-of-the-tests", "token_type": "Bearer", "expires_in": 3600}


def refusals() -> dict[str, Answer]:
    """400, 401 and 403: with JSON as RFC 6749 § 5.2 has it, with a web page, with nothing."""
    table = {}
    for status, (error, description) in DESCRIPTIONS.items():
        table[f"/json/{status}"] = Answer(status, {"error": error, "error_description": description})
        table[f"/html/{status}"] = Answer(status, PAGE, HTML)
        table[f"/empty/{status}"] = Answer(status)
    return table


def document(issuer: str, **changes: str | None) -> dict[str, str]:
    """A discovery document, with keys changed or (None) left out."""
    all_keys = {
        "issuer": issuer,
        "authorization_endpoint": "{base}/authorize",
        "token_endpoint": "{base}/token",
        "device_authorization_endpoint": "{base}/entra/devicecode",
        "jwks_uri": "{base}/jwks",
    } | changes
    return {name: value for name, value in all_keys.items() if value is not None}


OIDC = ".well-known/openid-configuration"
RFC8414 = "/.well-known/oauth-authorization-server"

PLAIN: dict[str, Answer] = {
    **refusals(),
    "/token": Answer(200, GOOD),
    "/no-token": Answer(
        200, {"token_type": "Bearer", "expires_in": 3600, "refresh_token": "a-refresh-token-not-to-be-shown"}
    ),
    "/error-in-200": Answer(200, {"error": "invalid_scope", "error_description": "The scope is not known."}),
    "/text-in-200": Answer(200, "welcome", {"Content-Type": "text/plain"}),
    "/empty-in-200": Answer(200),
    "/number-as-token": Answer(200, GOOD | {"access_token": 12345678}),
    "/broken": Answer(500, "Internal Server Error", {"Content-Type": "text/plain"}),
    "/redirect": Answer(307, "", {"Location": "{base}/token"}),
    "/two-lines": Answer(
        400,
        {
            "error": "invalid_request",
            "error_description": "AADSTS900144: it lacks a field.\r\nTrace ID: t-1\r\nCorrelation ID: c-1",
        },
    ),
    # RFC 8693 § 2.3; the JWT's own `exp` has long passed: it is `expires_in` that counts.
    "/as/token.oauth2": Answer(
        200,
        {
            "access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9.eyJhdWQiOiJodHRwczovL2JhY2tlbmQuZXhhbXBsZS5jb20iLCJpc3MiOiJodHRw"
            "czovL2FzLmV4YW1wbGUuY29tIiwiZXhwIjoxNDQxOTE3NTkzLCJpYXQiOjE0NDE5MTc1MzMsInN1YiI6ImJkY0BleGFtcGxlLmNvbSIsInNjb3BlIjoi"
            "YXBpIn0.40y3ZgQedw6rxf59WlwHDD9jryFOr0_Wh3CGozQBihNBhnXEQgU85AI9x3KmsPottVMLPIWvmDCMy5-kdXjwhw",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 60,
        },
    ),
    # Issuers: OpenID Connect Discovery appends to the path, RFC 8414 § 3.1 inserts before it.
    f"/oidc/{OIDC}": Answer(200, document("{base}/oidc")),
    f"{RFC8414}/tenant/one": Answer(200, document("{base}/tenant/one")),
    f"/of-another/{OIDC}": Answer(200, document("{base}/oidc")),
    f"/no-json/{OIDC}": Answer(200, PAGE, HTML),
    f"/no-endpoint/{OIDC}": Answer(200, document("{base}/no-endpoint", token_endpoint=None)),
    f"/broken-first/{OIDC}": Answer(500, "Internal Server Error", {"Content-Type": "text/plain"}),
}


def echo(asked: Asked) -> Answer:
    """A careless server: its description repeats the credentials that it got."""
    said = f"client {asked.field('client_id')} came with {asked.field('client_secret')} and {asked.authorization}"
    return Answer(400, {"error": "invalid_client", "error_description": said})


def decoded(part: str) -> Any:
    """One part of a JWT."""
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


#: Bytes of a signature: P-256 (RFC 7518 § 3.4), and RSA with 2048 bits.
SIGNATURE_BYTES = {"ES256": 64, "RS256": 256, "PS256": 256, "EdDSA": 64}


def assertion(asked: Asked) -> Answer:
    """RFC 7523 § 4: takes a JWT of this client for this endpoint, and says what is wrong with any other (§ 3.1)."""

    def refuse(why: str) -> Answer:
        return Answer(400, {"error": "invalid_grant", "error_description": why})

    if asked.field("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
        return refuse("the grant type is not that of RFC 7523")
    try:
        head, body, signature = asked.field("assertion").split(".")
        header, claims = decoded(head), decoded(body)
        length = len(base64.urlsafe_b64decode(signature + "=="))
    except ValueError:
        return refuse("the assertion is no JWT")
    if claims.get("iss") != "service@example.com":
        return refuse(f"iss is {claims.get('iss')}")
    if claims.get("aud") != asked.url:
        return refuse(f"aud is {claims.get('aud')}")
    if not 0 < claims.get("exp", 0) - claims.get("iat", 0) <= 3600:
        return refuse("exp is more than an hour after iat, or one of them is absent")
    if SIGNATURE_BYTES.get(header.get("alg")) != length:
        return refuse(f"the signature has {length} bytes, the algorithm is {header.get('alg')}")
    return Answer(200, GOOD | {"claims": claims, "header": header})


polls: dict[str, int] = {}
granted = {
    "token_type": "Bearer",
    "scope": "user.read",
    "expires_in": 3599,
    "ext_expires_in": 3599,
    "access_token": "a-device-token",
}
#: How each client's polls are answered, one after the other; the last answer stays.
DEVICE: dict[str, list[str | None]] = {
    "patient": ["authorization_pending", "slow_down", None],
    "declined": ["authorization_pending", "authorization_declined"],
    "expired": ["expired_token"],
    "bad-code": ["bad_verification_code"],
}


def device_code(asked: Asked) -> Answer:
    """As Entra ID answers: a message, no `verification_uri_complete`; v1 writes numbers as text."""
    client = asked.field("client_id")
    body = {
        "user_code": "FJC3SWK2K",
        "device_code": f"device-code-of-{client}",
        "verification_uri": "{base}/microsoft.com/devicelogin",
        "expires_in": "900",
        "interval": "1",
        "message": "To sign in, open the page {base}/microsoft.com/devicelogin and enter the code FJC3SWK2K to authenticate.",
    }
    return Answer(200, body)


def device_token(asked: Asked) -> Answer:
    """The polls: pending until the list of this client is at its end."""
    client = asked.field("client_id")
    answers = DEVICE[client]
    error = answers[min(polls.get(client, 0), len(answers) - 1)]
    polls[client] = polls.get(client, 0) + 1
    if error is None:
        return Answer(200, granted)
    return Answer(
        400,
        {"error": error, "error_description": f"AADSTS70000: {error} it is.\r\nTrace ID: t-1\r\nCorrelation ID: c-1"},
    )


def login(asked: Asked) -> Answer:
    """A login call of no standard: what it gives is good for two seconds."""
    until = datetime.now(UTC) + timedelta(seconds=2)
    number = sum(entry["path"] == "/login" for entry in seen)
    return Answer(201, {"data": {"ticket": f"ticket-number-{number}", "until": until.isoformat()}})


def slow_token(asked: Asked) -> Answer:
    """Takes its time, so that all who want a token wait at once."""
    never.wait(0.5)
    return Answer(200, GOOD)


def actions_token(asked: Asked) -> Answer:
    """GitHub Actions' endpoint for a job's own identity: the caller adds `audience` to the query that is there."""
    query = dict(parse_qsl(urlsplit(asked.url).query))
    if asked.authorization.lower() != "bearer job-token-of-the-tests" or "api-version" not in query:
        return Answer(401, {"message": "not this job"})
    return Answer(200, {"count": 1, "value": f"jwt.for.{query.get('audience', 'nobody')}"})


ASKED: dict[str, Callable[[Asked], Answer]] = {
    "/echo": echo,
    "/token.oauth2": assertion,
    "/login": login,
    "/slow-token": slow_token,
    "/actions/token": actions_token,
    "/entra/devicecode": device_code,
    "/entra/token": device_token,
}


class Handler(BaseHTTPRequestHandler):
    """Looks up the answer, and notes what arrived before it is sent."""

    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        path = urlsplit(self.path).path
        length = int(self.headers.get("Content-Length") or 0)
        form = parse_qsl(self.rfile.read(length).decode("utf-8", "replace"), keep_blank_values=True)
        if path == "/seen":
            self.answer(Answer(200, list(seen)))
            if self.command == "DELETE":
                seen.clear()
                polls.clear()
            return
        base = "http://{}:{}".format(*self.server.server_address[:2])
        asked = Asked(base + self.path, form, self.headers.get("Authorization", ""))
        noted = {"at": time.time(), "path": path, "method": self.command, "form": form}
        seen.append(noted | {"authorization": asked.authorization, "ticket": self.headers.get("X-Ticket", "")})
        if path == "/hang":
            never.wait()
        elif path == "/close":
            self.close_connection = True
        elif path.startswith("/api/"):
            self.answer(Answer(200, {"path": path, "authorization": asked.authorization}))
        elif path in ASKED:
            self.answer(ASKED[path](asked), base)
        else:
            self.answer(PLAIN.get(path, Answer(404, "nothing here", {"Content-Type": "text/plain"})), base)

    do_GET = do_POST = do_DELETE = handle_any

    def answer(self, answer: Answer, base: str = "") -> None:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        data = text.replace("{base}", base).encode()
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json"} if data else {}
        for name, value in {**headers, **answer.headers}.items():
            self.send_header(name, value.replace("{base}", base))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: what arrived is in `seen`."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
