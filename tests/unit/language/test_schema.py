"""The JSON Schema says of every key what the decoder says: which there are, what they may hold, what must be there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from jsonschema import Draft7Validator

from runner.diagnostics import Source
from runner.errors import InvalidError
from runner.language import document, schema
from runner.language.document.reader import Key
from runner.language.document.settings import SettingRule
from runner.language.model import AUTH_KEYS, AUTH_TYPES, AuthKey
from runner.language.schema import BLOCKS, Block, MissingRow, values
from runner.language.schema import auth as auth_schema
from runner.language.schema.blocks import shapes
from runner.language.values import dump_json

#: Block → the file around the mapping, and the keys that it has at least.
FRAMES: Mapping[str, tuple[Any, dict[str, Any]]] = {
    "collection": (lambda it: it, {"requests": []}),
    "group": (lambda it: {"requests": [it]}, {"name": "G", "requests": []}),
    "request": (lambda it: {"requests": [it]}, {"name": "R", "url": "/x"}),
    "defaults": (lambda it: {"defaults": it, "requests": []}, {}),
    "retry": (lambda it: {"defaults": {"retry": it}, "requests": []}, {}),
    "poll": (lambda it: {"requests": [{"name": "R", "url": "/x", "poll": it}]}, {}),
    "paginate": (lambda it: {"requests": [{"name": "R", "url": "/x", "paginate": it}]}, {"next": "body"}),
    "part": (lambda it: {"requests": [{"name": "R", "url": "/x", "multipart": {"a": it}}]}, {"value": "x"}),
    "graphql": (lambda it: {"requests": [{"name": "R", "url": "/x", "graphql": it}]}, {"query": "{ a }"}),
    "graphql_file": (
        lambda it: {"requests": [{"name": "R", "url": "/x", "graphql": {"query": it}}]},
        {"file": "q.graphql"},
    ),
    "snapshot": (lambda it: {"requests": [{"name": "R", "url": "/x", "snapshot": it}]}, {}),
    "client_cert": (lambda it: {"defaults": {"client_cert": it}, "requests": []}, {"cert": "a.pem"}),
    "capture": (lambda it: {"requests": [{"name": "R", "url": "/x", "capture": {"a": it}}]}, {"from": "body"}),
    "assertion": (lambda it: {"requests": [{"name": "R", "url": "/x", "assert": [it]}]}, {"that": "body"}),
    "login": (
        lambda it: {"auth": {"type": "request", "request": it, "token": "body"}, "requests": []},
        {"url": "/x"},
    ),
}

#: What a hasty person might write behind any key.
VALUES: list[Any] = [
    None, True, False, 0, 1, 200, -1, 1.5, 99999, "", " ", "x", "yes", "no", "off", "10s", "500 ms", "10MB", "1.5", "GET",
    "status", "{{v}}", "a {{v}} b", "http://127.0.0.1:1/x", "ca.pem", [], ["a"], [1], [200, 201], [["a"]], [{"a": 1}],
    [{"status": 200}], [{"name": "A", "url": "/x"}], {}, {"a": 1}, {"a": "status"}, {"a": None}, {"a": [1, "b"]},
    {"a": {"b": 1}}, {"env": "x"}, {"a-b": "x"}, {"status": 200}, {"status": "abc"}, {"that": "status"},
    {"from": "body"}, {"cert": "a.pem"}, {"type": "none"}, {"type": "bearer", "token": "x"}, {"type": "bearer"},
    {"type": "bearer", "token": "x", "tokn": "y"}, {"type": "x"}, {"scope": "x"}, "none", {"X-A": "b"}, {"a b": "c"},
]  # fmt: skip

#: Faults of a type or a spelling: the schema tells them, too. Others lie in the meaning of a text, or in several keys.
SHAPE = re.compile(
    r" wants |unknown key|must be a mapping|is taken|cannot name|cannot be '|is plain text|is not a header name|"
    r"unknown auth type|'\w+' is empty"
)


def told(data: Any) -> list[str]:
    """What the decoder says of a file."""
    try:
        document.load(Source("test.yaml", dump_json(data)))
    except InvalidError as error:
        return [diagnostic.message for diagnostic in error.diagnostics]
    return []


@cache
def whole() -> dict[str, Any]:
    """The schema. Not made at import: where a row is missing, the tests say so, each for itself."""
    return schema.generate()


@cache
def validator() -> Draft7Validator:
    return Draft7Validator(whole())


def accepts(data: Any) -> bool:
    return bool(validator().is_valid(data))


def blocks_and_keys() -> list[Any]:
    return [pytest.param(name, key, id=f"{name}-{key}") for name, block in BLOCKS.items() for key in block.table]


# --- the schema itself -----------------------------------------------------------------------------------------------


def test_it_is_a_schema() -> None:
    """It is valid draft 7, and all of its references lead somewhere."""
    Draft7Validator.check_schema(whole())
    for reference in re.findall(r"'\$ref': '([^']+)'", str(whole())):
        assert reference.removeprefix("#/definitions/") in whole()["definitions"]


def properties(shape: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every property of the schema, with its path; conditions are no properties."""
    if isinstance(shape, list):
        for number, item in enumerate(shape):
            yield from properties(item, f"{path}/{number}")
    elif isinstance(shape, dict):
        for name, inner in shape.items():
            if name == "properties":
                yield from ((f"{path}/{key}", value) for key, value in inner.items())
            if name not in ("if", "examples"):
                yield from properties(inner, f"{path}/{name}")


def test_every_key_says_what_it_means() -> None:
    """Each property has a description of its own; the type of an auth block is told once, for all types."""
    silent = [path for path, value in properties(whole()) if value != {} and not value.get("description", "").strip()]
    assert silent == []


def test_every_object_is_closed() -> None:
    """A block of the file takes no other keys than its own."""
    closed = [whole(), *(whole()["definitions"][name] for name in BLOCKS if name != "collection")]
    assert all(shape["additionalProperties"] is False for shape in closed)


def test_every_example_is_one() -> None:
    """What is shown as an example of a key is valid for it."""
    for path, value in properties(whole()):
        for example in value.get("examples", ()):
            assert not list(validator().evolve(schema=value).iter_errors(example)), path


# --- decoder and schema ----------------------------------------------------------------------------------------------


def tables() -> list[tuple[str, Any]]:
    """Every public table of keys in the decoder."""
    modules = [import_module(f"{document.__name__}.{found.name}") for found in iter_modules(document.__path__)]
    return [
        (f"{module.__name__}.{name}", value)
        for module in modules
        for name, value in vars(module).items()
        if not name.startswith("_") and isinstance(value, dict) and value
        if all(isinstance(row, Key) for row in value.values())
    ]


def test_every_table_is_a_block() -> None:
    """The keys of each table of the decoder are those of a block: a new one wants its row in BLOCKS."""
    known = [set(block.table) for block in BLOCKS.values()]
    assert [name for name, table in tables() if set(table) not in known] == []


def test_every_block_is_tried_here() -> None:
    """FRAMES of this file has a row for each block."""
    assert set(FRAMES) == set(BLOCKS)


@pytest.mark.parametrize("name", BLOCKS)
def test_required_keys(name: str) -> None:
    """Schema and decoder want the same keys of a block; but a file may have no requests, and be there for others."""
    frame, least = FRAMES[name]
    assert set(least) - {"requests", "value"} == set(BLOCKS[name].required)  # a part has a value or a file
    assert (told(frame(least)), accepts(frame(least))) == ([], True)
    for key in least.keys() - {"requests", "value", "that"}:  # without `that` an assertion is of another form
        lacking = frame({other: value for other, value in least.items() if other != key})
        assert told(lacking)
        assert not accepts(lacking)


@pytest.mark.parametrize("name", BLOCKS)
def test_an_unknown_key(name: str) -> None:
    """A key that the decoder does not know is none of the schema's."""
    frame, least = FRAMES[name]
    unknown = frame({**least, "no_such_key": 1})
    assert any("unknown key 'no_such_key'" in message for message in told(unknown))
    assert not accepts(unknown)


@pytest.mark.parametrize(("name", "key"), blocks_and_keys())
def test_what_a_key_may_hold(name: str, key: str) -> None:
    """What the decoder takes for a key, the schema takes; what it refuses for its type or spelling, the schema does."""
    frame, least = FRAMES[name]
    for value in VALUES:
        data = frame({**least, key: value})
        messages = told(data)
        if not messages:
            assert accepts(data), f"the decoder takes {value!r}, the schema does not"
        elif any(SHAPE.search(message) for message in messages):
            assert not accepts(data), f"the schema takes {value!r}, the decoder says {messages}"


AUTH_VALUES = [value for value in VALUES if not isinstance(value, dict)] + [{"a": 1}, "header", "PS256", 8080, "disk"]


@pytest.mark.parametrize("name", AUTH_KEYS)
def test_what_auth_may_hold(name: str) -> None:
    """The same for the keys of each auth type, and for those that change an inherited block."""
    least = {"type": name} | {key: "body" for key, row in AUTH_KEYS[name].items() if row.required}
    if "request" in least:
        least["request"] = {"url": "/x"}
    if name == "oauth2":
        least |= {"token_url": "/t", "client_id": "c", "client_secret": "s"}
    if name == "jwt":
        least |= {"secret": "s"}
    for key in AUTH_KEYS[name]:
        for value in AUTH_VALUES:
            typed = {"auth": {**least, key: value}, "requests": []}
            if not (messages := told(typed)):
                assert accepts(typed), (key, value)
            elif any(SHAPE.search(message) for message in messages):
                assert not accepts(typed), (key, value, messages)


@pytest.mark.parametrize("name", AUTH_KEYS)
def test_auth_wants_its_keys(name: str) -> None:
    """An auth block without a required key, or with one of another type, is marked."""
    required = [key for key, row in AUTH_KEYS[name].items() if row.required]
    assert accepts({"auth": {"type": name}, "requests": []}) == (not required)
    strange = {"type": name, **dict.fromkeys(required, "body"), "no_such_key": "x"}
    assert not accepts({"auth": strange, "requests": []})


def test_auth_types_are_told() -> None:
    """Each auth type has its sentence."""
    assert list(AUTH_TYPES) == list(AUTH_KEYS)


@pytest.mark.parametrize(
    "data",
    [
        {"name": "{{x}}"},
        {"variables": {"item": 1}},
        {"requests": [{"name": "A", "url": "/x", "requests": []}]},
        {"requests": [{"name": "A", "url": "/x", "assert": [{"that": "body", "equal": 1}]}]},
        {"requests": [{"name": "A", "url": "/x", "assert": ["status", ["status"]]}]},
        {"requests": [{"name": "A", "url": "/x", "headers": {"a b": 1}}]},
    ],
    ids=str,
)
def test_marked_in_an_editor(data: dict[str, Any]) -> None:
    """Slips that a shape can tell are marked."""
    whole = {"requests": [], **data}
    assert told(whole)
    assert not accepts(whole)


# --- what a new key needs --------------------------------------------------------------------------------------------


def test_a_new_setting_appears_by_itself() -> None:
    """The shape of a setting follows from the function that reads it."""
    count = values.setting(
        SettingRule("a number from 1 on", lambda value: value if type(value) is int and value else None)
    )
    assert (count["type"], count["minimum"]) == (["string", "integer"], 1)
    assert Draft7Validator(count).is_valid("{{n}}")
    assert not Draft7Validator(count).is_valid("many")
    switch = values.setting(SettingRule("true or false", lambda value: value if isinstance(value, bool) else None))
    assert switch["type"] == ["string", "boolean"]
    proxy = values.setting(SettingRule("a URL or false", lambda value: None if value is True else str(value)))
    assert not Draft7Validator(proxy).is_valid(True)
    assert Draft7Validator(proxy).is_valid("http://127.0.0.1:1")


def test_a_method_without_a_shape() -> None:
    """A key that a new method of the decoder reads is an error which names the method, the key and the table."""

    def pages(self: Any, node: Any, key: str) -> None: ...

    with pytest.raises(
        MissingRow,
        match=r"test_schema.*pages reads for 'paginate' has no row in _VALUES of runner/language/schema/values",
    ):
        values.value("paginate", pages)


def test_a_key_without_a_doc_text() -> None:
    """A key whose field is not documented is an error which names field and class."""
    request = BLOCKS["request"]
    block = Block("Request", "", {"end": Key("end", request.table["name"].read)}, request.models)
    with pytest.raises(
        MissingRow, match="'end' of 'Request' has no doc text: the field 'end' of RequestSpec or Defaults"
    ):
        shapes({"request": block})


def test_a_kind_of_auth_value_without_a_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of auth that wants something new is an error which names it."""
    monkeypatch.setitem(auth_schema.AUTH_KEYS, "netrc", {"file": AuthKey("The file.", wants="folder")})  # type: ignore[arg-type]
    with pytest.raises(MissingRow, match="'file' of auth wants 'folder', which has no row in _WANTED"):
        schema.generate()


def test_all_that_is_missing_is_told_at_once() -> None:
    """One error names every key that lacks something, each on a line of its own and once."""
    known = BLOCKS["request"].table["name"].read
    rows = {"one": Key("url", lambda *_: None), "both": Key("end", lambda *_: None), "two": Key("end", known)}
    block = Block("Request", "", rows, BLOCKS["request"].models)
    with pytest.raises(MissingRow) as error:
        shapes({"request": block, "again": block})
    told = [line.split("'")[1] for line in str(error.value).splitlines()]
    assert told == ["one", "both", "both", "two"]
