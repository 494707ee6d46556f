"""The promises to users: no secret leaves, the same input gives the same output, one token per identity, every fault
has a name, and a failed token step sends nothing."""

from __future__ import annotations

import base64
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from runner.demo import DemoServer
from runner.demo.credentials import CLIENT_ID, CLIENT_SECRET, READER_CLIENT_ID, READER_CLIENT_SECRET
from runner.reporters.registry import FORMATS

RESET = b"reset"


class Wire:
    """A server that answers each path with bytes as they are; `RESET` breaks the connection, None keeps silent."""

    def __init__(self, answers: dict[str, bytes | None]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open: list[socket.socket] = []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                chunk = connection.recv(65536)
                if not chunk:
                    return
                request += chunk
            path = request.split()[1].decode()
            self.asked.append(path)
            answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            if answer is None:
                return  # the connection stays open, and silent
            if answer is RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            connection.close()

    def stop(self) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        for connection in self.open:
            connection.close()


@pytest.fixture
def wire() -> Iterator[Callable[[dict[str, bytes | None]], Wire]]:
    """Starts servers of bytes, and stops them."""
    servers: list[Wire] = []

    def start(answers: dict[str, bytes | None]) -> Wire:
        servers.append(Wire(answers))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(head).encode() + body


# --- no secret leaves ----------------------------------------------------------------------------------------------

#: Where a secret comes from → its value: none is a part of another, and most change when they are encoded.
SENTINELS = {
    "client_secret by post": CLIENT_SECRET,
    "client_secret by basic": READER_CLIENT_SECRET,
    "wrong client_secret": 'S-wrong"client/secret',
    "environment": 'S-env "quoted" \\back/slash+&=?#%',
    ".env": "S-dotenv: a+b/c=d",
    "--var": "S-var 100% <tag>&amp;",
    "literal": "S-literal~7f3a91c5",
    "basic password": "S-basic:pass/word+ü",
    "bearer": "S-bearer~abc/def+ghi==",
    "header key": "S-key/in+header=",
    "query key": "S-key/in query&x=1",
    "cookie key": "S-key-in-cookie+/=",
    "captured": 'S-captured "json" \\ /+ü',
    "host": "s-secret-host-81f2",
    "structure": "S-inside/a structure?",
    "number": "8273645591827",
    "lines": "S-first line of a key\nS-second line of a key",
}
ENVIRONMENT = {
    "S_POST": SENTINELS["client_secret by post"],
    "S_BASIC_AUTH": SENTINELS["client_secret by basic"],
    "S_WRONG": SENTINELS["wrong client_secret"],
    "S_ENV": SENTINELS["environment"],
    "S_PASSWORD": SENTINELS["basic password"],
    "S_BEARER": SENTINELS["bearer"],
    "S_HEADER": SENTINELS["header key"],
    "S_QUERY": SENTINELS["query key"],
    "S_COOKIE": SENTINELS["cookie key"],
    "S_HOST": SENTINELS["host"],
    "S_LINES": SENTINELS["lines"],
}
SECRETS = """\
name: Secrets
base_url: "{{api}}"
variables:
  token_url: "{{api}}/contoso.onmicrosoft.com/oauth2/v2.0/token"
  derived: "{{base64(env_secret)}}"
secrets:
  post: "{{env.S_POST}}"
  basic_auth: "{{env.S_BASIC_AUTH}}"
  wrong: "{{env.S_WRONG}}"
  env_secret: "{{env.S_ENV}}"
  dot_secret: "{{env.S_DOT}}"
  given: overridden
  literal: LITERAL
  password: "{{env.S_PASSWORD}}"
  bearer: "{{env.S_BEARER}}"
  header_key: "{{env.S_HEADER}}"
  query_key: "{{env.S_QUERY}}"
  cookie_key: "{{env.S_COOKIE}}"
  host: "{{env.S_HOST}}"
  structure: {inner: [{deep: "S-inside/a structure?"}]}
  number: 8273645591827
  lines: "{{env.S_LINES}}"
defaults:
  assert: [status: EXPECTED]
requests:
  - name: Token by post
    url: /v1.0/users?$top=1
    auth: {type: oauth2, token_url: "{{token_url}}", client_id: EDITOR, client_secret: "{{post}}",
      scope: "https://graph.microsoft.com/.default"}
  - name: Token by basic
    url: /v1.0/users?$top=1
    auth: {type: oauth2, token_url: "{{token_url}}", client_id: READER, client_secret: "{{basic_auth}}",
      client_auth: basic, scope: "https://graph.microsoft.com/.default"}
  - name: Token refused
    url: /v1.0/users?$top=1
    auth: {type: oauth2, token_url: "{{token_url}}", client_id: EDITOR, client_secret: "{{wrong}}",
      scope: "https://graph.microsoft.com/.default"}
  - name: Token endpoint echoes
    url: /v1.0/users?$top=1
    auth: {type: oauth2, token_url: "{{api}}/echo", client_id: EDITOR, client_secret: "{{wrong}}", scope: x}
  - {name: Bearer, url: /echo, auth: {type: bearer, token: "{{bearer}}"}}
  - {name: Literal bearer, url: /echo, auth: {type: bearer, token: LITERAL}, assert: [body.method: POST]}
  - {name: Basic, url: /echo, auth: {type: basic, username: ada, password: "{{password}}"}}
  - {name: Key in a header, url: /echo, auth: {type: api_key, name: X-Api-Key, value: "{{header_key}}"}}
  - {name: Key in the query, url: /echo, auth: {type: api_key, name: key, value: "{{query_key}}", in: query}}
  - {name: Key in a cookie, url: /echo, auth: {type: api_key, name: key, value: "{{cookie_key}}", in: cookie}}
  - name: Headers
    url: /echo
    headers: {X-Env: "{{env_secret}}", X-Given: "a {{given}} b", X-Derived: "{{derived}}"}
    cookies: {c: "{{literal}}"}
    assert:
      - body.headers."x-env": "{{literal}}"
      - body.headers."x-env" == 'something else'
      - vars.dot_secret == vars.given
      - contains(body.headers."x-given", 'nothing of it')
  - name: JSON
    url: /echo
    json: {a: "{{env_secret}}", b: ["{{dot_secret}}", "{{structure}}"], "{{given}}": 1, n: "{{number}}", l: "{{lines}}"}
    assert:
      - body.body: {a: x, b: []}
      - body.body.n: 1
      - request.body.l == 'x'
      - that: body.body
        includes: {a: "{{literal}}"}
        message: "not with {{given}}"
    schema:
      properties:
        body:
          properties:
            a: {const: "{{dot_secret}}"}
            n: {enum: ["{{literal}}", "{{number}}x"]}
            l: {type: integer, pattern: "^{{env_secret}}$"}
          additionalProperties: false
          required: ["{{given}}x"]
          propertyNames: {maxLength: 1}
  - name: Kept
    url: /echo
    json: {a: "{{env_secret}}", b: ["{{dot_secret}}", "{{structure}}"], "{{given}}": "{{base64(literal)}}", l: "{{lines}}"}
    snapshot: true
  - {name: Form, url: /echo, form: {a: "{{env_secret}}", b: ["{{dot_secret}}", "{{given}}"]}}
  - {name: Text, url: /echo, text: "<{{env_secret}}> {{lines}} {{base64(password)}} {{url_encode(dot_secret)}}"}
  - {name: Url, url: "/echo/{{url_encode(env_secret)}}/{{literal}}", query: {q: "{{dot_secret}}", r: "{{given}}"}}
  - {name: An error echoes, url: "/status/500", query: {q: "{{literal}}"}}
  - {name: A cookie is set, url: /cookies/set, query: {s: "{{dot_secret}}"}}
  - {name: Escaped, url: "{{other}}/escaped", assert: ["length(body) == `0`"]}
  - {name: Markup, url: "{{other}}/markup", assert: ["contains(text, 'nothing')"]}
  - name: Capture
    url: "{{other}}/captured"
    capture: {session: {from: body.session, secret: true}}
    assert: [body.session: "something else"]
  - name: Use it
    url: /echo/{{url_encode(session)}}
    headers: {X-Session: "{{base64(session)}}"}
    json: ["{{session}}"]
  - {name: Retried, url: /status/500, query: {q: "{{env_secret}}"}, retry: {attempts: 2, delay: 1ms, statuses: 500}}
  - {name: Retried in vain, url: "http://{{host}}.invalid/{{literal}}", retry: {attempts: 2, delay: 1ms}}
  - name: Polled
    url: /echo/{{url_encode(env_secret)}}
    poll: {until: "body.path == vars.literal", interval: 1ms, timeout: 5ms}
  - {name: Paged in a circle, url: /echo, query: {q: "{{query_key}}"}, paginate: {next: body.url}}
  - {name: Paged without items, url: /echo, query: {q: "{{given}}"}, paginate: {next: body.url, items: body.query.q}}
  - {name: A host, url: "http://{{host}}.invalid/{{literal}}"}
  - {name: A broken template, url: "/echo/{{to_number(env_secret)}}/{{jwt(bearer)}}"}
  - {name: A wrong url, url: "{{env_secret}}"}
  - {name: A wrong header, url: /echo, headers: {X: "{{lines}}"}}
  - {name: Skipped, url: "/echo/{{literal}}", when: literal == 'x'}
"""


def forms(secret: str) -> set[str]:
    """Each form in which a secret may travel."""
    raw = secret.encode()
    encoded = base64.b64encode(raw).decode()
    return {
        secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret),
        quote(secret, safe=""), quote_plus(secret), encoded, encoded.rstrip("="),
        base64.urlsafe_b64encode(raw).decode(), base64.b64encode(b"ada:" + raw).decode(),
        base64.b64encode(quote_plus(READER_CLIENT_ID).encode() + b":" + quote_plus(secret).encode()).decode(),
        base64.b64encode(b"a b:" + raw).decode(), base64.b64encode(b"a+b:" + quote_plus(secret).encode()).decode(),
        json.dumps(json.dumps(secret))[3:-3], *secret.splitlines(),
        "".join(f"\\u{ord(c):04x}" for c in secret), "".join(f"\\u{ord(c):04X}" for c in secret),
        quote(secret, safe="").lower(), escape(secret), *(base64.b64encode(b"x" * n + raw + b"yyy").decode()[4:-4] for n in (1, 2)),
    }  # fmt: skip


def leaks(text: str, sentinels: Mapping[str, str] = SENTINELS) -> list[str]:
    """Which sentinels are in a text, and in which form."""
    return [f"{where}: {form!r}" for where, secret in sentinels.items() for form in forms(secret) if form in text]


def disguised() -> dict[str, bytes | None]:
    """Answers that hold secrets as a server may write them: any character escaped, encoded among other text, wrapped."""
    raw = [SENTINELS["literal"], SENTINELS["environment"], SENTINELS["basic password"], SENTINELS["--var"]]
    upper, lower = ("".join(form.format(ord(c)) for c in "".join(raw)) for form in ("\\u{:04X}", "\\u{:04x}"))
    mixed = "".join(f"\\u{ord(c):04X}" if n % 3 else json.dumps(c)[1:-1] for n, c in enumerate("".join(raw)))
    encoded = [base64.b64encode(f"{'x' * n}{text}yyy".encode()).decode() for n in range(3) for text in raw]
    texts = [f'"{text}"' for text in (upper, lower, mixed)] + list(map(json.dumps, [*encoded, json.dumps(raw)]))
    wrapped = base64.encodebytes(("z" * 40 + "".join(raw)).encode()).decode()
    page = f"<p>{escape(''.join(raw))}</p>{''.join(f'&#{ord(c)};' for c in raw[0])}\n{wrapped}"
    return {
        "/escaped": reply(f"[{','.join(texts)}]".encode(), "Content-Type: application/json"),
        "/markup": reply(page.encode(), "Content-Type: text/html"),
    }


@pytest.fixture
def secrets(server: DemoServer, wire: Any, tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """Writes the suite of secrets, its requests meant to pass or to fail; the flags that it needs."""
    body = json.dumps({"session": SENTINELS["captured"]}).encode()
    cookie = f"Set-Cookie: session={quote(SENTINELS['captured'], safe='')}"
    answers = {"/captured": reply(body, "Content-Type: application/json", cookie), **disguised()}
    other = wire(answers)

    def write(expected: str) -> tuple[str, ...]:
        text = SECRETS.replace("EXPECTED", expected).replace("LITERAL", SENTINELS["literal"])
        (tmp_path / "secrets.yaml").write_text(text.replace("EDITOR", CLIENT_ID).replace("READER", READER_CLIENT_ID))
        (tmp_path / ".env").write_text(f"S_DOT='{SENTINELS['.env']}'\n")
        return ("-v", f"api={server.url}", "-v", f"other={other.url}", "-v", f"given={SENTINELS['--var']}")

    return write


@pytest.mark.parametrize("expected", ["[200, 401, 404, 500]", "599"], ids=["passing", "failing"])
def test_no_secret_leaves_in_a_report(command: Any, tmp_path: Path, secrets: Any, expected: str) -> None:
    """All reports at once, --verbose, the job summary: no byte of any output or file holds a secret in any form."""
    folder = tmp_path / "reports"
    folder.mkdir()
    wishes = [word for name in FORMATS for word in ("--report", f"{name}={folder / name}")]
    words = (
        "secrets.yaml",
        *secrets(expected),
        "--verbose",
        "--slowest",
        "9",
        *wishes,
        "--report",
        f"console={folder / 'console'}",
    )
    env = ENVIRONMENT | {"GITHUB_STEP_SUMMARY": str(folder / "summary")}
    done = command("run", *words, cwd=tmp_path, env=env)
    assert (done.code, done.err) == (5, ""), done.said
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FORMATS, "console", "summary"])
    for path in folder.iterdir():
        text = path.read_text("utf-8")
        assert (path.name, leaks(text)) == (path.name, [])
        assert "***" in text.replace("\\", "") or path.name == "curl"
    assert leaks(done.out) == []
    assert "SECRET_CLIENT_SECRET" in (folder / "curl").read_text("utf-8")


MODES = [(), ("--verbose",), ("--show-body",), ("--quiet",)]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: " ".join(mode) or "default")
@pytest.mark.parametrize("expected", ["[200, 401, 404, 500]", "599"], ids=["passing", "failing"])
def test_no_secret_leaves_a_run(
    command: Any, tmp_path: Path, secrets: Any, mode: tuple[str, ...], expected: str
) -> None:
    """No output of a run holds a secret in any form, whatever passes or fails and however much is shown."""
    done = command("run", "secrets.yaml", *secrets(expected), *mode, cwd=tmp_path, env=ENVIRONMENT)
    assert done.code == 5, done.said
    assert leaks(done.said) == []
    assert "***" in done.out
    assert "✗ JSON" in done.out
    if "--quiet" not in mode:
        assert ("✓ Form" in done.out) == (expected != "599")
        assert "token" in done.out


def test_no_secret_gets_into_a_snapshot(command: Any, tmp_path: Path, secrets: Any) -> None:
    """Neither the file of snapshots nor what is shown of a difference holds a secret."""
    flags = secrets("[200, 401, 404, 500]")
    command("run", "secrets.yaml", *flags, "-k", "Kept", "--update-snapshots", cwd=tmp_path, env=ENVIRONMENT)
    path = tmp_path / "secrets.snap.json"
    assert leaks(path.read_text()) == []
    path.write_text(path.read_text().replace("***", "not this"))
    done = command("run", "secrets.yaml", *flags, "-k", "Kept", cwd=tmp_path, env=ENVIRONMENT)
    assert "differs from the snapshot at body.body" in done.out
    assert leaks(done.said) == []


@pytest.mark.parametrize("words", [("check",), ("plan",), ("list",)], ids=lambda words: words[0])
def test_no_secret_leaves_other_commands(command: Any, tmp_path: Path, secrets: Any, words: tuple[str, ...]) -> None:
    """check, plan and list show no secret either."""
    done = command(*words, "secrets.yaml", *secrets("200"), cwd=tmp_path, env=ENVIRONMENT)
    assert done.code == 0, done.said
    assert leaks(done.said) == []


def test_no_secret_leaves_a_diagnostic(command: Any, tmp_path: Path) -> None:
    """Where the line of a fault holds a literal secret, the line is shown without it."""
    literal = SENTINELS["literal"]
    text = (
        f"secrets: {{pw: {literal}, pw2: '{literal}{{{{nobody}}}}'}}\n"
        f"auth: {{type: bearer, token: {literal}, tokn: {literal}}}\n"
        "requests:\n"
        f"  - {{name: A, url: '{{{{nobody}}}}', auth: {{type: basic, username: a, password: {literal}, x: 1}}}}\n"
    )
    (tmp_path / "a.yaml").write_text(text)
    for word in ("check", "run", "plan", "list"):
        done = command(word, "a.yaml", cwd=tmp_path)
        assert (done.code, done.out) == (3, ""), done.said
        assert leaks(done.said) == []


def test_caret_behind_a_secret(server: DemoServer, command: Any, tmp_path: Path) -> None:
    """Where a secret in the line is masked, the caret still stands under its words."""
    auth = "auth: {type: bearer, token: a-literal-secret-of-some-length}"
    (tmp_path / "a.yaml").write_text(
        f'requests: [{{name: A, url: "{{{{api}}}}/text", {auth}, assert: [status: 201]}}]\n'
    )
    done = command("run", "a.yaml", "-v", f"api={server.url}", cwd=tmp_path)
    shown, under = next(
        pair for pair in zip(*[done.out.splitlines()[n:] for n in (0, 1)], strict=False) if "^" in pair[1]
    )
    assert "token: ***}" in shown, done.said
    assert shown.index("status: 201") == under.index("^")
    assert under.count("^") == len("status")


def test_no_secret_leaves_a_proxy_url(command: Any, tmp_path: Path) -> None:
    """The password in --proxy is shown by no fault."""
    (tmp_path / "a.yaml").write_text("requests: [{name: A, url: 'http://127.0.0.1:1/'}]\n")
    for scheme in ("http", "ftp"):
        done = command("run", "a.yaml", "--proxy", f"{scheme}://me:S-proxy-secret@127.0.0.1:1", cwd=tmp_path)
        assert done.code in (2, 4), done.said
        assert "S-proxy-secret" not in done.said


def test_control_characters(wire: Any, command: Any, tmp_path: Path) -> None:
    """Control characters from a response never reach the terminal; binary bodies are told by their size."""
    body = b'{"a": "\x1b]0;title\x07\x1b[2J", "b": "\xc2\x9b31m"}'
    server = wire(
        {
            "/text": reply(body, "X-Evil: a\x1b[31mb", "Content-Type: text/plain", status="500 Re\x1b[31mason"),
            "/binary": reply(bytes(range(256)), "Content-Type: application/octet-stream", status="500 No"),
        }
    )
    (tmp_path / "a.yaml").write_text(
        'requests:\n  - {name: A, url: "{{api}}/text", assert: [text == `1`, reason: x]}\n'
        '  - {name: B, url: "{{api}}/binary"}\n'
    )
    for mode in MODES:
        done = command("run", "a.yaml", "-v", f"api={server.url}", *mode, cwd=tmp_path)
        assert done.code == 1, done.said
        assert set(re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.said)) == set()
        assert "\\x1b" in done.out
        assert "(256 bytes of application/octet-stream)" in done.out


# --- no secret leaves a token step ---------------------------------------------------------------------------------


class Echo:
    """A login server that says back whatever it is sent: `/token` gives tokens, `/refused` an error, `/device` a code,
    `/digest` and `/basic` ask for credentials, `/login` gives a token, any other path 200."""

    def __init__(self, sentinels: Mapping[str, str]) -> None:
        self.sent: list[str] = []
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                credentials = self.headers.get("Authorization") or ""
                echo.sent.append(f"{self.path}\n{self.headers}\n{body}")
                status, more, challenge = echo.answer(urlsplit(self.path).path, credentials, sentinels)
                try:
                    parsed = json.loads(body)
                except ValueError:
                    parsed = {"text": body, "words": body.split("&")}
                said = {"path": self.path, "headers": dict(self.headers), "body": parsed}
                answer = json.dumps({**more, "echo": said}, ensure_ascii="/token" in self.path).encode()
                if "error" in more:
                    answer = json.dumps({**more, "error_description": f"{self.path} {credentials} {body}"}).encode()
                self.send_response(status, "Said back")
                for name, value in (*challenge, ("Content-Type", "application/json"), ("X-Echo", credentials)):
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, format: str, *arguments: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @staticmethod
    def answer(path: str, credentials: str, sentinels: Mapping[str, str]) -> tuple[int, dict[str, Any], Any]:
        """Status, body and challenge."""
        tokens = {"access_token": sentinels["access_token"], "refresh_token": sentinels["refresh_token got"]}
        if path == "/token":
            return 200, {**tokens, "id_token": sentinels["id_token"], "expires_in": 3600}, ()
        if path == "/refused":
            return 400, {"error": "invalid_client"}, ()
        if path == "/device":
            page = {"verification_uri": "http://127.0.0.1:1/device", "user_code": "WDJB-MJHT", "interval": 0.01}
            return 200, {**page, "device_code": sentinels["device_code"]}, ()
        if path == "/login":
            return 200, {"token": sentinels["login token"]}, ()
        if path == "/locked":
            return 403, {}, ()
        if path in ("/digest", "/basic") and not credentials:
            return 401, {}, (("WWW-Authenticate", f'{path[1:].capitalize()} realm="r", nonce="n", qop="auth"'),)
        return 200, {}, ()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def _key(password: str = "") -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    locked = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked).decode()


KEYS = {"private_key": _key(), "private_key of a file": _key(), "private_key of jwt": _key()}
#: Where a secret of a token step comes from → its value.
AUTH_SENTINELS = {
    "client_secret": 'S-client secret"/+&=',
    "password": 'S-password of "ada"/+%&=',
    "refresh_token given": "S-refresh~given/abc+def==",
    "refresh_token got": "S-refresh~got/abc+def==",
    "access_token": "S-access~token/abc+def==",
    "id_token": "S-id~token/abc+def==",
    "device_code": "S-device code/+&",
    "client_assertion": "S-assertion.given+/&",
    "client_assertion_file": "S-assertion.of-a-file+/&",
    "subject_token": "S-subject/token+&",
    "assertion": "S-ready.made+assertion/&",
    "extra": "S-extra field/+&",
    "jwt secret": "S-shared secret/of jwt+&, thirty-two bytes",
    "digest password": "S-digest/pass+word&",
    "netrc password": "S-netrc/pass+word&",
    "certificate password": "S-certificate/pass+word&",
    "login password": 'S-login "pass"/+&word',
    "login secret": "S-nested/secret+&",
    "login header": "S-login-header/abc+def",
    "login token": "S-login~token/abc+def",
}
LINES = {f"{name}, line {n}": x for name, pem in KEYS.items() for n, x in enumerate(pem.splitlines()[1:-1]) if x[20:]}
AUTH_ENVIRONMENT = {
    "A_SECRET": AUTH_SENTINELS["client_secret"],
    "A_PASSWORD": AUTH_SENTINELS["password"],
    "A_REFRESH": AUTH_SENTINELS["refresh_token given"],
    "A_ASSERTION": AUTH_SENTINELS["client_assertion"],
    "A_SUBJECT": AUTH_SENTINELS["subject_token"],
    "A_READY": AUTH_SENTINELS["assertion"],
    "A_JWT": AUTH_SENTINELS["jwt secret"],
    "A_DIGEST": AUTH_SENTINELS["digest password"],
    "A_CERT": AUTH_SENTINELS["certificate password"],
    "A_LOGIN": AUTH_SENTINELS["login password"],
    "A_NESTED": AUTH_SENTINELS["login secret"],
    "A_HEADER": AUTH_SENTINELS["login header"],
    "A_KEY": KEYS["private_key"],
    "A_JWT_KEY": KEYS["private_key of jwt"].replace("\n", "\\n"),
    "RUNNER_KEYRING": "0",
    **dict.fromkeys(("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"), ""),
}
#: Request → its `auth`; each is sent with a token URL that answers, and with one that refuses.
AUTH = {
    "Password": 'type: oauth2, URL, ID, grant: password, username: ada, password: "{{env.A_PASSWORD}}"',
    "Basic": "type: oauth2, URL, ID, client_auth: basic, scope: x",
    "Raw": "type: oauth2, URL, ID, client_auth: basic_raw, scope: x",
    "Refresh": 'type: oauth2, URL, ID, grant: refresh_token, refresh_token: "{{env.A_REFRESH}}"',
    "Asserted": 'type: oauth2, URL, client_id: a, client_assertion: "{{env.A_ASSERTION}}"',
    "Of a file": "type: oauth2, URL, client_id: a, client_assertion_file: assertion.txt",
    "Key": 'type: oauth2, URL, client_id: a, private_key: "{{env.A_KEY}}"',
    "Key of a file": "type: oauth2, URL, client_id: a, private_key: key.pem",
    "By JWT": "type: oauth2, URL, grant: jwt_bearer, client_id: a, private_key: key.pem, subject: ada",
    "Ready": 'type: oauth2, URL, ID, grant: jwt_bearer, assertion: "{{env.A_READY}}"',
    "Exchange": 'type: oauth2, URL, ID, grant: token_exchange, subject_token: "{{env.A_SUBJECT}}"',
    "Device": 'type: oauth2, URL, device_url: "{{login}}/device", grant: device_code, client_id: a, client_auth: none',
    "JWT": 'type: jwt, secret: "{{env.A_JWT}}", claims: {sub: ada}',
    "JWT key": 'type: jwt, private_key: "{{env.A_JWT_KEY}}", claims: {sub: ada}',
    "Digest": 'type: digest, username: ada, password: "{{env.A_DIGEST}}"',
    "Netrc": "type: netrc",
    "Login": 'type: request, token: body.token, request: {url: "{{login}}/CALL", json: {user: ada, '
    'password: "{{env.A_LOGIN}}", more: [{client_secret: {deep: "{{env.A_NESTED}}"}}]}}',
    "Form": 'type: request, token: body.token, request: {url: "{{login}}/CALL?f=1", form: {user: ada, '
    'password: "{{env.A_LOGIN}}"}, headers: {X-Api-Key: "{{env.A_HEADER}}"}}',
}


def auth_suite(login: str, expected: str) -> str:
    """A collection with each kind of auth twice: with a server that takes it, and with one that refuses it."""
    lines = [
        "name: Auth",
        f'variables: {{login: "{login}"}}',
        f"defaults: {{assert: [status: {expected}]}}",
        "requests:",
    ]
    for number, (name, auth) in enumerate(AUTH.items()):
        path = {"Digest": "/digest", "Netrc": "/basic"}.get(name, "/api")
        for good in (True, False):
            url = f'token_url: "{{{{login}}}}/{"token" if good else "refused"}", extra: {{n: {number}}}'
            client = 'client_id: "a b", client_secret: "{{env.A_SECRET}}"'
            block = auth.replace("URL", url).replace("ID", client).replace("CALL", "login" if good else "locked")
            ending = "" if good else " refused"
            lines.append(f'  - {{name: {name}{ending}, url: "{{{{login}}}}{path}", auth: {{{block}}}}}')
    lines += [
        '  - {name: Certificate, url: "https://127.0.0.1:1/", verify: false,',
        '     client_cert: {cert: locked.pem, key: locked.pem, password: "{{env.A_CERT}}"}}',
    ]
    return "\n".join(lines) + "\n"


#: A request that sends all of it once more, where the file does not say that it is secret.
ONCE_MORE = "".join(f"{{{{env.{name}}}}} | " for name in AUTH_ENVIRONMENT if name.startswith("A_"))
ONCE_MORE = f'  - {{name: Once more, url: "{{{{login}}}}/api", auth: none, json: "{ONCE_MORE}"}}\n'


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Echo]:
    """The server that echoes, and the files that the suite names."""
    (tmp_path / "key.pem").write_text(KEYS["private_key of a file"])
    (tmp_path / "assertion.txt").write_text(AUTH_SENTINELS["client_assertion_file"])
    (tmp_path / "locked.pem").write_text(_key(AUTH_SENTINELS["certificate password"]))
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ada password {AUTH_SENTINELS['netrc password']}\n")
    server = Echo(AUTH_SENTINELS)
    yield server
    server.stop()


def auth_environment(folder: Path) -> dict[str, str]:
    return AUTH_ENVIRONMENT | {"NETRC": str(folder / "netrc"), "RUNNER_CACHE_DIR": str(folder / "cache")}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: " ".join(mode) or "default")
@pytest.mark.parametrize("expected", ["[200, 401]", "599"], ids=["passing", "failing"])
def test_no_secret_leaves_a_token_step(
    command: Any, tmp_path: Path, echo: Echo, mode: tuple[str, ...], expected: str
) -> None:
    """Whatever a file authenticates with, and whatever a server says back of it, no output of a run shows it."""
    (tmp_path / "auth.yaml").write_text(auth_suite(echo.url, expected) + ONCE_MORE)
    done = command("run", "auth.yaml", *mode, cwd=tmp_path, env=auth_environment(tmp_path))
    assert done.code == 5, done.said
    assert leaks(done.said, AUTH_SENTINELS | LINES) == []
    assert re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", done.said) == []
    if "--quiet" not in mode:
        passed = re.findall(r"^  ✓ (?!token)(.+?)  ", done.out, re.MULTILINE)
        wanted = [name for name in AUTH if expected != "599"]
        assert [name for name in wanted if name not in [found.strip() for found in passed]] == [], done.said
    # The server did get them: there was something to leak.
    sent = "\n".join(echo.sent)
    never = {"device_code", "digest password", "jwt secret", "certificate password", "extra", "netrc password"}
    never |= {"refresh_token got", "access_token", "id_token", "login token"}
    missing = [name for name, value in AUTH_SENTINELS.items() if not any(form in sent for form in forms(value))]
    assert set(missing) <= never


@pytest.mark.parametrize("word", ["check", "plan", "list"])
def test_no_secret_of_a_token_step_leaves_other_commands(command: Any, tmp_path: Path, echo: Echo, word: str) -> None:
    """check, plan and list send nothing, and show nothing of it."""
    (tmp_path / "auth.yaml").write_text(auth_suite(echo.url, "200"))
    done = command(word, "auth.yaml", cwd=tmp_path, env=auth_environment(tmp_path))
    assert done.code == 0, done.said
    assert "Digest" in done.out or word == "check"
    assert leaks(done.said, AUTH_SENTINELS | LINES) == []
    assert echo.sent == []


def test_plan_knows_the_secrets_of_auth(command: Any, tmp_path: Path, echo: Echo) -> None:
    """What is a secret because a scheme takes it as one is a secret in `plan` too, wherever else it is used."""
    text = """\
variables: {pw: "{{env.A_PASSWORD}}", shared: "{{env.A_JWT}}", later: "{{env.A_SUBJECT}}"}
auth: {type: basic, username: ada, password: "{{pw}}"}
requests:
  - {name: A, url: "http://127.0.0.1:1/"}
  - {name: B, url: "http://127.0.0.1:1/", json: {again: "{{pw}}"}}
  - {name: C, url: "http://127.0.0.1:1/", auth: {type: jwt, secret: "{{shared}}", claims: {sub: "{{shared}}"}}}
  - {name: D, url: "http://127.0.0.1:1/", capture: {id: body.id}}
  - {name: E, url: "http://127.0.0.1:1/{{id}}", auth: {username: "{{id}}", password: "{{later}}"}}
"""
    (tmp_path / "a.yaml").write_text(text)
    done = command("plan", "a.yaml", cwd=tmp_path, env=auth_environment(tmp_path))
    assert done.code == 0, done.said
    assert leaks(done.said, AUTH_SENTINELS) == []
    assert "later = '***'" in done.out


@pytest.mark.parametrize(
    "call",
    [
        "json: {password: SENTINEL}",
        "json: {login: {secret: [SENTINEL]}}",
        "form: {password: SENTINEL}",
        "form: {password: [other-value-1, SENTINEL, other-value-2]}",
        "query: {password: SENTINEL}",
        "query: {api_key: SENTINEL}",
        "headers: {X-Auth-Token: SENTINEL}",
    ],
)
def test_credentials_of_a_login_call(command: Any, tmp_path: Path, echo: Echo, call: str) -> None:
    """What a login call sends under the name of a credential is a secret, though nothing declares it as one."""
    sentinel = "S-from-a-plain-variable/+&"
    login = f'{{type: request, token: body.token, request: {{method: POST, url: "{echo.url}/locked", {call}}}}}'
    text = f'variables: {{plain: "{sentinel}"}}\nrequests: [{{name: A, url: "{echo.url}/api", auth: {login}}}]\n'
    (tmp_path / "a.yaml").write_text(text.replace("SENTINEL", '"{{plain}}"'))
    done = command("run", "a.yaml", "--verbose", cwd=tmp_path, env=auth_environment(tmp_path))
    assert done.code == 5, done.said
    assert any(form in echo.sent[0] for form in forms(sentinel))
    assert leaks(done.said, {call: sentinel}) == []


# --- the same input, the same output -------------------------------------------------------------------------------

_TIMES = re.compile(r"\b[0-9.]+ (?:ms|s|min)\b|\b\d\d:\d\d:\d\d GMT")
COLLECTION = """\
name: Collection {number}
base_url: "{{{{api}}}}"
auth:
  type: oauth2
  token_url: "{{{{api}}}}/contoso.onmicrosoft.com/oauth2/v2.0/token"
  client_id: 7e57c0de-0000-4000-8000-00000000a001
  client_secret: demo-secret~this-opens-nothing-real
  scope: api://demo/.default
requests:
  - {{name: Make, url: /echo, json: {{id: {number}}}, auth: none, capture: {{id: body.body.id}}}}
  - {{name: With a token, url: /bearer, assert: [status: 200]}}
  - {{name: Read, url: "/echo/{{{{id}}}}", auth: none, assert: [body.path: /echo/{number}]}}
  - {{name: Fails, url: /echo, auth: none, json: {{n: {number}}}, assert: [body.body.n: 3]}}
  - {{name: Captures nothing, url: /health, auth: none, capture: {{nothing: body.nothing}}}}
  - {{name: Waits, url: "/echo/{{{{nothing}}}}", auth: none}}
  - {{name: Refused, url: "http://127.0.0.1:1/", auth: none}}
"""


@pytest.fixture
def twenty(tmp_path: Path) -> Path:
    for number in range(20):
        (tmp_path / f"c{number:02}.yaml").write_text(COLLECTION.format(number=number))
    return tmp_path


@pytest.mark.parametrize("mode", [(), ("--verbose",), ("--quiet",)], ids=lambda mode: " ".join(mode) or "default")
def test_same_output_whatever_jobs(server: DemoServer, command: Any, twenty: Path, mode: tuple[str, ...]) -> None:
    """With times masked the output of 20 files is the same bytes for any -j."""
    outputs = {}
    for jobs in (1, 2, 16):
        done = command("run", ".", "-j", jobs, "-v", f"api={server.url}", *mode, cwd=twenty)
        assert (done.code, done.err) == (4, ""), done.said
        outputs[jobs] = _TIMES.sub("T", done.out)
    token = re.compile(r'"(?:iat|nbf|exp)": \d+|"(?:aio|uti|jti|rid|rh)": "[^"]*"')
    first, *others = (token.sub("…", text).splitlines() for text in outputs.values())
    assert all(other == first for other in others)


def test_one_token_per_identity(server: DemoServer, command: Any, twenty: Path) -> None:
    """20 files on 16 threads that ask for the same token fetch it once; it is told once."""
    done = command("run", ".", "-j", "16", "-v", f"api={server.url}", cwd=twenty)
    assert server.token_requests == 1
    assert len(re.findall(r"^  ✓ token\b", done.out, re.MULTILINE)) == 1
    assert done.out.rstrip().endswith(", 1 token request")
    assert len(re.findall("✓ With a token", done.out)) == 20


def test_one_failed_token_per_identity(server: DemoServer, command: Any, twenty: Path) -> None:
    """A token request that failed is not made again for each file."""
    for path in twenty.glob("*.yaml"):
        path.write_text(path.read_text().replace("demo-secret~this", "demo-secret~that"))
    done = command("run", ".", "-j", "16", "-v", f"api={server.url}", cwd=twenty)
    assert done.code == 5
    assert server.token_requests == 1
    assert ("GET", "/bearer") not in server.requests


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_keys_of_two_folders_are_two_identities(command: Any, tmp_path: Path, echo: Echo, where: str) -> None:
    """Two files that name a key in the same words, each in its own folder, do not share a token, here or on disk."""
    token = f'grant: jwt_bearer, token_url: "{echo.url}/token", private_key: key.json, cache: {where}'
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        account = {"type": "service_account", "client_email": f"{name}@accounts.test", "private_key": _key()}
        (tmp_path / name / "key.json").write_text(json.dumps(account))
        text = f'auth: {{type: oauth2, {token}}}\nrequests: [{{name: A, url: "{echo.url}/api"}}]\n'
        (tmp_path / name / "c.yaml").write_text(text)
    for _ in range(2):
        done = command("run", "a", "b", cwd=tmp_path, env=auth_environment(tmp_path))
        assert done.code == 0, done.said
    asked = [sent for sent in echo.sent if sent.startswith("/token")]
    assert len(asked) == (2 if where == "disk" else 4)


def test_renewed_once_after_a_refusal(server: DemoServer, command: Any, tmp_path: Path) -> None:
    """A token fetched for a request that is refused all the same is not fetched again for it."""
    text = COLLECTION.format(number=1).split("requests:")[0]
    (tmp_path / "a.yaml").write_text(text + 'requests: [{name: A, url: "/status/401", assert: [status: 401]}]\n')
    done = command("run", "a.yaml", "-v", f"api={server.url}", cwd=tmp_path)
    assert done.code == 0, done.said
    assert server.token_requests == 1


# --- auth failure --------------------------------------------------------------------------------------------------


def test_auth_failure(server: DemoServer, command: Any, tmp_path: Path) -> None:
    """When the token step fails nothing that needs it is sent, all of it is errored, the rest runs, the code is 5."""
    text = """\
base_url: "{{api}}"
auth:
  type: oauth2
  token_url: "{{api}}/contoso.onmicrosoft.com/oauth2/v2.0/token"
  client_id: 7e57c0de-0000-4000-8000-00000000a001
  client_secret: "{{env.NO_GOOD}}"
  scope: https://graph.microsoft.com/.default
requests:
  - {name: One, url: /v1.0/users, capture: {id: "body.value[0].id"}}
  - {name: Two, url: /v1.0/groups}
  - {name: Three, url: "/v1.0/users/{{id}}"}
  - {name: Free, url: /health, auth: none}
"""
    (tmp_path / "a.yaml").write_text(text)
    done = command("run", "a.yaml", "-v", f"api={server.url}", cwd=tmp_path, env={"NO_GOOD": "wrong-secret"})
    assert (done.code, done.err) == (5, ""), done.said
    assert server.api_requests == 0
    assert server.token_requests == 1
    assert "answered 401: invalid_client: AADSTS7000215" in done.out
    assert f"{server.url}/contoso.onmicrosoft.com/oauth2/v2.0/token" in done.out
    assert done.out.count("not sent: the token step failed") == 2
    assert "✓ Free" in done.out
    assert "1 passed, 2 errored, 1 skipped in" in done.out


def test_unreachable_token_endpoint(server: DemoServer, command: Any, tmp_path: Path) -> None:
    """A token endpoint that cannot be reached is an auth failure too, named with its URL."""
    text = 'auth: {type: oauth2, token_url: "http://127.0.0.1:1/token", client_id: a, client_secret: "{{env.S}}"}\n'
    (tmp_path / "a.yaml").write_text(text + 'requests: [{name: A, url: "{{api}}/health"}]\n')
    done = command("run", "a.yaml", "-v", f"api={server.url}", cwd=tmp_path, env={"S": "some-secret"})
    assert done.code == 5, done.said
    assert "http://127.0.0.1:1/token got no answer: connection refused" in done.out
    assert server.requests == []


# --- every fault has a name ----------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[bytes | None, str, str]] = {
    "reset": (RESET, "", "reset by peer"),
    "silent": (None, "timeout: 150ms", "0.15 s"),
    "announced too large": (reply(b"x" * 2000), "max_body: 1000", "max_body is 1,000"),
    "turns out too large": (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 2000,
        "max_body: 1000",
        "too large",
    ),
    "redirect loop": (b"", "", "more than 10 redirects"),
    "short body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", "", "after 3 of 100 bytes"),
    "bad chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "", "broken"),
    "no answer": (b"", "", "closed the connection"),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", "", "127.0.0.1"),
    "bad encoding": (reply(b"abc", "Content-Encoding: gzip"), "", "gzip"),
}


def test_every_fault_has_a_name(wire: Any, command: Any, tmp_path: Path) -> None:
    """Each fault has a line that names it and no traceback, the run goes on after each, and the exit code is 4."""
    answers = {f"/{number}": answer for number, (answer, _, _) in enumerate(FAULTS.values())}
    loop = list(FAULTS).index("redirect loop")
    answers[f"/{loop}"] = reply(b"", f"Location: /{loop}", status="302 Found")
    server = wire({**answers, "/good": reply(b"{}")})
    requests = [
        f'  - {{name: {name}, url: "{{{{api}}}}/{number}"{f", {more}" if more else ""}}}'
        for number, (name, (_, more, _)) in enumerate(FAULTS.items())
    ]
    requests += [
        "  - {name: dns, url: 'http://nowhere.invalid/'}",
        "  - {name: refused, url: 'http://127.0.0.1:1/'}",
        '  - {name: good, url: "{{api}}/good"}',
    ]
    (tmp_path / "a.yaml").write_text("\n".join(["requests:", *requests, ""]))
    done = command("run", "a.yaml", "-v", f"api={server.url}", cwd=tmp_path)
    assert (done.code, done.err) == (4, ""), done.said
    told = {block.split("  ")[0]: block for block in re.split(r"^  [✓✗!] ", done.out, flags=re.MULTILINE)[1:]}
    expected = {name: words for name, (_, _, words) in FAULTS.items()}
    expected |= {"dns": "cannot resolve host 'nowhere.invalid'", "refused": "connection refused by 127.0.0.1:1"}
    assert {name: told[name] for name, words in expected.items() if words not in told[name]} == {}
    assert "  200  " in told["good"]
    assert f"1 passed, {len(expected)} errored in" in done.out
