"""Words of bash, sh and zsh: quotes, escapes and what the shell expands, none of which is expanded here.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html § 2.2, 2.6. It must not know commands: what a
substitution holds is read by whoever reads scripts (`inner`).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Protocol

from runner.formats.curl.nodes import Output, Piece, Script, Unknown, Variable, Word, joined
from runner.formats.curl.posix_escapes import unescaped
from runner.formats.draft import ForeignFault

#: `<TOKEN>` is what documents write for a value that the reader knows, and hardly ever two redirections.
HOLE = re.compile(r"<[A-Za-z_][\w-]*>|<[A-Z_]+(?: [A-Z_]+)+>", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PARAMETER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=?+])(.*))?", re.ASCII | re.DOTALL)
#: What matters on the way to a closing bracket; text in single quotes is one mark.
_MARK = re.compile(r"\\.|'[^']*'|\$\(|[()\"]", re.DOTALL)


class Inner(Protocol):
    """A reader of the text within a substitution or a here-document."""

    position: int

    def script(self) -> Script:
        """The commands of the text."""

    def word(self) -> Word:
        """The word that the text begins with."""

    def within_document(self) -> Word:
        """The whole text as that of a here-document."""


class Words(ABC):
    """Reads the words of a text, from `position` on."""

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.position = 0
        self.first_line = line
        self._counted = (0, line)

    @property
    def line(self) -> int:
        """The number of the line that is read now."""
        position, line = self._counted
        self._counted = self.position, line + self.text.count("\n", position, self.position)
        return self._counted[1]

    def fault(self, message: str, start: int) -> ForeignFault:
        return ForeignFault(message, self.first_line + self.text.count("\n", 0, start))

    @abstractmethod
    def inner(self, text: str) -> Inner:
        """A reader of a part of the text."""

    def word(self) -> Word:
        """The word that begins here; it may be empty."""
        pieces: list[Piece] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            hole = HOLE.match(self.text, self.position)
            if hole:
                pieces.append(hole.group())
                self.position = hole.end()
            elif character in " \t\r\n|&;<>()":
                break
            elif character == "\\":
                pieces.append(self._escaped())
            elif character == "'":
                pieces.append(self._single())
            elif character == '"':
                self.position += 1
                pieces += self._double('"')
            elif character in "$`":
                pieces += self._expansion(quoted=False)
            else:
                pieces.append(self._plain())
        return tuple(joined(pieces))

    def _plain(self) -> str:
        start = self.position
        self.position += 1
        while self.position < len(self.text) and self.text[self.position] not in " \t\r\n'\"\\$`|&;<>()":
            self.position += 1
        return self.text[start : self.position]

    def _escaped(self) -> str:
        character = self.text[self.position + 1 : self.position + 2]
        self.position = min(self.position + 2, len(self.text))
        return "" if character == "\n" else character or "\\"

    def _single(self) -> str:
        end = self.text.find("'", self.position + 1)
        if end < 0:
            raise self.fault("the quote ' is never closed", self.position)
        text = self.text[self.position + 1 : end]
        self.position = end + 1
        return text

    def _double(self, closing: str) -> list[Piece]:
        """The pieces up to a closing quote, or to the end of the text where there is none to come."""
        start = self.position - 1
        pieces: list[Piece] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            if character == closing:
                self.position += 1
                return pieces
            if character == "\\":
                pieces.append(self._escaped_in_double(closing))
            elif character in "$`":
                pieces += self._expansion(quoted=True)
            else:
                pieces.append(character)
                self.position += 1
        if closing:
            raise self.fault(f"the quote {closing} is never closed", start)
        return pieces

    def _escaped_in_double(self, closing: str) -> str:
        following = self.text[self.position + 1 : self.position + 2]
        if following and following in f"$`\\\n{closing}":
            return self._escaped()
        self.position += 1
        return "\\"

    def within_document(self) -> Word:
        """The whole text as the lines of a here-document, in which only `$`, `` ` `` and `\\` mean anything."""
        return tuple(joined(self._double("")))

    # --- expansions

    def _expansion(self, *, quoted: bool) -> list[Piece]:
        start = self.position
        if self.text[start] == "`":
            return [self._backticks(start)]
        self.position += 1
        following = self.text[self.position : self.position + 1]
        if following == "(":
            return [self._output(start)]
        if following == "{":
            return [self._parameter(start)]
        name = _NAME.match(self.text, self.position)
        if name:
            self.position = name.end()
            return [Variable(name.group())]
        if following and following in "0123456789@*#?!-$":
            self.position += 1
            return [Unknown(f"${following}")]
        if not quoted and following == "'":
            return [self._ansi(start)]
        if not quoted and following == '"':
            self.position += 1
            return self._double('"')
        return ["$"]

    def _backticks(self, start: int) -> Piece:
        found = re.compile(r"`((?:\\.|[^`\\])*)`", re.DOTALL).match(self.text, start)
        if found is None:
            raise self.fault("the quote ` is never closed", start)
        self.position = found.end()
        return self._output_of(re.sub(r"\\([`\\$])", r"\1", found[1]))

    def _output(self, start: int) -> Piece:
        self.position += 1
        arithmetic = self.text.startswith("(", self.position)
        inner = self.parenthesised(start)
        if arithmetic and inner.endswith(")"):
            return Unknown(f"$({inner})")
        return self._output_of(inner)

    def _output_of(self, text: str) -> Output:
        return Output(self.inner(text).script(), text.strip())

    def parenthesised(self, start: int) -> str:
        """The text up to the bracket that closes the one before it; nothing in it is read twice."""
        begin = self.position
        open_marks = [")"]
        while self.position < len(self.text):
            mark = _MARK.search(self.text, self.position)
            if mark is None:
                break
            self.position = mark.end()
            found = mark.group()
            if found == open_marks[-1]:
                open_marks.pop()
                if not open_marks:
                    return self.text[begin : mark.start()]
            elif found == '"' or found.endswith("("):
                if found != "(" or open_marks[-1] == ")":  # within quotes a bracket alone means nothing
                    open_marks.append('"' if found == '"' else ")")
            elif found.startswith("'") and open_marks[-1] == '"':
                self.position = mark.start() + 1
        raise self.fault("the bracket ( is never closed", start)

    def _parameter(self, start: int) -> Piece:
        """`${NAME}`, with a default where it says one."""
        end, depth = self.position + 1, 1
        while end < len(self.text) and depth:
            end += 2 if self.text[end] == "\\" else 1
            depth += {"{": 1, "}": -1}.get(self.text[end - 1], 0)
        if depth:
            raise self.fault("the bracket { is never closed", start)
        inner = self.text[self.position + 1 : end - 1]
        self.position = end
        found = _PARAMETER.fullmatch(inner)
        if found is None or (found[2] or "").endswith("+"):
            return Unknown(f"${{{inner}}}")
        if found[2] is None or found[2].endswith("?"):
            return Variable(found[1])
        return Variable(found[1], self._default(found[3]))

    def _default(self, text: str) -> Word:
        alone = self.inner(text)
        word = alone.word()
        return word if alone.position == len(text) else self.inner(text).within_document()

    def _ansi(self, start: int) -> str:
        """`$'…'`, whose escapes are those of C."""
        found = re.compile(r"\$'((?:\\.|[^'\\])*)'", re.DOTALL).match(self.text, start)
        if found is None:
            raise self.fault("the quote $' is never closed", start)
        self.position = found.end()
        return unescaped(found[1])
