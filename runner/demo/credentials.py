"""What the demo server lets in: its tenant, its applications, and the fixed credentials of its plain corner.

All of it is public and opens nothing but a server on loopback. This file knows no protocol.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The port of `runner demo --serve` and of `python -m runner.demo`.
DEFAULT_PORT = 8765

TENANT = "contoso.onmicrosoft.com"
TENANT_ID = "7e57c0de-0000-4000-8000-00000000c0a0"

#: The application that `requests/graph.yaml` uses: it may read and write.
CLIENT_ID = "7e57c0de-0000-4000-8000-00000000a001"
CLIENT_SECRET = "demo-secret~this-opens-nothing-real"

#: A second application, which may only read. Its secret needs the form encoding of RFC 6749 § 2.3.1.
READER_CLIENT_ID = "7e57c0de-0000-4000-8000-00000000a002"
READER_CLIENT_SECRET = "demo-secret~reader: 100% p@ss+w/rd"

GRAPH = "https://graph.microsoft.com"
#: A second API for tokens of another audience; `/bearer` takes them, Graph does not.
DEMO_API = "api://demo"

BASIC_USER = "ada"
BASIC_PASSWORD = "lovelace-1815"
BEARER_TOKEN = "demo-token~ada"
API_KEY = "demo-key~ada"


@dataclass(frozen=True, slots=True)
class App:
    """A registered application: who it is, its secret, and the roles that its tokens carry."""

    client_id: str
    secret: str
    name: str
    roles: tuple[str, ...]


APPS = {
    app.client_id: app
    for app in (
        App(CLIENT_ID, CLIENT_SECRET, "Demo Editor", ("User.Read.All", "User.ReadWrite.All")),
        App(READER_CLIENT_ID, READER_CLIENT_SECRET, "Demo Reader", ("User.Read.All",)),
    )
}
