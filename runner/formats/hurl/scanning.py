"""The characters of a Hurl file: strings of every kind, templates, comments, and where a JSON or XML body ends.

Knows the lexical part of https://hurl.dev/docs/grammar.html and nothing of requests.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from runner.formats.draft import ForeignFault
from runner.formats.texts import Part, Parts, Placeholder, joined

_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_UNICODE = re.compile(r"u\{([0-9A-Fa-f]{1,6})\}")
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}")
_XML_PART = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<![^>]*>"
    r"|<(/?)([^\s>/]+)(?:\"[^\"]*\"|'[^']*'|[^>\"'])*?(/?)>",
    re.DOTALL,
)
#: Characters of a key beside letters and digits.
_KEY = frozenset("_-.[]@$")


class Scanner:
    """A position in a text; every fault is told with its line."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.position = 0
        self.comments: list[str] = []
        self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]

    @property
    def line(self) -> int:
        return bisect_right(self._starts, self.position)

    @property
    def done(self) -> bool:
        return self.position >= len(self.text)

    @property
    def rest_of_line(self) -> str:
        end = self.text.find("\n", self.position)
        return self.text[self.position : None if end < 0 else end]

    def fault(self, message: str, hint: str = "") -> ForeignFault:
        return ForeignFault(message, self.line, hint)

    def at(self, text: str) -> bool:
        return self.text.startswith(text, self.position)

    def take(self, text: str) -> bool:
        if not self.at(text):
            return False
        self.position += len(text)
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found is not None:
            self.position = found.end()
        return found

    # --- white space and comments

    def spaces(self) -> None:
        while self.position < len(self.text) and self.text[self.position] in " \t":
            self.position += 1

    def lines(self) -> None:
        """Passes empty lines and comments, which are kept in `comments`."""
        while not self.done:
            self.spaces()
            if self.at("#"):
                self._comment()
            elif not self.take("\n"):
                return

    def end_of_line(self) -> None:
        self.spaces()
        if self.at("#"):
            self._comment()
        if not self.done and not self.take("\n"):
            raise self.fault(f"the line should end before '{self.rest_of_line}'")

    def _comment(self) -> None:
        self.comments.append(self.rest_of_line[1:].strip())
        self.position += len(self.rest_of_line)

    # --- strings

    def value_string(self) -> Parts:
        """Text up to a comment or the end of the line, without the spaces at its end."""
        parts = list(self._text_until("#\n"))
        if parts and isinstance(parts[-1], str):
            parts[-1] = parts[-1].rstrip(" \t")
        return tuple(joined(parts))

    def key_string(self) -> Parts:
        """The name before a `:`; empty where there is none."""
        start = self.position
        parts: list[Part] = []
        while not self.done:
            character = self.text[self.position]
            if self.at("{{"):
                parts.append(self._template())
            elif character == "\\":
                parts.append(self._escape())
            elif character.isalnum() or character in _KEY:
                parts.append(character)
                self.position += 1
            else:
                break
        self.spaces()
        if not parts or not self.take(":"):
            self.position = start
            return ()
        self.spaces()
        return tuple(joined(parts))

    def quoted(self) -> Parts:
        """A string in double quotes; the position is at the first."""
        self.position += 1
        return self._closed('"')

    def oneline(self) -> Parts:
        """A string in backticks."""
        self.position += 1
        return self._closed("`")

    def _closed(self, quote: str) -> Parts:
        start = self.line
        parts = tuple(self._text_until(quote))
        if not self.take(quote):
            raise ForeignFault(f"this {quote} is never closed", start)
        return parts

    def _text_until(self, ends: str) -> Parts:
        parts: list[Part] = []
        run = re.compile(f"[^{{\\\\{re.escape(ends)}]+")
        while not self.done and self.text[self.position] not in ends:
            plain = self.match(run)
            if plain is not None:
                parts.append(plain[0])
            elif self.at("{{"):
                parts.append(self._template())
            elif self.at("\\"):
                parts.append(self._escape())
            else:
                parts.append(self.text[self.position])
                self.position += 1
        return tuple(joined(parts))

    def _template(self) -> Placeholder:
        match = self.match(_TEMPLATE)
        if match is None or not match[1].strip():
            raise self.fault("'{{' begins a template that does not end, or that is empty", "add the closing }}")
        return Placeholder(match[1].strip())

    def _escape(self) -> str:
        self.position += 1
        unicode = self.match(_UNICODE)
        if unicode:
            code = int(unicode[1], 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise self.fault(f"\\u{{{unicode[1]}}} is no character")
            return chr(code)
        if self.done:
            raise self.fault("a backslash at the end of the file")
        character = self.text[self.position]
        self.position += 1
        return _SIMPLE.get(character, character)

    def regex(self) -> str:
        """A regular expression between slashes."""
        match = self.match(re.compile(r"/((?:\\.|[^/\\\n])*)/"))
        if match is None:
            raise self.fault("this regular expression has no closing /")
        return match[1].replace("\\/", "/")

    def filename(self) -> Parts:
        """The path after `file,`, up to the `;`."""
        self.spaces()
        parts = list(self._text_until(";\n#"))
        if not self.take(";"):
            raise self.fault("';' is missing after the name of the file")
        if parts and isinstance(parts[-1], str):
            parts[-1] = parts[-1].rstrip(" ")
        if not parts:
            raise self.fault("the name of the file is missing")
        return tuple(joined(parts))

    # --- bodies

    def fenced(self) -> tuple[str, str]:
        """A text between ```: its language with attributes, and what is in it."""
        start = self.line
        match = self.match(re.compile(r"```([a-zA-Z, \t]*)\n(.*?)```|```()(.*?)```", re.DOTALL))
        if match is None:
            raise ForeignFault("this ``` is never closed", start)
        return (match[1] or "").strip(), match[2] if match[2] is not None else match[4]

    def json(self) -> str:
        """A JSON value, templates in it."""
        start, depth, line = self.position, 0, self.line
        while not self.done:
            if self.at("{{"):
                self._template()
            elif self.at('"'):
                self.quoted()
            elif self.match(re.compile(r"[^\s{}\[\]\",:]+|\s+|[,:]")):
                pass
            else:
                depth += 1 if self.text[self.position] in "{[" else -1
                self.position += 1
            if depth <= 0:
                break
        if depth:
            raise ForeignFault("this JSON body does not end", line)
        return self.text[start : self.position]

    def xml(self) -> str:
        """An XML document, up to the end of its root element."""
        start, depth, line = self.position, 0, self.line
        for part in _XML_PART.finditer(self.text, self.position):
            self.position = part.end()
            if part[2]:
                depth += -1 if part[1] else 0 if part[3] else 1
                if depth <= 0:
                    return self.text[start : self.position]
        raise ForeignFault("this XML body does not end", line)

    def templates(self, text: str) -> Parts:
        """The parts of a text in which nothing but templates has a meaning."""
        parts: list[Part] = []
        position = 0
        for match in _TEMPLATE.finditer(text):
            if match[1].strip():
                parts += [text[position : match.start()], Placeholder(match[1].strip())]
                position = match.end()
        return tuple(joined([*parts, text[position:]]))


def unescaped(text: str) -> str:
    """A text with its escapes resolved; templates stay as they are."""
    return re.sub(
        r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|(.))",
        lambda match: chr(min(int(match[1], 16), 0x10FFFF)) if match[1] else _SIMPLE.get(match[2], match[2]),
        text,
        flags=re.DOTALL,
    )
