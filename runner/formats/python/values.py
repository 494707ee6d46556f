"""Resolved values → expressions of Python: secrets and the environment are names at the head of the script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from keyword import iskeyword
from typing import Any

from runner.formats.exported import Exported
from runner.formats.python.expressions import OfAnswer, Translator
from runner.formats.python.literals import Code, composed, literal, text
from runner.formats.symbols import (
    CAPTURE,
    ENV,
    ROW,
    SECRET,
    VARIABLE,
    Computed,
    Ref,
    Scope,
    Text,
    Value,
    is_known,
    pieces,
)
from runner.language import query
from runner.language.values import as_text, duration

#: Names that the script has for itself.
_TAKEN = frozenset(
    {"client", "response", "body", "element", "at", "cookies", "whole", "first_of", "merged", "of_each",
     "send_again", "send_until", "send", "os", "httpx", "Path", "main", "str", "len",
     "sum"}
)  # fmt: skip
#: What a module is needed for.
_MODULES: Mapping[str, str] = {
    "base64.": "import base64",
    "hashlib.": "import hashlib",
    "hmac.": "import hmac",
    "json.": "import json",
    "os.": "import os",
    "random.": "import random",
    "re.": "import re",
    "ssl.": "import ssl",
    "time.": "import time",
    "uuid.": "import uuid",
    "Path(": "from pathlib import Path",
    "quote(": "from urllib.parse import quote",
    "unquote(": "from urllib.parse import unquote",
}
_WHY = {ENV: "from the environment", SECRET: "a secret"}
#: What the names of the response document are in Python; `body` is the script's own.
RESPONSE: Mapping[str, str] = {
    "status": "response.status_code",
    "reason": "response.reason_phrase",
    "headers": "response.headers",
    "cookies": "client.cookies",
    "body": "body",
    "text": "response.text",
    "bytes": "response.content",
    "size": "len(response.content)",
    "elapsed_ms": "response.elapsed.total_seconds() * 1000",
    "url": "str(response.url)",
    "http_version": "response.http_version",
}


class Values:
    """The names of one script. `wanted` are those that come from the environment, each with what it is."""

    def __init__(self, exported: Exported) -> None:
        self.exported = exported
        self.wanted: dict[str, str] = {}
        self.place = ""
        #: Captures that have no translation, each with what it is.
        self.missing: dict[str, str] = {}
        #: Those of them that are used from here on: the reader writes them.
        self.asked: dict[str, str] = {}
        #: Names of captures that are lists, as far as their expressions tell.
        self.lists: set[str] = set()
        #: Whether cookies that an answer sets may go out with a later request.
        self.keeps_cookies = False
        self._opaque: dict[str, str] = {}
        #: What is worked out once: names with their expressions.
        self.once: dict[str, str] = {}
        self._once_names: dict[tuple[str, str], str] = {}

    def lose(self, what: str, why: str, remedy: str = "") -> None:
        self.exported.lose(self.place, what, why, remedy)

    def name(self, ours: str) -> str:
        """The script's name for a variable of ours."""
        return f"{ours}_" if ours in _TAKEN or iskeyword(ours) else ours

    def want(self, name: str, why: str) -> Code:
        """A name that has its value from the environment."""
        self.wanted.setdefault(name, " ".join(why.split()))
        return Code(name)

    # --- values

    def code(self, value: Value) -> Any:
        """A value as data that may hold Codes, for `literal`."""
        if isinstance(value, (Ref, Computed)):
            return self._symbol(value)
        if isinstance(value, Text):
            return self.text(value)
        if isinstance(value, dict):
            return {self.code(name): self.code(one) for name, one in value.items()}
        return [self.code(one) for one in value] if isinstance(value, list) else value

    def text(self, *values: Value) -> Code:
        """Values one after the other, as one text."""
        parts = [part for value in values for part in self.parts(value)]
        if len(parts) == 1 and isinstance(parts[0], Code) and isinstance(values[0], Ref) and values[0].kind in _WHY:
            return parts[0]  # the environment gives texts only
        alone = len(parts) == 1 and isinstance(parts[0], Code)
        return Code(f"str({parts[0]})" if alone else composed(parts))

    def parts(self, value: Value) -> list[str]:
        """A value as texts and Codes."""
        if isinstance(value, Code):
            return [value]
        if is_known(value):
            return [value if isinstance(value, str) else as_text(value)]
        return [piece if isinstance(piece, str) else self._symbol(piece) for piece in pieces(value)]

    def seconds(self, value: Value) -> Any:
        """A duration as a number of seconds."""
        known = duration(value) if is_known(value) else None
        return Code(f"float({self.text(value)})") if known is None else Code(f"{known:g}")

    def _symbol(self, symbol: Ref | Computed) -> Code:
        if isinstance(symbol, Computed):
            return self.computed(symbol)
        if symbol.kind in (CAPTURE, ROW) and symbol.name not in ("data", "iteration"):
            base = self.name(symbol.name)
            if base in self.missing:
                self.asked[base] = self.missing[base]
        else:
            name = symbol.name.upper() if symbol.kind == SECRET else symbol.name
            why = _WHY.get(symbol.kind, "a variable that this file does not set")
            if symbol.kind == ROW and name not in self.wanted:
                self.lose(f"'{name}'", "the script runs once, and not for each row", f"set {name}")
            base = self.want(name if symbol.kind == ENV else self.name(name), why)
        return Code(base + "".join(f"[{literal(step)}]" for step in symbol.path))

    def computed(self, computed: Computed) -> Code:
        """The value of an expression over variables; a name to set where there is no translation."""
        if computed.once:
            return self._worked_out_once(computed)
        node = _tree(computed.expression)
        found = None if node is None else self._default(node, computed) or self.translate(node, computed)
        return found or self._stand_in(computed.expression)

    def _worked_out_once(self, computed: Computed) -> Code:
        key = computed.once, repr(computed.values)
        if key not in self._once_names:
            like = self.name(computed.once)
            name = like if like not in self.once else f"{like}_{len(self.once) + 1}"
            self._once_names[key] = name
            self.once[name] = literal(self.code(computed.values[0][1]))
        return Code(self._once_names[key])

    def translate(self, node: Any, computed: Computed, *, condition: bool = False) -> Code | None:
        """An expression over the variables that `computed` has values for."""
        values = dict(computed.values)
        wanted, asked = dict(self.wanted), dict(self.asked)

        def variable(name: str) -> Code | None:
            found = values.get(name.removeprefix("vars."), ...)
            return None if found is ... else Code(literal(self.code(found)))

        def optional(name: str) -> Code | None:
            return _from_environment(values.get(name.removeprefix("vars."))) or variable(name)

        translator = Translator(variable, optional)
        code = translator.condition(node) if condition else translator.code(node)
        if code is None:
            self.wanted, self.asked = wanted, asked
        return code

    def _default(self, node: Any, computed: Computed) -> Code | None:
        """`env.NAME || 'text'`."""
        if node["type"] != "or_expression" or node["children"][1]["type"] != "literal":
            return None
        first = node["children"][0]
        name = first["value"] if first["type"] == "field" else _env(first) or ""
        found = _from_environment(dict(computed.values).get(name))
        return None if found is None else Code(f"{found} or {literal(node['children'][1]['value'])}")

    def _stand_in(self, expression: str) -> Code:
        if expression not in self._opaque:
            self._opaque[expression] = f"VALUE_{len(self._opaque) + 1}"
            what = f"the value of {{{{{expression}}}}}"
            self.lose(what, "it has no translation", f"write it, or set {self._opaque[expression]}")
        return self.want(self._opaque[expression], f"the value of {expression}")

    # --- responses

    def of_response(
        self, scope: Scope | None = None, captured: Iterable[str] = (), *, waiting: bool = False
    ) -> Translator:
        """Translates expressions over the response, which see the variables of a scope, and what was captured.

        `waiting`: over one that may not be the last, and has no `body` of its own.
        """
        response = {**RESPONSE, "body": "response.json()"} if waiting else RESPONSE
        seen = None if scope is None else replace(scope, captured=scope.captured.union(captured))

        def name(given: str) -> Code | None:
            if given.startswith("env."):
                return self._symbol(Ref(ENV, given[4:]))
            if given.startswith("vars."):
                return None if seen is None else Code(literal(self.code(seen.name(given[5:]))))
            found = response.get(given)
            return None if found is None else Code(found)

        def optional(given: str) -> Code | None:
            return _from_environment(Ref(ENV, given[4:])) if given.startswith("env.") else name(given)

        return OfAnswer(name, optional) if waiting else Translator(name, optional)


def _from_environment(value: Value) -> Code | None:
    """A value of the environment that need not be set; None for another one."""
    is_outside = isinstance(value, Ref) and value.kind in (ENV, VARIABLE) and not value.path
    return Code(f"os.environ.get({text(value.name)})") if is_outside else None


def imports(body: str) -> list[str]:
    """The imports from the standard library that a script needs."""
    found = [line for word, line in _MODULES.items() if re.search(rf"(?<![\w.]){re.escape(word)}", body)]
    return sorted(found, key=lambda line: (line.startswith("from"), line))


def _tree(expression: str) -> Any:
    try:
        return query.compile(expression).tree.root
    except query.QueryFault:  # a list within a text: no expression, but a template
        return None


def _env(node: Any) -> str | None:
    """`env.NAME`, where a node is that."""
    if node["type"] != "subexpression":
        return None
    first, second = (child.get("value") for child in node["children"])
    return f"env.{second}" if first == "env" else None
