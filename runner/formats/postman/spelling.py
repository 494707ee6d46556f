"""Texts of ours → texts of Postman: placeholders as its variables, JSON bodies with placeholders in their place.

Postman splices a variable as text, so a placeholder that gives a number stands without quotes in JSON. What is more
than a name is set by a script before the request. This file knows no request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from runner.formats.draft import Comment, Disabled
from runner.formats.postman import dynamic
from runner.formats.postman.javascript.trees import Node, choice_in, is_boolean
from runner.language import template
from runner.language.values import SpelledFloat, as_text

_NUMBERS = frozenset(
    {"length", "to_number", "timestamp", "random_int", "add", "subtract", "multiply", "divide", "modulo", "abs",
     "floor", "ceil", "sum", "avg", "max", "min"}
)  # fmt: skip
_TEXT_FUNCTIONS = frozenset(
    {"uuid", "now", "to_string", "base64", "base64_decode", "sha256", "md5", "hmac_sha256", "url_encode", "url_decode",
     "lower", "upper", "trim", "replace", "join", "date_add", "date_format", "type"}
)  # fmt: skip
_TEXT_KEYS = frozenset({"text", "reason", "url", "http_version"})
_NUMERIC_KEYS = frozenset({"status", "size", "elapsed_ms"})
_ENV = re.compile(r"\benv\.(\w+)", re.ASCII)
_BRACES = re.compile(r"\{\{[^{}]*\}\}")
_MARKED = re.compile('"\ue000(\\d+)\ue001"')


class Lose(Protocol):
    """Tells what has no like in the foreign format: what it is, why, and what to do."""

    def __call__(self, what: str, why: str, remedy: str = "", /) -> None: ...


class Spelling:
    """Writes texts; notes which names of the environment they ask for, and what has to be set by a script."""

    def __init__(self, declared: Iterable[Mapping[Any, Any]], captured: Mapping[str, Node], lose: Lose) -> None:
        self._lose = lose
        self._declared = list(declared)
        self._captured = captured
        #: The variables of the request that is being written.
        self.own: Mapping[Any, Any] = {}
        #: Names of the process environment that stand in texts.
        self.asked: dict[str, None] = {}
        #: Expressions that a script computes for the request that is being written, by the name that it gives them.
        self.computed: dict[str, str] = {}
        #: Expressions of which a script makes JSON for the request that is being written, by name.
        self.jsons: dict[str, str] = {}
        self._json_names: dict[str, str] = {}
        #: Whether values of the collection are being written: they are computed once for a whole run.
        self.once = False
        self._names: dict[tuple[bool, str], str] = {}
        self._tokens: dict[str, str] = {}

    def text(self, given: Any) -> str:
        """A text, number or truth value of ours as a text of Postman."""
        if not isinstance(given, str):
            return as_text(given)
        return "".join(self._piece(part) for part in template.parse(given))

    def _piece(self, part: Any) -> str:
        if not isinstance(part, str):
            return self._placeholder(part)
        for literal in _BRACES.findall(part):
            self._lose(f"the literal {literal}", "Postman takes it for a variable", "write it otherwise")
        return part

    def _placeholder(self, part: Any) -> str:
        constant = _constant(part.query.tree.root)
        if constant is not None:
            return constant
        return f"{{{{{self.name(part.query.text, part.query.tree.root)}}}}}"

    def name(self, text: str, root: Node) -> str:
        """The name of Postman's variable for an expression over the variables."""
        if root["type"] == "function_expression" and root["value"] == "to_string":
            root = root["children"][0]
            text = text.removeprefix("to_string(").removesuffix(")").strip()
        if text in _DYNAMIC:
            return _DYNAMIC[text]
        if root["type"] == "field" and root["value"] != "iteration":
            return str(root["value"])
        steps = [step.get("value") for step in root.get("children", ())]
        if root["type"] == "subexpression" and len(steps) == 2 and steps[0] in ("vars", "env"):
            if steps[0] == "env":
                self.asked[str(steps[1])] = None
            return str(steps[1])
        key = (self.once, text)
        if key not in self._names:
            self._names[key] = f"{'declared' if self.once else 'computed'}_{len(self._names) + 1}"
        self.computed[self._names[key]] = text
        self.note(text)
        return self._names[key]

    def token(self, auth: Mapping[Any, Any]) -> str:
        """The name of the variable for the token that a script fetches: one for each way of fetching it."""
        taken = {*self._captured, *(name for each in self._declared for name in each)}
        key = repr(auth)
        number = len(self._tokens) + 1
        while key not in self._tokens:
            name = "auth_token" if number == 1 else f"auth_token_{number}"
            if name not in taken and name not in self._tokens.values():
                self._tokens[key] = name
            number += 1
        return self._tokens[key]

    # --- JSON

    def json(self, given: Any, indent: int | None = 2) -> str:
        """The text of a JSON body."""
        bare: list[str] = []
        marked = self._marked(given, bare)
        written = json.dumps(marked, ensure_ascii=False, indent=indent)
        return _MARKED.sub(lambda match: bare[int(match[1])], written)

    def _marked(self, given: Any, bare: list[str]) -> Any:
        if isinstance(given, Mapping):
            entries = ((name, item) for name, item in given.items() if not isinstance(name, (Comment, Disabled)))
            return {self.text(name): self._marked(item, bare) for name, item in entries}
        if isinstance(given, list):
            return [self._marked(item, bare) for item in given if not isinstance(item, (Comment, Disabled))]
        if isinstance(given, SpelledFloat):
            bare.append(str(given))
            return f"\ue000{len(bare) - 1}\ue001"
        if not isinstance(given, str):
            return given
        found = self._bare(given)
        if found is None:
            return self.text(given)
        bare.append(found)
        return f"\ue000{len(bare) - 1}\ue001"

    def _bare(self, given: str) -> str | None:
        """The placeholder that stands without quotes; None for a string."""
        parts = template.parse(given)
        if len(parts) != 1 or isinstance(parts[0], str):
            return None
        text, root = parts[0].query.text, parts[0].query.tree.root
        if root["type"] == "function_expression" and root["value"] == "parse_json":
            inner = root["children"][0]
            text = text.removeprefix("parse_json(").removesuffix(")").strip()
            return f"{{{{{self.name(text, inner)}}}}}"
        if self._is_typed(text, root):
            return f"{{{{{self.name(text, root)}}}}}"
        return None if self._is_text(root) else f"{{{{{self._as_json(text)}}}}}"

    def _as_json(self, text: str) -> str:
        """The name of a variable that a script gives the JSON of what may be a text or a number."""
        name = self._json_names.setdefault(text, f"json_{len(self._json_names) + 1}")
        self.jsons[name] = text
        self.note(text)
        return name

    def note(self, expression: str) -> None:
        """Names of the environment that a script asks for."""
        self.asked.update(dict.fromkeys(_ENV.findall(expression)))

    def _is_text(self, root: Node) -> bool:
        """Whether an expression over the variables gives a text for sure."""
        if root["type"] == "field":
            return self._is_text_name(root["value"])
        steps = [step.get("value") for step in root.get("children", ())]
        if root["type"] == "subexpression" and steps[0] == "vars" and len(steps) == 2:
            return self._is_text_name(str(steps[1]))
        return is_text(root)

    def _is_text_name(self, name: str) -> bool:
        if name in self.own:
            return _is_text_value(self.own[name])
        kinds = [_is_text_value(each[name]) for each in self._declared if each.get(name) is not None]
        if name in self._captured:
            kinds.append(is_text(self._captured[name]))
        return all(kinds)  # a name without value comes from outside, as a text

    def _is_typed(self, text: str, root: Node) -> bool:
        """Whether an expression gives a number or a truth value for sure."""
        if text in _DYNAMIC:
            found = dynamic.find(_DYNAMIC[text])
            return found is not None and found.kind != "string"
        if root["type"] == "field":
            return self._is_typed_name(root["value"])
        return is_typed(root)

    def _is_typed_name(self, name: str) -> bool:
        if name in self.own:
            return _is_typed_value(self.own[name])
        kinds = [_is_typed_value(each[name]) for each in self._declared if name in each]
        if name in self._captured:
            kinds.append(is_typed(self._captured[name]))
        return bool(kinds) and all(kinds)


def _is_typed_value(value: Any) -> bool:
    """Whether the value of a variable is more than a text for sure."""
    if not isinstance(value, str):
        return value is not None
    parts = template.parse(value)
    return len(parts) == 1 and not isinstance(parts[0], str) and is_typed(parts[0].query.tree.root)


def _is_text_value(value: Any) -> bool:
    """Whether the value of a variable is a text for sure."""
    if not isinstance(value, str):
        return False
    parts = template.parse(value)
    return len(parts) != 1 or isinstance(parts[0], str) or is_text(parts[0].query.tree.root)


def is_text(root: Node) -> bool:
    """Whether an expression gives a text for sure."""
    kind, children = root["type"], root.get("children", ())
    if kind == "literal":
        return isinstance(root["value"], str)
    if kind == "field":
        return root["value"] in _TEXT_KEYS
    if kind == "function_expression":
        return root["value"] in _TEXT_FUNCTIONS
    if kind == "subexpression":
        return str(children[0].get("value")) in ("env", "headers", "cookies")
    if kind == "or_expression":
        first, no = children
        return is_text(first["children"][1] if first["type"] == "and_expression" else first) and is_text(no)
    choice = choice_in(root) if kind == "index_expression" else None
    if choice is not None:
        return is_text(choice[1]) and is_text(choice[2])
    # a group of a regular expression
    return bool(kind == "index_expression" and children[0].get("value") == "match")


def is_typed(root: Node) -> bool:
    """Whether an expression gives a number or a truth value for sure."""
    if root["type"] == "literal":
        return not isinstance(root["value"], str) and root["value"] is not None
    if root["type"] == "or_expression":
        first, no = root["children"]
        yes = first["children"][1] if first["type"] == "and_expression" else first
        return is_typed(yes) and is_typed(no)
    choice = choice_in(root) if root["type"] == "index_expression" else None
    if choice is not None:
        return is_typed(choice[1]) and is_typed(choice[2])
    if root["type"] == "function_expression" and root["value"] in _NUMBERS:
        return True
    if root["type"] == "field" and root["value"] in _NUMERIC_KEYS:
        return True
    return is_boolean(root)


def _constant(root: Node) -> str | None:
    value = root.get("value")
    return value if root["type"] == "literal" and isinstance(value, str) else None


def _reversed() -> dict[str, str]:
    """Expression → the first dynamic variable that is one."""
    found: dict[str, str] = {}
    for name in dynamic.names():
        known = dynamic.find(name)
        if known is not None and known.word is None:
            found.setdefault(known.expression, name)
    return found


_DYNAMIC = _reversed()
