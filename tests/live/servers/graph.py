"""A Graph-shaped API for tests of the token step: takes any bearer token, remembers what it was asked.

python graph.py PORT        GET /seen tells what arrived
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

NAMES = ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov"]
USERS = [
    {
        "id": f"{number:08d}-0000-0000-0000-000000000000",
        "displayName": name,
        "mail": f"{name.split()[0].lower()}@contoso.com",
        "userPrincipalName": f"{name.split()[0].lower()}@contoso.onmicrosoft.com",
    }
    for number, name in enumerate(NAMES, 1)
]
seen: list[dict[str, object]] = []


class Handler(BaseHTTPRequestHandler):
    """`/v1.0/users` with `$top` and a filter on mail, `/v1.0/users/{id or mail}`, and Graph's errors."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/seen":
            self.answer(200, seen)
            return
        authorized = self.headers.get("Authorization", "").startswith("Bearer ")
        seen.append({"path": self.path, "authorized": authorized})
        if not authorized:
            self.refuse(401, "InvalidAuthenticationToken", "Access token is empty.")
        else:
            self.users(url.path.removeprefix("/v1.0"), parse_qs(url.query))

    def users(self, path: str, query: dict[str, list[str]]) -> None:
        top = int(query.get("$top", ["100"])[0])
        if path == "/users":
            mail = query.get("$filter", [""])[0].removeprefix("mail eq ").strip("'")
            found = [user for user in USERS if mail in ("", user["mail"])]
            self.answer(200, {"@odata.context": "https://graph/$metadata#users", "value": found[:top]})
            return
        wanted = path.removeprefix("/users/")
        found = [user for user in USERS if wanted in (user["id"], user["mail"])]
        if found:
            self.answer(200, found[0])
        else:
            self.refuse(404, "Request_ResourceNotFound", f"Resource '{wanted}' does not exist.")

    def refuse(self, status: int, code: str, message: str) -> None:
        inner = {"request-id": "live"}
        self.answer(status, {"error": {"code": code, "message": message, "innerError": inner}})

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("request-id", str(uuid4()))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Bearer realm="", authorization_uri="https://login/authorize"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: what arrived is in `seen`."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
