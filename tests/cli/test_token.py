"""`runner token`: what it shows of a token, what --raw and --header print, whether a signature is genuine."""

from __future__ import annotations

import json
import os
import re
import threading
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from runner.demo import DemoServer
from runner.demo.credentials import BEARER_TOKEN, CLIENT_ID, CLIENT_SECRET

Write = Callable[[str, str], Path]
Token = Callable[..., Any]
JWT = re.compile(r"[\w-]{10,}\.[\w-]{10,}\.[\w-]*")

OAUTH = f"""
    base_url: "{{{{api}}}}"
    auth:
      type: oauth2
      token_url: "{{{{api}}}}/contoso.onmicrosoft.com/oauth2/v2.0/token"
      client_id: {CLIENT_ID}
      client_secret: "{{{{env.SECRET}}}}"
      scope: api://demo/.default
    requests:
      - {{name: One, url: /bearer}}
      - {{name: Two, url: /bearer}}
"""
BEARER = """
    secrets: {given: "{{env.TOKEN}}"}
    auth: {type: bearer, token: "{{given}}"}
    requests: [{name: One, url: "http://127.0.0.1:1/"}]
"""


@pytest.fixture
def token(command: Any, tmp_path: Path, server: DemoServer) -> Token:
    """`token("a.yaml", "--raw")`: the command in the test's folder, with a cache folder of its own."""

    def run(*words: str, env: dict[str, str] | None = None) -> Any:
        surroundings = {
            "RUNNER_CACHE_DIR": str(tmp_path / "cache"),
            "RUNNER_KEYRING": "0",
            "SECRET": CLIENT_SECRET,
            **dict.fromkeys(("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"), ""),
        }
        given = () if {"--clear", "--help", "-v"} & set(words) else ("-v", f"api={server.url}")
        return command("token", *words, *given, cwd=tmp_path, env=surroundings | (env or {}))

    return run


class Provider:
    """An issuer of one's own: `answers` by path, JSON or text; `keys` are what its JWK Set has; `asked` what came."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[tuple[str, dict[str, list[str]], str | None]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                form = self.rfile.read(length).decode()
                provider.asked.append((self.path, parse_qs(form), self.headers.get("Authorization")))
                status, answer = provider.answers.get(self.path, (404, {}))
                if callable(answer):
                    answer = answer(form)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, format: str, *arguments: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def publish(self, *keys: dict[str, Any], issuer: str | None = None) -> None:
        """Makes it an issuer with these keys."""
        document = {"issuer": issuer or self.url, "jwks_uri": f"{self.url}/keys"}
        self.answers["/.well-known/openid-configuration"] = (200, document)
        self.answers["/keys"] = (200, {"keys": list(keys)})

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.stop()


def accepted(server: DemoServer, value: str) -> bool:
    """Whether the API takes a token."""
    request = urllib.request.Request(f"{server.url}/bearer", headers={"Authorization": f"Bearer {value}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)["authenticated"] is True


# --- what is shown -------------------------------------------------------------------------------------------------


def test_what_a_token_says(fresh_server: DemoServer, write: Write, token: Token, tmp_path: Path) -> None:
    """The step, header, claims with times in words, audience, scopes and roles; nothing is sent but one request."""
    write("a.yaml", OAUTH)
    done = token("a.yaml", "-v", f"api={fresh_server.url}")
    assert (done.code, done.err) == (0, ""), done.said
    first, *lines = done.out.splitlines()
    place = re.escape("/contoso.onmicrosoft.com/oauth2/v2.0/token")
    assert re.fullmatch(rf"  ✓ token  POST  http://\S+{place}  200  \S+ m?s  client_credentials, valid for 60 s", first)
    assert lines[0] == "header"
    assert "  alg  HS256" in lines
    assert "claims" in lines
    assert any(re.fullmatch(r"  exp +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, expires in \d+ s", line) for line in lines)
    assert any(re.fullmatch(r"  iat +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, issued \d+ s ago", line) for line in lines)
    assert lines[-4:] == [
        "audience  api://demo",
        "scopes    none",
        "roles     User.Read.All, User.ReadWrite.All",
        "signature not checked (--verify checks it)",
    ]
    assert JWT.search(done.said) is None
    assert CLIENT_SECRET not in done.said
    assert fresh_server.requests == [("POST", "/contoso.onmicrosoft.com/oauth2/v2.0/token")]
    assert not (tmp_path / "cache").exists()


def test_raw(server: DemoServer, write: Write, token: Token) -> None:
    """--raw prints the token and a line end, nothing else, so that it can be used in $(…)."""
    write("a.yaml", OAUTH)
    done = token("a.yaml", "--raw")
    assert (done.code, done.err) == (0, ""), done.said
    assert JWT.fullmatch(done.out.removesuffix("\n"))
    assert done.out.count("\n") == 1
    assert accepted(server, done.out.strip())


def test_header(server: DemoServer, write: Write, token: Token) -> None:
    """--header prints the header that carries it, as it goes over the wire."""
    write("a.yaml", OAUTH)
    done = token("a.yaml", "--header")
    assert (done.code, done.err) == (0, ""), done.said
    name, _, value = done.out.removesuffix("\n").partition(": ")
    assert (name, value.partition(" ")[0], done.out.count("\n")) == ("Authorization", "Bearer", 1)
    assert accepted(server, value.partition(" ")[2])


@pytest.mark.parametrize(
    ("where", "header"),
    [
        ("name: X-Token", "X-Token: Bearer {}"),
        ("prefix: Token", "Authorization: Token {}"),
        ('prefix: ""', "Authorization: {}"),
        ('name: X-Token, prefix: ""', "X-Token: {}"),
    ],
)
def test_header_as_the_file_says(write: Write, token: Token, where: str, header: str) -> None:
    """--header knows name and prefix; --raw is the token alone."""
    login = "request: {url: /login, json: {user: ada, password: lovelace-1815}}"
    text = f'base_url: "{{{{api}}}}"\nauth: {{type: request, token: body.token, {where}, {login}}}\n'
    write("a.yaml", f"{text}requests: [{{name: One, url: /}}]\n")
    assert token("a.yaml", "--header").out == header.format(BEARER_TOKEN) + "\n"
    assert token("a.yaml", "--raw").out == f"{BEARER_TOKEN}\n"


@pytest.mark.parametrize(
    "auth",
    [
        "type: request, token: body.token, request: {url: /login, json: {user: ada, password: lovelace-1815}}",
        "type: jwt, secret: a-shared-secret-of-thirty-two-bytes, claims: {sub: ada}",
    ],
    ids=["request", "jwt"],
)
def test_a_token_in_the_query(write: Write, token: Token, auth: str) -> None:
    """A token that goes into the query can be shown and printed, but has no header."""
    write(
        "a.yaml", f'base_url: "{{{{api}}}}"\nauth: {{{auth}, in: query, name: t}}\nrequests: [{{name: One, url: /}}]\n'
    )
    shown, raw, header = token("a.yaml"), token("a.yaml", "--raw"), token("a.yaml", "--header")
    assert (shown.code, raw.code, header.code) == (0, 0, 2), shown.said + raw.said + header.said
    assert shown.out
    assert re.fullmatch(r"\S+\n", raw.out)
    assert (header.out, "query" in header.err) == ("", True)


def test_a_token_of_the_file(write: Write, token: Token) -> None:
    """A bearer that the file has needs no step; what it says is shown, opaque or not, and --raw prints it."""
    write("a.yaml", BEARER)
    done = token("a.yaml", env={"TOKEN": "S-opaque~token"})
    assert (done.code, done.err) == (0, ""), done.said
    assert done.out == "the token is opaque (14 characters, no JWT): only the API knows what it holds\n"
    assert token("a.yaml", "--raw", env={"TOKEN": "S-of two words"}).out == "S-of two words\n"
    made = jwt.encode({"alg": "HS256"}, {"sub": "ada", "scope": "a b"}, OctKey.generate_key(256))
    done = token("a.yaml", env={"TOKEN": made})
    assert "  sub    ada" in done.out.splitlines()
    assert "scopes    a, b" in done.out.splitlines()
    assert token("a.yaml", "--raw", env={"TOKEN": made}).out == f"{made}\n"
    assert token("a.yaml", "--header", env={"TOKEN": made}).out == f"Authorization: Bearer {made}\n"


def test_a_token_that_is_signed_here(write: Write, token: Token) -> None:
    """type: jwt is signed and shown like any other; its secret is not."""
    auth = '{type: jwt, secret: "{{env.KEY}}", key_id: k1, claims: {sub: ada}, lifetime: 10m}'
    write("a.yaml", f'auth: {auth}\nrequests: [{{name: One, url: "http://127.0.0.1:1/"}}]\n')
    key = "S-shared-secret-of-thirty-two-bytes"
    done = token("a.yaml", env={"KEY": key})
    assert (done.code, done.err) == (0, ""), done.said
    assert "  kid  k1" in done.out.splitlines()
    assert re.search(r"^  exp +.* UTC, expires in (10|9) min$", done.out, re.MULTILINE)
    assert (key in done.said, JWT.search(done.said)) == (False, None)
    raw = token("a.yaml", "--raw", env={"KEY": key}).out.strip()
    assert jwt.decode(raw, OctKey.import_key(key)).claims["sub"] == "ada"


def test_an_encrypted_token(write: Write, token: Token) -> None:
    """A JWE is told as such."""
    write("a.yaml", BEARER)
    done = token("a.yaml", env={"TOKEN": "S-aaaa.S-bbbb.S-cccc.S-dddd.S-eeee"})
    assert (done.code, "encrypted (JWE)" in done.out, "S-" in done.said) == (0, True, False), done.said


@pytest.mark.parametrize("flag", ["--raw", "--header"])
@pytest.mark.parametrize("value", ["S-one\nX-Other: header", "S-\x1b]0;title\x07", "S-\x9b2J"])
def test_a_token_that_no_header_can_carry(write: Write, token: Token, value: str, flag: str) -> None:
    """A token that would steer the terminal, or bring another header into curl, is not printed."""
    write("a.yaml", BEARER)
    done = token("a.yaml", flag, env={"TOKEN": value})
    assert (done.code, done.out) == (4, ""), done.said
    assert "line break or control character" in done.err
    assert "S-" not in done.said


def test_a_short_secret_in_the_claims(write: Write, token: Token) -> None:
    """A secret that is too short to be masked within other text is masked where it is a claim's value."""
    auth = '{type: jwt, secret: "{{env.KEY}}", claims: {sub: "{{pin}}", aud: ["{{pin}}", other], note: "at 7q7 sharp"}}'
    write("a.yaml", f'secrets: {{pin: "{{{{env.PIN}}}}"}}\nauth: {auth}\nrequests: [{{name: One, url: "http://x/"}}]\n')
    done = token("a.yaml", env={"KEY": "S-shared-secret-of-thirty-two-bytes", "PIN": "7q7"})
    assert done.code == 0, done.said
    rows = dict(line.split(None, 1) for line in done.out.splitlines() if len(line.split()) > 1)
    assert (rows["sub"], rows["aud"], rows["note"]) == ("***", "***, other", "at 7q7 sharp")


# --- several, or none ----------------------------------------------------------------------------------------------

SEVERAL = """
    base_url: "{{api}}"
    variables: {bad: nothing-of-a-url}
    requests:
      - {name: Ada, url: /, auth: {type: bearer, token: "{{env.ADA}}"}}
      - {name: Bob, url: /, auth: {type: bearer, token: "{{env.BOB}}"}}
      - {name: Nobody, url: /, auth: {type: basic, username: a, password: "{{env.BOB}}"}}
"""
BOTH = {"ADA": "S-token-of-ada", "BOB": "S-token-of-bobby"}


def test_several_tokens(write: Write, token: Token) -> None:
    """A file with several shows each with the requests that it is for."""
    write("a.yaml", SEVERAL)
    done = token("a.yaml", env=BOTH)
    assert (done.code, done.err) == (0, ""), done.said
    assert [line for line in done.out.splitlines() if line.startswith("for ")] == ["for 'Ada'", "for 'Bob'"]
    assert "(14 characters" in done.out
    assert "(16 characters" in done.out
    assert "S-" not in done.said


@pytest.mark.parametrize(
    "auth",
    [
        '{type: bearer, token: "{{mine}}"}',
        '{type: jwt, secret: "{{env.BOB}} of 32 bytes, or more", claims: {a: "{{mine}}"}}',
    ],
    ids=["bearer", "jwt"],
)
def test_one_block_with_a_token_for_each_request(write: Write, token: Token, auth: str) -> None:
    """A block that requests share, filled by a variable of each, is a token for each of them."""
    names = ("ada", "bobby")
    requests = [f"  - {{name: {name}, url: /, variables: {{mine: S-token-of-{name}}}}}\n" for name in names]
    write("a.yaml", f'base_url: "{{{{api}}}}"\nauth: {auth}\nrequests:\n' + "".join(requests))
    done = token("a.yaml", env=BOTH)
    assert [line for line in done.out.splitlines() if line.startswith("for ")] == ["for 'ada'", "for 'bobby'"]
    assert token("a.yaml", "--raw", env=BOTH).code == 2


@pytest.mark.parametrize("flag", ["--raw", "--header"])
def test_one_of_several(write: Write, token: Token, flag: str) -> None:
    """For one token to be printed one has to be chosen: the fault names them, -k chooses."""
    write("a.yaml", SEVERAL)
    done = token("a.yaml", flag, env=BOTH)
    assert (done.code, done.out) == (2, ""), done.said
    assert "has 2 tokens: choose one with -k, of 'Ada', 'Bob'" in done.err
    chosen = token("a.yaml", flag, "-k", "Bob", env=BOTH)
    assert (chosen.code, chosen.err) == (0, ""), chosen.said
    assert chosen.out.endswith("S-token-of-bobby\n")


def test_one_identity_is_one_token(fresh_server: DemoServer, write: Write, token: Token) -> None:
    """Requests of one identity have one token, fetched once."""
    write("a.yaml", OAUTH.replace("{{api}}", fresh_server.url))
    assert token("a.yaml", "--raw").code == 0
    assert fresh_server.requests == [("POST", "/contoso.onmicrosoft.com/oauth2/v2.0/token")]


@pytest.mark.parametrize(
    "auth",
    ["auth: none", "auth: {type: basic, username: a, password: S-password}", "auth: {type: netrc}"],
    ids=["none", "basic", "netrc"],
)
def test_no_token(write: Write, token: Token, auth: str) -> None:
    """A file without one is exit code 6, and says why."""
    write("a.yaml", f'{auth}\nrequests: [{{name: One, url: "http://127.0.0.1:1/"}}]\n')
    for flags in ((), ("--raw",), ("--verify",)):
        done = token("a.yaml", *flags)
        assert (done.code, done.out) == (6, ""), done.said
        assert "no token in this file: none of its requests has auth with one" in done.err


def test_a_problem_is_not_passed_over(write: Write, token: Token) -> None:
    """Where one token can be had and of another one it cannot be said whose it is, that is told, and no success."""
    auth = '{type: oauth2, token_url: "{{bad}}", client_id: a, client_secret: "{{env.BOB}}"}'
    write("a.yaml", SEVERAL + f"      - {{name: Eve, url: /, auth: {auth}}}\n")
    done = token("a.yaml", env=BOTH)
    assert done.code == 5, done.said
    assert "no token for 'Eve': 'token_url' is not a URL of http or https: 'nothing-of-a-url'" in done.err
    assert re.search(r"^  a\.yaml:\d+:\d+$", done.err, re.MULTILINE)
    assert [line for line in done.out.splitlines() if line.startswith("for ")] == ["for 'Ada'", "for 'Bob'"]
    plain = token("a.yaml", "--raw", "-k", "Ada", "-k", "Eve", env=BOTH)
    assert (plain.code, plain.out, "of 'Ada', 'Eve'" in plain.err) == (2, "", True), plain.said


def test_one_problem_of_many_requests_is_told_once(write: Write, token: Token) -> None:
    """A block that requests share is one problem, told with the first of their names."""
    names = [f"R{number}" for number in range(12)]
    requests = "".join(f"  - {{name: {name}, url: /}}\n" for name in names)
    write("a.yaml", 'base_url: http://x\nauth: {type: bearer, token: "{{env.TOKEN}}"}\nrequests:\n' + requests)
    done = token("a.yaml", env={"TOKEN": ""})
    assert (done.code, done.err.count("error:")) == (5, 1), done.said
    assert "no token for 'R0', 'R1'," in done.err
    assert "'R7' and 4 more: 'token' of auth is empty" in done.err


def test_a_token_that_a_request_captures(write: Write, token: Token) -> None:
    """No request is sent for a token: one that comes from a capture is told as such, with the flag that gives it."""
    write(
        "a.yaml",
        """
        base_url: "{{api}}"
        requests:
          - {name: Login, url: /login, auth: none, capture: {session: body.token}}
          - {name: Use, url: /, auth: {type: bearer, token: "{{session}}"}}
        """,
    )
    done = token("a.yaml")
    assert (done.code, done.out) == (5, ""), done.said
    assert "'Login' captures it, and is not sent here: give it with -v session=" in done.err
    given = token("a.yaml", "--raw", "-v", "session=S-given", "-v", "api=http://x")
    assert (given.code, given.out) == (0, "S-given\n"), given.said


def test_a_skipped_request_has_no_token(write: Write, token: Token) -> None:
    """What is not sent in a run needs no token here, nor what its token is made of."""
    skipped = '{name: Eve, url: /, skip: later, auth: {type: bearer, token: "{{env.NOT_SET}}"}}'
    write("a.yaml", SEVERAL + f"      - {skipped}\n")
    done = token("a.yaml", env=BOTH)
    assert (done.code, done.err) == (0, ""), done.said


def test_a_problem_shows_no_secret(write: Write, token: Token) -> None:
    """The fault of a field is told without the secrets that it holds."""
    auth = '{type: oauth2, token_url: "{{s}}", client_id: a, client_secret: x}'
    write(
        "a.yaml", f'secrets: {{s: "{{{{env.SECRET}}}}"}}\nauth: {auth}\nrequests: [{{name: One, url: "http://x/"}}]\n'
    )
    done = token("a.yaml", env={"SECRET": "S-not-a-url"})
    assert done.code in (3, 5, 6), done.said
    assert "'One'" in done.err
    assert "S-not-a-url" not in done.said


# --- failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["", "--raw", "--header", "--verify"])
def test_a_step_that_fails(write: Write, token: Token, flag: str) -> None:
    """A refusal is exit code 5 with the server's words and a hint; where a token was to be printed, nothing is."""
    write("a.yaml", OAUTH)
    done = token("a.yaml", *filter(None, [flag]), env={"SECRET": "S-wrong-secret"})
    assert done.code == 5, done.said
    plain = flag in ("--raw", "--header")
    assert (done.out == "", done.err == "") == (plain, not plain)
    said = done.err if plain else done.out
    assert "answered 401: invalid_client: AADSTS7000215" in said
    assert "hint: AADSTS7000215" in said
    assert "a.yaml:4" in said
    assert "S-wrong-secret" not in done.said


@pytest.mark.parametrize("flag", ["", "--raw", "--header"])
def test_an_endpoint_that_echoes(provider: Provider, write: Write, token: Token, flag: str) -> None:
    """A server that says back what it was sent makes no secret public, in whatever form."""
    secret = 'S-echoed "secret" +/&?'
    provider.answers["/token"] = (400, lambda form: {"error": "invalid_client", "error_description": form + secret})
    auth = f'{{type: oauth2, token_url: "{provider.url}/token", client_id: a, client_secret: "{{{{env.SECRET}}}}"}}'
    write("a.yaml", f'auth: {auth}\nrequests: [{{name: One, url: "http://127.0.0.1:1/"}}]\n')
    done = token("a.yaml", *filter(None, [flag]), env={"SECRET": secret})
    assert done.code == 5, done.said
    assert "invalid_client" in done.said
    assert [form for form in (secret, quote(secret), quote(secret, safe=""), "S-echoed") if form in done.said] == []


def test_an_endpoint_that_cannot_be_reached(write: Write, token: Token) -> None:
    """No answer is a failed step too."""
    auth = "{type: oauth2, token_url: 'http://127.0.0.1:1/token', client_id: a, client_secret: b}"
    write("a.yaml", f'auth: {auth}\nrequests: [{{name: One, url: "http://127.0.0.1:1/"}}]\n')
    done = token("a.yaml", "--raw")
    assert (done.code, done.out) == (5, ""), done.said
    assert "http://127.0.0.1:1/token got no answer: connection refused" in done.err


@pytest.mark.parametrize("flag", ["", "--raw"])
def test_a_key_that_cannot_sign(write: Write, token: Token, flag: str) -> None:
    """A JWT that cannot be signed is a failed step as in a run: exit code 5, without the key."""
    write(
        "a.yaml",
        'auth: {type: jwt, private_key: "{{env.KEY}}", claims: {a: 1}}\nrequests: [{name: One, url: "http://x/"}]\n',
    )
    key = "-----BEGIN PRIVATE KEY-----\nS-no-key\n-----END PRIVATE KEY-----"
    done = token("a.yaml", *filter(None, [flag]), env={"KEY": key})
    assert "cannot be read as a private key" in done.said
    assert "S-no-key" not in done.said
    assert done.code == 5, done.said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "FILE"),
        (["a.yaml", "b.yaml"], "FILE"),
        (["a.yaml", "--raw", "--header"], "contradict"),
        (["a.yaml", "--raw", "--verify"], "contradict"),
        (["a.yaml", "--header", "--verify"], "contradict"),
        (["a.yaml", "--raw", "--header", "--verify"], "contradict"),
        (["a.yaml", "--raw", "--clear"], "contradict"),
        (["--verify", "--clear"], "--verify and --clear contradict"),
        (["a.yaml", "--proxy", "http://user:S-pw@proxy:99999"], "not 'proxy:99999'"),
        (["a.yaml", "--proxy", "http://user:S-pw@proxy:port"], "not 'proxy:port'"),
        (["a.yaml", "--insecure", "--cacert", "a.yaml"], "contradict"),
        (["a.yaml", "--key", "a.yaml"], "--cert"),
        (["a.yaml", "--cert", "nowhere"], "nowhere"),
        (["a.yaml", "--timeout", "soon"], "soon"),
        (["a.yaml", "--nothing"], "--nothing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be(write: Write, token: Token, words: list[str], message: str) -> None:
    """A command line that contradicts itself, or names no file, is exit code 2; nothing is sent."""
    for name in ("a.yaml", "b.yaml"):
        write(name, BEARER)
    done = token(*words, env={"TOKEN": "S-token"})
    assert (done.code, done.out) == (2, ""), done.said
    assert message in done.err
    assert "S-" not in done.said


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("nowhere.yaml", "", "nowhere.yaml"),
        ("n" * 3000, "", "File name too long"),
        ("a.yaml", OAUTH, "SECRET_THAT_IS_MISSING"),
        ("a.yaml", "requests: [", "a.yaml"),
        ("a.yaml", "auth: {type: bearer}\nrequests: [{name: A, url: /}]\n", "token"),
    ],
)
def test_what_is_not_valid(write: Write, token: Token, name: str, text: str, message: str) -> None:
    """A file that is missing or not valid, or an environment variable that is not set, is exit code 3."""
    if text:
        write(name, text.replace("env.SECRET", "env.SECRET_THAT_IS_MISSING"))
    done = token(name, "--raw")
    assert (done.code, done.out) == (3, ""), done.said
    assert message in done.err


# --- the cache -----------------------------------------------------------------------------------------------------


def test_a_kept_token(fresh_server: DemoServer, write: Write, token: Token, tmp_path: Path) -> None:
    """With `cache: disk` the second call asks nobody, says so, and prints the same token; the file is private."""
    text = OAUTH.replace("{{api}}", fresh_server.url).replace("type: oauth2", "type: oauth2\n      cache: disk")
    write("a.yaml", text)
    first = token("a.yaml", "--raw")
    shown, again = token("a.yaml"), token("a.yaml", "--raw")
    assert (first.code, first.out) == (again.code, again.out) == (0, first.out), again.said
    assert re.match(r"  ✓ token  POST  \S+  kept  on disk  client_credentials, valid for [\d.]+ s\n", shown.out), (
        shown.said
    )
    assert fresh_server.token_requests == 1
    entries = list((tmp_path / "cache" / "tokens").glob("*.json"))
    assert len(entries) == 1
    if os.name == "posix":
        assert entries[0].stat().st_mode & 0o077 == 0
    assert CLIENT_SECRET not in entries[0].read_text()


def test_clear(fresh_server: DemoServer, write: Write, token: Token, tmp_path: Path) -> None:
    """--clear empties the cache, says how many there were and where, and fetches nothing."""
    where = tmp_path / "cache" / "tokens"
    assert token("--clear").out == f"0 tokens removed from {where}\n"
    text = OAUTH.replace("{{api}}", fresh_server.url).replace("type: oauth2", "type: oauth2\n      cache: disk")
    write("a.yaml", text)
    write("b.yaml", text.replace(CLIENT_ID, CLIENT_ID + "\n      extra: {more: field}"))
    assert [token(name, "--raw").code for name in ("a.yaml", "b.yaml")] == [0, 0]
    done = token("--clear")
    assert (done.code, done.out, done.err) == (0, f"2 tokens removed from {where}\n", "")
    assert token("--clear").out == f"0 tokens removed from {where}\n"
    assert token("a.yaml", "--raw").code == 0
    assert token("a.yaml", "--clear").out == f"1 token removed from {where}\n"
    assert fresh_server.token_requests == 3
    assert list(where.glob("*.json")) == []


def test_a_cache_that_cannot_be_emptied(write: Write, token: Token, tmp_path: Path) -> None:
    """A folder that is none is told in words, and where another one can be named."""
    file = write("file", "")
    done = token("--clear", env={"RUNNER_CACHE_DIR": str(file)})
    assert (done.code, done.out) == (2, ""), done.said
    assert f"the tokens on disk cannot be removed: {file / 'tokens'}: Not a directory" in done.err
    assert "RUNNER_CACHE_DIR" in done.err


# --- signatures ----------------------------------------------------------------------------------------------------

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
OTHER = RSAKey.generate_key(2048, {"kid": "other"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})


def public(key: Any, **more: Any) -> dict[str, Any]:
    """The published form of a key; a field that is None is left out."""
    return {name: value for name, value in {**key.as_dict(private=False), **more}.items() if value is not None}


def signed(provider: Provider, key: Any = RSA, algorithm: str = "RS256", **header: Any) -> str:
    """A token that the provider has issued."""
    claims = {"iss": provider.url, "sub": "ada", "exp": int(time.time()) + 600}
    present = {name: value for name, value in {"kid": key.as_dict().get("kid"), **header}.items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about algorithms that are out of fashion, and still used
        return jwt.encode({"alg": algorithm, **present}, claims, key, algorithms=[algorithm])


@pytest.fixture
def verified(token: Token, write: Write) -> Callable[[str], Any]:
    """`verified(jwt)`: what --verify says of it."""
    write("a.yaml", BEARER)
    return lambda value: token("a.yaml", "--verify", env={"TOKEN": value})


@pytest.mark.parametrize(
    ("key", "algorithm", "published"),
    [
        (RSA, "RS256", [public(RSA)]),
        (RSA, "PS256", [public(RSA)]),
        (EC, "ES256", [public(EC)]),
        (ED, "EdDSA", [public(ED)]),
        (ED, "Ed25519", [public(ED)]),
        (RSA, "RS256", [public(OTHER), public(EC), public(RSA)]),
        (RSA, "RS256", [public(RSA, use="sig", alg="RS256")]),
        (RSA, "RS256", [public(OTHER, use="enc"), public(RSA, use="sig")]),
        (RSA, "RS256", [{"kty": "new", "kid": "new"}, "nonsense", public(RSA)]),
        (RSA, "RS256", [{"kty": "EC", "crv": "brainpoolP256r1", "kid": "x", "x": "AA", "y": "AA"}, public(RSA)]),
        (RSA, "RS256", [{"kty": "RSA", "kid": "broken", "n": 5}, public(RSA)]),
    ],
    ids=[
        "RS256",
        "PS256",
        "ES256",
        "EdDSA",
        "Ed25519",
        "of three",
        "use",
        "enc",
        "unknown type",
        "unknown curve",
        "broken key",
    ],
)
def test_a_good_signature(
    provider: Provider, verified: Any, key: Any, algorithm: str, published: list[dict[str, Any]]
) -> None:
    """A signature by a key of the issuer is valid, whatever other keys it has (RFC 7517 § 5)."""
    provider.publish(*published)
    done = verified(signed(provider, key, algorithm))
    assert done.out.splitlines()[-1] == f"signature valid: signed by a key of {provider.url}/keys", done.said
    assert (done.code, done.err) == (0, "")
    assert [path for path, _, _ in provider.asked] == ["/.well-known/openid-configuration", "/keys"]
    assert {authorization for _, _, authorization in provider.asked} == {None}


@pytest.mark.parametrize("published", [[public(RSA, kid=None)], [public(OTHER), public(RSA)]], ids=["one", "two"])
def test_a_token_that_names_no_key(provider: Provider, verified: Any, published: list[dict[str, Any]]) -> None:
    """Where the token does not say which key (RFC 7515 § 4.1.4: it need not), each of them may be the one."""
    provider.publish(*published)
    made = signed(provider, RSAKey.import_key({**RSA.as_dict(private=True), "kid": ""}), kid=None)
    assert "kid" not in jwt.decode(made, RSA).header
    done = verified(made)
    assert (done.code, "signature valid" in done.out) == (0, True), done.said


def tampered(value: str) -> str:
    head, claims, signature = value.split(".")
    return f"{head}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


@pytest.mark.parametrize(
    ("make", "published"),
    [
        (lambda p: tampered(signed(p)), [public(RSA)]),
        (lambda p: signed(p), [public(OTHER)]),
        (lambda p: signed(p), [public(OTHER, kid="rsa")]),
        (lambda p: signed(p), [public(RSA, use="enc")]),
        (lambda p: signed(p), []),
        (lambda p: signed(p, OctKey.import_key("x" * 32), "HS256", kid="rsa"), [public(RSA)]),
        (lambda p: signed(p, OctKey.import_key("x" * 32), "HS256", kid="o"), [{"kty": "oct", "k": "eHh4", "kid": "o"}]),
        (lambda p: signed(p).rpartition(".")[0] + ".", [public(RSA)]),
        (lambda p: "eyJhbGciOiJub25lIn0." + signed(p).split(".")[1] + ".", [public(RSA)]),
        (lambda p: "eyJhbGciOjV9." + ".".join(signed(p).split(".")[1:]), [public(RSA)]),
        (lambda p: "e30." + ".".join(signed(p).split(".")[1:]), [public(RSA)]),
    ],
    ids=[
        "changed", "unknown key", "other key of that name", "not for signatures", "no keys", "HS256 over RSA",
        "HS256", "no signature", "alg none", "alg number", "no alg",
    ],
)  # fmt: skip
def test_a_bad_signature(provider: Provider, verified: Any, make: Any, published: list[dict[str, Any]]) -> None:
    """A signature by none of the issuer's keys is exit code 1, and the claims are shown all the same."""
    provider.publish(*published)
    done = verified(make(provider))
    assert (done.code, done.err) == (1, ""), done.said
    assert "signature not valid: " in done.out
    assert f"{provider.url}/keys" in done.out
    assert "  sub  ada" in done.out.splitlines()


@pytest.mark.parametrize(
    "issuer", ["", "https", "urn:issuer", "ftp://x/", 5, None, "http://[x", "http://", "http://127.0.0.1:1x/"]
)
def test_an_issuer_that_is_none(verified: Any, issuer: Any) -> None:
    """A token whose issuer is no URL cannot be checked: words, not an internal error."""
    done = verified(jwt.encode({"alg": "RS256"}, {} if issuer is None else {"iss": issuer}, RSA))
    assert (done.code, done.err) == (1, ""), done.said
    assert "\nsignature not checked: the token names no issuer (iss) whose keys could be asked for\n" in done.out


def test_an_unknown_issuer(provider: Provider, verified: Any) -> None:
    """An issuer without a discovery document, or with the document of another one, proves nothing."""
    done = verified(signed(provider))
    assert (done.code, done.err) == (1, ""), done.said
    assert f"no discovery document of the issuer '{provider.url}'" in done.out
    provider.publish(public(RSA), issuer="https://evil.test\x1b[2J")
    done = verified(signed(provider))
    assert (done.code, done.err) == (1, ""), done.said
    assert "the document of another issuer, 'https://evil.test" in done.out
    assert set(re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.out)) == set()


@pytest.mark.parametrize(
    ("document", "keys"),
    [
        ((200, {"jwks_uri": 5}), (200, {"keys": []})),
        ((200, {}), (200, {"keys": []})),
        ((200, {"jwks_uri": "KEYS"}), (404, {})),
        ((200, {"jwks_uri": "KEYS"}), (200, [])),
        ((200, {"jwks_uri": "KEYS"}), (200, {"keys": {}})),
        ((200, {"jwks_uri": "http://[x/keys"}), (200, {"keys": []})),
        ((200, {"jwks_uri": "file:///etc/passwd"}), (200, {"keys": []})),
    ],
)
def test_keys_that_cannot_be_had(
    provider: Provider, verified: Any, document: tuple[int, dict[str, Any]], keys: tuple[int, Any]
) -> None:
    """An issuer whose keys cannot be read is told in words, and the token is not called valid."""
    found = {"issuer": provider.url, **document[1]}
    if found.get("jwks_uri") == "KEYS":
        found["jwks_uri"] = f"{provider.url}/keys"
    provider.answers["/.well-known/openid-configuration"] = (document[0], found)
    provider.answers["/keys"] = keys
    done = verified(signed(provider))
    assert (done.code, done.err) == (1, ""), done.said
    assert "\nsignature not checked: " in done.out


def test_an_issuer_that_cannot_be_reached(verified: Any) -> None:
    """An issuer that does not answer is exit code 4: nothing was judged."""
    done = verified(jwt.encode({"alg": "RS256"}, {"iss": "http://127.0.0.1:1"}, RSA))
    assert (done.code, done.err) == (4, ""), done.said
    assert "signature not checked: connection refused by 127.0.0.1:1" in done.out


def test_an_opaque_token_cannot_be_verified(verified: Any) -> None:
    """Of an opaque token --verify says that it cannot be checked, and that is no success."""
    done = verified("S-opaque-token")
    assert (done.code, done.err) == (1, ""), done.said
    assert "signature cannot be checked: this is no JWT" in done.out
    assert "S-opaque" not in done.out


# --- the rest ------------------------------------------------------------------------------------------------------


def test_no_secret_is_shown(provider: Provider, write: Write, token: Token) -> None:
    """Neither the token nor what it was got with is shown, unless --raw or --header ask for it."""
    provider.publish(public(RSA))
    access = signed(provider)
    answer = {"access_token": access, "refresh_token": "S-refresh-token", "id_token": "S-id-token", "expires_in": 600}
    provider.answers["/token"] = (200, answer)
    write(
        "a.yaml",
        f"""
        auth:
          type: oauth2
          grant: password
          token_url: "{provider.url}/token"
          client_id: app
          client_secret: "{{{{env.SECRET}}}}"
          username: ada
          password: "{{{{env.PASSWORD}}}}"
          cache: disk
        requests: [{{name: One, url: "http://127.0.0.1:1/"}}]
        """,
    )
    env = {"SECRET": "S-client-secret", "PASSWORD": "S-password"}
    for flags in ((), ("--verify",), ("--no-color",)):
        done = token("a.yaml", *flags, env=env)
        assert done.code == 0, done.said
        assert [secret for secret in ("S-", access, *access.split(".")) if secret in done.said] == []
    for flag in ("--raw", "--header"):
        done = token("a.yaml", flag, env=env)
        assert (done.out.split()[-1], "S-" in done.said.replace(access, "")) == (access, False)
    assert [form["password"] for path, form, _ in provider.asked if path == "/token"] == [["S-password"]]


def test_help(token: Token) -> None:
    """--help names every flag of the command."""
    done = token("--help")
    assert (done.code, done.err) == (0, ""), done.said
    flags = ("--raw", "--header", "--verify", "--clear", "--env", "--var", "--select", "--cert", "--key", "--insecure")
    assert [flag for flag in flags if flag not in done.out] == []
