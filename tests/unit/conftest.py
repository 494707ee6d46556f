"""Builders for the tests of single modules: collections from text, plans, and a driver that grants a flow's wishes.

Nothing here touches the network, the disk or the clock: who asks is answered by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from posixpath import dirname, join, normpath
from textwrap import dedent, indent
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from runner.diagnostics import Diagnostic, Source, Span
from runner.engine import plan as planning
from runner.engine.build import Flags
from runner.engine.exchange import Ask, Exchange, Listen, Redirected, Request, Response, SaveTo, Send
from runner.engine.flow import Effect, Session, run_collection
from runner.engine.overlap import Together
from runner.engine.payload import BodyFile
from runner.engine.plan import EVERYTHING, ONCE, Iteration, Iterations, Plan, Selection
from runner.engine.results import CollectionResult, StepResult, TokenResult
from runner.engine.schemas import Schemas
from runner.engine.scope import EnvironmentVariables, Files, NoFiles
from runner.engine.sending import Authorize
from runner.engine.snapshots import Kept
from runner.errors import InvalidError, TransportError
from runner.language import document
from runner.language.model import Collection
from runner.language.rows import Rows
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
class Disk:
    """Files by hand: the text of each path, as `PATH` would name it, and netrc's entries by host.

    `written` is what was saved, by path. A file that is read while `texts` has another length than when the request
    was built has changed.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    logins: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    netrc_fault: str = ""
    reads: list[str] = field(default_factory=list)
    written: dict[str, bytes] = field(default_factory=dict)

    def locate(self, file: str, path: str) -> str:
        if path not in self.texts:
            raise ValueError(f"no such file: '{path}'")
        return join(dirname(file), path)

    def read(self, path: str) -> str:
        self.reads.append(path)
        name = path.removeprefix(f"{dirname(PATH)}/")
        if name not in self.texts:
            raise ValueError(f"cannot read '{path}': No such file or directory")
        return self.texts[name]

    def upload(self, file: str, path: str, span: Span | None) -> BodyFile:
        self.locate(file, path)
        size = len(self.texts[path].encode())

        def read() -> Iterator[bytes]:
            self.reads.append(path)
            content = self.texts[path].encode()
            if len(content) != size:
                raise TransportError("file", f"'{path}' changed", span=span)
            yield content

        return BodyFile(path, size, read)

    def download(self, file: str, path: str, span: Span | None) -> SaveTo:
        def write(pieces: Iterator[bytes], announced: int | None) -> int:
            self.written[path] = b"".join(pieces)
            return len(self.written[path])

        return SaveTo(path, write)

    def netrc_login(self, host: str) -> tuple[str, str] | None:
        if self.netrc_fault:
            raise ValueError(self.netrc_fault)
        return self.logins.get(host)


#: What comes back from a sign-in, given the entries of the authorization request's query.
SignIn = Callable[[dict[str, str]], Mapping[str, str]]


@dataclass
class Person:
    """Someone who signs in: the browser comes back with what `sign_in` says."""

    sign_in: SignIn = lambda asked: {"code": "code-1", "state": asked["state"]}
    asks: list[Ask] = field(default_factory=list)
    listens: list[Listen] = field(default_factory=list)

    def ask(self, ask: Ask) -> None:
        self.asks.append(ask)

    def listen(self, listen: Listen) -> Redirected:
        self.listens.append(listen)
        redirect_uri = f"http://{listen.host}:{listen.port or 50123}{listen.path}"
        self.ask(listen.ask(redirect_uri))
        query = dict(parse_qsl(urlsplit(self.asks[-1].url).query, keep_blank_values=True))
        return Redirected(redirect_uri, self.sign_in(query))


@dataclass
class Ran:
    """All that a run of one collection did. `waits` are the flow's, `pauses` those of the token step."""

    plan: Plan
    redactor: Redactor
    sent: list[Request] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
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

    def __init__(self, plan: Plan, session: Session, api: Server, login: Server, person: Any = None) -> None:
        self.ran = Ran(plan, session.redactor)
        self.session = session
        self.session.clock = lambda: self.now
        self._api = api
        self._login = login
        self.now = 0.0
        self._under_way: list[tuple[Any, Any]] = []
        self.store = TokenStore(self._fetch, lambda: self.now, self.ran.pauses.append, person)

    def _fetch(self, request: Request) -> Exchange:
        self.ran.asked.append(request)
        return self._exchange(request, self._login(request))

    def _exchange(self, request: Request, answer: Answer) -> Exchange:
        if isinstance(answer, TransportError):
            raise answer
        return Exchange(request, answer, 0.01)

    def _grant(self, wish: Any) -> Any:
        if isinstance(wish, Together):
            return self._interleave(wish)
        if isinstance(wish, Send):
            self.ran.sent.append(wish.request)
            answer = self._api(wish.request)
            return answer if isinstance(answer, TransportError) else self._exchange(wish.request, answer)
        if isinstance(wish, Authorize):
            self.ran.wishes.append(wish)
            return self.store.authorize(wish.grant, wish.stale)
        self.ran.waits.append(wish.seconds)
        self.now += wish.seconds
        return None

    def run(self, iteration: Iteration = ONCE) -> Ran:
        flow = run_collection(self.ran.plan, self.session, iteration)
        move: Callable[[], Any] = lambda: next(flow)  # noqa: E731
        while True:
            try:
                item = move()
            except StopIteration as done:
                self.ran.result = done.value
                return self.ran
            move = self._answer(flow, item)

    def _answer(self, flow: Any, item: Any) -> Callable[[], Any]:
        """What to do next: go on, with the answer to a wish, or as after Ctrl-C when whoever answers raises it."""
        if not isinstance(item, Effect):
            self._note(item)
            return lambda: flow.send(None)
        try:
            reply = self._grant(item)
        except KeyboardInterrupt as interrupt:
            caught = interrupt
            return lambda: flow.throw(caught)
        return lambda: flow.send(reply)

    def _interleave(self, wish: Together) -> None:
        """Begins all flows, and takes each one step further, the last one first, until there is news."""
        while (flow := wish.begin()) is not None:
            self._under_way.append((flow, None))
        while not wish.is_ready:
            stepped = [self._step(wish, *pair) for pair in reversed(self._under_way)]
            self._under_way = [pair for pair in reversed(stepped) if pair is not None]

    def _step(self, wish: Together, flow: Any, reply: Any) -> tuple[Any, Any] | None:
        try:
            return flow, self._grant(flow.send(reply))
        except StopIteration:
            wish.end()
            return None

    def _note(self, event: Any) -> None:
        self.ran.events.append(event)
        result = getattr(event, "result", None)
        if isinstance(result, StepResult):
            self.ran.finished.append(result)
        elif isinstance(result, TokenResult):
            self.ran.tokens.append(result)


def _load(text: str, path: str = PATH, others: Mapping[str, str] | None = None) -> Collection:
    return document.load(Source(path, dedent(text)), _reader(others or {}))


def _reader(others: Mapping[str, str]) -> document.Read:
    """Gives the files of `others` by their paths from the folder of `PATH`."""

    def read(source: Source, path: str) -> Source:
        name = normpath(join(dirname(source.path), path))
        known = name.removeprefix(f"{dirname(PATH)}/")
        if known not in others:
            raise ValueError(f"no such file: '{path}'")
        return Source(name, dedent(others[known]))

    return read


def _plan(
    text: str, *, selection: Selection = EVERYTHING, others: Mapping[str, str] | None = None, **options: Any
) -> Plan:
    return planning.make(_load(text, others=others), selection=selection, **options)


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
    disk: Files | None = None,
    person: Any = None,
    kept: Mapping[str, Any] | None = None,
    keep: Callable[[str, str, Any], None] | None = None,
    others: Mapping[str, str] | None = None,
    rows: Rows | None = None,
    iteration: int = 0,
    stopped: str = "",
    watch: Callable[[Session], Any] = lambda session: None,
    **more: Any,
) -> Ran:
    runs = Iterations(rows)
    chosen = _plan(text, environment=environment, overrides=given, selection=selection, others=others, iterations=runs)
    judges = {"schemas": Schemas(disk or NoFiles()), "kept": Kept("requests/test.snap.json", kept or {})}
    chosen = replace(chosen, **judges)
    session = Session(
        env=EnvironmentVariables(env or {}, files or {}),
        redactor=Redactor(secrets),
        flags=flags or Flags(),
        fail_fast=fail_fast,
        files=disk or NoFiles(),
        keep=keep,
        stopped=stopped,
        **more,
    )
    watch(session)
    token = login or [respond(200, {"access_token": "token-1", "expires_in": 3600})]
    servers = (answers if callable(answers) else _in_turn(answers) for answers in (api, token))
    return Driver(chosen, session, *servers, person=person).run(list(runs)[iteration])


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
    """`load(text, others={"b.yaml": text})`: the collection that a text declares."""
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
def disk() -> type[Disk]:
    """`disk({"key.pem": text}, logins={"host": (user, password)})`: files by hand, for `run(…, disk=…)`."""
    return Disk


@pytest.fixture(scope="session")
def person() -> type[Person]:
    """`person(lambda asked: {"code": …, "state": asked["state"]})`: someone who signs in, for `run(…, person=…)`."""
    return Person


class Keys:
    """Private keys, and what is made of them; only tests that sign pay for it."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        self.rsa = rsa.generate_private_key(65537, 2048)
        self.other = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())

    def pem(self, key: Any, password: str = "", layout: str = "PKCS8") -> str:
        """The PEM text of a private key; encrypted where there is a password."""
        from cryptography.hazmat.primitives import serialization as s

        encryption = s.BestAvailableEncryption(password.encode()) if password else s.NoEncryption()
        text: bytes = key.private_bytes(s.Encoding.PEM, getattr(s.PrivateFormat, layout), encryption)
        return text.decode()

    def public(self, key: Any) -> str:
        """The PEM text of the public key."""
        from cryptography.hazmat.primitives import serialization as s

        text: bytes = key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
        return text.decode()

    def jwk(self, key: Any, private: bool = True, **more: Any) -> str:
        """The JWK text of a key, with further members."""
        from joserfc.jwk import ECKey, RSAKey

        kind = RSAKey if hasattr(key, "key_size") and not hasattr(key, "curve") else ECKey
        return json.dumps({**kind.import_key(self.pem(key)).as_dict(private=private), **more})

    def certificate(self, key: Any) -> str:
        """The PEM text of a certificate of the key, signed by itself."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding

        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
        builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
        builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        builder = builder.not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        hash_ = None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256()
        return builder.sign(key, hash_).public_bytes(Encoding.PEM).decode()

    def claims(self, token: str, key: Any, algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a JWT whose signature is that of a private key (or a shared secret)."""
        from joserfc import jwt
        from joserfc.jwk import ECKey, OctKey, RSAKey

        if isinstance(key, str):
            decoded = jwt.decode(token, OctKey.import_key(key), algorithms=[algorithm])
        else:
            kind = ECKey if hasattr(key, "curve") else RSAKey
            decoded = jwt.decode(token, kind.import_key(self.public(key)), algorithms=[algorithm])
        return decoded.header, decoded.claims


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Keys made once: `keys.rsa`, `keys.other`, `keys.ec`, and their texts."""
    return Keys()


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
