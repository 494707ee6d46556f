"""Functions over text: encodings, hashes, regular expressions, JSON and tokens. Null gives null.

What is not always needed is imported where it is used: a start must not pay for a hash that no file asks for.
"""

from __future__ import annotations

import re
from typing import Any

from runner.language.functions.signature import Refused, text_function, unfit
from runner.language.values import Value
from runner.language.values import parse_json as read_json


def _bytes(subject: str | bytes) -> bytes:
    return subject.encode() if isinstance(subject, str) else subject


def _digest(algorithm: str, subject: str | bytes) -> str:
    import hashlib

    return hashlib.new(algorithm, _bytes(subject), usedforsecurity=False).hexdigest()


def _decoded(text: str) -> bytes:
    """The bytes of base64 in either alphabet (RFC 4648 § 4 and § 5), padded or not."""
    import base64

    compact = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)


@text_function("string|bytes")
def base64(text: str | bytes) -> Value:
    """Base64 of bytes, or of a text's UTF-8."""
    from base64 import b64encode

    return b64encode(_bytes(text)).decode("ascii")


@text_function("string")
def base64_decode(text: str) -> Value:
    """The UTF-8 text in base64; takes the URL-safe alphabet and missing padding too."""
    try:
        content = _decoded(text)
    except ValueError:
        raise unfit("base64", 0, text) from None
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Refused("gives text, and what its 1st argument holds is not UTF-8", 0) from None


@text_function("string|bytes")
def md5(text: str | bytes) -> Value:
    """The MD5 digest in lower-case hexadecimal digits."""
    return _digest("md5", text)


@text_function("string|bytes")
def sha256(text: str | bytes) -> Value:
    """The SHA-256 digest in lower-case hexadecimal digits."""
    return _digest("sha256", text)


@text_function("string|bytes", "string|bytes", subject=1)
def hmac_sha256(key: str | bytes, text: str | bytes) -> Value:
    """The HMAC-SHA-256 (RFC 2104) in lower-case hexadecimal digits."""
    import hmac

    return hmac.new(_bytes(key), _bytes(text), "sha256").hexdigest()


@text_function("string")
def url_encode(text: str) -> Value:
    """The text with all but RFC 3986's unreserved characters percent-encoded."""
    from urllib.parse import quote

    return quote(text, safe="")


@text_function("string")
def url_decode(text: str) -> Value:
    """The text with its percent-encoding undone; `+` stays `+`."""
    from urllib.parse import unquote

    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise unfit("percent-encoded UTF-8", 0, text) from None


@text_function("string")
def lower(text: str) -> Value:
    """The text in lower case."""
    return text.lower()


@text_function("string")
def upper(text: str) -> Value:
    """The text in upper case."""
    return text.upper()


@text_function("string")
def trim(text: str) -> Value:
    """The text without white space at its ends."""
    return text.strip()


@text_function("string", "string")
def split(text: str, separator: str) -> Value:
    """The parts of a text between separators."""
    if not separator:
        raise unfit("a separator that is not empty", 1, separator)
    return text.split(separator)


@text_function("string", "string", "string")
def replace(text: str, old: str, new: str) -> Value:
    """The text with every `old` replaced by `new`; neither is a pattern."""
    return text.replace(old, new)


def regex_fault(pattern: str) -> str:
    """Why a pattern is no regular expression; empty where it is one."""
    try:
        re.compile(pattern)
    except re.error as error:
        place = f" at character {error.pos + 1}" if error.pos is not None else ""
        return f"{error.msg}{place}"
    except (RecursionError, OverflowError):
        return "it is too large"
    return ""


def _search(text: str, pattern: str) -> re.Match[str] | None:
    try:
        return re.search(pattern, text)
    except (re.error, OverflowError, RecursionError):
        raise Refused(f"wants a regular expression, its 2nd argument is not: {regex_fault(pattern)}", 1) from None


@text_function("string", "string")
def matches(text: str, regex: str) -> Value:
    """Whether a regular expression (Python's) finds something in the text."""
    return _search(text, regex) is not None


@text_function("string", "string")
def match(text: str, regex: str) -> Value:
    """What a regular expression finds first: the whole, then each group; null where it finds nothing."""
    found = _search(text, regex)
    return [found[0], *found.groups()] if found else None


@text_function("string")
def parse_json(text: str) -> Value:
    """The value of a JSON text."""
    try:
        return read_json(text)
    except ValueError as error:
        raise Refused(f"wants JSON, its 1st argument is not: {error}", 0) from None


@text_function("string")
def jwt(token: str) -> Value:
    """A JSON Web Token's `{header, claims}`; its signature is not verified (RFC 7519)."""
    parts = token.split(".")
    if len(parts) == 5:
        raise Refused("cannot read an encrypted token (five parts, RFC 7516)", 0)
    if len(parts) != 3:
        raise Refused("wants a JSON Web Token (three parts with dots between), its 1st argument is none", 0)
    return {"header": _json_part(parts[0], "header"), "claims": _json_part(parts[1], "claims")}


def _json_part(part: str, name: str) -> dict[str, Any]:
    try:
        value = read_json(_decoded(part).decode())
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refused(f"wants a JSON Web Token, the {name} part of its 1st argument is no JSON object", 0)
    return value
