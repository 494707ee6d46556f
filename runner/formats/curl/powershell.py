"""Commands of PowerShell: a backtick escapes, `'…'` is as it is, `"…"` has variables, `$env:NAME` is the environment's.

https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.core/about/about_quoting_rules
"""

from __future__ import annotations

import re

from runner.formats.curl.nodes import (
    Command,
    Piece,
    Pipeline,
    Redirect,
    Script,
    Unknown,
    Variable,
    Word,
    joined,
)
from runner.formats.draft import ForeignFault

_BLANK = re.compile(r"(?:[ \t]|`\r?\n)+")
_BLOCK_COMMENT = re.compile(r"<#.*?#>", re.DOTALL)
_OPERATOR = re.compile(r"\|\||&&|[|;&\n]")
_REDIRECT = re.compile(r"(\d?|\*)(>>|>)(?:&1)?")
_HERE_STRING = re.compile(r"@(['\"])[ \t]*\n(.*?)\n\1@", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(?:(env):)?([^}]+)\}|(?:(env):)?([A-Za-z_][A-Za-z0-9_]*))", re.ASCII | re.IGNORECASE)
_ASSIGNMENT = re.compile(
    r"\$(?:(?:env|script|global):)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(?![=~])", re.ASCII | re.IGNORECASE
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}


def read(text: str) -> Script:
    """The commands of a script.

    Raises:
        ForeignFault: a quote or a bracket is never closed.
    """
    return _Reader(text.replace("\r\n", "\n")).script()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.items: list[Pipeline] = []
        self.commands: list[Command] = []
        self.comments: list[str] = []
        self._start()

    def _start(self) -> None:
        self.words: list[Word] = []
        self.redirects: list[Redirect] = []
        self.assignments: list[tuple[str, Word]] = []
        self.first = 0

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.position) + 1

    def script(self) -> Script:
        while self.position < len(self.text):
            self._next()
        self._end_of_pipeline()
        return tuple(self.items)

    def _next(self) -> None:
        for pattern in (_BLANK, _BLOCK_COMMENT):
            found = pattern.match(self.text, self.position)
            if found:
                self.position = found.end()
                return
        at_start = not (self.words or self.commands or self.assignments)
        if self.text[self.position] == "#":
            self._comment(at_start)
        elif found := _OPERATOR.match(self.text, self.position):
            self._operator(found)
        elif at_start and (found := _ASSIGNMENT.match(self.text, self.position)):
            self.first = self.line
            self.position = found.end()
            self.assignments.append((found[1], self.word()))
        elif found := _REDIRECT.match(self.text, self.position):
            self.position = found.end()
            self._blank()
            self.redirects.append(Redirect(found[2], self.word(), found[1]))
        else:
            self.first = self.first or self.line
            self.words.append(self.word())

    def _blank(self) -> None:
        found = _BLANK.match(self.text, self.position)
        if found:
            self.position = found.end()

    def _comment(self, at_start: bool) -> None:
        end = self.text.find("\n", self.position)
        end = len(self.text) if end < 0 else end
        comment = self.text[self.position + 1 : end].strip()
        if at_start and comment:
            self.comments.append(comment)
        self.position = end

    def _operator(self, found: re.Match[str]) -> None:
        self.position = found.end()
        if found.group() == "|":
            self._end_of_command()
        elif found.group() == "&" and not (self.words or self.commands):
            return  # the call operator: `& curl.exe …`
        elif found.group() == "\n" and not (self.words or self.commands or self.assignments):
            if self.text[max(0, found.start() - 1) : found.start()] == "\n":
                self.comments.clear()
        else:
            self._end_of_pipeline()

    def _end_of_command(self) -> None:
        if self.words or self.assignments:
            made = Command(tuple(self.words), self.first, tuple(self.assignments), tuple(self.redirects))
            self.commands.append(made)
        self._start()

    def _end_of_pipeline(self) -> None:
        self._end_of_command()
        if self.commands:
            self.items.append(Pipeline(tuple(self.commands), tuple(self.comments)))
            self.comments.clear()
        self.commands = []

    # --- words

    def word(self) -> Word:
        pieces: list[Piece] = []
        here = _HERE_STRING.match(self.text, self.position)
        if here:
            self.position = here.end()
            return (here[2],) if here[1] == "'" else tuple(joined(_Reader(here[2]).within('"', False)))
        while self.position < len(self.text):
            character = self.text[self.position]
            if character in " \t\n|;&":
                break
            if character == "'":
                pieces.append(self._single())
            elif character == '"':
                pieces += self.within('"', True)
            else:
                pieces += self._outside(character)
        # Windows PowerShell takes quotes out of the arguments of programs, and so people escape them once more.
        return tuple(joined(piece.replace('\\"', '"') if isinstance(piece, str) else piece for piece in joined(pieces)))

    def _outside(self, character: str) -> list[Piece]:
        if character == "`":
            return [self._escaped()]
        if character == "$":
            return [self._variable()]
        self.position += 1
        return [character]

    def _single(self) -> str:
        found = re.compile(r"'((?:''|[^'])*)'").match(self.text, self.position)
        if found is None:
            raise ForeignFault("the quote ' is never closed", self.line)
        self.position = found.end()
        return found[1].replace("''", "'")

    def within(self, quote: str, closes: bool) -> list[Piece]:
        """The pieces between double quotes, or to the end of the text."""
        line = self.line
        self.position += closes
        pieces: list[Piece] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            if closes and character == quote:
                self.position += 1
                if not self.text.startswith(quote, self.position):
                    return pieces
                pieces.append(quote)
                self.position += 1
            elif character == "\\" and closes and self.text.startswith('\\"', self.position):
                pieces += self._backslash()
            elif character in "`$":
                pieces += self._outside(character)
            else:
                pieces.append(character)
                self.position += 1
        if closes:
            raise ForeignFault(f"the quote {quote} is never closed", line)
        return pieces

    def _backslash(self) -> list[Piece]:
        """`\\"` within quotes: what people write who know other shells. PowerShell would end the text here."""
        self.position += 2
        return ['"']

    def _escaped(self) -> str:
        character = self.text[self.position + 1 : self.position + 2]
        self.position += 2
        return _ESCAPES.get(character, "" if character == "\n" else character)

    def _variable(self) -> Piece:
        if self.text.startswith("$(", self.position):
            return self._subexpression()
        found = _VARIABLE.match(self.text, self.position)
        if found is None:
            self.position += 1
            return "$"
        self.position = found.end()
        return Variable(found[2] or found[4], outer=bool(found[1] or found[3]))

    def _subexpression(self) -> Piece:
        start, depth = self.position, 0
        while self.position < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[self.position], 0)
            self.position += 1
            if self.text[self.position - 1] == ")" and not depth:
                return Unknown(self.text[start : self.position])
        raise ForeignFault("the bracket ( is never closed", self.line)
