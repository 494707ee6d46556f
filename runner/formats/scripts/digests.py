"""Digests that are made step by step: `crypto.createHmac('sha256', key).update(text).digest('hex')` and its like.

Functions for the tables of dialects; what begins and ends such a chain each tool names itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from runner.formats.scripts import terms
from runner.formats.scripts.calls import argument
from runner.formats.scripts.dialect import Function
from runner.formats.scripts.loops import Loops
from runner.formats.scripts.terms import NULL, Const
from runner.formats.scripts.values import Host, Opaque, Value, to_term


class _Digest(NamedTuple):
    """A digest that is being made: the function for it, a secret if it has one, and the text once it is known."""

    function: str
    secret: Any = None
    text: Any = None


def begun(function: str) -> Function:
    """The beginning of a digest by a function of ours."""
    return lambda machine, host, arguments, span: Host("digest of", data=_Digest(function))


def hashed(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`createHash(name)`."""
    name = argument(arguments)
    if name in (Const("sha256"), Const("md5")):
        return Host("digest of", data=_Digest(name.value))
    return Opaque("its digest has no equal here")


def keyed(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """`createHmac(name, secret)`."""
    if argument(arguments) != Const("sha256"):
        return Opaque("its digest has no equal here")
    return Host("digest of", data=_Digest("hmac_sha256", to_term(argument(arguments, 1))))


def with_secret(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """The secret of a keyed digest."""
    return Host("digest of", data=host.data._replace(secret=to_term(argument(arguments))))


def with_text(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """The text that is digested."""
    if host.data.text is not None:
        return Opaque("it digests several texts")
    return Host("digest of", data=host.data._replace(text=to_term(argument(arguments))))


def digest(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """The digest; in hexadecimal digits at once where the call says so."""
    found = host.data
    if found.text is None or (found.function == "hmac_sha256") is (found.secret is None):
        return Opaque("it digests what is not known")
    term = terms.call(found.function, *((found.text,) if found.secret is None else (found.secret, found.text)))
    form = argument(arguments)
    if form == NULL:
        return Host("bytes of digest", data=term)
    return term if form == Const("hex") else Opaque("its digest is not written in hexadecimal digits")


def in_hex(machine: Loops, host: Host, arguments: list[Value], span: Any) -> Value:
    """The bytes of a digest in hexadecimal digits."""
    return host.data
