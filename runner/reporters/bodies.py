"""Bodies for people: JSON indented and coloured, other text as it is, anything else by its type and size.

What comes in is already redacted, so it may be cut short here. This file knows no result and no destination: a styler
is handed in.
"""

from __future__ import annotations

import json
import re

from runner.diagnostics import Styler, counted, escape, plain
from runner.engine import payload
from runner.engine.exchange import Exchange, Request, decode_text

#: Lines and their length in a trimmed body.
_LINES = 14
_WIDTH = 200
#: Bytes beyond which a trimmed body is shown from its beginning, as it came: to indent 10 MB would take a second.
_TO_INDENT = 1_000_000
_TO_CUT = 16_384
#: Bytes that are looked at to tell text from what is none.
_SAMPLE = 4096
#: Characters that text does not hold; a terminal's escape it may.
_ODD = re.compile(r"[\ufffd\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_NO_TEXT = ("image/", "audio/", "video/", "font/")
_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<literal>true|false|null)\b|(?P<number>-?[0-9][0-9.eE+-]*)"
)


def request_content(request: Request) -> bytes:
    """The body of a request, as far as it can be shown: files in it by name and size, and never read."""
    if isinstance(request.body, bytes):
        return request.body
    pieces = payload.pieces(request.body or b"")
    return b"".join(piece if isinstance(piece, bytes) else file_words(piece).encode() for piece in pieces)


def request_body_lines(request: Request, styler: Styler = plain) -> list[str]:
    """The whole body of a request: the parts of a multipart one as they are sent."""
    if request.body is None or isinstance(request.body, bytes):
        return body_lines(request.body or b"", request.header("content-type"), styler)
    return [escape(line) for line in request_content(request).decode("utf-8", "replace").splitlines()]


def part_words(part: payload.BodyPart) -> str:
    """A part of a multipart body in one line: its name, what it holds, as what it is sent."""
    content = part.content
    held = _short(content.decode("utf-8", "replace") if isinstance(content, bytes) else file_words(content))
    sent_as = ", ".join(escape(text) for text in (part.filename, part.content_type) if text)
    return f"{escape(part.name)} = {held}{f' as {sent_as}' if sent_as else ''}"


def file_words(file: payload.BodyFile) -> str:
    """A file in place of its content."""
    return f"({file.name}, {file.size:,} bytes)"


def response_body_lines(exchange: Exchange, styler: Styler = plain) -> list[str]:
    """The whole body of a response; or where it was saved."""
    response = exchange.response
    if response.saved is not None:
        return [f"({response.saved.size:,} bytes saved to {escape(response.saved.name)})"]
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
    if len(lines) > _LINES:
        shown.append(f"… {counted(len(lines) - _LINES, 'more line')} ({len(content):,} bytes)")
    return shown


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
    """Whether a body is nothing to read: by its type, or because much of its beginning is no text.

    What calls itself text is believed, unless it holds zero bytes.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type.startswith(_NO_TEXT) and not media_type.endswith("+xml"):
        return True
    beginning = decode_text(content[:_SAMPLE], content_type)
    odd = len(_ODD.findall(beginning))
    return "\0" in beginning or (odd * 10 > len(beginning) and not media_type.startswith("text/"))
