"""`runner import` of single formats: what is refused, and the words for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_part_of_a_bruno_collection(command: Any, write: Callable[[str, str], Path], tmp_path: Path) -> None:
    """A .bru file that is no request asks for the folder of its collection."""
    write("collection.bru", "headers {\n  a: b\n}\n")
    done = command("import", "bruno", "collection.bru", cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert done.err == "error: collection.bru: there is no request in this file\n  name the collection's folder\n"
