"""Client certificates, against a TLS server on 127.0.0.1 that demands one; all of them are made for the session."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from runner.engine.exchange import ClientCertificate, Connection, Exchange, Request
from runner.errors import TransportError
from runner.runtime.transport import HttpTransport, routes

PASSWORD = "S-key password/ü"
_DAY = datetime.timedelta(days=1)
_NOW = datetime.datetime.now(datetime.UTC)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(common: str, key: Key, issuer: str, signer: Key, *, authority: bool = False) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW - _DAY)
        .not_valid_after(_NOW + _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if authority:  # Python 3.13 asks for it (VERIFY_X509_STRICT)
        signs = dict.fromkeys(("key_cert_sign", "crl_sign"), True)
        rest = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        usage = x509.KeyUsage(**signs, **dict.fromkeys((*rest, "encipher_only", "decipher_only"), False))
        builder = builder.add_extension(usage, critical=True)
    else:
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)


def _pem(key: Key, password: str = "", form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    locked = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, locked)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of certificates and keys: `ada` and `bob` of our authority, `eve` of another one, the server's."""
    folder = tmp_path_factory.mktemp("certificates")
    keys: dict[str, Key] = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "other", "ada", "eve")}
    keys["bob"] = rsa.generate_private_key(65537, 2048)
    keys["server"] = ec.generate_private_key(ec.SECP256R1())
    signers = {"ca": "ca", "other": "other", "eve": "other"}
    for name, key in keys.items():
        signer = signers.get(name, "ca")
        pem = _certificate(name, key, signer, keys[signer], authority=name == signer)
        (folder / f"{name}.crt").write_bytes(pem)
        (folder / f"{name}.key").write_bytes(_pem(key))
        (folder / f"{name}.both").write_bytes(pem + _pem(key))
        (folder / f"{name}.turned").write_bytes(_pem(key) + pem)
        (folder / f"{name}.locked").write_bytes(_pem(key, PASSWORD))
        (folder / f"{name}.old").write_bytes(_pem(key, PASSWORD, PrivateFormat.TraditionalOpenSSL))
        (folder / f"{name}.lockedboth").write_bytes(pem + _pem(key, PASSWORD))
    (folder / "folder").mkdir()
    (folder / "ada.der").write_bytes(
        x509.load_pem_x509_certificate((folder / "ada.crt").read_bytes()).public_bytes(Encoding.DER)
    )
    (folder / "text").write_text("no PEM at all: S-inside\n")
    (folder / "empty").write_text("")
    broken = "-----BEGIN CERTIFICATE-----\nS-inside\n-----END CERTIFICATE-----\n"
    (folder / "broken").write_text(broken)
    (folder / "broken-key").write_text(broken.replace("CERTIFICATE", "PRIVATE KEY"))
    return folder


class Server:
    """A TLS server; `seen` are the names in the certificates that clients showed, in order of requests."""

    def __init__(self, place: Path, mode: ssl.VerifyMode, answers: dict[bytes, bytes], *, tls12: bool = False) -> None:
        self.seen: list[str | None] = []
        self.answers = answers
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(place / "server.crt", place / "server.key")
        self._context.load_verify_locations(place / "ca.crt")
        self._context.verify_mode = mode
        if tls12:
            self._context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(plain)
            self._threads.append(threading.Thread(target=self._serve, args=(plain,)))
            self._threads[-1].start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError), plain, self._context.wrap_socket(plain, server_side=True) as secured:
            self._open.append(secured)
            rest = b""
            while True:
                while b"\r\n\r\n" not in rest:
                    data = secured.recv(65_536)
                    if not data:
                        return
                    rest += data
                head, _, rest = rest.partition(b"\r\n\r\n")
                shown = secured.getpeercert() or {}
                names = dict(pair for group in shown.get("subject", ()) for pair in group)
                self.seen.append(names.get("commonName"))
                target = head.split()[1]
                secured.sendall(self.answers.get(target, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))

    def stop(self) -> None:
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


Serve = Callable[..., Server]


@pytest.fixture
def serve(place: Path) -> Iterator[Serve]:
    """`serve(mode, answers)`: a server that demands a certificate, unless the mode says otherwise."""
    servers: list[Server] = []

    def start(
        mode: ssl.VerifyMode = ssl.CERT_REQUIRED, answers: dict[bytes, bytes] | None = None, *, tls12: bool = False
    ) -> Server:
        servers.append(Server(place, mode, answers or {}, tls12=tls12))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpTransport]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    made = HttpTransport()
    yield made
    made.close()


def way(place: Path, cert: str = "", key: str = "", password: str = "", proxy: str | None = "") -> Connection:
    shown = ClientCertificate(str(place / cert), str(place / key) if key else "", password) if cert else None
    return Connection(verify=str(place / "ca.crt"), proxy=proxy, certificate=shown)


def get(transport: HttpTransport, url: str, connection: Connection) -> Exchange:
    return transport.send(Request("GET", url, connection=connection, timeout=30.0), None)


def fault(transport: HttpTransport, url: str, connection: Connection) -> TransportError:
    with pytest.raises(TransportError) as caught:
        get(transport, url, connection)
    return caught.value


# --- what is shown -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls12", [False, True], ids=["TLS 1.3", "TLS 1.2"])
@pytest.mark.parametrize(
    ("name", "cert", "key", "password"),
    [
        ("ada", "ada.crt", "ada.key", ""),
        ("bob", "bob.crt", "bob.key", ""),
        ("ada", "ada.both", "", ""),
        ("ada", "ada.turned", "", ""),
        ("ada", "ada.both", "ada.key", ""),
        ("ada", "ada.crt", "ada.locked", PASSWORD),
        ("bob", "bob.crt", "bob.old", PASSWORD),
        ("ada", "ada.lockedboth", "", PASSWORD),
        ("ada", "ada.crt", "ada.key", "a password that the key does not need"),
    ],
)
def test_the_certificate_is_shown(
    transport: HttpTransport, serve: Serve, place: Path, name: str, cert: str, key: str, password: str, tls12: bool
) -> None:
    """The server sees whose certificate it is, with the key in a file of its own or in the same, locked or not."""
    server = serve(tls12=tls12)
    assert get(transport, server.url, way(place, cert, key, password)).response.content == b"ok"
    assert server.seen == [name]


@pytest.mark.parametrize("tls12", [False, True], ids=["TLS 1.3", "TLS 1.2"])
def test_none_is_shown(transport: HttpTransport, serve: Serve, place: Path, tls12: bool) -> None:
    """Without one, a server that demands it is named as such each time, with the flags that give one."""
    server = serve(tls12=tls12)
    for _ in range(10):
        error = fault(transport, server.url, way(place))
        assert (error.kind, "--cert" in error.hint) == ("tls", True), error
        assert str(server.port) in error.message
    assert server.seen == []


@pytest.mark.parametrize("tls12", [False, True], ids=["TLS 1.3", "TLS 1.2"])
def test_the_certificate_of_a_stranger(transport: HttpTransport, serve: Serve, place: Path, tls12: bool) -> None:
    """A certificate that the server does not trust is a fault of TLS, not of the network."""
    server = serve(tls12=tls12)
    for _ in range(10):
        assert fault(transport, server.url, way(place, "eve.crt", "eve.key")).kind == "tls"
    assert server.seen == []


def test_a_server_that_does_not_ask(transport: HttpTransport, serve: Serve, place: Path) -> None:
    """A server that asks for none gets none; one that would take it gets it."""
    for mode, seen in ((ssl.CERT_NONE, None), (ssl.CERT_OPTIONAL, "ada")):
        server = serve(mode)
        assert get(transport, server.url, way(place, "ada.crt", "ada.key")).response.status == 200
        assert server.seen == [seen]


# --- what cannot be shown ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cert", "key", "password", "words"),
    [
        ("ada.crt", "ada.locked", "", "encrypted"),
        ("ada.crt", "ada.old", "", "encrypted"),
        ("ada.lockedboth", "", "", "encrypted"),
        ("ada.crt", "ada.locked", "S-wrong-password", "password of its key is wrong"),
        ("bob.crt", "bob.old", "S-wrong-password", "password of its key is wrong"),
        ("ada.lockedboth", "", "S-wrong-password", "password of its key is wrong"),
        ("ada.crt", "ada.locked", "S-wrong" * 300, "password of its key is longer than 1024 bytes"),
        ("ada.crt", "ada.locked", "S-wrong \ud800", "password of its key is wrong"),
        ("ada.crt", "eve.key", "", "the key is not that of the certificate"),
        ("ada.crt", "bob.key", "", "the key is not that of the certificate"),
        ("text", "", "", "no PEM certificate"),
        ("empty", "", "", "no PEM certificate"),
        ("ada.der", "ada.key", "", "no PEM certificate"),
        ("broken", "ada.key", "", "its certificate is damaged"),
        ("ada.crt", "broken-key", "", "its key is damaged"),
        ("ada.crt", "", "", "no private key"),
        ("ada.crt", "text", "", "no private key"),
        ("ada.key", "", "", "no PEM certificate"),
        ("nowhere.crt", "", "", "nowhere.crt': no such file"),
        ("ada.crt", "nowhere.key", "", "nowhere.key': no such file"),
        (".", "", "", "is a directory"),
    ],
)
def test_what_cannot_be_shown(
    transport: HttpTransport, serve: Serve, place: Path, cert: str, key: str, password: str, words: str
) -> None:
    """A certificate that cannot be used is a fault of TLS in plain words, before anything is sent, without secrets."""
    server = serve()
    error = fault(transport, server.url, way(place, cert, key, password))
    assert error.kind == "tls"
    assert words in error.message
    assert server.seen == []
    said = f"{error.message} {error.hint}"
    assert [secret for secret in ("S-wrong", "S-inside", "_ssl.c", "[SSL") if secret in said] == []


def test_every_wrong_password_has_the_same_words(transport: HttpTransport, place: Path) -> None:
    """Some wrong passwords give a key that looks right until it is read: those are wrong passwords too."""
    said = {
        fault(transport, "https://127.0.0.1:1/", way(place, "bob.crt", "bob.old", f"wrong {number}")).message
        for number in range(600)
    }
    assert len(said) == 1, said


@pytest.mark.parametrize(
    ("cert", "key"),
    [("ada.crt", "eve.key"), ("text", ""), ("ada.crt", "ada.locked"), ("ada.crt", "text"), ("ada.crt", "folder")],
)
def test_the_file_is_named(transport: HttpTransport, place: Path, cert: str, key: str) -> None:
    """A fault names the file that it is about."""
    error = fault(transport, "https://127.0.0.1:1/", way(place, cert, key))
    assert str(place / (key or cert)) in error.message


def test_plain_http_needs_none(transport: HttpTransport, place: Path) -> None:
    """Over plain http there is nobody to show it to: its files are not even read."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert fault(transport, f"http://127.0.0.1:{port}/", way(place, "nowhere.crt")).kind == "connect"


# --- who does not get to see it ------------------------------------------------------------------------------------


def moved(url: str) -> bytes:
    return f"HTTP/1.1 307 Moved\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode()


def test_another_origin_does_not_see_it(transport: HttpTransport, serve: Serve, place: Path) -> None:
    """A redirect to another origin is followed without the certificate; one that leads back shows it again."""
    ours, other = serve(), serve(ssl.CERT_OPTIONAL)
    ours.answers[b"/away"] = moved(f"{other.url}/there")
    ours.answers[b"/around"] = moved(f"{other.url}/back")
    ours.answers[b"/near"] = moved("/here")
    other.answers[b"/back"] = moved(f"{ours.url}/home")
    shown = way(place, "ada.crt", "ada.key")
    for path, url in (("/away", f"{other.url}/there"), ("/around", f"{ours.url}/home"), ("/near", f"{ours.url}/here")):
        assert get(transport, ours.url + path, shown).response.url == url
    assert other.seen == [None, None]
    assert ours.seen == ["ada"] * 5
    get(transport, other.url, shown)
    assert other.seen[-1] == "ada"


def test_a_redirect_to_who_demands_one(transport: HttpTransport, serve: Serve, place: Path) -> None:
    """Another origin that demands a certificate is a fault: ours is not for it."""
    ours, other = serve(), serve()
    ours.answers[b"/away"] = moved(f"{other.url}/there")
    error = fault(transport, f"{ours.url}/away", way(place, "ada.crt", "ada.key"))
    assert (error.kind, str(other.port) in error.message, other.seen) == ("tls", True, [])


def test_a_proxy_does_not_see_it(transport: HttpTransport, serve: Serve, place: Path) -> None:
    """A proxy that is reached over https, and would take a certificate, is not shown the one for the server."""
    proxy = serve(ssl.CERT_OPTIONAL, {b"127.0.0.1:1": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"})
    through = way(place, "ada.crt", "ada.key", proxy=proxy.url)
    assert fault(transport, "https://127.0.0.1:1/", through).kind == "proxy"
    assert get(transport, "http://127.0.0.1:1/", through).response.status == 200
    assert proxy.seen == [None, None]


# --- connections ---------------------------------------------------------------------------------------------------


def test_one_context_for_each_setting(
    transport: HttpTransport, serve: Serve, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests of equal settings share a TLS context; another certificate, or none, has its own, and its connections."""
    made: list[str] = []
    real = routes.tls_context

    def counted(verify: bool | str, certificate: ClientCertificate | None = None) -> ssl.SSLContext:
        made.append(Path(certificate.cert).name if certificate else "none")
        return real(verify, certificate)

    monkeypatch.setattr(routes, "tls_context", counted)
    one, two = serve(ssl.CERT_OPTIONAL), serve(ssl.CERT_OPTIONAL)
    settings = [way(place, "ada.crt", "ada.key"), way(place, "bob.both"), way(place)]
    for _ in range(3):
        for server in (one, two):
            for setting in settings:
                get(transport, server.url, setting)
    assert sorted(made) == ["ada.crt", "bob.both", "none"]
    assert one.seen == two.seen == ["ada", "bob", None] * 3
