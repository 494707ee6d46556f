"""What is known where a command stands: variables, standard input, the files beside the script.

What the parts of a command are translated with. This file knows no option but those of data.
"""

from __future__ import annotations

import re

from runner.formats.attached import Attachments
from runner.formats.curl.command import Stdin
from runner.formats.curl.nodes import Variable, Word
from runner.formats.curl.options import Option
from runner.formats.curl.urls import encoded
from runner.formats.curl.values import Values, begins, cut, label, mapped, without
from runner.formats.draft import Foreign, Unique
from runner.formats.texts import Parts, is_literal, joined, plain, spliced
from runner.formats.variables import Kinds


class Context:
    """What the commands of one script see; it changes as the script goes on."""

    def __init__(self, foreign: Foreign, values: Values) -> None:
        self.foreign = foreign
        self.values = values
        self.unique = Unique()
        self.attachments = Attachments(foreign, values.imported, values.names, values.variables)
        self.stdin = Stdin()
        self.redirected: Word | None = None
        #: Files that a command of the script writes cookies to.
        self.jars: set[Word] = set()

    def lose(self, what: str, why: str, remedy: str = "") -> None:
        self.values.lose(what, why, remedy)

    def kinds(self) -> Kinds:
        """What type each variable may have: those of a script are text, captured ones are anything."""
        kinds = Kinds()
        kinds.declare(self.values.variables)
        for name in self.values.captured:
            kinds.add(name)
        return kinds

    def data_parts(self, option: Option, *, form: bool = True) -> Parts | None:
        """The text of data; None where it is a file that goes as it is."""
        if option.name == "data-urlencode":
            found = _urlencoded(option, self, form=form)
            if found is None:
                self.lose(f"the data {label(option.value)}", "its file cannot be read", "write it out")
            return found or ()
        parts = self.values.parts(option.value)
        if option.name == "data-raw" or not begins(parts).startswith("@"):
            return parts
        path = without(parts, 1)
        if path == ("-",) and self.stdin.path is None and self.stdin.text is not None:
            text = self.values.parts(self.stdin.text)
            return text if option.name != "data" else _without_breaks(text)
        return None

    def input(self) -> Parts:
        """The text of standard input."""
        return self.values.parts(self.stdin.text or ())

    def file(self, word: Word, like: str) -> str | None:
        """The path of a file that is sent; None where it is the text of standard input."""
        if word in (("-",), (".",)) and self.stdin.text is not None:
            return None
        return self.path(self.values.parts(word), like)

    def path(self, parts: Parts, like: str) -> str:
        """The path of a file, which is taken over where it can be."""
        if parts in (("-",), (".",)):
            parts = self.values.parts(self.stdin.path) if self.stdin.path else ()
        if is_literal(parts):
            return self.attachments.take(plain(parts), like, f"line {self.values.line}")
        return spliced(parts)

    def text_of_file(self, word: Word) -> str | None:
        """The text of the file behind an `@`."""
        parts = self.text_parts(without(self.values.parts(word), 1))
        return plain(parts) if parts is not None and is_literal(parts) else None

    def text_parts(self, path: Parts) -> Parts | None:
        """The text of a file, or of standard input; None where it cannot be read."""
        if path == ("-",):
            if self.stdin.text is not None:
                return self.input()
            path = self.values.parts(self.stdin.path or ())
        if not path or not is_literal(path):
            return None
        try:
            return (self.foreign.read(plain(path)),)
        except ValueError:
            return None

    def outside(self, word: Word, like: str) -> str:
        """The path of a certificate or key, which may lie anywhere where the environment names it."""
        alone = word[0] if len(word) == 1 else None
        if isinstance(alone, Variable) and not self.values.literal_of(alone.name):
            return f"{{{{env.{alone.name}}}}}"
        return self.outside_path(self.values.parts(word), like)

    def outside_path(self, parts: Parts, like: str) -> str:
        if not is_literal(parts):
            return spliced(parts)
        return self.attachments.outside(plain(parts), like, f"line {self.values.line}")


def _without_breaks(parts: Parts) -> Parts:
    return mapped(parts, lambda text: re.sub(r"[\r\n\0]", "", text))


def _urlencoded(option: Option, context: Context, *, form: bool) -> Parts | None:
    """What `--data-urlencode` sends: `name=content`, `=content`, `content`, `@file`, `name@file`."""
    parts = context.values.parts(option.value)
    name, content = cut(parts, "=")
    if content is None and (found := cut(parts, "@"))[1] is not None:
        name, path = found
        content = context.text_parts(path or ())
        if content is None:
            return None
    elif content is None:
        return encoded(parts, form=form)
    prefix = (*name, "=") if name else ()
    return tuple(joined([*prefix, *encoded(content, form=form)]))
