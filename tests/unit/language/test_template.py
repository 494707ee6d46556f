"""Text with placeholders: where they begin and end, and what they become."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.diagnostics import Source, Span
from runner.errors import EvaluationError
from runner.language import template
from runner.language.model import Template
from runner.language.template import Placeholder, TemplateFault
from runner.language.values import equal, number

VALUES = {
    "name": "ada", "count": 5, "version": number("1.10"), "big": number("12345678901234567890123"), "on": True,
    "nothing": None, "items": [1, "a"], "user": {"id": 7, "none": None},
}  # fmt: skip


def rendered(text: str) -> Any:
    return template.render(Template(text, Span(Source("x", text), 0, len(text))), VALUES)


def parts(text: str) -> list[str]:
    return [f"<{p.query.text}>" if isinstance(p, Placeholder) else p for p in template.parse(text)]


literals = st.text(alphabet="ab {}'\\\n", max_size=6).filter(
    lambda text: "{{" not in text and not text.endswith(("\\", "{"))
)
expressions = st.sampled_from(["name", "user.id", "'}}'", "{a: count}.a", "items[?@ == `1`]", '`{"a": {"b": 1}}`'])


@given(st.text().filter(lambda text: "{{" not in text))
def test_text_without_braces_is_itself(text: str) -> None:
    """Plain text is one literal part, or none when it is empty."""
    assert "".join(map(str, template.parse(text))) == text
    assert len(template.parse(text)) == bool(text)


@given(st.lists(st.tuples(literals, expressions), max_size=4), literals)
def test_the_parts_put_together_give_the_text(pairs: list[tuple[str, str]], tail: str) -> None:
    """Literals and placeholders come back in order, whatever braces and quotes the expressions hold."""
    text = "".join(f"{literal}{{{{ {expression} }}}}" for literal, expression in pairs) + tail
    found = template.parse(text)
    assert "".join(p if isinstance(p, str) else f"{{{{ {p.query.text} }}}}" for p in found) == text
    assert [p.query.text for p in found if isinstance(p, Placeholder)] == [expression for _, expression in pairs]
    assert all(text[p.start : p.end] == p.query.text for p in found if isinstance(p, Placeholder))


@given(st.text(alphabet="a{}\\'\"` .|", max_size=30))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """Whatever stands in a text, the only exception is a fault with a place inside it."""
    try:
        template.parse(text)
    except TemplateFault as fault:
        assert 0 <= fault.start <= fault.end <= len(text)
        assert fault.message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"\{{x}}", ["{{x}}"]),
        (r"a \{{ {{name}} \{{", ["a {{ ", "<name>", " {{"]),
        ("{{name}}{{count}}", ["<name>", "<count>"]),
        ("{{ contains(name, '}}') }}!", ["<contains(name, '}}')>", "!"]),
        ("{{ {a: {b: count}}.a }}", ["<{a: {b: count}}.a>"]),
        ('{{ user."}}" }}', ['<user."}}">']),
        ('{{ `{"a":{}}` }}', ['<`{"a":{}}`>']),
        (r"{{ 'it\'s }}' }}x", [r"<'it\'s }}'>", "x"]),
        ("a } } b", ["a } } b"]),
    ],
)
def test_where_a_placeholder_ends(text: str, found: list[str]) -> None:
    """At the first `}}` outside quotes and braces; a backslash before `{{` makes it literal."""
    assert parts(text) == found


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("/users/{{name", "'{{' is never closed", "{{name"),
        ("{{ 'a }}", "'{{' is never closed", "{{ 'a }}"),
        ("a {{ }} b", "an empty placeholder", "{{ }}"),
        ("x{{ nam e }}", "unexpected 'e'", "e"),
        ("{{ nosuch(name) }}", "unknown function 'nosuch()'", "nosuch"),
        ("{{ length('{{name}}') }}", "an expression cannot hold {{ }}", "'{{name}}'"),
    ],
)
def test_a_bad_placeholder_is_found_at_its_place(text: str, message: str, marked: str) -> None:
    """Unclosed, empty and invalid placeholders are faults of the text, with the offending part."""
    with pytest.raises(TemplateFault) as caught:
        template.parse(text)
    assert message in caught.value.message
    assert text[caught.value.start : caught.value.end] == marked


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{count}}", 5),
        ("{{ on }}", True),
        ("{{items}}", [1, "a"]),
        ("{{nothing}}", None),
        ("{{user.none}}", None),
        ("{{ user }}", {"id": 7, "none": None}),
        ("{{ nothing || 'x' }}", "x"),
        ("{{ nope || 'x' }}", "x"),
        ("{{ not_null(nope, user.nope, 'y') }}", "y"),
    ],
)
def test_alone_a_placeholder_keeps_its_type(text: str, value: Any) -> None:
    """A placeholder that is all of its string gives the value itself, null included."""
    assert equal(rendered(text), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("/v{{version}}", "/v1.10"),
        ("n={{big}}", "n=12345678901234567890123"),
        ("{{count}} {{on}}", "5 true"),
        ("{{items}}!", '[1,"a"]!'),
        (" {{count}}", " 5"),
        (r"\{{count}}", "{{count}}"),
        (r"\{{{{name}}", "{{ada"),
    ],
)
def test_within_text_a_value_becomes_text(text: str, value: str) -> None:
    """Numbers keep their spelling, structures are compact JSON."""
    assert rendered(text) == value


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("a {{nothing}}", "'nothing' is null", "nothing"),
        ("{{ nope }}", "undefined variable 'nope'", "nope"),
        ("{{ user.nope }}", "has no key 'nope'", "nope"),
        ("{{ length(count) }}", "length", None),
    ],
)
def test_nothing_is_silently_empty(text: str, message: str, marked: str | None) -> None:
    """Null within text and a missing name or key are errors that mark the name in the text."""
    with pytest.raises(EvaluationError) as caught:
        rendered(text)
    assert message in caught.value.message
    if marked is not None:
        assert text[caught.value.start : caught.value.end] == marked
