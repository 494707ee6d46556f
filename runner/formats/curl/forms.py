"""`-F name=content` → `multipart`, as curl reads it: `@file`, `<file`, quotes, `;type=`, `;filename=`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from runner.formats.curl.context import Context
from runner.formats.curl.options import Option
from runner.formats.curl.values import begins, cut, label, split, stripped, without
from runner.formats.draft import Data
from runner.formats.texts import Parts, joined, plain, spliced

_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
#: A media type with its parameters.
_TYPE = re.compile(r"\s*([^/;\s]+/[^;\s]+)")
_WORD = re.compile(r"\s*(type|filename|headers|encoder)=(.*)", re.DOTALL)


class _Part(NamedTuple):
    """One content of a `-F`, with what it says behind semicolons."""

    content: Parts
    options: dict[str, Parts]


def multipart(options: list[Option], context: Context) -> Data:
    """The parts of a form, by name; several of one name are a list."""
    made: Data = {}
    for option in options:
        name, content = cut(context.values.parts(option.value), "=")
        if content is None:
            context.lose(f"the part '{label(option.value)}'", "it is not name=content", "")
            continue
        key = spliced(name)
        for value in _values(option.name, content, plain(name), context):
            if key in made:
                made[key] = [*(made[key] if isinstance(made[key], list) else [made[key]]), value]
            else:
                made[key] = value
    return made


def _values(option: str, content: Parts, name: str, context: Context) -> Iterator[Any]:
    first = begins(content)
    if option == "form-string":
        yield spliced(content)
    elif first.startswith("@"):
        for part in _files(without(content, 1)):
            yield _file(part, name, context)
    elif first.startswith("<"):
        yield _text_of_file(_part(without(content, 1)), name, context)
    elif first.startswith("=(") or (not name and first.startswith("(")):
        context.lose(f"the part '{name}'", "parts within parts are not sent", "")
    else:
        part = _part(content)
        yield _with(part, {"value": spliced(part.content)}, name, context)


def _with(part: _Part, made: Data, name: str, context: Context) -> Any:
    """The part with its media type and file name; a plain text where it has neither."""
    for word, key in (("type", "content_type"), ("filename", "filename")):
        if part.options.get(word):
            made[key] = spliced(part.options[word])
    for word in ("headers", "encoder"):
        if word in part.options:
            context.lose(f"'{word}=' of the part '{name}'", "a part has a type and a file name, and no more", "")
    return made["value"] if list(made) == ["value"] else made


def _file(part: _Part, name: str, context: Context) -> Any:
    if part.content == ("-",) and context.stdin.text is not None:
        return _with(part, {"value": spliced(context.input())}, name, context)
    return _with(part, {"file": context.path(part.content, name or "file")}, name, context)


def _text_of_file(part: _Part, name: str, context: Context) -> Any:
    """`<file`: its text is the value of a field."""
    found = context.text_parts(part.content)
    if found is None:
        path = plain(part.content)
        context.lose(f"the part '{name}'", f"the text of '{path}' cannot be read", "write it out")
        found = ()
    return _with(part, {"value": spliced(found)}, name, context)


# --- curl's own syntax -----------------------------------------------------------------------------------------------


def _part(content: Parts) -> _Part:
    """The content up to `;`, or within quotes, and the words behind it."""
    value, rest = _word(content)
    options: dict[str, Parts] = {}
    last = ""
    for piece in split(rest, ";") if rest else []:
        found = _WORD.match(begins(piece))
        if found:
            last = found[1]
            after = without(piece, found.start(2))
            options[last] = _word(after)[0] if last == "filename" else stripped(after)
        elif last == "type" and piece:  # a parameter of the media type
            options["type"] = tuple(joined([*options["type"], ";", *piece]))
    return _Part(value, options)


def _word(content: Parts) -> tuple[Parts, Parts]:
    """A word in quotes or up to `;`, and what comes behind the `;`."""
    content = tuple(joined([begins(content).lstrip(), *content[1:]])) if begins(content) else content
    quoted = _QUOTED.match(begins(content))
    if quoted:
        rest = cut(without(content, quoted.end()), ";")[1]
        return (re.sub(r'\\([\\"])', r"\1", quoted[1]),) if quoted[1] else (), rest or ()
    if begins(content).startswith('"') and len(content) > 1:
        return _quoted_with_placeholders(content)
    before, rest = cut(content, ";")
    return stripped(before), rest or ()


def _quoted_with_placeholders(content: Parts) -> tuple[Parts, Parts]:
    inside, rest = cut(without(content, 1), '"')
    if rest is None:
        before, rest = cut(content, ";")
        return stripped(before), rest or ()
    return inside, cut(rest, ";")[1] or ()


def _files(content: Parts) -> Iterator[_Part]:
    """`@a.txt,b.txt;type=text/plain`: files of one name."""
    value, rest = _word(content)
    if begins(content).lstrip().startswith('"') or len(value) != 1 or "," not in str(value[0]):
        yield _part(content)
        return
    names = split(value, ",")
    yield from (_Part(stripped(name), {}) for name in names[:-1])
    yield _part(tuple(joined([*stripped(names[-1]), ";", *rest])) if rest else stripped(names[-1]))
