"""Plain data with places: what JSON and YAML texts give, and where their parts stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Source
from runner.errors import InvalidError
from runner.language import data
from runner.language.values import dump_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def read(text: str, name: str = "a.json") -> data.Data:
    return data.read(Source(name, text))


def shown(found: data.Data, *path: Any, key: bool = False) -> str:
    return found.span(path, key=key).text


JSON_TEXT = '{\n\t"a": [1, -2.5e3, "x\\u00e9\\ud83d\\ude00", true, null],\n\t"b\\/c": {"d": {}}, "e" : [ ]}'


def test_json_parts_and_their_places() -> None:
    """Every part of a JSON text has its value and its place, whatever blanks and escapes it is written with."""
    found = read(JSON_TEXT)
    assert found.value == {"a": [1, -2500.0, "xé😀", True, None], "b/c": {"d": {}}, "e": []}
    assert [shown(found, "a", place) for place in range(5)] == ["1", "-2.5e3", "x\\u00e9\\ud83d\\ude00", "true", "null"]
    assert (shown(found, "b/c"), shown(found, "b/c", key=True)) == ('{"d": {}}', "b\\/c")
    assert shown(found, "b/c", "d") == "{}"
    assert found.span(("b/c", "d")).where == "a.json:3:16"


def test_a_part_that_is_not_there_stands_where_its_holder_does() -> None:
    """The place of a missing part is that of what should hold it, cut at the end of its first line."""
    found = read('{"a": {"b": 1}}')
    assert shown(found, "a", "x", "y") == '{"b": 1}'
    assert shown(found, "a", "b", 3) == "1"
    assert shown(found) == '{"a": {"b": 1}}'


def test_yaml_parts_and_their_places() -> None:
    """YAML gives plain numbers, and the same places."""
    found = read("a:\n  - 1.10\n  - 'x'\n'200': {b: no}\n", "a.yaml")
    assert found.value == {"a": [1.1, "x"], "200": {"b": "no"}}
    assert type(found.value["a"][0]) is float
    assert [shown(found, "a", 0), shown(found, "a", 1), shown(found, "200", "b")] == ["1.10", "x", "no"]


def test_places_in_long_yaml() -> None:
    """A long YAML text, whose places are looked for when they are asked, has the same places; its faults are told."""
    filler = "".join(f"k{number}: {{a: 1}}\n" for number in range(10_000))
    found = read(f"{filler}last: [1.10, 'x']\n", "a.yaml")
    assert found.value["last"] == [1.1, "x"]
    assert (shown(found, "last", 1), found.span(("last", 0)).where) == ("x", "a.yaml:10001:8")
    with pytest.raises(InvalidError) as error:
        read(f"{filler}k1: 2\n", "a.yaml")
    assert error.value.diagnostics[0].message == "duplicate key 'k1'"


@given(JSON, st.sampled_from([None, 1, 4]))
def test_places_agree_with_python_s_parser(value: Any, indent: int | None) -> None:
    """The text at the place of each part is that part again."""
    found = read(dump_json(value, indent))
    assert found.value == value
    for path, part in parts(value):
        if not isinstance(part, (dict, list)) and part != "":
            assert read(f'"{shown(found, *path)}"' if isinstance(part, str) else shown(found, *path)).value == part


def parts(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value), *(found for step, part in inner for found in parts(part, (*path, step)))]


FAULTS = [
    ("", "a.json", "the file is not JSON", "it is empty", "a.json:1:1"),
    ('{"a" 1}', "a.json", "the file is not JSON", "expecting ':'", "a.json:1:6"),
    ('{"a":\n NaN}', "a.json", "the file is not JSON", "NaN is not JSON", "a.json:2:2"),
    ('{"a": {"b": 1,\n "b": 2}}', "a.json", "duplicate key 'b'", "already in line 1", "a.json:2:3"),
    ("[" * 300 + "]" * 300, "a.json", "nested deeper than 200 levels", "", "a.json:1:1"),
    ("[" * 100_000, "a.json", "nested deeper than 200 levels", "", "a.json:1:1"),
    ("", "a.yaml", "the file is empty", "", "a.yaml:1:1"),
    ("a: 1\na: 2\n", "a.yaml", "duplicate key 'a'", "already in line 1", "a.yaml:2:1"),
    ("a: [", "a.yml", "not YAML", "", "a.yml:"),
]


@pytest.mark.parametrize(("text", "name", "message", "hint", "where"), FAULTS)
def test_texts_that_are_no_data(text: str, name: str, message: str, hint: str, where: str) -> None:
    """What cannot be read says what it is instead, and where; a key that stands twice is one of these."""
    with pytest.raises(InvalidError) as caught:
        read(text, name)
    fault = caught.value.diagnostics[0]
    assert message in fault.message
    assert hint in fault.hint
    assert fault.span is not None
    assert fault.span.where.startswith(where)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("body",), "body"),
        (("body", "value", 0, "id"), "body.value[0].id"),
        (("body", "@odata.context"), 'body."@odata.context"'),
        (("body", 'a"b', 1, 2), 'body."a\\"b"[1][2]'),
        (("body", "é"), 'body."é"'),
    ],
)
def test_paths_are_written_as_expressions(path: tuple[Any, ...], text: str) -> None:
    """A path can be copied into an assertion."""
    assert data.path_text(path) == text
