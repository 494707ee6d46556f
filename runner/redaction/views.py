"""Views of a text: what it says once escapes are undone, and where each stretch of that stands in the text itself.

A secret with a quote in it stands in JSON as `a\"b`, or as `a\u0022b`, in a URL as `a%22b`, in markup as `a&quot;b`,
in a wrapped body over two lines; any character may be escaped, in either case. Instead of making up all these ways, the
text is read in each way. This file knows no secrets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple


def _bytes(lead: str, two: str, three: str, four: str, more: str, any_one: str) -> str:
    """The bytes of one UTF-8 character, each behind `lead`; any other byte by itself."""
    more = lead + more
    return rf"{lead}{two}{more}|{lead}{three}(?:{more}){{2}}|{lead}{four}(?:{more}){{3}}|{lead}{any_one}"


_IN_HEX = ("[cCdD][0-9a-fA-F]", "[eE][0-9a-fA-F]", "[fF][0-7]", "[89abAB][0-9a-fA-F]", "[0-9a-fA-F]{2}")
_IN_OCTAL = ("3[0-3][0-7]", "3[45][0-7]", "36[0-7]", "2[0-7]{2}", "[0-3][0-7]{2}")
#: Escapes of JSON (RFC 8259 § 7), JavaScript, C and Python, and of cookies in quotes (RFC 2109).
_BACKSLASHED = "|".join(
    (
        r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}",
        r"\\U00[01][0-9a-fA-F]{5}",
        _bytes(r"\\x", *_IN_HEX),
        _bytes(r"\\", *_IN_OCTAL),
        r"\\[^uUx]",
    )
)
#: Percent-encoding (RFC 3986 § 2.1).
_PERCENT = _bytes("%", *_IN_HEX)
#: Character references of XML and HTML.
_REFERENCE = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
#: A line that is continued on the next one: wrapped base64, folded headers.
_WRAPPED = r"\r\n[ \t]*|\n[ \t]*"

_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "0": "\0"}
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_LAST_CHARACTER = 0x10FFFF
#: Texts may be escaped more than once: JSON in JSON, in the query of a URL.
_MOST_LAYERS = 3


def _unbackslashed(match: re.Match[str]) -> str:
    written = match.group()
    if written[1] in "uU":
        return _character([int(code.strip("{}"), 16) for code in re.split(r"\\[uU]", written)[1:]])
    if written[1] == "x":
        return _text(bytes.fromhex(written.replace("\\x", "")))
    if written[1].isdigit() and len(written) > 2:
        return _text(bytes(int(code, 8) for code in written.split("\\")[1:]))
    return _CONTROLS.get(written[1], written[1])


def _character(codes: list[int]) -> str:
    """Two surrogates make one character (RFC 8259 § 7)."""
    if len(codes) == 2:
        return chr(0x10000 + ((codes[0] - 0xD800) << 10) + (codes[1] - 0xDC00))
    return chr(codes[0]) if codes[0] <= _LAST_CHARACTER else "\ufffd"


def _unpercent(match: re.Match[str]) -> str:
    return _text(bytes.fromhex(match.group().replace("%", "")))


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _unreferenced(match: re.Match[str]) -> str:
    name = match.group()[1:-1]
    if name in _NAMED:
        return _NAMED[name]
    if name[0] != "#":
        from html import unescape  # thousands of names, which hardly anybody writes

        return unescape(match.group())
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code) if code <= _LAST_CHARACTER else match.group()


def _unwrapped(match: re.Match[str]) -> str:
    return ""


class Decoding(NamedTuple):
    """One way to read a text: where `marker` is not in it, there is nothing to undo."""

    marker: str
    escapes: str
    undo: Callable[[re.Match[str]], str]

    @property
    def pattern(self) -> re.Pattern[str]:
        return _compiled(self.escapes)

    def read(self, text: str) -> str:
        """The text with its escapes undone."""
        return self.pattern.sub(self.undo, text)


@cache
def _compiled(escapes: str) -> re.Pattern[str]:
    return re.compile(escapes, re.DOTALL)


_EACH = (
    Decoding("\\", _BACKSLASHED, _unbackslashed),
    Decoding("%", _PERCENT, _unpercent),
    Decoding("&", _REFERENCE, _unreferenced),
    Decoding("\n", _WRAPPED, _unwrapped),
)
_BY_MARK = {**{decoding.marker: decoding.undo for decoding in _EACH}, "\r": _unwrapped}
#: All of them at once, for texts with several layers.
_ALL = Decoding("", "|".join(each.escapes for each in _EACH), lambda match: _BY_MARK[match.group()[0]](match))


class View(NamedTuple):
    """A text as it reads after some decodings, from `origin` inwards."""

    text: str
    origin: View | None = None
    decoding: Decoding | None = None

    def places(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Where stretches of this view stand in the text that was looked at first."""
        if self.origin is None or self.decoding is None:
            return spans
        return self.origin.places(_mapped(self.origin.text, self.decoding, spans))


def views(text: str) -> Iterator[View]:
    """The text as it is, and each of its readings that differs from those before."""
    plain = View(text)
    yield plain
    marked = [decoding for decoding in _EACH if decoding.marker in text]
    for decoding in marked:
        read = decoding.read(text)
        if read != text:
            yield View(read, plain, decoding)
    layer = plain
    for _ in range(_MOST_LAYERS if marked else 0):
        read = _ALL.read(layer.text)
        if read == layer.text:
            return
        layer = View(read, layer, _ALL)
        yield layer


def peeled(text: str) -> str:
    """The last reading of a text: nothing is left to undo."""
    for view in views(text):
        last = view.text
    return last


def _mapped(text: str, decoding: Decoding, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of the decoded text as stretches of `text`; half an escape counts as a whole one."""
    read_from: list[int] = []  # where each escape begins in the decoded text
    escapes: list[tuple[int, int, int]] = []  # where it ends there, and its place in `text`
    shift = 0
    for match in decoding.pattern.finditer(text):
        read = decoding.undo(match)
        begins = match.start() - shift
        read_from.append(begins)
        escapes.append((begins + len(read), *match.span()))
        shift += len(match.group()) - len(read)

    def character(offset: int) -> tuple[int, int]:
        """The place in `text` of one character of the decoded text."""
        last = bisect_right(read_from, offset) - 1
        if last < 0:
            return offset, offset + 1
        ends, start, end = escapes[last]
        return (start, end) if offset < ends else (end + offset - ends, end + offset - ends + 1)

    return [(character(start)[0], character(end - 1)[1]) for start, end in spans]
