"""Security schemes → `auth`, and what goes beside it: keys in headers, queries and cookies, client certificates.

    requirement ─▶ Access: one auth block, further keys, a certificate

Of several alternatives the first that we have is taken; the others are losses. All schemes of one requirement are
needed: one of them becomes `auth`, keys beside it become entries. Credentials are secrets from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.formats.draft import Data, literal
from runner.formats.openapi.parts import Part
from runner.formats.openapi.variables import Ours, Variables, environment_variable, snake

_PLACES = {"header": "headers", "query": "query", "cookie": "cookies"}
_ORIGIN = re.compile(r"(?:[A-Za-z][\w+.-]*://)?[^/]*")
_WELL_KNOWN = "/.well-known/openid-configuration"
#: Flows of OAuth 2.0 in 3.0 and 2.0 → our grant; the first that a scheme has is taken.
_GRANTS = {
    "clientCredentials": "client_credentials", "application": "client_credentials",
    "password": "password",
    "authorizationCode": "authorization_code", "accessCode": "authorization_code",
    "deviceAuthorization": "device_code",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Access:
    """How requests prove who sends them. `auth` is None where nothing of it is sent; `scheme` is what it came of."""

    auth: Data | None = None
    scheme: Part | None = None
    entries: dict[str, Data] = field(default_factory=dict)
    client_cert: Data | None = None

    @property
    def identity(self) -> str:
        """What tells two of them apart."""
        return repr((self.auth, self.entries, self.client_cert))


class _Unknown(Exception):
    """A requirement that we cannot meet."""


class Schemes:
    """The security schemes of a document."""

    def __init__(self, root: Part, variables: Variables, base_url: str) -> None:
        self._root = root
        self._variables = variables
        self._base_url = base_url
        place = ("securityDefinitions",) if root.has("swagger") else ("components", "securitySchemes")
        self._holder = root.at(*place)
        self._scopes: dict[str, dict[str, None]] = {}
        self._chosen: dict[Any, Access | None] = {}

    def access(self, security: Part) -> Access | None:
        """What a `security` asks for; None where it asks for nothing, or for nothing that we have."""
        if security.key not in self._chosen:
            self._chosen[security.key] = self._choose(security)
        return self._chosen[security.key]

    def _choose(self, security: Part) -> Access | None:
        alternatives = list(security.items())
        refused: list[tuple[Part, str]] = []
        for place, requirement in enumerate(alternatives):
            try:
                chosen = self._requirement(requirement)
            except _Unknown as unknown:
                refused.append((requirement, str(unknown)))
                continue
            for other in filter(lambda part: part.value, alternatives[place + 1 :]):
                other.lose(_words(other), "another way to authenticate: a request has one", "change 'auth'")
            for other, why in refused:
                other.lose(_words(other), why)
            return chosen
        for other, why in refused:
            other.lose(_words(other), why, "write 'auth', or a header")
        return None

    def _requirement(self, requirement: Part) -> Access | None:
        """All schemes of one requirement together; None for the empty one, which asks for nothing."""
        access = Access()
        for name, scopes in requirement.entries():
            scheme = self._holder.at(name).follow()
            if scheme is None or scheme.value is None:
                raise _Unknown(f"there is no security scheme '{name}'")
            self._add(access, name, scheme, [scope.text() for scope in scopes.items()])
        empty = access.auth is None and not access.entries and access.client_cert is None
        return None if empty else access

    def _add(self, access: Access, name: str, scheme: Part, scopes: list[str]) -> None:
        kind = scheme.text("type")
        kind = f"http {scheme.text('scheme').lower()}" if kind == "http" else kind
        if kind == "mutualTLS":
            access.client_cert = {part: environment_variable(f"{name}_{part}") for part in ("cert", "key")}
            return
        known = _KINDS.get(kind)
        if known is None:
            raise _Unknown(f"'{kind}' is no security scheme that we have")
        made = known(self, name, scheme)
        if made["type"] == "oauth2":
            self._scopes.setdefault(name, {}).update(dict.fromkeys(scopes))
        if access.auth is None or access.scheme is None:
            access.auth, access.scheme = made, scheme
            return
        both = ((access.auth, access.scheme), (made, scheme))
        (access.auth, access.scheme), (other, its) = sorted(both, key=lambda each: _rank(each[0]))
        if other["type"] == "api_key":
            access.entries.setdefault(_PLACES[other.get("in", "header")], {})[other["name"]] = other["value"]
        else:
            its.lose(f"security {its.name}", "it is asked for beside another that writes the same header")

    # --- one scheme each

    def _api_key(self, name: str, scheme: Part) -> Data:
        if scheme.text("x-amazon-apigateway-authtype").lower() == "awssigv4":
            return self._signature(name, scheme)
        place = scheme.text("in") or "header"
        if place not in _PLACES or not scheme.text("name"):
            raise _Unknown(f"the key '{name}' has no place or no name")
        made: Data = {"type": "api_key", "name": literal(scheme.text("name"))}
        made |= {"in": place} if place != "header" else {}
        return made | {"value": self._variables.secret(name)}

    def _signature(self, name: str, scheme: Part) -> Data:
        """What Amazon's API Gateway writes beside a key: it is no key, but a signature."""
        return {
            "type": "aws_sigv4",
            "access_key": Ours("{{env.AWS_ACCESS_KEY_ID}}"),
            "secret_key": self._variables.secret("aws_secret_access_key"),
            "region": Ours("{{env.AWS_REGION}}"),
            "service": "execute-api",
        }

    def _user(self, name: str, scheme: Part) -> Data:
        kind = scheme.text("scheme").lower() or "basic"
        return {
            "type": kind,
            "username": environment_variable(f"{name}_username"),
            "password": self._variables.secret(f"{name}_password"),
        }

    def _bearer(self, name: str, scheme: Part) -> Data:
        like = name if snake(name).endswith("token") else f"{name}_token"
        return {"type": "bearer", "token": self._variables.secret(like)}

    def _open_id(self, name: str, scheme: Part) -> Data:
        url = scheme.text("openIdConnectUrl")
        if not url.endswith(_WELL_KNOWN):
            raise _Unknown(f"the issuer cannot be told from '{url}'")
        return self._client(name, {"type": "oauth2", "issuer": self._url(url.removesuffix(_WELL_KNOWN))})

    def _oauth2(self, name: str, scheme: Part) -> Data:
        flows = {scheme.text("flow"): scheme} if scheme.has("flow") else dict(scheme.at("flows").entries())
        chosen = next((flow for flow in _GRANTS if flow in flows), None)
        for flow, part in flows.items():
            if flow == "implicit":
                remedy = "" if chosen else f"a token that you have goes into {snake(name).upper()}_TOKEN"
                part.lose("OAuth flow 'implicit'", "it hands the token to a web page", remedy)
            elif flow != chosen and not flow.startswith("x-"):
                part.lose(f"OAuth flow '{flow}'", "another flow of the scheme is taken", "change 'auth'")
        if chosen is not None:
            return self._flow(name, _GRANTS[chosen], flows[chosen])
        if "implicit" in flows:
            return self._bearer(name, scheme)
        raise _Unknown(f"'{name}' has no OAuth flow that we have")

    def _flow(self, name: str, grant: str, flow: Part) -> Data:
        made: Data = {"type": "oauth2"}
        made |= {"grant": grant} if grant != "client_credentials" else {}
        for ours, theirs in _URLS.get(grant, _TOKEN_URL).items():
            if flow.text(theirs):
                made[ours] = self._url(flow.text(theirs))
            else:
                variable = environment_variable(f"{name}_{ours}")
                flow.lose(f"'{theirs}' of '{name}'", "the document does not say it", f"set {variable[6:-2]}")
                made[ours] = variable
        if flow.text("refreshUrl") not in ("", flow.text("tokenUrl")):
            flow.at("refreshUrl").lose("'refreshUrl'", "tokens are renewed where they are fetched")
        return self._client(name, made)

    def _client(self, name: str, made: Data) -> Data:
        made["client_id"] = environment_variable(f"{name}_client_id")
        made["client_secret"] = self._variables.secret(f"{name}_client_secret")
        if made.get("grant") == "password":
            made["username"] = environment_variable(f"{name}_username")
            made["password"] = self._variables.secret(f"{name}_password")
        made["scope"] = _Scopes(self._scopes.setdefault(name, {}))
        return made

    def _url(self, url: str) -> Ours:
        """A URL; a relative one starts from that of the API, and goes where its environments go if it can."""
        if "://" in url:
            return Ours(literal(url))
        base = _ORIGIN.match(self._base_url)
        origin, path = (base[0], self._base_url[base.end() :]) if base else ("", self._base_url)
        if path in ("", "/") or not url.startswith("/"):
            return Ours("{{base_url}}" + literal(f"/{url.removeprefix('./').lstrip('/')}"))
        return Ours(origin + literal(url))


class _Scopes:
    """The scopes of all requests of a scheme: known when all have been read."""

    def __init__(self, found: dict[str, None]) -> None:
        self.found = found

    def __repr__(self) -> str:
        return "scopes"


_TOKEN_URL = {"token_url": "tokenUrl"}
#: Grant → the URLs that it needs: our key, and OpenAPI's.
_URLS = {
    "authorization_code": {"authorization_url": "authorizationUrl", **_TOKEN_URL},
    "device_code": {"device_url": "deviceAuthorizationUrl", **_TOKEN_URL},
}
_KINDS: Mapping[str, Callable[[Schemes, str, Part], Data]] = {
    "apiKey": Schemes._api_key,
    "basic": Schemes._user,
    "http basic": Schemes._user,
    "http digest": Schemes._user,
    "http bearer": Schemes._bearer,
    "oauth2": Schemes._oauth2,
    "openIdConnect": Schemes._open_id,
}


def _rank(auth: Data) -> int:
    """Of several that are asked for at once, the one that has to be `auth` comes first."""
    return ("oauth2", "aws_sigv4", "digest", "basic", "bearer", "api_key").index(auth["type"])


def settled(auth: Data) -> Data:
    """An auth block with the scopes of all requests that use it: one token is for all of them."""
    scope = auth.get("scope")
    if not isinstance(scope, _Scopes):
        return auth
    made = {name: value for name, value in auth.items() if name != "scope"}
    return made | ({"scope": Ours(literal(" ".join(scope.found)))} if scope.found else {})


def _words(requirement: Part) -> str:
    names = " and ".join(name for name, _ in requirement.entries())
    return f"security {names}" if names else "security: none"
