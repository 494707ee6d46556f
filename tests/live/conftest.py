"""Real servers on free loopback ports, started once a session and stopped at its end.

`tests/live/servers/install.sh` (or `make servers`) installs them. Where one is missing its tests are skipped
and say so; with CI=true they fail, so that nobody takes a CI run without servers for a green one.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import NameOID

HERE = Path(__file__).parent
SERVERS = HERE / "servers"
COLLECTIONS = HERE / "collections"
START_WITHIN = 60.0
STOP_WITHIN = 5.0

OIDC_LIFE = 4


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has a cache folder of its own, and no browser but the one that it names."""
    monkeypatch.setenv("RUNNER_CACHE_DIR", str(tmp_path / "cache-of-tokens"))
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


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


@pytest.fixture(name="free_port")
def some_free_port() -> int:
    """A port at which nobody answers."""
    return free_port()


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
def newman() -> Path:
    """The folder of modules in which Newman is installed."""
    found = installed() / "newman" / "node_modules"
    if not (found / "newman").is_dir() or shutil.which("node") is None:
        missing("newman")
    return found


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


@pytest.fixture(scope="session")
def library(folder: Callable[[str], Path]) -> Iterator[Server]:
    """A GraphQL server by ariadne."""
    gunicorn = (
        program("gunicorn", installed() / "graphql/bin") if (installed() / "graphql").is_dir() else missing("ariadne")
    )
    port, place = free_port(), folder("library")
    shutil.copy(SERVERS / "library.py", place)
    yield from serve("library", [gunicorn, "library:app", "--bind", f"127.0.0.1:{port}"], port, place)


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


@dataclass(frozen=True, slots=True)
class PocketBase(Server):
    """PocketBase with one superuser."""

    identity: str = "ada@example.com"
    password: str = "lovelace & sons + 1815"


@pytest.fixture(scope="session")
def pocketbase(folder: Callable[[str], Path]) -> Iterator[PocketBase]:
    """PocketBase: a login call of its own that gives a JWT."""
    command = program("pocketbase", installed() / "python/bin")
    port, place = free_port(), folder("pocketbase")
    known = PocketBase(f"http://127.0.0.1:{port}")
    data = ["--dir", str(place / "data")]
    person = [known.identity, known.password]
    subprocess.run([command, "superuser", "upsert", *person, *data], check=True, capture_output=True)
    words = [command, "serve", "--http", f"127.0.0.1:{port}", *data]
    for _ in serve("pocketbase", words, port, place, "/api/health"):
        yield known


@dataclass(frozen=True, slots=True)
class Oidc(Server):
    """oidc-provider; the private keys of its clients that sign lie in `place`, as NAME.pem and NAME.json."""

    place: Path
    life: int = OIDC_LIFE


@pytest.fixture(scope="session")
def oidc_process(folder: Callable[[str], Path]) -> Iterator[Oidc]:
    port, place = free_port(), folder("oidc")
    command = node_server("oidc.mjs", "oidc-provider", place, port, OIDC_LIFE)
    for server in serve("oidc", command, port, place, "/seen"):
        yield Oidc(server.url, place)


@pytest.fixture
def oidc(oidc_process: Oidc) -> Oidc:
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


@pytest.fixture(scope="session")
def faulty_process(folder: Callable[[str], Path]) -> Iterator[Server]:
    port, place = free_port(), folder("faulty")
    yield from serve("faulty", [sys.executable, str(SERVERS / "faulty.py"), str(port)], port, place, "/seen")


@pytest.fixture
def faulty(faulty_process: Server) -> Server:
    """Token endpoints that follow the RFCs' examples, and such that fail; they remember nothing yet."""
    faulty_process.get("/seen", method="DELETE")
    return faulty_process


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
  client_max_body_size 20m;
  client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
  uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type text/plain; return 200 "$request_method $request_uri $http_host"; }}
    location /big {{ root {place}; }}
    location /put {{ root {place}; dav_methods PUT; create_full_put_path on; client_max_body_size 400m; }}
    location /small {{ root {place}; dav_methods PUT; create_full_put_path on; client_max_body_size 1m; }}
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
    location /put {{ root {place}; dav_methods PUT; create_full_put_path on; client_max_body_size 400m; }}
    location /to-plain {{ return 302 http://127.0.0.1:{port}/leaks; }}
  }}
  server {{
    listen 127.0.0.1:{mutual_port} ssl;
    ssl_certificate {place}/server.crt;
    ssl_certificate_key {place}/server.key;
    ssl_client_certificate {place}/ca.crt;
    ssl_verify_client on;
    location / {{ default_type text/plain; return 200 "$ssl_client_verify $ssl_client_s_dn"; }}
  }}
  server {{
    listen 127.0.0.1:{h2_port} ssl http2;
    ssl_certificate {place}/good.crt;
    ssl_certificate_key {place}/good.key;
    http2_max_concurrent_streams 4;
    keepalive_requests 50;
    location / {{ default_type text/plain; return 200 "$server_protocol $request_method $request_uri $http_host"; }}
    location /big {{ root {place}; }}
    location /upload {{ proxy_pass http://127.0.0.1:{port}/; }}
    location /slow {{ root {place}; rewrite .* /big/file.bin break; limit_rate 10k; }}
  }}
  {bad_servers}
}}
"""

NGINX_BAD_SERVER = """\
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {place}/{name}.crt;
    ssl_certificate_key {place}/{name}.key;
    location / {{ default_type text/plain; return 200 ""; }}
  }}
"""


@dataclass(frozen=True, slots=True)
class Nginx(Server):
    """nginx, which answers the request line as it came over the wire, and its TLS side.

    `h2_url` speaks HTTP/2 with a certificate of the authority ca.crt; `bad_urls` are servers with one that `old`, or
    for `other` hosts. `mutual_url` demands a certificate of our own authority and answers what it made of it. In `place` lie
    client.crt, client.key, locked.key (encrypted with `password`) and both.pem; stranger.crt and stranger.key are
    of no authority.
    """

    tls_url: str
    certificate: Path
    mutual_url: str
    h2_url: str
    bad_urls: Mapping[str, str]
    place: Path
    password: str = "open & sesame + 1001"


EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def openssl(*words: str, cwd: Path) -> None:
    subprocess.run([program("openssl"), *words], check=True, capture_output=True, cwd=cwd)


def self_signed(place: Path, name: str, subject: str, *extensions: str) -> None:
    """`name`.key and `name`.crt, a certificate that no other authority has signed."""
    added = [word for extension in extensions for word in ("-addext", extension)]
    files = ["-keyout", f"{name}.key", "-out", f"{name}.crt"]
    openssl("req", "-x509", *EC_KEY, "-days", "2", "-subj", subject, *added, *files, cwd=place)


def client_certificates(place: Path, password: str) -> None:
    """An authority, a client's certificate that it signed, its key in other guises, and a stranger."""
    self_signed(place, "ca", "/CN=Authority of the tests")
    self_signed(place, "stranger", "/CN=Stranger")
    openssl("req", "-new", *EC_KEY, "-subj", "/CN=Ada/O=Live", "-keyout", "client.key", "-out", "client.csr", cwd=place)
    signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", "2", "-days", "2"]
    openssl("x509", "-req", "-in", "client.csr", *signing, "-out", "client.crt", cwd=place)
    locking = ["-topk8", "-v2", "aes-256-cbc", "-passout", f"pass:{password}"]
    openssl("pkcs8", *locking, "-in", "client.key", "-out", "locked.key", cwd=place)
    both = [(place / name).read_text("ascii") for name in ("client.crt", "client.key")]
    (place / "both.pem").write_text("".join(both), "ascii")


def server_certificate(place: Path, name: str, alternative: x509.GeneralName, end: timedelta) -> None:
    """`name`.key and `name`.crt of a server, signed by ca.crt; `end` is from now on."""
    key, authority = ec.generate_private_key(ec.SECP256R1()), (place / "ca.key").read_bytes()
    issuer = x509.load_pem_x509_certificate((place / "ca.crt").read_bytes())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Live")]
    )
    builder = x509.CertificateBuilder(issuer.subject, subject, key.public_key(), x509.random_serial_number())
    now = datetime.now(UTC)
    dated = builder.not_valid_before(now - timedelta(days=9)).not_valid_after(now + end)
    named = dated.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
    signed = named.sign(load_pem_private_key(authority, None), hashes.SHA256())  # type: ignore[arg-type]
    (place / f"{name}.crt").write_bytes(signed.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (place / f"{name}.key").write_bytes(pem)


@pytest.fixture(scope="session")
def nginx(folder: Callable[[str], Path]) -> Iterator[Nginx]:
    """nginx: the raw request line, big files, TLS with good and bad certificates, client certificates, HTTP/2."""
    command = program("nginx")
    port, tls_port, mutual_port, h2_port, place = *(free_port() for _ in range(4)), folder("nginx")
    bad_ports = {"old": free_port(), "other": free_port()}
    known = Nginx(
        f"http://127.0.0.1:{port}",
        tls_url=f"https://127.0.0.1:{tls_port}",
        certificate=place / "server.crt",
        mutual_url=f"https://127.0.0.1:{mutual_port}",
        h2_url=f"https://127.0.0.1:{h2_port}",
        bad_urls={name: f"https://127.0.0.1:{bad_port}" for name, bad_port in bad_ports.items()},
        place=place,
    )
    self_signed(place, "server", "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1")
    client_certificates(place, known.password)
    loopback = x509.IPAddress(ip_address("127.0.0.1"))
    server_certificate(place, "good", loopback, timedelta(days=30, hours=1))
    server_certificate(place, "old", loopback, timedelta(days=-1))
    server_certificate(place, "other", x509.DNSName("elsewhere.example"), timedelta(days=2))
    (place / "big").mkdir()
    (place / "big/file.bin").write_bytes(b"0123456789abcdef" * 65536 * 12)
    bad = [NGINX_BAD_SERVER.format(place=place, name=name, port=number) for name, number in bad_ports.items()]
    ports = {"port": port, "tls_port": tls_port, "mutual_port": mutual_port, "h2_port": h2_port}
    settings = NGINX_SETTINGS.format(place=place, bad_servers="".join(bad), **ports)
    (place / "nginx.conf").write_text(settings, "utf-8")
    words = [command, "-p", str(place), "-c", str(place / "nginx.conf"), "-e", "stderr"]
    for _ in serve("nginx", words, port, place):
        yield known


# ---------------------------------------------------------------- proxies


@dataclass(frozen=True, slots=True)
class HttpProxy(Server):
    """tinyproxy; with `login` it wants one. `log` names every host that it was asked for."""

    log: Path
    login: str = ""

    @property
    def url_with_login(self) -> str:
        return self.url.replace("://", f"://{self.login}@")

    def saw(self) -> str:
        return self.log.read_text("utf-8", "replace")


def http_proxy(place: Path, login: str = "") -> Iterator[HttpProxy]:
    command = program("tinyproxy")
    port = free_port()
    lines = [f"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", "LogLevel Connect"]
    lines += [f"BasicAuth {login.replace(':', ' ')}"] if login else []
    (place / "tinyproxy.conf").write_text("\n".join(lines) + "\n", "utf-8")
    for server in serve("tinyproxy", [command, "-d", "-c", "tinyproxy.conf"], port, place):
        yield HttpProxy(server.url, place / "tinyproxy.log", login)


@pytest.fixture(scope="session")
def proxy(folder: Callable[[str], Path]) -> Iterator[HttpProxy]:
    """An HTTP proxy for everybody."""
    yield from http_proxy(folder("proxy"))


@pytest.fixture(scope="session")
def guarded_proxy(folder: Callable[[str], Path]) -> Iterator[HttpProxy]:
    """An HTTP proxy that wants user name and password."""
    yield from http_proxy(folder("guarded-proxy"), "ada:pr0xy-pass-word")


@pytest.fixture(scope="session")
def socks_proxy(folder: Callable[[str], Path]) -> Iterator[str]:
    """A SOCKS5 proxy that wants user name and password: its address with them."""
    command = program("microsocks")
    port, login = free_port(), ("ada", "s0cks-pass-word")
    words = [command, "-i", "127.0.0.1", "-p", str(port), "-u", login[0], "-P", login[1]]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until_open(process, lambda: socket.create_connection(("127.0.0.1", port), timeout=5))
        yield f"{login[0]}:{login[1]}@127.0.0.1:{port}"
    finally:
        stop(process)


def wait_until_open(process: subprocess.Popen[bytes], connect: Callable[[], socket.socket]) -> None:
    """Returns as soon as a connection comes about."""
    give_up = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < give_up:
        try:
            connect().close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    stop(process)
    pytest.fail(f"{process.args!r} did not open its socket", pytrace=False)


@pytest.fixture(scope="session")
def unix_httpbin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """httpbin on a socket of this machine: its path."""
    gunicorn = program("gunicorn", installed() / "python/bin")
    path = tmp_path_factory.mktemp("unix") / "httpbin.sock"
    words = [gunicorn, "httpbin:app", "--bind", f"unix:{path}", "--worker-class", "gthread", "--threads", "4"]

    def connect() -> socket.socket:
        found = socket.socket(socket.AF_UNIX)
        try:
            found.connect(str(path))
        except OSError:
            found.close()
            raise
        return found

    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until_open(process, connect)
        yield path
    finally:
        stop(process)


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

    def text(
        self, text: str, /, *words: str, env: Mapping[str, str] | None = None, expect: int = 0, **variables: object
    ) -> str:
        """Runs a collection that the test holds itself."""
        (self.place / "inline.yaml").write_text(text, "utf-8")
        return self.file("inline.yaml", *words, cwd=self.place, env=env, expect=expect, **variables)

    def started(self, text: str, /, *words: str, **variables: object) -> Running:
        """Begins such a run and leaves it to the test to read what it says, and to end it with `finish`."""
        (self.place / "inline.yaml").write_text(text, "utf-8")
        flags = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        process = subprocess.Popen(
            [sys.executable, "-m", "runner", "run", "inline.yaml", *flags, *words],
            cwd=self.place,
            env=os.environ | {"CI": "", "PYTHONPATH": str(HERE.parents[1]), "NO_COLOR": "1", "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        return Running(process)


class Running:
    """A run that is under way."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.err = ""
        self._limit = threading.Timer(START_WITHIN, process.kill)
        self._limit.start()

    def wait_for(self, pattern: str) -> str:
        """The first group of the first line on standard error, from here on, that matches `pattern` as a whole."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.err += line
            if found := re.fullmatch(pattern, line.strip()):
                return found[1]
        raise AssertionError(f"no line on standard error is {pattern!r}\n{self.finish(expect=None)}")

    def finish(self, expect: int | None = 0) -> str:
        """All that was said, when it has ended by itself."""
        out, err = self.process.communicate()
        self._limit.cancel()
        said = f"{out}{self.err}{err}"
        assert expect in (None, self.process.returncode), (
            f"expected exit code {expect}\n{self.process.returncode}\n{said}"
        )
        assert "Traceback (most recent call last)" not in said
        return said


@pytest.fixture
def live(command: Callable[..., Any], tmp_path: Path) -> Live:
    """`live.text("requests: …", expect=1, base=server.url)`."""
    return Live(command, tmp_path)


# ---------------------------------------------------------------- the person before the screen


@dataclass(frozen=True, slots=True)
class Person:
    """Logs in and consents, with servers/browser.py."""

    place: Path

    @property
    def note(self) -> Path:
        return self.place / "journey.json"

    def words(self, *words: str) -> list[str]:
        return [sys.executable, str(SERVERS / "browser.py"), "--note", str(self.note), *words]

    def command(self, *words: str, behind: bool = True) -> str:
        """The value of $BROWSER; with `behind` it does not keep its caller waiting."""
        return f"{shlex.join(self.words(*words))} %s{' &' if behind else ''}"

    def visits(self, url: str, *words: str) -> None:
        """Opens `url` and answers all that is asked."""
        subprocess.run([*self.words(*words), url], check=True, timeout=START_WITHIN)

    def journey(self) -> dict[str, Any]:
        """Which URLs were seen, and the last page's text."""
        return dict(json.loads(self.note.read_text("utf-8")))


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with a browser."""
    return Person(tmp_path)
