"""Libraries of Postman's sandbox: `require`, uuid, CryptoJS. Those of dates and lists stand beside JavaScript's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.formats.scripts import terms
from runner.formats.scripts.calls import Function, argument
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import Host, Opaque, Value, to_term


def _uuid(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return machine.fresh(terms.call("uuid"))


_SAME = ("uuid", "moment", "ajv", "tv4", "atob", "btoa", "url", "querystring", "buffer", "chai", "assert", "axios",
         "crypto")  # fmt: skip
#: Modules with the paths that they have here.
_MODULES = {name: name for name in _SAME} | {
    "lodash": "_",
    "crypto-js": "CryptoJS",
    "crypto": "crypto",
    "node:crypto": "crypto",
}


def _require(machine: Loops, arguments: list[Value], span: Any) -> Value:
    name = argument(arguments)
    found = _MODULES.get(str(name.value)) if isinstance(name, Const) else None
    return Host(found) if found else Opaque(f"it needs the module {_named(name)}")


def _named(value: Value) -> str:
    return f"'{value.value}'" if isinstance(value, Const) else "that is computed"


def _digest(function: str) -> Function:
    return lambda machine, arguments, span: Host("digest", data=terms.call(function, to_term(argument(arguments))))


def _hmac(machine: Loops, arguments: list[Value], span: Any) -> Value:
    text, key = to_term(argument(arguments)), to_term(argument(arguments, 1))
    return Host("digest", data=terms.call("hmac_sha256", key, text))


def _words(machine: Loops, arguments: list[Value], span: Any) -> Value:
    return Host("words", data=to_term(argument(arguments)))


def _base64_of_words(machine: Loops, arguments: list[Value], span: Any) -> Value:
    words = argument(arguments)
    if isinstance(words, Host) and words.path == "words":
        return terms.call("base64", words.data)
    return Opaque("it writes bytes as base64")


def _buffer(machine: Loops, arguments: list[Value], span: Any) -> Value:
    """`Buffer.from(text, 'base64')`: a text that is written in it; bytes as they are have no like."""
    form = argument(arguments, 1)
    text = to_term(argument(arguments))
    if form in (Const("base64"), Const("base64url")):
        return Host("buffer of text", data=terms.call("base64_decode", text))
    return (
        Host("buffer of text", data=text) if form in (NULL, Const("utf8"), Const("utf-8")) else Opaque("it holds bytes")
    )


def buffer_text(buffer: Host, name: str, arguments: list[Value]) -> Value:
    """A method of a buffer."""
    form = argument(arguments)
    if name != "toString":
        return Opaque("it holds bytes")
    if form in (NULL, Const("utf8"), Const("utf-8"), Const("ascii")):
        return buffer.data
    return terms.call("base64", buffer.data) if form == Const("base64") else Opaque("it writes bytes")


FUNCTIONS: Mapping[str, Function] = {
    "Buffer.from": _buffer, "new Buffer": _buffer, "buffer.Buffer.from": _buffer,
    "uuid.v4": _uuid, "uuid.v1": _uuid, "uuid": _uuid, "crypto.randomUUID": _uuid, "require": _require,
    "CryptoJS.MD5": _digest("md5"), "CryptoJS.SHA256": _digest("sha256"), "CryptoJS.HmacSHA256": _hmac,
    "CryptoJS.enc.Utf8.parse": _words, "CryptoJS.enc.Base64.stringify": _base64_of_words,
}  # fmt: skip
