"""Node → model: every key by a table, all faults collected, each with its place and the nearest right word.

A table names for each key of a mapping the field it fills and the method that reads it. Templates and expressions are
compiled here once, so that a fault in them is found when the file is read. Whether a variable exists is judged later,
over the whole collection.

    words · settings ◀── reader ◀── auth ◀── response ◀── bodies · judges ◀── collection
"""

from __future__ import annotations

from runner.diagnostics import Diagnostic, Source
from runner.errors import InvalidError
from runner.language import syntax
from runner.language.document.auth import lacking, lacking_words
from runner.language.document.bodies import is_media_type
from runner.language.document.collection import Decoder
from runner.language.document.settings import SETTINGS, UNIX, proxy_credentials, read_proxy, read_timeout
from runner.language.model import Collection
from runner.redaction import Redactor

__all__ = [
    "SETTINGS",
    "UNIX",
    "is_media_type",
    "lacking",
    "lacking_words",
    "load",
    "proxy_credentials",
    "read_proxy",
    "read_timeout",
]


def load(source: Source) -> Collection:
    """The collection that a source declares.

    Raises:
        InvalidError: with every fault that was found.
    """
    faults: list[Diagnostic] = []
    node = syntax.parse(source, faults)
    collection = Decoder(source, faults).collection(node)
    source.mask = Redactor(source.secrets).text
    if faults or collection is None:
        raise InvalidError([fault._replace(message=source.mask(fault.message)) for fault in _in_order(faults)])
    return collection


def _in_order(faults: list[Diagnostic]) -> list[Diagnostic]:
    unique = {(fault.message, fault.span.start if fault.span else -1): fault for fault in faults}
    return sorted(unique.values(), key=lambda fault: fault.span.start if fault.span else -1)
