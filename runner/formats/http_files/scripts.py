"""Scripts of .http files, which are never run: what each is, for those who read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runner.formats.http_files.context import Context
from runner.formats.http_files.nodes import Handler, Section
from runner.formats.scripted import Code
from runner.formats.scripts.jetbrains import DIALECT

#: The phases in the order in which they come.
PHASES = ("pre-request", "response")
_SETS = re.compile(r"(?:client\.global|request\.variables)\.set\(\s*(['\"])([^'\"]+)\1")


def read_all(sections: Iterable[Section], context: Context) -> None:
    """Reads every script of a file, and of the files that it names."""
    for section in sections:
        codes = list(_codes(section, context))
        context.scripts.read(section, codes)
        for code in codes:
            for match in _SETS.finditer(code.text):
                context.kinds.note(context.names(match[2]))


def _codes(section: Section, context: Context) -> Iterator[Code]:
    for handler in section.handlers:
        is_before = handler.phase == PHASES[0]
        text = _text(handler, context)
        if text is not None:
            place, line = (handler.path, 1) if handler.path else (context.place, handler.line)
            yield Code(text, handler.phase, place, is_before, DIALECT, line=line)


def _text(handler: Handler, context: Context) -> str | None:
    """The code of a script; None where its file cannot be read, which is told."""
    if not handler.path:
        return handler.code
    try:
        return context.read(handler.path)
    except ValueError as error:
        context.lose(handler.line, f"the script '{handler.path}'", str(error), "put it there, and import again")
        return None
