"""How a client authenticates at the token endpoint: a row of `CLIENT_AUTH` for each `client_auth`.

RFC 6749 § 2.3 (post, basic), RFC 7523 § 2.2 (JWTs, one's own or somebody else's), Entra ID's certificates. With no
`client_auth` the block's other keys say which one is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, quote_plus

from runner.engine.auth.base import Fields
from runner.engine.auth.basic import basic_credentials
from runner.engine.auth.oauth2.endpoint import Client, Form, Proof, Settings, request_to, sent
from runner.engine.auth.replies import asked, json_object, text_of, words_of
from runner.engine.exchange import TokenWish
from runner.errors import AuthError

if TYPE_CHECKING:
    from runner.engine.auth.signing import KeyText

Proving = Generator[TokenWish, Any, Proof]

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: Seconds that an assertion is valid: servers refuse those that live for more than five or ten minutes.
_ASSERTION_LIFE = 300.0
#: What Entra ID expects as the audience of another provider's token.
_FEDERATED_AUDIENCE = "api://AzureADTokenExchange"


def client_of(fields: Fields, grant: str, settings: Settings) -> Client:
    """The client of an `auth` block."""
    way = fields.text("client_auth") or _implied(fields, grant)
    return CLIENT_AUTH[way](fields, fields.text("client_id"), settings)


def _implied(fields: Fields, grant: str) -> str:
    if fields.given("client_assertion") or fields.given("client_assertion_file"):
        return "private_key_jwt"
    if fields.given("certificate") or (
        fields.given("private_key") and (grant != "jwt_bearer" or fields.given("assertion"))
    ):
        return "private_key_jwt"
    if grant == "jwt_bearer" and not fields.given("assertion") and not fields.given("client_secret"):
        return "unnamed"  # the assertion says who asks, as Google wants it
    return "post"


def _always(proof: Proof) -> Callable[[str], Proving]:
    def prove(token_url: str) -> Proving:
        yield from ()
        return proof

    return prove


def _post(fields: Fields, client_id: str, settings: Settings) -> Client:
    secret = fields.text("client_secret")
    proof = Proof([("client_id", client_id), ("client_secret", secret)])
    return Client(client_id, _always(proof), ("post", client_id, secret))


def _none(fields: Fields, client_id: str, settings: Settings) -> Client:
    return Client(client_id, _always(Proof([("client_id", client_id)])), ("none", client_id))


def _unnamed(fields: Fields, client_id: str, settings: Settings) -> Client:
    return Client(client_id, _always(Proof([])), ("unnamed", client_id))


def _basic(fields: Fields, client_id: str, settings: Settings) -> Client:
    # Both are form-encoded before base64 (RFC 6749 § 2.3.1 and appendix B); many clients forget it.
    return _by_header(fields, client_id, basic_credentials(quote_plus(client_id), quote_plus(_secret(fields))))


def _basic_raw(fields: Fields, client_id: str, settings: Settings) -> Client:
    return _by_header(fields, client_id, basic_credentials(client_id, _secret(fields)))


def _secret(fields: Fields) -> str:
    return fields.text("client_secret")


def _by_header(fields: Fields, client_id: str, header: str) -> Client:
    fields.hide(header.removeprefix("Basic "))
    return Client(client_id, _always(Proof([], (("Authorization", header),))), ("basic", header))


def _private_key_jwt(fields: Fields, client_id: str, settings: Settings) -> Client:
    for name in ("client_assertion", "client_assertion_file"):
        if fields.given(name):
            fields.needed(name)
    ready, file = fields.text("client_assertion"), fields.file("client_assertion_file")
    if ready:
        return _asserted(client_id, _always(_proof(client_id, ready)), ready)
    if file:
        return _asserted(client_id, lambda token_url: _from_file(fields, client_id, file), file)
    return _signed(fields, client_id)


def _asserted(client_id: str, prove: Callable[[str], Proving], *identity: str) -> Client:
    return Client(client_id, prove, ("assertion", client_id, *identity))


def _from_file(fields: Fields, client_id: str, path: str) -> Proving:
    """Workload identity: the platform writes a new assertion into the file from time to time."""
    yield from ()
    assertion = fields.read("client_assertion_file", path).strip()
    if not assertion:
        raise AuthError(f"the file of 'client_assertion_file' is empty: {path}")
    fields.hide(assertion)
    return _proof(client_id, assertion)


def _proof(client_id: str, assertion: str) -> Proof:
    form: Form = [
        ("client_id", client_id),
        ("client_assertion_type", _ASSERTION_TYPE),
        ("client_assertion", assertion),
    ]
    return Proof(form)


def _signed(fields: Fields, client_id: str) -> Client:
    key = key_of(fields)
    audience = fields.text("assertion_audience")

    def prove(token_url: str) -> Proving:
        from runner.engine.auth.signing import make_jwt, timed

        yield from ()
        # RFC 7523 § 3: who asks is both issuer and subject; a fresh `jti`, for servers take each assertion once.
        claims = timed({"iss": client_id, "sub": client_id, "aud": audience or token_url}, _ASSERTION_LIFE)
        assertion = make_jwt(key.read(), {**claims, "nbf": claims["iat"]})
        fields.hide(assertion)
        return _proof(client_id, assertion)

    return _asserted(client_id, prove, audience, *key.identity)


class SigningKey(NamedTuple):
    """The key of a block that signs JWTs: `read` gives it, anew each time; `identity` tells it from other keys."""

    identity: tuple[str, ...]
    read: Callable[[], KeyText]


def key_of(fields: Fields) -> SigningKey:
    """The key that `private_key` names, or the one in the file of `certificate`.

    Raises:
        ResolveError: neither names one, or a file is not there.
    """
    key, certificate = (fields.file(name) if fields.given(name) else "" for name in ("private_key", "certificate"))
    if not key and not certificate:
        name = "private_key" if fields.given("private_key") or not fields.given("certificate") else "certificate"
        raise fields.fault(name, f"'{name}' of auth is empty")
    key_id, algorithm = fields.text("key_id"), fields.text("algorithm")

    def read() -> KeyText:
        from runner.engine.auth.signing import KeyText

        certified = fields.read("certificate", certificate)
        if certificate and not certified.strip():
            raise AuthError(f"'certificate' of auth ({fields.text('certificate')}) is empty")
        name, given = ("private_key", key) if key else ("certificate", certificate)  # one file may hold both
        written = fields.text(name)
        text = fields.read(name, given)
        fields.hide(text)
        place = f"'{name}' of auth" if text == given else f"'{name}' of auth ({written})"
        return KeyText(text, place, key_id, algorithm, certified)

    return SigningKey((key, certificate, key_id, algorithm), read)


def _github_actions(fields: Fields, client_id: str, settings: Settings) -> Client:
    audience = fields.text("assertion_audience", _FEDERATED_AUDIENCE)

    def prove(token_url: str) -> Proving:
        url, bearer = (fields.scope.shared.env.get(f"ACTIONS_ID_TOKEN_REQUEST_{name}", "") for name in ("URL", "TOKEN"))
        if not url or not bearer:
            hint = "it runs in a GitHub Actions job with `permissions: id-token: write`"
            raise AuthError("client_auth: github_actions finds no ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN", hint=hint)
        fields.hide(bearer)
        url += f"{'&' if '?' in url else '?'}audience={quote(audience, safe='')}"
        headers = (("Accept", "application/json"), ("Authorization", f"bearer {bearer}"))
        exchange = yield from sent(request_to(url, settings, headers=headers))
        text = text_of(exchange.response)
        answer = json_object(text)
        fields.hide(answer.get("value"))
        if exchange.response.status >= 300 or not isinstance(answer.get("value"), str) or not answer["value"]:
            raise AuthError(f"{asked(exchange)}, but without an OIDC token: {words_of(answer, text)}")
        return _proof(client_id, answer["value"])

    return _asserted(client_id, prove, "github_actions", audience)


CLIENT_AUTH: Mapping[str, Callable[[Fields, str, Settings], Client]] = {
    "post": _post,
    "basic": _basic,
    "basic_raw": _basic_raw,
    "private_key_jwt": _private_key_jwt,
    "github_actions": _github_actions,
    "none": _none,
    "unnamed": _unnamed,
}
