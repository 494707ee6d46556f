"""`runner export postman`: what each key becomes, what has no words there, and that what was imported comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.formats import postman
from runner.formats.draft import Choices, Foreign, texts
from runner.formats.exported import Exported

GOLDEN = Path(__file__).parents[3] / "golden/import/postman"

FILE = """
name: Users
base_url: https://api.test/v1
variables: {size: 5, host: "{{env.HOST}}"}
secrets: {password: "{{env.API_PASSWORD}}"}
environments:
  local: {size: 2}
auth: {type: oauth2, token_url: https://id.test/token, client_id: app, client_secret: "{{password}}", scope: [a, b]}
defaults:
  headers: {Accept: application/json}
  verify: false
requests:
  - name: List
    url: /users
    query: {$top: "{{size}}"}
    capture: {first: "body.value[0].id"}
    assert:
      - status: 200
      - length(body.value) > `0`
      - body.value[?mail == 'ada@contoso.com'] | [0] != `null`
  - name: Create
    url: /users
    headers: {Accept: null}
    auth: none
    json: {name: Ada, size: "{{size}}", first: "{{first}}", at: "{{date_add(now(), '1d')}}"}
    retry: {attempts: 3}
"""


@pytest.fixture
def exported(plan: Callable[..., Any]) -> Callable[[str], Exported]:
    """The export of a file's text."""
    return lambda text: postman.dump(plan(text, any_environment=True))


def _item(exported: Exported, place: int) -> Any:
    return json.loads(exported.text)["item"][place]


def _script(item: Any, listen: str) -> str:
    return next("\n".join(event["script"]["exec"]) for event in item["event"] if event["listen"] == listen)


def test_request(exported: Callable[[str], Exported]) -> None:
    """A request has its whole URL, its headers and those that it inherits."""
    request = _item(exported(FILE), 0)["request"]
    assert request["url"]["raw"] == "https://api.test/v1/users?$top={{size}}"
    assert request["header"] == [{"key": "Accept", "value": "application/json"}]
    assert request["method"] == "GET"


def test_body(exported: Callable[[str], Exported]) -> None:
    """A number stands without quotes; what is more than a name is set by a script before the request."""
    item = _item(exported(FILE), 1)
    raw = item["request"]["body"]["raw"]
    assert '"size": {{size}}' in raw
    assert '"first": "{{first}}"' in raw
    assert '"at": "{{computed_1}}"' in raw
    assert 'pm.variables.set("computed_1", require("moment").utc().add(1, "days").toISOString());' in _script(
        item, "prerequest"
    )
    assert item["request"]["header"] == []


def test_scripts(exported: Callable[[str], Exported]) -> None:
    """Assertions are tests under their own names, captures set variables."""
    script = _script(_item(exported(FILE), 0), "test")
    assert 'pm.collectionVariables.set("first", pm.response.json().value?.[0]?.id);' in script
    assert "pm.response.to.have.status(200);" in script
    assert 'pm.test("length(body.value) > `0`", function () {' in script
    assert "pm.expect(pm.response.json().value.length).to.be.above(0);" in script


def test_collection(exported: Callable[[str], Exported]) -> None:
    """Auth, settings, variables and environments have their places; a secret has no value."""
    found = exported(FILE)
    data = json.loads(found.text)
    oauth2 = {field["key"]: field["value"] for field in data["auth"]["oauth2"]}
    assert (oauth2["grant_type"], oauth2["accessTokenUrl"]) == ("client_credentials", "https://id.test/token")
    assert (oauth2["scope"], oauth2["clientSecret"]) == ("a b", "{{password}}")
    assert data["protocolProfileBehavior"] == {"strictSSL": False}
    assert {"key": "size", "value": 5} in data["variable"]
    secret = next(entry for entry in data["variable"] if entry["key"] == "password")
    assert (secret["value"], secret["type"]) == ("", "secret")
    local = json.loads(found.files["local.postman_environment.json"])
    assert local["values"] == [{"key": "size", "value": 2, "enabled": True}]


def test_losses(exported: Callable[[str], Exported]) -> None:
    """What a collection has no words for is told with its request."""
    assert [(loss.path, loss.what) for loss in exported(FILE).losses] == [("Create", "'retry'")]


def test_literal_secrets_stay_here(exported: Callable[[str], Exported]) -> None:
    """The value of a secret is in no exported file."""
    found = exported(
        "secrets: {pw: sentinel-of-a-secret}\nrequests: [{name: a, url: http://x.test/, headers: {X: '{{pw}}'}}]"
    )
    assert "sentinel" not in found.text + "".join(found.files.values())
    assert "the value of the secret 'pw'" in [loss.what for loss in found.losses]


@pytest.mark.parametrize("case", ["graph", "scripts", "requests", "schemes"])
def test_there_and_back(case: str, exported: Callable[[str], Exported]) -> None:
    """A file that was imported from Postman, exported to it and imported again is the same file."""
    beside = [(path.stem, path.read_text()) for path in (GOLDEN / case).glob("local.json")]
    text = (GOLDEN / case / "input.json").read_text()
    first = texts(postman.load(Foreign("input", text), Choices(environments=tuple(beside))), "x.yaml")["x.yaml"]
    found = exported(str(first))
    choices = Choices(environments=tuple(found.files.items()))
    assert texts(postman.load(Foreign("input", found.text), choices), "x.yaml")["x.yaml"] == first


def test_login_by_a_request(exported: Callable[[str], Exported]) -> None:
    """An `auth` that is a call becomes a script that fetches the token."""
    data = json.loads(
        exported("""
auth:
  type: request
  request: {url: "https://api.test/login", json: {user: ada}}
  token: body.token
requests: [{name: a, url: "https://api.test/"}]
""").text
    )
    assert data["auth"] == {"type": "bearer", "bearer": [{"key": "token", "value": "{{auth_token}}", "type": "string"}]}
    script = _script(data, "prerequest")
    assert 'pm.collectionVariables.set("auth_token", response.json().token);' in script


def test_credentials_in_the_file_stay_here(exported: Callable[[str], Exported]) -> None:
    """A credential that stands in the file is in no exported file, and told."""
    found = exported("""
variables: {api_token: sentinel-one-1234}
environments: {local: {api_token: sentinel-five-1234}}
auth: {type: basic, username: ada, password: sentinel-two-1234}
requests:
  - name: a
    url: https://api.test/
    auth:
      type: request
      request: {url: "https://api.test/login", form: {client_secret: sentinel-three-1234}}
      token: body.token
  - {name: b, url: "https://api.test/", headers: {Authorization: "Bearer sentinel-four-1234"}}
""")
    assert "sentinel" not in found.text + "".join(found.files.values())
    assert len([loss for loss in found.losses if loss.why == "secrets are not written to a file"]) == 5


EQUAL = [
    ("body.a == {x: body.b, y: `1`}", 'pm.expect(pm.response.json().a).to.eql(({"x": pm.response.json().b, "y": 1}));'),
    ("body.a != [body.b, body.c]", "pm.expect(pm.response.json().a).to.not.eql([pm.response.json().b, pm.response.json().c]);"),
    ("status == `200` || body.a == {x: body.b}", '_.isEqual(pm.response.json().a, ({"x": pm.response.json().b}))'),
    ("status == `200` || body.a == vars.wanted", '_.isEqual(pm.response.json().a, pm.variables.get("wanted"))'),
    ("status == `200` || body.a == 'x'", 'pm.response.json().a === "x"'),
    ("status == `200` || length(body.a) == body.n", "pm.response.json().a.length === pm.response.json().n"),
    ("contains(body.a, {x: body.b})", '.some(item => _.isEqual(item, ({"x": pm.response.json().b})))'),
]  # fmt: skip


@pytest.mark.parametrize(("assertion", "expected"), EQUAL)
def test_equal(assertion: str, expected: str, exported: Callable[[str], Exported]) -> None:
    """Lists and objects are compared by what is in them, wherever the comparison stands, and come back so."""
    text = f"name: N\nvariables: {{wanted: x}}\nrequests:\n  - name: a\n    url: http://x.test/\n    assert:\n      - {json.dumps(assertion)}\n"
    found = exported(text)
    assert found.losses == []
    assert expected in _script(_item(found, 0), "test")
    again = postman.load(Foreign("n", found.text), Choices())
    assert [item for item in again.collection["requests"][0]["assert"] if isinstance(item, str)] == [
        assertion if "contains" not in assertion else "any(body.a, &@ == {x: root().body.b})"
    ]
