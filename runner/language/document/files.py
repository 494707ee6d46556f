"""Files that a file names: what it extends and what it includes. Each is read once, and none names itself again.

    load(a.yaml) ─▶ Decoder ─extends─▶ Library ─▶ Decoder (as a base)
                            ─include─▶ Library ─▶ Decoder

This file does no I/O: `read` is handed in, and gives the text of what a file names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from runner.diagnostics import Diagnostic, Source
from runner.errors import InvalidError
from runner.language import syntax
from runner.language.document.collection import Decoder
from runner.language.document.composition import Decoded
from runner.language.model import Collection
from runner.redaction import Redactor

#: Gives the text of the file that a source names by a path relative to itself.
#: Raises ValueError where there is none or it may not be read, InvalidError where it is no text.
Read = Callable[[Source, str], Source]

#: How many files may be open within one another.
_MOST_OPEN = 20
#: How many requests all includes of a file may unfold to.
_MOST_REQUESTS = 100_000


def read_nothing(source: Source, path: str) -> Source:
    """For texts that come from no file."""
    raise ValueError(f"'{path}' is not looked for: this text was read from no file")


class _Open(NamedTuple):
    """A file that is being read: as a base its requests do not count."""

    path: str
    as_base: bool


class Library:
    """Reads collections; a file that several extend or include is read once."""

    def __init__(self, read: Read = read_nothing) -> None:
        self._read = read
        self._sources: dict[tuple[str, str], Source] = {}
        self._done: dict[_Open, Decoded | InvalidError] = {}
        self._open: list[_Open] = []

    def load(self, source: Source) -> Collection:
        """The collection that a source declares.

        Raises:
            InvalidError: with every fault that was found, here and in the files that it names.
        """
        return self._decoded(source, as_base=False).collection

    def extended(self, source: Source, path: str) -> Decoded:
        """What a source extends.

        Raises:
            ValueError: there is no such file, it may not be read, or it extends the source in turn.
            InvalidError: it is not valid.
        """
        found = self._source(source, path)
        chain: list[str] = []
        for opened in reversed(self._open):  # a base's requests, and thus its includes, do not count
            chain.insert(0, opened.path)
            if not opened.as_base:
                break
        self._refuse_ring([*chain, found.path], "extend one another")
        return self._decoded(found, as_base=True)

    def included(self, source: Source, path: str) -> Decoded:
        """What a group of a source includes.

        Raises:
            ValueError: there is no such file, it may not be read, it includes the source in turn, or it is too much.
            InvalidError: it is not valid.
        """
        found = self._source(source, path)
        chain = [opened.path for opened in self._open if not opened.as_base]
        self._refuse_ring([*chain, found.path], "include one another")
        decoded = self._decoded(found, as_base=False)
        if decoded.requests > _MOST_REQUESTS:
            raise ValueError(f"'{path}' unfolds to more than {_MOST_REQUESTS:,} requests")
        return decoded

    def _source(self, source: Source, path: str) -> Source:
        key = source.path, path
        if key not in self._sources:
            read = self._read(source, path)
            same = (known for known in self._sources.values() if known.path == read.path)
            self._sources[key] = next(same, read)
        return self._sources[key]

    def _refuse_ring(self, chain: list[str], what: str) -> None:
        if chain[-1] in chain[:-1]:
            ring = " → ".join(chain[chain.index(chain[-1]) :])
            raise ValueError(f"these files {what}: {ring}")
        if len(self._open) >= _MOST_OPEN:
            raise ValueError(f"files lie deeper than {_MOST_OPEN} within one another")

    def _decoded(self, source: Source, *, as_base: bool) -> Decoded:
        key = _Open(source.path, as_base)
        if key not in self._done:
            self._open.append(key)
            try:
                self._done[key] = self._decode(source, as_base)
            except InvalidError as error:
                self._done[key] = error
            finally:
                self._open.pop()
        found = self._done[key]
        if isinstance(found, InvalidError):
            raise found
        return found

    def _decode(self, source: Source, as_base: bool) -> Decoded:
        faults: list[Diagnostic] = []
        node = syntax.parse(source, faults)
        decoded = Decoder(source, faults, self, as_base=as_base).decode(node)
        for each in decoded.collection.sources if decoded else (source,):
            each.mask = Redactor(each.secrets).text
        if faults or decoded is None:
            raise InvalidError([_masked(fault) for fault in _in_order(faults, source)])
        return decoded


def _masked(fault: Diagnostic) -> Diagnostic:
    """The fault without the secrets of its file, which may stand in what was found wrong."""
    return fault if fault.span is None else fault._replace(message=fault.span.source.mask(fault.message))


def _in_order(faults: list[Diagnostic], source: Source) -> list[Diagnostic]:
    """Each fault once: those of the file first, then those of the files that it names."""
    unique = {(fault.message, fault.span): fault for fault in faults}
    return sorted(unique.values(), key=lambda fault: _place(fault, source))


def _place(fault: Diagnostic, source: Source) -> tuple[str, int]:
    if fault.span is None:
        return "", -1
    return "" if fault.span.source is source else fault.span.source.path, fault.span.start
