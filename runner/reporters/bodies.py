"""Bodies for people: JSON indented and coloured, other text as it is, anything else by its type and size.

What comes in is already redacted, so it may be cut short here. This file knows no result and no destination: a styler
is handed in.
"""

from __future__ import annotations

import json
import re

from runner.diagnostics import Styler, escape, plain
from runner.engine.exchange import Exchange, Request, decode_text

#: Lines and their length in a trimmed body.
_LINES = 14
_WIDTH = 200
#: Bytes beyond which a trimmed body is shown from its beginning, as it came: to indent 10 MB would take a second.
_TO_INDENT = 1_000_000
_TO_CUT = 16_384
#: Bytes that are looked at to tell text from what is none.
_SAMPLE = 4096
_NO_TEXT = ("image/", "audio/", "video/", "font/")
_TEXT = re.compile(r"text/|application/(?:json|xml|javascript|x-www-form-urlencoded|graphql)\b|[^;]*\+(?:json|xml)\b")
_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<literal>true|false|null)\b|(?P<number>-?[0-9][0-9.eE+-]*)"
)


def request_content(request: Request) -> bytes:
    """The body of a request, as far as it can be shown: the one place where reports read it."""
    return request.body or b""


def request_body_lines(request: Request, styler: Styler = plain) -> list[str]:
    """The whole body of a request."""
    return body_lines(request_content(request), request.header("content-type"), styler)


def response_body_lines(exchange: Exchange, styler: Styler = plain) -> list[str]:
    """The whole body of a response."""
    response = exchange.response
    return body_lines(response.content, response.header("content-type"), styler)


def body_lines(content: bytes, content_type: str | None, styler: Styler = plain) -> list[str]:
    """A body for reading, whole."""
    if not content:
        return []
    if is_binary(content, content_type):
        return [_by_size(content, content_type)]
    text, is_json = _indented(decode_text(content, content_type))
    return [_coloured(escape(line), is_json, styler) for line in text.splitlines()]


def trimmed_lines(content: bytes, content_type: str | None, styler: Styler = plain) -> list[str]:
    """The beginning of a body for reading."""
    if not content:
        return []
    if is_binary(content, content_type):
        return [_by_size(content, content_type)]
    if len(content) > _TO_INDENT:
        lines = decode_text(content[:_TO_CUT], content_type).splitlines()[: _LINES - 1]
        return [*(_short(line) for line in lines), f"… ({len(content):,} bytes)"]
    text, is_json = _indented(decode_text(content, content_type))
    lines = text.splitlines()
    shown = [_coloured(_short(line), is_json, styler) for line in lines[:_LINES]]
    return shown + ([f"… {len(lines) - _LINES} more lines ({len(content):,} bytes)"] if len(lines) > _LINES else [])


def _indented(text: str) -> tuple[str, bool]:
    """The text with its JSON indented, and whether it is JSON."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False), True
    except (ValueError, RecursionError):
        return text.rstrip(), False


def _coloured(line: str, is_json: bool, styler: Styler) -> str:
    if not is_json or styler is plain:
        return line
    return _TOKEN.sub(lambda match: styler(f"json {match.lastgroup}", match.group()), line)


def _short(line: str) -> str:
    line = escape(line)
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}… ({len(line):,} characters)"


def _by_size(content: bytes, content_type: str | None) -> str:
    return f"({len(content):,} bytes of {escape(content_type or 'unknown type')})"


def is_binary(content: bytes, content_type: str | None) -> bool:
    """Whether a body is no text: by its type, by a NUL, or because it is said to be none and is not UTF-8."""
    sample = content[:_SAMPLE]
    named = (content_type or "").strip().lower()
    if named.startswith(_NO_TEXT):
        return True
    if "charset=utf-16" in named or "charset=utf-32" in named:
        return False
    if b"\0" in sample:
        return True
    return _TEXT.match(named) is None and "charset=" not in named and not _is_utf8(sample)


def _is_utf8(sample: bytes) -> bool:
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        return error.end == len(sample) >= _SAMPLE - 3  # the sample ends within a character
    return True
