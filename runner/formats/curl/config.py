"""`-K FILE`: options of curl in a file, in the place of the option. https://curl.se/docs/manpage.html#-K"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runner.formats.curl.context import Context
from runner.formats.curl.nodes import Word, literal_text
from runner.formats.curl.options import Option, parse

_LINE = re.compile(r"\s*-{0,2}([\w.:#-]+)\s*(?:[=:\s]\s*)?(.*?)\s*")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_DEEPEST = 10


def expanded(options: Iterable[Option], context: Context, depth: int = 0) -> Iterator[Option]:
    """The options, with those of a file where one names it; a file that cannot be read stays as it is."""
    for option in options:
        text = _text(option, context) if option.name == "config" and depth < _DEEPEST else None
        if text is None:
            yield option
        else:
            yield from expanded(parse(words(text), context.lose), context, depth + 1)


def _text(option: Option, context: Context) -> str | None:
    path = literal_text(option.value)
    parts = context.text_parts((path,)) if path else None
    return "".join(part for part in parts if isinstance(part, str)) if parts else None


def words(text: str) -> Iterator[Word]:
    """The words that the lines of a config file stand for."""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        name, value = found.groups()
        yield (f"-{name}" if line.lstrip().startswith("-") and not line.lstrip().startswith("--") else f"--{name}",)
        if value:
            yield (_value(value),)


def _value(text: str) -> str:
    if text.startswith('"'):
        quoted = re.match(r'"((?:\\.|[^"\\])*)', text)
        inner = quoted[1] if quoted else text
        return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), inner)
    return text.split()[0]
