"""The schemas of responses, copied beside the collection: `NAME.schemas.json`, an OpenAPI document of schemas alone.

    Part of a schema ─▶ its home in the copy, under the pointer that it has in the document ─▶ all that it refers to

Whatever judges a body is copied; what is not valid is left out and told, since `runner check` would refuse it. Schemas
of other files become components, so that the copy needs no file beside it. What is only written is not required.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from runner.diagnostics import Source, Span
from runner.engine.schemas import Schemas
from runner.engine.schemas.keywords import inner
from runner.engine.scope import NoFiles
from runner.formats.draft import Unique
from runner.formats.openapi.parts import Library, Part, Steps, pointer
from runner.formats.openapi.shapes import shape_of
from runner.language.model import Schema

_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
#: Keywords whose schemas judge the same value: what recurs in them never ends.
_CHOICES = ("oneOf", "anyOf", "not", "if", "then", "else")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in _TYPES for name in names)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


@cache
def _is_pattern(pattern: str) -> bool:
    """Whether `runner check` takes a regular expression."""
    return not Schemas(NoFiles()).faults(Schema({"pattern": pattern}, Span(Source("", ""), 0, 0)))


#: Keyword → what its value has to be, for those that hold no schemas.
_VALID: Mapping[str, Callable[[Any], bool]] = {
    "type": _is_type,
    "enum": lambda value: isinstance(value, list) and bool(value),
    "const": lambda value: True,
    "format": lambda value: isinstance(value, str),
    "pattern": lambda value: isinstance(value, str) and _is_pattern(value),
    "required": _is_texts,
    "uniqueItems": lambda value: isinstance(value, bool),
    "nullable": lambda value: isinstance(value, bool),
    "x-nullable": lambda value: isinstance(value, bool),
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "exclusiveMinimum": lambda value: _is_number(value) or isinstance(value, bool),
    "exclusiveMaximum": lambda value: _is_number(value) or isinstance(value, bool),
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **{f"{end}{what}": _is_count for end in ("min", "max") for what in ("Length", "Items", "Contains", "Properties")},
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_is_texts, value.values())),
}
#: Keywords that `inner` walks into and that judge nothing by themselves: who is named there becomes a component.
_SHELVES = frozenset({"$defs", "definitions"})


class Copy:
    """The copy; `name` is its file's."""

    def __init__(self, documents: Library, name: str) -> None:
        root = documents.root
        self.name = name
        self._version = "swagger" if root.has("swagger") else "openapi"
        self._root = root
        self._shelf = ("definitions",) if self._version == "swagger" else ("components", "schemas")
        self._is_3_1 = self._version == "openapi" and not root.text("openapi").startswith("3.0")
        self._homes: dict[tuple[str, Steps], Steps] = {}
        self._names = Unique()
        self._waiting: list[Part] = []
        self._made: dict[Steps, Any] = {}
        self._unions: dict[tuple[str | None, ...], Steps] = {}
        self._cut: set[tuple[tuple[str, Steps], tuple[str, Steps]]] = set()
        named = root.at(*self._shelf).value
        for taken in named if isinstance(named, dict) else ():
            self._names(str(taken))

    def reference(self, schema: Part) -> str | None:
        """What `schema` has to say to judge by a schema; None where it would let everything pass."""
        found = self._end(schema)
        if found is None or not isinstance(found.value, dict) or not self._judges(found):
            return None
        home = self._home(found)
        while self._waiting:
            part = self._waiting.pop()
            self._made[self._homes[part.key]] = self._copied(part, part, here=True)
        return f"{self.name}#{pointer(home)}"

    def either(self, schemas: Sequence[Part | None], name: str) -> str | None:
        """What `schema` has to say to judge by any of several schemas, None among them being a body that is not there.

        None where one of them would let everything pass; `name` is what they are of.
        """
        found = dict.fromkeys(self.reference(schema) if schema is not None else "" for schema in schemas)
        if len(found) == 1 or None in found:
            return None if None in found else next(iter(found))
        key = tuple(found)
        if key not in self._unions:
            like = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-")
            home = self._unions[key] = (*self._shelf, self._names(f"{like}.responses"))
            choices = [
                {"$ref": each.removeprefix(self.name)} if each else {"enum": [None]}
                for each in found
                if each is not None
            ]
            self._made[home] = {"anyOf": choices}
        return f"{self.name}#{pointer(self._unions[key])}"

    def text(self) -> str:
        """The text of the copy; empty where nothing was copied."""
        info = {name: self._root.text("info", name) or "-" for name in ("title", "version")}
        info["description"] = "The schemas of responses, copied by `runner import openapi`."
        whole: dict[str, Any] = {self._version: self._root.text(self._version), "info": info}
        for steps, schema in self._made.items():
            holder = whole
            for step in steps[:-1]:
                holder = holder.setdefault(str(step), {})
            holder[str(steps[-1])] = schema
        return json.dumps(whole, indent=2, ensure_ascii=False) + "\n" if self._made else ""

    # --- homes

    def _end(self, part: Part) -> Part | None:
        """Where a schema that is nothing but a `$ref` ends."""
        while part.has("$ref") and not (part.value.keys() & (_VALID.keys() - {"format"})):
            target = part.follow()
            if target is None or target.key == part.key:
                return target
            part = target
        return part

    def _judges(self, part: Part) -> bool:
        """Whether a schema says anything at all."""
        words = set(part.value)
        return bool(words & _VALID.keys() or "$ref" in words or any(True for _ in inner(part.value)))

    def _home(self, part: Part) -> Steps:
        """Where a schema stands in the copy: at its own place, or, if it has none, among the named ones."""
        if part.key not in self._homes:
            own = part.steps
            if not self._keeps_place(part):
                last = next((str(step) for step in reversed(own) if step != "schema"), "schema")
                stem = part.document.path.rpartition("/")[2].partition(".")[0]
                own = (*self._shelf, self._names(last if own else stem))
            self._homes[part.key] = own
            self._waiting.append(part)
        return self._homes[part.key]

    def _keeps_place(self, part: Part) -> bool:
        """Whether a place can be the same in the copy: it is in no list, and in no other place that is copied."""
        steps = part.steps
        if part.document.path or any(isinstance(step, int) for step in steps):
            return False
        is_named, is_within = steps[:-1] == self._shelf, steps[: len(self._shelf)] == self._shelf
        return is_named or (steps[-1:] == ("schema",) and steps.count("schema") == 1 and not is_within)

    # --- copying

    def _copied(self, part: Part, root: Part, *, here: bool) -> Any:
        """A schema as the copy has it. `here`: it judges the same value as `root`, whose copy it is in."""
        if isinstance(part.value, bool):
            return part.value
        if not isinstance(part.value, dict):
            part.lose("a schema", "it is no mapping", _WITHOUT)
            return {}
        made = {word: self._word(part.at(word), part) for word in part.value if word in _VALID}
        if part.has("$ref"):
            reference = self._reference(part, root, here=here)
            made |= {"$ref": reference} if reference else {}
        for word, found in self._inner(part, root, here=here):
            made[word] = found
        for word in ("$dynamicRef", "$recursiveRef"):
            if part.has(word):
                part.at(word).lose(f"'{word}' of a schema", "the copy has no names of its own", _WITHOUT)
        return {word: value for word, value in made.items() if value is not None or word == "const"}

    def _word(self, part: Part, schema: Part) -> Any:
        """The value of a keyword that holds no schemas; None where it is not valid, which is told."""
        value, word = part.value, part.name
        valid = _VALID[word](value) and not (self._is_3_1 and isinstance(value, bool) and word.startswith("exclusive"))
        if word == "required" and valid:
            return self._required(value, schema) or None
        if word == "type" and value == "file":
            return None
        if not valid:
            part.lose(f"'{word}' of a schema", "its value is not valid there", _WITHOUT)
            return None
        return list(dict.fromkeys(value)) if word == "type" and isinstance(value, list) else value

    def _required(self, names: list[str], schema: Part) -> list[str]:
        """The names without those that are only written (OpenAPI 3.0.3 § 4.7.24.2)."""
        return [name for name in dict.fromkeys(names) if not _is_write_only(schema.at("properties", name))]

    def _reference(self, part: Part, root: Part, *, here: bool) -> str | None:
        target = part.follow()
        if target is None or not isinstance(target.value, (dict, bool)):
            return None
        if here and self._leads_to(target, root):
            self._cut.add((root.key, target.key))
            part.lose(f"$ref '{part.value['$ref']}'", "the schema would hold itself whole", _WITHOUT)
            return None
        return "#" + pointer(self._home(target))

    def _inner(self, part: Part, root: Part, *, here: bool) -> Iterator[tuple[str, Any]]:
        """The keywords that hold schemas, with their copies."""
        found: dict[str, Any] = {}
        for each in inner(part.value):
            word, rest = str(each.steps[0]), each.steps[1:]
            if word in _SHELVES or (word == "items" and rest):
                continue
            schema = part.at(*each.steps)
            before = len(self._cut)
            copied = self._copied(schema, root if here and each.here else schema, here=here and each.here)
            if len(self._cut) > before and word in _CHOICES:
                found[word] = None
            elif not rest:
                found[word] = copied
            elif isinstance(rest[0], int):
                found.setdefault(word, [])
                if found[word] is not None:
                    found[word].append(copied)
            else:
                found.setdefault(word, {})[rest[0]] = copied
        if isinstance(part.at("items").value, list):
            part.at("items").lose("'items' of a schema", "a list is not valid there", _WITHOUT)
        yield from ((word, value) for word, value in found.items() if value is not None)

    # --- circles

    def _leads_to(self, start: Part, wanted: Part) -> bool:
        """Whether a schema comes to another over schemas that all judge the same value."""
        seen: set[tuple[str, Steps]] = set()
        waiting = [start]
        while waiting:
            part = waiting.pop()
            if part.key == wanted.key:
                return True
            if part.key not in seen:
                seen.add(part.key)
                targets = (target for target in _here(part) if (part.key, target.key) not in self._cut)
                waiting += targets
        return False


_WITHOUT = "the copy goes without it"


def _here(part: Part) -> Iterator[Part]:
    """The schemas that a schema names for the value that it judges itself."""
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each.value, dict):
            target = each.follow() if each.has("$ref") else None
            if target is not None:
                yield target
            waiting += [each.at(*found.steps) for found in inner(each.value) if found.here]


def _is_write_only(part: Part) -> bool:
    return shape_of(part).is_true("writeOnly")
