"""`runner export postman`: what each key becomes, what has no words there, and that what was imported comes back."""

from __future__ import annotations

import json
import re
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
    assert '"first": {{json_1}}' in raw  # it may be a number
    assert 'pm.variables.set("json_1", JSON.stringify(pm.variables.get("first")));' in _script(item, "prerequest")
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


def _losses(found: Exported) -> list[tuple[str, str]]:
    return [(loss.path, loss.what) for loss in found.losses]


def _request(text: str, **more: str) -> str:
    """A file with one request; `text` are its further lines."""
    lines = "".join(f"    {line}\n" for line in text.strip("\n").split("\n"))
    head = "".join(f"{name}: {value}\n" for name, value in more.items())
    return f"name: N\n{head}requests:\n  - name: a\n    url: http://x.test/\n{lines}"


def _back(found: Exported) -> Any:
    """The file that an export comes back as."""
    environments = tuple((Path(name).stem, text) for name, text in found.files.items())
    return postman.load(Foreign("n", found.text), Choices(environments=environments)).collection


def test_lists(exported: Callable[[str], Exported]) -> None:
    """A list or an object is written as JSON, stands in JSON as it is, and comes back as what it was."""
    found = exported(_request("json: {all: '{{tags}}'}", variables="{tags: [red, {size: 2}]}"))
    assert found.losses == []
    assert '"all": {{tags}}' in _item(found, 0)["request"]["body"]["raw"]
    again = _back(found)
    assert again["variables"] == {"tags": ["red", {"size": 2}]}
    assert again["requests"][0]["json"] == {"all": "{{tags}}"}


@pytest.mark.parametrize("use", ["query: {t: '{{tags}}'}", "json: '{{tags[0]}}'", "assert: [body.a == vars.tags]"])
def test_lists_that_are_looked_into(use: str, exported: Callable[[str], Exported]) -> None:
    """What is asked of a list that is a text in Postman is told."""
    found = exported(_request(use, variables="{tags: [red]}"))
    assert _losses(found) == [("requests/test.yaml", "what is looked at in 'tags'")]


@pytest.mark.parametrize(
    ("value", "told"), [("1.50", True), ("1e3", True), ("9007199254740993", True), ("1.5", False), ("-3", False)]
)
def test_spelled_numbers(value: str, told: bool, exported: Callable[[str], Exported]) -> None:
    """A number whose spelling, or last digits, are lost in Postman is told."""
    found = exported(_request("query: {n: '{{n}}'}", variables=f"{{n: {value}}}"))
    assert [what for _, what in _losses(found)] == ([f"the spelling of 'n', {value}"] if told else [])


def test_null(exported: Callable[[str], Exported]) -> None:
    """A null is told where a request looks at it and none captures it."""
    assert [what for _, what in _losses(exported(_request("query: {n: '{{n}}'}", variables="{n: null}")))] == [
        "the null of 'n'"
    ]
    assert exported(_request("capture: {n: body.n}", variables="{n: null}")).losses == []


def test_literal_braces(exported: Callable[[str], Exported]) -> None:
    """Braces that are meant as they stand are told: Postman takes them for a variable."""
    assert _losses(exported(_request(r"json: {text: '\{{user}} and \{{'}"))) == [("a", "the literal {{user}}")]


OWN = """
variables: {user: ada, page: 1}
requests:
  - name: a
    url: http://x.test/{{user}}
    variables: {reply: "for {{user}}", user: grace, once: "{{uuid()}}", page: 2}
    json: ["{{reply}}", "{{once}}"]
    capture: {page: vars.page}
  - {name: b, url: "http://x.test/{{user}}/{{page}}"}
"""


def test_variables_of_a_request(exported: Callable[[str], Exported]) -> None:
    """They are set before it, each after those that it looks at, and taken away after it if others look at them."""
    found = exported(OWN)
    lines = _script(_item(found, 0), "prerequest").split("\n")
    assert lines == [
        'pm.variables.set("user", "grace");',
        'pm.variables.set("reply", `for ${pm.variables.get("user")}`);',
        'pm.variables.set("once", require("uuid").v4());',
        'pm.collectionVariables.set("page", 2);',
    ]
    assert _script(_item(found, 0), "test").endswith('pm.variables.unset("user");')
    first, second = _back(found)["requests"]
    assert (first["variables"]["user"], first["capture"]) == ("grace", {"page": "vars.page"})
    assert "variables" not in second


def test_variable_that_sees_another(exported: Callable[[str], Exported]) -> None:
    """A variable of the collection that would see the request's own in Postman is told."""
    found = exported(
        _request(
            "variables: {user: grace}\nquery: {g: '{{greeting}}'}", variables="{user: ada, greeting: 'Hi {{user}}'}"
        )
    )
    assert _losses(found) == [("a", "the variable 'greeting'")]


def test_environment_in_scripts(exported: Callable[[str], Exported]) -> None:
    """`env.X` is a variable of that name for a script, and `vars.x` is x."""
    found = exported(_request("json: ['{{env.STAGE || vars.stage}}']", variables="{stage: test}"))
    assert 'pm.variables.get("STAGE") || pm.variables.get("stage")' in _script(_item(found, 0), "prerequest")


def test_iteration(exported: Callable[[str], Exported]) -> None:
    """The number of the iteration is asked of Postman by a script."""
    found = exported(_request("query: {n: '{{iteration}}'}"))
    assert 'pm.variables.set("computed_1", pm.info.iteration);' in _script(_item(found, 0), "prerequest")


def test_computed_variable(exported: Callable[[str], Exported]) -> None:
    """A variable of the collection that is computed is computed once, by a script of the collection."""
    data = json.loads(exported(_request("query: {n: '{{n}}'}", variables="{n: '{{random_int(`1`, `6`)}}'}")).text)
    assert data["variable"] == [{"key": "n", "value": "{{declared_1}}"}]
    assert _script(data, "prerequest").startswith('if (!pm.variables.has("declared_1")) {')


def test_implied_status(exported: Callable[[str], Exported]) -> None:
    """A request that no assertion on the status has is held to one below 400 in Postman, too; it goes without saying."""
    found = exported(_request("assert: [body.a: 1]"))
    assert "pm.expect(pm.response.code).to.be.below(400);" in _script(_item(found, 0), "test")
    assert _back(found)["requests"][0]["assert"] == [{"body.a": 1}]
    for looks in ("assert: [status: 404]", "assert: [status != `500`]", "snapshot: true"):
        events = _item(exported(_request(looks)), 0).get("event", [])
        assert "below(400)" not in json.dumps(events)


def test_inherited_auth(exported: Callable[[str], Exported]) -> None:
    """A request that changes fields of the inherited auth has all of its fields."""
    text = _request(
        "auth: {username: eve}", auth="{type: basic, username: ada, password: '{{pw}}'}", secrets="{pw: '{{env.PW}}'}"
    )
    found = exported(text)
    assert found.losses == []
    fields = {field["key"]: field["value"] for field in _item(found, 0)["request"]["auth"]["basic"]}
    assert fields == {"username": "eve", "password": "{{pw}}"}


LOGIN = "{type: request, request: {url: /login, json: {user: ada}}, token: body.token}"


@pytest.mark.parametrize(
    ("base", "whole"), [("https://x.test/v1", "https://x.test/v1/login"), ("'{{api}}'", "{{api}}/login")]
)
def test_login_below_base_url(base: str, whole: str, exported: Callable[[str], Exported]) -> None:
    """The call that fetches a token is sent below `base_url`, and the request uses the token that its script stores."""
    text = f"name: N\nbase_url: {base}\nvariables: {{api: 'https://y.test'}}\nrequests: [{{name: a, url: /x, auth: {LOGIN}}}]"
    item = _item(exported(text), 0)
    script = _script(item, "prerequest")
    written = '`${pm.variables.get("api")}/login`' if "api" in base else f'"{whole}"'
    assert f"url: {written}" in script
    assert 'pm.collectionVariables.set("auth_token", ' in script
    assert item["request"]["auth"]["bearer"][0]["value"] == "{{auth_token}}"


TOLD = [
    ("proxy: false", "that no proxy is used"),
    ("cookies: {session: null}", "that the cookie 'session' is held back"),
    ("capture: {mail: {from: body.mail, secret: true}}", "that 'mail' is secret"),
]


@pytest.mark.parametrize(("lines", "what"), TOLD)
def test_told(lines: str, what: str, exported: Callable[[str], Exported]) -> None:
    """What Postman does otherwise is told."""
    assert _losses(exported(_request(lines))) == [("a", what)]


def test_overlap_is_told(exported: Callable[[str], Exported]) -> None:
    """Requests that overlap are sent one after the other."""
    assert _losses(exported(_request("method: GET", overlap="true"))) == [("requests/test.yaml", "'overlap'")]


def test_credential_for_want_of_another(exported: Callable[[str], Exported]) -> None:
    """A password that holds where the environment gives none is in no exported file."""
    found = exported(_request("auth: {type: basic, username: ada, password: \"{{env.PW || 'sentinel-1'}}\"}"))
    assert "sentinel" not in found.text
    assert [what for _, what in _losses(found)] == ["a credential that stands in the file, now 'password'"]


def test_word_stays_a_word(exported: Callable[[str], Exported]) -> None:
    """A constant text in a placeholder is that text in Postman, and nothing random."""
    item = _item(exported(_request("query: {name: \"{{'Ada'}}\"}")), 0)
    assert item["request"]["url"]["query"] == [{"key": "name", "value": "Ada"}]


BACK = [
    "query: {at: \"{{date_add(now(), '1d')}}\"}",
    "json: {first: '{{tags[0]}}', many: '{{length(tags)}}', at: 'on {{now()}}'}",
    "headers: {X-Sign: '{{hmac_sha256(key, text)}}'}",
]


@pytest.mark.parametrize("lines", BACK)
def test_expressions_come_back(lines: str, exported: Callable[[str], Exported]) -> None:
    """An expression that a script computes for a text of its request stands in that text again."""
    text = _request(lines, variables="{tags: [x], key: k, text: t}")
    again = _back(exported(text))["requests"][0]
    assert "variables" not in again
    key, value = next((key, value) for key, value in again.items() if key in ("query", "json", "headers"))
    written = json.dumps({key: value}).replace("to_string(", "").replace(")}}", "}}")
    assert all(expression in written for expression in re.findall(r"\{\{([^{}(]+)", lines))


def test_setup_and_teardown(exported: Callable[[str], Exported]) -> None:
    """They are folders in Postman, and come back as what they were; a folder of that name alone stays a folder."""
    parts = "".join(
        f"{part}: [{{name: a, url: 'http://x.test/{part}'}}]\n" for part in ("setup", "requests", "teardown")
    )
    found = exported(f"name: N\n{parts}")
    again = _back(found)
    assert [again[part][0]["url"] for part in ("setup", "requests", "teardown")] == ["/setup", "/requests", "/teardown"]
    plain = found.text.replace("Runs first", "Runs when you like")
    assert "setup" not in postman.load(Foreign("n", plain), Choices()).collection


TYPED = [
    ("variables: {n: 5000}", '"all": {{n}}'),
    ("variables: {n: '{{random_int(`1`, `6`)}}'}", '"all": {{n}}'),
    ('variables: {n: "{{size > `1` && `25` || multiply(size, `2`)}}"}', '"all": {{n}}'),
    ("variables: {n: '{{uuid()}}'}", '"all": "{{n}}"'),
]


@pytest.mark.parametrize(("lines", "expected"), TYPED)
def test_numbers_of_a_request(lines: str, expected: str, exported: Callable[[str], Exported]) -> None:
    """A number that a request gives itself stands without quotes in its JSON."""
    found = exported(_request(f"{lines}\njson: {{all: '{{{{n}}}}'}}", variables="{size: 3}"))
    assert expected in _item(found, 0)["request"]["body"]["raw"]


INCLUDED = [
    ("{that: body.a, includes: {x: 1}}", 'pm.expect(pm.response.json().a).to.deep.include({"x": 1});'),
    ("{that: body.a, includes: [x, y]}", 'pm.expect(pm.response.json().a).to.include.deep.members(["x", "y"]);'),
]


@pytest.mark.parametrize(("item", "expected"), INCLUDED)
def test_included(item: str, expected: str, exported: Callable[[str], Exported]) -> None:
    """Parts of an object, and elements of a list."""
    assert expected in _script(_item(exported(_request(f"assert: [{item}]")), 0), "test")


def test_included_deeper(exported: Callable[[str], Exported]) -> None:
    """Parts of parts are told: Postman compares these as a whole."""
    (loss,) = exported(_request("assert: [{that: body.a, includes: {x: {y: 1}}}]")).losses
    assert loss.why == "Postman compares what is deeper as a whole"


def test_sent_body(exported: Callable[[str], Exported]) -> None:
    """A part of the body that was sent is a part of its JSON, and comes back so."""
    found = exported(_request("json: {n: 1}\nassert: [status: 200, request.body.n: 1]"))
    assert "pm.expect(JSON.parse(pm.request.body.raw)?.n).to.eql(1);" in _script(_item(found, 0), "test")
    assert _back(found)["requests"][0]["assert"] == [{"status": 200}, {"request.body.n": 1}]


def test_one_value_for_all(exported: Callable[[str], Exported]) -> None:
    """A variable that has one random value in a run is told: Postman makes a new one wherever it stands."""
    found = exported(_request("query: {id: '{{id}}'}", variables="{id: '{{uuid()}}'}"))
    assert _losses(found) == [("requests/test.yaml", "the one value of 'id'")]
