"""`assert` and `capture` of a request → statements of Postman's test script.

Each assertion is a `pm.test`; what a comment above it says is the test's name, else the assertion itself. This file
knows drafts (plain data with comments), and gives text.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from runner.formats.draft import Comment, Disabled
from runner.formats.postman.javascript.literals import UnsayableError, literal, regex
from runner.formats.postman.javascript.translator import Translator
from runner.formats.postman.javascript.trees import Node, falsy, is_structure, tree_of
from runner.formats.postman.usage import used
from runner.formats.scripts.drafts import shown
from runner.language import template

_RESPONSE = Translator(over_response=True)
_VARIABLES = Translator(over_response=False)
#: A comparison → the word of an expectation.
_WORDS = {"gt": "above", "gte": "at.least", "lt": "below", "lte": "at.most"}


def value(given: Any) -> str:
    """Data of a draft as JavaScript: placeholders are variables.

    Raises:
        UnsayableError: a placeholder has no like.
    """
    if isinstance(given, str):
        return text(given)
    if isinstance(given, Mapping):
        entries = ((name, item) for name, item in given.items() if not isinstance(name, (Comment, Disabled)))
        return f"{{{', '.join(f'{_key(name)}: {value(item)}' for name, item in entries)}}}"
    if isinstance(given, list):
        return f"[{', '.join(value(item) for item in given if not isinstance(item, (Comment, Disabled)))}]"
    return literal(given)


def _key(name: Any) -> str:
    parts = template.parse(str(name))
    if any(not isinstance(part, str) for part in parts):
        return f"[{text(str(name))}]"
    return literal("".join(map(str, parts)))


def text(given: str) -> str:
    """A text of a draft as JavaScript."""
    parts = template.parse(given)
    if all(isinstance(part, str) for part in parts):
        return literal("".join(map(str, parts)))
    if len(parts) == 1:
        return _VARIABLES.write(parts[0].query.tree.root)  # type: ignore[union-attr]
    pieces = (_escaped(part) if isinstance(part, str) else f"${{{_inside(part)}}}" for part in parts)
    return f"`{''.join(pieces)}`"


def _inside(placeholder: Any) -> str:
    root = placeholder.query.tree.root
    if root["type"] == "function_expression" and root["value"] == "to_string":
        root = root["children"][0]
    return _VARIABLES.write(root)


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")


# --- assertions ----------------------------------------------------------------------------------------------------


def tests(items: Iterable[Any], lose: Any) -> Iterator[str]:
    """The statements for a list of assertions; `lose(what, why)` is told what has no like."""
    name = ""
    waiting: list[str] = []
    for item in items:
        if isinstance(item, Comment):
            yield from _test(name, waiting)
            name, waiting = " ".join(item.text.split()), []
        elif not isinstance(item, Disabled):
            for each in _apart(item):
                try:
                    found = statement(each)
                except UnsayableError as error:
                    lose(f"the assertion {shown(each)}", str(error))
                    continue
                if name:
                    waiting.append(found)
                else:
                    yield from _test(shown(each), [found])
    yield from _test(name, waiting)


def _test(name: str, statements: list[str]) -> Iterator[str]:
    if statements:
        inside = "".join(f"    {line}\n" for each in statements for line in each.split("\n"))
        yield f"pm.test({literal(name)}, function () {{\n{inside}}});"


def _apart(item: Any) -> Iterator[Any]:
    """Several keys of one item are an assertion each."""
    if isinstance(item, Mapping) and "that" not in item:
        yield from ({key: wanted} for key, wanted in item.items() if not isinstance(key, (Comment, Disabled)))
    else:
        yield item


def statement(item: Any) -> str:
    """The statement for one assertion.

    Raises:
        UnsayableError: there is none.
    """
    if isinstance(item, str):
        return _is_true(tree_of(item), "")
    message = str(item.get("message", "")) if "that" in item else ""
    if "includes" in item:
        return _includes(tree_of(item["that"]), item["includes"], message)
    if "that" in item and "equals" not in item:
        return _is_true(tree_of(item["that"]), message)
    key, wanted = (item["that"], item["equals"]) if "that" in item else next(iter(item.items()))
    return _equals(tree_of(key), wanted, message)


def _includes(node: Node, wanted: Any, message: str) -> str:
    """Parts of an object, or elements of a list; chai compares what is in them as a whole."""
    inner = wanted.values() if isinstance(wanted, Mapping) else wanted if isinstance(wanted, list) else ()
    if any(isinstance(part, (Mapping, list)) for part in inner):
        raise UnsayableError("Postman compares what is deeper as a whole")
    words = "include.deep.members" if isinstance(wanted, list) else "deep.include"
    return f"{_expect(node, message)}.to.{words}({value(wanted)});"


def _expect(node: Node, message: str) -> str:
    return f"pm.expect({_RESPONSE.write(node)}{f', {text(message)}' if message else ''})"


def _equals(node: Node, wanted: Any, message: str) -> str:
    if node["type"] == "field" and node["value"] == "status" and not message:
        if isinstance(wanted, list):
            return f"pm.expect(pm.response.code).to.be.oneOf({value(wanted)});"
        return f"pm.response.to.have.status({value(wanted)});"
    if node["type"] == "function_expression" and node["value"] == "type" and isinstance(wanted, str):
        return f"{_expect(node['children'][0], message)}.to.be.a({value(wanted)});"
    if node["type"] == "function_expression" and node["value"] == "length":
        return f"{_expect(node['children'][0], message)}.to.have.lengthOf({value(wanted)});"
    if wanted is None:
        return f"{_expect(node, message)}.to.not.exist;"
    return f"{_expect(node, message)}.to.eql({value(wanted)});"


def _is_true(node: Node, message: str) -> str:
    kind = node["type"]
    if kind == "comparator":
        return _compares(node, message)
    if kind == "function_expression":
        found = _called(node, message)
        if found:
            return found
    return f"{_expect(node, message)}.to.be.true;"


def _compares(node: Node, message: str) -> str:
    left, right = node["children"]
    sign = node["value"]
    if sign == "ne" and right["type"] == "literal" and right["value"] is None:
        return f"{_expect(left, message)}.to.exist;"
    if sign == "ne":
        return f"{_expect(left, message)}.to.not.eql({_RESPONSE.write(right)});"
    word = _WORDS.get(sign, "eql")
    return f"{_expect(left, message)}.to.{'be.' if sign in _WORDS else ''}{word}({_RESPONSE.write(right)});"


def _called(node: Node, message: str) -> str:
    """A function that gives true or false as an expectation of its first argument; empty for another one."""
    name, arguments = node["value"], node["children"]
    if name == "contains" and arguments[0]["type"] == "literal" and falsy(node) is None:
        return f"{_expect(arguments[1], message)}.to.be.oneOf({_RESPONSE.write(arguments[0])});"
    if name == "contains" and falsy(node) is None and not is_structure(arguments[1]):
        return f"{_expect(arguments[0], message)}.to.include({_RESPONSE.write(arguments[1])});"
    if name == "has":
        return f"{_expect(arguments[0], message)}.to.have.property({_RESPONSE.write(arguments[1])});"
    if name == "matches" and arguments[1]["type"] == "literal":
        return f"{_expect(arguments[0], message)}.to.match({regex(arguments[1]['value'])});"
    return ""


# --- captures ------------------------------------------------------------------------------------------------------


def captures(given: Mapping[Any, Any], lose: Any) -> Iterator[str]:
    """The statements that store what a response gives."""
    for name, capture in given.items():
        if isinstance(name, (Comment, Disabled)):
            continue
        source = capture["from"] if isinstance(capture, Mapping) else capture
        try:
            found = _RESPONSE.write(tree_of(source))
            if isinstance(capture, Mapping) and capture.get("default") is not None:
                found = f"{found} ?? {value(capture['default'])}"
        except UnsayableError as error:
            lose(f"the capture '{name}'", str(error))
            continue
        yield f"pm.collectionVariables.set({literal(name)}, {found});"


def settings(given: Mapping[Any, Any], kept: Container[str], lose: Any) -> Iterator[str]:
    """The statements that set variables before a request; those that are kept after it are the collection's."""
    for name in in_order({name: wanted for name, wanted in given.items() if isinstance(name, str)}):
        scope = "pm.collectionVariables" if name in kept else "pm.variables"
        try:
            yield f"{scope}.set({literal(name)}, {value(given[name])});"
        except UnsayableError as error:
            lose(f"the variable '{name}'", str(error))


def in_order(given: Mapping[str, Any]) -> list[str]:
    """Names of variables, each after those that its value looks at."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in found and name in given and name not in waiting:
            waiting.add(name)
            for other in used(given[name]).names:
                add(other)
            found[name] = None

    waiting: set[str] = set()
    for name in given:
        add(name)
    return list(found)
