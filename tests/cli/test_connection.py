"""Proxies, sockets, HTTP/2 and event streams as a user meets them on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.demo import DemoServer
from runner.errors import InvalidError
from runner.runtime import project

Write = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ("http2: true", "a.yaml:2:11", "HTTP/2 needs the package h2"),
        ("proxy: socks5://h:1080", "a.yaml:2:11", "a SOCKS proxy needs the package socksio"),
    ],
)
def test_a_missing_extra(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, place: str, message: str
) -> None:
    """A package that is not installed is told before anything is sent, at its line, with how to install it."""
    write("a.yaml", f"defaults:\n  {line}\nrequests: [{{name: A, url: 'http://h/'}}, {{name: B, url: 'http://h/'}}]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(project, "is_missing", lambda extra: True)
    opened = project.open_project(project.Options(paths=["a.yaml"]))
    assert opened.plans()  # the file is good
    with pytest.raises(InvalidError) as caught:
        opened.ready_plans()
    (fault,) = caught.value.diagnostics
    assert fault.message == f"{message}, which is not installed"
    assert fault.span is not None
    assert fault.span.where.startswith("a.yaml:2:")
    assert fault.hint.startswith('pip install "request-runner[')


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("unix:", "--proxy wants a URL such as http://127.0.0.1:3128, or unix:PATH, not 'unix:'"),
        ("http://me:very-secret@", "--proxy wants a URL such as http://127.0.0.1:3128, or unix:PATH, not ''"),
    ],
)
def test_a_flag_that_is_no_proxy(write: Write, command: Any, tmp_path: Path, flag: str, said: str) -> None:
    """`--proxy` takes what the key takes, and shows no password."""
    write("a.yaml", "requests: [{name: A, url: 'http://127.0.0.1:1/'}]\n")
    done = command("run", "a.yaml", "--proxy", flag, cwd=tmp_path)
    assert (done.code, done.out) == (2, ""), done.said
    assert said in done.err


def test_the_password_of_the_flag(write: Write, command: Any, server: DemoServer, tmp_path: Path) -> None:
    """The password in `--proxy` is masked, whatever a server makes of it."""
    write("a.yaml", "requests: [{name: A, url: 'http://api.example/echo/very-secret'}]\n")
    flag = f"http://me:very-secret@{server.url.removeprefix('http://')}"
    done = command("run", "a.yaml", "--proxy", flag, "--verbose", cwd=tmp_path)
    assert "very-secret" not in done.said


def test_plan_shows_the_proxies(write: Write, command: Any, tmp_path: Path) -> None:
    """`plan` names the proxies that a collection goes through, without their credentials."""
    text = """
        requests:
          - {name: A, url: http://h/, proxy: "http://me:{{env.PW}}@proxy.example:3128"}
          - {name: B, url: http://h/, proxy: "unix:the.sock"}
          - {name: C, url: http://h/, proxy: false}
    """
    write("a.yaml", text)
    done = command("plan", "a.yaml", cwd=tmp_path, env={"PW": "very-secret"})
    assert "  proxies    http://proxy.example:3128, unix:the.sock\n" in done.out, done.said
    assert "very-secret" not in done.said


def test_check_warns_of_a_literal_password(write: Write, command: Any, tmp_path: Path) -> None:
    """A password in the file is warned of, and not shown; one from elsewhere is fine."""
    text = """
        requests:
          - {name: A, url: http://h/, proxy: "http://me:very-secret@proxy.example:3128"}
          - {name: B, url: http://h/, proxy: "http://me:{{env.PW}}@proxy.example:3128"}
    """
    write("a.yaml", text)
    done = command("check", "a.yaml", cwd=tmp_path)
    assert (done.code, done.err.count("the URL of 'proxy' holds a literal password")) == (0, 1), done.said
    assert "very-secret" not in done.said


def test_events(write: Write, command: Any, server: DemoServer, tmp_path: Path) -> None:
    """A stream that has no end ends with `max_events` or with the time; a missing event fails with what came."""
    text = """
        base_url: "{{api}}"
        requests:
          - {name: Two, url: /events, max_events: 2, assert: ["length(events) == `2`"]}
          - {name: Some, url: "/events?pause=10", timeout: 400ms, assert: ["length(events) >= `1`"]}
          - {name: None, url: /health, assert: [events: []]}
          - {name: Seven, url: "/events?count=2", assert: ["events[6].json.number == `7`"]}
    """
    write("a.yaml", text)
    done = command("run", "a.yaml", "-v", f"api={server.url}", cwd=tmp_path)
    assert done.code == 1, done.said
    assert "3 passed, 1 failed" in done.out
    assert "'events' has no element [6]" in done.out
    assert 'data: {"number": 2, "square": 4}' in done.out
