"""Foreign texts with placeholders: parts, which are literal texts and expressions, and what is written from them.

    foreign text ─▶ parts ─▶ a text of ours (`/users/{{id}}`), or an expression (`join('', ['/users/', …])`)

This file knows no foreign format; each says how its placeholders look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from runner.formats.draft import literal
from runner.language import query
from runner.language.values import dump_json

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: What would change the meaning of a `{{` after it: a backslash takes it away, a brace joins it.
_JOINING = re.compile(r"[{\\]+$")

#: What a text in single quotes cannot hold: a backslash before its end or before a quote, and `{{`.
_NOT_RAW = re.compile(r"\\(?:'|$)|\{\{")


class Placeholder(NamedTuple):
    """An expression over the variables."""

    expression: str


Part = str | Placeholder
Parts = tuple[Part, ...]


def parts_of(text: str, pattern: re.Pattern[str], ours: Callable[[re.Match[str]], str | None]) -> Parts:
    """The parts of a foreign text.

    `ours` gives the expression for a match of the pattern, or None where it is meant literally.
    """
    found: list[Part] = []
    position = 0
    for match in pattern.finditer(text):
        expression = ours(match)
        if expression is not None:
            found += [text[position : match.start()], Placeholder(expression)]
            position = match.end()
    return tuple(joined([*found, text[position:]]))


def joined(parts: Sequence[Part]) -> Iterator[Part]:
    """The parts without empty texts, neighbouring texts as one."""
    pending = ""
    for part in parts:
        if isinstance(part, str):
            pending += part
            continue
        if pending:
            yield pending
        pending = ""
        yield part
    if pending:
        yield pending


def is_literal(parts: Parts) -> bool:
    """Whether there is no placeholder among the parts."""
    return not any(isinstance(part, Placeholder) for part in parts)


def plain(parts: Parts) -> str:
    """The text of parts, placeholders as `{expression}`: for names and messages."""
    return "".join(part if isinstance(part, str) else f"{{{part.expression}}}" for part in parts)


def whole(parts: Parts) -> str | None:
    """The expression of parts that are one placeholder and nothing else."""
    if len(parts) == 1 and isinstance(parts[0], Placeholder):
        return parts[0].expression
    return None


def spliced(parts: Parts) -> str:
    """A text of ours."""
    written: list[str] = []
    for place, part in enumerate(parts):
        if isinstance(part, Placeholder):
            written.append(f"{{{{{part.expression}}}}}")
        elif place + 1 < len(parts):
            kept = _JOINING.search(part)
            before = part[: kept.start()] if kept else part
            written.append(literal(before) + (f"{{{{{constant(kept.group())}}}}}" if kept else ""))
        else:
            written.append(literal(part))
    return "".join(written)


def expression(parts: Parts) -> str:
    """An expression over a response for the text."""
    if is_literal(parts):
        return constant(plain(parts))
    pieces = [constant(p) if isinstance(p, str) else f"to_string({over_response(p.expression)})" for p in parts]
    return pieces[0] if len(pieces) == 1 else f"join('', [{', '.join(pieces)}])"


# --- expressions ---------------------------------------------------------------------------------------------------


def name(key: str) -> str:
    """A key as a name of an expression: in double quotes where it needs them."""
    return key if _NAME.fullmatch(key) else _apart(dump_json(key))


def constant(value: Any) -> str:
    """A JSON value as an expression."""
    if isinstance(value, str) and value.isprintable() and not _NOT_RAW.search(value):
        return "'" + value.replace("'", "\\'") + "'"
    return "`" + _apart(dump_json(value)).replace("`", "\\`") + "`"


def _apart(json_text: str) -> str:
    """JSON in which no `{{` is left: it stands in strings only, and an expression may not hold one."""
    return json_text.replace("{{", "{\\u007b")


def call(function: str, *arguments: str) -> str:
    return f"{function}({', '.join(arguments)})"


def over_response(over_variables: str) -> str:
    """An expression over the variables as one over a response: `user.id` is `vars.user.id`."""
    written = over_variables
    for found in sorted(query.compile(over_variables).names, key=lambda name: -name.start):
        if found.text != "vars":
            written = f"{written[: found.start]}vars.{written[found.start :]}"
    return written


def literals(value: Any) -> Any:
    """A constant as data of a draft: its texts are meant literally."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, list):
        return [literals(item) for item in value]
    if isinstance(value, dict):
        return {literal(key): literals(item) for key, item in value.items()}
    return value
