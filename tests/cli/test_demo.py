"""`runner demo`: the embedded API, and a collection run against it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent


def test_demo(command: Any, tmp_path: Path) -> None:
    """It fetches one token, runs its collection and passes, in any folder and without any preparation."""
    done = command("demo", cwd=tmp_path)
    assert (done.code, done.err) == (0, ""), done.said
    assert "valid for 60 s" in done.out
    assert "5 passed in" in done.out
    assert ", 1 token request\n" in done.out


def test_verbose(command: Any, tmp_path: Path) -> None:
    """--verbose shows the exchanges, the secret masked."""
    out = command("demo", "--verbose", cwd=tmp_path).out
    assert "client_secret=***" in out
    assert "demo-secret" not in out


def test_the_proxy_of_the_environment_is_not_used(command: Any, tmp_path: Path) -> None:
    """Loopback needs no proxy, whatever the environment says."""
    dead = {"http_proxy": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    assert command("demo", cwd=tmp_path, env=dead).code == 0


def test_same_file_as_in_requests() -> None:
    """The collection of the demo is requests/graph.yaml, byte for byte."""
    assert (ROOT / "runner/demo/graph.yaml").read_bytes() == (ROOT / "requests/graph.yaml").read_bytes()


@pytest.mark.parametrize("words", [["demo"], ["demo", "--serve"]], ids=" ".join)
def test_port_is_taken(command: Any, words: list[str]) -> None:
    """A port that cannot be had is a usage error that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command(*words, "--port", port)
    assert (done.code, done.out) == (2, ""), done.said
    assert f"127.0.0.1:{port}" in done.err
    assert "Traceback" not in done.err
    assert "internal" not in done.err


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_no_port(command: Any, port: str) -> None:
    """What is no port is a usage error."""
    assert command("demo", "--port", port).code == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_serve(number: int, tmp_path: Path) -> None:
    """--serve says where and what to run, serves until Ctrl-C or SIGTERM, and ends in peace."""
    words = [sys.executable, "-u", "-m", "runner", "demo", "--serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    process = subprocess.Popen(words, cwd=tmp_path, env=environment, **pipes)
    signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    first, second = process.stdout.readline(), process.stdout.readline()
    url = first.split()[2].rstrip(";")
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()
    assert f"-v login={url}" in second
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
