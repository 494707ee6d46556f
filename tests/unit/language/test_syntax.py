"""YAML without surprises: scalars, merges, placeholders, and every fault of the text itself."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Diagnostic, Source
from runner.errors import InvalidError
from runner.language import syntax
from runner.language.syntax import Mapping, Scalar, Sequence, plain_value
from runner.language.values import as_text, equal

#: JSON escapes what lies beyond as two halves, which YAML does not know.
texts = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs",)), max_size=8)


def parsed(text: str) -> Any:
    faults: list[Diagnostic] = []
    node = syntax.parse(Source("x.yaml", text), faults)
    assert not faults, faults
    return value_of(node)


def value_of(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key.text: value_of(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [value_of(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else node


def faults_of(text: str) -> list[Diagnostic]:
    faults: list[Diagnostic] = []
    try:
        syntax.parse(Source("x.yaml", text), faults)
    except InvalidError as error:
        return list(error.diagnostics)
    return faults


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None),
        ("5", 5), ("0", 0), ("-2.50", -2.5), ("1e3", 1000.0), ("1E-2", 0.01), ("12345678901234567890", 12345678901234567890),
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("Off", "Off"), ("y", "y"), ("tRuE", "tRuE"),
        ("0123", "0123"), ("0x1F", "0x1F"), ("0o17", "0o17"), ("12:30", "12:30"), ("1_000", "1_000"), ("+5", "+5"),
        (".5", ".5"), ("5.", "5."), (".inf", ".inf"), (".nan", ".nan"), ("2024-01-01", "2024-01-01"),
        ("1e999", "1e999"), ("-1e999", "-1e999"), ("=", "="), ("-", "-"), ("1.2.3", "1.2.3"),
    ],
)  # fmt: skip
def test_an_unquoted_scalar_is_typed_as_json_would(text: str, value: Any) -> None:
    """YAML 1.2's core types with JSON's numbers; all else is text."""
    found = plain_value(text)
    assert equal(found, value)
    assert type(found) in (type(value), *type(found).__subclasses__()) or isinstance(found, type(value))
    if text not in ("-", "="):
        assert equal(parsed(f"a: {text}\n"), {"a": value})


@pytest.mark.parametrize("text", ["5", "true", "null", "~", "1.10", ""])
def test_a_quoted_scalar_is_text(text: str) -> None:
    """Quotes, and block scalars, always make text."""
    assert parsed(f"a: '{text}'\nb: \"{text}\"\n") == {"a": text, "b": text}
    assert parsed(f"a: |-\n  {text}\n")["a"] == text


@pytest.mark.parametrize("text", ["1.10", "-0", "1e3", "2.50", "100", "9" * 100])
def test_a_number_keeps_its_spelling(text: str) -> None:
    """A number put into text is as it was written."""
    assert as_text(parsed(f"a: {text}")["a"]) == text


def test_a_number_of_thousands_of_digits_is_told() -> None:
    """What Python would not take as a number is a fault, never silently text."""
    assert faults_of("a: " + "9" * 5_000)[0].message == "a number of 5,000 digits"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: !!str 5\nb: !!int 5\nc: !!float 1.5\nd: !!bool true\ne: !!null ~", {"a": "5", "b": 5, "c": 1.5, "d": True, "e": None}),
        ("a: !!map {x: 1}\nb: !!seq [1]", {"a": {"x": 1}, "b": [1]}),
        ("a: &x {k: 1}\nb: *x", {"a": {"k": 1}, "b": {"k": 1}}),
        ("a: &x 5\nb: [*x, *x]", {"a": 5, "b": [5, 5]}),
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 9}", {"a": {"k": 1, "l": 2}, "b": {"k": 9, "l": 2}}),
        ("a: {k: 9, <<: {k: 1, l: 2}}", {"a": {"k": 9, "l": 2}}),
        ("a: {<<: [{k: 1}, {k: 2, m: 3}]}", {"a": {"k": 1, "m": 3}}),
        ("'<<': 5", {"<<": 5}),
        ("# only\na: 1 # here", {"a": 1}),
        ("a: 1\n...\n", {"a": 1}),
        ("---\na: 1\n", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("1: a\ntrue: b", {"1": "a", "true": "b"}),
    ],
)  # fmt: skip
def test_anchors_merges_and_core_tags_work(text: str, value: Any) -> None:
    """Aliases repeat, `<<` merges (keys of its own win, then earlier ones), core tags type."""
    assert equal(parsed(text), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("url: {{base}}", "{{base}}"),
        ("url: {{ base }}", "{{ base }}"),
        ("url: {{ user.address.street }}", "{{ user.address.street }}"),
        ("url: {{a || 'b'}}", "{{a || 'b'}}"),
        ("url: {{ a.b || c || 'd e' }}", "{{ a.b || c || 'd e' }}"),
        ("url: {{env.HOME}}  # a comment", "{{env.HOME}}"),
    ],
)
def test_a_whole_placeholder_needs_no_quotes(text: str, value: str) -> None:
    """`url: {{base}}` is the text that it looks like, although YAML sees a mapping."""
    assert parsed(text) == {"url": value}


def test_a_whole_placeholder_needs_no_quotes_in_flow_style_either() -> None:
    """In braces and brackets an unquoted placeholder is the same."""
    assert parsed("q: {a: {{x}}, b: [{{y}}, 1]}") == {"q": {"a": "{{x}}", "b": ["{{y}}", 1]}}
    assert parsed("- {{x}}\n- {{y}}") == ["{{x}}", "{{y}}"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("url: {{base}}/x\n", '"{{base}}/x"'),
        ("a: 1\nurl: {{base}}/x?y=1\nb: 2\n", '"{{base}}/x?y=1"'),
        ("- {{base}}/x\n", '"{{base}}/x"'),
        ("url: {{ length(x) }}\n", '"{{ length(x) }}"'),
        ("q: {a: {{base}}/x, b: 1}\n", '"{{base}}/x"'),
    ],
)
def test_more_than_a_placeholder_shows_the_quoted_form(text: str, shown: str) -> None:
    """`{{base}}/x` without quotes is an error that shows what to write."""
    (fault,) = faults_of(text)
    assert fault.message == "a value that starts with {{ must be quoted"
    assert shown in fault.hint


@pytest.mark.parametrize(
    ("text", "message", "hint", "marked"),
    [
        ("a: 1\na: 2\n", "duplicate key 'a'", "line 1", "a"),
        ("1: x\n'1': y\n", "duplicate key '1'", "line 1", "'1'"),
        ("q: {$select: id,mail}", "'mail' has no ':' after it", "$select: 'id,mail'", "mail"),
        ("q: {a}", "'a' has no ':' after it", "write 'key: value'", "a"),
        ("a: 1\n---\nb: 2\n", "a second document starts here", "one file is one collection", "-"),
        ("a: !x 1", "the tag !x is not supported", "quotes", "!x"),
        ("- ! x\n", "the tag ! is not supported", "put the whole expression in quotes", "!"),
        ("- !contains(a, 'b')\n", "YAML reads a leading ! as a tag", "put the whole expression in quotes", "!contains(a, 'b')"),
        ("a: !!set {x: ~}", "the tag !!set is not supported", "only !!str", "!!set"),
        ("a: !!int x", "'x' is no int", "", "x"),
        ("a: *nope", "an alias without its anchor", "", None),
        ("a: &x [*x]", "an alias stands inside its own anchor", "", None),
        ("a: {<<: 5}", "'<<' merges a mapping", "", "5"),
        ("? [a, b]\n: 1", "a key must be text", "quotes", "[a, b]"),
        ("a:\n\t- b", "a tab in the indentation", "YAML wants spaces", "\t"),
        ("- `x` == y\n", "YAML does not let a value start with `", "put the whole expression in quotes", "`x` == y"),
        ("- @.a == y\n", "YAML does not let a value start with @", "put the whole expression in quotes", "@.a == y"),
        ("when: a == 'b: c'\n", "YAML cuts this expression at ': '", "put the whole expression in quotes", "a == 'b: c'"),
        ("- that: contains(a, 'b: c')\n", "YAML cuts this expression at ': '", "put the whole expression in quotes", "contains(a, 'b: c')"),
        ("a: {x: f(b, 'c')}\n", "YAML cuts this expression at a bracket", "put the whole expression in quotes", "f(b, 'c')"),
        ("a: {x: b[0].c}\n", "YAML cuts this expression at a bracket", "put the whole expression in quotes", "b[0].c"),
        ("a: [b] | [0]\n", "text after a block indicator", "put the whole value in quotes", None),
        ("a: b: c\n", "a ':' that YAML does not expect", "put a text that holds ': ' in quotes", ":"),
        ("- 'a' == b\n", "text goes on after the closing quote", "put the whole expression in quotes", "'a' == b"),
        ('- "a" == b\n', "text goes on after the closing quote", "put the whole expression in quotes", '"a" == b'),
        ("a: [\n", "a value is missing here", "close the brackets", None),
        ("a: [b, , c]\n", "a value is missing here", "write it", None),
        ("a: 'never", "a quote is never closed", "", None),
        ("a: [1, 2", "is not closed", "", None),
        ("a: b: c", "a ':' that YAML does not expect", "quotes", None),
        ("a: \x01", "a character that YAML does not allow", "remove it", None),
        ('a: "\\q"', "an unknown escape", "single quotes", None),
    ],
)  # fmt: skip
def test_faults_of_the_text_have_place_and_mend(text: str, message: str, hint: str, marked: str | None) -> None:
    """What YAML would take silently, or refuse in its own words, is told with the place and what to do."""
    fault = faults_of(text)[0]
    assert message in fault.message
    assert hint in fault.hint
    assert fault.span is not None
    assert marked is None or fault.span.text == marked


def test_several_faults_come_in_one_go() -> None:
    """What can be read past is collected, not told one by one."""
    assert len(faults_of("a: 1\na: 2\nb: !x 1\nc: {d}\n")) == 3


@pytest.mark.parametrize("text", ["[" * 101 + "]" * 101, "{a: " * 101 + "1" + "}" * 101, "- " * 101 + "x"])
def test_deep_nesting_is_refused(text: str) -> None:
    """More than 100 levels are a fault."""
    assert faults_of(text)[0].message == "nested deeper than 100 levels"


@pytest.mark.parametrize("text", ["[" * 99 + "]" * 99, "- " * 99 + "x"])
def test_100_levels_are_allowed(text: str) -> None:
    """Up to the limit nesting is fine."""
    assert not faults_of(text)


@pytest.mark.parametrize("open_", ["[", "{a: ", "- ", "? ", '["x", ', "[[], "])
def test_what_would_kill_the_parser_never_reaches_it(open_: str) -> None:
    """50,000 levels, which crash the C parser, are a fault like any other."""
    assert faults_of(open_ * 50_000)


def test_an_alias_bomb_is_refused() -> None:
    """Aliases that unfold to millions of values are a fault."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "aliases unfold" in faults_of("\n".join(lines))[0].message


@pytest.mark.parametrize("text", ["a: \ud800", "\udfff", "\x00", "\ufffe", "\ufeff", "\ufeffa: 1", "", "\n\n# x"])
def test_odd_characters_are_read_or_refused(text: str) -> None:
    """Lone surrogates, byte order marks, NUL and emptiness never end in another exception."""
    for fault in faults_of(text):
        assert fault.span is not None


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_any_text_gives_nodes_or_diagnostics(text: str) -> None:
    """Whatever the text, it is parsed or refused by diagnostics whose places lie inside it."""
    for fault in faults_of(text):
        assert fault.span is None or (0 <= fault.span.start <= len(text) and fault.span.where)


@given(st.text(alphabet="a:-{}[]'\"`!&*<>|#%@?, \n\t~1", max_size=40))
def test_any_mix_of_yamls_own_signs_gives_nodes_or_diagnostics(text: str) -> None:
    """Text made of YAML's indicators is parsed or refused, never another exception."""
    faults_of(text)


@given(st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=4))
def test_json_is_read_as_json(value: dict[str, Any]) -> None:
    """A JSON text is a YAML text of the same meaning."""
    assert equal(parsed(json.dumps(value)), value)


def test_places_are_those_of_the_text() -> None:
    """Nodes know where they stand, in characters."""
    text = dedent(
        """\
        é: "日本"
        list: [a, {b: 1}]
        """
    )
    node = syntax.parse(Source("x", text), [])
    assert isinstance(node, Mapping)
    (key, value), (_, items) = node.entries
    assert isinstance(items, Sequence)
    assert text[key.start : key.end] == "é"
    assert text[value.start : value.end] == '"日本"'
    assert text[items.start : items.end] == "[a, {b: 1}]"
