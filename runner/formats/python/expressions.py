"""Expressions (JMESPath) → Python: paths, comparisons and functions that mean the same in both.

What is null in the one and a KeyError in the other is the same failure, but where null is asked for: there `at()` is
written, a function that the script brings along. None: the expression has no translation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from runner.formats.python.literals import Code, literal, text

#: What a name at the beginning of an expression stands for; None where nothing does.
Names = Callable[[str], Code | None]

_COMPARATORS = {"eq": "==", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
#: Functions → Python with their arguments put in.
_FUNCTIONS: Mapping[tuple[str, int], str] = {
    ("length", 1): "len({0})",
    ("contains", 2): "{1} in {0}",
    ("has", 2): "{1} in {0}",
    ("starts_with", 2): "{0}.startswith({1})",
    ("ends_with", 2): "{0}.endswith({1})",
    ("lower", 1): "{0}.lower()",
    ("upper", 1): "{0}.upper()",
    ("trim", 1): "{0}.strip()",
    ("replace", 3): "{0}.replace({1}, {2})",
    ("split", 2): "{0}.split({1})",
    ("join", 2): "{0}.join({1})",
    ("keys", 1): "list({0})",
    ("sum", 1): "sum({0})",
    ("min", 1): "min({0})",
    ("max", 1): "max({0})",
    ("sort", 1): "sorted({0})",
    ("abs", 1): "abs({0})",
    ("add", 2): "({0} + {1})",
    ("subtract", 2): "({0} - {1})",
    ("multiply", 2): "({0} * {1})",
    ("matches", 2): "re.search({1}, {0}) is not None",
    ("parse_json", 1): "json.loads({0})",
    ("to_number", 1): "json.loads({0})",
    ("url_encode", 1): 'quote({0}, safe="")',
    ("url_decode", 1): "unquote({0})",
    ("base64", 1): "base64.b64encode({0}.encode()).decode()",
    ("base64_decode", 1): "base64.b64decode({0}).decode()",
    ("sha256", 1): "hashlib.sha256({0}.encode()).hexdigest()",
    ("md5", 1): "hashlib.md5({0}.encode()).hexdigest()",
    ("hmac_sha256", 2): "hmac.new({0}.encode(), {1}.encode(), hashlib.sha256).hexdigest()",
    ("uuid", 0): "str(uuid.uuid4())",
    ("timestamp", 0): "int(time.time())",
    ("now", 0): 'time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())',
    ("random_int", 2): "random.randint({0}, {1})",
}
_TRUE_OR_FALSE = frozenset({"contains", "has", "starts_with", "ends_with", "matches", "all", "any"})


class Translator:
    """Translates the trees of expressions. `optional` gives what a name stands for that need not have a value."""

    def __init__(self, names: Names, optional: Names | None = None) -> None:
        self._names = names
        self._optional = optional or names

    def code(self, node: Any) -> Code | None:
        """An expression that gives the value."""
        kind = node["type"]
        if kind == "literal":
            return Code(literal(node["value"]))
        if kind == "function_expression":
            return self._call(node["value"], node["children"])
        if kind == "multi_select_list":
            found = [self.code(child) for child in node["children"]]
            return None if None in found else Code(f"[{', '.join(map(str, found))}]")
        if kind in ("comparator", "and_expression", "not_expression"):
            return self.condition(node)
        if kind == "or_expression":
            return self.condition(node) or self._first(node)
        path = _path(node)
        return self._listed(node) if path is None else self._at(path, optional=False)

    def condition(self, node: Any) -> Code | None:
        """An expression that gives True or False; None where Python might see something else in it."""
        kind, children = node["type"], node["children"]
        if kind == "comparator":
            return self._compared(_COMPARATORS[node["value"]], *children)
        if kind in ("and_expression", "or_expression"):
            first, second = map(self.condition, children)
            word = "and" if kind == "and_expression" else "or"
            return None if first is None or second is None else Code(f"({first} {word} {second})")
        if kind == "not_expression":
            inner = self.condition(children[0])
            return None if inner is None else Code(f"not ({inner})")
        if kind == "literal" and isinstance(node["value"], bool):
            return self.code(node)
        return self.code(node) if kind == "function_expression" and node["value"] in _TRUE_OR_FALSE else None

    def truth(self, node: Any) -> Code | None:
        """What an assertion asks of an expression: that it is true."""
        found = self.condition(node)
        if found is None and (value := self.code(node)) is not None:
            return Code(f"{_grouped(value)} is True")
        joined = found is not None and node["type"] in ("and_expression", "or_expression")
        return Code(found[1:-1]) if found is not None and joined else found

    def equal(self, node: Any, value: str, constant: object) -> Code | None:
        """Whether an expression equals a value; `constant` is that value where it is None, True or False."""
        if constant is None and (path := _path(node)) is not None:
            found = self._at(path, optional=True)
        else:
            found = self.code(node)
        word = "is" if constant is None or isinstance(constant, bool) else "=="
        return None if found is None else Code(f"{found} {word} {value}")

    def optional(self, node: Any) -> Code | None:
        """A path that may lead nowhere; it is None then."""
        path = _path(node)
        return self._listed(node) if path is None else self._at(path, optional=True)

    # --- parts

    def _first(self, node: Any) -> Code | None:
        """`a || b`: the left side may be missing."""
        left, right = node["children"]
        first = self._first(left) if left["type"] == "or_expression" else self.optional(left) or self.code(left)
        second = self.code(right)
        if first is None or second is None:
            return None
        return Code(f"first_of({first}, {second})")

    def _listed(self, node: Any) -> Code | None:
        """`list[].name`, `list[?condition].name`, and one element of these: `… | [0]`."""
        kind, children = node["type"], node["children"]
        if kind == "pipe":
            items, place = self._listed(children[0]), _path(children[1])
            return None if items is None or not place else Code(f"at({items}, {', '.join(map(literal, place))})")
        if kind == "subexpression" and children[1]["type"] in ("projection", "filter_projection"):
            inner = children[1]  # `a.b[*].c` is read as `a` and `b[*].c`
            whole = {**node, "children": [children[0], inner["children"][0]]}
            return self._listed({**inner, "children": [whole, *inner["children"][1:]]})
        if kind not in ("projection", "filter_projection"):
            return None
        left = children[0]
        flat = left["type"] == "flatten"
        items = self.code(left["children"][0] if flat else left)
        element = _OfAny(lambda _: None)
        read = element.code(children[1])
        kept = element.condition(children[2]) if kind == "filter_projection" else Code("")
        if items is None or read is None or kept is None:
            return None
        items = Code(f"merged({items})") if flat else items
        items = Code(f"[element for element in {items} if {kept}]") if kept else items
        return items if read == "element" else Code(f"of_each({items}, lambda element: {read})")

    def _compared(self, comparator: str, left: Any, right: Any) -> Code | None:
        if left["type"] == "literal" and right["type"] != "literal" and comparator in ("==", "!="):
            left, right = right, left
        value = right["value"] if right["type"] == "literal" else ...
        is_constant = value is None or isinstance(value, bool)
        null = value is None and _path(left) is not None
        first = self._at(_path(left) or (), optional=True) if null else self.code(left)
        second = self.code(right)
        if first is None or second is None:
            return None
        if is_constant and comparator in ("==", "!="):
            comparator = "is" if comparator == "==" else "is not"
        return Code(f"{_grouped(first)} {comparator} {_grouped(second)}")

    def _call(self, name: str, arguments: Any) -> Code | None:
        if name in ("all", "any") and len(arguments) == 2 and arguments[1]["type"] == "expref":
            return self._each(name, arguments[0], arguments[1]["children"][0])
        template = _FUNCTIONS.get((name, len(arguments)))
        found = [self.code(argument) for argument in arguments]
        if template is None or any(one is None for one in found):
            return None
        return Code(template.format(*map(_grouped, map(str, found))))

    def _each(self, name: str, over: Any, condition: Any) -> Code | None:
        """`all(list, &expression)`: a generator over the elements."""
        items = self.code(over)
        found = _OfElement(lambda _: None).condition(condition)
        return None if items is None or found is None else Code(f"{name}({found} for element in {items})")

    def _at(self, path: tuple[str | int, ...], *, optional: bool) -> Code | None:
        if path == ("body",) and optional:  # whether it is JSON at all
            return None
        if path[:1] in (("vars",), ("env",)) and len(path) > 1:
            names = self._optional if optional else self._names
            base, steps = names(f"env.{path[1]}" if path[0] == "env" else f"vars.{path[1]}"), path[2:]
        elif path[:1] == ("headers",) and len(path) == 2:
            return Code(f"response.headers{f'.get({text(str(path[1]))})' if optional else f'[{text(str(path[1]))}]'}")
        else:
            names = self._optional if optional else self._names
            base, steps = names(str(path[0])) if path else None, path[1:]
        return None if base is None else self._along(base, steps, optional)

    def _along(self, base: str, steps: tuple[str | int, ...], optional: bool) -> Code:
        if optional and steps:
            return Code(f"at({base}, {', '.join(literal(step) for step in steps)})")
        return Code(base + "".join(f"[{literal(step)}]" for step in steps))


class _OfElement(Translator):
    """Translates expressions over an element of a list."""

    def _at(self, path: tuple[str | int, ...], *, optional: bool) -> Code | None:
        return self._along("element", path, optional)


class _OfAny(_OfElement):
    """Translates expressions over elements that need not have what is read of them."""

    def _at(self, path: tuple[str | int, ...], *, optional: bool) -> Code | None:
        return self._along("element", path, True)


class OfAnswer(Translator):
    """Translates conditions over a response that may not have yet what is waited for."""

    def _at(self, path: tuple[str | int, ...], *, optional: bool) -> Code | None:
        return self._names("body") if path == ("body",) else super()._at(path, optional=True)


#: What needs no parentheses, whatever stands beside it.
_ATOM = re.compile(r"""(?:[\w.]+|"(?:[^"\\]|\\.)*"|\[[^\[\]]*\])(?:\.\w+|\[[^\[\]]*\]|\((?:[^()]|\([^()]*\))*\))*""")


def _grouped(code: str) -> str:
    """An expression as it stands before a `.` or beside an operator."""
    return code if _ATOM.fullmatch(code) else f"({code})"


def _path(node: Any) -> tuple[str | int, ...] | None:
    """The steps of a path; None for another expression. `@` is the empty one."""
    kind = node["type"]
    if kind == "current" or kind == "identity":
        return ()
    if kind == "field":
        return (node["value"],)
    if kind == "index":
        return (node["value"],)
    if kind in ("subexpression", "index_expression"):
        found = [_path(child) for child in node["children"]]
        return None if None in found else tuple(step for part in found for step in part or ())
    return None
