"""The server that the requests go to: nginx on a free loopback port, or a stand-in that says what it is."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ANSWER = '{"id": 7, "name": "Ada", "tags": ["a", "b"], "owner": {"mail": "ada@contoso.com"}}'

NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{answer}'; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the requests go, and what stands there."""

    url: str
    name: str


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when the port takes connections; raises RuntimeError after ten seconds."""
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server on port {port} did not start")


@contextmanager
def running(words: list[str], port: int) -> Iterator[None]:
    """Runs a server for as long as the block lasts."""
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait()


def nginx_binary() -> str | None:
    """nginx's path, if it is installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def nginx_version(binary: str) -> str:
    """`nginx 1.22.1`."""
    said = subprocess.run([binary, "-v"], capture_output=True, text=True, check=False).stderr
    return "nginx " + said.partition("nginx/")[2].split()[0]


@contextmanager
def target(folder: Path) -> Iterator[Target]:
    """The server of the measurements, answering every path with one small JSON document."""
    port, binary = free_port(), nginx_binary()
    if binary is None:
        with running([sys.executable, str(Path(__file__).with_name("slow_server.py")), str(port), "0"], port):
            yield Target(f"http://127.0.0.1:{port}", "a stand-in in Python (nginx is not installed)")
        return
    settings = folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, port=port, answer=ANSWER), "utf-8")
    with running([binary, "-p", str(folder), "-c", str(settings), "-e", "stderr"], port):
        yield Target(f"http://127.0.0.1:{port}", nginx_version(binary))


@contextmanager
def bulk() -> Iterator[Target]:
    """A server of large bodies."""
    port = free_port()
    with running([sys.executable, str(Path(__file__).with_name("bulk_server.py")), str(port)], port):
        yield Target(f"http://127.0.0.1:{port}", "http.server")


@contextmanager
def slow(delay_ms: int) -> Iterator[Target]:
    """A server that takes `delay_ms` for each answer, however many it is asked at once."""
    port = free_port()
    script = Path(__file__).with_name("slow_server.py")
    with running([sys.executable, str(script), str(port), str(delay_ms)], port):
        yield Target(f"http://127.0.0.1:{port}", f"asyncio, {delay_ms} ms an answer")
