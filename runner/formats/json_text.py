"""JSON texts with foreign placeholders → data of a draft, which sends the same JSON.

A foreign tool puts the value of a variable into the text; ours keeps its type where a placeholder is alone in its
string. So a placeholder within quotes must give a string, and one without quotes what its text means as JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

from runner.formats.texts import Part, Parts, Placeholder, is_literal, joined, plain, spliced, whole
from runner.formats.variables import Kinds
from runner.language.values import spelled_float

#: Two characters of Unicode's private use, which mark where placeholders stood.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_IN_STRING = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)


class NotJsonError(ValueError):
    """The text is no JSON, or none that a draft can hold."""


def data(parts: Parts, kinds: Kinds) -> Any:
    """The JSON in parts as data of a draft.

    Raises:
        NotJsonError: it is none.
    """
    text, expressions = _marked(parts)
    try:
        return _Writer(expressions, kinds).data(_DECODER.decode(text), 0)
    except ValueError as error:
        raise NotJsonError(str(error)) from None
    except RecursionError:
        raise NotJsonError("it is nested too deep") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJsonError("it has a key twice")
    return found


def _no_constant(text: str) -> None:
    raise NotJsonError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(parse_float=spelled_float, parse_constant=_no_constant, object_pairs_hook=_unique)
#: A request file is nested no deeper than 100 levels.
_DEEPEST = 80


def without_comments(text: str) -> str:
    """A text without the comments of JavaScript, which some tools strip from JSON."""
    return _STRING_OR_COMMENT.sub(lambda match: "" if match[0].startswith("/") else match[0], text)


def bare_names(parts: Parts) -> set[str]:
    """The expressions that stand unquoted in a JSON text."""
    text, expressions = _marked(parts)
    bare = re.finditer('"\ue000(\\d+)\ue001"', text)
    return {expressions[int(match[1])][0] for match in bare if expressions[int(match[1])][1]}


def _marked(parts: Parts) -> tuple[str, list[tuple[str, bool]]]:
    """The text with marks for placeholders; unquoted ones become strings. Each expression, and whether it was bare."""
    expressions: list[tuple[str, bool]] = []
    pieces: list[str] = []
    inside = False
    for part in parts:
        if isinstance(part, str):
            if "\ue000" in part:
                raise NotJsonError("it holds characters of private use")
            inside = _ends_inside(part, inside)
            pieces.append(part)
        else:
            mark = _MARK.format(len(expressions))
            pieces.append(mark if inside else f'"{mark}"')
            expressions.append((part.expression, not inside))
    return "".join(pieces), expressions


def _ends_inside(text: str, inside: bool) -> bool:
    """Whether a text ends within a string, given whether it begins within one."""
    position = 0
    if inside:
        closing = _IN_STRING.match(text)
        if closing is None:
            return True
        position = closing.end()
    rest = _STRING_OR_COMMENT.sub("", text[position:])
    return '"' in rest


class _Writer:
    def __init__(self, expressions: list[tuple[str, bool]], kinds: Kinds) -> None:
        self.expressions = expressions
        self.kinds = kinds

    def data(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotJsonError("it is nested too deep")
        if isinstance(value, dict):
            return {spliced(self._parts(key)): self.data(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.data(item, depth + 1) for item in value]
        return self._string(value) if isinstance(value, str) else value

    def _parts(self, text: str) -> Parts:
        _refuse_surrogates(text)
        pieces = _MARKED.split(text)
        parts: list[Part] = list(pieces)
        parts[1::2] = [Placeholder(self.expressions[int(number)][0]) for number in pieces[1::2]]
        return tuple(joined(parts))

    def _string(self, value: str) -> str:
        parts = self._parts(value)
        if is_literal(parts):
            return spliced((plain(parts),))
        alone = whole(parts)
        if alone is None:
            return spliced(parts)
        mark = _MARKED.fullmatch(value)
        assert mark is not None
        bare = self.expressions[int(mark[1])][1]
        return f"{{{{{self.kinds.bare(alone) if bare else self.kinds.quoted(alone)}}}}}"


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotJsonError("it holds half a character") from None
