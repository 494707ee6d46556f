"""`type: request`: a login call of any shape, against PocketBase and one that gives short tickets."""

from __future__ import annotations

from typing import Any

LOGIN = """\
base_url: "{{base}}/api/collections"
secrets: {password: "{{env.PASSWORD}}"}
auth:
  type: request
  request:
    method: POST
    url: "{{base}}/api/collections/_superusers/auth-with-password"
    json: {identity: "{{who}}", password: "{{password}}"}
  token: body.token
  prefix: ""
"""


def test_a_login_to_pocketbase(live: Any, pocketbase: Any) -> None:
    """The token in the answer goes bare with each request, and is nowhere to be read."""
    text = f"""{LOGIN}
requests:
  - name: Create
    url: ""
    json: {{name: "notes_{{{{salt}}}}", type: base, fields: [{{name: text, type: text}}]}}
    variables: {{salt: "{{{{to_string(random_int(`1`, `999999999`))}}}}"}}
    capture: {{made: body.name}}
  - {{name: Write, url: "/{{{{made}}}}/records", json: {{text: hello}}, assert: [status: 200, body.text: hello]}}
  - {{name: Read, url: "/{{{{made}}}}/records", assert: ["body.totalItems == `1`"]}}
  - {{name: Strangers may not, url: "/{{{{made}}}}/records", auth: none, assert: [status: 403]}}
"""
    words = {"who": pocketbase.identity, "env": {"PASSWORD": pocketbase.password}}
    said = live.text(text, "--verbose", base=pocketbase.url, **words)
    assert pocketbase.password not in said
    assert "eyJ" not in said


def test_a_login_that_is_refused(live: Any, pocketbase: Any) -> None:
    """Status and words of the login call are shown, the exit code is 5 and nothing else is sent."""
    text = f"{LOGIN}\nrequests: [{{name: Read, url: ''}}]\n"
    env = {"PASSWORD": "not the password of ada"}
    said = live.text(text, "--verbose", base=pocketbase.url, who=pocketbase.identity, env=env, expect=5)
    assert "/auth-with-password answered 400" in said
    assert "Failed to authenticate." in said
    assert "not the password of ada" not in said


def test_a_token_that_pocketbase_withdrew(live: Any, pocketbase: Any) -> None:
    """A changed password ends all tokens: the 401 is met by one more login, and the request is sent again."""
    text = f"""{LOGIN}
requests:
  - {{name: Who, url: /_superusers/records, capture: {{id: "body.items[0].id"}}}}
  - name: Change
    method: PATCH
    url: "/_superusers/records/{{{{id}}}}"
    json: {{password: "{{{{password}}}}", passwordConfirm: "{{{{password}}}}"}}
  - {{name: Again, url: "", assert: [status: 200]}}
"""
    env = {"PASSWORD": pocketbase.password}
    said = live.text(text, base=pocketbase.url, who=pocketbase.identity, env=env)
    assert said.count("/auth-with-password") == 2


TICKETS = """\
base_url: "{{base}}/api"
auth:
  type: request
  request: {method: POST, url: "{{base}}/login", json: {user: ada}, auth: {type: basic, username: ada, password: "{{env.P}}"}}
  token: body.data.ticket
  expires_at: body.data.until
  name: X-Ticket
  prefix: Ticket
requests:
  - {name: One, url: /1}
  - {name: Two, url: /2, delay: 500ms}
  - {name: Three, url: /3, delay: 1s}
"""


def test_a_ticket_that_ends(live: Any, faulty: Any) -> None:
    """The login call has an auth of its own; its `expires_at` says when the next ticket is due; name and prefix are free."""
    said = live.text(TICKETS, "--verbose", base=faulty.url, env={"P": "a-password-of-the-tests"})
    logins = [entry for entry in faulty.get("/seen") if entry["path"] == "/login"]
    assert len(logins) == 2
    assert all(entry["authorization"].startswith("Basic ") for entry in logins)
    tickets = [entry["ticket"] for entry in faulty.get("/seen") if entry["path"].startswith("/api/")]
    assert tickets == ["Ticket ticket-number-1", "Ticket ticket-number-1", "Ticket ticket-number-2"]
    assert "ticket-number" not in said
