"""Builders for the tests of single modules: collections from text, plans, and a driver that grants a flow's wishes.

Nothing here touches the network, the disk or the clock: who asks is answered by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import dedent, indent
from typing import Any

import pytest

from runner.diagnostics import Diagnostic, Source
from runner.engine import plan as planning
from runner.engine.build import Flags
from runner.engine.exchange import Exchange, Request, Response, Send, Wait
from runner.engine.flow import Authorize, Session, run_collection
from runner.engine.plan import EVERYTHING, Plan, Selection
from runner.engine.results import CollectionResult, StepResult, TokenResult
from runner.engine.scope import EnvironmentVariables
from runner.errors import InvalidError, TransportError
from runner.language import document
from runner.language.model import Collection
from runner.redaction import Redactor
from runner.runtime.tokens import TokenStore

PATH = "requests/test.yaml"
TOKEN_URL = "https://login.test/token"

#: What a server is told to answer: a response, or the fault that the transport met.
Answer = Response | TransportError
Server = Callable[[Request], Answer]


def respond(status: int = 200, body: Any = None, headers: Mapping[str, str] | None = None, url: str = "") -> Response:
    """A response; `body` is sent as JSON unless it is text or bytes."""
    content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    fields = {"Content-Type": "application/json", **(headers or {})}
    return Response(status, "", tuple(fields.items()), content, url)


def _ok(request: Request) -> Answer:
    return respond(200, {})


def _in_turn(answers: Sequence[Answer]) -> Server:
    left = list(answers)

    def serve(request: Request) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return serve


@dataclass
class Ran:
    """All that a run of one collection did."""

    plan: Plan
    redactor: Redactor
    sent: list[Request] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    wishes: list[Authorize] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    finished: list[StepResult] = field(default_factory=list)
    tokens: list[TokenResult] = field(default_factory=list)
    result: CollectionResult = field(default_factory=lambda: CollectionResult("", ""))

    def __getitem__(self, name: str) -> StepResult:
        return next(step for step in self.finished if step.name == name)

    @property
    def outcomes(self) -> dict[str, str]:
        """Full name → outcome, of every request."""
        return {step.name: str(step.outcome) for step in self.finished}

    @property
    def urls(self) -> list[str]:
        """The URLs of the requests that were sent to the API."""
        return [request.url for request in self.sent]


class Driver:
    """Grants the wishes of one flow. `api` answers requests, `login` those of the token step."""

    def __init__(self, plan: Plan, session: Session, api: Server, login: Server) -> None:
        self.ran = Ran(plan, session.redactor)
        self.session = session
        self._api = api
        self._login = login
        self.now = 0.0
        self.store = TokenStore(self._fetch, lambda: self.now, lambda seconds: None)

    def _fetch(self, request: Request) -> Exchange:
        self.ran.asked.append(request)
        return self._exchange(request, self._login(request))

    def _exchange(self, request: Request, answer: Answer) -> Exchange:
        if isinstance(answer, TransportError):
            raise answer
        return Exchange(request, answer, 0.01)

    def _grant(self, wish: Any) -> Any:
        if isinstance(wish, Send):
            self.ran.sent.append(wish.request)
            answer = self._api(wish.request)
            return answer if isinstance(answer, TransportError) else self._exchange(wish.request, answer)
        if isinstance(wish, Authorize):
            self.ran.wishes.append(wish)
            return self.store.authorize(wish.grant, wish.stale)
        self.ran.waits.append(wish.seconds)
        return None

    def run(self) -> Ran:
        flow = run_collection(self.ran.plan, self.session)
        reply: Any = None
        while True:
            try:
                item = flow.send(reply)
            except StopIteration as done:
                self.ran.result = done.value
                return self.ran
            reply = None
            if isinstance(item, (Send, Wait, Authorize)):
                reply = self._grant(item)
            else:
                self._note(item)

    def _note(self, event: Any) -> None:
        self.ran.events.append(event)
        result = getattr(event, "result", None)
        if isinstance(result, StepResult):
            self.ran.finished.append(result)
        elif isinstance(result, TokenResult):
            self.ran.tokens.append(result)


def _load(text: str, path: str = PATH) -> Collection:
    return document.load(Source(path, dedent(text)))


def _plan(text: str, *, selection: Selection = EVERYTHING, **options: Any) -> Plan:
    return planning.make(_load(text), selection=selection, **options)


def _run(
    text: str,
    api: Server | Sequence[Answer] = _ok,
    *,
    login: Server | Sequence[Answer] = (),
    env: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    environment: str = "",
    selection: Selection = EVERYTHING,
    flags: Flags | None = None,
    fail_fast: bool = False,
    secrets: Sequence[str] = (),
) -> Ran:
    chosen = _plan(text, environment=environment, overrides=given, selection=selection)
    session = Session(
        env=EnvironmentVariables(env or {}, files or {}),
        redactor=Redactor(secrets),
        flags=flags or Flags(),
        fail_fast=fail_fast,
    )
    token = login or [respond(200, {"access_token": "token-1", "expires_in": 3600})]
    driver = Driver(
        chosen, session, api if callable(api) else _in_turn(api), token if callable(token) else _in_turn(token)
    )
    return driver.run()


def _one(request: str, collection: str = "") -> str:
    """A file with the request `R`; both texts are YAML of their own."""
    body = indent(dedent(request).strip("\n"), "    ")
    return f"{dedent(collection)}\nrequests:\n  - name: R\n{body}\n"


@pytest.fixture(scope="session")
def answer() -> Callable[..., Response]:
    """`answer(200, {"id": 1})`: a response."""
    return respond


@pytest.fixture(scope="session")
def load() -> Callable[..., Collection]:
    """`load(text)`: the collection that a text declares."""
    return _load


@pytest.fixture(scope="session")
def plan() -> Callable[..., Plan]:
    """`plan(text, selection=…, environment=…, overrides=…)`."""
    return _plan


@pytest.fixture(scope="session")
def faults() -> Callable[..., list[Diagnostic]]:
    """`faults(text)`: every diagnostic of a text, from reading and from judging its names."""

    def find(text: str, **options: Any) -> list[Diagnostic]:
        try:
            _plan(text, **options)
        except InvalidError as error:
            return list(error.diagnostics)
        return []

    return find


@pytest.fixture(scope="session")
def run() -> Callable[..., Ran]:
    """`run(text, api, login=…)`: runs a collection against answers given by hand."""
    return _run


@pytest.fixture(scope="session")
def one() -> Callable[..., str]:
    """`one("url: /x", "base_url: http://h")`: the text of a file with one request."""
    return _one


@pytest.fixture(scope="session")
def built() -> Callable[..., Request]:
    """`built("url: /x", "base_url: http://h")`: the request that goes out for a request's YAML."""

    def build(request: str, collection: str = "", **options: Any) -> Request:
        ran = _run(_one(request, collection), **options)
        assert ran.sent, ran.finished
        return ran.sent[0]

    return build


@pytest.fixture(scope="session")
def fault_of() -> Callable[..., Any]:
    """`fault_of("url: /x")`: the fault of a request that could not be built."""

    def find(request: str, collection: str = "", **options: Any) -> Any:
        ran = _run(_one(request, collection), **options)
        assert not ran.sent
        assert ran["R"].fault is not None, ran["R"]
        return ran["R"].fault

    return find
