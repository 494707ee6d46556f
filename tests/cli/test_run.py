"""`runner run`: exit codes, every flag, what is shown, and how a run is ended from outside."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runner.demo import DemoServer

ROOT = Path(__file__).parent.parent.parent
Write = Callable[[str, str], Path]
Until = Callable[[Callable[[], bool]], None]

FIVE = """
    name: Five
    base_url: "{{api}}"
    requests:
      - {name: First, url: /health, tags: [smoke]}
      - name: Orders
        tags: [orders]
        requests:
          - {name: Make, url: /echo, json: {id: 7}, capture: {order: body.body.id}}
          - {name: Read, url: "/echo/{{order}}", tags: [smoke, slow]}
      - {name: Last one, url: /health}
      - {name: "Last [1]", url: /health}
"""


def api(server: DemoServer) -> tuple[str, str]:
    return "-v", f"api={server.url}"


def shown(out: str) -> list[str]:
    """The names of the requests in the output, in order."""
    lines = (line for line in out.splitlines() if line[:2] == "  " and line[2:4] in ("✓ ", "✗ ", "! ", "- "))
    return [line[4:].split("  ")[0] for line in lines]


# --- exit codes ----------------------------------------------------------------------------------------------------


def test_passed(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """When all pass the exit code is 0, results are on standard output and nothing on standard error."""
    write("a.yaml", FIVE)
    done = command("run", "a.yaml", *api(server), cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
    assert shown(done.out) == ["First", "Orders / Make", "Orders / Read", "Last one", "Last [1]"]
    assert done.out.startswith("Five  a.yaml\n")
    assert "\n\n5 passed in " in done.out


def test_skips_alone_pass(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A run in which everything was skipped passes, and each reason is printed."""
    text = """
        variables: {role: guest}
        requests:
          - {name: A, url: "http://127.0.0.1:1/", skip: not today}
          - {name: B, url: "http://127.0.0.1:1/", when: role == 'admin'}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", cwd=tmp_path)
    assert done.code == 0, done.said
    assert "skipped: not today" in done.out
    assert "skipped: when: role == 'admin' is false" in done.out
    assert "2 skipped in" in done.out


def test_failed_assertion(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A failed assertion gives 1 and shows place, caret, actual and expected value, and the body; the run goes on."""
    text = """
        base_url: "{{api}}"
        requests:
          - name: A
            url: /health
            assert:
              - body.status: bad
          - {name: B, url: /health}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", *api(server), cwd=tmp_path)
    assert (done.code, done.err) == (1, ""), done.said
    expected = """\
    a.yaml:7:9
       7 |       - body.status: bad
         |         ^^^^^^^^^^^ is string 'ok'
         |         expected string 'bad'
    response body:
    {
      "status": "ok"
    }
"""
    assert expected in done.out, done.said
    assert "1 passed, 1 failed in" in done.out


def test_failed_capture(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A capture that finds null gives 1, and what waits for it is skipped and says which capture it waits for."""
    text = """
        base_url: "{{api}}"
        requests:
          - {name: A, url: /health, capture: {token: body.token}}
          - {name: B, url: "/echo/{{token}}"}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", *api(server), cwd=tmp_path)
    assert done.code == 1, done.said
    assert "the key 'token' is missing" in done.out
    assert "skipped: waits for 'token': 'A' did not capture it" in done.out


def test_status_without_assertion(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A request without an assertion on the status fails at 400 and above."""
    write("a.yaml", 'base_url: "{{api}}"\nrequests: [{name: A, url: /status/404}]\n')
    done = command("run", "a.yaml", *api(server), cwd=tmp_path)
    assert done.code == 1, done.said
    assert "status is 404" in done.out


def test_transport_fault(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A request that cannot be made gives 4, and the run goes on."""
    text = """
        base_url: "{{api}}"
        requests: [{name: A, url: "http://127.0.0.1:1/"}, {name: B, url: /health}]
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", *api(server), cwd=tmp_path)
    assert (done.code, done.err) == (4, ""), done.said
    assert "connection refused by 127.0.0.1:1" in done.out
    assert "1 passed, 1 errored in" in done.out


def test_template_fails_on_a_captured_value(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A template that cannot be evaluated with what was captured errors its request with its place: 4."""
    text = """
        base_url: "{{api}}"
        requests:
          - {name: A, url: /health, capture: {number: body.status}}
          - {name: B, url: "/echo/{{add(number, `1`)}}"}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", *api(server), cwd=tmp_path)
    assert done.code == 4, done.said
    assert "a.yaml:5:" in done.out
    assert "^" in done.out


AUTH = """
    base_url: "{{api}}"
    auth:
      type: oauth2
      token_url: "{{api}}/contoso.onmicrosoft.com/oauth2/v2.0/token"
      client_id: 7e57c0de-0000-4000-8000-00000000a001
      client_secret: "{{secret}}"
      scope: https://graph.microsoft.com/.default
    secrets: {secret: "{{env.DEMO_SECRET}}"}
    requests:
      - {name: Users, url: /v1.0/users}
"""


def test_auth_fault(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A refused token request gives 5 and shows what the server said."""
    write("a.yaml", AUTH)
    done = command("run", "a.yaml", *api(fresh_server), cwd=tmp_path, env={"DEMO_SECRET": "wrong-secret"})
    assert (done.code, done.err) == (5, ""), done.said
    assert "answered 401: invalid_client: AADSTS7000215" in done.out
    assert fresh_server.api_requests == 0


def test_gravest_code_wins(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """With several outcomes the exit code is that of auth, then transport, then assertions."""
    failing = 'requests: [{name: F, url: "{{api}}/status/500"}]\n'
    refused = 'requests: [{name: R, url: "http://127.0.0.1:1/"}]\n'
    write("f.yaml", failing)
    write("r.yaml", refused)
    write("a.yaml", AUTH)
    env = {"DEMO_SECRET": "wrong-secret"}
    assert command("run", "f.yaml", "r.yaml", *api(server), cwd=tmp_path).code == 4
    assert command("run", "f.yaml", "a.yaml", "r.yaml", *api(server), cwd=tmp_path, env=env).code == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nope"], "No such option"),
        (["-j", "0"], "--jobs"),
        (["-j", "many"], "--jobs"),
        (["--timeout", "soon"], "--timeout wants a duration"),
        (["--timeout", "0"], "--timeout wants a duration"),
        (["--cacert", "missing.pem"], "--cacert: no such file: missing.pem"),
        (["--insecure", "--cacert", "a.yaml"], "contradict"),
        (["--quiet", "--verbose"], "contradicts"),
        (["--quiet", "--show-body"], "contradicts"),
        (["--proxy", "127.0.0.1:3128"], "--proxy wants a URL"),
        (["--proxy", "ftp://me:very-secret@127.0.0.1"], "--proxy wants a URL"),
        (["--root", "missing"], "--root: no such folder: missing"),
        (["-v", "name"], "--var wants NAME=VALUE"),
        (["-v", "=x"], "--var wants NAME=VALUE"),
        (["-v", "n:=[1"], "--var n:= wants JSON"),
        (["-v", "env=1"], "this name is taken"),
    ],
    ids=" ".join,
)
def test_usage(write: Write, command: Any, tmp_path: Path, words: list[str], said: str) -> None:
    """A flag that makes no sense gives 2 and a line on standard error that names it; nothing is sent."""
    write("a.yaml", "requests: [{name: A, url: 'http://127.0.0.1:1/'}]\n")
    done = command("run", "a.yaml", *words, cwd=tmp_path)
    assert (done.code, done.out) == (2, ""), done.said
    assert said in done.err
    assert "very-secret" not in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.yaml"], "no such file or folder: missing.yaml"),
        ([""], "a path is empty"),
        (["a.yaml", "--env-file", "missing.env"], "missing.env"),
        (["a.yaml", "-e", "prod"], "unknown environment 'prod'"),
        (["broken.yaml"], "unknown key 'request'"),
        (["undefined.yaml"], "undefined variable 'nobody'"),
        (["a.yaml", "broken.yaml"], "unknown key 'request'"),
    ],
    ids=" ".join,
)
def test_invalid(write: Write, command: Any, tmp_path: Path, words: list[str], said: str) -> None:
    """What is not valid gives 3 and a diagnostic on standard error; nothing is sent, not even by good files."""
    write("a.yaml", "requests: [{name: A, url: 'http://127.0.0.1:1/'}]\n")
    write("broken.yaml", "request: []\n")
    write("undefined.yaml", "requests: [{name: A, url: '{{nobody}}'}]\n")
    done = command("run", *words, cwd=tmp_path)
    assert (done.code, done.out) == (3, ""), done.said
    assert done.err.startswith("error: ")
    assert said in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-k", "Frist"], "did you mean 'First'?"),
        (["-k", "x*"], "no request is selected by 'x*'"),
        (["-k", "a.yaml:1000"], "a.yaml:1000"),
        (["-t", "smokey"], "tags (smokey)"),
        (["-k", "First", "-t", "orders"], "no request is left of 'First' after selecting by tags (orders)"),
        (["-k", "First", "--exclude-tag", "smoke"], "after selecting by tags (smoke)"),
    ],
    ids=" ".join,
)
def test_nothing_selected(write: Write, command: Any, tmp_path: Path, words: list[str], said: str) -> None:
    """A selection that leaves nothing gives 6 and says why; with --allow-empty it is 0."""
    write("a.yaml", FIVE)
    done = command("run", "a.yaml", "-v", "api=http://127.0.0.1:1", *words, cwd=tmp_path)
    assert (done.code, done.out) == (6, ""), done.said
    assert said in done.err
    allowed = command("run", "a.yaml", "-v", "api=http://127.0.0.1:1", *words, "--allow-empty", cwd=tmp_path)
    assert (allowed.code, allowed.err) == (0, ""), allowed.said


# --- paths ---------------------------------------------------------------------------------------------------------


def test_default_folder(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """Without paths the folder requests/ is run: at any depth, sorted, without hidden files and those with _."""
    for name in ("b.yml", "a.yaml", "deep/c.yaml", ".hidden.yaml", "_base.yaml", "deep/.git/x.yaml", "notes.txt"):
        write(f"requests/{name}", 'requests: [{name: A, url: "{{api}}/health"}]\n')
    done = command("run", *api(server), cwd=tmp_path)
    assert done.code == 0, done.said
    heads = [line.split("  ")[1] for line in done.out.splitlines() if line and line[0] not in " 0123456789"]
    assert heads == ["requests/a.yaml", "requests/b.yml", "requests/deep/c.yaml"]


def test_without_default_folder(command: Any, tmp_path: Path) -> None:
    """Without paths and without requests/ the error says what is taken."""
    done = command("run", cwd=tmp_path)
    assert done.code == 3
    assert "the folder requests/ is taken" in done.err


def test_same_file_twice(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A file that is named twice is run once."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/health"}]\n')
    assert "1 passed" in command("run", "a.yaml", "./a.yaml", *api(server), cwd=tmp_path).out


# --- variables -----------------------------------------------------------------------------------------------------


def test_var(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--var gives text, NAME:=JSON a typed value; it wins over everything, and the last of a name counts."""
    text = """
        base_url: "{{api}}"
        variables: {text: a, number: 0}
        requests:
          - name: A
            url: /echo
            variables: {text: nearer}
            json: {text: "{{text}}", number: "{{number}}"}
            assert: [{body.body: {text: "5", number: 5}}]
    """
    write("a.yaml", text)
    given = ["-v", "text=4", "--var", "text=5", "-v", "number:=5"]
    assert command("run", "a.yaml", *api(server), *given, cwd=tmp_path).code == 0


def test_environment(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--env chooses a set of variables over those of the collection; --var wins over it."""
    text = """
        base_url: "{{api}}"
        variables: {stage: none}
        environments: {prod: {stage: prod}}
        requests: [{name: A, url: "/echo/{{stage}}"}]
    """
    write("a.yaml", text)
    said = [
        command("run", "a.yaml", *api(server), *words, cwd=tmp_path).out
        for words in ([], ["-e", "prod"], ["--env", "prod", "-v", "stage=mine"])
    ]
    assert ["/echo/none" in said[0], "/echo/prod" in said[1], "/echo/mine" in said[2]] == [True] * 3


ENV = """
    base_url: "{{api}}"
    requests: [{name: A, url: "/echo/{{env.DEMO_ONE}}/{{env.DEMO_TWO}}"}]
"""


def test_env_files(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """env.NAME reads the process, then .env in the root; --env-file names others instead, later ones winning."""
    write("a.yaml", ENV)
    write(".env", "DEMO_ONE=dot\nexport DEMO_TWO='dot two' # comment\n")
    write("x.env", "DEMO_ONE=x1\nDEMO_TWO=x2\n")
    write("y.env", "DEMO_TWO=y2\n")
    run = lambda *words, **env: command("run", "a.yaml", *api(server), *words, cwd=tmp_path, env=env).out  # noqa: E731
    assert "/echo/dot/dot%20two" in run()
    assert "/echo/process/dot%20two" in run(DEMO_ONE="process")
    assert "/echo/x1/y2" in run("--env-file", "x.env", "--env-file", "y.env")


def test_missing_environment_variable(write: Write, command: Any, tmp_path: Path) -> None:
    """Every env.NAME that is needed is asked for at once, before anything is sent; one in a skipped request is not."""
    text = """
        requests:
          - {name: A, url: "http://127.0.0.1:1/{{env.DEMO_ONE}}"}
          - {name: B, url: "http://127.0.0.1:1/{{env.DEMO_TWO}}"}
          - {name: C, url: "http://127.0.0.1:1/{{env.DEMO_THREE}}", skip: true}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", cwd=tmp_path)
    assert (done.code, done.out) == (3, ""), done.said
    assert [name in done.err for name in ("DEMO_ONE", "DEMO_TWO", "DEMO_THREE")] == [True, True, False]
    assert "DEMO_TWO" not in command("run", "a.yaml", "-k", "A", cwd=tmp_path).err


# --- selecting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["-k", "First"], ["First"]),
        (["-k", "Orders"], ["Orders / Make", "Orders / Read"]),
        (["-k", "Orders / Read"], ["Orders / Make", "Orders / Read"]),
        (["-k", "*Read"], ["Orders / Make", "Orders / Read"]),
        (["-k", "Last*"], ["Last one", "Last [1]"]),
        (["-k", "Last [1]"], ["Last [1]"]),
        (["-k", "First", "--select", "Last one"], ["First", "Last one"]),
        (["-k", "a.yaml:4"], ["First"]),
        (["-k", "./a.yaml:9", "-k", "First"], ["First", "Orders / Make", "Orders / Read"]),
        (["-t", "smoke"], ["First", "Orders / Make", "Orders / Read"]),
        (["--tag", "orders", "-k", "*Make"], ["Orders / Make"]),
        (["-t", "slow", "-v", "order=9"], ["Orders / Read"]),
        (["-k", "Orders / Read", "-v", "order=9"], ["Orders / Read"]),
        (["--exclude-tag", "slow"], ["First", "Orders / Make", "Last one", "Last [1]"]),
        (["-t", "smoke", "--exclude-tag", "orders"], ["First"]),
        (["--exclude-tag", "orders", "--exclude-tag", "smoke"], ["Last one", "Last [1]"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_select(
    server: DemoServer, write: Write, command: Any, tmp_path: Path, words: list[str], names: list[str]
) -> None:
    """Names, groups, globs and lines unite, tags must hold as well, and what is captured from runs too."""
    write("a.yaml", FIVE.lstrip("\n"))
    done = command("run", "a.yaml", *api(server), *words, cwd=tmp_path)
    assert (done.code, shown(done.out)) == (0, names), done.said


# --- how it runs ---------------------------------------------------------------------------------------------------


def test_fail_fast(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """-x sends nothing after the first failure, in this file and those after it, and says what was not run."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/status/500"}, {name: B, url: "{{api}}/health"}]\n')
    write("b.yaml", 'requests: [{name: C, url: "{{api}}/health"}]\n')
    done = command("run", "a.yaml", "b.yaml", "-x", "-j", "1", *api(fresh_server), cwd=tmp_path)
    assert done.code == 1, done.said
    assert done.out.count("skipped: not run: an earlier request failed (--fail-fast)") == 2
    assert "1 failed, 2 skipped in" in done.out
    assert fresh_server.requests == [("GET", "/status/500")]


def test_timeout_flag_wins(fresh_server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--timeout wins over the file's, and its end is a fault that says how long was waited."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/delay/5000", timeout: 60s}]\n')
    done = command("run", "a.yaml", "--timeout", "150ms", *api(fresh_server), cwd=tmp_path)
    assert done.code == 4, done.said
    assert "0.15 s" in done.out


def test_proxy(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--proxy sends requests there; an empty one switches the environment's off."""
    write("a.yaml", "requests: [{name: A, url: 'http://nowhere.invalid/health', assert: [body.status: ok]}]\n")
    assert command("run", "a.yaml", "--proxy", server.url, cwd=tmp_path).code == 0
    write("b.yaml", 'requests: [{name: A, url: "{{api}}/health"}]\n')
    dead = {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    through = command("run", "b.yaml", *api(server), cwd=tmp_path, env=dead)
    assert (through.code, "refused by proxy 127.0.0.1:1" in through.out) == (4, True), through.said
    assert command("run", "b.yaml", *api(server), "--proxy", "", cwd=tmp_path, env=dead).code == 0


def test_root(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """A file may name no path outside the root, which is the working folder or --root; nothing is sent."""
    write("ca.pem", "")
    write("deep/a.yaml", 'requests: [{name: A, url: "{{api}}/health", verify: ../ca.pem}]\n')
    done = command("run", "a.yaml", *api(server), cwd=tmp_path / "deep")
    assert (done.code, done.out) == (3, ""), done.said
    assert "lies outside the project root" in done.err
    assert command("run", "a.yaml", *api(server), "--root", "..", cwd=tmp_path / "deep").code == 0


@contextmanager
def tls_server(folder: Path) -> Iterator[str]:
    """A TLS server with a certificate that signs itself, `cert.pem` in the folder; answers every connection once."""
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    made = ["openssl", *words.split(), "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            try:
                with raw, context.wrap_socket(raw, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_certificates(write: Write, command: Any, tmp_path: Path) -> None:
    """A certificate that nobody vouches for is refused; --cacert trusts it, --insecure takes any."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/"}]\n')
    with tls_server(tmp_path) as url:
        done = command("run", "a.yaml", "-v", f"api={url}", cwd=tmp_path)
        assert (done.code, "certificate" in done.out) == (4, True), done.said
        assert command("run", "a.yaml", "-v", f"api={url}", "--cacert", "cert.pem", cwd=tmp_path).code == 0
        assert command("run", "a.yaml", "-v", f"api={url}", "--insecure", cwd=tmp_path).code == 0


# --- what is shown -------------------------------------------------------------------------------------------------


def test_token_step(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """The token step has a line with URL, status and life; --verbose shows its exchange, secrets masked."""
    write("a.yaml", AUTH)
    env = {"DEMO_SECRET": "demo-secret~this-opens-nothing-real"}
    done = command("run", "a.yaml", *api(server), cwd=tmp_path, env=env)
    assert done.code == 0, done.said
    line = next(line for line in done.out.splitlines() if "✓ token" in line)
    assert f"POST  {server.url}/contoso.onmicrosoft.com/oauth2/v2.0/token  200" in line
    assert "valid for 60 s" in line
    assert "1 passed in" in done.out
    assert "1 token request" in done.out
    verbose = command("run", "a.yaml", "--verbose", *api(server), cwd=tmp_path, env=env).out
    assert "client_secret=***" in verbose
    assert '"access_token": "***"' in verbose
    assert "> Authorization: Bearer ***" in verbose


def test_verbose(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--verbose shows every exchange, headers and bodies, passing ones too."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/echo?x=1", json: {a: 1}}]\n')
    out = command("run", "a.yaml", "--verbose", *api(server), cwd=tmp_path).out
    for line in (f"> POST {server.url}/echo?x=1", "> Content-Type: application/json", "< HTTP/1.1 200 OK"):
        assert f"\n    {line}" in out
    assert '>   "a": 1' in out


def test_show_body(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--show-body shows the body of every response, and no headers."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/health"}]\n')
    out = command("run", "a.yaml", "--show-body", *api(server), cwd=tmp_path).out
    assert '      "status": "ok"' in out
    assert "HTTP/1.1" not in out


def test_quiet(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--quiet shows what failed, under the name of its collection, and the summary."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/health"}, {name: B, url: "{{api}}/status/500"}]\n')
    write("b.yaml", 'requests: [{name: C, url: "{{api}}/health"}]\n')
    out = command("run", "a.yaml", "b.yaml", "--quiet", *api(server), cwd=tmp_path).out
    assert shown(out) == ["B"]
    assert out.startswith("a  a.yaml\n")
    assert "b.yaml" not in out
    passing = command("run", "b.yaml", "--quiet", *api(server), cwd=tmp_path).out
    assert passing.startswith("1 passed in ")
    assert passing.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "env", "coloured"),
    [
        ([], {"NO_COLOR": ""}, False),
        ([], {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
        (["--no-color"], {"NO_COLOR": "", "FORCE_COLOR": "1"}, False),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
    ids=["pipe", "FORCE_COLOR", "--no-color", "NO_COLOR"],
)
def test_colour(
    server: DemoServer,
    write: Write,
    command: Any,
    tmp_path: Path,
    words: list[str],
    env: dict[str, str],
    coloured: bool,
) -> None:
    """A pipe gets no colours unless FORCE_COLOR asks for them; --no-color and NO_COLOR win."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/health"}]\n')
    assert ("\x1b[" in command("run", "a.yaml", *api(server), *words, cwd=tmp_path, env=env).out) == coloured


def in_terminal(arguments: list[str], folder: Path, columns: int, **env: str) -> tuple[int, str]:
    """Runs the command in a terminal of that width; its exit code and all that was written there."""
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {n: v for n, v in os.environ.items() if n not in ("NO_COLOR", "FORCE_COLOR") and "_proxy" not in n}
    environment = {**kept, "TERM": "xterm", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **env}
    words = [sys.executable, "-m", "runner", *arguments]
    process = subprocess.Popen(words, cwd=folder, stdin=secondary, stdout=secondary, stderr=secondary, env=environment)
    os.close(secondary)
    written = b""
    while True:
        try:
            chunk = os.read(primary, 65536)
        except OSError:  # Linux says EIO when the other end is closed
            break
        if not chunk:
            break
        written += chunk
    os.close(primary)
    return process.wait(30), written.decode()


def test_terminal(server: DemoServer, write: Write, tmp_path: Path) -> None:
    """In a terminal there are colours, and the request under way is shown in one row and wiped again."""
    name = "a name that is far too long for a terminal that is not very wide"
    write("a.yaml", f'requests: [{{name: {name}, url: "{{{{api}}}}/delay/300"}}]\n')
    code, written = in_terminal(["run", "a.yaml", *api(server)], tmp_path, 40)
    assert code == 0, written
    assert "\x1b[32m✓\x1b[0m" in written
    row, *_, line = written.split("\r\x1b[2K")[1:]
    assert row == "\x1b[2m  ⋯ a name that is far too long for a …\x1b[0m"
    assert line.startswith("  \x1b[32m✓\x1b[0m a name…")


def test_terminal_side_by_side(server: DemoServer, write: Write, tmp_path: Path) -> None:
    """With several collections at once the row names what is under way in any of them, and for how long."""
    for name in ("a", "b"):
        write(f"{name}.yaml", f'requests: [{{name: Slow {name}, url: "{{{{api}}}}/delay/1300"}}]\n')
    code, written = in_terminal(["run", "a.yaml", "b.yaml", "-j", "2", *api(server)], tmp_path, 80)
    assert code == 0, written
    rows = {row.removeprefix("\x1b[2m").removesuffix("\x1b[0m") for row in written.split("\r\x1b[2K")}
    one_of = [f"  ⋯ 0/2  {name}: Slow {name} … 1 s, and 1 more" for name in ("a", "b")]
    assert rows & set(one_of), written


def test_slowest(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """--slowest N names the N slowest requests before the summary."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/health"}, {name: B, url: "{{api}}/delay/200"}]\n')
    done = command("run", "a.yaml", "--slowest", "1", *api(server), cwd=tmp_path)
    assert done.code == 0, done.said
    head, _, rest = done.out.partition("\nslowest\n")
    assert head.count("✓") == 2
    assert " ms  B  GET /delay/200\n\n2 passed in" in rest


@pytest.mark.parametrize("env", [{"TERM": "dumb"}], ids=["dumb"])
def test_dumb_terminal(server: DemoServer, write: Write, tmp_path: Path, env: dict[str, str]) -> None:
    """A terminal that understands no control sequences gets none."""
    write("a.yaml", 'requests: [{name: A, url: "{{api}}/health"}]\n')
    code, written = in_terminal(["run", "a.yaml", *api(server)], tmp_path, 80, **env)
    assert code == 0, written
    assert "\x1b" not in written


def test_encoding(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """Where the output cannot hold a character it is escaped, and marks are plain ASCII."""
    write("a.yaml", 'requests: [{name: Größe 日, url: "{{api}}/health"}]\n')
    env = {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = command("run", "a.yaml", *api(server), cwd=tmp_path, env=env)
    assert (done.code, done.err) == (0, ""), done.said
    assert "  + Gr\\xf6\\xdfe \\u65e5" in done.out


def test_many_requests(server: DemoServer, write: Write, command: Any, tmp_path: Path) -> None:
    """500 requests of one file are one line each, in file order."""
    requests = "".join(f'  - {{name: r{number}, url: "{{{{api}}}}/health"}}\n' for number in range(500))
    write("a.yaml", f"requests:\n{requests}")
    done = command("run", "a.yaml", *api(server), cwd=tmp_path)
    assert done.code == 0, done.said
    assert shown(done.out) == [f"r{number}" for number in range(500)]


# --- ended from outside --------------------------------------------------------------------------------------------


def start(*words: str, folder: Path, **more: Any) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if "_proxy" not in name}
    environment = {**kept, "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    words = (sys.executable, "-m", "runner", *words)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        return subprocess.Popen(words, cwd=folder, env=environment, text=True, encoding="utf-8", **pipes)
    finally:
        signal.signal(signal.SIGINT, before)


SLOW = """
    base_url: "{{api}}"
    requests:
      - {name: Before, url: /health}
      - {name: Slow, url: /delay/5000}
      - {name: After, url: /status/500}
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_interrupted(fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until, number: int) -> None:
    """Ctrl-C and SIGTERM give 130; what passed is kept, and what was cut short or not run is told."""
    write("a.yaml", SLOW)
    write("b.yaml", SLOW)
    process = start("run", "a.yaml", "b.yaml", "-j", "1", *api(fresh_server), folder=tmp_path)
    until(lambda: ("GET", "/delay/5000") in fresh_server.requests)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, ""), out + err
    a, b = out.split("b  b.yaml")
    assert ["✓ Before" in a, "✓ Before" in b] == [True, False]
    assert a.count("interrupted while it was under way") == 1
    assert (a.count("not run: interrupted"), b.count("not run: interrupted")) == (1, 3)
    assert "interrupted: 1 passed, 1 errored, 4 skipped in" in out
    assert len(fresh_server.requests) == 2


def test_interrupted_side_by_side(fresh_server: DemoServer, write: Write, tmp_path: Path, until: Until) -> None:
    """What other collections had done when Ctrl-C came is told too: nothing that was sent is called not run."""
    write("a.yaml", SLOW)
    write("b.yaml", SLOW)
    process = start("run", "a.yaml", "b.yaml", "-j", "2", *api(fresh_server), folder=tmp_path)
    until(lambda: fresh_server.requests.count(("GET", "/delay/5000")) == 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, ""), out + err
    assert out.count("✓ Before") == 2
    assert out.count("interrupted while it was under way") == 2
    assert "interrupted: 2 passed, 2 errored, 2 skipped in" in out


def test_broken_pipe(server: DemoServer, write: Write, tmp_path: Path) -> None:
    """When nobody reads the output any more the command ends without a word, and not as if a request had failed."""
    write("a.yaml", FIVE)
    reading, writing = os.pipe()
    os.close(reading)
    process = start("run", "a.yaml", *api(server), folder=tmp_path, stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (141, "")


@pytest.mark.parametrize("words", [["run"], ["check"], ["list"], ["plan"]], ids=" ".join)
def test_closed_output(server: DemoServer, write: Write, tmp_path: Path, words: list[str]) -> None:
    """With a closed standard output the exit code says it all."""
    write("a.yaml", "requests: [{name: A, url: '{{api}}/health', skip: true}]\nvariables: {api: x}\n")
    script = 'exec "$@" >&-'
    done = subprocess.run(
        ["sh", "-c", script, "sh", sys.executable, "-m", "runner", *words, "a.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["run"], ["check"]], ids=" ".join)
def test_full_disk(write: Write, tmp_path: Path, words: list[str]) -> None:
    """An output that cannot be written is an error in words, and never a success."""
    write("a.yaml", "requests: [{name: A, url: 'http://127.0.0.1:1/', skip: true}]\n")
    with open("/dev/full", "w") as full:
        process = start(*words, "a.yaml", folder=tmp_path, stdout=full)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err == "error: cannot write the output: No space left on device\n"
