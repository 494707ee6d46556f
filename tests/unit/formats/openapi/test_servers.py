"""Servers → base_url, variables and environments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.formats.draft import Comment


def _plain(entries: dict[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in entries.items() if not isinstance(name, Comment)}


@pytest.mark.parametrize(
    ("servers", "variables"),
    [
        ("[{url: 'https://a.test/v1/'}]", {"base_url": "https://a.test/v1"}),
        ("[{url: '//a.test'}]", {"base_url": "https://a.test"}),
        ("[{url: /v1}]", {"base_url": "{{origin}}/v1", "origin": "{{env.API_ORIGIN}}"}),
        ("[]", {"base_url": "{{origin}}", "origin": "{{env.API_ORIGIN}}"}),
        (
            "[{url: 'https://{region}.test:{port}', variables: {region: {default: eu}, port: {enum: ['8', '9']}}}]",
            {"base_url": "https://{{region}}.test:{{port}}", "region": "eu", "port": "8"},
        ),
    ],
)
def test_one(one: Callable[..., Any], servers: str, variables: dict[str, str]) -> None:
    """The server is `base_url`, its variables are variables; a host that is not named comes from the environment."""
    found = one("", f"servers: {servers}")
    assert _plain(found.collection["variables"]) == variables
    assert found["url"] == "/things"
    assert "environments" not in found.collection


def test_several(one: Callable[..., Any]) -> None:
    """Each of several servers is an environment, by what it is for or by its host; the first is the default."""
    servers = "[{url: 'https://a.test', description: Live}, {url: 'https://b.test'}, {url: 'http://b.test'}]"
    found = one("", f"servers: {servers}")
    assert found.collection["variables"]["base_url"] == "https://a.test"
    assert found.collection["environments"] == {
        "live": {"base_url": "https://a.test"},
        "b.test": {"base_url": "https://b.test"},
        "b.test-2": {"base_url": "http://b.test"},
    }


def test_own(one: Callable[..., Any]) -> None:
    """A server of an operation makes its URL absolute; further ones are told."""
    found = one("servers: [{url: 'https://own.test/x'}, {url: 'https://other.test'}]")
    assert found["url"] == "https://own.test/x/things"
    assert found.lost == ["server https://other.test: a request has one URL: that of the first server is taken"]


def test_own_that_is_the_document_s(imported: Callable[..., Any]) -> None:
    """A server of an operation that is the document's first leaves its URL relative, so that environments change it."""
    made = imported("""
        swagger: '2.0'
        host: a.test
        schemes: [https, http]
        paths:
          /a: {get: {schemes: [https, http]}, put: {schemes: [http]}}
    """)
    assert [request["url"] for request in made.collection["requests"]] == ["/a", "http://a.test/a"]
    assert made.losses == []


def test_own_without_host(one: Callable[..., Any]) -> None:
    """The variables of an operation's server are declared with what is to be said of them."""
    found = one("servers: [{url: '/{v}', variables: {v: {default: a, enum: [a, b]}}}]", path="/x")
    assert found["url"] == "{{origin}}/{{v}}/x"
    assert "  # v: one of a, b\n  v: a\n" in found.text
    assert "  # The document names no host: API_ORIGIN does, as in https://api.example.com\n  origin:" in found.text


@pytest.mark.parametrize(
    ("prefix", "url"), [("", "https://{{account}}.blob.test/v1"), ("useSchemePrefix: false, ", "{{account}}.blob.test/v1")]
)  # fmt: skip
def test_hosts_of_customers(one: Callable[..., Any], prefix: str, url: str) -> None:
    """AutoRest's host with parameters has their defaults, and else the environment's."""
    template = f"x-ms-parameterized-host: {{hostTemplate: '{{account}}.blob.test', {prefix}parameters: [PARAMETER]}}"
    for declared, value in (("", "{{env.ACCOUNT}}"), (", default: contoso", "contoso")):
        root = template.replace("PARAMETER", f"{{name: account, in: path{declared}}}")
        variables = one("", f"{root}\nbasePath: /v1", version="2.0").collection["variables"]
        assert variables == {"base_url": url, "account": value}


def test_other_schemes(one: Callable[..., Any]) -> None:
    """Servers that are not the web's are told."""
    found = one("", "servers: [{url: 'ws://a.test'}, {url: 'https://a.test'}]")
    assert found.collection["variables"]["base_url"] == "https://a.test"
    assert len(found.lost) == 1
    assert found.lost[0].startswith("server 'ws://a.test': ")


def test_swagger(one: Callable[..., Any]) -> None:
    """Host, path and schemes of 2.0 are servers, https first; without a host the environment names it."""
    found = one("", "schemes: [http, https]", version="2.0")
    assert list(found.collection["environments"]) == ["https", "http"]
    assert found.collection["variables"]["base_url"] == "https://api.test/v1"
    found = one("", "host: ''", version="2.0")
    assert _plain(found.collection["variables"])["base_url"] == "{{origin}}/v1"
