"""Recipes of auth: what the pages show is what the files are, and each file talks to its provider as it should.

requests/auth/x.yaml ── byte for byte ── docs/auth/*.md
         │ run
         ▼
a small server in the shape of the provider, which notes what arrives: form, headers, signatures
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
import json
import re
import shlex
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from runner.demo import DemoServer
from runner.language.model import AUTH_KEYS

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requests" / "auth"
RECIPES = sorted(FOLDER.glob("*.yaml"))
PAGES = sorted((ROOT / "docs" / "auth").glob("*.md"))
REFERENCE = (ROOT / "docs" / "auth.md").read_text("utf-8")
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(_BLOCK.findall(page.read_text("utf-8")), 1)
]

TOKEN = "a-token-of-the-provider"
SECRET = "a-secret~of the/tests+%"
#: What no run may print: the credentials, and the claims of any JWT.
HIDDEN = (TOKEN, SECRET, "PRIVATE KEY", ".eyJ")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: Variables that recipes can do without: what the developer's own shell has must not count.
OPTIONAL = ("AWS_SESSION_TOKEN", "AZURE_CLIENT_ID", "DEMO_SECRET", "GOOGLE_SUBJECT", "KEYCLOAK_REALM")
#: A browser whose person has signed in before: it follows every redirect, and one that does nothing.
SIGNED_IN = shlex.join(
    [sys.executable, "-c", "import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()", "%s"]
)
IDLE = shlex.join([sys.executable, "-c", "pass", "%s"])

# ---------------------------------------------------------------- pages and files


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_good(command: Any, path: Path) -> None:
    """`runner check` finds neither a fault nor a literal credential in a recipe, whatever its environment."""
    names = re.findall(r"^  ([a-z-]+):", _section("environments", path.read_text("utf-8")), re.MULTILINE)
    for words in ([], *(["-e", name] for name in names)):
        done = command("check", path.relative_to(ROOT), *words)
        assert (done.code, done.err) == (0, ""), done.said


def _section(name: str, text: str) -> str:
    found = re.search(rf"^{name}:\n((?:  .*\n)*)", text, re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("block", BLOCKS)
def test_a_page_shows_its_file(block: str) -> None:
    """A YAML block of docs/auth is a recipe, byte for byte, or some lines of one."""
    files = [path.read_text("utf-8") for path in RECIPES]
    assert any(text == block or f"\n{block}" in text for text in files), block


def test_every_recipe_is_shown() -> None:
    """Each recipe stands in full on a page of docs/auth, and has its row in requests/README.md."""
    shown = {block for page in PAGES for block in _BLOCK.findall(page.read_text("utf-8"))}
    assert [path.name for path in RECIPES if path.read_text("utf-8") not in shown] == []
    rows = (ROOT / "requests" / "README.md").read_text("utf-8")
    assert [path.name for path in RECIPES if f"](auth/{path.name})" not in rows] == []


def test_a_recipe_says_how_to_run_it() -> None:
    """The head of each recipe names its page and its command."""
    for path in RECIPES:
        head = " ".join(re.findall(r"^#(.*)$", path.read_text("utf-8").split("\nname:")[0], re.MULTILINE))
        page = re.search(r"See +(docs/auth/[a-z0-9]+\.md)", head)
        assert page, path.name
        assert (ROOT / page[1]).is_file(), path.name
        assert f"runner run requests/auth/{path.name}" in head


def test_every_page_is_in_the_index() -> None:
    """docs/auth/README.md has a row for each page."""
    index = (ROOT / "docs" / "auth" / "README.md").read_text("utf-8")
    assert [
        page.name for page in PAGES if page.name != "README.md" and not re.search(rf"\]\({page.name}[#)]", index)
    ] == []


def test_links_lead_somewhere() -> None:
    """Every relative link of docs/auth names a file that is there."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("auth_type", AUTH_KEYS)
def test_the_reference_is_complete(auth_type: str) -> None:
    """docs/auth.md names every auth type; its table of one has every key with all its choices, and no other."""
    assert f"| `{auth_type}` |" in REFERENCE.partition("<!-- keys:")[0]
    found = re.search(rf"<!-- keys: {auth_type} -->\n(.*?)<!-- /keys -->", REFERENCE, re.DOTALL)
    rows = [line.split(" | ", 1) for line in found[1].strip().splitlines()[2:]] if found else []
    shown = {name: meaning for first, meaning in rows for name in re.findall(r"`(\w+)`", first)}
    assert list(shown) == list(AUTH_KEYS[auth_type])
    for name, row in AUTH_KEYS[auth_type].items():
        assert [choice for choice in row.choices if f"`{choice}`" not in shown[name]] == [], name


# ---------------------------------------------------------------- a provider


class Call(NamedTuple):
    """A request that arrived; `names` of headers are lower case, `client` is the name in its certificate."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    client: str

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields of its form, in order."""
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        """The fields of its form, none of which is repeated."""
        found = dict(self.pairs)
        assert len(found) == len(self.pairs)
        return found


class Reply(NamedTuple):
    """What a provider answers: JSON unless `body` is text."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = {}


Route = Callable[[Call], Reply]


class Provider(ThreadingHTTPServer):
    """Answers by `routes` ("POST /path"), and notes every call."""

    daemon_threads = True

    def __init__(self, routes: Mapping[str, Route], tls: ssl.SSLContext | None) -> None:
        self.routes = routes
        self.calls: list[Call] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_address[1]}"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def to(self, path: str) -> list[Call]:
        """The calls that came to a path."""
        return [call for call in self.calls if call.path == path]

    def one(self, path: str) -> Call:
        """The only call that came to a path."""
        (call,) = self.to(path)
        return call


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def answer(self) -> None:
        parts = urlsplit(self.path)
        certificate: Any = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        call = Call(
            self.command,
            parts.path,
            parse_qsl(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("content-length", 0))),
            certificate["subject"][0][0][1] if certificate else "",
        )
        self.server.calls.append(call)
        route = self.server.routes.get(f"{call.method} {call.path}")
        reply = route(call) if route else Reply({"error": "no such path"}, 404)
        content = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""


@pytest.fixture
def provide() -> Iterator[Callable[..., Provider]]:
    """`provide({"POST /token": gives(…)})`: a provider on a free port, which stops at the end of the test."""
    started: list[tuple[Provider, threading.Thread]] = []

    def start(routes: Mapping[str, Route], tls: ssl.SSLContext | None = None) -> Provider:
        provider = Provider(routes, tls)
        thread = threading.Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        started.append((provider, thread))
        return provider

    yield start
    for provider, thread in started:
        provider.shutdown()
        thread.join()
        provider.server_close()


def gives(body: Any, status: int = 200, **headers: str) -> Route:
    """A route that always answers the same."""
    return lambda call: Reply(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def api(body: Any, token: str = TOKEN, header: str = "authorization", prefix: str = "Bearer ") -> Route:
    """An API that wants the token."""

    def route(call: Call) -> Reply:
        known = call.headers.get(header) == prefix + token
        return Reply(body) if known else Reply({"error": "no token, or the wrong one"}, 401)

    return route


Run = Callable[..., Any]


@pytest.fixture
def run(command: Any, tmp_path: Path) -> Run:
    """`run("okta", {"okta": url}, OKTA_CLIENT_ID="…")`: runs a recipe; neither token nor secret may be printed."""

    def start(
        recipe: str,
        variables: Mapping[str, str],
        *words: object,
        code: int = 0,
        hidden: tuple[str, ...] = HIDDEN,
        **env: str,
    ) -> Any:
        given = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        own = {"RUNNER_CACHE_DIR": str(tmp_path / "cache"), "RUNNER_KEYRING": "0", "BROWSER": IDLE}
        surroundings = dict.fromkeys(OPTIONAL, "") | own | env
        done = command("run", f"requests/auth/{recipe}.yaml", "--verbose", *given, *words, env=surroundings)
        assert done.code == code, done.said
        assert [secret for secret in hidden if secret in done.said] == []
        return done

    return start


# ---------------------------------------------------------------- keys and certificates


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    """An RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey, form: str = "PKCS8") -> str:
    """The PEM text of a private key."""
    return key.private_bytes(
        serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), serialization.NoEncryption()
    ).decode()


def certified(
    name: str, key: rsa.RSAPrivateKey, issuer: str, signer: rsa.RSAPrivateKey, *, ca: bool = False
) -> x509.Certificate:
    """A certificate for a key, valid for a day on 127.0.0.1."""
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(signer, hashes.SHA256())
    )


def pem_of(certificate: x509.Certificate) -> str:
    """The PEM text of a certificate."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def unpacked(part: str) -> Any:
    """The JSON in a part of a JWT."""
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def verified(token: str, key: rsa.RSAPrivateKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT, which this key has signed just now."""
    signed, _, signature = token.rpartition(".")
    header, claims = map(unpacked, signed.split("."))
    ways = {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size),
    }
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    key.public_key().verify(raw, signed.encode(), ways[header["alg"]], hashes.SHA256())
    assert claims["iat"] <= time.time() < claims["exp"]
    return header, claims


def unsigned(claims: Mapping[str, Any]) -> str:
    """A JWT whose signature nobody looks at."""
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*packed, "c2lnbmF0dXJl"])


# ---------------------------------------------------------------- Entra ID

TENANT = "/contoso.example/oauth2/v2.0"
USERS = {"value": [{"id": "1", "displayName": "Ada"}]}
ME = {"id": "1", "displayName": "Ada"}
ENTRA = {"AZURE_TENANT_ID": "contoso.example", "AZURE_CLIENT_ID": "an-app"}
#: What the endpoints of versions 2.0 and 1 answer to client credentials: numbers, and numbers in text.
ENTRA_V2 = {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": TOKEN}
ENTRA_V1 = {
    "token_type": "Bearer",
    "expires_in": "3599",
    "ext_expires_in": "0",
    "expires_on": "1503394903",
    "not_before": "1503391003",
    "resource": "https://graph.microsoft.com",
    "access_token": TOKEN,
}


def refused(error: str, code: int, text: str) -> dict[str, Any]:
    """An error as Entra ID words it."""
    ids = {"trace_id": "t-1", "correlation_id": "c-1", "timestamp": "2026-11-24 10:00:00Z"}
    lines = f"Trace ID: t-1\r\nCorrelation ID: c-1\r\nTimestamp: {ids['timestamp']}"
    return {"error": error, "error_description": f"AADSTS{code}: {text}\r\n{lines}", "error_codes": [code], **ids}


def at_entra(provider: Provider) -> dict[str, str]:
    return {"login": provider.url, "graph": provider.url}


@pytest.mark.parametrize("answer", [ENTRA_V2, ENTRA_V1], ids=["v2.0", "v1"])
def test_entra_client_secret(provide: Any, run: Run, answer: dict[str, Any]) -> None:
    """Id and secret go in the form, and both spellings of `expires_in` are read."""
    graph = provide({f"POST {TENANT}/token": gives(answer), "GET /v1.0/users": api(USERS)})
    done = run("entra-client-secret", at_entra(graph), AZURE_CLIENT_SECRET=SECRET, **ENTRA)
    assert graph.one(f"{TENANT}/token").form == {
        "grant_type": "client_credentials",
        "client_id": "an-app",
        "client_secret": SECRET,
        "scope": f"{graph.url}/.default",
    }
    assert "valid for 1 h 00 min" in done.out
    assert dict(graph.one("/v1.0/users").query) == {"$top": "3", "$select": "id,displayName"}


def test_entra_client_secret_of_the_demo(run: Run) -> None:
    """With `-e local` the recipe passes against the demo server."""
    with DemoServer() as demo:
        run("entra-client-secret", {"login": demo.url, "graph": demo.url}, "-e", "local")


def asserted(form: dict[str, str]) -> str:
    """The client assertion of a form that holds no secret beside it."""
    assert set(form) == {"grant_type", "client_id", "client_assertion_type", "client_assertion", "scope"}
    assert (form["grant_type"], form["client_id"]) == ("client_credentials", "an-app")
    assert form["client_assertion_type"] == ASSERTION_TYPE
    return form["client_assertion"]


def test_entra_certificate(provide: Any, run: Run, key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    """The assertion is signed with PS256 and names the certificate by x5t#S256; issuer and subject are the app."""
    certificate = certified("app", key, "app", key)
    (tmp_path / "app.pem").write_text(pem_of(certificate) + pem(key))
    graph = provide({f"POST {TENANT}/token": gives(ENTRA_V2), "GET /v1.0/users": api(USERS)})
    path = str(tmp_path / "app.pem")
    run("entra-certificate", at_entra(graph), AZURE_CLIENT_CERTIFICATE_PATH=path, **ENTRA)
    header, claims = verified(asserted(graph.one(f"{TENANT}/token").form), key)
    digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()
    thumbprint = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert header == {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
    assert set(claims) == {"iss", "sub", "aud", "jti", "iat", "nbf", "exp"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("an-app", "an-app", f"{graph.url}{TENANT}/token")
    assert 0 < claims["exp"] - claims["nbf"] <= 600


def test_entra_workload_identity(provide: Any, run: Run, tmp_path: Path) -> None:
    """The platform's token goes out as it stands in the file."""
    (tmp_path / "token").write_text(unsigned({"sub": "system:serviceaccount:shop:orders"}) + "\n")
    graph = provide({f"POST {TENANT}/token": gives(ENTRA_V2), "GET /v1.0/users": api(USERS)})
    env = {"AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token"), "AZURE_AUTHORITY_HOST": f"{graph.url}/"}
    run("entra-workload-identity", {"graph": graph.url}, **env, **ENTRA)
    assert asserted(graph.one(f"{TENANT}/token").form) == (tmp_path / "token").read_text().strip()


def test_entra_github_actions(provide: Any, run: Run) -> None:
    """The job's OIDC token is asked for with Entra's audience and goes out as the assertion."""
    job = unsigned({"sub": "repo:example/shop:ref:refs/heads/main"})
    graph = provide(
        {
            "GET /oidc": gives({"count": 1, "value": job}),
            f"POST {TENANT}/token": gives(ENTRA_V2),
            "GET /v1.0/users": api(USERS),
        }
    )
    actions = {"URL": f"{graph.url}/oidc?api-version=2.0", "TOKEN": "a-request-token"}
    env = {f"ACTIONS_ID_TOKEN_REQUEST_{name}": value for name, value in actions.items()}
    done = run("entra-github-actions", at_entra(graph), **env, **ENTRA)
    asked = graph.one("/oidc")
    assert asked.query == [("api-version", "2.0"), ("audience", "api://AzureADTokenExchange")]
    assert asked.headers["authorization"] == "bearer a-request-token"
    assert asserted(graph.one(f"{TENANT}/token").form) == job
    assert "a-request-token" not in done.said


def test_entra_device_code(provide: Any, run: Run) -> None:
    """Page and code are shown on standard error; the token is asked for until it comes, and kept for the next run."""
    answers = iter(
        [
            Reply(refused("authorization_pending", 70016, "The user has not signed in yet."), 400),
            Reply({**ENTRA_V2, "scope": "User.Read", "refresh_token": "a-refresh-token"}),
        ]
    )
    device = {
        "user_code": "FJC3SWK2K",
        "device_code": "a-device-code",
        "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": "900",
        "interval": 1,
        "message": "To sign in, use a web browser.",
    }
    graph = provide(
        {
            f"POST {TENANT}/devicecode": gives(device),
            f"POST {TENANT}/token": lambda call: next(answers),
            "GET /v1.0/me": api(ME),
        }
    )
    done = run("entra-device-code", at_entra(graph), **ENTRA)
    assert "https://microsoft.com/devicelogin" in done.err
    assert "FJC3SWK2K" in done.err
    assert graph.one(f"{TENANT}/devicecode").form == {"client_id": "an-app", "scope": "User.Read offline_access"}
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    wanted = {"grant_type": grant, "device_code": "a-device-code", "client_id": "an-app"}
    assert [call.form for call in graph.to(f"{TENANT}/token")] == [wanted, wanted]
    again = run("entra-device-code", at_entra(graph), **ENTRA)
    assert again.err == ""
    assert len(graph.to(f"{TENANT}/token")) == 2
    assert len(graph.to("/v1.0/me")) == 2


def signing_in(code: str, **more: str) -> Route:
    """An authorization endpoint whose person is signed in: back at once, with the code and the state."""

    def route(call: Call) -> Reply:
        query = dict(call.query)
        answer = {"code": code, "state": query["state"], **more}
        back = "&".join(f"{name}={value}" for name, value in answer.items())
        return Reply("", 302, {"Location": f"{query['redirect_uri']}?{back}"})

    return route


def proves(verifier: str, query: Mapping[str, str]) -> bool:
    """Whether a verifier belongs to the challenge of an authorization request (RFC 7636 § 4.6)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return (query["code_challenge_method"], query["code_challenge"]) == ("S256", challenge)


def test_entra_sign_in(provide: Any, run: Run) -> None:
    """The browser comes back to localhost; the code is exchanged with its verifier, without a secret."""
    answer = {**ENTRA_V2, "scope": "User.Read", "refresh_token": "a-refresh-token"}
    graph = provide(
        {
            f"GET {TENANT}/authorize": signing_in("a-code"),
            f"POST {TENANT}/token": gives(answer),
            "GET /v1.0/me": api(ME),
        }
    )
    done = run("entra-sign-in", at_entra(graph), BROWSER=SIGNED_IN, **ENTRA)
    assert f"{TENANT}/authorize" in done.err
    query = dict(graph.one(f"{TENANT}/authorize").query)
    assert re.fullmatch(r"http://localhost:\d+/cb", query["redirect_uri"])
    assert query["scope"] == "User.Read offline_access"
    form = graph.one(f"{TENANT}/token").form
    assert proves(form.pop("code_verifier"), query)
    assert form == {
        "grant_type": "authorization_code",
        "code": "a-code",
        "redirect_uri": query["redirect_uri"],
        "client_id": "an-app",
    }


def test_entra_on_behalf_of(provide: Any, run: Run) -> None:
    """The user's token is the assertion, and the form says what it is used for."""
    user = unsigned({"aud": "api://orders", "upn": "ada@contoso.example"})
    graph = provide({f"POST {TENANT}/token": gives(ENTRA_V2), "GET /v1.0/me": api(ME)})
    run("entra-on-behalf-of", at_entra(graph), AZURE_CLIENT_SECRET=SECRET, USER_TOKEN=user, **ENTRA)
    assert graph.one(f"{TENANT}/token").form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": user,
        "client_id": "an-app",
        "client_secret": SECRET,
        "scope": f"{graph.url}/User.Read",
        "requested_token_use": "on_behalf_of",
    }


SUBSCRIPTIONS = {"value": [{"displayName": "Shop"}]}


@pytest.mark.parametrize("client", ["", "an-identity"])
def test_entra_managed_identity_of_a_vm(provide: Any, run: Run, client: str) -> None:
    """The metadata service is asked with `Metadata: true`; numbers in text and an empty refresh token are fine."""
    answer = {
        "access_token": TOKEN,
        "refresh_token": "",
        "expires_in": "86399",
        "expires_on": str(int(time.time()) + 86399),
        "not_before": str(int(time.time())),
        "resource": "https://management.azure.com/",
        "token_type": "Bearer",
    }
    path = "/metadata/identity/oauth2/token"
    azure = provide({f"GET {path}": gives(answer), "GET /subscriptions": api(SUBSCRIPTIONS)})
    env = {"AZURE_CLIENT_ID": client} if client else {}
    done = run("entra-managed-identity-vm", {"metadata": azure.url, "azure": azure.url}, **env)
    asked = azure.one(path)
    assert asked.headers["metadata"] == "true"
    wanted = [("api-version", "2018-02-01"), ("resource", "https://management.azure.com/")]
    assert asked.query == wanted + ([("client_id", client)] if client else [])
    assert "valid for 24 h 00 min" in done.out


def test_entra_managed_identity_of_an_app(provide: Any, run: Run) -> None:
    """The app's endpoint is asked with its header; `expires_on` is a moment, in text."""
    answer = {
        "access_token": TOKEN,
        "client_id": "AN-IDENTITY",
        "expires_on": str(int(time.time()) + 7260),
        "resource": "https://management.azure.com/",
        "token_type": "Bearer",
    }
    azure = provide({"GET /msi/token": gives(answer), "GET /subscriptions": api(SUBSCRIPTIONS)})
    env = {"IDENTITY_ENDPOINT": f"{azure.url}/msi/token", "IDENTITY_HEADER": SECRET}
    done = run("entra-managed-identity-app-service", {"azure": azure.url}, **env)
    asked = azure.one("/msi/token")
    assert asked.headers["x-identity-header"] == SECRET
    assert asked.query == [("api-version", "2019-08-01"), ("resource", "https://management.azure.com/")]
    assert "valid for 2 h 01 min" in done.out


# ---------------------------------------------------------------- other authorization servers


def test_auth0(provide: Any, run: Run) -> None:
    """The form holds the audience, to its last slash."""
    answer = {"access_token": TOKEN, "scope": "read:clients", "expires_in": 86400, "token_type": "Bearer"}
    auth0 = provide({"POST /oauth/token": gives(answer), "GET /api/v2/clients": api([])})
    run("auth0", {"auth0": auth0.url}, AUTH0_CLIENT_ID="an-app", AUTH0_CLIENT_SECRET=SECRET)
    assert auth0.one("/oauth/token").form == {
        "grant_type": "client_credentials",
        "client_id": "an-app",
        "client_secret": SECRET,
        "audience": f"{auth0.url}/api/v2/",
    }


def basic(call: Call) -> tuple[str, str]:
    """User name and password of HTTP Basic, as they stand there."""
    scheme, _, encoded = call.headers["authorization"].partition(" ")
    assert scheme == "Basic"
    user, _, password = base64.b64decode(encoded).decode().partition(":")
    return user, password


ENCODED_SECRET = "a-secret~of+the%2Ftests%2B%25"


def test_okta(provide: Any, run: Run) -> None:
    """Id and secret go by HTTP Basic, form-encoded, and the scope in the form."""
    answer = {"token_type": "Bearer", "expires_in": 3600, "access_token": TOKEN, "scope": "orders.read"}
    okta = provide({"POST /oauth2/default/v1/token": gives(answer), "GET /orders": api({})})
    env = {"OKTA_CLIENT_ID": "an-app", "OKTA_CLIENT_SECRET": SECRET, "OKTA_SCOPE": "orders.read"}
    run("okta", {"okta": okta.url}, API_URL=f"{okta.url}/orders", **env)
    asked = okta.one("/oauth2/default/v1/token")
    assert asked.form == {"grant_type": "client_credentials", "scope": "orders.read"}
    assert basic(asked) == ("an-app", ENCODED_SECRET)


def jwk(key: rsa.RSAPrivateKey, **more: str) -> str:
    """A private key as a JWK (RFC 7517)."""
    numbers = key.private_numbers()
    parts = {
        "n": numbers.public_numbers.n,
        "e": numbers.public_numbers.e,
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    packed = {
        name: base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode().rstrip("=")
        for name, number in parts.items()
    }
    return json.dumps({"kty": "RSA", **packed, **more})


@pytest.mark.parametrize("as_text", [False, True], ids=["file", "text"])
def test_okta_private_key(provide: Any, run: Run, key: rsa.RSAPrivateKey, tmp_path: Path, as_text: bool) -> None:
    """The JWK, a file or the text itself, signs the assertion and gives it its `kid`."""
    text = jwk(key, kid="a-key-of-okta", use="sig", alg="RS256")
    (tmp_path / "okta.jwk.json").write_text(text)
    answer = {"token_type": "Bearer", "expires_in": 3600, "access_token": TOKEN, "scope": "okta.users.read"}
    okta = provide({"POST /oauth2/v1/token": gives(answer), "GET /api/v1/users": api([])})
    given = text if as_text else str(tmp_path / "okta.jwk.json")
    run("okta-private-key", {"okta": okta.url}, OKTA_CLIENT_ID="an-app", OKTA_PRIVATE_KEY=given)
    form = okta.one("/oauth2/v1/token").form
    header, claims = verified(asserted(form), key)
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "a-key-of-okta"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("an-app", "an-app", f"{okta.url}/oauth2/v1/token")
    assert form["scope"] == "okta.users.read"


def test_keycloak(provide: Any, run: Run) -> None:
    """The realm's document names the token endpoint, and the answer's own fields do no harm."""
    routes: dict[str, Route] = {}
    keycloak = provide(routes)
    realm = "/realms/shop"
    token = f"{realm}/protocol/openid-connect/token"
    document = {"issuer": keycloak.url + realm, "token_endpoint": keycloak.url + token}
    routes[f"GET {realm}/.well-known/openid-configuration"] = gives(document)
    routes[f"POST {token}"] = gives(
        {
            "access_token": TOKEN,
            "expires_in": 300,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": "s-1",
            "scope": "profile email",
        }
    )
    routes["GET /admin/realms/shop/users"] = api([])
    env = {"KEYCLOAK_CLIENT_ID": "an-app", "KEYCLOAK_CLIENT_SECRET": SECRET}
    done = run("keycloak", {"keycloak": keycloak.url, "realm": "shop"}, **env)
    assert keycloak.one(token).form == {
        "grant_type": "client_credentials",
        "client_id": "an-app",
        "client_secret": SECRET,
    }
    assert "valid for 5 min" in done.out


def test_cognito(provide: Any, run: Run) -> None:
    """Id and secret go by HTTP Basic, and the form is a form."""
    answer = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
    cognito = provide({"POST /oauth2/token": gives(answer), "GET /orders": api({})})
    env = {"COGNITO_CLIENT_ID": "an-app", "COGNITO_CLIENT_SECRET": SECRET, "COGNITO_SCOPE": "orders/read"}
    run("cognito", {"cognito": cognito.url}, API_URL=f"{cognito.url}/orders", **env)
    asked = cognito.one("/oauth2/token")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.form == {"grant_type": "client_credentials", "scope": "orders/read"}
    assert basic(asked) == ("an-app", ENCODED_SECRET)


@pytest.mark.parametrize("subject", ["", "ada@example.com"])
def test_google_service_account(provide: Any, run: Run, key: rsa.RSAPrivateKey, tmp_path: Path, subject: str) -> None:
    """The key file names account and key; the JWT is the grant, with the scope inside and no client beside it."""
    account = {
        "type": "service_account",
        "project_id": "shop",
        "private_key_id": "a-key-of-google",
        "private_key": pem(key),
        "client_email": "runner@shop.iam.gserviceaccount.com",
        "client_id": "1234567890",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    answer = {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}
    google = provide({"POST /token": gives(answer), "GET /storage/v1/b": api({"kind": "storage#buckets"})})
    env = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"), "GOOGLE_CLOUD_PROJECT": "shop"}
    env |= {"GOOGLE_SUBJECT": subject} if subject else {}
    run("google-service-account", {"token_url": f"{google.url}/token", "storage": google.url}, **env)
    form = google.one("/token").form
    assert set(form) == {"grant_type", "assertion"}
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    header, claims = verified(form["assertion"], key)
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "a-key-of-google"}
    assert (claims["iss"], claims["aud"]) == ("runner@shop.iam.gserviceaccount.com", f"{google.url}/token")
    assert claims["scope"] == "https://www.googleapis.com/auth/devstorage.read_only"
    assert claims.get("sub", "") == subject
    assert claims["exp"] - claims["iat"] <= 3600


def test_google_sign_in(provide: Any, run: Run) -> None:
    """The issuer's document names both endpoints; the code is exchanged with verifier and secret."""
    routes: dict[str, Route] = {}
    google = provide(routes)
    document = {
        "issuer": google.url,
        "authorization_endpoint": f"{google.url}/o/oauth2/v2/auth",
        "device_authorization_endpoint": f"{google.url}/device/code",
        "token_endpoint": f"{google.url}/token",
    }
    routes["GET /.well-known/openid-configuration"] = gives(document)
    routes["GET /o/oauth2/v2/auth"] = signing_in("a-code", scope="openid")
    routes["POST /token"] = gives(
        {
            "access_token": TOKEN,
            "expires_in": 3599,
            "refresh_token": "a-refresh-token",
            "scope": "openid",
            "token_type": "Bearer",
            "id_token": unsigned({"sub": "1"}),
        }
    )
    routes["GET /v1/userinfo"] = api({"sub": "1", "email": "ada@example.com"})
    env = {"GOOGLE_CLIENT_ID": "an-app", "GOOGLE_CLIENT_SECRET": SECRET, "BROWSER": SIGNED_IN}
    run("google-sign-in", {"accounts": google.url, "openid": google.url}, **env)
    query = dict(google.one("/o/oauth2/v2/auth").query)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/cb", query["redirect_uri"])
    assert query["scope"] == "openid email"
    form = google.one("/token").form
    assert proves(form["code_verifier"], query)
    assert (form["code"], form["client_id"], form["client_secret"]) == ("a-code", "an-app", SECRET)


def test_token_exchange(provide: Any, run: Run) -> None:
    """Both audiences go as fields of the same name, beside the subject token and its type."""
    answer = {
        "access_token": TOKEN,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "N_A",
        "expires_in": 300,
    }
    subject = unsigned({"aud": "shop"})
    server = provide({"POST /token": gives(answer), "GET /orders": api({})})
    env = {"TOKEN_URL": f"{server.url}/token", "API_URL": f"{server.url}/orders", "SUBJECT_TOKEN": subject}
    run("token-exchange", {}, CLIENT_ID="an-app", CLIENT_SECRET=SECRET, **env)
    asked = server.one("/token")
    assert asked.pairs == [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", subject),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("audience", "orders"),
        ("audience", "stock"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ]
    assert basic(asked) == ("an-app", ENCODED_SECRET)


def ending(tokens: list[str], status: int) -> Route:
    """An API that takes only the first of these tokens at first; each is refused with a status when it was used."""

    def route(call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {tokens[0]}":
            return Reply({"error": "the token has ended"}, status)
        tokens.pop(0)
        return Reply({})

    return route


def test_private_key(provide: Any, run: Run, key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    """The JWT has the key's id, the algorithm and the audience that the file asks for; a 403 renews the token."""
    server = provide(routes := {})
    tokens = [f"{TOKEN}-{number}" for number in range(2)]
    answers = [Reply({"access_token": token, "expires_in": 3600}) for token in reversed(tokens)]
    document = {"issuer": server.url, "token_endpoint": f"{server.url}/token"}
    routes["GET /.well-known/openid-configuration"] = gives(document)
    routes["POST /token"] = lambda call: answers.pop()
    routes["GET /status"] = ending(tokens, 403)
    (tmp_path / "client.pem").write_text(pem(key))
    env = {"ISSUER": server.url, "API_URL": f"{server.url}/status", "PRIVATE_KEY": str(tmp_path / "client.pem")}
    run("private-key", {}, "--repeat", 2, "-j", 1, CLIENT_ID="an-app", KEY_ID="2026-11", **env)
    first, second = (call.form for call in server.calls if call.path == "/token")
    header, claims = verified(first["client_assertion"], key)
    assert header == {"alg": "PS256", "typ": "JWT", "kid": "2026-11"}
    assert set(first) == {"grant_type", "client_id", "client_assertion_type", "client_assertion"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("an-app", "an-app", server.url)
    assert verified(second["client_assertion"], key)[1]["jti"] != claims["jti"]


def test_refresh_token(provide: Any, run: Run) -> None:
    """The refresh token buys the first token; the next run uses the one that came with it, from the disk."""
    rotated = [f"a-rotated-{number}~refresh-token" for number in range(2)]
    tokens = [f"{TOKEN}-{number}" for number in range(2)]
    answers = [
        Reply({"access_token": token, "expires_in": 3600, "refresh_token": next_one})
        for token, next_one in reversed(list(zip(tokens, rotated, strict=True)))
    ]
    server = provide({"POST /token": lambda call: answers.pop(), "GET /status": ending(tokens, 401)})
    env = {"TOKEN_URL": f"{server.url}/token", "API_URL": f"{server.url}/status", "REFRESH_TOKEN": SECRET}
    for _ in range(2):
        run("refresh-token", {}, CLIENT_ID="an-app", hidden=(*HIDDEN, *rotated), **env)
    first, second = (call.form for call in server.calls if call.path == "/token")
    assert first == {"grant_type": "refresh_token", "refresh_token": SECRET, "client_id": "an-app"}
    assert second["refresh_token"] == rotated[0]


# ---------------------------------------------------------------- login calls


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL", "in one line"])
def test_github_app(provide: Any, run: Run, key: rsa.RSAPrivateKey, tmp_path: Path, form: str) -> None:
    """A JWT of the app, valid for nine minutes, buys the installation's token; its end is a date."""
    text = pem(key, "PKCS8" if form == "in one line" else form)
    (tmp_path / "app.pem").write_text(text)
    given = text.replace("\n", "\\n") if form == "in one line" else str(tmp_path / "app.pem")
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=45)
    answer = {
        "token": TOKEN,
        "expires_at": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "permissions": {"metadata": "read"},
        "repository_selection": "all",
    }
    path = "/app/installations/7/access_tokens"
    repositories = {"total_count": 0, "repositories": []}
    github = provide({f"POST {path}": gives(answer, 201), "GET /installation/repositories": api(repositories)})
    env = {"GITHUB_APP_CLIENT_ID": "Iv23liExample", "GITHUB_APP_INSTALLATION_ID": "7", "GITHUB_APP_PRIVATE_KEY": given}
    done = run("github-app", {"github": github.url}, **env)
    login = github.one(path)
    assert (login.headers["accept"], login.headers["x-github-api-version"]) == (
        "application/vnd.github+json",
        "2022-11-28",
    )
    header, claims = verified(login.headers["authorization"].removeprefix("Bearer "), key)
    assert header == {"alg": "RS256", "typ": "JWT"}
    assert claims["iss"] == "Iv23liExample"
    assert claims["exp"] - claims["iat"] == 540
    assert "valid for 45 min" in done.out


def test_github_token(provide: Any, run: Run) -> None:
    """The token is the bearer."""
    limits = {"resources": {"core": {"limit": 5000, "used": 1}}}
    github = provide({"GET /rate_limit": api(limits)})
    run("github-token", {"github": github.url}, GITHUB_TOKEN=TOKEN)
    assert github.one("/rate_limit").headers["accept"] == "application/vnd.github+json"


@pytest.mark.parametrize("collection", ["users", "_superusers"])
def test_pocketbase(provide: Any, run: Run, collection: str) -> None:
    """The token of the login goes bare; the JWT without `iat` says how long it lives."""
    token = unsigned({"id": "1", "type": "auth", "exp": int(time.time()) + 7260})
    folder = f"/api/collections/{collection}"
    records = {"page": 1, "totalItems": 1, "items": [{"id": "1"}]}
    pocketbase = provide(
        {
            f"POST {folder}/auth-with-password": gives({"token": token, "record": {"id": "1"}}),
            f"GET {folder}/records": api(records, token, prefix=""),
        }
    )
    env = {"POCKETBASE_USER": "ada@example.com", "POCKETBASE_PASSWORD": SECRET}
    done = run("pocketbase", {"pocketbase": pocketbase.url, "collection": collection}, **env)
    login = pocketbase.one(f"{folder}/auth-with-password")
    assert json.loads(login.body) == {"identity": "ada@example.com", "password": SECRET}
    assert "valid for 2 h 01 min" in done.out


def test_devpi(provide: Any, run: Run) -> None:
    """The password of the login travels with the user name, in base64, in a header of its own."""
    answer = {
        "message": "login successful",
        "result": {"expiration": 36000, "password": TOKEN},
        "status": 200,
        "type": "proxyconfig",
    }
    pair = base64.b64encode(f"ada:{TOKEN}".encode()).decode()
    user = {"result": {"username": "ada"}, "status": 200, "type": "userconfig"}
    devpi = provide({"POST /+login": gives(answer), "GET /ada": api(user, pair, "x-devpi-auth", "")})
    done = run("devpi", {"devpi": devpi.url}, hidden=(SECRET,), DEVPI_USER="ada", DEVPI_PASSWORD=SECRET)
    assert json.loads(devpi.one("/+login").body) == {"user": "ada", "password": SECRET}
    assert "authorization" not in devpi.one("/ada").headers
    assert "valid for 10 h 00 min" in done.out
    assert pair not in done.said


def test_what_a_token_is_computed_from_is_secret(provide: Any, run: Run) -> None:
    """The password in the answer of a login is not printed, though the token is more than it."""
    answer = {"result": {"expiration": 36000, "password": TOKEN}}
    devpi = provide({"POST /+login": gives(answer), "GET /ada": gives({"result": {"username": "ada"}})})
    run("devpi", {"devpi": devpi.url}, hidden=(TOKEN,), DEVPI_USER="ada", DEVPI_PASSWORD=SECRET)


# ---------------------------------------------------------------- without a token


def test_netrc(provide: Any, run: Run, tmp_path: Path) -> None:
    """User name and password are those of the host in the netrc file."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password lovelace-1815\n")
    pair = base64.b64encode(b"ada:lovelace-1815").decode()
    server = provide({"GET /status": api({}, pair, prefix="Basic ")})
    done = run("netrc", {}, API_URL=f"{server.url}/status", NETRC=str(tmp_path / "netrc"))
    assert "lovelace-1815" not in done.said


def test_client_certificate(provide: Any, run: Run, key: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    """Token endpoint and API both see the certificate, and the form holds the id alone."""
    authority = certified("authority", key, "authority", key, ca=True)
    texts = {"ca.pem": pem_of(authority), "key.pem": pem(key)}
    texts |= {f"{name}.pem": pem_of(certified(name, key, "authority", key)) for name in ("server", "client")}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "key.pem")
    tls.load_verify_locations(tmp_path / "ca.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    answer = {"access_token": TOKEN, "expires_in": 300, "token_type": "Bearer"}
    server = provide({"POST /token": gives(answer), "GET /status": api({})}, tls)
    env = {
        "TOKEN_URL": f"{server.url}/token",
        "API_URL": f"{server.url}/status",
        "CLIENT_CERT": str(tmp_path / "client.pem"),
        "CLIENT_KEY": str(tmp_path / "key.pem"),
    }
    run("client-certificate", {}, "--cacert", tmp_path / "ca.pem", CLIENT_ID="an-app", **env)
    assert server.one("/token").form == {"grant_type": "client_credentials", "client_id": "an-app"}
    assert [call.client for call in server.calls] == ["client", "client"]


@pytest.mark.parametrize(("algorithm", "digest"), [("SHA-256", hashlib.sha256), ("MD5", hashlib.md5)])
def test_digest(provide: Any, run: Run, algorithm: str, digest: Any) -> None:
    """The first request goes plain; its challenge is answered with a hash over the password (RFC 7616 § 3.4.1)."""

    def of(*parts: str) -> str:
        return str(digest(":".join(parts).encode()).hexdigest())

    def route(call: Call) -> Reply:
        given = call.headers.get("authorization", "")
        if not given:
            challenge = f'Digest realm="shop", qop="auth", algorithm={algorithm}, nonce="a-nonce", opaque="o"'
            return Reply({}, 401, {"WWW-Authenticate": challenge})
        said = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', given)}
        a1, a2 = of("ada", "shop", SECRET), of("GET", "/status")
        wanted = of(a1, "a-nonce", said["nc"], said["cnonce"], "auth", a2)
        assert (said["username"], said["uri"], said["opaque"]) == ("ada", "/status", "o")
        return Reply({}) if said["response"] == wanted else Reply({}, 403)

    server = provide({"GET /status": route})
    run("digest", {}, API_URL=f"{server.url}/status", API_USER="ada", API_PASSWORD=SECRET)
    assert len(server.calls) == 2


@pytest.mark.parametrize("session", ["", "a-session-token"])
def test_aws(provide: Any, run: Run, session: str) -> None:
    """Both requests are signed for their service, with the session token among the signed headers if there is one."""
    answer = {"GetCallerIdentityResponse": {"GetCallerIdentityResult": {"Arn": "arn:aws:iam::123456789012:user/ada"}}}
    sts = provide({"POST /": gives(answer)})
    s3 = provide({"GET /": gives("<ListAllMyBucketsResult/>", Content_Type="application/xml")})
    env = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "eu-west-1"}
    done = run("aws", {"sts": sts.url, "s3": s3.url}, AWS_SESSION_TOKEN=session, **env)
    more = ["x-amz-security-token"] if session else []
    hashed = "x-amz-content-sha256"
    for server, service, names in (
        (sts, "sts", ["accept", "content-type", "host", "x-amz-date", *more]),
        (s3, "s3", ["accept", "host", hashed, "x-amz-date", *more]),
    ):
        call = server.one("/")
        day, _, _ = call.headers["x-amz-date"].partition("T")
        credential = f"AKIAEXAMPLE/{day}/eu-west-1/{service}/aws4_request"
        head = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={';'.join(names)}, Signature="
        assert re.fullmatch(re.escape(head) + "[0-9a-f]{64}", call.headers["authorization"])
        assert call.headers.get("x-amz-security-token", "") == session
    assert s3.one("/").headers[hashed] == hashlib.sha256(b"").hexdigest()
    assert sts.one("/").form == {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    assert not session or session not in done.said


# ---------------------------------------------------------------- refusals


class Refusal(NamedTuple):
    """How a provider refuses a recipe at `path`, and what both our message and the page say."""

    recipe: str
    path: str
    status: int
    answer: Any
    said: str


#: recipe → its page, and what it needs to be run: variables that point at the provider, and the environment.
SETTINGS: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "entra-client-secret": ("entra", ("login", "graph"), {**ENTRA, "AZURE_CLIENT_SECRET": SECRET}),
    "entra-managed-identity-vm": ("entra", ("metadata", "azure"), {}),
    "auth0": ("auth0", ("auth0",), {"AUTH0_CLIENT_ID": "an-app", "AUTH0_CLIENT_SECRET": SECRET}),
    "okta": (
        "okta",
        ("okta", "api"),
        {"OKTA_CLIENT_ID": "an-app", "OKTA_CLIENT_SECRET": SECRET, "OKTA_SCOPE": "orders.read"},
    ),
    "okta-private-key": ("okta", ("okta",), {"OKTA_CLIENT_ID": "an-app"}),
    "keycloak": ("keycloak", ("keycloak",), {"KEYCLOAK_CLIENT_ID": "an-app", "KEYCLOAK_CLIENT_SECRET": SECRET}),
    "cognito": (
        "cognito",
        ("cognito", "api"),
        {"COGNITO_CLIENT_ID": "an-app", "COGNITO_CLIENT_SECRET": SECRET, "COGNITO_SCOPE": "orders/read"},
    ),
    "google-service-account": ("google", ("token_url", "storage"), {"GOOGLE_CLOUD_PROJECT": "shop"}),
    "github-app": ("github", ("github",), {"GITHUB_APP_CLIENT_ID": "Iv23li", "GITHUB_APP_INSTALLATION_ID": "7"}),
    "pocketbase": ("pocketbase", ("pocketbase",), {"POCKETBASE_USER": "ada", "POCKETBASE_PASSWORD": SECRET}),
}
#: Where a recipe names the file of its key → the kind of file.
KEY_FILES = {
    "okta-private-key": ("OKTA_PRIVATE_KEY", "pem"),
    "github-app": ("GITHUB_APP_PRIVATE_KEY", "pem"),
    "google-service-account": ("GOOGLE_APPLICATION_CREDENTIALS", "json"),
}


def oauth(error: str, description: str = "") -> dict[str, str]:
    """An error as RFC 6749 § 5.2 has it."""
    return {"error": error} | ({"error_description": description} if description else {})


GITHUB_LOGIN = "POST /app/installations/7/access_tokens"
KEYCLOAK_TOKEN = "POST /realms/master/protocol/openid-connect/token"
REFUSALS = [
    Refusal(
        "entra-managed-identity-vm",
        "GET /metadata/identity/oauth2/token",
        400,
        oauth("invalid_request", "Identity not found"),
        "Identity not found",
    ),
    Refusal("auth0", "POST /oauth/token", 401, oauth("access_denied", "Unauthorized"), "401: access_denied"),
    Refusal(
        "auth0",
        "POST /oauth/token",
        403,
        oauth("access_denied", 'Client is not authorized to access "https://example.eu.auth0.com/api/v2/".'),
        "403: access_denied: Client is not authorized to access",
    ),
    Refusal(
        "okta",
        "POST /oauth2/default/v1/token",
        400,
        oauth("invalid_scope", "One or more scopes are not configured for the authorization server resource."),
        "400: invalid_scope: One or more scopes are not configured",
    ),
    Refusal(
        "okta-private-key",
        "POST /oauth2/v1/token",
        400,
        oauth("invalid_dpop_proof", "The DPoP proof JWT header is missing."),
        "400: invalid_dpop_proof: The DPoP proof JWT header is missing.",
    ),
    Refusal(
        "okta",
        "POST /oauth2/default/v1/token",
        401,
        {"errorCode": "invalid_client", "errorSummary": "Invalid value for 'client_id' parameter."},
        "401: invalid_client: Invalid value for 'client_id' parameter.",
    ),
    Refusal(
        "keycloak",
        KEYCLOAK_TOKEN,
        401,
        oauth("unauthorized_client", "Client not enabled to retrieve service account"),
        "401: unauthorized_client: Client not enabled to retrieve service account",
    ),
    Refusal(
        "keycloak",
        KEYCLOAK_TOKEN,
        401,
        oauth("unauthorized_client", "Invalid client or Invalid client credentials"),
        "401: unauthorized_client: Invalid client or Invalid client credentials",
    ),
    Refusal(
        "keycloak",
        "GET /realms/master/.well-known/openid-configuration",
        404,
        oauth("Realm does not exist"),
        "404: no discovery document of the issuer",
    ),
    Refusal("cognito", "POST /oauth2/token", 400, oauth("invalid_client"), "400: invalid_client"),
    Refusal("cognito", "POST /oauth2/token", 400, oauth("invalid_scope"), "400: invalid_scope"),
    Refusal(
        "google-service-account",
        "POST /token",
        400,
        oauth("invalid_grant", "Invalid JWT Signature."),
        "400: invalid_grant: Invalid JWT Signature.",
    ),
    Refusal(
        "google-service-account",
        "POST /token",
        401,
        oauth("unauthorized_client", "Client is unauthorized to retrieve access tokens using this method."),
        "401: unauthorized_client: Client is unauthorized to retrieve access tokens",
    ),
    Refusal(
        "github-app",
        GITHUB_LOGIN,
        401,
        {"message": "'Expiration time' claim ('exp') is too far in the future"},
        "'Expiration time' claim ('exp') is too far in the future",
    ),
    Refusal(
        "github-app",
        GITHUB_LOGIN,
        401,
        {"message": "A JSON web token could not be decoded"},
        "A JSON web token could not be decoded",
    ),
    Refusal("github-app", GITHUB_LOGIN, 404, {"message": "Not Found", "status": "404"}, "Not Found"),
    Refusal(
        "pocketbase",
        "POST /api/collections/users/auth-with-password",
        400,
        {"data": {}, "message": "Failed to authenticate.", "status": 400},
        "Failed to authenticate.",
    ),
]


def key_file(recipe: str, folder: Path, key: rsa.RSAPrivateKey) -> dict[str, str]:
    """The environment variable that names a recipe's key file, which is written here."""
    if recipe not in KEY_FILES:
        return {}
    name, kind = KEY_FILES[recipe]
    account = {"type": "service_account", "client_email": "runner@shop.example", "private_key": pem(key)}
    (folder / f"key.{kind}").write_text(json.dumps(account) if kind == "json" else pem(key))
    return {name: str(folder / f"key.{kind}")}


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.recipe}-{refusal.said[:24]}")
def test_a_refusal(provide: Any, run: Run, key: rsa.RSAPrivateKey, tmp_path: Path, refusal: Refusal) -> None:
    """What a provider says when it refuses stands in the message and on the page, and the API is never called."""
    page, places, env = SETTINGS[refusal.recipe]
    routes: dict[str, Route] = {}
    provider = provide(routes)
    realm, method_and_path = f"{provider.url}/realms/master", KEYCLOAK_TOKEN.split()[1]
    document = {"issuer": realm, "token_endpoint": provider.url + method_and_path}
    routes["GET /realms/master/.well-known/openid-configuration"] = gives(document)
    routes[refusal.path] = gives(refusal.answer, refusal.status)
    variables = {name: f"{provider.url}/token" if name == "token_url" else provider.url for name in places}
    done = run(refusal.recipe, variables, code=5, **env, **key_file(refusal.recipe, tmp_path, key))
    assert f"answered {refusal.status}" in done.out
    assert refusal.said in done.out
    assert refusal.said in (ROOT / "docs" / "auth" / f"{page}.md").read_text("utf-8")
    assert {call.path for call in provider.calls} <= {
        refusal.path.split()[1],
        "/realms/master/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/realms/master",
    }


CODES = re.findall(r"^\| AADSTS(\d+) \|", (ROOT / "docs" / "auth" / "entra.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("code", CODES)
def test_the_codes_of_entra(provide: Any, run: Run, code: str) -> None:
    """For each code in the table of docs/auth/entra.md there is a hint, and Entra's own words are in one line."""
    answer = refused("invalid_request", int(code), "Words of the provider.")
    graph = provide({f"POST {TENANT}/token": gives(answer, 400)})
    done = run("entra-client-secret", at_entra(graph), code=5, AZURE_CLIENT_SECRET=SECRET, **ENTRA)
    assert f"invalid_request: AADSTS{code}: Words of the provider. Trace ID: t-1 Correlation ID: c-1" in done.out
    assert f"hint: AADSTS{code}: " in done.out


def test_a_signature_that_aws_refuses(provide: Any, run: Run) -> None:
    """The refusal of a signature is an answer of the API: its assertion fails and the body is shown."""
    words = {
        "Error": {"Code": "SignatureDoesNotMatch", "Message": "The request signature we calculated does not match"}
    }
    aws = provide({"POST /": gives(words, 403), "GET /": gives("<Error/>", 403, Content_Type="application/xml")})
    env = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": ""}
    done = run("aws", {"sts": aws.url, "s3": aws.url}, code=1, **env)
    assert "SignatureDoesNotMatch" in done.out
    assert "SignatureDoesNotMatch" in (ROOT / "docs" / "auth" / "aws.md").read_text("utf-8")
