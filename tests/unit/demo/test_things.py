"""The store: what is made can be read and deleted, once."""

from __future__ import annotations

import pytest


def test_a_thing(client):
    """It gets an id, is read by it, and is gone when it was deleted."""
    made = client.ask("POST", "/things", body=b'{"name": "cup"}')
    assert (made.status, made.body["name"]) == (201, "cup")
    path = f"/things/{made.body['id']}"
    assert client.ask("GET", path).body == made.body
    assert client.ask("DELETE", path).status == 204
    assert [client.ask(method, path).status for method in ("GET", "DELETE")] == [404, 404]


@pytest.mark.parametrize("body", [b"", b"[1]", b"nonsense", b'{"a": 1e999}', b"[" * 100_000])
def test_what_is_no_thing(client, body):
    """Only a JSON object is one."""
    assert client.ask("POST", "/things", body=body).status == 400


@pytest.mark.parametrize("number", ["0", "x", "99999999999999999999", "-1"])
def test_an_unknown_thing(client, number):
    """What was never made is not there."""
    assert client.ask("GET", f"/things/{number}").status == 404


def test_ids_are_not_used_again(client):
    """A new thing never has the id of one that was deleted."""
    first = client.ask("POST", "/things", body=b"{}").body["id"]
    client.ask("DELETE", f"/things/{first}")
    assert client.ask("POST", "/things", body=b"{}").body["id"] > first
