"""Node → model: every key by a table, all faults collected, each with its place and the nearest right word.

A table names for each key of a mapping the field it fills and the method that reads it. Templates and expressions are
compiled here once, so that a fault in them is found when the file is read. Whether a variable exists is judged later,
over the whole collection.

    words · settings ◀── reader ◀── auth ◀── response ◀── bodies · judges · repeats · composition
    ◀── collection (inheritance) ◀── files
"""

from __future__ import annotations

from runner.diagnostics import Source
from runner.language.document.auth import lacking, lacking_words
from runner.language.document.bodies import is_media_type
from runner.language.document.files import Library, Read, read_nothing
from runner.language.document.settings import (
    METHOD,
    SETTINGS,
    UNIX,
    proxy_credentials,
    read_proxy,
    read_timeout,
    standard_method,
)
from runner.language.model import Collection

__all__ = [
    "METHOD",
    "SETTINGS",
    "UNIX",
    "Library",
    "Read",
    "is_media_type",
    "lacking",
    "lacking_words",
    "load",
    "proxy_credentials",
    "read_proxy",
    "read_timeout",
    "standard_method",
]


def load(source: Source, read: Read = read_nothing) -> Collection:
    """The collection that a source declares; `read` gives the files that it extends and includes.

    Raises:
        InvalidError: with every fault that was found.
    """
    return Library(read).load(source)
