"""curl: the words of the shell for any request. `tests/cli/test_reports.py` runs such a script."""

from __future__ import annotations

import re
import shlex
import subprocess
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engine.exchange import ClientCertificate, Connection, Request


def words(report: Any, made: Any, request: Request) -> list[str]:
    """The words of the one curl command of a script, as the shell reads them."""
    text = report("curl", [made.passed(exchange=made.exchange_of(request=request))])
    command = re.search(r"^  (?:curl| *\S.*\|\n  curl).*?(?=^\})", text, re.MULTILINE | re.DOTALL)
    assert command, text
    return shlex.split(command[0])


def values(found: list[str], option: str) -> list[str]:
    return [value for name, value in pairwise(found) if name == option]


def test_a_plain_get(report: Any, made: Any) -> None:
    """Method, URL and limits; what curl sends by itself is left to it."""
    request = Request("GET", "http://api.test/a/../b?x[0]=1", (("Accept", "*/*"), ("User-Agent", "me"), ("Host", "h")))
    found = words(report, made, request)
    assert found[0] == "curl"
    assert found[-1] == "http://api.test/a/../b?x[0]=1"
    assert {"--globoff", "--path-as-is", "--include"} <= set(found)
    assert values(found, "--header") == ["User-Agent: me"]
    assert values(found, "--max-time") == ["30"]
    assert "--request" not in found


@pytest.mark.parametrize(
    ("method", "body", "option"),
    [
        ("HEAD", None, ["--head"]),
        ("DELETE", None, ["--request", "DELETE"]),
        ("POST", b"x", []),
        ("POST", None, ["--request", "POST"]),
        ("GET", b"x", ["--request", "GET"]),
        ("it's", b"x", ["--request", "it's"]),
    ],
)
def test_methods(report: Any, made: Any, method: str, body: bytes | None, option: list[str]) -> None:
    """A method is named where curl would take another one."""
    found = words(report, made, Request(method, "http://api.test/", (), body))
    assert [word for word in found if word in ("--head", "--request", *option)] == option


def test_connection(report: Any, made: Any) -> None:
    """TLS, certificate, proxy, time and redirects are those of the request."""
    connection = Connection(False, "http://proxy:1", ClientCertificate("c.pem", "k.pem"))
    found = words(report, made, Request("GET", "https://a/", timeout=2.5, max_redirects=0, connection=connection))
    assert {"--insecure", "--proxy", "http://proxy:1", "--cert", "c.pem", "--key", "k.pem", "2.5"} <= set(found)
    assert "--location" not in found
    found = words(report, made, Request("GET", "https://a/", connection=Connection("ca.pem", "")))
    assert values(found, "--cacert") == ["ca.pem"]
    assert values(found, "--noproxy") == ["*"]
    found = words(report, made, Request("GET", "http://a/", connection=Connection(proxy="unix:/run/a b.sock")))
    assert values(found, "--unix-socket") == ["/run/a b.sock"]


def test_headers(report: Any, made: Any) -> None:
    """An empty value is sent as empty; a header that curl would add to a body is held back."""
    found = words(report, made, Request("POST", "http://a/", (("X-Empty", ""), ("X-Two", "a"), ("X-Two", "'b'")), b"x"))
    held = {"Accept:", "User-Agent:", "Content-Type:", "Expect:"}
    assert set(values(found, "--header")) - held == {"X-Empty;", "X-Two: a", "X-Two: 'b'"}
    assert held <= set(values(found, "--header"))


def test_a_body_that_begins_with_an_at_sign(report: Any, made: Any) -> None:
    """It names no file."""
    assert values(words(report, made, Request("POST", "http://a/", (), b"@/etc/passwd")), "--data-raw") == [
        "@/etc/passwd"
    ]


def run_body(report: Any, made: Any, body: bytes, **env: str) -> bytes:
    """What the shell hands to curl as the body, with `curl` as a function that gives it back."""
    text = report("curl", [made.passed(exchange=made.exchange_of(request=Request("POST", "http://a/", (), body)))])
    fake = """
    curl() {
      while [ "$#" -gt 0 ]; do
        case "$1" in --data-raw) printf '%s' "$2";; --data-binary) cat;; esac
        shift
      done
    }
    """
    script = text.replace("set -u\n", f"set -u\n{fake}").replace("printf '\\n# %s\\n' \"$name\"", "")
    done = subprocess.run(["sh", "-c", script], env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, check=True)
    return done.stdout


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=80))
def test_any_bytes_reach_curl(report: Any, made: Any, body: bytes) -> None:
    """Whatever the body, the shell hands it over byte by byte."""
    assert run_body(report, made, body.replace(b"***", b"") or b"x") == (body.replace(b"***", b"") or b"x")


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80).filter(lambda text: "***" not in text))
def test_any_text_reaches_curl(report: Any, made: Any, text: str) -> None:
    """The same for text, whatever quotes and dollars are in it."""
    assert run_body(report, made, text.encode()) == text.encode()


@pytest.mark.parametrize(
    "body", [b'{"client_secret": "***", "a": 1}', b"\0\xffclient_secret=***\0"], ids=["text", "bytes"]
)
def test_a_secret_in_a_body(report: Any, made: Any, body: bytes) -> None:
    """A mask is a variable that is named after what stands before it; without it nothing is sent."""
    given = run_body(report, made, body, SECRET_CLIENT_SECRET='it\'s $HOME \\ 100% "x"')
    assert given == body.replace(b"***", b'it\'s $HOME \\ 100% "x"')
    with pytest.raises(subprocess.CalledProcessError) as error:
        run_body(report, made, body)
    assert (
        b"SECRET_CLIENT_SECRET: set it to the secret of client_secret in the body, written as there"
        in error.value.stderr
    )


def test_secrets_in_url_and_headers(report: Any, made: Any) -> None:
    """Their variables are asked for before the request is sent, each once; two of one value may be two secrets."""
    headers = (("Authorization", "Bearer ***"), ("Cookie", "a=1; session=***"), ("X-Api-Key", "***"))
    request = Request("GET", "http://***@api.test/***?api-key=***&api_key=***", headers)
    text = report("curl", [made.passed(exchange=made.exchange_of(request=request))])
    asked = re.findall(r'^  : "\$\{(\w+):\?', text, re.MULTILINE)
    assert sorted(asked) == [
        "SECRET_API_KEY", "SECRET_API_KEY_2", "SECRET_AUTHORIZATION", "SECRET_IN_URL", "SECRET_IN_URL_2",
        "SECRET_SESSION", "SECRET_X_API_KEY",
    ]  # fmt: skip
    assert '"$SECRET_IN_URL"\'@api.test/\'"$SECRET_IN_URL_2"' in text
    assert "***" not in text.split("set -u")[1]


def test_what_was_not_sent_is_a_comment(report: Any, made: Any) -> None:
    """A skipped request is named with its reason, in one line, and nothing is run for it."""
    text = report("curl", [made.skipped("S\nrm -rf /", "no\nway")])
    assert "# A: S rm -rf /  (requests/a.yaml:3:12)\n# not sent: no way\n" in text
    assert subprocess.run(["sh", "-c", text], capture_output=True, check=True).stdout == b""


def test_one_function_can_be_chosen(report: Any, made: Any) -> None:
    """The script takes names of functions, and its exit code is that of the last request that failed."""
    text = report("curl", [made.passed("Größe / A"), made.passed("B")])
    assert re.findall(r"^(\w+)\(\)", text, re.MULTILINE) == ["r1_gr_e_a", "r2_b"]
    script = text.replace("set -u\n", 'set -u\ncurl() { echo "sent"; return 7; }\n')
    done = subprocess.run(["sh", "-s", "r2_b"], input=script.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (7, b"\n# r2_b\nsent\n")
