"""Schemas: which bodies fit, what a violation says, where `$ref` leads, what OpenAPI means, which faults are found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from runner.diagnostics import Diagnostic
from runner.engine.exchange import Response
from runner.engine.results import Verdict
from runner.engine.schemas import Schemas
from runner.engine.schemas.compiled import Compiler
from runner.engine.schemas.keywords import inner, misspelt
from runner.errors import ResolveError
from runner.reporters.words import verdict_lines

Run = Callable[..., Any]
One = Callable[..., str]
Answer = Callable[..., Response]


@pytest.fixture
def judge(run: Run, one: One, answer: Answer, disk: Any) -> Callable[..., Verdict]:
    """`judge(schema, body, files)`: the verdict on a body; the schema is a path, or is written into the request."""

    def find(schema: Any, body: Any, files: Mapping[str, Any] | None = None, *, text: str | None = None) -> Verdict:
        texts = {name: text if isinstance(text, str) else json.dumps(text) for name, text in (files or {}).items()}
        given = answer(200, json.dumps(body) if text is None else text)
        ran = run(one(f"url: http://h\nschema: {json.dumps(schema)}"), [given], disk=disk(texts))
        (verdict,) = ran["R"].verdicts
        return verdict

    return find


@pytest.fixture
def faults(load: Callable[..., Any], one: One, disk: Any) -> Callable[..., list[Diagnostic]]:
    """`faults(schema, files)`: what is found before anything is sent."""

    def find(schema: Any, files: Mapping[str, Any] | None = None) -> list[Diagnostic]:
        texts = {name: text if isinstance(text, str) else json.dumps(text) for name, text in (files or {}).items()}
        (request,) = load(one(f"url: http://h\nschema: {json.dumps(schema)}")).requests
        return Schemas(disk(texts)).faults(request.schema)

    return find


def words(verdict: Verdict) -> list[str]:
    """The lines of a verdict's violations."""
    return [line.strip(" |") for line in verdict_lines(verdict)[3:]]


# --- bodies --------------------------------------------------------------------------------------------------------

USER = {
    "type": "object",
    "required": ["id", "mail"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "mail": {"type": "string", "format": "email"},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
    },
}

VIOLATIONS: list[tuple[Any, Any, list[str]]] = [
    (USER, {"id": 0, "mail": "x", "tags": ["a", "c"]}, [
        "body.id is number 0: it must be at least 1 (minimum)",
        "body.mail is string 'x': it must be of format email (format)",
        "body.tags[1] is string 'c': it must be 'a' or 'b' (enum)",
    ]),
    (USER, {"Mail": "a@b.cd", "x": 1}, [
        "body.id is missing (required); there are 'Mail', 'x'",
        "body.mail is missing (required); there are 'Mail', 'x'",
    ]),
    (USER, [], ["body is array []: it must be object (type)"]),
    ({"type": ["string", "null"]}, 7, ["body is number 7: it must be null or string (type)"]),
    ({"const": {"a": 1}}, {"a": 2}, ["body is object {\"a\": 2}: it must be {\"a\": 1} (const)"]),
    ({"items": {"required": ["@id"]}}, [{}], ['body[0]."@id" is missing (required)']),
    ({"additionalProperties": False}, {"a": 1}, ["body.a is number 1, which is not allowed (additionalProperties)"]),
    ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "b": None, "c": 1}, [
        "body.b is null, which is not allowed (additionalProperties)",
        "body.c is number 1, which is not allowed (additionalProperties)",
    ]),
    ({"properties": {"a": False}}, {"a": 1}, ["body.a is number 1, which is not allowed (false)"]),
    ({"properties": {"a": {}}, "unevaluatedProperties": False}, {"b": 1},
     ["body.b is number 1, which is not allowed (unevaluatedProperties)"]),
    ({"propertyNames": {"maxLength": 1}}, {"ab": 1},
     ["body.ab has a name that must have at most 1 character (propertyNames/maxLength)"]),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ["body.b is missing (dependentRequired); there are 'a'"]),
    ({"minItems": 2}, [1], ["body is array [1]: it must have at least 2 elements (minItems)"]),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, ['body is object {"a": 1, "b": 2}: it must have at most 1 key (maxProperties)']),
    ({"uniqueItems": True}, [1, 1.0], ["body is array [1, 1.0]: it must not hold the same element twice (uniqueItems)"]),
    ({"contains": {"const": 1}}, [2], ["body is array [2]: it must hold an element that fits (contains)"]),
    ({"contains": {"const": 1}, "maxContains": 1}, [1, 1],
     ["body is array [1, 1]: it must hold fewer elements that fit 'contains' (maxContains)"]),
    ({"multipleOf": 0.1}, 0.35, ["body is number 0.35: it must be a multiple of 0.1 (multipleOf)"]),
    ({"pattern": r"^\p{Lu}+$"}, "aB", [r"body is string 'aB': it must match ^\\p{Lu}+$ (pattern)".replace("\\\\", "\\")]),
    ({"not": {"type": "string"}}, "a", ["body is string 'a': it must not fit this schema (not)"]),
    ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, ["body.b is missing (required); there are 'a'"]),
    ({"enum": list(range(20))}, 21, ["body is number 21: it must be one of 0, 1, 2, 3, 4, 5, 6, 7, … (20 in all) (enum)"]),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "body", "expected"), VIOLATIONS)
def test_violations(schema: Any, body: Any, expected: list[str], judge: Callable[..., Verdict]) -> None:
    """Each violation says its path in the body, what is there, what the rule asks for, and its keyword."""
    verdict = judge(schema, body)
    assert not verdict.passed
    assert words(verdict) == expected


CHOICES: list[tuple[Any, Any, list[str]]] = [
    ({"anyOf": [{"type": "string"}, {"type": ["integer", "null"]}]}, 1.5,
     ["body is number 1.5: it must be string, null or integer (anyOf/type)"]),
    ({"anyOf": [{"type": "null"}, {"type": "object", "required": ["a"]}]}, {},
     ["body.a is missing (required)"]),
    ({"oneOf": [{"properties": {"type": {"const": "cat"}, "lives": {"type": "integer"}}},
                {"properties": {"type": {"const": "dog"}, "lives": {"const": 1}, "barks": {"const": True}}}]},
     {"type": "cat", "lives": "nine", "barks": False},
     ["body is object {\"type\": \"cat\", \"lives\": \"nine\", \"barks\": false}: it must fit one of 2 schemas, it fits none (oneOf)",
      "body.lives is string 'nine': it must be integer (type)"]),
    ({"oneOf": [{"type": "object"}, {"required": ["a"]}]}, {"a": 1},
     ['body is object {"a": 1}: it must fit one of 2 schemas, it fits 2 (oneOf)']),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "body", "expected"), CHOICES)
def test_choices_tell_what_the_nearest_schema_finds(
    schema: Any, body: Any, expected: list[str], judge: Callable[..., Verdict]
) -> None:
    """Of `anyOf` and `oneOf` those for other types or another constant are not told of; the nearest one is."""
    assert words(judge(schema, body)) == expected


FITTING: list[tuple[Any, Any]] = [
    (USER, {"id": 1, "mail": "ada@example.com", "more": 1}),
    ({"type": "integer"}, 2.0),
    ({"type": "number"}, 10**30),
    ({"const": 1.10}, 1.1),
    ({"type": "string", "minLength": 1, "maxLength": 1}, "😀"),
    ({"type": "string"}, "\ud800"),
    ({"items": {"$ref": "#"}, "type": "array"}, [[[]], []]),
    ({"type": "null"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("schema", "body"), FITTING)
def test_bodies_that_fit(schema: Any, body: Any, judge: Callable[..., Verdict]) -> None:
    """A body that breaks nothing passes: numbers as JSON Schema compares them, text by characters, halves of them too."""
    assert judge(schema, body).passed


def test_numbers_are_shown_as_they_were_spelled(judge: Callable[..., Verdict]) -> None:
    """A violation shows the body's own spelling of a number."""
    (violation,) = judge({"properties": {"a": {"const": 2}}}, None, text='{"a": 1.10}').violations
    assert str(violation.actual[0]) == "1.10"


FORMATS = [
    ("date-time", "2026-11-23T10:00:00Z", "2026-11-23 at ten"),
    ("date", "2026-11-23", "2026-13-01"),
    ("time", "10:00:00Z", "25:00:00Z"),
    ("duration", "P1DT2H", "1 day"),
    ("email", "ada@example.com", "ada"),
    ("hostname", "example.com", "-"),
    ("ipv4", "127.0.0.1", "127.0.0"),
    ("ipv6", "::1", "1"),
    ("uri", "https://example.com/a?b#c", "/a"),
    ("uri-reference", "/a", "\\\\a"),
    ("uuid", "7e57c0de-0000-4000-8000-00000000c0a0", "7e57c0de"),
    ("json-pointer", "/a/0", "a"),
    ("regex", "^a+$", "["),
]


@pytest.mark.parametrize(("name", "good", "bad"), FORMATS)
@pytest.mark.parametrize(
    "draft", ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"]
)
def test_formats_are_checked(draft: str, name: str, good: str, bad: str, judge: Callable[..., Verdict]) -> None:
    """`format` judges in every draft; one that nobody knows allows everything."""
    assert judge({"$schema": draft, "format": name}, good).passed
    assert not judge({"$schema": draft, "format": name}, bad).passed
    assert judge({"$schema": draft, "format": "int32"}, 3_000_000_000).passed


def test_many_violations_are_bounded(judge: Callable[..., Verdict]) -> None:
    """Twenty are shown, and how many more there are."""
    verdict = judge({"items": {"type": "string"}}, [0] * 50)
    assert verdict.problem == "the body breaks the schema in 50 places"
    assert len(verdict.violations) == 20
    assert words(verdict)[-1] == "… and 30 more"
    assert judge({"items": {"type": "string"}}, [0] * 5_000).problem.endswith("in more than 1,000 places")


@pytest.mark.parametrize(
    ("body", "problem"),
    [("<html>", "cannot be judged: body is not JSON: line 1, column 1: expecting value"), ("", "cannot be judged: the body is empty")],
)  # fmt: skip
def test_a_body_that_is_no_json_cannot_be_judged(body: str, problem: str, judge: Callable[..., Verdict]) -> None:
    """The verdict fails, and says why there is no body."""
    verdict = judge({}, None, text=body)
    assert (verdict.passed, verdict.problem) == (False, problem)


def test_a_schema_does_not_look_at_the_status(run: Run, one: One, answer: Answer) -> None:
    """A body that fits does not make a 500 good."""
    assert run(one("url: http://h\nschema: {}"), [answer(500, {})]).outcomes == {"R": "failed"}


# --- templates -----------------------------------------------------------------------------------------------------


def test_templates_in_a_schema(run: Run, one: One, answer: Answer) -> None:
    """Variables and the request's own captures may stand in an inline schema, and keep their type."""
    text = one(
        "url: http://h\ncapture: {own: body.id}\nschema: {properties: {id: {const: '{{own}}'}, n: {const: '{{n}}'}}}",
        "variables: {n: 5}",
    )
    assert run(text, [answer(200, {"id": 7, "n": 5})]).outcomes == {"R": "passed"}
    assert run(text, [answer(200, {"id": 7, "n": "5"})]).outcomes == {"R": "failed"}


def test_templates_in_the_path_of_a_schema(run: Run, one: One, answer: Answer, disk: Any) -> None:
    """A path may hold variables; what it then leads to is judged when it is used, and a fault fails the request."""
    text = one("url: http://h\nschema: '{{kind}}.json'")
    files = {"user.json": '{"type": "object"}', "bad.json": '{"minLength": "5"}'}
    for kind, outcome, problem in [
        ("user", "passed", ""),
        ("lost", "failed", "no such file: 'lost.json'"),
        ("bad", "failed", "the schema is not valid: 'minLength' must be integer, not '5' (requests/bad.json:1:16)"),
    ]:
        result = run(text, [answer(200, {})], disk=disk(files), given={"kind": kind})["R"]
        assert (result.outcome, result.verdicts[0].problem) == (outcome, problem)


def test_a_whole_schema_from_a_variable(run: Run, one: One, answer: Answer) -> None:
    """A template alone keeps its type: a variable may hold the schema."""
    text = one("url: http://h\nschema: '{{user}}'", "variables: {user: {type: object, required: [id]}}")
    assert run(text, [answer(200, {"id": 7})]).outcomes == {"R": "passed"}
    assert run(text, [answer(200, {})]).outcomes == {"R": "failed"}
    verdict = run(text, [answer(200, {})], given={"user": 5})["R"].verdicts[0]
    assert verdict.problem == "'schema' wants a file or a JSON Schema, this is number"


def test_secrets_are_masked_in_violations(run: Run, one: One, answer: Answer) -> None:
    """A secret is masked in values and rules, numbers too, whatever quotes it holds."""
    secrets = 'secrets: {pw: "pa\'ss\\\\word", pin: 123456}'
    schema = "{properties: {a: {const: other}, b: {const: '{{pw}}'}, c: {const: '{{pin}}'}, d: {maximum: 5}}}"
    ran = run(one(f"url: http://h\nheaders: {{X: '{{{{pw}}}}{{{{pin}}}}'}}\nschema: {schema}", secrets),
              [answer(200, {"a": "pa'ss\\word", "b": 1, "c": "x", "d": 123456})])  # fmt: skip
    lines = words(ran.redactor.apply(ran["R"].verdicts[0]))
    assert lines == [
        "body.a is string '***': it must be 'other' (const)",
        "body.b is number 1: it must be '***' (const)",
        "body.c is string 'x': it must be '***' (const)",
        "body.d is string '***': it must be at most 5 (maximum)",
    ]


# --- $ref ----------------------------------------------------------------------------------------------------------


def test_refs_across_files(judge: Callable[..., Verdict]) -> None:
    """`$ref` leads on within and across files of both kinds, each path relative to its own file."""
    files = {
        "user.json": {"properties": {"home": {"$ref": "address.yaml#/$defs/address"}, "boss": {"$ref": "#"}}},
        "address.yaml": "$defs:\n  address: {properties: {zip: {$ref: '#/$defs/a~1b c'}}}\n  a/b c: {type: string}\n",
    }
    body = {"home": {"zip": 1}, "boss": {"boss": {"home": {"zip": 2}}}}
    assert [v.path for v in judge("user.json", body, files).violations] == ["body.home.zip", "body.boss.boss.home.zip"]
    schema = {"items": {"$ref": "user.json#/properties/home"}}
    assert [v.path for v in judge(schema, [{"zip": 1}], files).violations] == ["body[0].zip"]


DEFINED = {"$defs": {"a": {"type": "integer"}}, "definitions": {"a": {"type": "integer"}}}
NAMED: list[Any] = [
    {"$id": "https://example.com/s.json", "$ref": "#/$defs/a", **DEFINED},
    {"$id": "https://example.com/s.json", "$ref": "https://example.com/s.json#/$defs/a", **DEFINED},
    {"$ref": "#here", "$defs": {"a": {"$anchor": "here", "type": "integer"}}},
    {"$ref": "other.json", "$defs": {"a": {"$id": "other.json", "type": "integer"}}},
    {"$id": "https://example.com/s/", "$ref": "t/u.json#x",
     "$defs": {"a": {"$id": "t/u.json", "$defs": {"b": {"$anchor": "x", "type": "integer"}}}}},
    {"$id": "https://example.com/s.json", "$ref": "int.json"},
    {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#a", "definitions": {"a": {"$id": "#a", "type": "integer"}}},
    {"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://x.test/", "$ref": "y", "definitions": {"a": {"id": "y", "type": "integer"}}},
    {"$dynamicRef": "#here", "$defs": {"a": {"$dynamicAnchor": "here", "type": "integer"}}},
    {"$ref": "%69nt.json#"},
    {"$ref": "int.json#/%24defs/a", "$comment": "percent-encoded"},
]  # fmt: skip


@pytest.mark.parametrize("schema", NAMED)
def test_schemas_that_name_themselves(schema: Any, judge: Callable[..., Verdict]) -> None:
    """`$id` and anchors are followed; below an `$id` of the network a relative `$ref` is a file beside this one."""
    files = {"s.json": schema, "int.json": {"type": "integer", **DEFINED}}
    for wanted in (schema, "s.json"):
        assert judge(wanted, 1, files).passed
        assert not judge(wanted, "1", files).passed


def test_drafts_keep_their_meaning(judge: Callable[..., Verdict]) -> None:
    """Each file is judged by the draft that it names, also behind a `$ref` of another draft."""
    old = {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True}
    files = {
        "old.json": old,
        "tuple.json": {"$schema": "http://json-schema.org/draft-07/schema", "items": [{"type": "string"}]},
    }
    assert not judge("old.json", 1, files).passed
    assert not judge({"items": {"$ref": "old.json"}}, [1], files).passed
    assert judge({"$ref": "tuple.json"}, ["a", 1], files).passed
    assert not judge({"$ref": "tuple.json"}, [1], files).passed
    assert judge(
        {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "type": "string", **DEFINED},
        1,
    ).passed


def test_a_draft_itself_can_be_the_schema(judge: Callable[..., Verdict]) -> None:
    """`$ref` to a draft judges schemas, without the network."""
    draft = "https://json-schema.org/draft/2020-12/schema"
    assert judge({"$ref": draft}, {"type": "string"}).passed
    assert not judge({"$ref": draft}, {"type": "strnig"}).passed


def test_files_are_read_and_compiled_once(load: Callable[..., Any], disk: Any) -> None:
    """However many requests use a file or a schema in it, it is read once and compiled once."""
    files = disk({"api.json": json.dumps({"$defs": {"a": {"$ref": "b.json"}, "c": {}}}), "b.json": "{}"})
    names = [f"  - {{name: R{n}, url: /, schema: 'api.json#/$defs/{'ac'[n % 2]}'}}" for n in range(6)]
    requests = load("base_url: http://h\nrequests:\n" + "\n".join(names)).requests
    schemas = Schemas(files)
    assert [schemas.faults(request.schema) for request in requests] == [[]] * 6
    assert sorted(files.reads) == ["requests/api.json", "requests/b.json"]
    compiled = [schemas.get(request.schema, None) for request in requests]  # type: ignore[arg-type]
    assert len(set(map(id, compiled))) == 2


# --- OpenAPI -------------------------------------------------------------------------------------------------------


def api(version: str, **schemas: Any) -> dict[str, Any]:
    if version == "2.0":
        return {"swagger": "2.0", "definitions": schemas}
    return {"openapi": version, "components": {"schemas": schemas}}


OPENAPI: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("3.0.3", {"type": "string", "nullable": True}, ["a", None], [1]),
    ("3.0.3", {"type": "string"}, ["a"], [None]),
    ("3.0.3", {"type": "string", "nullable": True, "enum": ["a"]}, ["a", None], ["b"]),
    ("3.0.3", {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Int"}]}, [1, None], ["a"]),
    ("3.0.3", {"nullable": True, "$ref": "#/components/schemas/Int"}, [1, None], ["a"]),
    ("3.0.3", {"nullable": False, "type": "string"}, ["a"], [None]),
    ("3.0.3", {"$ref": "#/components/schemas/Int", "maximum": 5}, [9], ["a"]),
    ("3.0.3", {"minimum": 1, "exclusiveMinimum": True}, [2], [1]),
    ("3.0.3", {"maximum": 1, "exclusiveMaximum": True}, [0], [1]),
    ("3.0.3", {"minimum": 1, "exclusiveMinimum": False}, [1], [0]),
    ("3.0.3", {"required": ["a", "pw"], "properties": {"pw": {"writeOnly": True}}}, [{"a": 1}], [{"pw": 1}]),
    ("3.0.3", {"items": {"properties": {"x": {"type": "string", "nullable": True}}}}, [[{"x": None}]], [[{"x": 1}]]),
    ("3.0.3", {"anyOf": [{"type": "string", "nullable": True}, {"type": "integer"}]}, [None, 1, "a"], [1.5]),
    ("3.0.3", {"properties": {"nullable": {"type": "boolean"}}}, [{"nullable": True}], [{"nullable": 1}]),
    ("3.1.0", {"type": ["string", "null"], "exclusiveMinimum": 1}, ["a", None], [1]),
    ("3.1.0", {"type": "string", "nullable": True}, ["a"], [None]),
    ("3.1.0", {"$ref": "#/components/schemas/Int", "maximum": 5}, [1], [9, "a"]),
    ("2.0", {"type": "string", "x-nullable": True}, ["a", None], [1]),
    ("2.0", {"$ref": "#/definitions/Int"}, [1], ["a"]),
    ("2.0", {"type": "object", "discriminator": "kind", "properties": {"n": {"$ref": "#/definitions/Int"}}}, [{"n": 1}], [{"n": "a"}]),
]  # fmt: skip


@pytest.mark.parametrize(("version", "schema", "good", "bad"), OPENAPI)
def test_openapi_schemas(
    version: str, schema: Any, good: list[Any], bad: list[Any], judge: Callable[..., Verdict]
) -> None:
    """3.1 is JSON Schema as it is; 3.0 and 2.0 say null, exclusive bounds and `$ref` in their own way."""
    files = {"api.json": api(version, X=schema, Int={"type": "integer"})}
    wanted = f"api.json#/{'definitions' if version == '2.0' else 'components/schemas'}/X"
    assert [body for body in good if not judge(wanted, body, files).passed] == []
    assert [body for body in bad if judge(wanted, body, files).passed] == []


def test_openapi_schemas_that_hold_one_another(judge: Callable[..., Verdict]) -> None:
    """A pointer may end at a response's schema; from there it goes on to other schemas and files, trees among them."""
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"$ref": "more.json#/n"}},
    }
    files = {
        "api.json": {**api("3.0.0", Node={**node, "nullable": True}),
                     "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
                         "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}}}}}}}}},
        "more.json": {"n": {"$ref": "api.json#/components/schemas/Node/properties/n2"}},
    }  # fmt: skip
    files["api.json"]["components"]["schemas"]["Node"]["properties"]["n2"] = {"type": "integer", "nullable": True}
    wanted = "api.json#/paths/~1a/get/responses/200/content/application~1json/schema"
    assert judge(wanted, [{"n": 1, "next": {"n": None, "next": None}}], files).passed
    verdict = judge(wanted, [{"n": 1}, {"next": {"next": {"n": "x"}}}], files)
    assert [violation.path for violation in verdict.violations] == ["body[1].next.next.n"]


# --- faults --------------------------------------------------------------------------------------------------------

API = api("3.0.3", User={"type": "object"}, Users={"$ref": "#/components/schemas/Usr"})
FAULTS: list[tuple[Any, Mapping[str, Any], str, str]] = [
    ("lost.json", {}, "no such file: 'lost.json'", ""),
    ("#/a", {}, "'#/a' names no file", "write it before the '#'"),
    ("http://x.test/a.json", {}, "a schema is a file of the project: nothing is fetched", "save it beside this file"),
    ("a.json", {"a.json": "[]"}, "no schema stands there: it is an array", ""),
    ("a.json#/b", {"a.json": {"b": "c"}}, "no schema stands there: it is a string", ""),
    ("a.json#/b", {"a.json": {"a": {}, "bb": {}}}, "'#/b' leads nowhere: requests/a.json has no 'b'", "did you mean 'bb'?"),
    ("a.json#/x/y/0", {"a.json": {"x": {"y": []}}}, "'#/x/y/0' leads nowhere: 'x/y' has no '0'", ""),
    ("a.json#x", {"a.json": {}}, "'#x' leads nowhere: requests/a.json has no such anchor", ""),
    ("a.json", {"a.json": API}, "'a.json' is an OpenAPI document, which is no schema", "name one, as in a.json#/components/schemas/User"),
    ("a.json#/openapi", {"a.json": API}, "what stands at '#/openapi' is no schema", "name one, as in a.json#/components/schemas/User"),
    ("a.json#/components/schemas/Users", {"a.json": API}, "$ref: '#/components/schemas/Usr' leads nowhere: 'components/schemas' has no 'Usr'", ""),
    ({"$ref": "b.json"}, {}, "$ref: no such file: 'b.json'", ""),
    ({"$ref": "http://x.test/b"}, {}, "$ref: 'http://x.test/b' is not in the project, and nothing is fetched", "save it beside this file, and name that file"),
    ({"$ref": "urn:x:y"}, {}, "$ref: 'urn:x:y' is not in the project, and nothing is fetched", "save it beside this file, and name that file"),
    ({"$ref": "#"}, {}, "schemas go in a circle: # → #", "a schema may hold itself in a part only"),
    ({"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"not": {"$ref": "#"}}}}, {}, "schemas go in a circle", "a schema may hold itself in a part only"),
    ({"type": "strnig"}, {}, "the schema is not valid: 'type' must be 'array'", "did you mean 'string'?"),
    ({"properties": {"a": {"minimum": "1"}}}, {}, "the schema is not valid: 'minimum' must be number, not '1'", ""),
    ({"pattern": "["}, {}, "the schema is not valid: 'pattern' must be of format regex, not '['", ""),
    ({"$schema": "http://x.test/draft"}, {}, "the draft 'http://x.test/draft' is not known", "known: "),
    ({"additional_properties": False}, {}, "unknown keyword 'additional_properties' in the schema", "did you mean 'additionalProperties'?"),
    ({"$defs": {"a": {"minlength": 1}}}, {}, "unknown keyword 'minlength' in the schema", "did you mean 'minLength'?"),
    ("a.json#/$defs/ok", {"a.json": {"$defs": {"ok": {}, "bad": {"type": 1}}}}, "the schema is not valid: 'type' must be 'array'", ""),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "files", "message", "hint"), FAULTS)
def test_faults(
    schema: Any, files: Mapping[str, Any], message: str, hint: str, faults: Callable[..., list[Diagnostic]]
) -> None:
    """A schema that cannot be used is found before anything is sent, with what to do about it."""
    (fault,) = faults(schema, files)
    assert fault.message.startswith(message)
    assert hint in fault.hint + "".join(fault.notes)
    assert fault.span is not None
    assert fault.span.source.path == "requests/test.yaml"


def test_all_faults_of_a_schema_at_once(faults: Callable[..., list[Diagnostic]]) -> None:
    """Faults of several kinds come together, those of a file with the place in that file below."""
    bad = '{"properties": {\n "a": {"type": "x"},\n "b": {"$ref": "#/c"},\n "d": {"requird": []}}}'
    found = faults("a.json", {"a.json": bad})
    assert [fault.notes[0] for fault in found] == [
        "requests/a.json:3:17",
        "requests/a.json:2:17",
        "requests/a.json:4:9",
    ]
    assert {fault.span.text for fault in found if fault.span} == {"a.json"}


def test_a_fault_of_a_file_is_told_once(load: Callable[..., Any], disk: Any) -> None:
    """Of several requests that use a broken file the first one tells; each of those that name a missing one does."""
    texts = "requests:\n" + "".join(
        f"  - {{name: R{n}, url: 'http://h', schema: {file}.json}}\n" for n, file in enumerate("aabb")
    )
    schemas = Schemas(disk({"a.json": '{"type": 1}'}))
    assert [len(schemas.faults(request.schema)) for request in load(texts).requests] == [1, 0, 1, 1]


def test_names_in_a_schema_are_judged(plan: Callable[..., Any], one: One) -> None:
    """An undefined variable in a schema is found as everywhere else."""
    from runner.errors import InvalidError

    with pytest.raises(InvalidError, match="undefined variable 'idd'"):
        plan(one("url: http://h\nschema: {const: '{{idd}}'}"))


# --- keywords ------------------------------------------------------------------------------------------------------


def test_data_in_a_schema_is_no_schema() -> None:
    """A `$ref` in an example or a constant is data."""
    schema = {"const": {"$ref": "x"}, "examples": [{"$ref": "x"}], "properties": {"const": {}}, "items": [{}, True]}
    assert [found.steps for found in inner(schema)] == [("properties", "const"), ("items", 0), ("items", 1)]


@pytest.mark.parametrize(
    "keyword", ["title", "example", "nullable", "discriminator", "xml", "x-order", "id", "default", "property", "unit", "$anchor"]
)  # fmt: skip
def test_keywords_that_are_no_mistakes(keyword: str) -> None:
    """What is far from every keyword is left alone."""
    assert misspelt(keyword) == ""


def test_a_schema_that_a_template_spoils(run: Run, one: One, answer: Answer) -> None:
    """What is no JSON cannot be part of a schema: the request fails and says so."""
    text = one("url: http://h\ncapture: {raw: bytes}\nschema: {const: '{{raw}}'}")
    verdict = run(text, [answer(200, {})])["R"].verdicts[-1]
    assert verdict.problem == "this is no JSON Schema: bytes cannot be written as JSON: use base64()"


# --- many schemas --------------------------------------------------------------------------------------------------


def test_many_schemas_of_one_document(load: Callable[..., Any], one: One, disk: Any, monkeypatch: Any) -> None:
    """Schemas of a large document are judged without a search for their places; those beyond a bound are made again."""
    monkeypatch.setattr("runner.engine.schemas._MOST_KEPT", 2)
    monkeypatch.setattr("runner.language.data.Data.span", lambda *words, **more: pytest.fail("no place is asked for"))
    named = {f"S{number}": {"properties": {"a": {"$ref": "#/components/schemas/Base"}}} for number in range(5)}
    whole = {"openapi": "3.1.0", "components": {"schemas": {**named, "Base": {"type": "string"}}}}
    schemas = Schemas(disk({"api.json": json.dumps(whole)}))
    for name in named:
        (request,) = load(one(f"url: http://h\nschema: api.json#/components/schemas/{name}")).requests
        assert schemas.faults(request.schema) == []
        for body, sound in (({"a": "x"}, True), ({"a": 1}, False)):
            assert (not schemas.get(request.schema, None).judge(body).violations) is sound  # type: ignore[arg-type]


@pytest.mark.parametrize("takes", [True, False])
def test_many_schemas_as_one(load: Callable[..., Any], disk: Any, monkeypatch: Any, takes: bool) -> None:
    """Many schemas are compiled as one; what is wrong with some is told as it is of few, also if the library refuses."""
    compiled: list[Any] = []
    monkeypatch.setattr("runner.engine.schemas._MANY", 3)
    monkeypatch.setattr(Compiler, "compile", lambda self, start, named: compiled.append(start) or object())
    if not takes:
        monkeypatch.setattr(Compiler, "takes", lambda self, starts, named: False)
    named = {"A": {"type": "integer"}, "B": {"items": {"$ref": "#/components/schemas/A"}}, "C": {"type": "strin"}}
    files = {"api.json": json.dumps({"openapi": "3.1.0", "components": {"schemas": named}})}
    wanted = ["api.json#/components/schemas/A", "api.json#/components/schemas/B", "api.json#/components/schemas/B"]
    wanted += ["api.json#/components/schemas/C", "api.json#/components/schemas/D", {"type": "string"}]  # type: ignore[list-item]
    texts = [f"{{name: R{place}, url: 'http://h', schema: {json.dumps(one)}}}" for place, one in enumerate(wanted)]
    requests = load(f"requests: [{', '.join(texts)}]").requests
    found = Schemas(disk(files)).faults_of([request.schema for request in requests])
    assert [fault.message.partition(":")[0] for fault in found] == [
        "the schema is not valid",
        "'#/components/schemas/D' leads nowhere",
    ]
    assert len(compiled) == (1 if takes else 3)


def test_a_circle_that_two_schemas_lead_to(load: Callable[..., Any], one: One, disk: Any) -> None:
    """A circle stops every schema that comes to it, and is told once."""
    circle = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    own = {name: {"items": {"$ref": "#/components/schemas/A"}} for name in ("X", "Y")}
    schemas = Schemas(
        disk({"api.json": json.dumps({"openapi": "3.1.0", "components": {"schemas": {**circle, **own}}})})
    )
    told = []
    for name in own:
        (request,) = load(one(f"url: http://h\nschema: api.json#/components/schemas/{name}")).requests
        told += schemas.faults(request.schema)
        with pytest.raises(ResolveError, match="go in a circle"):
            schemas.get(request.schema, None)  # type: ignore[arg-type]
    assert [fault.message.partition(":")[0] for fault in told] == ["schemas go in a circle"]
