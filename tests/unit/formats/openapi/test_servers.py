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
