"""`$'…'`, whose escapes are those of C: https://www.gnu.org/software/bash/manual/bash.html#ANSI_002dC-Quoting"""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def unescaped(text: str) -> str:
    """The text between `$'` and `'`; bytes that are no UTF-8 stay as surrogates (PEP 383)."""
    content = bytearray()
    position = 0
    for match in _ESCAPE.finditer(text):
        content += text[position : match.start()].encode("utf-8", "surrogatepass") + _escape(match)
        position = match.end()
    content += text[position:].encode("utf-8", "surrogatepass")
    # Halves of pairs as UTF-16 writes them, which browsers copy, are three bytes each: no UTF-8 either.
    whole = content.decode("utf-8", "surrogatepass" if _is_passed(content) else "surrogateescape")
    return _PAIR.sub(lambda pair: pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le"), whole)


def _is_passed(content: bytearray) -> bool:
    try:
        content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _escape(match: re.Match[str]) -> bytes:
    byte, short, long, octal, control, other = match.groups()
    if byte or octal:
        return bytes([int(byte, 16) if byte else int(octal, 8) & 0xFF])
    if short or long:
        code = int(short or long, 16)
        return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"\xef\xbf\xbd"
    if control:
        return bytes([ord(control) & 0x1F])
    return (_CONTROLS.get(other) or (other if other in "\\'\"?" else f"\\{other}")).encode("utf-8", "surrogatepass")
