"""The token endpoint of Microsoft Entra ID, word for word, and the collection of `requests/graph.yaml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
ARTICLE = ROOT / "requests/graph.yaml"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

COLLECTION = """\
name: Graph
base_url: "{{graph}}"
secrets: {client_secret: "{{env.GRAPH_CLIENT_SECRET}}"}
auth:
  type: oauth2
  token_url: "{{login}}/{{tenant}}/oauth2/v2.0/token"
  client_id: 7b7531ad-5926-4f2d-8a1d-38495ad33e17
  client_secret: "{{client_secret}}"
  scope: https://graph.microsoft.com/.default
requests:
  - name: List users
    url: /users
    query: {$top: 3, $select: "id,mail"}
    capture: {user: "body.value[0].id"}
    assert:
      - length(body.value) == `3`
  - name: Get one user
    url: /users/{{user}}
    assert:
      - body.mail: ada@contoso.com
"""


def where(entra: Any, graph: Any) -> dict[str, str]:
    return {"login": entra.url, "tenant": entra.tenant, "graph": f"{graph.url}/v1.0"}


def test_the_right_secret_passes(live: Any, entra: Any, graph: Any) -> None:
    """One token from the tenant's endpoint opens every request, and `$top` stays as it was written."""
    env = {"GRAPH_CLIENT_SECRET": entra.secret}
    live.text(COLLECTION, env=env, **where(entra, graph))
    arrived = graph.get("/seen")
    assert [request["authorized"] for request in arrived] == [True, True]
    assert arrived[0]["path"] == "/v1.0/users?$top=3&$select=id,mail"


def refusal_of(said: str) -> None:
    """All that the user needs stands in one report: number, ids for the administrator, and what to do."""
    assert "AADSTS7000215" in said
    assert "invalid_client" in said
    ids = set(re.findall(UUID, said)) - {"7b7531ad-5926-4f2d-8a1d-38495ad33e17"}
    assert len(ids) >= 2, f"trace id and correlation id are missing:\n{said}"
    assert re.search(r"trace.?id", said, re.IGNORECASE)
    assert re.search(r"correlation.?id", said, re.IGNORECASE)
    assert "not the client secret ID" in said
    assert "\r" not in said


@pytest.mark.parametrize("secret", ["wrong-secret-value", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"])
def test_any_other_secret_is_refused(live: Any, entra: Any, graph: Any, secret: str) -> None:
    """A wrong secret, or its id: exit code 5, the server's words in one go, and nothing reaches the API."""
    env = {"GRAPH_CLIENT_SECRET": secret}
    said = live.text(COLLECTION, env=env, expect=5, **where(entra, graph))
    refusal_of(said)
    assert f"{entra.url}/{entra.tenant}/oauth2/v2.0/token" in said
    assert secret not in said
    assert graph.get("/seen") == []


def test_a_wrong_scope_is_refused(live: Any, entra: Any, graph: Any) -> None:
    """A scope without `/.default` is AADSTS70011 and exit code 5."""
    text = COLLECTION.replace("/.default", "/User.Read")
    env = {"GRAPH_CLIENT_SECRET": entra.secret}
    assert "AADSTS70011" in live.text(text, env=env, expect=5, **where(entra, graph))
    assert graph.get("/seen") == []


def test_a_secret_that_is_not_set_stops_before_anything_is_sent(live: Any, entra: Any, graph: Any) -> None:
    """A missing environment variable is an invalid run: exit code 3, with its name."""
    said = live.text(COLLECTION, expect=3, **where(entra, graph))
    assert "GRAPH_CLIENT_SECRET" in said
    assert graph.get("/seen") == []


def test_the_article_passes_with_the_right_secret(live: Any, entra: Any, graph: Any) -> None:
    """`requests/graph.yaml` as it is: users are listed and read, refusals are as expected."""
    env = {"GRAPH_CLIENT_ID": "7b7531ad-5926-4f2d-8a1d-38495ad33e17", "GRAPH_CLIENT_SECRET": entra.secret}
    live.file(ARTICLE, cwd=ROOT, env=env, **where(entra, graph))
    assert [request["authorized"] for request in graph.get("/seen")].count(False) == 1


def test_the_article_fails_closed_with_another_secret(live: Any, entra: Any, graph: Any) -> None:
    """`requests/graph.yaml` with a wrong secret: exit code 5 and the reason; nothing with a token is sent."""
    env = {"GRAPH_CLIENT_ID": "7b7531ad-5926-4f2d-8a1d-38495ad33e17", "GRAPH_CLIENT_SECRET": "another-secret"}
    said = live.file(ARTICLE, cwd=ROOT, env=env, expect=5, **where(entra, graph))
    refusal_of(said)
    assert not any(request["authorized"] for request in graph.get("/seen"))
