"""`runner plan`: what would be sent, from where each value comes; nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.demo import DemoServer

Write = Callable[[str, str], Path]
TEXT = """\
name: Sample
base_url: "{{api}}"
variables: {api: "http://api.example", user: ada}
secrets: {password: "{{env.DEMO_PASSWORD}}"}
environments: {prod: {user: grace}}
auth: {type: basic, username: "{{user}}", password: "{{password}}"}
requests:
  - name: Make
    url: /users/{{user}}
    json: {name: "{{user}}"}
    capture: {id: body.id}
    assert: [status: 201]
  - {name: Read, url: "/users/{{id}}", auth: none}
  - {name: Off, url: /off, skip: not now}
"""
SECRET = {"DEMO_PASSWORD": "sesame-open-7"}


def test_plan(write: Write, command: Any, tmp_path: Path) -> None:
    """Each request is shown resolved, with its auth, variables and their origin; secrets are masked."""
    write("a.yaml", TEXT)
    done = command("plan", "a.yaml", cwd=tmp_path, env=SECRET)
    assert (done.code, done.err) == (0, ""), done.said
    for words in (
        "Sample  a.yaml",
        "hosts      api.example",
        "env        DEMO_PASSWORD",
        "Make  a.yaml:8",
        "request    POST http://api.example/users/ada",
        'body       { "name": "ada" }',
        "auth       basic  (a.yaml:6:",
        "variable   user = 'ada'  (collection (a.yaml:3:",
        "variable   password = '***'",
        "capture    id = body.id",
        "assert     status == 201",
        "request    GET /users/{{id}}  (waits for 'id')",
        "variable   id  (captured by 'Make')",
        "auth       none",
        "skipped    not now",
    ):
        assert words in done.out, words
    assert "sesame-open-7" not in done.out


def test_origins(write: Write, command: Any, tmp_path: Path) -> None:
    """The chosen environment and --var are named as the origin of their values."""
    write("a.yaml", TEXT)
    out = command("plan", "a.yaml", "-e", "prod", "-v", "id:=7", cwd=tmp_path, env=SECRET).out
    assert "chosen     environment 'prod'" in out
    assert "variable   user = 'grace'  (environment 'prod' (a.yaml:5:" in out
    assert "request    GET http://api.example/users/7" in out
    assert "variable   id = 7  (--var)" in out


def test_env_file(write: Write, command: Any, tmp_path: Path) -> None:
    """--env-file gives env.NAME; without it what is missing is asked for: 3."""
    write("a.yaml", TEXT)
    write("x.env", "DEMO_PASSWORD=from-the-file\n")
    assert command("plan", "a.yaml", "--env-file", "x.env", cwd=tmp_path).code == 0
    done = command("plan", "a.yaml", cwd=tmp_path)
    assert (done.code, "DEMO_PASSWORD" in done.err, done.out) == (3, True, ""), done.said


def test_nothing_is_sent(fresh_server: DemoServer, command: Any) -> None:
    """Nothing is sent, not even for a token."""
    given = ("-e", "local", "-v", f"login={fresh_server.url}", "-v", f"graph={fresh_server.url}/v1.0")
    done = command("plan", "requests/graph.yaml", *given)
    assert done.code == 0, done.said
    assert "oauth2 client_credentials" in done.out
    assert fresh_server.requests == []


@pytest.mark.parametrize(
    ("words", "code"),
    [(["-k", "Make"], 0), (["-k", "x"], 6), (["-t", "x", "--allow-empty"], 0), (["-e", "x"], 3), (["--nope"], 2)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_codes(write: Write, command: Any, tmp_path: Path, words: list[str], code: int) -> None:
    """The exit codes are those of run, without any of sending."""
    write("a.yaml", TEXT)
    done = command("plan", "a.yaml", *words, cwd=tmp_path, env=SECRET)
    assert done.code == code, done.said


def test_same_output_twice(write: Write, command: Any, tmp_path: Path) -> None:
    """The same files give the same plan."""
    write("a.yaml", TEXT)
    first, second = (command("plan", "a.yaml", cwd=tmp_path, env=SECRET).out for _ in range(2))
    assert first == second
