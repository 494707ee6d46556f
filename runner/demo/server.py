"""The demo server: everything `runner demo`, the examples, the docs and the tests talk to, on loopback.

    socket ──wire──▶ Call ──Router──▶ Entra | Sso | Graph | Corner | Things ──▶ Reply ──wire──▶ socket

Token endpoint (form fields grant_type, client_id, client_secret or HTTP Basic, scope):
    POST /{tenant}/oauth2/v2.0/token    a JWT, or Entra's error body

Another provider, whose tokens are for api://demo:
    GET  /sso/authorize                 somebody is signed in: back to redirect_uri (loopback alone) with a code
    GET  /sso/job?client_id=…           {value}: the identity of a job, a JWT, as CI systems give it
    POST /sso/token                     authorization_code with PKCE, or client_credentials with that JWT as the
                                        client_assertion

Graph, with a token for https://graph.microsoft.com:
    GET    /v1.0/users                  $select $filter $orderby $top $skiptoken $count; @odata.nextLink
    POST   /v1.0/users                  201; 400 when a required property is missing, 403 without the role
    GET    /v1.0/users/{id or userPrincipalName}            404 Request_ResourceNotFound
    PATCH  /v1.0/users/{…}              204
    DELETE /v1.0/users/{…}              204
    GET    /v1.0/groups · /v1.0/groups/{id} · /v1.0/groups/{id}/members
    GET    /v1.0/me                     400: an application is no user
    *      /v1.0/{other}                400 as Graph; 405 for another method; 401 without a good token

The plain corner, without a token:
    GET /health                         {"status": "ok"}
    *   /echo, /echo/{anything}         {method, url, path, query, headers (lower case), body, form}
    *   /status/{code}                  that status, 200 to 599
    GET /cookies                        {"cookies": {name: value}}
    GET /cookies/set?name=value         sets them, then redirects to /cookies
    GET /redirect/{n}                   n redirects, then {"arrived": true}
    GET /delay/{ms}                     waits, at most 5000
    GET /basic                          HTTP Basic ada:lovelace-1815
    POST /login                         `{user: ada, password: lovelace-1815}` gives the token `demo-token~ada`
    GET /bearer                         `demo-token~ada`, or a token of the endpoint above, showing its claims
    GET /key                            `demo-key~ada` as X-Api-Key, ?api_key or the cookie api_key
    GET /events?count=n&pause=ms        Server-Sent Events: n ticks (0: no end), then a farewell without a name
    GET /text · /html · /invalid-json   bodies of other kinds
    GET /books · /books/{id} · /books.xml   a catalogue (see `books`)
    POST /things                        makes one of a JSON object: 201, and its id
    GET, DELETE /things/{id}            200 and 204, or 404

What has to be asked more than once:
    *    /flaky/{name}                  503 twice, then 200; ?times, ?status and ?after (Retry-After) change that
    POST /jobs                          202, Location: /jobs/{id}
    GET  /jobs/{id}                     {id, state, result}: `done` when it is asked for the third time
    GET  /pages/{body,link,header,number}   12 items in pages of 5; the next page stands in `next`, `Link`, `Next-Page`,
                                        or follows from `page` and `pages`

Files, kept nowhere:
    POST /upload                        multipart/form-data: {parts: [{name, type, value}]}, for a file in place of
                                        `value` {filename, size, sha256}
    PUT  /files/{name}                  {name, type, size, sha256} of the body
    GET  /download/{bytes}              as many bytes, at most 100,000,000

GraphQL over the same directory:
    POST /graphql                       users(first: Int), user(id: ID!) with id name mail title department office;
                                        errors come with status 200

State is in memory and new with each DemoServer. Who may log in is in `credentials`.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType
from typing import Self

from runner.demo import books, corner
from runner.demo.corner import Corner
from runner.demo.entra import Entra
from runner.demo.events import Events
from runner.demo.files import Files
from runner.demo.graph import Graph
from runner.demo.graphql import GraphQL
from runner.demo.messages import Call, Reply, Router
from runner.demo.people import Directory
from runner.demo.repeats import Repeats
from runner.demo.sso import Sso
from runner.demo.things import Things
from runner.demo.tokens import Mint
from runner.demo.wire import WireServer

#: Of the log of requests: a server that runs for days does not grow.
_LONGEST_LOG = 100_000


class DemoServer:
    """The server on 127.0.0.1, as a context manager or with `start` and `stop`.

    `port` 0 takes a free one. `token_lifetime` is in seconds. `url` is `http://127.0.0.1:PORT` once it runs.
    """

    def __init__(self, port: int = 0, *, token_lifetime: int = 60) -> None:
        self.url = ""
        self._port = port
        self._stopping = threading.Event()
        self._mint = Mint(token_lifetime)
        self._router = self._routes()
        self._log: deque[tuple[str, str]] = deque(maxlen=_LONGEST_LOG)
        self._lock = threading.Lock()
        self._token_requests = 0
        self._api_requests = 0
        self._wire: WireServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Binds and serves in a thread of its own; nothing happens when it runs already.

        Raises:
            OSError: the port is taken.
        """
        if self._wire is not None:
            return
        self._stopping.clear()
        self._wire = WireServer(self._port, self._answer)
        self.url = self._wire.url
        # The interval is how long `stop` may have to wait.
        self._thread = threading.Thread(target=self._wire.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and every connection; nothing happens when it does not run."""
        if self._wire is None or self._thread is None:
            return
        self._stopping.set()
        self._wire.shutdown()
        self._thread.join()
        self._wire.hang_up()
        self._wire.server_close()
        self._wire = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Method and path of each request so far, in the order they came (the last 100,000)."""
        return list(self._log)

    @property
    def token_requests(self) -> int:
        """How often the token endpoint was asked, whatever it answered."""
        return self._token_requests

    @property
    def api_requests(self) -> int:
        """How often Graph was asked, whatever it answered."""
        return self._api_requests

    def revoke_tokens(self) -> None:
        """From now on Graph answers the tokens given out so far with 401, as if they had expired."""
        self._mint.revoke_all()

    def _routes(self) -> Router:
        directory = Directory()
        areas = (
            Entra(self._mint),
            Sso(self._mint),
            Graph(self._mint, directory),
            Corner(self._mint, self._stopping),
            Events(self._stopping),
            Files(),
            GraphQL(directory),
            Things(),
            Repeats(),
        )
        return Router([*(r for area in areas for r in area.routes()), *books.routes()], corner.lost, corner.refused)

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            self._log.append((call.method, call.path))
            self._token_requests += call.path.endswith("/oauth2/v2.0/token")
            self._api_requests += call.path.startswith("/v1.0/")
        return self._router.answer(call)
