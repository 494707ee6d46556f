"""Real servers on free loopback ports, started once a session and stopped at its end.

`tests/live/servers/install.sh` (or `make servers`) installs them. Where one is missing its tests are skipped
and say so; with CI=true they fail, so that nobody takes a CI run without servers for a green one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError

import pytest

HERE = Path(__file__).parent
SERVERS = HERE / "servers"
COLLECTIONS = HERE / "collections"
START_WITHIN = 60.0
STOP_WITHIN = 5.0

OIDC_LIFE = 4


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder carries the mark `live`."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.live)


# ---------------------------------------------------------------- where things are installed


def installed() -> Path:
    """The folder that servers/install.sh fills."""
    if named := os.environ.get("RUNNER_LIVE_DIR"):
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "request-runner-live"


def missing(what: str) -> NoReturn:
    """Skips the test that asked for `what`, or fails it in CI."""
    reason = f"{what} is not installed: `make servers` installs the servers of the live tests"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def program(name: str, *places: Path) -> str:
    """The path of a program, looked up in `places` first and then on PATH."""
    for place in (*places, *(Path(folder) for folder in os.get_exec_path()), Path("/usr/sbin")):
        if os.access(place / name, os.X_OK):
            return str(place / name)
    missing(name)


# ---------------------------------------------------------------- starting and stopping


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """True when something speaks HTTP at `url`, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except HTTPError as said:
        said.close()
    except (URLError, OSError):
        return False
    return True


def log_end(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])


def wait_until_ready(name: str, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Returns as soon as `url` answers; fails with the end of the log when that takes too long."""
    give_up = time.monotonic() + START_WITHIN
    while not answers(url):
        if process.poll() is not None:
            fault = f"{name} ended with code {process.returncode} while starting"
            pytest.fail(f"{fault}:\n{log_end(log)}", pytrace=False)
        if time.monotonic() > give_up:
            stop(process)
            pytest.fail(f"{name} did not answer within {START_WITHIN:g} s:\n{log_end(log)}", pytrace=False)
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a server and all that it started."""
    for way in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, way)
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                continue


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is up."""

    url: str

    def get(self, path: str, method: str = "GET") -> Any:
        """The JSON that the server answers, asked past the runner."""
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def serve(name: str, command: Sequence[str], port: int, folder: Path, ready: str = "/") -> Iterator[Server]:
    """Runs a server in `folder` for as long as the generator lives."""
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_ready(name, process, f"http://127.0.0.1:{port}{ready}", log)
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        stop(process)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`folder("kinto")`: a new folder for a server's files."""
    return lambda name: tmp_path_factory.mktemp(name)


# ---------------------------------------------------------------- the servers


@pytest.fixture(scope="session")
def httpbin(folder: Callable[[str], Path]) -> Iterator[Server]:
    """httpbin: every HTTP manner."""
    gunicorn = program("gunicorn", installed() / "python/bin")
    port = free_port()
    words = ["httpbin:app", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "16"]
    yield from serve("httpbin", [gunicorn, *words], port, folder("httpbin"), "/status/200")


KINTO_SETTINGS = """\
[app:main]
use = egg:kinto
kinto.includes = kinto.plugins.accounts
kinto.storage_backend = kinto.core.storage.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.userid_hmac_secret = only-for-tests
kinto.account_create_principals = system.Everyone
kinto.bucket_create_principals = system.Authenticated
kinto.paginate_by = 5
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy

[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
"""


@pytest.fixture(scope="session")
def kinto(folder: Callable[[str], Path]) -> Iterator[Server]:
    """Kinto: a REST API with accounts, ETags, paging and batches, all in memory."""
    command = program("kinto", installed() / "python/bin")
    port, place = free_port(), folder("kinto")
    (place / "kinto.ini").write_text(KINTO_SETTINGS.format(port=port), "utf-8")
    yield from serve("kinto", [command, "start", "--ini", "kinto.ini"], port, place, "/v1/__heartbeat__")


def node_server(script: str, package: str, place: Path, *words: object) -> list[str]:
    """The command of a script in servers/, copied beside the npm packages it imports."""
    packages = installed() / "node/node_modules"
    if not (packages / package).is_dir():
        missing(package)
    shutil.copy(SERVERS / script, place)
    (place / "node_modules").symlink_to(packages)
    return [program("node"), script, *map(str, words)]


@pytest.fixture(scope="session")
def oidc_process(folder: Callable[[str], Path]) -> Iterator[Server]:
    port, place = free_port(), folder("oidc")
    command = node_server("oidc.mjs", "oidc-provider", place, port, OIDC_LIFE)
    yield from serve("oidc", command, port, place, "/seen")


@pytest.fixture
def oidc(oidc_process: Server) -> Server:
    """oidc-provider with tokens of four seconds, and an API that verifies them; it remembers nothing yet."""
    oidc_process.get("/seen", method="DELETE")
    return oidc_process


@dataclass(frozen=True, slots=True)
class Entra(Server):
    """A token endpoint for one tenant that takes one secret."""

    tenant: str = "contoso.onmicrosoft.com"
    secret: str = "kN8~right-secret/value+1="


@pytest.fixture(scope="session")
def entra(folder: Callable[[str], Path]) -> Iterator[Entra]:
    """The token endpoint of Entra ID v2.0; any secret but its own is AADSTS7000215."""
    port, place = free_port(), folder("entra")
    known = Entra(f"http://127.0.0.1:{port}")
    command = node_server("entra.mjs", "oauth2-mock-server", place, port, known.tenant, known.secret)
    for _ in serve("entra", command, port, place, "/discovery/v2.0/keys"):
        yield known


@pytest.fixture
def graph(folder: Callable[[str], Path]) -> Iterator[Server]:
    """A Graph-shaped API that takes any bearer token; new for each test, so that it knows what arrived."""
    port, place = free_port(), folder("graph")
    yield from serve("graph", [sys.executable, str(SERVERS / "graph.py"), str(port)], port, place, "/seen")


NGINX_SETTINGS = """\
daemon off;
master_process off;
pid {place}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
  uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type text/plain; return 200 "$request_method $request_uri $http_host"; }}
    location /big {{ root {place}; }}
    location /to-tls {{ return 302 https://127.0.0.1:{tls_port}/leaks; }}
    location /leaks {{
      default_type text/plain;
      return 200 "authorization=$http_authorization key=$http_x_api_key";
    }}
  }}
  server {{
    listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {place}/server.crt;
    ssl_certificate_key {place}/server.key;
    location / {{ default_type text/plain; return 200 "$scheme $request_uri"; }}
    location /leaks {{
      default_type text/plain;
      return 200 "authorization=$http_authorization key=$http_x_api_key";
    }}
    location /to-plain {{ return 302 http://127.0.0.1:{port}/leaks; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx(Server):
    """nginx, which answers the request line as it came over the wire, and its TLS side."""

    tls_url: str
    certificate: Path


def self_signed(place: Path) -> None:
    """A key and a certificate for 127.0.0.1 that no authority has signed."""
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    words = ["req", "-x509", *kind, "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(place / "server.key"), "-out", str(place / "server.crt")]
    subprocess.run([program("openssl"), *words, *names, *files], check=True, capture_output=True)


@pytest.fixture(scope="session")
def nginx(folder: Callable[[str], Path]) -> Iterator[Nginx]:
    """nginx: the raw request line, big files, TLS with a certificate of its own."""
    command = program("nginx")
    port, tls_port, place = free_port(), free_port(), folder("nginx")
    self_signed(place)
    (place / "big").mkdir()
    (place / "big/file.bin").write_bytes(b"0123456789abcdef" * 65536 * 12)
    settings = NGINX_SETTINGS.format(place=place, port=port, tls_port=tls_port)
    (place / "nginx.conf").write_text(settings, "utf-8")
    words = [command, "-p", str(place), "-c", str(place / "nginx.conf"), "-e", "stderr"]
    for server in serve("nginx", words, port, place):
        yield Nginx(server.url, f"https://127.0.0.1:{tls_port}", place / "server.crt")


# ---------------------------------------------------------------- running collections


@dataclass(frozen=True, slots=True)
class Live:
    """Runs collections with the real command, in a folder of its own.

    Each call gives what was printed; an exit code other than the expected one fails with all of that.
    """

    command: Callable[..., Any]
    place: Path

    def file(
        self,
        path: Path | str,
        /,
        *words: str,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        expect: int = 0,
        **variables: object,
    ) -> str:
        """Runs the file `path` in the folder `cwd`."""
        flags = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        done = self.command("run", path, *flags, *words, cwd=cwd, env=env)
        assert done.code == expect, f"expected exit code {expect}\n{done.said}"
        assert "Traceback (most recent call last)" not in done.said
        return str(done.out + done.err)

    def collection(self, name: str, /, *words: str, expect: int = 0, **variables: object) -> str:
        """Runs a file of tests/live/collections."""
        shutil.copy(COLLECTIONS / name, self.place)
        return self.file(name, *words, cwd=self.place, expect=expect, **variables)

    def text(self, text: str, /, *words: str, expect: int = 0, **variables: object) -> str:
        """Runs a collection that the test holds itself."""
        (self.place / "inline.yaml").write_text(text, "utf-8")
        return self.file("inline.yaml", *words, cwd=self.place, expect=expect, **variables)


@pytest.fixture
def live(command: Callable[..., Any], tmp_path: Path) -> Live:
    """`live.text("requests: …", expect=1, base=server.url)`."""
    return Live(command, tmp_path)
