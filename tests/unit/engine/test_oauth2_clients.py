"""How a client authenticates at the token endpoint: each `client_auth` on the wire, and the keys that cannot sign."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from runner.engine.auth import signing
from runner.engine.exchange import Request

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Any]
Make = Callable[..., Any]

TOKEN_URL = "https://login.test/token"
BASE = f"type: oauth2, token_url: '{TOKEN_URL}', client_id: id"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT = ("grant_type", "client_credentials")
ASSERTED = [GRANT, ("client_id", "id"), ("client_assertion_type", ASSERTION_TYPE)]


def form(request: Request) -> list[tuple[str, str]]:
    return parse_qsl((request.body or b"").decode(), keep_blank_values=True)


def assertion(request: Request) -> str:
    return dict(form(request))["client_assertion"]


@pytest.fixture
def token_step(run: Run, one: One) -> Callable[..., Any]:
    """A run of one request with these keys of `auth`."""

    def go(auth: str, **options: Any) -> Any:
        return run(one("url: https://api.test", f"auth: {{{auth}}}"), **options)

    return go


@pytest.fixture
def asked(token_step: Make) -> Callable[..., Request]:
    """The only token request of a run with these keys of `auth`."""

    def ask(auth: str, **options: Any) -> Request:
        ran = token_step(auth, **options)
        assert ran.outcomes == {"R": "passed"}, ran.tokens
        (request,) = ran.asked
        return request

    return ask


@pytest.fixture
def fault(token_step: Make) -> Callable[..., Any]:
    """The fault of a token step that asked nobody."""

    def find(auth: str, **options: Any) -> Any:
        ran = token_step(auth, **options)
        assert (ran.asked, ran.sent) == ([], [])
        found = ran.tokens[0].fault
        assert (found.kind, "\n" in found.message, "Traceback" in found.message) == ("auth", False, False)
        return found

    return find


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


# --- by secret, or by nothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sent", "header"),
    [
        ("client_secret: pw", [GRANT, ("client_id", "id"), ("client_secret", "pw")], None),
        ("client_secret: pw, client_auth: post", [GRANT, ("client_id", "id"), ("client_secret", "pw")], None),
        ("client_secret: pw, client_auth: basic", [GRANT], basic("id:pw")),
        ("client_secret: 'p w+/%é', client_auth: basic", [GRANT], basic("id:p+w%2B%2F%25%C3%A9")),
        ("client_secret: 'p w+/%é', client_auth: basic_raw", [GRANT], basic("id:p w+/%é")),
        ("client_secret: pw, client_auth: none", [GRANT, ("client_id", "id")], None),
        ("client_auth: none", [GRANT, ("client_id", "id")], None),
        ("client_auth: private_key_jwt, client_assertion: a.b.c", [*ASSERTED, ("client_assertion", "a.b.c")], None),
        ("client_assertion: a.b.c", [*ASSERTED, ("client_assertion", "a.b.c")], None),
        ("client_assertion: a.b.c, client_secret: pw", [*ASSERTED, ("client_assertion", "a.b.c")], None),
        ("client_assertion: a.b.c, client_auth: none", [GRANT, ("client_id", "id")], None),
    ],
)
def test_how_a_client_authenticates(fields: str, sent: list[tuple[str, str]], header: str | None, asked: Make) -> None:
    """Each way is in the form or in the header, never in both; an assertion implies private_key_jwt."""
    request = asked(f"{BASE}, {fields}")
    assert form(request) == sent
    assert request.header("authorization") == header


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("private_key: key.pem", {"client_id", "client_assertion_type", "client_assertion"}),
        ("private_key: key.pem, client_secret: pw", {"client_id", "client_assertion_type", "client_assertion"}),
        ("certificate: both.pem", {"client_id", "client_assertion_type", "client_assertion"}),
        ("client_assertion_file: jwt.txt", {"client_id", "client_assertion_type", "client_assertion"}),
        ("grant: jwt_bearer, private_key: key.pem", {"assertion"}),
        ("grant: jwt_bearer, private_key: key.pem, client_secret: pw", {"assertion", "client_id", "client_secret"}),
        (
            "grant: jwt_bearer, private_key: key.pem, certificate: cert.pem",
            {"assertion", "client_id", "client_assertion_type", "client_assertion"},
        ),
        (
            "grant: jwt_bearer, private_key: key.pem, client_auth: private_key_jwt",
            {"assertion", "client_id", "client_assertion_type", "client_assertion"},
        ),
        ("grant: jwt_bearer, private_key: key.pem, client_auth: none", {"assertion", "client_id"}),
    ],
)
def test_what_the_keys_of_a_block_imply(fields: str, names: set[str], asked: Make, disk: Make, keys: Any) -> None:
    """Without `client_auth` the other keys say how the client authenticates; with it, it is as written."""
    files = {
        "key.pem": keys.pem(keys.rsa),
        "cert.pem": keys.certificate(keys.rsa),
        "both.pem": keys.certificate(keys.rsa) + keys.pem(keys.rsa),
        "jwt.txt": "a.b.c",
    }
    sent = dict(form(asked(f"{BASE}, {fields}", disk=disk(files))))
    assert set(sent) - {"grant_type"} == names


# --- private_key_jwt -----------------------------------------------------------------------------------------------

SIGNED = f"{BASE}, private_key: key.pem"


@pytest.mark.parametrize(
    ("kind", "fields", "algorithm"),
    [
        ("rsa", "", "RS256"),
        ("rsa", ", algorithm: PS256", "PS256"),
        ("rsa", ", algorithm: RS512", "RS512"),
        ("ec", "", "ES256"),
        ("ec", ", algorithm: ES256", "ES256"),
    ],
)
def test_a_client_assertion(kind: str, fields: str, algorithm: str, asked: Make, disk: Make, keys: Any) -> None:
    """RFC 7523 § 3: iss and sub are the client, aud the token URL, valid for 300 s; the key says the algorithm."""
    key = getattr(keys, kind)
    request = asked(f"{SIGNED}{fields}", disk=disk({"key.pem": keys.pem(key)}))
    header, claims = keys.claims(assertion(request), key, algorithm)
    assert header == {"alg": algorithm, "typ": "JWT"}
    assert {name: claims[name] for name in ("iss", "sub", "aud")} == {"iss": "id", "sub": "id", "aud": TOKEN_URL}
    assert set(claims) == {"iss", "sub", "aud", "iat", "nbf", "exp", "jti"}
    assert (claims["exp"] - claims["iat"], claims["nbf"]) == (300, claims["iat"])
    assert form(request)[:-1] == ASSERTED
    assert request.header("authorization") is None


def test_audience_and_key_id_of_the_file(asked: Make, disk: Make, keys: Any) -> None:
    """`assertion_audience` takes the place of the token URL, `key_id` is the kid; neither is a form field."""
    auth = f"{SIGNED}, assertion_audience: 'https://issuer.test', key_id: k-1"
    request = asked(auth, disk=disk({"key.pem": keys.pem(keys.rsa)}))
    header, claims = keys.claims(assertion(request), keys.rsa, "RS256")
    assert (header["kid"], claims["aud"]) == ("k-1", "https://issuer.test")
    assert len(form(request)) == 4


def test_every_fetch_has_an_assertion_of_its_own(
    run: Run, disk: Make, keys: Any, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renewal signs anew, with another jti and the time of then; no assertion is ever shown."""
    clock = iter([1000.5, 2000.5])
    monkeypatch.setattr(signing, "_now", lambda: next(clock))
    text = f"auth: {{{SIGNED}, leeway: 2h}}\nrequests: [{{name: A, url: http://h}}, {{name: B, url: http://h}}]"
    ran = run(text, disk=disk({"key.pem": keys.pem(keys.rsa)}))
    first, second = (keys.claims(assertion(request), keys.rsa, "RS256")[1] for request in ran.asked)
    assert (first["iat"], first["exp"], second["iat"]) == (1000, 1300, 2000)
    assert len(first["jti"]) >= 16
    assert first["jti"] != second["jti"]
    assert [ran.redactor.text(assertion(request)) for request in ran.asked] == ["***", "***"]


@pytest.mark.parametrize(
    "write",
    [
        lambda keys: keys.pem(keys.rsa),
        lambda keys: keys.pem(keys.rsa, layout="TraditionalOpenSSL"),
        lambda keys: keys.pem(keys.rsa).replace("\n", "\r\n"),
        lambda keys: "\ufeff" + keys.pem(keys.rsa),
        lambda keys: "Bag Attributes\n  friendlyName: x\n" + keys.pem(keys.rsa),
        lambda keys: keys.pem(keys.rsa).strip().replace("\n", "\\n"),
        lambda keys: keys.pem(keys.rsa).replace("\n", "\\n") + "\n",
        lambda keys: keys.certificate(keys.other) + keys.pem(keys.rsa),
        lambda keys: keys.jwk(keys.rsa),
        lambda keys: "\n  " + keys.jwk(keys.rsa, use="sig"),
        lambda keys: json.dumps({"type": "service_account", "private_key": keys.pem(keys.rsa)}),
    ],
    ids=["pkcs8", "pkcs1", "crlf", "bom", "openssl", "escaped", "escaped-line", "chain", "jwk", "jwk-sig", "google"],
)
def test_how_a_key_may_be_written(write: Callable[[Any], str], asked: Make, disk: Make, keys: Any) -> None:
    """A key is PEM, also with `\\n` for its line breaks, a JWK, or the key file of a Google service account."""
    request = asked(SIGNED, disk=disk({"key.pem": write(keys)}))
    assert keys.claims(assertion(request), keys.rsa, "RS256")[1]["iss"] == "id"


@pytest.mark.parametrize("escaped", [False, True])
def test_a_key_from_the_environment(escaped: bool, token_step: Make, keys: Any) -> None:
    """The key's text itself may stand in a variable, with real line breaks or `\\n`; it is hidden."""
    text = keys.pem(keys.rsa)
    text = text.replace("\n", "\\n") if escaped else text
    ran = token_step(f"{BASE}, private_key: '{{{{env.KEY}}}}'", env={"KEY": text})
    assert keys.claims(assertion(ran.asked[0]), keys.rsa, "RS256")[1]["iss"] == "id"
    assert ran.redactor.text(f"it is {text}") == "it is ***"


@pytest.mark.parametrize(
    ("members", "fields", "kid", "algorithm"),
    [
        ({"kid": "jwk-1"}, "", "jwk-1", "RS256"),
        ({"kid": "jwk-1"}, ", key_id: mine", "mine", "RS256"),
        ({"alg": "PS384"}, "", None, "PS384"),
        ({"alg": "PS384"}, ", algorithm: PS384", None, "PS384"),
    ],
)
def test_what_a_jwk_says(
    members: dict[str, str], fields: str, kid: str | None, algorithm: str, asked: Make, disk: Make, keys: Any
) -> None:
    """kid and alg of a JWK are taken unless the file says otherwise."""
    request = asked(f"{SIGNED}{fields}", disk=disk({"key.pem": keys.jwk(keys.rsa, **members)}))
    header, _ = keys.claims(assertion(request), keys.rsa, algorithm)
    assert header.get("kid") == kid


def test_an_ed25519_key(asked: Make, disk: Make, keys: Any) -> None:
    """An Ed25519 key signs with EdDSA (RFC 8037), and nothing is printed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    request = asked(SIGNED, disk=disk({"key.pem": keys.pem(Ed25519PrivateKey.generate())}))
    header = assertion(request).partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] == "EdDSA"


# --- certificates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "files"),
    [
        ("private_key: key.pem, certificate: cert.pem", {"key.pem": "key", "cert.pem": "certificate"}),
        ("certificate: both.pem", {"both.pem": "key certificate"}),
        ("certificate: both.pem", {"both.pem": "certificate key"}),
        ("private_key: both.pem, certificate: both.pem", {"both.pem": "key certificate"}),
        ("private_key: key.pem, certificate: chain.pem", {"key.pem": "key", "chain.pem": "certificate authority"}),
    ],
)
def test_a_certificate(fields: str, files: dict[str, str], asked: Make, disk: Make, keys: Any) -> None:
    """Entra ID's way: PS256, and x5t#S256 is the hash of the certificate's DER form (RFC 7515 § 4.1.8)."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    texts = {
        "key": keys.pem(keys.rsa),
        "certificate": keys.certificate(keys.rsa),
        "authority": keys.certificate(keys.other),
    }
    written = {name: "".join(texts[part] for part in parts.split()) for name, parts in files.items()}
    request = asked(f"{BASE}, {fields}", disk=disk(written))
    header, claims = keys.claims(assertion(request), keys.rsa, "PS256")
    der = x509.load_pem_x509_certificate(texts["certificate"].encode()).public_bytes(Encoding.DER)
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    assert header == {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
    assert claims["aud"] == TOKEN_URL


def test_a_certificate_with_an_algorithm(asked: Make, disk: Make, keys: Any) -> None:
    """`algorithm` wins over PS256; a certificate of an EC key goes with its curve."""
    files = {"key.pem": keys.pem(keys.rsa), "cert.pem": keys.certificate(keys.rsa)}
    request = asked(f"{SIGNED}, certificate: cert.pem, algorithm: RS256", disk=disk(files))
    assert "x5t#S256" in keys.claims(assertion(request), keys.rsa, "RS256")[0]
    files = {"key.pem": keys.pem(keys.ec), "cert.pem": keys.certificate(keys.ec)}
    request = asked(f"{SIGNED}, certificate: cert.pem", disk=disk(files))
    assert "x5t#S256" in keys.claims(assertion(request), keys.ec, "ES256")[0]


@pytest.mark.parametrize(
    ("key", "certificate", "words"),
    [
        ("rsa", lambda keys: keys.certificate(keys.other), "is not the key of the certificate"),
        ("ec", lambda keys: keys.certificate(keys.rsa), "is not the key of the certificate"),
        ("rsa", lambda keys: "sentinel", "'certificate' holds no certificate"),
        ("rsa", lambda keys: keys.public(keys.rsa), "'certificate' holds no certificate"),
        (
            "rsa",
            lambda keys: "-----BEGIN CERTIFICATE-----\nsentinel*\n-----END CERTIFICATE-----",
            "'certificate' cannot be read",
        ),
        (
            "rsa",
            lambda keys: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "'certificate' cannot be read",
        ),
        ("rsa", lambda keys: "", "'certificate' of auth (cert.pem) is empty"),
    ],
)
def test_a_certificate_that_cannot_be_used(
    key: str, certificate: Callable[[Any], str], words: str, fault: Make, disk: Make, keys: Any
) -> None:
    """A wrong certificate is told in a line that names it, and nothing is sent."""
    files = {"key.pem": keys.pem(getattr(keys, key)), "cert.pem": certificate(keys)}
    found = fault(f"{SIGNED}, certificate: cert.pem", disk=disk(files))
    assert words in found.message
    assert "sentinel" not in str(found)


def test_a_certificate_without_its_key(fault: Make, disk: Make, keys: Any) -> None:
    """A file that holds the certificate alone is named, and that its key is missing."""
    found = fault(f"{BASE}, certificate: cert.pem", disk=disk({"cert.pem": keys.certificate(keys.rsa)}))
    assert found.message == "'certificate' of auth (cert.pem) holds no private key"
    assert "its key is another file" in found.hint


def test_a_certificate_of_an_ed25519_key(fault: Make, disk: Make, keys: Any) -> None:
    """A certificate of another kind of key is not that of the key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    files = {"key.pem": keys.pem(keys.rsa), "cert.pem": keys.certificate(Ed25519PrivateKey.generate())}
    assert "certificate" in fault(f"{SIGNED}, certificate: cert.pem", disk=disk(files)).message


# --- keys that cannot sign -----------------------------------------------------------------------------------------


def _jwk_without(name: str, keys: Any) -> str:
    return json.dumps({key: value for key, value in json.loads(keys.jwk(keys.rsa)).items() if key != name})


def _dsa(keys: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import dsa

    return str(keys.pem(dsa.generate_private_key(1024)))


WRONG_KEYS: dict[str, tuple[Callable[[Any], str], str, str]] = {
    "garbage": (lambda keys: "sentinel garbage", "", "holds no private key"),
    "empty": (lambda keys: "", "", "holds no private key"),
    "json": (lambda keys: '{"sentinel": 1}', "", "holds no private key"),
    "half json": (lambda keys: '{"kty": "RSA", "d": "sentinel', "", "holds no private key"),
    "half": (lambda keys: keys.pem(keys.rsa)[:400], "", "cannot be read as a private key"),
    "not base64": (
        lambda keys: "-----BEGIN PRIVATE KEY-----\nsentinel é\n-----END PRIVATE KEY-----",
        "",
        "cannot be read as a private key",
    ),
    "public": (lambda keys: keys.public(keys.rsa), "", "holds no private key"),
    "certificate": (lambda keys: keys.certificate(keys.rsa), "", "holds no private key"),
    "public jwk": (lambda keys: keys.jwk(keys.rsa, private=False), "", "is a public key"),
    "encrypted": (lambda keys: keys.pem(keys.rsa, "sentinel"), "", "is encrypted with a password"),
    "encrypted, old": (
        lambda keys: keys.pem(keys.rsa, "sentinel", "TraditionalOpenSSL"),
        "",
        "is encrypted with a password",
    ),
    "dsa": (_dsa, "", "is a key of a kind that signs no JWT"),
    "jwk of no kind": (lambda keys: '{"kty": "sentinel-free"}', "", "is no JWK that can be used"),
    "jwk without n": (lambda keys: _jwk_without("n", keys), "", "is no JWK that can be used"),
    "jwk of numbers": (lambda keys: keys.jwk(keys.rsa, d=5), "", "is no JWK that can be used"),
    "jwk of another curve": (
        lambda keys: '{"kty": "EC", "crv": "P-999", "x": "sentinel", "y": "sentinel", "d": "sentinel"}',
        "",
        "is no JWK that can be used",
    ),
    "jwk of bad base64": (lambda keys: keys.jwk(keys.rsa, d="sentinel*é"), "", "is no JWK that can be used"),
    "jwk to encrypt": (lambda keys: keys.jwk(keys.rsa, use="enc"), "", "cannot sign with RS256"),
    "jwk to verify": (lambda keys: keys.jwk(keys.rsa, key_ops=["verify"]), "", "cannot sign with RS256"),
    "jwk that encrypts": (lambda keys: keys.jwk(keys.rsa, alg="RSA-OAEP"), "", "cannot sign with RSA-OAEP"),
    "jwk without a signature": (lambda keys: keys.jwk(keys.rsa, alg="none"), "", "cannot sign with none"),
    "jwk of another algorithm": (lambda keys: keys.jwk(keys.rsa, alg="PS384"), "RS256", "cannot sign with RS256"),
    "wrong kind": (lambda keys: keys.pem(keys.rsa), "ES256", "of type RSA, which cannot sign with ES256"),
    "wrong curve": (lambda keys: keys.pem(keys.ec), "ES384", "cannot sign with ES384"),
}


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_a_key_that_cannot_sign(name: str, fault: Make, disk: Make, keys: Any) -> None:
    """One line names the file and what is wrong with it; no part of the key is in it."""
    write, algorithm, words = WRONG_KEYS[name]
    text = write(keys)
    found = fault(f"{SIGNED}{algorithm and f', algorithm: {algorithm}'}", disk=disk({"key.pem": text}))
    assert found.message.startswith("'private_key' of auth (key.pem) ")
    assert words in found.message
    said = " ".join([found.message, *found.details, found.hint])
    assert "sentinel " not in f"{said} "
    assert not [line for line in text.splitlines() if len(line) > 40 and line in said]


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("secp256k1", "of a kind that signs no JWT: secp256k1", "EC (P-256, P-384, P-521)"),
        ("brainpoolP256r1", "of a kind that signs no JWT: brainpoolP256r1", "EC (P-256, P-384, P-521)"),
        ("secp224r1", "of a kind that signs no JWT: secp224r1", "EC (P-256, P-384, P-521)"),
        ("X25519", "of a kind that signs no JWT: X25519", "Ed25519"),
        ("JWK of secp256k1", "no JWK that can be used: 'secp256k1' keys sign no JWT", "EC (P-256, P-384, P-521)"),
        ("oct", "is a shared secret", "algorithm: HS256"),
    ],
)
def test_a_key_of_an_unknown_kind(name: str, said: str, hint: str, fault: Make, disk: Make, keys: Any) -> None:
    """A key to which no algorithm belongs is told by its kind, with the kinds that can sign."""
    from cryptography.hazmat.primitives.asymmetric import ec, x25519

    made = {
        "secp256k1": lambda: keys.pem(ec.generate_private_key(ec.SECP256K1())),
        "brainpoolP256r1": lambda: keys.pem(ec.generate_private_key(ec.BrainpoolP256R1())),
        "secp224r1": lambda: keys.pem(ec.generate_private_key(ec.SECP224R1())),
        "X25519": lambda: keys.pem(x25519.X25519PrivateKey.generate()),
        "JWK of secp256k1": lambda: '{"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "d": "AA"}',
        "oct": lambda: '{"kty": "oct", "k": "c2VudGluZWwtc2VudGluZWwtc2VudGluZWwtc2VudGk"}',
    }
    found = fault(SIGNED, disk=disk({"key.pem": made[name]()}))
    assert found.message.startswith("'private_key' of auth (key.pem) ")
    assert said in found.message
    assert hint in found.hint


def test_a_private_key_is_no_shared_secret(fault: Make, disk: Make, keys: Any) -> None:
    """HS256 with a private key is a mistake: its text is nobody's shared secret."""
    assert "HS256" in fault(f"{SIGNED}, algorithm: HS256", disk=disk({"key.pem": keys.pem(keys.rsa)})).message


def test_a_shared_secret_as_a_jwk(asked: Make, disk: Make, keys: Any) -> None:
    """RFC 7518 § 6.4: the secret of an oct key is its `k`."""
    text = "sentinel-sentinel-sentinel-senti"
    k = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    request = asked(f"{SIGNED}, algorithm: HS256", disk=disk({"key.pem": json.dumps({"kty": "oct", "k": k})}))
    assert keys.claims(assertion(request), text, "HS256")[1]["iss"] == "id"


def test_a_key_file_that_is_not_there(token_step: Make, disk: Make) -> None:
    """A file within the project is missed before anything is asked for, at its place in the file."""
    ran = token_step(SIGNED, disk=disk({}))
    assert (ran.asked, ran.sent) == ([], [])
    assert ran["R"].fault.message == "'private_key': no such file: 'key.pem'"
    assert ran["R"].fault.span is not None


def test_a_key_file_from_outside_that_cannot_be_read(fault: Make, disk: Make) -> None:
    """A file that the environment names is missed when it is read."""
    found = fault(f"{BASE}, private_key: '{{{{env.KEY}}}}'", disk=disk({}), env={"KEY": "/keys/key.pem"})
    assert "'private_key' of auth: cannot read '/keys/key.pem'" in found.message


@pytest.mark.parametrize("prefix", ["", "Bag Attributes\n", "\ufeff"])
def test_key_text_is_never_shown_as_a_path(prefix: str, token_step: Make, disk: Make, keys: Any) -> None:
    """A key in a variable without its first line (base64 alone, as many CI systems keep it) is not shown."""
    text = keys.pem(keys.rsa)
    text = prefix + (text if prefix else base64.b64encode(text.encode()).decode())
    ran = token_step(f"{BASE}, private_key: '{{{{env.KEY}}}}'", disk=disk({}), env={"KEY": text})
    said = ran.redactor.text(ran.tokens[0].fault.message if ran.tokens[0].fault else "")
    assert text[40:80] not in said


@pytest.mark.parametrize("name", ["private_key", "certificate", "client_assertion", "client_assertion_file"])
def test_an_empty_key(name: str, token_step: Make) -> None:
    """A variable that is set but empty is told by the name of the key that holds it, at its place."""
    ran = token_step(f"{BASE}, {name}: '{{{{env.EMPTY}}}}'", env={"EMPTY": ""})
    assert (ran.asked, ran.sent) == ([], [])
    assert ran["R"].fault.message == f"'{name}' of auth is empty"
    assert ran["R"].fault.span is not None


# --- assertions from elsewhere -------------------------------------------------------------------------------------


def test_an_assertion_file_is_read_for_each_fetch(run: Run, disk: Make) -> None:
    """Workload identity: what the platform writes into the file meanwhile is what the next fetch sends."""
    files = disk({"jwt.txt": "first.a.b\n"})

    def login(request: Request) -> Any:
        files.texts["jwt.txt"] = "second.a.b"
        return _granted()

    text = f"""
    auth: {{{BASE}, client_assertion_file: jwt.txt, leeway: 2h}}
    requests: [{{name: A, url: http://h}}, {{name: B, url: http://h}}]
    """
    ran = run(text, disk=files, login=login)
    assert [assertion(request) for request in ran.asked] == ["first.a.b", "second.a.b"]
    assert [form(request)[:-1] for request in ran.asked] == [ASSERTED, ASSERTED]
    assert ran.redactor.text("first.a.b second.a.b") == "*** ***"


def _granted() -> Any:
    from runner.engine.exchange import Response

    return Response(200, content=b'{"access_token": "token-1", "expires_in": 60}')


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_assertion_file(text: str, fault: Make, disk: Make) -> None:
    """A file without an assertion is named, and nothing is sent."""
    found = fault(f"{BASE}, client_assertion_file: jwt.txt", disk=disk({"jwt.txt": text}))
    assert "'client_assertion_file' is empty" in found.message
    assert "jwt.txt" in found.message


def test_an_assertion_file_that_cannot_be_read(fault: Make, disk: Make) -> None:
    """The platform's file may be missing: the message names key and file."""
    auth = f"{BASE}, client_assertion_file: '{{{{env.AZURE_FEDERATED_TOKEN_FILE}}}}'"
    found = fault(auth, disk=disk({}), env={"AZURE_FEDERATED_TOKEN_FILE": "/var/run/jwt"})
    assert "'client_assertion_file' of auth: cannot read '/var/run/jwt'" in found.message


# --- GitHub Actions ------------------------------------------------------------------------------------------------

GITHUB = f"{BASE}, client_auth: github_actions"
ACTIONS = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.test/token?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token-1",
}


@pytest.mark.parametrize(
    ("url", "fields", "asked_for"),
    [
        ("https://actions.test/t?v=2", "", "https://actions.test/t?v=2&audience=api%3A%2F%2FAzureADTokenExchange"),
        ("https://actions.test/t", "", "https://actions.test/t?audience=api%3A%2F%2FAzureADTokenExchange"),
        (
            "https://actions.test/t?v=2",
            ", assertion_audience: 'https://a b&c.test/'",
            "https://actions.test/t?v=2&audience=https%3A%2F%2Fa%20b%26c.test%2F",
        ),
    ],
)
def test_github_actions(url: str, fields: str, asked_for: str, token_step: Make, answer: Answer) -> None:
    """The job's OIDC token for the audience is the client's assertion; both tokens are hidden."""
    login = [answer(200, {"value": "oidc.token.1"}), answer(200, {"access_token": "token-1"})]
    ran = token_step(f"{GITHUB}{fields}", env={**ACTIONS, "ACTIONS_ID_TOKEN_REQUEST_URL": url}, login=login)
    first, second = ran.asked
    assert (first.method, first.url, first.body, first.max_redirects) == ("GET", asked_for, None, 0)
    assert first.header("authorization") == "bearer request-token-1"
    assert urlsplit(second.url).hostname == "login.test"
    assert form(second) == [*ASSERTED, ("client_assertion", "oidc.token.1")]
    assert second.header("authorization") is None
    assert ran.redactor.text("request-token-1 oidc.token.1") == "*** ***"


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.test/t"},
        {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token-1"},
        {**ACTIONS, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""},
    ],
)
def test_github_actions_elsewhere(env: dict[str, str], fault: Make) -> None:
    """Without the job's variables the message names them, and the permission that the job needs."""
    found = fault(GITHUB, env=env)
    assert "ACTIONS_ID_TOKEN_REQUEST_URL" in found.message
    assert "id-token: write" in found.hint


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"count": 1}),
        (200, {"value": None}),
        (200, {"value": 5}),
        (200, "<html>sign in</html>"),
        (200, ""),
        (302, {"value": "oidc.token.1"}),
        (401, {"value": "oidc.token.1"}),
        (500, "oops"),
        (200, {"value": ""}),
    ],
)
def test_github_actions_without_a_token(status: int, body: Any, token_step: Make, answer: Answer) -> None:
    """An answer without the job's OIDC token ends the token step; the token endpoint is not asked."""
    ran = token_step(GITHUB, env=ACTIONS, login=[answer(status, body), answer(200, {"access_token": "token-1"})])
    assert len(ran.asked) == 1
    message = ran.tokens[0].fault.message
    assert message.startswith("GET https://actions.test/token?api-version=2.0&audience=")
    assert f"answered {status}, but without an OIDC token" in message
