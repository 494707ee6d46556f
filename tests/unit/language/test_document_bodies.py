"""Decoding bodies of several values: which key fills which field, and where templates may stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.engine.build import declared_values
from runner.language.model import MISSING, Body, GraphQL, Part, RequestSpec, Template
from runner.language.template import templates

Load = Callable[..., Any]
One = Callable[..., str]
Faults = Callable[..., Any]


@pytest.fixture
def body(load: Load, one: One) -> Callable[[str], Body]:
    """`body("file: x")`: the body of a request."""

    def read(text: str) -> Body:
        spec: RequestSpec = load(one(f"url: http://h\n{text}")).requests[0]
        assert spec.body is not None
        return spec.body

    return read


def test_the_parts_of_multipart(body: Callable[[str], Body]) -> None:
    """A key with a list is several parts; text is a value, a mapping says more."""
    found = body("multipart: {a: x, b: [1, {file: f.txt, filename: g.txt, content_type: text/x}], c: {value: [1]}}")
    assert found.kind == "multipart"
    parts: tuple[Part, ...] = found.value
    assert [(part.text, part.value, part.long) for part in parts] == [
        ("a", "x", False),
        ("b", 1, False),
        ("b", MISSING, True),
        ("c", [1], True),
    ]
    file = parts[2]
    assert [setting.value for setting in (file.file, file.filename, file.content_type) if setting] == [
        "f.txt",
        "g.txt",
        "text/x",
    ]
    assert [path.value for path in found.files()] == ["f.txt"]


def test_a_file(body: Callable[[str], Body]) -> None:
    """A path, with its place."""
    found = body("file: data/x.bin")
    assert (found.value.value, found.value.span.text) == ("data/x.bin", "data/x.bin")
    assert list(found.files()) == [found.value]


def test_graphql(body: Callable[[str], Body]) -> None:
    """A text or a file, variables and an operation."""
    graphql: GraphQL = body("graphql: {query: q, variables: {a: 1}, operation: Of}").value
    assert (graphql.query, graphql.variables, graphql.file) == ("q", {"a": 1}, None)
    assert graphql.operation is not None
    assert graphql.operation.value == "Of"
    found = body("graphql: {query: {file: q.graphql}}")
    assert (found.value.query, found.value.variables) == ("", MISSING)
    assert [path.value for path in found.files()] == ["q.graphql"]


@pytest.mark.parametrize(
    "text", ["json: {a: 1}", "form: {a: b}", "text: x", "multipart: {a: b}", "graphql: {query: q}"]
)
def test_bodies_without_files(text: str, body: Callable[[str], Body]) -> None:
    """Other bodies name no file."""
    assert list(body(text).files()) == []


def test_save_to(load: Load, one: One) -> None:
    """A path, which may be a template."""
    plain, templated = (load(one(f"url: http://h\nsave_to: {path}")).requests[0] for path in ("x.bin", "'{{x}}.bin'"))
    assert plain.save_to.value == "x.bin"
    assert isinstance(templated.save_to.value, Template)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("multipart: {'{{n}}': '{{a}}', b: {file: '{{f}}', filename: '{{g}}', content_type: '{{t}}'}, c: {value: {x: ['{{v}}']}}}",
         ["n", "a", "f", "g", "t", "v"]),
        ("file: '{{f}}'", ["f"]),
        ("graphql: {query: '{{q}}', variables: {a: '{{v}}'}, operation: '{{o}}'}", ["q", "v", "o"]),
        ("graphql: {query: {file: '{{f}}'}}", ["f"]),
        ("form: {'{{n}}': '{{v}}'}", ["n", "v"]),
        ("save_to: '{{s}}'", ["s"]),
    ],
)  # fmt: skip
def test_every_template_is_found(text: str, names: list[str], load: Load, one: One, faults: Faults) -> None:
    """What a body is made of is known before it is: a name that is not there is a fault of the file."""
    variables = "variables: {" + ", ".join(f"{name}: x" for name in names) + "}"
    spec: RequestSpec = load(one(f"url: http://h\n{text}", variables)).requests[0]
    declared = declared_values(spec, spec.settings, ())
    assert [t.text for _, value in declared for t in templates(value)] == [f"{{{{{name}}}}}" for name in names]
    assert [fault.message for fault in faults(one(f"url: http://h\n{text}"))] == [
        f"undefined variable '{name}'" for name in names
    ]
