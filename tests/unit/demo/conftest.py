"""A fresh demo server for each test, and a plain client for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from typing import Any
from urllib.parse import urlencode

import pytest

from runner.demo import DemoServer
from runner.demo.credentials import CLIENT_ID, CLIENT_SECRET, TENANT


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: HTTPMessage
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


class Client:
    """Asks one server, over one connection that is kept alive."""

    def __init__(self, server: DemoServer) -> None:
        self.server = server
        self.connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        token: str = "",
        basic: str = "",
    ) -> Answer:
        """Sends a request; `body` other than bytes goes as JSON."""
        given = dict(headers or {})
        if token:
            given["Authorization"] = f"Bearer {token}"
        if basic:
            given["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        self.connection.request(method, path, body=body, headers=given)
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def ask_token(self, tenant: str = TENANT, basic: str = "", **fields: str | None) -> Answer:
        """Asks the token endpoint; `fields` change the good form, None removes one."""
        good = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        form = {name: value for name, value in {**good, **fields}.items() if value is not None}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"/{tenant}/oauth2/v2.0/token"
        return self.ask("POST", path, headers=headers, body=urlencode(form).encode(), basic=basic)

    def token(self, **fields: str | None) -> str:
        """A good token."""
        token: str = self.ask_token(**fields).body["access_token"]
        return token


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Callable[[DemoServer], Client]]:
    """Makes clients, and closes them all at the end."""
    clients: list[Client] = []

    def make(server: DemoServer) -> Client:
        clients.append(Client(server))
        return clients[-1]

    yield make
    for client in clients:
        client.connection.close()


@pytest.fixture
def client(server: DemoServer, connect: Callable[[DemoServer], Client]) -> Client:
    return connect(server)
