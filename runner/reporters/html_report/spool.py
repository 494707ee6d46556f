"""Text that is kept aside until it is wanted: in memory while it is little, then on disk. It knows no report."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TextIO

#: In characters.
_IN_MEMORY = 500_000


@dataclass(slots=True, eq=False)
class Spool:
    """Takes text piece by piece and gives all of it once. Both may raise OSError."""

    _parts: list[str] = field(default_factory=list)
    _size: int = 0
    _file: TextIO | None = None

    def write(self, text: str) -> None:
        """Keeps a piece."""
        self._parts.append(text)
        self._size += len(text)
        if self._size > _IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        if self._file is None:
            from tempfile import TemporaryFile

            self._file = TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed by `pour`
        self._file.writelines(self._parts)
        self._parts.clear()
        self._size = 0

    def pour(self, target: TextIO) -> None:
        """Writes all pieces to a stream, in order, and forgets them."""
        if self._file is not None:
            self._file.seek(0)
            with self._file:
                shutil.copyfileobj(self._file, target)
            self._file = None
        target.writelines(self._parts)
        self._parts.clear()
