"""Security schemes → auth."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

ENV = "{{{{env.{}}}}}".format
TOKEN_URL = "https://id.test/token"


def _root(**schemes: str) -> str:
    lines = "".join(f"    {name}: {{{scheme}}}\n" for name, scheme in schemes.items())
    return f"components:\n  securitySchemes:\n{lines}"


def _flows(flows: str) -> str:
    return f"type: oauth2, flows: {{{flows}}}"


CLIENT = {"client_id": ENV("S_CLIENT_ID"), "client_secret": "{{s_client_secret}}"}
USER = {"username": ENV("S_USERNAME"), "password": "{{s_password}}"}


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("type: http, scheme: basic", {"type": "basic", **USER}),
        ("type: http, scheme: Digest", {"type": "digest", **USER}),
        ("type: http, scheme: bearer", {"type": "bearer", "token": "{{s_token}}"}),
        ("type: apiKey, in: header, name: X-Key", {"type": "api_key", "name": "X-Key", "value": "{{s}}"}),
        ("type: apiKey, in: query, name: k", {"type": "api_key", "name": "k", "in": "query", "value": "{{s}}"}),
        ("type: apiKey, in: cookie, name: k", {"type": "api_key", "name": "k", "in": "cookie", "value": "{{s}}"}),
        (
            _flows(f"clientCredentials: {{tokenUrl: '{TOKEN_URL}', scopes: {{}}}}"),
            {"type": "oauth2", "token_url": TOKEN_URL, **CLIENT, "scope": "a b"},
        ),
        (
            _flows(f"password: {{tokenUrl: '{TOKEN_URL}', scopes: {{}}}}"),
            {"type": "oauth2", "grant": "password", "token_url": TOKEN_URL, **CLIENT, **USER, "scope": "a b"},
        ),
        (
            _flows(f"authorizationCode: {{authorizationUrl: 'https://id.test/a', tokenUrl: '{TOKEN_URL}', scopes: {{}}}}"),
            {
                "type": "oauth2", "grant": "authorization_code", "authorization_url": "https://id.test/a",
                "token_url": TOKEN_URL, **CLIENT, "scope": "a b",
            },
        ),
        (
            "type: openIdConnect, openIdConnectUrl: 'https://id.test/x/.well-known/openid-configuration'",
            {"type": "oauth2", "issuer": "https://id.test/x", **CLIENT, "scope": "a b"},
        ),
        (_flows("implicit: {authorizationUrl: 'https://id.test/a'}"), {"type": "bearer", "token": "{{s_token}}"}),
    ],
)  # fmt: skip
def test_schemes(one: Callable[..., Any], scheme: str, expected: dict[str, Any]) -> None:
    """Each scheme becomes the auth of its kind, its credentials from the environment."""
    found = one("security: [{s: [a, b]}]", _root(s=scheme))
    assert found.collection["auth"] == expected
    for name, value in found.collection.get("secrets", {}).items():
        assert value == ENV(name.upper())


def test_mutual_tls(one: Callable[..., Any]) -> None:
    """A client certificate that all requests show is a default."""
    found = one("security: [{s: []}]", _root(s="type: mutualTLS"))
    assert found.collection["defaults"]["client_cert"] == {"cert": ENV("S_CERT"), "key": ENV("S_KEY")}


@pytest.mark.parametrize(
    ("security", "lost"),
    [
        ("[{a: []}, {b: []}]", ["security b: another way to authenticate: a request has one"]),
        ("[{odd: []}, {b: []}]", ["security odd: 'http hoba' is no security scheme that we have"]),
        ("[{nowhere: []}, {b: []}]", ["security nowhere: there is no security scheme 'nowhere'"]),
        ("[{a: []}, {}]", []),
    ],
)
def test_alternatives(one: Callable[..., Any], security: str, lost: list[str]) -> None:
    """Of several alternatives the first that we have is taken, and what is left is told."""
    root = _root(a="type: http, scheme: basic", b="type: apiKey, in: header, name: K", odd="type: http, scheme: hoba")
    found = one(f"security: {security}", root)
    assert found.lost == lost
    assert found.collection["auth"]["type"] == ("basic" if "{a" in security else "api_key")


def test_several_at_once(one: Callable[..., Any]) -> None:
    """Of schemes that are needed together one is auth, and keys are entries beside it."""
    root = _root(k="type: apiKey, in: query, name: key", b="type: http, scheme: bearer")
    found = one("security: [{k: [], b: []}]", root)
    assert found.collection["auth"]["type"] == "bearer"
    assert found.collection["defaults"]["query"] == {"key": "{{k}}"}


def test_keys_of_some_requests(imported: Callable[..., Any]) -> None:
    """A key beside auth stands at the requests that need it, unless all do: then it is a default."""
    document = """
        openapi: 3.0.0
        security: [{s: [], k: [], l: []}]
        paths:
          /a: {get: {parameters: [{name: X, in: header, required: true, example: x}]}}
          /b: {get: {SECURITY}}
        components:
          securitySchemes:
            s: {type: http, scheme: bearer}
            k: {type: apiKey, in: header, name: K}
            l: {type: apiKey, in: query, name: l}
    """
    made = imported(document.replace("SECURITY", "")).collection
    assert made["defaults"] == {"headers": {"K": "{{k}}"}, "query": {"l": "{{l}}"}}
    assert [request.get("headers") for request in made["requests"]] == [{"X": "x"}, None]
    made = imported(document.replace("SECURITY", "security: [{s: [], l: []}]")).collection
    assert made["defaults"] == {"query": {"l": "{{l}}"}}
    assert [request.get("headers") for request in made["requests"]] == [{"X": "x", "K": "{{k}}"}, None]


def test_none(imported: Callable[..., Any]) -> None:
    """`security: []` is `auth: none` below what the others have."""
    made = imported("""
        openapi: 3.0.0
        info: {title: A, version: '1'}
        security: [{s: []}]
        paths:
          /a: {get: {}}
          /b: {get: {}}
          /c: {get: {security: []}}
        components: {securitySchemes: {s: {type: http, scheme: bearer}}}
    """)
    assert made.collection["auth"]["type"] == "bearer"
    assert [request.get("auth") for request in made.collection["requests"]] == [None, None, "none"]


def test_urls(one: Callable[..., Any]) -> None:
    """A URL that the document does not say comes from the environment, and is told; a relative one is the API's."""
    found = one("security: [{s: []}]", _root(s=_flows("clientCredentials: {scopes: {}}")))
    assert found.collection["auth"]["token_url"] == ENV("S_TOKEN_URL")
    assert found.lost == ["'tokenUrl' of 's': the document does not say it"]
    found = one("security: [{s: []}]", _root(s=_flows("clientCredentials: {tokenUrl: /token}")))
    assert found.collection["auth"]["token_url"] == "https://api.test/token"


@pytest.mark.parametrize(
    ("server", "url", "expected"),
    [
        ("https://a.test", "/token", "{{base_url}}/token"),
        ("https://a.test/", "token", "{{base_url}}/token"),
        ("https://a.test/v1", "/token", "https://a.test/token"),
        ("https://a.test/v1", "./token", "{{base_url}}/token"),
        ("https://{r}.a.test/{v}", "/token", "https://{{r}}.a.test/token"),
        ("/v1", "/token", "{{origin}}/token"),
        ("/v1", "https://id.test/token", "https://id.test/token"),
    ],
)  # fmt: skip
def test_relative_urls(one: Callable[..., Any], server: str, url: str, expected: str) -> None:
    """A relative URL of a flow is resolved as RFC 3986 § 5.2 has it, against the first server."""
    root = _root(s=_flows(f"clientCredentials: {{tokenUrl: {url}}}"))
    variables = "variables: {r: {default: eu}, v: {default: v2}}"
    found = one("security: [{s: []}]", f"servers: [{{url: '{server}', {variables}}}]\n{dedent(root)}")
    assert found.collection["auth"]["token_url"] == expected


def test_signatures(one: Callable[..., Any]) -> None:
    """What Amazon's API Gateway calls a key is a signature."""
    scheme = "type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4"
    found = one("security: [{s: []}]", _root(s=scheme))
    assert found.collection["auth"]["type"] == "aws_sigv4"
    assert found.collection["auth"]["secret_key"] == "{{aws_secret_access_key}}"
