"""Bodies on disk: files that are read while they are sent, and downloads that take their place when they are whole.

    pieces ──▶ .NAME.RANDOM.part ──(all of them came)──▶ NAME

Whatever goes wrong is a TransportError of kind `file` at the place in the request file that named the path. This file
knows no HTTP and does not judge paths: `workspace` does.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from runner.diagnostics import Span
from runner.engine.exchange import SaveTo
from runner.engine.payload import BodyFile
from runner.errors import TransportError

_CHUNK = 262_144
#: Of a file's name in that of its temporary file: most systems take 255 bytes.
_OF_NAME = 50


def to_send(path: str, name: str, span: Span | None) -> BodyFile:
    """The file at `path`, which people know as `name`; its size is that of this moment.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise ValueError(f"cannot read '{name}': {_reason(error)}") from None
    return BodyFile(name, size, partial(_read, path, name, size, span))


def _read(path: str, name: str, size: int, span: Span | None) -> Iterator[bytes]:
    """Exactly `size` bytes; the last ones only if the file ends with them, so that no other file arrives whole."""
    try:
        with open(path, "rb") as file:
            left = size
            while True:
                chunk = file.read(min(_CHUNK, left))
                left -= len(chunk)
                now = os.fstat(file.fileno()).st_size
                if now != size or (left and not chunk):
                    raise _changed(name, size, now, span)
                if chunk:
                    yield chunk
                if not left:
                    return
    except OSError as error:
        raise TransportError("file", f"cannot read '{name}': {_reason(error)}", span=span) from error


def _changed(name: str, before: int, now: int, span: Span | None) -> TransportError:
    message = f"'{name}' changed while it was sent: it had {before:,} bytes, now it has {now:,}"
    return TransportError("file", message, "is another program still writing it?", span)


class Downloads:
    """Files that are being written, so that none is left behind half when a run is broken off."""

    def __init__(self) -> None:
        self._unfinished: set[str] = set()

    def place(self, path: str, name: str, span: Span | None) -> SaveTo:
        """Where a body goes: `path`, which people know as `name`."""
        return SaveTo(name, partial(self._write, path, name, span))

    def discard(self) -> None:
        """Removes what is not whole."""
        for path in tuple(self._unfinished):
            self._remove(path)

    def _write(self, path: str, name: str, span: Span | None, pieces: Iterator[bytes], announced: int | None) -> int:
        try:
            folder, last = os.path.split(path)
            os.makedirs(folder, exist_ok=True)
            if os.path.exists(path) and not os.path.isfile(path):  # a device would be replaced by a file
                raise FileExistsError(errno.EEXIST, "it is no regular file")
            temporary = os.path.join(folder, f".{last[:_OF_NAME]}.{os.urandom(4).hex()}.part")
            self._unfinished.add(temporary)
            try:
                size = _fill(temporary, pieces)
                os.replace(temporary, path)
            finally:
                self._remove(temporary)
        except OSError as error:
            raise TransportError("file", f"cannot write '{name}': {_reason(error)}", span=span) from error
        return size

    def _remove(self, temporary: str) -> None:
        with suppress(OSError):  # it has its place, or was never made
            os.unlink(temporary)
        self._unfinished.discard(temporary)


def _fill(path: str, pieces: Iterator[bytes]) -> int:
    size = 0
    with open(path, "xb") as file:
        for piece in pieces:
            file.write(piece)
            size += len(piece)
    return size


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def check_place(path: Path, name: str) -> None:
    """Says why no file can have its place at `path`, as far as that is known before.

    Raises:
        ValueError: it cannot.
    """
    if path.is_dir():
        raise ValueError(f"'{name}' is a folder: name a file in it")
    above = next(parent for parent in path.parents if parent.exists())
    if not above.is_dir():
        raise ValueError(f"'{name}' would lie in a file: '{above.name}' is no folder")
    if not (os.access(above, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))):
        raise ValueError(f"cannot write '{name}': permission denied")
