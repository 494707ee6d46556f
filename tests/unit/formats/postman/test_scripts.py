"""Scripts: each idiom with what it becomes; what is not understood is lost with a reason, never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from runner.formats.draft import Comment, Names
from runner.formats.scripts import drafts
from runner.formats.scripts.machine import Machine
from runner.formats.scripts.results import results
from runner.formats.scripts.syntax import parse

J = "const j = pm.response.json();"


class Read:
    """What a script comes to."""

    def __init__(self, text: str, phase: str = "after") -> None:
        machine = Machine(parse(text), phase)
        machine.run_script()
        self.lost = machine.losses
        self.found = results(machine, Names())
        exchange = self.found.exchange(0)
        self.captures = drafts.captures(exchange, 0, machine.lose)
        self.schema = drafts.schema(exchange, 0, machine.lose)
        self.asserts = [item for item in drafts.assertions(exchange, 0, machine.lose) if not isinstance(item, Comment)]


ASSERTIONS: list[tuple[str, Any]] = [
    ("pm.response.to.have.status(201)", {"status": 201}),
    ("pm.response.to.have.status('Created')", {"reason": "Created"}),
    ("pm.response.to.be.ok", {"status": 200}),
    ("pm.expect(pm.response.code).to.be.oneOf([200, 201])", {"status": [200, 201]}),
    ("tests['ok'] = responseCode.code === 200", {"status": 200}),
    ("tests['x'] = responseBody.has('ada')", "contains(text, 'ada')"),
    ("pm.response.to.have.header('ETag')", "headers.etag != `null`"),
    ("pm.expect(pm.response.headers.get('X-Kind')).to.eql('a')", {'headers."x-kind"': "a"}),
    ("pm.expect(pm.response.responseTime).to.be.below(200)", "elapsed_ms < `200`"),
    ("pm.expect(j.a.b).to.eql(5)", {"body.a.b": 5}),
    ("pm.expect(j['a-b'][0]).to.equal('x')", {'body."a-b"[0]': "x"}),
    ("pm.expect(j.id).to.eql(pm.environment.get('user-id'))", {"body.id": "{{user_id}}"}),
    ("pm.expect(j.id).to.not.eql(5)", "body.id != `5`"),
    ("pm.expect(j.list).to.be.an('array')", {"type(body.list)": "array"}),
    ("pm.expect(j).to.have.property('id')", "has(body, 'id')"),
    ("pm.expect(j.list).to.have.lengthOf(3)", {"length(body.list)": 3}),
    ("pm.expect(j.list.length).to.be.at.least(1)", "length(body.list) >= `1`"),
    ("pm.expect(j.name).to.include('da')", "contains(body.name, 'da')"),
    ("pm.expect(j.name).to.match(/^a/i)", "matches(body.name, '(?i)^a')"),
    ("pm.expect(j.ok).to.be.true", {"body.ok": True}),
    ("pm.expect(j.note).to.be.null", {"body.note": None}),
    ("pm.expect(j.id).to.exist", "body.id != `null`"),
    ("pm.expect(typeof j.id).to.eql('number')", {"type(body.id)": "number"}),
    ("pm.expect(typeof j.id).to.not.eql('undefined')", "body.id != `null`"),
    ("j.list.forEach(x => pm.expect(x.ok).to.be.true)", "all(body.list, &ok == `true`)"),
    ("for (const x of j.list) { pm.expect(x.n).to.be.above(0) }", "all(body.list, &n > `0`)"),
    ("pm.expect(j.n, 'a {{b}}').to.eql(1)", {"that": "body.n", "equals": 1, "message": "a \\{{b}}"}),
    ("if (j.kind === 'a') { pm.expect(j.n).to.eql(1) }", "body.kind != 'a' || body.n == `1`"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "expected"), ASSERTIONS)
def test_assertions(script: str, expected: Any) -> None:
    """An assertion of a script is an assertion of ours."""
    read = Read(f"{J}\n{script};")
    assert (read.asserts, read.lost) == ([expected], [])


CAPTURES = [
    ("pm.environment.set('id', j.a.id)", {"id": "body.a.id"}),
    ("pm.collectionVariables.set('id', pm.response.json().list[0])", {"id": "body.list[0]"}),
    ("pm.globals.set('etag', pm.response.headers.get('ETag'))", {"etag": "headers.etag"}),
    ("postman.setEnvironmentVariable('id', JSON.parse(responseBody).id)", {"id": "body.id"}),
    ("const { data: { id } } = j; pm.variables.set('id', id)", {"id": "body.data.id"}),
    ("pm.environment.set('first', j.list.find(x => x.ok).id)", {"first": "(body.list[?ok] | [0]).id"}),
]


@pytest.mark.parametrize(("script", "expected"), CAPTURES)
def test_captures(script: str, expected: Any) -> None:
    """A variable that is set from the response is a capture."""
    read = Read(f"{J}\n{script};")
    assert read.lost == []
    assert {
        name: text.replace('!contains(`[null, false, 0, ""]`, ok)', "ok") for name, text in read.captures.items()
    } == expected


def test_before() -> None:
    """What is set before the request is a variable; a condition under which it is skipped is kept."""
    found = Read("pm.environment.set('id', pm.variables.replaceIn('{{$guid}}')); if (pm.environment.get('off') === 'yes')"
                 " { pm.execution.skipRequest(); }", "before").found  # fmt: skip
    assert list(found.variables) == ["id"]
    assert len(found.skips) == 1


def test_schema() -> None:
    """A JSON Schema in any of its spellings judges the body."""
    schema = "{type: 'object'}"
    for script in (
        f"pm.response.to.have.jsonSchema({schema})",
        f"pm.expect(j).to.be.jsonSchema({schema})",
        f"tests['x'] = tv4.validate(j, {schema})",
        f"const Ajv = require('ajv'); pm.expect(new Ajv().validate({schema}, j)).to.be.true",
    ):
        assert Read(f"{J}{script};").schema == {"type": "object"}, script


LOST = [
    ("pm.expect(sign(j.a)).to.eql(1)", "'sign' is not declared in it"),
    ("pm.environment.set(j.name, 1)", "its name is computed"),
    ("while (j.n < more()) { pm.expect(j.n).to.eql(1) }", "depend on values that only the run knows"),
]


@pytest.mark.parametrize(("script", "why"), LOST)
def test_lost(script: str, why: str) -> None:
    """What cannot be translated is lost with a reason, and nothing is made of it."""
    read = Read(f"{J}\n{script};")
    assert read.asserts == []
    assert read.captures == {}
    assert any(why in lost.why for lost in read.lost)


def test_return_in_what_is_not_known() -> None:
    """What follows a `return` of which nobody knows whether it is met, is lost, too, and not taken for certain."""
    read = Read(
        "function f() { while (odd()) { return; } pm.expect(1).to.eql(2); } f(); pm.response.to.have.status(200);"
    )
    assert read.asserts == [{"status": 200}]
    assert "an assertion" in [lost.what for lost in read.lost]


def test_one_odd_line() -> None:
    """One line that is not understood does not lose the others of its test."""
    read = Read(f"{J} pm.test('x', () => {{ pm.expect(odd()).to.eql(1); pm.expect(j.a).to.eql(2); }});")
    assert read.asserts == [{"body.a": 2}]
    assert len(read.lost) == 1


def test_broken() -> None:
    """A script that is no JavaScript is a loss, and what is right of it is read."""
    read = Read("pm.response.to.have.status(200);\nconst = ;\n")
    assert read.asserts == [{"status": 200}]
    assert read.lost


def test_long_chains() -> None:
    """Long chains of `||` are read in time that grows with their length."""
    chain = " || ".join(f"j.a{number}" for number in range(60))
    assert Read(f"{J} pm.environment.set('x', {chain});").found is not None
