"""How a client proves who it is, against oidc-provider, which checks every signature and refuses a second use."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from typing import Any
from uuid import uuid4

import pytest

SIGNED = """\
base_url: "{{base}}/api"
auth:
  type: oauth2
  issuer: "{{base}}"
  client_id: "{{client}}"
  client_auth: private_key_jwt
  private_key: "{{key}}"
  key_id: "key-of-{{client}}"
  scope: api.read
requests:
  - {name: Read, url: /one, assert: [status: 200, body.client: "{{client}}", body.scope: api.read]}
"""


def of(server: Any, path: str) -> list[dict[str, Any]]:
    """What arrived at `path`, in order."""
    return [entry for entry in server.get("/seen") if entry["path"].startswith(path)]


def part(jwt: str, number: int) -> dict[str, Any]:
    """The header (0) or the claims (1) of a JWT."""
    text = jwt.split(".")[number]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def with_algorithm(text: str, algorithm: str) -> str:
    return text.replace("  key_id:", f"  algorithm: {algorithm}\n  key_id:")


@pytest.mark.parametrize("kind", ["pem", "json"])
@pytest.mark.parametrize(("client", "algorithm"), [("rs256", ""), ("es256", ""), ("ed25519", ""), ("ps256", "PS256")])
def test_a_client_signs_a_jwt(live: Any, oidc: Any, client: str, algorithm: str, kind: str) -> None:
    """The key is a PEM or a JWK file, its kind says how to sign, and RSA keys may be told to use PS256."""
    shutil.copy(oidc.place / f"{client}.{kind}", live.place)
    text = with_algorithm(SIGNED, algorithm) if algorithm else SIGNED
    said = live.text(text, "--verbose", base=oidc.url, client=client, key=f"{client}.{kind}")
    (fetch,) = of(oidc, "/token")
    assertion = fetch["form"]["client_assertion"]
    assert assertion not in said
    assert part(assertion, 0)["kid"] == f"key-of-{client}"
    claims = part(assertion, 1)
    assert (claims["iss"], claims["sub"], claims["aud"]) == (client, client, f"{oidc.url}/token")
    assert 0 < claims["exp"] - claims["iat"] <= 600
    assert not fetch["authorization"]
    assert "client_secret" not in fetch["form"]


def test_a_key_may_be_text(live: Any, oidc: Any) -> None:
    """A PEM text from the process environment does as well, and is a secret."""
    pem = (oidc.place / "es256.pem").read_text("ascii")
    text = SIGNED.replace("{{key}}", "{{env.KEY}}")
    said = live.text(text, "--verbose", base=oidc.url, client="es256", env={"KEY": pem})
    assert pem.splitlines()[1] not in said


def test_another_audience(live: Any, oidc: Any) -> None:
    """`assertion_audience` takes the place of the token endpoint: here the issuer."""
    shutil.copy(oidc.place / "rs256.pem", live.place)
    text = SIGNED.replace("  key_id:", '  assertion_audience: "{{base}}"\n  key_id:')
    live.text(text, base=oidc.url, client="rs256", key="rs256.pem")
    (fetch,) = of(oidc, "/token")
    assert part(fetch["form"]["client_assertion"], 1)["aud"] == oidc.url


def test_each_token_request_has_a_jwt_of_its_own(live: Any, oidc: Any) -> None:
    """A server refuses a JWT that it has seen (`jti`), so a renewed token takes another one."""
    shutil.copy(oidc.place / "rs256.pem", live.place)
    text = """\
base_url: "{{base}}/api"
auth:
  {type: oauth2, token_url: "{{base}}/token", client_id: rs256, client_auth: private_key_jwt,
   private_key: rs256.pem, key_id: key-of-rs256, leeway: 0}
requests:
  - {name: Withdraw, method: POST, url: /withdraw}
  - {name: Again, url: /again, assert: [body.client: rs256]}
"""
    live.text(text, base=oidc.url)
    first, second = (part(fetch["form"]["client_assertion"], 1)["jti"] for fetch in of(oidc, "/token"))
    assert first != second


def test_the_key_of_somebody_else(live: Any, oidc: Any) -> None:
    """A signature by another key is an auth failure with the server's words, and the key is not shown."""
    shutil.copy(oidc.place / "rs256.pem", live.place)
    said = live.text(
        with_algorithm(SIGNED, "PS256"), "--verbose", base=oidc.url, client="ps256", key="rs256.pem", expect=5
    )
    assert "invalid_client" in said
    assert "client authentication failed" in said
    assert of(oidc, "/api/") == []
    assert (oidc.place / "rs256.pem").read_text("ascii").splitlines()[1] not in said


def test_a_key_that_is_not_there(live: Any, oidc: Any) -> None:
    """A missing key file is named, with the place in the collection, and nothing is sent."""
    said = live.text(SIGNED.replace("{{key}}", "nowhere.pem"), base=oidc.url, client="rs256", expect=3)
    assert "nowhere.pem" in said
    assert oidc.get("/seen") == []


def test_a_key_that_does_not_fit(live: Any, oidc: Any) -> None:
    """An EC key cannot sign RS256: the token step says so, and asks for no token."""
    shutil.copy(oidc.place / "es256.pem", live.place)
    said = live.text(with_algorithm(SIGNED, "RS256"), base=oidc.url, client="rs256", key="es256.pem", expect=5)
    assert "cannot sign with RS256" in said
    assert of(oidc, "/token") == []


def test_a_certificate_is_named_in_the_header(live: Any, oidc: Any) -> None:
    """With `certificate` the JWT is signed by PS256 and says which certificate it was (`x5t#S256`), as Entra ID asks."""
    shutil.copy(oidc.place / "ps256.pem", live.place)
    making = ["openssl", "req", "-x509", "-key", "ps256.pem", "-subj", "/CN=ps256", "-days", "2", "-out", "ps256.crt"]
    subprocess.run(making, cwd=live.place, check=True, capture_output=True)
    text = SIGNED.replace("  key_id:", "  certificate: ps256.crt\n  key_id:")
    live.text(text, base=oidc.url, client="ps256", key="ps256.pem")
    (fetch,) = of(oidc, "/token")
    header = part(fetch["form"]["client_assertion"], 0)
    reading = ["openssl", "x509", "-in", "ps256.crt", "-noout", "-fingerprint", "-sha256"]
    said = subprocess.run(reading, cwd=live.place, check=True, capture_output=True, encoding="ascii").stdout
    digest = bytes.fromhex(said.split("=")[1].replace(":", ""))
    assert header["alg"] == "PS256"
    assert header["x5t#S256"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")


# ---------------------------------------------------------------- JWTs that others made


def signed_elsewhere(oidc: Any, client: str) -> str:
    """A JWT for the client, signed by openssl."""
    now = int(time.time())
    header = {"alg": "RS256", "typ": "JWT", "kid": f"key-of-{client}"}
    claims = {"iss": client, "sub": client, "aud": oidc.url, "jti": str(uuid4()), "iat": now, "exp": now + 300}
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, claims)]
    signing = ["openssl", "dgst", "-sha256", "-sign", str(oidc.place / f"{client}.pem")]
    done = subprocess.run(signing, input=b".".join(parts), check=True, capture_output=True)
    return b".".join([*parts, base64.urlsafe_b64encode(done.stdout).rstrip(b"=")]).decode()


@pytest.mark.parametrize("key", ["client_assertion", "client_assertion_file"])
def test_a_jwt_that_somebody_else_made(live: Any, oidc: Any, key: str) -> None:
    """Workload identity: a JWT, ready made, is sent as it is; in a file its last line break is no part of it."""
    jwt = signed_elsewhere(oidc, "rs256")
    (live.place / "assertion.jwt").write_text(jwt + "\n", "ascii")
    value = "assertion.jwt" if key.endswith("_file") else "{{env.JWT}}"
    text = f"""\
auth: {{type: oauth2, token_url: "{{{{base}}}}/token", client_id: rs256, {key}: "{value}"}}
requests: [{{name: One, url: "{{{{base}}}}/api/one", assert: [body.client: rs256]}}]
"""
    said = live.text(text, "--verbose", base=oidc.url, env={"JWT": jwt})
    (fetch,) = of(oidc, "/token")
    assert fetch["form"]["client_assertion"] == jwt
    assert fetch["form"]["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert jwt.split(".")[2] not in said


def test_a_used_jwt_is_refused(live: Any, oidc: Any) -> None:
    """A JWT that the server has seen is an auth failure, not a reason to try again."""
    text = """\
auth: {type: oauth2, token_url: "{{base}}/token", client_id: rs256, client_assertion: "{{env.JWT}}", cache: memory}
requests: [{name: One, url: "{{base}}/api/one"}]
"""
    jwt = {"JWT": signed_elsewhere(oidc, "rs256")}
    live.text(text, base=oidc.url, env=jwt)
    said = live.text(text, base=oidc.url, env=jwt, expect=5)
    assert "invalid_client" in said
    assert [fetch["status"] for fetch in of(oidc, "/token")] == [200, 401]


GITHUB = """\
auth:
  {type: oauth2, token_url: "{{base}}/token", client_id: job, client_auth: github_actions}
requests: [{name: One, url: "{{base}}/api/one"}]
"""


def test_the_identity_of_a_github_job(live: Any, faulty: Any) -> None:
    """The job's own token is asked for with the audience, and goes as the client's assertion."""
    env = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{faulty.url}/actions/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job-token-of-the-tests",
    }
    said = live.text(GITHUB, "--verbose", base=faulty.url, env=env)
    (fetch,) = of(faulty, "/token")
    assert ["client_assertion", "jwt.for.api://AzureADTokenExchange"] in fetch["form"]
    assert "job-token-of-the-tests" not in said
    assert "jwt.for.api" not in said


def test_no_github_job(live: Any, faulty: Any) -> None:
    """Outside of a job, or without its permission, the variables that are missing are named."""
    env = {"ACTIONS_ID_TOKEN_REQUEST_URL": "", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}
    said = live.text(GITHUB, base=faulty.url, env=env, expect=5)
    assert "ACTIONS_ID_TOKEN_REQUEST_URL" in said
    assert "id-token: write" in said
    assert faulty.get("/seen") == []


# ---------------------------------------------------------------- secrets


def test_raw_basic_is_not_encoded(live: Any, faulty: Any) -> None:
    """`basic_raw` puts id and secret into the header as they are, for servers that do not decode them."""
    text = """\
auth: {type: oauth2, token_url: "{{base}}/token", client_id: some one, client_secret: "{{env.S}}", client_auth: basic_raw}
requests: [{name: One, url: "{{base}}/api/one"}]
"""
    said = live.text(text, "--verbose", base=faulty.url, env={"S": "p@ss w+rd%:/~"})
    (fetch,) = of(faulty, "/token")
    sent = fetch["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"some one:p@ss w+rd%:/~"
    assert sent not in said


def test_a_public_client_sends_its_name_alone(live: Any, oidc: Any) -> None:
    """`client_auth: none` sends the client's id, and neither a secret nor a header."""
    text = """\
secrets: {password: "{{env.PASSWORD}}"}
auth:
  {type: oauth2, grant: password, issuer: "{{base}}", client_id: native, client_auth: none,
   username: ada, password: "{{password}}", scope: api.read}
requests: [{name: One, url: "{{base}}/api/one", assert: [body.sub: ada]}]
"""
    live.text(text, base=oidc.url, env={"PASSWORD": "lovelace & sons + 1815"})
    (fetch,) = of(oidc, "/token")
    assert fetch["form"]["client_id"] == "native"
    assert "client_secret" not in fetch["form"]
    assert not fetch["authorization"]


def test_a_token_in_the_query(live: Any, oidc: Any) -> None:
    """`in: query` puts the token where RFC 6750 § 2.3 has it, and no output shows it."""
    text = """\
auth: {type: oauth2, token_url: "{{base}}/token", client_id: post, client_secret: s3cr3t~post, in: query}
requests: [{name: One, url: "{{base}}/api/one?x=1"}]
"""
    said = live.text(text, "--verbose", base=oidc.url)
    (call,) = of(oidc, "/api/")
    assert not call["authorization"]
    assert call["path"].startswith("/api/one?x=1&access_token=")
    assert call["path"].rpartition("=")[2] not in said
