"""Scripts of Bruno, Insomnia and .http files: the same meaning in the words of each tool becomes the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.formats import bruno, http_files, insomnia
from runner.formats.draft import Choices, Comment, Data, Foreign, Imported, texts

pytest.importorskip("tree_sitter_javascript")

Load = Callable[[str, str], Imported]


def of_bruno(before: str, after: str) -> Imported:
    blocks = {"script:pre-request": before, "tests": after}
    written = "\n".join(f"{name} {{\n{_indented(code)}\n}}" for name, code in blocks.items() if code)
    request = "get {\n  url: http://h/x\n}\n"
    return bruno.load(Foreign("x", f"meta {{\n  name: x\n  type: http\n}}\n{request}{written}\n"), Choices())


def _indented(code: str) -> str:
    return "\n".join(f"  {line}" for line in code.split("\n"))


def of_insomnia(before: str, after: str, test: str = "") -> Imported:
    import json

    request = {"_id": "req_1", "_type": "request", "parentId": "wrk_1", "name": "x", "url": "http://h/x"}
    scripts = {"preRequestScript": before, "afterResponseScript": after}
    unit = {"_id": "ut_1", "_type": "unit_test", "parentId": "uts_1", "requestId": "req_1", "name": "t", "code": test}
    resources = [{"_id": "wrk_1", "_type": "workspace", "name": "w"}, {**request, **scripts}, *([unit] if test else [])]
    return insomnia.load(Foreign("x", json.dumps({"resources": resources})), Choices())


def of_jetbrains(before: str, after: str) -> Imported:
    first = f"< {{%\n{before}\n%}}\n" if before else ""
    return http_files.load(Foreign("x", f"{first}GET http://h/x\n\n> {{%\n{after}\n%}}\n"), Choices())


def request_of(imported: Imported) -> Data:
    """The one request, without comments; that it can be written is a part of every test."""
    texts(imported, "x.yaml")
    made = imported.collection["requests"][0]
    kept = {key: value for key, value in made.items() if not isinstance(key, Comment)}
    if "assert" in kept:
        kept["assert"] = [item for item in kept["assert"] if not isinstance(item, Comment)]
    return kept


BRUNO: list[tuple[str, Any]] = [
    ("expect(res.status).to.equal(201)", {"status": 201}),
    ("expect(res.getStatus()).to.eql(201)", {"status": 201}),
    ("expect(res.statusText).to.equal('OK')", {"reason": "OK"}),
    ("expect(res.body.id).to.equal(7)", {"body.id": 7}),
    ("expect(res.getBody()['a-b'][0]).to.equal(7)", {'body."a-b"[0]': 7}),
    ("expect(res.body).to.equal('pong')", {"not_null(body, text)": "pong"}),
    ("expect(res.body).to.eql({a: 1})", {"body": {"a": 1}}),
    ("expect(res.body).to.include('pong')", "contains(not_null(body, text), 'pong')"),
    ("expect(res.body).to.have.property('id')", "has(body, 'id')"),
    ("expect(res.body).to.have.jsonBody('a.b', 1)", {"body.a.b": 1}),
    ("expect(res('a.b[0].c')).to.equal(1)", {"body.a.b[0].c": 1}),
    ("expect(res.headers['X-Kind']).to.equal('a')", {'headers."x-kind"': "a"}),
    ("expect(res.getHeader('X-Kind')).to.equal('a')", {'headers."x-kind"': "a"}),
    ("expect(res.getHeaders()).to.have.property('etag')", "has(headers, 'etag')"),
    ("expect(res.getResponseTime()).to.be.below(500)", "elapsed_ms < `500`"),
    ("expect(res.getSize().body).to.be.above(2)", "size > `2`"),
    ("expect(res.getUrl()).to.contain('/x')", "contains(url, '/x')"),
    ("expect(req.getHeader('A')).to.equal('1')", {"request.headers.a": "1"}),
    ("expect(req.getMethod()).to.equal('GET')", {"request.method": "GET"}),
    ("expect(bru.getEnvVar('who')).to.equal(res.body.who)", "vars.who == body.who"),
    ("expect(res.body.x).to.equal(bru.getProcessEnv('X'))", {"body.x": "{{env.X}}"}),
    ("res.body.forEach(x => expect(x.id).to.be.a('number'))", "all(body, &type(id) == 'number')"),
    ("assert.equal(res.body.id, 7)", {"body.id": 7}),
    ("assert.isTrue(res.body.ok)", {"body.ok": True}),
    ("assert.isArray(res.body.list)", {"type(body.list)": "array"}),
    ("assert.notProperty(res.body, 'x')", "!has(body, 'x')"),
    ("const { expect: wanted } = require('chai'); wanted(res.status).to.equal(200)", {"status": 200}),
    ("if (res.status !== 201) { throw new Error('no') }", {"status": 201}),
]  # fmt: skip
INSOMNIA: list[tuple[str, Any]] = [
    ("insomnia.expect(insomnia.response.code).to.eql(200)", {"status": 200}),
    ("insomnia.expect(insomnia.response.status).to.eql('OK')", {"reason": "OK"}),
    ("pm.expect(pm.response.json().id).to.eql(7)", {"body.id": 7}),
    ("insomnia.response.to.have.status(200)", {"status": 200}),
    ("insomnia.response.to.have.jsonBody('id')", "body.id != `null`"),
    ("insomnia.expect(JSON.parse(insomnia.response.body).id).to.eql(7)", {"body.id": 7}),
    ("insomnia.expect(insomnia.response.headers.get('A')).to.eql('1')", {"headers.a": "1"}),
    ("insomnia.expect(insomnia.response.responseTime).to.be.below(9)", "elapsed_ms < `9`"),
    ("insomnia.expect(insomnia.baseEnvironment.get('w')).to.eql(insomnia.response.json().w)", "vars.w == body.w"),
]  # fmt: skip
JETBRAINS: list[tuple[str, Any]] = [
    ("client.assert(response.status === 200)", {"status": 200}),
    ("client.assert(response.status === 200, 'Response status is not 200')", {"status": 200}),
    ("client.assert(response.body.id === 7, 'id')", {"that": "body.id", "equals": 7, "message": "id"}),
    ("client.assert(response.status !== 500)", "status != `500`"),
    ('client.assert(response.body.name == "Ada")', {"body.name": "Ada"}),
    ("client.assert(response.body.items.length > 0)", "length(body.items) > `0`"),
    ("client.assert(Array.isArray(response.body.items))", {"type(body.items)": "array"}),
    ("client.assert(typeof response.body.id === 'number')", {"type(body.id)": "number"}),
    ('client.assert(response.body.hasOwnProperty("id"))', "has(body, 'id')"),
    ('client.assert("id" in response.body)', "has(body, 'id')"),
    ('client.assert(response.body.name.includes("d"))', "contains(body.name, 'd')"),
    ('client.assert(response.headers.valueOf("X-A") === "1")', {'headers."x-a"': "1"}),
    ("client.assert(response.contentType.mimeType === 'a/b')", {"trim(split(headers.\"content-type\", ';')[0])": "a/b"}),
    ("client.assert(jsonPath(response.body, '$.a[0].b') === 1)", {"body.a[0].b": 1}),
    ("for (const item of response.body.items) { client.assert(item.id > 0) }", "all(body.items, &id > `0`)"),
    ("client.assert(response.body.who === client.global.get('who'))", {"body.who": "{{who}}"}),
    ("client.assert(response.body === 'pong')", {"not_null(body, text)": "pong"}),
]  # fmt: skip


@pytest.mark.parametrize(("script", "expected"), BRUNO)
def test_bruno(script: str, expected: Any) -> None:
    """What a test of Bruno asserts is an assertion of ours, within a `test` and without."""
    for code in (
        f"{script};",
        f'test("t", () => {{ {script}; }});',
        f'await test("t", async function () {{ {script} }})',
    ):
        imported = of_bruno("", code)
        assert (request_of(imported)["assert"], imported.losses) == ([expected], [])


@pytest.mark.parametrize(("script", "expected"), INSOMNIA)
def test_insomnia(script: str, expected: Any) -> None:
    """What a script of Insomnia asserts is an assertion of ours."""
    for code in (f"{script};", f"insomnia.test('t', () => {{ {script}; }});"):
        imported = of_insomnia("", code)
        assert (request_of(imported)["assert"], imported.losses) == ([expected], [])


@pytest.mark.parametrize(("script", "expected"), JETBRAINS)
def test_jetbrains(script: str, expected: Any) -> None:
    """What a response handler asserts is an assertion of ours."""
    for code in (f"{script};", f"client.test('t', function () {{ {script}; }});"):
        imported = of_jetbrains("", code)
        assert (request_of(imported)["assert"], imported.losses) == ([expected], [])


def test_unit_tests_of_insomnia() -> None:
    """A unit test sends its request with `insomnia.send()`: what it asserts is the request's."""
    code = "const r = await insomnia.send();\nconst b = JSON.parse(r.data);\nexpect(r.status).to.equal(200);\n"
    imported = of_insomnia("", "", f"{code}expect(b.id).to.be.a('string');\nexpect(r.headers['etag']).to.exist;")
    wanted = [{"status": 200}, {"type(body.id)": "string"}, "headers.etag != `null`"]
    assert (request_of(imported)["assert"], imported.losses) == (wanted, [])


CAPTURES: list[tuple[Load, str]] = [
    (of_bruno, "bru.setVar('id', res.body.a.id); bru.setEnvVar('token', res.getBody().token)"),
    (of_insomnia, "const b = insomnia.response.json(); insomnia.environment.set('id', b.a.id);"
                  "insomnia.baseEnvironment.set('token', b.token)"),
    (of_jetbrains, "client.global.set('id', response.body.a.id); client.global.set('token', response.body.token)"),
]  # fmt: skip


@pytest.mark.parametrize(("load", "script"), CAPTURES)
def test_captures(load: Load, script: str) -> None:
    """What a script keeps of a response is captured; a credential is a secret."""
    imported = load("", script)
    assert imported.losses == []
    assert request_of(imported)["capture"] == {"id": "body.a.id", "token": {"from": "body.token", "secret": True}}


BEFORE: list[tuple[Load, str]] = [
    (of_bruno, "bru.setVar('n', 5); bru.setEnvVar('u', require('uuid').v4()); req.setHeader('X-N', bru.getVar('u'))"),
    (of_insomnia, "insomnia.variables.set('n', 5); insomnia.environment.set('u', require('uuid').v4());"
                  "insomnia.request.upsertHeader({key: 'X-N', value: insomnia.environment.get('u')})"),
]  # fmt: skip


@pytest.mark.parametrize(("load", "script"), BEFORE)
def test_before_a_request(load: Load, script: str) -> None:
    """What a script sets before its request are variables of it, and what it reads after that is what it set."""
    imported = load(script, "")
    made = request_of(imported)
    assert imported.losses == []
    assert made["variables"] == {"n": 5, "u": "{{uuid()}}"}
    assert made["headers"] == {"X-N": "{{u}}"}


def test_before_a_request_of_jetbrains() -> None:
    """Variables, random values, and digests with a secret."""
    digest = "crypto.hmac.sha256().withTextSecret(request.environment.get('key')).updateWithText('a').digest().toHex()"
    script = f"request.variables.set('r', $random.integer(1, 9)); client.global.set('sig', {digest});"
    imported = of_jetbrains(script, "")
    assert imported.losses == []
    wanted = {"r": "{{random_int(`1`, `8`)}}", "sig": "{{hmac_sha256(key, 'a')}}"}
    assert request_of(imported)["variables"] == wanted


def test_a_variable_that_is_set_twice() -> None:
    """What a script reads between two settings of a variable is the first value."""
    first = "bru.setVar('a', bru.getVar('x') + 'b'); req.setHeader('X-A', bru.getVar('a'));"
    imported = of_bruno(f"{first} bru.setVar('a', bru.getVar('a') + 'c');", "")
    made = request_of(imported)
    assert (made["headers"], made["variables"]) == ({"X-A": "{{x}}b"}, {"a": "{{x}}bc"})


def test_what_later_requests_see() -> None:
    """A request hands on what its script sets before it, if later ones look at it, also where it looks at the old."""
    first = "### a\n< {% client.global.set('n', client.global.get('n') + '1'); client.global.set('own', 1); %}\n"
    later = "GET http://h/{{n}}\n\n### b\nGET http://h/{{n}}/{{own}}\n"
    made = http_files.load(Foreign("x", first + later), Choices()).collection
    assert made["variables"] == {"n": None}
    a, b = made["requests"]
    assert (a["url"], b["url"]) == ("/{{new_n}}", "/{{n}}/{{own}}")
    assert a["capture"] == {"n": "vars.new_n", "own": "vars.own"}
    assert "capture" not in b


def test_scripts_of_folders() -> None:
    """What a folder's scripts assert is in its defaults; what they set and keep is each request's."""
    files = {
        "bruno.json": '{"name": "c"}',
        "f/folder.bru": "script:pre-request {\n  bru.setVar('t', 1);\n}\n"
        "script:post-response {\n  bru.setVar('id', res.body.id);\n}\n"
        "tests {\n  test('quick', () => expect(res.responseTime).to.be.below(9));\n}\n",
        "f/a.bru": "get {\n  url: http://h/{{t}}\n}\nscript:post-response {\n  bru.setVar('n', res.body.n);\n}\n",
    }
    made = bruno.load(Foreign("c", "", tuple(files), files.__getitem__), Choices()).collection
    group = made["requests"][0]
    assert [item for item in group["defaults"]["assert"] if not isinstance(item, Comment)] == ["elapsed_ms < `9`"]
    assert group["requests"][0]["variables"] == {"t": 1}
    assert group["requests"][0]["capture"] == {"n": "body.n", "id": "body.id"}


def test_schemas() -> None:
    """Several schemas hold together, and the opposite of one is `not`; options that change a value are lost."""
    code = "const s = {type: 'object'}; expect(res.body).to.have.jsonSchema(s); expect(res.body).to.not.have.jsonSchema({type: 'array'});"
    imported = of_bruno("", code)
    assert request_of(imported)["schema"] == {"allOf": [{"type": "object"}, {"not": {"type": "array"}}]}
    assert imported.losses == []
    lost = of_bruno("", "expect(res.body).to.have.jsonSchema({type: 'object'}, {coerceTypes: true});").losses
    assert [loss.why for loss in lost] == ["its options change what is judged"]


def test_changes_of_a_request() -> None:
    """Method, body, waits and time limits that Bruno's scripts set are those of the request."""
    script = (
        "req.setMethod('put'); req.setBody({a: '{{x}}'}); req.setTimeout(500); req.setMaxRedirects(2); bru.sleep(50)"
    )
    imported = of_bruno(script, "")
    made = request_of(imported)
    assert imported.losses == []
    found = {key: made[key] for key in ("method", "json", "timeout", "follow_redirects", "delay")}
    assert found == {
        "method": "PUT",
        "json": {"a": "{{x}}"},
        "timeout": "500ms",
        "follow_redirects": 2,
        "delay": "50ms",
    }


def test_a_variable_that_is_taken_away() -> None:
    """One that is set before a request and taken away after it is not handed on; the loss of another is told."""
    scripts = "< {% client.global.set('a', 1); client.global.set('b', 2); %}\n"
    gone = "> {% client.global.clear('a'); client.global.clear('c'); %}\n"
    text = f"{scripts}GET http://h/{{{{a}}}}\n\n{gone}\n### b\nGET http://h/{{{{a}}}}/{{{{b}}}}\n"
    imported = http_files.load(Foreign("x", text), Choices())
    assert imported.collection["requests"][0]["capture"] == {"b": "vars.b"}
    assert [loss.what for loss in imported.losses] == ["a variable that is taken away"]


def test_headers_in_order() -> None:
    """`setHeaders` of Bruno takes all headers away that stood there, and names are those of any spelling."""
    script = "req.setHeader('X-A', '1'); req.setHeaders({'X-B': '2', 'X-C': 3}); req.setHeader('x-b', '{{b}}');"
    imported = of_bruno(script, "")
    assert (request_of(imported)["headers"], imported.losses) == ({"X-C": "3", "x-b": "{{b}}"}, [])


def test_a_body_that_is_changed() -> None:
    """A script of Bruno sees the body of its request as it is written, and may give it other parts."""
    script = "const body = req.getBody(); body.sum = body.a + 1; body.who = bru.getVar('who'); req.setBody(body);"
    blocks = f'body:json {{\n  {{"a": 1, "b": "{{{{x}}}}"}}\n}}\nscript:pre-request {{\n  {script}\n}}\n'
    imported = bruno.load(Foreign("x", f"post {{\n  url: http://h/x\n  body: json\n}}\n{blocks}"), Choices())
    made = request_of(imported)
    assert imported.losses == []
    assert (made["json"], "method" in made) == ({"a": 1, "b": "{{x}}", "sum": 2, "who": "{{who}}"}, False)


PLACEHOLDERS: list[tuple[Load, str, Any]] = [
    (of_bruno, "bru.setVar('a', bru.interpolate('{{b}}-{{process.env.C}}'))", "{{b}}-{{env.C}}"),
    (of_bruno, "bru.setVar('a', '{{b}}')", "{{b}}"),
    (of_insomnia, "insomnia.variables.set('a', insomnia.variables.replaceIn('{{ _.b }}-c'))", "{{b}}-c"),
    (of_jetbrains, "client.global.set('a', '{{b}}')", "{{b}}"),
    (of_bruno, "bru.setVar('a', require('crypto').createHmac('sha256', bru.getVar('b')).update('c').digest('hex'))",
     "{{hmac_sha256(b, 'c')}}"),
    (of_bruno, "bru.setVar('a', req.getMethod() + req.getUrl())", "GEThttp://h/x"),
]  # fmt: skip


@pytest.mark.parametrize(("load", "script", "expected"), PLACEHOLDERS)
def test_values_before_a_request(load: Load, script: str, expected: Any) -> None:
    """Placeholders in texts of a script, digests, and what a script sees of its request."""
    imported = load(script, "")
    assert (request_of(imported)["variables"], imported.losses) == ({"a": expected}, [])


def test_query_of_insomnia() -> None:
    """Parameters that a script adds are those of the request."""
    imported = of_insomnia("insomnia.request.url.addQueryParams([{key: 'a', value: '{{ _.b }}'}])", "")
    assert (request_of(imported)["query"], imported.losses) == ({"a": "{{b}}"}, [])


def test_skipped() -> None:
    """A request that its script skips under a condition has `when`."""
    imported = of_bruno("if (!bru.getVar('token')) { bru.runner.skipRequest(); }", "")
    assert imported.losses == []
    assert request_of(imported)["when"] == '!contains(`[null, false, 0, ""]`, token)'


SENT: list[tuple[Load, str]] = [
    (of_bruno, "const r = await bru.sendRequest({url: 'http://h/token', method: 'POST', data: {user: 'ada'}});"
               "bru.setVar('token', r.data.token); expect(r.status).to.equal(201);"),
    (of_bruno, "const axios = require('axios'); const r = await axios.post('http://h/token', {user: 'ada'});"
               "bru.setVar('token', r.data.token); expect(r.status).to.equal(201);"),
    (of_insomnia, "await insomnia.sendRequest({url: 'http://h/token', method: 'POST', header: {}, body: {mode: 'raw',"
                  "raw: JSON.stringify({user: 'ada'})}}, (err, res) => { insomnia.environment.set('token', "
                  "res.json().token); insomnia.expect(res.code).to.equal(201); });"),
]  # fmt: skip


@pytest.mark.parametrize(("load", "script"), SENT)
def test_sent_before_a_request(load: Load, script: str) -> None:
    """A request that a script sends stands before its own, with what the script does with the answer."""
    imported = load(script, "")
    assert imported.losses == []
    assert imported.collection["requests"][0] == {
        "name": "x, first POST /token",
        "url": "http://h/token",
        "auth": "none",
        "json": {"user": "ada"},
        "capture": {"token": {"from": "body.token", "secret": True}},
        "assert": [{"status": 201}],
    }
    assert imported.collection["requests"][1]["name"] == "x"


def test_sent_after_a_request() -> None:
    """A request that is sent after its own sees what that captured, and variables that are set for it go along."""
    before = "bru.setVar('n', require('uuid').v4()); await axios.get('http://h/' + bru.getVar('n'));"
    after = "bru.setVar('id', res.body.id); await bru.sendRequest({url: 'http://h/' + bru.getVar('id')});"
    first, own, last = of_bruno(before, after).collection["requests"]
    assert (first["variables"], first["capture"], first["url"]) == (
        {"n": "{{uuid()}}"},
        {"n": "vars.n"},
        "http://h/{{n}}",
    )
    assert own["capture"] == {"id": "body.id"}
    assert (last["name"], last["url"]) == ("x, then GET /{id}", "http://h/{{id}}")


def test_what_a_request_itself_sees() -> None:
    """Scripts after a request see the new value of a variable whose new value looks at the old one."""
    imported = of_bruno("bru.setVar('n', bru.getVar('n') + 1)", "expect(res.body.n).to.equal(bru.getVar('n'))")
    made = request_of(imported)
    assert (made["variables"], made["assert"]) == ({"new_n": "{{add(n, `1`)}}"}, [{"body.n": "{{new_n}}"}])


def test_an_assertion_stands_once() -> None:
    """What two scripts assert alike stands once in a request."""
    imported = of_bruno(
        "", "if (res.status !== 200) { throw new Error('no'); } test('ok', () => expect(res.status).to.equal(200))"
    )
    assert request_of(imported)["assert"] == [{"status": 200}]


LOST: list[tuple[Load, str, str]] = [
    (of_bruno, "expect(require('node:fs').x).to.equal(1)", "it needs the module 'node:fs'"),
    (of_bruno, "bru.setVar('x', new Set([1]))", "it makes an object of a class"),
    (of_insomnia, "insomnia.test('t', () => insomnia.expect(a).to.eql(1))", "'a' is not declared in it"),
    (of_jetbrains, "client.assert(a(b) === 1)", "'a' is not declared in it"),
    (of_insomnia, "insomnia.expect(insomnia.response.headers.find(h => h.key).value).to.eql(1)",
     "it is a function or an object of the tool"),
    (of_jetbrains, "client.assert(response.status === 200);\nclass A {}", "it is not understood"),
]  # fmt: skip


@pytest.mark.parametrize(("load", "script", "why"), LOST)
def test_lost(load: Load, script: str, why: str) -> None:
    """What is not understood is told, stands beside its request as a comment, and takes nothing else with it."""
    imported = load("", script)
    assert [loss.why for loss in imported.losses] == [why]
    made = imported.collection["requests"][0]
    assert any(script.split("\n")[-1][:20] in key.text for key in made if isinstance(key, Comment))
    assert ("assert" in made) == ("status === 200" in script)


@pytest.mark.parametrize(
    ("load", "script"),
    [
        (of_bruno, "bru.setVar('a', res.body.a);"),
        (of_insomnia, "insomnia.environment.set('a', insomnia.response.json().a);"),
        (of_insomnia, "insomnia.environment.set('a', insomnia.cookies.get('a'));"),
        (of_jetbrains, "client.global.set('a', response.body.a);"),
    ],
)
def test_no_response_before_a_request(load: Load, script: str) -> None:
    """A script that looks for a response, or its cookies, before there is one is told, and sets nothing."""
    imported = load(script, "")
    why = "there is no response yet" if "cookies" in script else "before the request there is no response"
    assert [loss.why for loss in imported.losses] == [why]
    assert "capture" not in request_of(imported)


def test_a_script_in_a_file_has_lines() -> None:
    """A loss in a handler names the line of the .http file."""
    imported = of_jetbrains("", "client.log(1);\nclient.assert(a === 1);")
    assert [loss.path for loss in imported.losses] == ["x.http:5"]


@pytest.mark.parametrize("load", [of_bruno, of_insomnia, of_jetbrains])
def test_without_the_parser(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the parser is not installed every script is a comment, and a loss that says what to install."""
    monkeypatch.setattr("runner.formats.scripted.find_spec", lambda name: None)
    imported = load("", "client.assert(response.status === 200)")
    made = imported.collection["requests"][0]
    assert "assert" not in made
    assert any("client.assert" in key.text for key in made if isinstance(key, Comment))
    assert ["pip install tree-sitter" in loss.remedy for loss in imported.losses] == [True]
